"""Streams whose steps are compiled: they read as those by torch do, whatever is done to them between steps."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from streams import CLASSIFIERS, METHODS, REGRESSORS, X, Y, flat, small

from sklearn_rnn import Stream
from sklearn_rnn._networks.recurrent import RecurrentNetwork
from sklearn_rnn._training.stepping import TorchStep

CELLS = {"tanh": "rnn", "relu": "rnn", "lstm": "lstm", "gru": "gru"}
STEPS = np.random.default_rng(1).normal(size=(60, 37, 2))


@cache
def fitted(equations="gru", dtype="float32", sizes=(5,)):
    """A fitted regressor of two outputs, which no test may change."""
    params = {"nonlinearity": equations} if CELLS[equations] == "rnn" else {}
    model = small(REGRESSORS[CELLS[equations]], dtype=dtype, hidden_layer_sizes=sizes, **params)
    return model.fit(X, np.column_stack([Y, X[:, 0]]))


def pair(model, *args, **params):
    """The stream of a model by torch, and the compiled one."""
    model = copy.deepcopy(model)
    model.module_.kernels = False
    by_torch = model.stream(*args, **params)
    assert model.module_.use_kernels()
    return by_torch, model.stream(*args, **params)


def is_compiled(stream):
    return not isinstance(stream._step, TorchStep)


@pytest.mark.parametrize("n_series", [1, 37])
@pytest.mark.parametrize("sizes", [(5,), (18, 3, 7)], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("equations", CELLS)
def test_steps_are_those_of_torch(equations, dtype, sizes, n_series):
    by_torch, stream = pair(fitted(equations, dtype, sizes), n_series)
    assert is_compiled(stream)
    assert not is_compiled(by_torch)
    tolerance = 1e-6 if dtype == "float32" else 1e-12
    for t, x in enumerate(STEPS[:, :n_series].copy()):
        x[np.arange(n_series) % 5 == t % 7] = np.nan  # the first step of some series is padding, too
        assert_allclose(stream.step(x), by_torch.step(x), rtol=0, atol=tolerance, strict=True)
        # States are added up over steps: in float32 either engine is 1e-6 away from those of float64.
        assert_allclose(flat(stream), flat(by_torch), rtol=0, atol=2 * tolerance, strict=True)


@pytest.mark.parametrize("equations", CELLS)
def test_steps_are_those_of_predict(equations):
    model = fitted(equations, "float64", (5, 3))
    stream = pair(model)[1]
    assert_allclose(np.concatenate([stream.step(x) for x in X]), model.predict(X), rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("equations", CELLS)
def test_series_do_not_touch_each_other(equations, dtype):
    stream = pair(fitted(equations, dtype, (18, 3)), 37)[1]
    singly = [pair(fitted(equations, dtype, (18, 3)))[1] for _ in range(2)]
    for x in STEPS[:10]:
        together = stream.step(x)
        for i, alone in enumerate(singly):
            assert_array_equal(alone.step(x[i]), together[i : i + 1])


def test_padding_leaves_a_series_as_it_is():
    stream = pair(fitted("lstm"), 3)[1]
    stream.step(STEPS[0, :3])
    before, last = stream.state, stream.copy().step(STEPS[1, :3])
    x = STEPS[1, :3].copy()
    x[1] = np.nan
    prediction = stream.step(x)
    for part, old in zip(stream.state[0], before[0], strict=True):
        assert_array_equal(part[1], old[1])
        assert (part[[0, 2]] != old[[0, 2]]).any(axis=1).all()
    assert_array_equal(prediction[[0, 2]], last[[0, 2]])


@pytest.mark.parametrize("equations", CELLS)
def test_states_between_steps(equations, tmp_path):
    """Whatever is done to the state, both streams go on alike."""
    streams = pair(fitted(equations, "float64", (18, 3)), 4)
    results = []
    for stream in streams:
        found = [stream.step(x[:4]) for x in STEPS[:3]]
        state = stream.state
        stream.save(tmp_path / "state.npz")
        stream.predict(STEPS[:5, :4].swapaxes(0, 1))
        found += [stream.step(STEPS[3, :4]), flat(stream)]
        stream.load(tmp_path / "state.npz")
        found += [stream.step(STEPS[3, :4]), stream.reset([1, 3]).step(STEPS[4, :4])]
        stream.state = state
        found += [flat(stream), stream.step(STEPS[3, :4]), stream.reset().step(STEPS[0, :4]), flat(stream)]
        results.append(found)
    for one, other in zip(*results, strict=True):
        assert_allclose(one, other, rtol=0, atol=1e-12, strict=True)
    assert_array_equal(results[1][-2], results[1][0])


@pytest.mark.parametrize(
    "twin_of",
    [Stream.copy, copy.copy, copy.deepcopy, lambda stream: pickle.loads(pickle.dumps(stream))],
    ids=["copy()", "copy", "deepcopy", "pickle"],
)
@pytest.mark.parametrize("equations", CELLS)
def test_a_copy_goes_its_own_way(equations, twin_of):
    stream = pair(fitted(equations, sizes=(18, 3)), history=X[:50])[1]
    stream.step(X[50])
    twin, state = twin_of(stream), flat(stream)
    assert is_compiled(twin)
    assert_array_equal(flat(twin), state)
    prediction = twin.step(X[51])
    twin.reset()
    assert_array_equal(flat(stream), state)
    assert_array_equal(stream.step(X[51]), prediction)


@pytest.mark.parametrize("twin_of", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))], ids=["copy", "pickle"])
def test_estimators_are_copied_while_a_stream_is_alive(twin_of):
    model = copy.deepcopy(fitted("lstm"))
    model.module_.use_kernels()
    stream = model.stream(history=X[:50])
    stream.step(X[50])
    twin = twin_of(model).stream(history=X[:50])
    assert is_compiled(twin)
    twin.step(X[50])
    assert_array_equal(twin.step(X[51]), stream.step(X[51]))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["binary", "multiclass"])
@pytest.mark.parametrize("cell", CLASSIFIERS)
def test_classifiers(cell, kind, method):
    labels = np.where(Y > 0, "up", "down") if kind == "binary" else np.digitize(Y, [-0.3, 0.3])
    by_torch, stream = pair(small(CLASSIFIERS[cell], max_epochs=1).fit(X, labels), method=method)
    for x in X[:20]:
        one, other = stream.step(x), by_torch.step(x)
        if method == "predict":
            assert_array_equal(one, other)
        else:
            assert_allclose(one, other, rtol=0, atol=1e-12, strict=True)


def test_threads_with_a_copy_each():
    stream = pair(fitted("gru", sizes=(18, 3)), history=X[:50])[1]
    expected = [stream.copy().step(x) for x in X[:20]]

    def read(_):
        own = stream.copy()
        return [own.copy().step(x) for x in X[:20] for _ in range(10)][::10]

    with ThreadPoolExecutor(8) as pool:
        for predictions in pool.map(read, range(8)):
            assert_array_equal(predictions, expected)


def test_errors_leave_the_state():
    stream = pair(fitted(), history=X[:50])[1]
    state = flat(stream)
    for x in ([np.nan, 1.0], [np.inf, 1.0], [1e300, 0.0], [1.0], np.array([np.nan, 1.0], dtype=np.float32)):
        with pytest.raises(ValueError, match=r"^x has "):
            stream.step(x)
        assert_array_equal(flat(stream), state)


def test_what_can_not_be_compiled_is_run_by_torch(monkeypatch):
    both_ways = RecurrentNetwork("gru", 2, 1, bidirectional=True)
    assert both_ways.use_kernels()
    assert both_ways.compiled_step() is None
    elsewhere = RecurrentNetwork("gru", 2, 1).to("meta")
    elsewhere.use_kernels()
    assert elsewhere.compiled_step() is None
    stream = pair(fitted(), history=X[:50])[1]
    expected = stream.copy().step(X[50])
    stored = pickle.dumps(stream)
    for module in ("recurrent", "layers"):
        monkeypatch.setattr(f"sklearn_rnn._networks.{module}.why_unavailable", lambda: "there is no compiler")
    loaded = pickle.loads(stored)  # as on a machine without numba
    assert not is_compiled(loaded)
    assert_allclose(loaded.step(X[50]), expected, rtol=0, atol=1e-6)
    assert not RecurrentNetwork("gru", 2, 1).use_kernels()


def test_a_stream_keeps_the_weights_that_it_was_made_with():
    model = copy.deepcopy(fitted())
    model.module_.use_kernels()
    stream = model.stream()
    expected = stream.copy().step(X[0])
    with torch.no_grad():
        model.module_.head.bias += 1.0
    assert_array_equal(stream.copy().step(X[0]), expected)
    assert (model.stream().step(X[0]) != expected).all()
