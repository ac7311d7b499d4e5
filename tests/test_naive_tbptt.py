"""The naive reference of truncated training, checked by finite differences and against torch's autograd."""

import copy

import numpy as np
import pytest
import torch
from naive_tbptt import cut_segments, fill_lanes, run, train, zero_state

pytestmark = pytest.mark.usefixtures("every_engine")

UNITS, FEATURES, OUTPUTS = 3, 2, 2
GATES = {"rnn": 1, "lstm": 4, "gru": 3}
MODULES = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")

cells = pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
depths = pytest.mark.parametrize("depth", [1, 2])


def make(cell, depth, lengths, per_step=True):
    rng = np.random.default_rng(7)
    rows = GATES[cell] * UNITS
    shapes = [((rows, UNITS if k else FEATURES), (rows, UNITS), (rows,), (rows,)) for k in range(depth)]
    weights = [{n: 0.7 * rng.normal(size=s) for n, s in zip(NAMES, layer, strict=True)} for layer in shapes]
    head = rng.normal(size=(OUTPUTS, UNITS)), rng.normal(size=OUTPUTS)
    series = [rng.normal(size=(n, FEATURES)) for n in lengths]
    targets = [rng.normal(size=(n, OUTPUTS)) for n in lengths]
    return weights, head, series, targets if per_step else rng.normal(size=(len(lengths), OUTPUTS))


def loss(cell, weights, head, series, targets, sample_weight):
    """The loss of whole series: of every step, or of the last state where there is one target per series."""
    errors, shares = [], []
    for i, x in enumerate(series):
        states, _ = run(cell, weights, x, zero_state(cell, weights))
        for t, state in enumerate(states[1:] if sample_weight else states[-1:]):
            target = targets[i][t] if sample_weight else targets[i]
            errors.append(np.mean((head[0] @ state[-1][0] + head[1] - target) ** 2))
            shares.append(sample_weight[i][t] if sample_weight else 1.0)
    return np.average(errors, weights=shares)


@cells
@depths
@pytest.mark.parametrize("per_step", [True, False])
def test_whole_gradient_agrees_with_finite_differences(cell, depth, per_step):
    lengths = [4, 0, 6]
    weights, head, series, targets = make(cell, depth, lengths, per_step)
    given = copy.deepcopy((weights, head))
    shares = [np.arange(1.0, n + 1) for n in lengths] if per_step else None
    options = {"k1": None, "k2": None, "batch_size": 3, "lr": 1.0, "epochs": 1, "per_step": per_step}
    trained, trained_head = train(cell, weights, head, series, targets, sample_weight=shares, **options)

    pairs = [(v, new) for v, new in zip(head, trained_head, strict=True)]
    for w, new in zip(weights, trained, strict=True):
        for name in NAMES:
            if name == "bias_hh" and cell != "gru":
                np.testing.assert_array_equal(new[name], w[name])
            else:
                pairs.append((w[name], new[name]))
    eps = 1e-5
    for v, new in pairs:
        by_difference = np.empty_like(v)
        for index in np.ndindex(v.shape):
            kept = v[index]
            v[index] = kept + eps
            above = loss(cell, weights, head, series, targets, shares)
            v[index] = kept - eps
            below = loss(cell, weights, head, series, targets, shares)
            v[index] = kept
            by_difference[index] = (above - below) / (2 * eps)
        assert np.abs((v - new) - by_difference).max() < 1e-7 * np.abs(by_difference).max()
    np.testing.assert_equal((weights, head), given)  # train left what it was given alone


def torch_network(cell, weights, head):
    module = MODULES[cell](FEATURES, UNITS, len(weights)).double()
    linear = torch.nn.Linear(UNITS, OUTPUTS).double()
    with torch.no_grad():
        for k, w in enumerate(weights):
            for name in NAMES:
                getattr(module, f"{name}_l{k}").copy_(torch.from_numpy(w[name]))
        linear.weight.copy_(torch.from_numpy(head[0]))
        linear.bias.copy_(torch.from_numpy(head[1]))
    learn = [p for n, p in module.named_parameters() if cell == "gru" or "bias_hh" not in n]
    return module, linear, torch.optim.SGD([*learn, *linear.parameters()], lr=0.1)


def detached(state):
    return tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


def assert_same(module, linear, trained, trained_head):
    for k, w in enumerate(trained):
        for name in NAMES:
            np.testing.assert_allclose(w[name], getattr(module, f"{name}_l{k}").detach().numpy(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(trained_head[0], linear.weight.detach().numpy(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(trained_head[1], linear.bias.detach().numpy(), rtol=0, atol=1e-12)


@cells
@depths
def test_equal_k1_and_k2_is_the_usual_loop_of_torch(cell, depth):
    weights, head, series, targets = make(cell, depth, [8])
    module, linear, sgd = torch_network(cell, weights, head)
    x, y = torch.from_numpy(series[0]), torch.from_numpy(targets[0])
    for _ in range(2):
        state = None
        for b in range(0, 8, 3):
            h, state = module(x[b : b + 3], state)
            state = detached(state)
            sgd.zero_grad()
            torch.nn.functional.mse_loss(linear(h), y[b : b + 3]).backward()
            sgd.step()
    assert_same(module, linear, *train(cell, weights, head, series, targets, k1=3, k2=3, lr=0.1, epochs=2))


@cells
@pytest.mark.parametrize("stateful", [True, False])
def test_k2_below_k1_cuts_the_older_steps_of_a_chunk(cell, stateful):
    weights, head, series, targets = make(cell, 2, [8])
    module, linear, sgd = torch_network(cell, weights, head)
    x, y = torch.from_numpy(series[0]), torch.from_numpy(targets[0])
    for _ in range(2):
        state = None
        for b, q, e in [(0, 1, 3), (3, 4, 6), (6, 6, 8)]:
            state = state if stateful else None
            if q > b:
                state = detached(module(x[b:q], state)[1])
            h, state = module(x[q:e], state)
            state = detached(state)
            sgd.zero_grad()
            torch.nn.functional.mse_loss(linear(h), y[q:e]).backward()
            sgd.step()
    options = {"k1": 3, "k2": 2, "lr": 0.1, "epochs": 2, "stateful": stateful}
    assert_same(module, linear, *train(cell, weights, head, series, targets, **options))


@cells
@pytest.mark.parametrize("stateful", [True, False])
def test_k2_above_k1_starts_from_the_state_last_computed_there(cell, stateful):
    weights, head, series, targets = make(cell, 2, [9])
    module, linear, sgd = torch_network(cell, weights, head)
    x, y = torch.from_numpy(series[0]), torch.from_numpy(targets[0])
    for _ in range(2):
        states = {0: None}
        for s, b, e in [(0, 0, 2), (0, 2, 4), (1, 4, 6), (3, 6, 8), (4, 8, 9)]:
            state, tops = states[s] if stateful else None, []
            for p in range(s, e):
                h, state = module(x[p : p + 1], state)
                states[p + 1] = detached(state)
                tops.append(h)
            sgd.zero_grad()
            torch.nn.functional.mse_loss(linear(torch.cat(tops[b - s :])), y[b:e]).backward()
            sgd.step()
    options = {"k1": 2, "k2": 5, "lr": 0.1, "epochs": 2, "stateful": stateful}
    assert_same(module, linear, *train(cell, weights, head, series, targets, **options))


@cells
@pytest.mark.parametrize("stateful", [True, False])
def test_one_target_per_series_differentiates_the_newest_k2_steps(cell, stateful):
    weights, head, series, targets = make(cell, 2, [9], per_step=False)
    module, linear, sgd = torch_network(cell, weights, head)
    x, y = torch.from_numpy(series[0]), torch.from_numpy(targets)
    for _ in range(2):
        h, _ = module(x[6:], detached(module(x[:6])[1]) if stateful else None)
        sgd.zero_grad()
        torch.nn.functional.mse_loss(linear(h[-1:]), y).backward()
        sgd.step()
    options = {"k1": 5, "k2": 3, "lr": 0.1, "epochs": 2, "stateful": stateful, "per_step": False}
    assert_same(module, linear, *train(cell, weights, head, series, targets, **options))


def test_a_long_series_is_cut_and_the_lanes_are_filled_greatest_first():
    segments = cut_segments([13, 0, 6, 5], 2, 3)  # 7, 0, 3 and 3 chunks: a lane has five at least
    assert segments == [(0, 0, 8, 4, True), (0, 8, 13, 3, False), (2, 0, 6, 3, True), (3, 0, 5, 3, True)]
    assert cut_segments([9, 0, 6, 5], 2, 3) == [(0, 0, 9, 5, True), (2, 0, 6, 3, True), (3, 0, 5, 3, True)]
    lanes = fill_lanes([3, 2, 3, 3], 3)
    assert lanes == [[(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)], [(2, 0), (2, 1), (2, 2)], [(3, 0), (3, 1), (3, 2)]]


def test_a_later_segment_starts_where_the_one_before_ended_in_the_epoch_before():
    weights, head, series, targets = make("gru", 1, [6])
    parts = [[v[0][:3], v[0][3:]] for v in (series, targets)]
    options = {"k1": 3, "k2": 3, "batch_size": 2, "lr": 0.1}
    zero = zero_state("gru", weights)
    end = run("gru", weights, parts[0][0], zero)[0][-1]  # the training-time pass, before the update
    expected = train("gru", weights, head, *parts, epochs=1, state=[zero, zero], **options)
    expected = train("gru", *expected, *parts, epochs=1, state=[zero, end], **options)
    np.testing.assert_equal(train("gru", weights, head, series, targets, epochs=2, **options), expected)
