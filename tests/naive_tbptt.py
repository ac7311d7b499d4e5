"""Truncated back-propagation through time from its definition, in loops over steps; shares no code with the package.

Float64 numpy, hand-written backward pass, plain SGD without clipping, normalisation or shuffling. RNN (tanh) and LSTM
freeze `bias_hh`: the forward pass adds it, nothing updates it.

One target per step (`per_step=True`)
    Chunks: a series of n steps has ceil(n / k1), chunk j brings the new steps [j*k1, min((j+1)*k1, n)). `k1=None` is no
    cut: k1 = k2 = the longest series.

    Segments: a series of more than `most` chunks is cut into m = ceil(chunks / most) segments as `numpy.array_split`
    would cut its chunks; any other is one segment. `most` is ceil(chunks of all series / batch_size) or more: the one
    with which the longest lane (below) is shortest, of several such the greatest. A later segment of a series also
    holds, for its windows to reach back to, the k2 - k1 steps before its own if k2 > k1 (as many as there are).

    Lanes: `batch_size` of them. The segments, most chunks first (stable), go to the lane with the fewest chunks so far
    (tie: the lowest number). Within a lane they run in the order in which they are listed: by series, then by time.

    Update u of an epoch: each lane that has a u-th chunk runs it, and one SGD step follows the loss
    sum(weight * mean over outputs of (output - target)**2) / sum(weight) over the counted targets of all lanes.

    The chunk [b, e), its steps counted from the first step that its segment holds:

    ==========  =====================  ========================  ==============
    .           runs the steps         gradient to the steps     counted targets
    ==========  =====================  ========================  ==============
    k2 <= k1    [b, e)                 [q, e), q = max(b, e-k2)  [q, e)
    k2 > k1     [s, e), s=max(0,e-k2)  [s, e)                    [b, e)
    ==========  =====================  ========================  ==============

    The run starts, if stateful, from the state at its first position that the most recent forward pass over this
    position computed (position 0: the segment's initial state), else from zero. The state at position p is the state
    before step p is read, so a run over [s, e) computes the states at s+1, ..., e. It is never differentiated.

    Initial state: of the first segment of a series, `state[i]` or zero; of a later segment, the state that the segment
    before had at that step at the end of the epoch before, zero in the first epoch. Each epoch starts from initial
    states again.

One target per series (`per_step=False`)
    Batches of `batch_size` series in order, one SGD step each, for the mean over the batch of the squared error (averaged
    over outputs) of the output from the last state. The gradient reaches the newest k2 steps [q, n), q = max(0, n-k2).
    If stateful, the steps before q bring the state from zero to q; else it is zero at q.

A state is a list with one tuple per layer: (h,), for the LSTM (h, c).
"""

from __future__ import annotations

import numpy as np


def sigmoid(a):
    return 0.5 + 0.5 * np.tanh(0.5 * a)


# Each cell: a step returns the new state and what its backward pass needs. The backward pass turns d_state, the gradient
# for the new state, into the gradients for (W_ih x + b_ih) and for (W_hh h + b_hh), and for the old state apart from
# what h receives through W_hh.


def rnn_step(w, x, state):
    new = np.tanh(w["weight_ih"] @ x + w["bias_ih"] + w["weight_hh"] @ state[0] + w["bias_hh"])
    return (new,), new


def rnn_back(saved, d_state):
    d_a = d_state[0] * (1 - saved**2)
    return d_a, d_a, (0.0,)


def lstm_step(w, x, state):
    h, c = state
    a = (w["weight_ih"] @ x + w["bias_ih"] + w["weight_hh"] @ h + w["bias_hh"]).reshape(4, -1)
    i, f, _, o = sigmoid(a)
    g = np.tanh(a[2])
    new_c = f * c + i * g
    squashed = np.tanh(new_c)
    return (o * squashed, new_c), (c, i, f, g, o, squashed)


def lstm_back(saved, d_state):
    c, i, f, g, o, squashed = saved
    d_h, d_c = d_state
    d_c = d_c + d_h * o * (1 - squashed**2)
    d_i = d_c * g * i * (1 - i)
    d_f = d_c * c * f * (1 - f)
    d_g = d_c * i * (1 - g**2)
    d_o = d_h * squashed * o * (1 - o)
    d_a = np.concatenate([d_i, d_f, d_g, d_o])
    return d_a, d_a, (0.0, d_c * f)


def gru_step(w, x, state):
    (h,) = state
    a = (w["weight_ih"] @ x + w["bias_ih"]).reshape(3, -1)
    v = (w["weight_hh"] @ h + w["bias_hh"]).reshape(3, -1)
    r, z = sigmoid(a[:2] + v[:2])
    n = np.tanh(a[2] + r * v[2])
    return ((1 - z) * n + z * h,), (h, v[2], r, z, n)


def gru_back(saved, d_state):
    h, v_n, r, z, n = saved
    (d_h,) = d_state
    d_n = d_h * (1 - z) * (1 - n**2)
    d_z = d_h * (h - n) * z * (1 - z)
    d_r = d_n * v_n * r * (1 - r)
    return np.concatenate([d_r, d_z, d_n]), np.concatenate([d_r, d_z, d_n * r]), (d_h * z,)


CELLS = {"rnn": (rnn_step, rnn_back), "lstm": (lstm_step, lstm_back), "gru": (gru_step, gru_back)}


def zero_state(cell, weights):
    return [tuple(np.zeros(w["weight_hh"].shape[1]) for _ in range(2 if cell == "lstm" else 1)) for w in weights]


def run(cell, weights, x, state):
    """Run the steps `x`: the states before, between and after them, and per step what `back` needs."""
    step, _ = CELLS[cell]
    states, tape = [state], []
    for row in x:
        new, notes = [], []
        for w, old in zip(weights, states[-1], strict=True):
            after, saved = step(w, row, old)
            notes.append((row, old[0], saved))
            new.append(after)
            row = after[0]
        states.append(new)
        tape.append(notes)
    return states, tape


def back(cell, weights, tape, d_top, gradient):
    """Add to `gradient` what `d_top`, per step the gradient for the h of the top layer, brings through the tape."""
    _, step_back = CELLS[cell]
    d_states = zero_state(cell, weights)
    for notes, d_h in zip(reversed(tape), reversed(d_top), strict=True):
        for k in reversed(range(len(weights))):
            x, h, saved = notes[k]
            d_in, d_rec, direct = step_back(saved, (d_states[k][0] + d_h, *d_states[k][1:]))
            gradient[k]["weight_ih"] += d_in[:, None] * x
            gradient[k]["bias_ih"] += d_in
            gradient[k]["weight_hh"] += d_rec[:, None] * h
            gradient[k]["bias_hh"] += d_rec
            d_states[k] = (direct[0] + d_rec @ weights[k]["weight_hh"], *direct[1:])
            d_h = d_in @ weights[k]["weight_ih"]  # for the h of the layer below, at the same step


def head_back(head, h, target, weight, d_head):
    """The gradient of weight * mean squared error for h; adds the one for the head to `d_head`."""
    d_output = weight * 2 * (head[0] @ h + head[1] - target) / len(head[1])
    d_head[0] += d_output[:, None] * h
    d_head[1] += d_output
    return d_output @ head[0]


def zero_gradient(weights, head):
    return [{name: np.zeros_like(v) for name, v in w.items()} for w in weights], [np.zeros_like(v) for v in head]


def descend(cell, weights, head, gradient, d_head, rate):
    """One SGD step, in place."""
    for w, d_w in zip(weights, gradient, strict=True):
        for name in w:
            if name != "bias_hh" or cell == "gru":
                w[name] -= rate * d_w[name]
    for v, d_v in zip(head, d_head, strict=True):
        v -= rate * d_v


def ceil_div(a, b):
    return -(-a // b)


def cut_segments(lengths, k1, batch_size):
    """The segments, listed by series and time: (series, first own step, end, chunks, whether it is the series' first)."""
    chunks = [ceil_div(n, k1) for n in lengths]
    best, least = None, max(ceil_div(sum(chunks), batch_size), 1)
    for most in range(least, max(least, *chunks) + 1):
        segments = cut_at_most(lengths, chunks, k1, most)
        longest = max(map(len, fill_lanes([segment[3] for segment in segments], batch_size)))
        if best is None or longest <= best[0]:
            best = longest, segments
    return best[1]


def cut_at_most(lengths, chunks, k1, most):
    segments = []
    for i, c in enumerate(chunks):
        if c == 0:
            continue
        m = ceil_div(c, most)
        first = 0  # the first chunk of the segment
        for j in range(m):
            size = c // m + (j < c % m)
            segments.append((i, first * k1, min((first + size) * k1, lengths[i]), size, j == 0))
            first += size
    return segments


def fill_lanes(sizes, batch_size):
    """Per lane the chunks that it runs, in order, as (segment, chunk of the segment); `sizes` counts chunks."""
    members, load = [[] for _ in range(batch_size)], [0] * batch_size
    for s in sorted(range(len(sizes)), key=lambda s: -sizes[s]):
        lane = load.index(min(load))
        members[lane].append(s)
        load[lane] += sizes[s]
    return [[(s, j) for s in sorted(lane) for j in range(sizes[s])] for lane in members]


def window_of(b, e, k1, k2):
    """Of the chunk [b, e): first step run, first step with a gradient, first counted target."""
    if k2 <= k1:
        q = max(b, e - k2)
        return b, q, q
    s = max(0, e - k2)
    return s, s, b


def train(
    cell,
    weights,
    head,
    series,
    targets,
    *,
    k1,
    k2,
    batch_size=1,
    stateful=True,
    lr,
    epochs,
    per_step=True,
    sample_weight=None,
    state=None,
):
    """The trained (weights, head); the module says what is trained how."""
    weights = [{name: np.array(v, dtype=np.float64) for name, v in w.items()} for w in weights]
    head = tuple(np.array(v, dtype=np.float64) for v in head)
    series = [np.asarray(x, dtype=np.float64) for x in series]
    if k1 is None:
        k1 = max([1, *(len(x) for x in series)])
        k2 = k1 if per_step or k2 is None else k2
    if per_step:
        sample_weight = [np.ones(len(x)) for x in series] if sample_weight is None else sample_weight
        data = series, targets, sample_weight
        train_per_step(cell, weights, head, data, k1, k2, batch_size, stateful, lr, epochs, state)
    else:
        if sample_weight is not None or state is not None:
            raise ValueError("per_step=False is defined without sample_weight and without state.")
        train_per_series(cell, weights, head, (series, targets), k2, batch_size, stateful, lr, epochs)
    return weights, head


def train_per_step(cell, weights, head, data, k1, k2, batch_size, stateful, lr, epochs, state):
    segments = cut_segments([len(x) for x in data[0]], k1, batch_size)
    lanes = fill_lanes([size for *_, size, _ in segments], batch_size)
    zero = zero_state(cell, weights)
    held = [first if is_first else max(first - max(k2 - k1, 0), 0) for _, first, _, _, is_first in segments]
    before = None  # the states of the epoch before
    for _ in range(epochs):
        states = []  # per segment: position -> state, each forward pass overwrites what it computes anew
        for s, (i, _, _, _, is_first) in enumerate(segments):
            if is_first:
                initial = zero if state is None else state[i]
            else:
                initial = zero if before is None else before[s - 1][held[s] - held[s - 1]]
            states.append({0: initial})
        for u in range(max(len(lane) for lane in lanes)):
            gradient, d_head = zero_gradient(weights, head)
            total = 0.0
            for s, j in [lane[u] for lane in lanes if u < len(lane)]:
                i, first, end, _, _ = segments[s]
                x, y, w = (values[i][held[s] : end] for values in data)
                b = first - held[s] + j * k1
                e = min(b + k1, end - held[s])
                start, differentiated, counted = window_of(b, e, k1, k2)
                run_states, tape = run(cell, weights, x[start:e], states[s][start] if stateful else zero)
                for p in range(start + 1, e + 1):
                    states[s][p] = run_states[p - start]
                d_top = [np.zeros(1)] * (counted - differentiated)
                for p in range(counted, e):
                    h = run_states[p + 1 - start][-1][0]
                    d_top.append(head_back(head, h, y[p], w[p], d_head))
                    total += w[p]
                back(cell, weights, tape[differentiated - start :], d_top, gradient)
            if total > 0:
                descend(cell, weights, head, gradient, d_head, lr / total)
        before = states


def train_per_series(cell, weights, head, data, k2, batch_size, stateful, lr, epochs):
    series, targets = data
    for _ in range(epochs):
        for begin in range(0, len(series), batch_size):
            batch = range(begin, min(begin + batch_size, len(series)))
            gradient, d_head = zero_gradient(weights, head)
            for i in batch:
                n = len(series[i])
                q = max(0, n - k2)
                start = 0 if stateful else q
                states, tape = run(cell, weights, series[i][start:], zero_state(cell, weights))
                d_h = head_back(head, states[-1][-1][0], targets[i], 1.0, d_head)
                if n > 0:
                    d_top = [np.zeros(1)] * (n - q - 1) + [d_h]
                    back(cell, weights, tape[q - start :], d_top, gradient)
            descend(cell, weights, head, gradient, d_head, lr / len(batch))
