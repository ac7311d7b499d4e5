"""Streams of several series, and padding."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from framed import predict_all
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline
from streams import FRAME, IDS, INDEX, NAN, NOTHING, PANEL, RAGGED, REGRESSORS, X, Y, flat, of_frames, regressor, small

from sklearn_rnn import GRURegressor, LSTMRegressor, ShiftFramer


@pytest.mark.parametrize("cell", REGRESSORS)
def test_each_series_is_read_as_if_alone(cell):
    model = regressor(cell, 3, hidden_layer_sizes=(5, 3))
    together = model.stream(3)
    alone = [model.stream() for _ in range(3)]
    first = together.predict(PANEL[:, :8])
    assert_allclose(
        first, np.stack([one.predict(x[:8]) for one, x in zip(alone, PANEL, strict=True)]), rtol=0, atol=1e-12
    )
    for t in range(8, 20):
        predictions = np.concatenate([one.step(x[t]) for one, x in zip(alone, PANEL, strict=True)])
        assert_allclose(together.step(PANEL[:, t]), predictions, rtol=0, atol=1e-12)
    for layers in zip(together.state, *[one.state for one in alone], strict=True):
        for part, *parts in zip(*layers, strict=True):
            assert_allclose(part, np.vstack(parts), rtol=0, atol=1e-12)


def test_lists_of_unequal_lengths():
    model = regressor()
    stream, expected = model.stream(3), model.predict(RAGGED)
    cuts = [(5, 0, 13), (9, 3, 13), (20, 7, 13)]  # nothing new of some series
    before, predictions = (0, 0, 0), []
    for cut in cuts:
        predictions.append(stream.predict([x[a:b] for x, a, b in zip(RAGGED, before, cut, strict=True)]))
        before = cut
    for i in range(3):
        assert_allclose(np.concatenate([piece[i] for piece in predictions]), expected[i], rtol=0, atol=1e-12)
    longer = model.predict([np.vstack([x, [1.0, 2.0]]) for x in RAGGED])
    assert_allclose(stream.step([[1.0, 2.0]] * 3), [predictions[-1] for predictions in longer], rtol=0, atol=1e-12)


def test_nothing_new_changes_nothing():
    stream = regressor().stream(history=X)
    before = flat(stream)
    for nothing in (NOTHING, pd.DataFrame(NOTHING), [NOTHING], np.zeros((1, 0, 2))):
        predictions = stream.predict(nothing)
        assert np.concatenate(predictions).size == 0 if isinstance(predictions, list) else predictions.size == 0
    panel = of_frames().stream(history=FRAME)
    assert panel.predict(FRAME.iloc[:0]).shape == (0,)
    assert regressor("lstm", 3).stream().predict(NOTHING).shape == (0, 3)
    assert_array_equal(flat(stream), before)


def test_series_are_matched_by_name():
    model = of_frames()
    expected = pd.Series(model.predict(FRAME), INDEX)
    first = FRAME.groupby(level=0, sort=False).head(5)
    rest = FRAME.drop(index=first.index)
    stream = model.stream(history=first)
    assert list(stream.series) == IDS
    assert stream.n_series == 3
    kept = stream.state[0][0][1].copy()
    some = rest.loc[["east", "north"]]
    assert_allclose(stream.predict(some), expected[some.index], rtol=0, atol=1e-12)
    assert_array_equal(stream.state[0][0][1], kept)  # the one that was not there stays
    assert_allclose(stream.predict(rest.loc[["south"]]), expected[rest.loc[["south"]].index], rtol=0, atol=1e-12)
    assert_allclose(flat(stream), flat(model.stream(history=FRAME)), rtol=0, atol=1e-12)
    assert_array_equal(stream.copy().predict(0 * some[:1] + np.nan), stream.step(np.full((3, 2), np.nan))[[2]])


def test_series_may_alternate_from_row_to_row():
    model = of_frames()
    table, ids = np.stack([PANEL[2], PANEL[0]], axis=1).reshape(-1, 2), np.tile(["east", "north"], 20)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):  # as scikit-learn has it
        stream = model.stream(history=table[:16], series=ids[:16])
    assert list(stream.series) == ["east", "north"]
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        predictions = stream.predict(table[16:][::-1], series=ids[16:][::-1])
    expected = model.predict([np.vstack([x[:8], x[:7:-1]]) for x in (PANEL[2], PANEL[0])])
    assert_allclose(predictions.reshape(-1, 2).T, [expected[1][8:], expected[0][8:]], rtol=0, atol=1e-12)


def test_series_without_names_are_numbers():
    model = regressor()
    stream = model.stream(3)
    assert list(stream.series) == [0, 1, 2]
    predictions = stream.predict(np.vstack([PANEL[2], PANEL[0]]), series=np.repeat([2, 0], 20))
    assert_allclose(predictions.reshape(2, 20), model.predict(PANEL[[2, 0]]), rtol=0, atol=1e-12)
    assert not stream.state[0][0][1].any()


def test_series_of_several_levels():
    index = pd.MultiIndex.from_tuples([(a, b, t) for a in "qp" for b in (2, 1) for t in range(10)])
    panel = pd.DataFrame(X[:40], index)
    model = regressor()
    stream = model.stream(history=panel)
    assert list(stream.series) == [("q", 2), ("q", 1), ("p", 2), ("p", 1)]
    before = stream.state[0][0]
    stream.reset(("q", 1)).reset([("p", 1), ("q", 1)])
    assert_array_equal(stream.state[0][0], before * [[1.0], [0.0], [1.0], [0.0]])
    predictions = stream.predict(panel.iloc[30:])
    assert_allclose(predictions, model.predict(X[30:40]), rtol=0, atol=1e-12)


def test_windows_of_one_lag_are_steps():
    framed = make_pipeline(ShiftFramer(context="none"), small(LSTMRegressor)).fit(FRAME, FRAME["temp"])
    windows = framed[:-1].transform(FRAME)
    stream = framed[-1].stream(history=windows)
    assert list(stream.series) == IDS
    assert_allclose(stream.reset().predict(windows), framed.predict(FRAME), rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", REGRESSORS)
def test_steps_of_nan_are_padding(cell):
    model = regressor(cell, 2, hidden_layer_sizes=(5, 3))
    padded = PANEL.copy()
    padded[0, :3] = padded[1, 15:] = padded[2, :20] = np.nan
    expected = predict_all(model, padded)
    stepped, whole, pieces = model.stream(3), model.stream(3), model.stream(3)
    assert_allclose(np.stack([stepped.step(x) for x in padded.swapaxes(0, 1)], axis=1), expected, rtol=0, atol=1e-12)
    assert_allclose(whole.predict(padded), expected, rtol=0, atol=1e-12)
    predictions = [pieces.predict(padded[:, rows]) for rows in (slice(2), slice(2, 17), slice(17, None))]
    assert_allclose(np.concatenate(predictions, axis=1), expected, rtol=0, atol=1e-12)
    assert_allclose(flat(stepped), flat(whole), rtol=0, atol=1e-12)
    assert not any(part[2].any() for parts in whole.state for part in parts)
    assert_allclose(flat(model.stream(history=padded)), flat(whole), rtol=0, atol=1e-12)


def test_stream_of_padding_repeats_the_prediction_of_before():
    stream = regressor().stream()
    prediction, state = stream.step(X[0]), flat(stream)
    assert_array_equal(stream.step(NAN), prediction)
    assert_array_equal(stream.predict(np.full((2, 2), np.nan)), np.repeat(prediction, 2))
    assert_array_equal(flat(stream), state)
    assert_allclose(stream.step(X[1]), regressor().predict(X[:2])[1:], rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_steps_of_the_mask_value_are_padding(dtype):
    model = small(GRURegressor, mask_value=np.float64(0.1), dtype=dtype).fit(X, Y)
    masked = PANEL.copy()
    masked[0, ::3] = masked[1, :18] = masked[2, 5] = 0.1
    masked[1, 18:] = np.nan
    masked[0, 1, 0] = 0.1  # one feature alone is no padding
    expected = predict_all(model, masked)
    tolerance = {"float32": 1e-6, "float64": 1e-12}[dtype]
    stepped, whole = model.stream(3), model.stream(3)
    assert_allclose(whole.predict(masked), expected, rtol=0, atol=tolerance)
    assert_allclose(
        np.stack([stepped.step(x) for x in masked.swapaxes(0, 1)], axis=1), expected, rtol=0, atol=tolerance
    )
    assert not any(part[1].any() for parts in stepped.state for part in parts)
