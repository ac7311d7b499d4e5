"""Recurrent networks from their definitions, in explicit loops over float64 numbers; shares no code with the package."""

from __future__ import annotations

import math

import numpy as np


def sigmoid(a):
    return 1.0 / (1.0 + math.exp(-a))


def affine(W, x, b):
    return [sum(W[i][j] * x[j] for j in range(len(x))) + b[i] for i in range(len(b))]


def rnn_step(x, state, w, nonlinearity="tanh"):
    phi = math.tanh if nonlinearity == "tanh" else (lambda a: max(a, 0.0))
    a, r = affine(w["weight_ih"], x, w["bias_ih"]), affine(w["weight_hh"], state[0], w["bias_hh"])
    return ([phi(a[k] + r[k]) for k in range(len(a))],)


def lstm_step(x, state, w, nonlinearity=None):
    h, c = state
    n = len(h)
    a, r = affine(w["weight_ih"], x, w["bias_ih"]), affine(w["weight_hh"], h, w["bias_hh"])
    new_h, new_c = [], []
    for k in range(n):  # torch stacks the gates in the order i, f, g, o
        i = sigmoid(a[k] + r[k])
        f = sigmoid(a[n + k] + r[n + k])
        g = math.tanh(a[2 * n + k] + r[2 * n + k])
        o = sigmoid(a[3 * n + k] + r[3 * n + k])
        new_c.append(f * c[k] + i * g)
        new_h.append(o * math.tanh(new_c[k]))
    return new_h, new_c


def gru_step(x, state, w, nonlinearity=None):
    (h,) = state
    n = len(h)
    a, r = affine(w["weight_ih"], x, w["bias_ih"]), affine(w["weight_hh"], h, w["bias_hh"])
    new = []
    for k in range(n):  # r, z, n
        reset, z = sigmoid(a[k] + r[k]), sigmoid(a[n + k] + r[n + k])
        candidate = math.tanh(a[2 * n + k] + reset * r[2 * n + k])
        new.append((1 - z) * candidate + z * h[k])
    return (new,)


STEPS = {"rnn": rnn_step, "lstm": lstm_step, "gru": gru_step}


def run_direction(cell, x, state, w, nonlinearity="tanh"):
    outputs = []
    for row in x:
        state = STEPS[cell](list(row), state, w, nonlinearity)
        outputs.append(state[0])
    return outputs, state


def run(cell, x, layers, head, *, bidirectional=False, state=None, nonlinearity="tanh"):
    """Run one sequence (steps, features) through the network.

    `layers` lists the weights of each recurrence (both directions of a layer follow each other), `head` is (W, b).
    Returns per-step outputs, the output from the final states, and the final states.
    """
    per_layer = 2 if bidirectional else 1
    x = [list(map(float, row)) for row in x]
    after = []
    for first in range(0, len(layers), per_layer):
        sides = []
        for d in range(per_layer):
            w = layers[first + d]
            units = len(w["weight_hh"][0])
            zero = ([0.0] * units, [0.0] * units) if cell == "lstm" else ([0.0] * units,)
            start = zero if state is None else state[first + d]
            outputs, final = run_direction(cell, x[::-1] if d else x, start, w, nonlinearity)
            sides.append(outputs[::-1] if d else outputs)
            after.append(final)
        x = [[value for side in sides for value in side[t]] for t in range(len(x))]
    top = [value for final in after[-per_layer:] for value in final[0]]
    outputs = [affine(head[0], row, head[1]) for row in x]
    return np.array(outputs).reshape(len(x), len(head[1])), np.array(affine(head[0], top, head[1])), after


def encode_decode(cell, x, encoder, decoder, head, n_steps, *, feedback=False, truth=None, nonlinearity="tanh"):
    """Read one sequence (steps, features), then return `n_steps` outputs from the states it left in each layer.

    The decoder reads the last output of the encoder in every step, or with `feedback` its own last output; where
    `truth` has a row for that step, not None, it reads this instead.
    """
    x = [list(map(float, row)) for row in x]
    state = []
    for w in encoder:
        units = len(w["weight_hh"][0])
        zero = ([0.0] * units, [0.0] * units) if cell == "lstm" else ([0.0] * units,)
        x, final = run_direction(cell, x, zero, w, nonlinearity)
        state.append(final)
    context, outputs = state[-1][0], []
    for t in range(n_steps):
        fed = outputs[-1] if outputs else [0.0] * len(head[1])
        if truth is not None and t > 0 and truth[t - 1] is not None:
            fed = truth[t - 1]
        fed = fed if feedback else context
        for i, w in enumerate(decoder):
            state[i] = STEPS[cell](fed, state[i], w, nonlinearity)
            fed = state[i][0]
        outputs.append(affine(head[0], fed, head[1]))
    return outputs


def weights_of(network, stack="layers"):
    """The weights of a torch network as plain lists: of each recurrence in a stack of layers, and of the head."""
    named = {name: p.detach().double().tolist() for name, p in network.named_parameters()}
    layers = []
    for i, layer in enumerate(getattr(network, stack)):
        for d in range(len(layer.cells)):
            prefix = f"{stack}.{i}.cells.{d}.weights."
            layers.append({k: named[f"{prefix}{k}_l0"] for k in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")})
    return layers, (named["head.weight"], named["head.bias"])


def recurrent(network, x, **options):
    """Outputs per step, the output at the end and the state there, of a `RecurrentNetwork` and one sequence."""
    return run(x=x, layers=weights_of(network)[0], head=weights_of(network)[1], **options)


def encoder_decoder(network, x, *, cell, n_steps, feedback):
    """No outputs per step, the output and the state of the encoder, of an `EncoderDecoder` and one sequence."""
    (encoder, head), (decoder, _) = weights_of(network, "encoder"), weights_of(network, "decoder")
    _, _, state = run(cell, x, encoder, head)
    return None, encode_decode(cell, x, encoder, decoder, head, n_steps, feedback=feedback), state


def causal_tcn(network, x):
    """Outputs per step, the output at the end and no state, of a `CausalTCN` and one sequence.

    Of each block: h[t] = relu(bias + sum over k of W[:, :, k] x[t - (width - 1 - k) * dilation]) + V x[t], where steps
    before the first are zero.
    """
    named = {name: p.detach().double().numpy() for name, p in network.named_parameters()}
    h = [np.array(row, dtype=float) for row in x]
    for i, _ in enumerate(network.channels):
        W, b, V = named[f"convs.{i}.weight"], named[f"convs.{i}.bias"], named[f"skips.{i}.weight"][:, :, 0]
        width = W.shape[2]
        new = []
        for t in range(len(h)):
            a = b.copy()
            for k in range(width):
                source = t - (width - 1 - k) * 2**i
                if source >= 0:
                    a += W[:, :, k] @ h[source]
            new.append(np.maximum(a, 0) + V @ h[t])
        h = new
    head_W, head_b = named["head.weight"], named["head.bias"]
    outputs = [head_W @ row + head_b for row in h]
    last = outputs[-1] if outputs else head_b
    return np.array(outputs).reshape(len(x), len(head_b)), last, []
