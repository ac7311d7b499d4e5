"""Streams: steps, pieces and the whole say the same, in any number of threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from streams import CLASSIFIERS, METHODS, REGRESSORS, X, Y, classifier, flat, regressor, small, steps

from sklearn_rnn import LSTMRegressor


@pytest.mark.parametrize(("layers", "n_outputs"), [(1, 1), (2, 1), (2, 3)])
@pytest.mark.parametrize("cell", REGRESSORS)
def test_ten_thousand_steps_equal_the_whole(cell, layers, n_outputs):
    model = regressor(cell, n_outputs, hidden_layer_sizes=(8,) * layers, dtype="float32")
    long = np.random.default_rng(1).normal(size=(10_000, 2))
    whole = model.predict(long)
    stepped = steps(model.stream(), long)
    assert stepped.dtype == whole.dtype
    assert stepped.shape == whole.shape == ((10_000,) if n_outputs == 1 else (10_000, 3))
    assert_allclose(stepped, whole, rtol=0, atol=1e-6)
    assert whole.std() > 0.03


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("cell", REGRESSORS)
def test_steps_and_uneven_pieces_equal_the_whole(cell, n_outputs, layers):
    model = regressor(cell, n_outputs, hidden_layer_sizes=(5, 3)[:layers])
    whole = model.predict(X)
    assert_allclose(steps(model.stream(), X), whole, rtol=0, atol=1e-12)
    stream = model.stream()
    pieces = [stream.predict(piece) for piece in np.split(X, [1, 4, 4, 50, 51, 117])]
    assert_allclose(np.concatenate(pieces), whole, rtol=0, atol=1e-12, strict=True)
    stream.reset()
    mixed = [stream.step(X[0]), stream.predict(X[1:40]), steps(stream, X[40:43]), stream.predict(X[None, 43:])[0]]
    assert_allclose(np.concatenate(mixed), whole, rtol=0, atol=1e-12, strict=True)


def test_a_relu_network_steps_too():
    model = regressor("rnn", nonlinearity="relu")
    assert_allclose(steps(model.stream(), X), model.predict(X), rtol=0, atol=1e-12)


@pytest.mark.parametrize("params", [{"dropout": 0.5}, {"recurrent_dropout": 0.5}, {"dropout": 0.5, "tbptt": 30}])
def test_nothing_is_dropped(params):
    model = small(LSTMRegressor, hidden_layer_sizes=(5, 4), **params).fit(X, Y)
    stream = model.stream()
    predictions = np.concatenate([stream.predict(X[:30]), steps(stream, X[30:])])  # before `predict` has run once
    assert_allclose(predictions, model.predict(X), rtol=0, atol=1e-12)


def test_long_series_are_read_in_pieces_of_bounded_memory():
    model = regressor("lstm")
    long = np.random.default_rng(1).normal(size=(2, 40_000, 2))  # two pieces and more
    stream = model.stream(2)
    assert_allclose(stream.predict(long), model.predict(long), rtol=0, atol=1e-12)
    assert_allclose(flat(model.stream(history=long)), flat(stream), rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", REGRESSORS)
def test_stream_of_one_target_per_sequence_predicts_as_if_each_step_were_the_last(cell):
    model = regressor(cell, return_sequences=False, hidden_layer_sizes=(5, 3))
    expected = model.predict([X[: t + 1] for t in range(30)])
    assert_allclose(steps(model.stream(), X[:30]), expected, rtol=0, atol=1e-12)
    stream = model.stream()
    assert_allclose(np.concatenate([stream.predict(X[:11]), stream.predict(X[11:30])]), expected, rtol=0, atol=1e-12)
    assert_allclose(model.stream(history=X[:29]).step(X[29]), expected[-1:], rtol=0, atol=1e-12)


def test_an_estimator_of_univariate_rows_reads_columns():
    """In fit each row of the table was a sequence; what a stream reads are steps."""
    rows = pd.DataFrame(X.reshape(24, 10), columns=[f"t-{9 - i}" for i in range(10)])
    model = small(LSTMRegressor, return_sequences=False).fit(rows, Y[:24])
    expected = model.predict(rows)[:2]
    table = rows.iloc[:2].to_numpy().ravel()[:, None]
    assert_allclose(steps(model.stream(), table[:10])[-1:], expected[:1], rtol=0, atol=1e-12)
    assert_allclose(model.stream().predict(table[:10])[-1], expected[0], rtol=0, atol=1e-12)
    stream = model.stream(history=table, series=np.repeat(["a", "b"], 10))
    assert_allclose(
        stream.reset().predict(table, series=np.repeat(["b", "a"], 10))[[9, 19]], expected, rtol=0, atol=1e-12
    )
    assert_allclose(stream.step([[np.nan], [np.nan]]), expected[::-1], rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match=r"^X has NaN inside sequence 0 \(step 1, feature 0\)"):
        model.stream().predict([[1.0], [np.nan], [1.0]])


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("cell", CLASSIFIERS)
def test_stream_has_every_method_of_classifiers(cell, kind):
    model = classifier(cell, kind)
    for method in METHODS:
        whole = getattr(model, method)(X)
        stream = model.stream(method=method)
        predictions = np.concatenate([stream.predict(X[:50]), steps(stream, X[50:])])
        assert predictions.dtype == whole.dtype
        assert predictions.shape == whole.shape
        if method == "predict":
            assert_array_equal(predictions, whole)
            assert len(np.unique(whole.reshape(len(whole), -1), axis=0)) > 1
        else:
            assert_allclose(predictions, whole, rtol=0, atol=1e-11)


def test_predict_changes_nothing():
    model = small(LSTMRegressor, stateful=True, tbptt=10).fit(X, Y)
    stream, resumed = model.stream(history=X[:20]), model.stream(resume=True)
    expected = model.stream(history=X[:20]).step(X[20])
    before = [flat(stream), flat(resumed)]
    first = model.predict(X)
    assert_array_equal(model.predict(X), first)
    assert_array_equal(flat(stream), before[0])
    assert_array_equal(flat(model.stream(resume=True)), before[1])
    assert_array_equal(stream.step(X[20]), expected)
    assert_array_equal(model.predict(X), first)  # nor does a stream change predict


@pytest.mark.parametrize("params", [{}, {"stateful": True, "tbptt": 10}, {"bidirectional": True}], ids=str)
@pytest.mark.parametrize("cell", REGRESSORS)
def test_threads_predict_as_one(cell, params):
    model = regressor(cell, dtype="float32", hidden_layer_sizes=(5, 3), **params)
    many = [np.random.default_rng(seed).normal(size=(20 + seed, 2)) for seed in range(16)] * 8
    expected = [model.predict(x) for x in many]
    with ThreadPoolExecutor(16) as pool:
        predictions = list(pool.map(model.predict, many))
    for prediction, wanted in zip(predictions, expected, strict=True):
        assert_array_equal(prediction, wanted, strict=True)


def test_threads_have_a_copy_each():
    stream = regressor().stream(history=X)

    def read(seed):
        rows = np.random.default_rng(seed).normal(size=(60, 2))
        own = stream.copy()
        return np.concatenate([steps(own, rows[:40]), own.predict(rows[40:])])

    expected, state = [read(seed) for seed in range(16)], flat(stream)
    with ThreadPoolExecutor(16) as pool:
        predictions = list(pool.map(read, range(16)))
    assert_array_equal(predictions, expected)
    assert_array_equal(flat(stream), state)


def test_stream_reads_what_the_first_steps_of_a_pipeline_return():
    pipeline = make_pipeline(StandardScaler(), small(LSTMRegressor)).fit(5.0 * X + 100.0, Y)
    stream, scale = pipeline[-1].stream(), pipeline[:-1].transform
    long = np.random.default_rng(1).normal(size=(200, 2)) * 5.0 + 100.0
    predictions = np.concatenate([stream.step(scale(row)) for row in long[:, None]])
    assert_allclose(predictions, pipeline.predict(long), rtol=0, atol=1e-12)
