"""Truncated back-propagation through time against a naive reference, and what it must never do."""

from __future__ import annotations

import itertools
import warnings
from functools import cache

import naive_tbptt
import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from skorch.callbacks import Callback
from torch import nn

from sklearn_rnn import GRURegressor, LSTMClassifier, LSTMRegressor, RNNRegressor

CELLS = {"rnn": RNNRegressor, "lstm": LSTMRegressor, "gru": GRURegressor}
PANELS = {1: [7], 3: [5, 7, 3], 7: [3, 7, 1, 6, 4, 7, 2]}
N = 7  # the longest series

backends = pytest.mark.parametrize("backend", ["compiled", "torch"])


def panel(lengths, n_outputs=1, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, 2)) for n in lengths], [rng.normal(size=(n, n_outputs)) for n in lengths]


def plain(cell="lstm", **params):
    """An estimator without anything between gradient and weights."""
    params = {
        "hidden_layer_sizes": (3,), "return_sequences": True, "stateful": True, "optimizer": "sgd", "lr": 0.1,
        "clip_grad_norm": None, "max_epochs": 2, "batch_size": 1, "shuffle": False, "normalize_y": False,
        "dtype": "float64", "random_state": 1, "early_stopping": False, "refit": False,
    } | params  # fmt: skip
    return CELLS[cell](**params)


def weights_of(network):
    layers = [
        {name[:-3]: p.detach().numpy().copy() for name, p in layer.recurrences[0].weights.named_parameters()}
        for layer in network.layers
    ]
    return layers, (network.head.weight.detach().numpy().copy(), network.head.bias.detach().numpy().copy())


def flat(weights):
    layers, head = weights
    return np.concatenate(
        [part.ravel() for layer in layers for part in layer.values()] + [part.ravel() for part in head]
    )


@cache
def initial_weights(cell, layers, n_outputs):
    """The weights from which `fit` begins: those after an update by nothing. They hang on no data, nor on `tbptt`."""
    X, y = panel([2], n_outputs)
    model = plain(cell, hidden_layer_sizes=(3,) * layers, lr=1e-300, max_epochs=1)
    return weights_of(model.fit(X, y).module_)


def fitted_and_naive(cell, X, y, k1, k2, batch_size=1, layers=1, **params):
    model = plain(cell, tbptt=(k1, k2), batch_size=batch_size, hidden_layer_sizes=(3,) * layers, **params)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "tbptt=.* has k1 > k2", UserWarning)
        model.fit(X, y)
    begin = initial_weights(cell, layers, n_outputs=y[0].shape[-1])
    expected = naive_tbptt.train(
        cell, *begin, X, y, k1=k1, k2=k2, batch_size=batch_size, lr=model.lr, epochs=model.max_epochs,
        stateful=model.stateful, per_step=model.return_sequences,
    )  # fmt: skip
    return flat(begin), flat(weights_of(model.module_)), flat(expected)


@backends
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("n_series", PANELS)
@pytest.mark.parametrize("cell", CELLS)
def test_weights_agree_with_a_naive_reference(cell, n_series, layers, backend):
    X, y = panel(PANELS[n_series])
    for k1, k2, batch_size in itertools.product((1, 2, 3, 5, N), (1, 2, 3, 5, N), (1, 2, 4)):
        begin, weights, expected = fitted_and_naive(cell, X, y, k1, k2, batch_size, layers, backend=backend)
        assert_allclose(weights, expected, rtol=0, atol=1e-10, err_msg=f"tbptt=({k1}, {k2}), batch_size={batch_size}")
        assert np.abs(weights - begin).max() > 1e-3


@backends
@pytest.mark.parametrize("n_series", PANELS)
@pytest.mark.parametrize("cell", CELLS)
def test_the_naive_split_agrees_with_a_naive_reference(cell, n_series, backend):
    X, y = panel(PANELS[n_series], n_outputs=2)
    for k1, k2, batch_size in itertools.product((1, 3, N), (1, 2, 5, N), (1, 4)):
        _, weights, expected = fitted_and_naive(
            cell, X, y, k1, k2, batch_size, layers=2, stateful=False, backend=backend
        )
        assert_allclose(weights, expected, rtol=0, atol=1e-10, err_msg=f"tbptt=({k1}, {k2}), batch_size={batch_size}")


@backends
@pytest.mark.parametrize("stateful", [True, False])
@pytest.mark.parametrize("cell", CELLS)
def test_one_target_per_sequence_agrees_with_a_naive_reference(cell, stateful, backend):
    X, _ = panel(PANELS[7])
    y = np.random.default_rng(1).normal(size=(7, 1))
    for k1, k2, batch_size in itertools.product((1, 3, N), (1, 2, 5, N), (1, 4, 7)):
        _, weights, expected = fitted_and_naive(
            cell, X, y, k1, k2, batch_size, layers=2, stateful=stateful, return_sequences=False, backend=backend
        )
        assert_allclose(weights, expected, rtol=0, atol=1e-10, err_msg=f"tbptt=({k1}, {k2}), batch_size={batch_size}")


@pytest.mark.parametrize("cell", CELLS)
def test_as_many_steps_as_there_are_equal_full_back_propagation(cell):
    X, y = panel([7, 7, 7])
    whole = plain(cell, stateful=False, batch_size=2).fit(X, y)
    for stateful, tbptt in [(True, (7, 7)), (True, 7), (True, None), (False, 7)]:
        cut = plain(cell, stateful=stateful, tbptt=tbptt, batch_size=2).fit(X, y)
        assert_allclose(flat(weights_of(cut.module_)), flat(weights_of(whole.module_)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("n", [12, 14])
@pytest.mark.parametrize("cell", CELLS)
def test_equal_numbers_are_the_usual_loop_with_detach(cell, n):
    (X,), (y,) = panel([n])
    model = plain(cell, tbptt=4)
    layers, head = initial_weights(cell, layers=1, n_outputs=1)
    bare = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell](2, 3, batch_first=True).double()
    linear = nn.Linear(3, 1).double()
    with torch.no_grad():
        for name, value in layers[0].items():
            getattr(bare, f"{name}_l0").copy_(torch.from_numpy(value))
        linear.weight.copy_(torch.from_numpy(head[0]))
        linear.bias.copy_(torch.from_numpy(head[1]))
    learned = [p for name, p in bare.named_parameters() if cell == "gru" or "bias_hh" not in name]
    optimizer = torch.optim.SGD([*learned, *linear.parameters()], lr=0.1)
    for _ in range(2):
        state = None
        for x, target in zip(torch.from_numpy(X)[None].split(4, dim=1), torch.from_numpy(y).split(4), strict=True):
            optimizer.zero_grad()
            output, state = bare(x, state)
            nn.functional.mse_loss(linear(output[0]), target).backward()
            optimizer.step()
            state = tuple(part.detach() for part in state) if cell == "lstm" else state.detach()
    expected = ([{name: getattr(bare, f"{name}_l0").detach().numpy() for name in layers[0]}],
                (linear.weight.detach().numpy(), linear.bias.detach().numpy()))  # fmt: skip
    assert_allclose(flat(weights_of(model.fit(X, y).module_)), flat(expected), rtol=0, atol=1e-12)


def test_stateful_equals_stateless_on_series_no_longer_than_a_chunk():
    X, y = panel([4, 2, 3, 4, 1])
    stateful, stateless = (plain(tbptt=4, stateful=s, batch_size=2).fit(X, y) for s in (True, False))
    assert_array_equal(flat(weights_of(stateful.module_)), flat(weights_of(stateless.module_)))
    longer = panel([9, 2])
    stateful, stateless = (plain(tbptt=4, stateful=s, batch_size=2).fit(*longer) for s in (True, False))
    assert np.abs(flat(weights_of(stateful.module_)) - flat(weights_of(stateless.module_))).max() > 1e-6


@pytest.mark.parametrize("tbptt", [3, (2, 5), (3, 2)])
@pytest.mark.filterwarnings("ignore:tbptt=.* has k1 > k2")
def test_lanes_never_leak(tbptt):
    """A series without weight leaves no trace in the weights, whatever it holds and whatever lane it is in."""
    X, y = panel([9, 5, 8, 3, 6])
    weight = [np.full(len(x), float(i != 2)) for i, x in enumerate(X)]
    other_X = [x + 1000.0 * (i == 2) for i, x in enumerate(X)]
    for batch_size in (1, 2, 5):
        one = plain(tbptt=tbptt, batch_size=batch_size).fit(X, y, sample_weight=weight)
        other = clone(one).fit(other_X, y, sample_weight=weight)
        assert_array_equal(flat(weights_of(one.module_)), flat(weights_of(other.module_)))
        before, after = one.predict(X), one.predict(other_X)
        for i in (0, 1, 3, 4):
            assert_array_equal(before[i], after[i])
        assert np.abs(before[2] - after[2]).max() > 0


def test_every_target_counts_once_per_epoch():
    """The mean of the losses of an epoch is that of all targets, for weights that do not move."""
    X, y = panel([9, 5, 8, 0, 3, 40])
    whole = plain(stateful=False, tbptt=None, lr=1e-300, max_epochs=1).fit(X, y).history_.train_loss.iloc[0]
    for tbptt, batch_size in itertools.product([1, 4, (2, 7)], [1, 3]):
        lanes = plain(tbptt=tbptt, batch_size=batch_size, lr=1e-300).fit(X, y)
        loss = lanes.history_.train_loss.iloc[-1]  # by now each segment begins where the one before ended
        assert loss == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize("tbptt", [4, (4, 4), (2, 4), (2, 6), (4, 7)])
@pytest.mark.parametrize("cell", CELLS)
def test_pieces_of_a_series_train_as_the_whole(cell, tbptt):
    X, y = panel([20, 16, 24])
    whole, pieces = plain(cell, tbptt=tbptt, batch_size=3), plain(cell, tbptt=tbptt, batch_size=3)
    whole.partial_fit(X, y)
    for part in (slice(0, 8), slice(8, 12), slice(12, None)):
        pieces.partial_fit([x[part] for x in X], [t[part] for t in y])
    assert_allclose(flat(weights_of(pieces.module_)), flat(weights_of(whole.module_)), rtol=0, atol=1e-12)
    a, b = whole.stream(resume=True), pieces.stream(resume=True)
    for parts, others in zip(a.state, b.state, strict=True):
        for part, other in zip(parts, others, strict=True):
            assert_allclose(part, other, rtol=0, atol=1e-12)


def test_pieces_continue_by_the_names_of_series():
    X, y = panel([12, 12, 12])
    both = plain(tbptt=4).partial_fit(
        np.vstack([X[0], X[1]]), np.vstack([y[0], y[1]]), series=np.repeat(["a", "b"], 12)
    )
    assert list(both.stream(resume=True).series) == ["a", "b"]
    before = both.stream(resume=True).state[0][0]
    both.partial_fit(np.vstack([X[2], X[0]]), np.vstack([y[2], y[0]]), series=np.repeat(["c", "b"], 12))
    stream = both.stream(resume=True)
    assert list(stream.series) == ["c", "b", "a"]
    assert_array_equal(stream.state[0][0][2], before[0])  # what was not there stays


def test_a_changed_window_continues_from_the_same_step():
    X, y = panel([12])
    model = plain(tbptt=(2, 6)).partial_fit(X, y)
    changed = clone(model)
    changed.__dict__.update(model.__dict__)
    after = changed.set_params(tbptt=2).partial_fit(X, y)
    state = model.stream(resume=True).state
    same = plain(tbptt=2).partial_fit(X, y)
    assert len(after._carried.tails[0]) == 0 == len(same._carried.tails[0])
    assert len(model._carried.tails[0]) == 4
    assert np.isfinite(state[0][0]).all()


def test_pieces_of_other_series_raise_an_error():
    X, y = panel([8, 8])
    model = plain(tbptt=4).partial_fit(X, y)
    with pytest.raises(ValueError, match=r"X has 1 sequence without names, but the state .* 2 sequences without names"):
        model.partial_fit(X[:1], y[:1])


def test_callbacks_know_how_many_updates_there_are():
    class Count(Callback):
        expected, seen = 0, 0

        def on_epoch_begin(self, net, dataset_train=None, **kwargs):
            self.expected += -(-len(dataset_train) // net.batch_size)

        def on_batch_end(self, net, **kwargs):
            self.seen += 1

    X, y = panel([40, 3, 0, 9])
    count = Count()
    plain(tbptt=(2, 4), batch_size=3, shuffle=True, max_epochs=3, callbacks=[count]).fit(X, y)
    assert count.seen == count.expected > 0


def test_fit_forgets_the_state_of_before():
    X, y = panel([8, 12])
    fresh = plain(tbptt=4).fit(X, y)
    again = plain(tbptt=4).partial_fit(X, y).fit(X, y)
    assert_array_equal(flat(weights_of(fresh.module_)), flat(weights_of(again.module_)))


def test_training_leaves_the_state_at_the_end_of_each_series():
    X, y = panel([10, 7, 3, 0, 12])
    for tbptt, batch_size in itertools.product([4, (2, 5), None], [1, 3, 8]):
        still = plain(tbptt=tbptt, batch_size=batch_size, lr=1e-300).fit(X, y)
        if batch_size > 1 and tbptt == 4:  # segments start from states of the epoch before, so this takes an epoch more
            still.set_params(max_epochs=4).fit(X, y)
        if batch_size == 1 or tbptt is None:
            resumed, read = still.stream(resume=True).state, still.stream(history=X).state
            for part, other in zip(resumed[0], read[0], strict=True):
                assert_allclose(part, other, rtol=0, atol=1e-12)


def test_an_interrupted_epoch_leaves_the_state_at_the_end_of_each_series():
    class Interrupt(Callback):
        seen = 0

        def on_batch_end(self, net, **kwargs):
            self.seen += 1
            if self.seen == 15:  # in the second epoch
                raise KeyboardInterrupt

    X, y = panel([20, 18])
    still = plain(tbptt=2, batch_size=2, lr=1e-300, max_epochs=3, callbacks=[Interrupt()])
    with pytest.raises(KeyboardInterrupt):
        still.fit(X, y)
    assert still.n_iter_ == 1
    for part, other in zip(still.stream(resume=True).state[0], still.stream(history=X).state[0], strict=True):
        assert_allclose(part, other, rtol=0, atol=1e-12)


@pytest.mark.filterwarnings("ignore:.* has learned nothing:sklearn_rnn.SkillWarning")  # nor is it meant to
def test_early_stopping_leaves_the_state_of_the_best_weights():
    (X,), (y,) = panel([60])
    model = plain(tbptt=5, early_stopping=True, max_epochs=4, validation_fraction=0.2, lr=0.5).fit(X, y)
    read = model.stream(history=X[:48]).state
    for part, other in zip(model.stream(resume=True).state[0], read[0], strict=True):
        assert_allclose(part, other, rtol=0, atol=1e-12)


@pytest.mark.filterwarnings("ignore:.* has learned nothing:sklearn_rnn.SkillWarning")  # nor is it meant to
def test_validation_carries_the_state_through_the_whole_series():
    (X,), (y,) = panel([60])
    model = plain(tbptt=5, early_stopping=True, max_epochs=1, validation_fraction=0.25).fit(X, y)
    error = (model.predict(X) - y)[45:]
    assert model.history_.valid_loss.iloc[0] == pytest.approx((error**2).mean(), rel=1e-10)


@pytest.mark.parametrize("dropout", [{"dropout": 0.5}, {"recurrent_dropout": 0.5}])
def test_both_halves_of_a_window_drop_the_same_units(dropout):
    """A window that overlaps the next one runs in two halves, here after its fourth step."""
    X, y = panel([5])
    params = {"hidden_layer_sizes": (6, 4), "max_epochs": 1, "lr": 1e-300, **dropout}
    halves = plain(tbptt=(5, 6), **params).fit(X, y).history_.train_loss.iloc[0]
    whole = plain(tbptt=(5, 5), **params).fit(X, y).history_.train_loss.iloc[0]
    without = plain(tbptt=(5, 5), **params | dict.fromkeys(dropout, 0.0)).fit(X, y).history_.train_loss.iloc[0]
    assert halves == pytest.approx(whole, rel=1e-12)
    assert abs(whole - without) > 1e-3


def test_longer_windows_than_chunks_warn_only_the_other_way_round():
    X, y = panel([8])
    with pytest.warns(UserWarning, match=r"tbptt=\(4, 2\) has k1 > k2: of every 4 targets only the newest 2"):
        plain(tbptt=(4, 2)).fit(X, y)
    plain(tbptt=(2, 4)).fit(X, y)
    plain(tbptt=(4, 2), return_sequences=False).fit(X, [0.0])


def test_classifiers_carry_states_too():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 1))
    y = np.where(X[:, 0] + np.append(0, X[:-1, 0]) > 0, "up", "down")
    model = LSTMClassifier(return_sequences=True, stateful=True, tbptt=10, batch_size=1, lr=1e-2, random_state=0)
    model.set_params(max_epochs=20).fit(X, y)
    assert model.score(X, y) > 0.9
    assert list(model.stream().predict(X[:5])) == list(model.predict(X[:5]))


def test_a_table_with_two_series_is_two_lanes():
    X, y = panel([12, 9])
    index = pd.MultiIndex.from_tuples([(s, t) for s, n in (("a", 12), ("b", 9)) for t in range(n)])
    table, target = pd.DataFrame(np.vstack(X), index, columns=["u", "v"]), pd.Series(np.vstack(y)[:, 0], index)
    of_table, of_list = (
        plain(tbptt=4, batch_size=2).fit(table, target),
        plain(tbptt=4, batch_size=2).fit(X, [t[:, 0] for t in y]),
    )
    assert_array_equal(flat(weights_of(of_table.module_)), flat(weights_of(of_list.module_)))
