"""Streams: steps, pieces and the whole say the same; the state is in the user's hands, and mistakes never touch it."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_rnn import (
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
    RNNClassifier,
    RNNRegressor,
    ShiftFramer,
    Stream,
)

REGRESSORS = {"rnn": RNNRegressor, "lstm": LSTMRegressor, "gru": GRURegressor}
CLASSIFIERS = {"rnn": RNNClassifier, "lstm": LSTMClassifier, "gru": GRUClassifier}
METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 2))
Y = X.cumsum(axis=0)[:, 0] * 0.05 + X[:, 1] * 0.5
PANEL = RNG.normal(size=(3, 20, 2))
RAGGED = [PANEL[0], PANEL[1, :7], PANEL[2, :13]]
NOTHING = np.zeros((0, 2))
NAN = np.full(2, np.nan)

# Three named series, in an order that sorting would change, and with times that differ.
IDS = ["north", "south", "east"]
INDEX = pd.MultiIndex.from_tuples([(name, t) for name, x in zip(IDS, RAGGED, strict=True) for t in range(len(x))])
FRAME = pd.DataFrame(np.vstack(RAGGED), INDEX, columns=["temp", "wind"])


def small(make: Any, **params: Any) -> Any:
    params = {
        "hidden_layer_sizes": (5,),
        "return_sequences": True,
        "max_epochs": 3,
        "lr": 0.02,
        "dtype": "float64",
    } | params
    return make(random_state=0, **params)


@cache
def regressor(cell: str = "lstm", n_outputs: int = 1, **params: Any) -> Any:
    """A fitted estimator, which no test may change."""
    model = small(REGRESSORS[cell], **params)
    if not model.return_sequences:
        return model.fit([X, X[:30] + 1], [0.0, 1.0])
    return model.fit(X, Y if n_outputs == 1 else np.column_stack([Y, X])[:, :n_outputs])


@cache
def of_frames() -> Any:
    """A regressor that was fitted on three series of a DataFrame."""
    return small(LSTMRegressor).fit(FRAME, FRAME["temp"] - FRAME["wind"])


@cache
def classifier(cell: str, kind: str, **params: Any) -> Any:
    labels = {
        "binary": np.where(Y > 0, "up", "down"),
        "multiclass": np.digitize(Y, [-0.3, 0.3]),
        "multilabel": np.column_stack([Y > 0, X > 0]).astype(int),
    }[kind]
    return small(CLASSIFIERS[cell], **params).fit(X, labels)


def steps(stream: Stream, x: Any) -> Any:
    """The answers of a stream of one series, step after step."""
    return np.concatenate([stream.step(row) for row in x])


def flat(stream: Stream) -> Any:
    return np.concatenate([part.ravel() for parts in stream.state for part in parts])


# ---------------------------------------------------------------------------- steps, pieces and the whole


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
    answers = np.concatenate([stream.predict(X[:30]), steps(stream, X[30:])])  # before `predict` has run once
    assert_allclose(answers, model.predict(X), rtol=0, atol=1e-12)


def test_long_series_are_read_in_pieces_of_bounded_memory():
    model = regressor("lstm")
    long = np.random.default_rng(1).normal(size=(2, 40_000, 2))  # two pieces and more
    stream = model.stream(2)
    assert_allclose(stream.predict(long), model.predict(long), rtol=0, atol=1e-12)
    assert_allclose(flat(model.stream(history=long)), flat(stream), rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", REGRESSORS)
def test_an_estimator_of_whole_sequences_answers_as_if_each_step_were_the_last(cell):
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
def test_classifiers_answer_by_every_method(cell, kind):
    model = classifier(cell, kind)
    for method in METHODS:
        whole = getattr(model, method)(X)
        stream = model.stream(method=method)
        answers = np.concatenate([stream.predict(X[:50]), steps(stream, X[50:])])
        assert answers.dtype == whole.dtype
        assert answers.shape == whole.shape
        if method == "predict":
            assert_array_equal(answers, whole)
            assert len(np.unique(whole.reshape(len(whole), -1), axis=0)) > 1
        else:
            assert_allclose(answers, whole, rtol=0, atol=1e-11)


# ---------------------------------------------------------------------------- several series, padding


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
        answers = np.concatenate([one.step(x[t]) for one, x in zip(alone, PANEL, strict=True)])
        assert_allclose(together.step(PANEL[:, t]), answers, rtol=0, atol=1e-12)
    for layers in zip(together.state, *[one.state for one in alone], strict=True):
        for part, *parts in zip(*layers, strict=True):
            assert_allclose(part, np.vstack(parts), rtol=0, atol=1e-12)


def test_lists_of_unequal_lengths():
    model = regressor()
    stream, expected = model.stream(3), model.predict(RAGGED)
    cuts = [(5, 0, 13), (9, 3, 13), (20, 7, 13)]  # nothing new of some series
    before, answers = (0, 0, 0), []
    for cut in cuts:
        answers.append(stream.predict([x[a:b] for x, a, b in zip(RAGGED, before, cut, strict=True)]))
        before = cut
    for i in range(3):
        assert_allclose(np.concatenate([piece[i] for piece in answers]), expected[i], rtol=0, atol=1e-12)
    longer = model.predict([np.vstack([x, [1.0, 2.0]]) for x in RAGGED])
    assert_allclose(stream.step([[1.0, 2.0]] * 3), [answers[-1] for answers in longer], rtol=0, atol=1e-12)


def test_nothing_new_changes_nothing():
    stream = regressor().stream(history=X)
    before = flat(stream)
    for nothing in (NOTHING, pd.DataFrame(NOTHING), [NOTHING], np.zeros((1, 0, 2))):
        answers = stream.predict(nothing)
        assert np.concatenate(answers).size == 0 if isinstance(answers, list) else answers.size == 0
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
        answers = stream.predict(table[16:][::-1], series=ids[16:][::-1])
    expected = model.predict([np.vstack([x[:8], x[:7:-1]]) for x in (PANEL[2], PANEL[0])])
    assert_allclose(answers.reshape(-1, 2).T, [expected[1][8:], expected[0][8:]], rtol=0, atol=1e-12)


def test_series_without_names_are_numbers():
    model = regressor()
    stream = model.stream(3)
    assert list(stream.series) == [0, 1, 2]
    answers = stream.predict(np.vstack([PANEL[2], PANEL[0]]), series=np.repeat([2, 0], 20))
    assert_allclose(answers.reshape(2, 20), model.predict(PANEL[[2, 0]]), rtol=0, atol=1e-12)
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
    answers = stream.predict(panel.iloc[30:])
    assert_allclose(answers, model.predict(X[30:40]), rtol=0, atol=1e-12)


def test_windows_of_one_lag_are_steps():
    framed = make_pipeline(ShiftFramer(), small(LSTMRegressor)).fit(FRAME, FRAME["temp"])
    windows = framed[:-1].transform(FRAME)
    stream = framed[-1].stream(history=windows)
    assert list(stream.series) == IDS
    assert_allclose(stream.reset().predict(windows), framed.predict(FRAME), rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", REGRESSORS)
def test_steps_of_nan_are_padding(cell):
    model = regressor(cell, 2, hidden_layer_sizes=(5, 3))
    padded = PANEL.copy()
    padded[0, :3] = padded[1, 15:] = padded[2, :20] = np.nan
    expected = model.predict(padded)
    stepped, whole, pieces = model.stream(3), model.stream(3), model.stream(3)
    assert_allclose(np.stack([stepped.step(x) for x in padded.swapaxes(0, 1)], axis=1), expected, rtol=0, atol=1e-12)
    assert_allclose(whole.predict(padded), expected, rtol=0, atol=1e-12)
    answers = [pieces.predict(padded[:, rows]) for rows in (slice(2), slice(2, 17), slice(17, None))]
    assert_allclose(np.concatenate(answers, axis=1), expected, rtol=0, atol=1e-12)
    assert_allclose(flat(stepped), flat(whole), rtol=0, atol=1e-12)
    assert not any(part[2].any() for parts in whole.state for part in parts)
    assert_allclose(flat(model.stream(history=padded)), flat(whole), rtol=0, atol=1e-12)


def test_padding_repeats_the_answer_of_before():
    stream = regressor().stream()
    answer, state = stream.step(X[0]), flat(stream)
    assert_array_equal(stream.step(NAN), answer)
    assert_array_equal(stream.predict(np.full((2, 2), np.nan)), np.repeat(answer, 2))
    assert_array_equal(flat(stream), state)
    assert_allclose(stream.step(X[1]), regressor().predict(X[:2])[1:], rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_steps_of_the_mask_value_are_padding(dtype):
    model = small(GRURegressor, mask_value=np.float64(0.1), dtype=dtype).fit(X, Y)
    masked = PANEL.copy()
    masked[0, ::3] = masked[1, :18] = masked[2, 5] = 0.1
    masked[1, 18:] = np.nan
    masked[0, 1, 0] = 0.1  # one feature alone is no padding
    expected = model.predict(masked)
    tolerance = {"float32": 1e-6, "float64": 1e-12}[dtype]
    stepped, whole = model.stream(3), model.stream(3)
    assert_allclose(whole.predict(masked), expected, rtol=0, atol=tolerance)
    assert_allclose(
        np.stack([stepped.step(x) for x in masked.swapaxes(0, 1)], axis=1), expected, rtol=0, atol=tolerance
    )
    assert not any(part[1].any() for parts in stepped.state for part in parts)


# ---------------------------------------------------------------------------- predict leaves streams alone, threads


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
        answers = list(pool.map(model.predict, many))
    for answer, wanted in zip(answers, expected, strict=True):
        assert_array_equal(answer, wanted, strict=True)


def test_threads_have_a_copy_each():
    stream = regressor().stream(history=X)

    def read(seed):
        rows = np.random.default_rng(seed).normal(size=(60, 2))
        own = stream.copy()
        return np.concatenate([steps(own, rows[:40]), own.predict(rows[40:])])

    expected, state = [read(seed) for seed in range(16)], flat(stream)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(read, range(16)))
    assert_array_equal(answers, expected)
    assert_array_equal(flat(stream), state)


# ---------------------------------------------------------------------------- the state in hand


def test_the_state_is_a_copy():
    stream = regressor("lstm", hidden_layer_sizes=(5, 3)).stream(2)
    assert [[part.shape for part in parts] for parts in stream.state] == [[(2, 5), (2, 5)], [(2, 3), (2, 3)]]
    stream.predict(PANEL[:2])
    state, expected = stream.state, flat(stream)
    state[0][0][:] = 7.0
    assert_array_equal(flat(stream), expected)
    stream.state = state
    assert_array_equal(stream.state[0][0], np.full((2, 5), 7.0))
    state[0][0][:] = 8.0
    assert_array_equal(stream.state[0][0], np.full((2, 5), 7.0))


@pytest.mark.parametrize("cell", REGRESSORS)
def test_a_state_can_be_put_back(cell):
    stream = regressor(cell, hidden_layer_sizes=(5, 3), dtype="float32").stream(history=X[:50])
    state = stream.state
    assert all(part.dtype == np.float32 for parts in state for part in parts)
    answers = stream.predict(X[50:60])
    stream.state = state
    assert_array_equal(stream.predict(X[50:60]), answers)
    stream.state = [[part.astype(float).tolist() for part in parts] for parts in state]  # lists will do
    assert_array_equal(stream.predict(X[50:60]), answers)


@pytest.mark.parametrize("cell", REGRESSORS)
def test_save_and_load(cell, tmp_path):
    model = regressor(cell, hidden_layer_sizes=(5, 3))
    stream = model.stream(2)
    stream.predict(PANEL[:2])
    for file in (tmp_path / "state.npz", str(tmp_path / "without_ending")):
        stream.save(file)
        loaded = model.stream(2)
        assert loaded.load(file) is loaded
        assert_array_equal(flat(loaded), flat(stream))
        assert_array_equal(loaded.step(X[:2]), stream.copy().step(X[:2]))
    with np.load(tmp_path / "without_ending") as parts:
        assert sorted(parts.files) == (["c0", "c1", "h0", "h1"] if cell == "lstm" else ["h0", "h1"])


def test_reset():
    model = of_frames()
    stream = model.stream(history=FRAME)
    before = stream.state
    assert stream.reset("south") is stream
    for wanted in (["south"], ["south", "south"], np.array(["south"]), pd.Index(["south"]), []):
        stream.reset(wanted)
        for parts, others in zip(stream.state, before, strict=True):
            for part, other in zip(parts, others, strict=True):
                assert_array_equal(part, other * [[1.0], [0.0], [1.0]])
    stream.reset(["east", "north"])
    assert not flat(stream).any()
    stream.state = before
    assert not flat(stream.reset()).any()
    numbers = regressor().stream(3)
    numbers.predict(PANEL)
    numbers.reset(np.int64(0)).reset(range(2, 3))
    assert [bool(row.any()) for row in numbers.state[0][0]] == [False, True, False]


@pytest.mark.parametrize("cell", REGRESSORS)
@pytest.mark.parametrize(
    "twin_of",
    [Stream.copy, copy.copy, copy.deepcopy, lambda stream: pickle.loads(pickle.dumps(stream))],
    ids=["copy()", "copy", "deepcopy", "pickle"],
)
def test_a_copy_goes_its_own_way(cell, twin_of):
    stream = regressor(cell, hidden_layer_sizes=(5, 3)).stream(history=X[:50])
    stream.step(X[50])
    twin, state = twin_of(stream), flat(stream)
    assert_array_equal(flat(twin), state)
    answers = twin.step(X[51]), twin.predict(X[52:])
    twin.reset()
    assert_array_equal(flat(stream), state)
    assert_array_equal(stream.step(X[51]), answers[0])
    assert_array_equal(stream.predict(X[52:]), answers[1])
    assert not flat(twin).any()


def test_a_pickled_stream_keeps_names_and_method():
    model = classifier("gru", "multiclass")
    stream = model.stream(history=FRAME.set_axis([0, 1], axis=1), method="predict_proba")
    twin = pickle.loads(pickle.dumps(stream))
    assert list(twin.series) == IDS
    assert_array_equal(twin.step(PANEL[:, 0]), stream.step(PANEL[:, 0]))


def test_repr():
    assert repr(regressor().stream()) == "Stream(LSTMRegressor, n_series=1)"
    assert repr(classifier("gru", "binary").stream(4)) == "Stream(GRUClassifier, n_series=4)"


# ---------------------------------------------------------------------------- how a stream begins

MORE = RNG.normal(size=(3, 2))


@pytest.mark.parametrize(
    ("history", "series", "ids"),
    [
        (X, None, [0]),
        (X.tolist(), None, [0]),
        (pd.DataFrame(X), None, [0]),
        (PANEL, None, [0, 1, 2]),
        (RAGGED, None, [0, 1, 2]),
        ([*RAGGED[:2], NOTHING], None, [0, 1, 2]),
        ([pd.DataFrame(x) for x in RAGGED], None, [0, 1, 2]),
        (FRAME.set_axis([0, 1], axis=1), None, IDS),
        (FRAME.to_numpy(), INDEX.get_level_values(0), IDS),
        (np.vstack(RAGGED[:2]), np.repeat([7, 3], [20, 7]), [7, 3]),
    ],
    ids=["2-D", "nested lists", "DataFrame", "3-D", "list", "list with nothing", "DataFrames", "index", "series", "numbers"],
)  # fmt: skip
@pytest.mark.parametrize("return_sequences", [True, False])
def test_history_is_read_in_every_form(history, series, ids, return_sequences):
    model = regressor("gru", return_sequences=return_sequences)
    stream = model.stream(history=history, series=series)
    assert list(stream.series) == ids
    parts = {1: [X], 2: RAGGED[:2], 3: RAGGED}[len(ids)]
    parts = list(PANEL) if history is PANEL else parts
    parts = [*parts[:2], NOTHING] if isinstance(history, list) and history[-1] is NOTHING else parts
    more = MORE[: len(ids)]
    expected = model.predict([np.vstack([part, row]) for part, row in zip(parts, more, strict=True)])
    last = [answers[-1] for answers in expected] if return_sequences else expected
    assert_allclose(stream.step(more), last, rtol=0, atol=1e-12)


def test_history_and_a_right_number_of_series_agree():
    assert regressor().stream(3, history=PANEL).n_series == 3
    assert regressor().stream(np.int64(2)).n_series == 2


def test_resume_goes_on_where_training_left():
    still = small(LSTMRegressor, stateful=True, tbptt=10, batch_size=1, max_epochs=1, lr=1e-300)
    model = clone(still).fit(X[:100], Y[:100])
    assert_allclose(model.stream(resume=True).step(X[100]), model.predict(X[:101])[-1:], rtol=0, atol=1e-12)
    model = clone(still).partial_fit(X[:60], Y[:60]).partial_fit(X[60:100], Y[60:100])
    assert_allclose(model.stream(1, resume=True).step(X[100]), model.predict(X[:101])[-1:], rtol=0, atol=1e-12)
    again = pickle.loads(pickle.dumps(model)).stream(resume=True)
    assert_array_equal(flat(again), flat(model.stream(resume=True)))


def test_resume_keeps_names():
    model = small(GRURegressor, stateful=True).fit(FRAME, FRAME["temp"])
    stream = model.stream(resume=True)
    assert list(stream.series) == IDS
    before = stream.state[0][0]
    stream.predict(FRAME.loc[["east"]].iloc[-1:])
    assert_array_equal((stream.state[0][0] != before).any(axis=1), [False, False, True])


def test_a_stream_keeps_its_network():
    """Fitting again, or setting parameters, leaves a stream as it was: weights, scale of y, classes, mask."""
    model = small(LSTMRegressor, stateful=True, tbptt=20).fit(X, Y)
    classes = small(GRUClassifier).fit(X, np.digitize(Y, [-0.3, 0.3]))
    streams = [model.stream(), model.stream(history=X[:3]), classes.stream(method="predict_proba")]
    expected = [[stream.copy().step(X[3]), stream.copy().predict(X)] for stream in streams]
    for fit in ("partial_fit", "fit"):
        getattr(model, fit)(X, 1000.0 * Y + 5000.0)
        getattr(classes, fit)(X, np.digitize(Y, [-0.3, 0.3]))
        for stream, (step, whole) in zip(streams, expected, strict=True):
            assert_array_equal(stream.copy().step(X[3]), step)
            assert_array_equal(stream.copy().predict(X), whole)
    classes.fit(X[:, :1], np.where(Y > 0, "up", "down"))
    model.set_params(dtype="float32", mask_value=0.0, return_sequences=False, hidden_layer_sizes=(9,))
    for stream, (step, whole) in zip(streams, expected, strict=True):
        assert_array_equal(stream.copy().step(X[3]), step)
        assert_array_equal(stream.copy().predict(X), whole)
    assert model.stream().step(X[3]).dtype == np.float64


def test_a_pipeline_streams_what_its_first_steps_answer():
    pipeline = make_pipeline(StandardScaler(), small(LSTMRegressor)).fit(5.0 * X + 100.0, Y)
    stream, scale = pipeline[-1].stream(), pipeline[:-1].transform
    long = np.random.default_rng(1).normal(size=(200, 2)) * 5.0 + 100.0
    answers = np.concatenate([stream.step(scale(row)) for row in long[:, None]])
    assert_allclose(answers, pipeline.predict(long), rtol=0, atol=1e-12)


# ---------------------------------------------------------------------------- one step, in every form


@pytest.mark.parametrize(
    "x",
    [
        [0.5, 2], (0.5, 2.0), np.array([0.5, 2]), np.array([[0.5, 2]], dtype=np.float32), np.array([0.5, 2], dtype=object),
        ["0.5", "2"], pd.Series([0.5, 2]), pd.Series([0.5, 2], ["temp", "wind"]), pd.Series([0.5, 2], ["temp", 1]),
        pd.DataFrame([[0.5, 2]]), pd.DataFrame([[0.5, 2]], [9], ["temp", "wind"]),
        pd.DataFrame([[0.5, 2]], columns=["temp", "wind"]).convert_dtypes(),
    ],
    ids=lambda x: type(x).__name__,
)  # fmt: skip
def test_forms_of_a_step(x):
    for model in (regressor(), of_frames()):
        expected = model.predict([[[0.5, 2.0]]])[0]
        assert_allclose(model.stream().step(x), expected, rtol=0, atol=1e-12, strict=True)


@pytest.mark.parametrize(
    "x", [0.5, np.float64(0.5), np.array(0.5), [0.5], np.array([[0.5]]), pd.Series([0.5])], ids=repr
)
def test_forms_of_a_single_number(x):
    model = univariate()
    assert_allclose(model.stream().step(x), model.predict([[0.5]]), rtol=0, atol=1e-12)


@cache
def univariate():
    return small(GRURegressor).fit(X[:, :1], Y)


def test_a_value_per_series():
    model = univariate()
    stream = model.stream(history=X[:20, :1], series=np.repeat(["b", "a"], 10)).reset()
    expected = model.predict(np.array([[[0.5]], [[2.0]]]))[:, 0]
    table = pd.Series([0.5, 2.0], ["b", "a"])
    for x in (
        [0.5, 2],
        [[0.5], [2]],
        table,
        table.to_frame(),
        table.to_numpy(),
        pd.Series([0.5, 2]),
        table.set_axis([7, 8]),
    ):
        assert_allclose(stream.copy().step(x), expected, rtol=0, atol=1e-12)


def test_a_value_per_named_series():
    model = small(GRURegressor).fit(FRAME[["temp"]], FRAME["wind"])
    stream = model.stream(history=FRAME[["temp"]])
    expected = stream.copy().step([1.0, 2.0, 3.0])
    now = pd.Series([1.0, 2.0, 3.0], IDS)
    assert_array_equal(stream.copy().step(now), expected)
    with pytest.raises(ValueError, match=r"^x has the series \['south', 'north', 'east'\], but the stream has "):
        stream.step(now.iloc[[1, 0, 2]])


def test_numbers_of_rows_are_no_names_of_series():
    model = univariate()
    stream = model.stream(history=X[:20, :1], series=np.repeat([1, 2], 10))
    assert_array_equal(stream.copy().step(pd.DataFrame([0.5, 2.0])), stream.copy().step([0.5, 2.0]))
    with pytest.raises(ValueError, match=r"^x has the series \[2, 1\], but the stream has \[1, 2\]; "):
        stream.step(pd.DataFrame([0.5, 2.0], [2, 1]))


def test_rows_of_a_panel():
    model = of_frames()
    stream = model.stream(history=FRAME)
    now = pd.DataFrame(PANEL[:, 0], pd.Index(IDS, name="station"), columns=["temp", "wind"])
    expected = stream.copy().step(now.to_numpy())
    later = now.set_axis(pd.MultiIndex.from_product([IDS, [99]]))
    shuffled = now.loc[["east", "north", "south"]]
    for x in (now, later, now.reset_index(drop=True), shuffled.reindex(stream.series)):
        assert_array_equal(stream.copy().step(x), expected)
    gone = stream.copy()
    gone.step(now.drop(index="south").reindex(stream.series))  # what is not there is padding
    assert_array_equal(gone.state[0][0][1], stream.state[0][0][1])


# ---------------------------------------------------------------------------- mistakes


@dataclass(frozen=True)
class Mistake:
    """What a user may do to a stream, and the whole message, or a pattern where scikit-learn or numpy word it."""

    name: str
    stream: str
    act: Callable[..., Any]
    message: str | re.Pattern[str]
    error: type[Exception] = ValueError


def step(x: Any) -> Callable[[Stream], Any]:
    return lambda stream: stream.step(x)


def predict(X: Any, **params: Any) -> Callable[[Stream], Any]:
    return lambda stream: stream.predict(X, **params)


def setting(state: Any) -> Callable[[Stream], None]:
    def act(stream: Stream) -> None:
        stream.state = state

    return act


def changed(values: Any, place: Any, value: float) -> Any:
    values = np.array(values, dtype=float)
    values[place] = value
    return values


STREAMS = {
    "one": lambda: regressor().stream(history=X[:5]),
    "float32": lambda: regressor(dtype="float32").stream(history=X[:5]),
    "three": lambda: regressor().stream(history=PANEL),
    "frames": lambda: of_frames().stream(history=[FRAME.loc["north"]]),
    "named": lambda: of_frames().stream(history=FRAME),
}
ZERO = np.zeros((1, 5))
TIMELESS = FRAME.droplevel(1)
NOW = pd.DataFrame(PANEL[:, 0], IDS, ["temp", "wind"])
ONE_ROW = "expected an array of shape (1, 2), a row per series and a column per feature."
THREE_ROWS = "expected an array of shape (3, 2), a row per series and a column per feature."
FORMS = "expected a 2-D table, a 3-D array (sequences, steps, features), or a list of arrays (steps, features)."
ENCODE = "encode categories first, for example with SequenceOneHotEncoder."
IMPUTE = "impute it before framing, for example with sklearn.impute.SimpleImputer."
PADDING = "impute it first. Only a step that is all NaN is padding."
TOO_LARGE = "x has infinity, or a value too large for {}, in series {}, feature {}; replace or clip it, or scale x."
COMPLEX = "Complex data not supported: x is complex; give its real and imaginary part."
FITTED = "but LSTMRegressor was fitted with ['temp', 'wind']; give the same features in the same order."
IN_THIS_ORDER = "give a row for each, in this order, for example by x.reindex(stream.series)."
OF_HISTORY = "it has those of its history or, without one, 0, 1, 2, ..."
OF_EACH = (
    "give the steps of each, as a 3-D array or a list, or name those that X has by series= or an index of two levels."
)
TABLE_ONLY = (
    "series= belongs to a 2-D X, a table with one row per step; X is {}, in which every item is a sequence already."
)
STATE = "The state must be a list with a tuple of arrays per layer, of the shapes [[(1, 5), (1, 5)]]; "
NOT_IN_ORDER = re.compile(r"X is not in time order: row 1 \(index 18\) comes after row 0 \(index 19\), .*")
FRAME_NAMES = re.compile(r"The feature names should match those that were passed during fit\..*", re.DOTALL)

STEP_MISTAKES = [
    Mistake("None", "one", step(None), f"x is None; {ONE_ROW}", TypeError),
    Mistake("text", "one", step("up"), f"x is of type str; {ONE_ROW}", TypeError),
    Mistake("a dict", "one", step({"temp": 1.0, "wind": 2.0}), f"x is of type dict; {ONE_ROW}", TypeError),
    Mistake(
        "sparse", "one", step(csr_array(X[:1])), "x is sparse, but dense data is required; use .toarray().", TypeError
    ),
    Mistake(
        "masked",
        "one",
        step(np.ma.masked_array([1.0, 2.0], [False, True])),
        "x is a masked array, whose mask would be lost; fill its gaps first, by .filled().",
    ),
    Mistake("complex", "one", step(np.array([1j, 2])), COMPLEX),
    Mistake("a complex list", "one", step([1j, 2]), COMPLEX),
    Mistake(
        "dates",
        "one",
        step(np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]")),
        "x is not numeric, its dtype is datetime64[D]; expected numbers, such as the hour of a date.",
    ),
    Mistake(
        "timestamps",
        "one",
        step([pd.Timestamp(0), 1.0]),
        f"x is not numeric: float() argument must be a string or a real number, not 'Timestamp'; {ENCODE}",
        TypeError,
    ),
    Mistake("text in a list", "one", step([1.0, "up"]), f"x is not numeric, it holds the text 'up'; {ENCODE}"),
    Mistake(
        "text in an array", "one", step(np.array(["up", "1"])), f"x is not numeric, it holds the text 'up'; {ENCODE}"
    ),
    Mistake(
        "text in a DataFrame",
        "frames",
        step(pd.DataFrame([[1.0, "up"]], columns=["temp", "wind"])),
        f"x is not numeric, it holds the text 'up'; {ENCODE}",
    ),
    Mistake("ragged lists", "one", step([[1.0], [1.0, 2.0]]), f"x is made of lists of unequal lengths; {ONE_ROW}"),
    Mistake("one feature more", "one", step([1.0, 2.0, 3.0]), f"x has shape (3,); {ONE_ROW}"),
    Mistake("a column", "one", step([[1.0], [2.0]]), f"x has shape (2, 1); {ONE_ROW}"),
    Mistake("two steps", "one", step(X[:2]), f"x has shape (2, 2); {ONE_ROW}"),
    Mistake("3-D", "one", step(X[None, :1]), f"x has shape (1, 1, 2); {ONE_ROW}"),
    Mistake("one number", "one", step(1.0), f"x has shape (); {ONE_ROW}"),
    Mistake("nothing", "one", step([]), f"x has shape (0,); {ONE_ROW}"),
    Mistake("no row", "one", step(NOTHING), f"x has shape (0, 2); {ONE_ROW}"),
    Mistake("one row for three series", "three", step(X[0]), f"x has shape (2,); {THREE_ROWS}"),
    Mistake("three columns for three series", "three", step(PANEL[:, 0].T), f"x has shape (2, 3); {THREE_ROWS}"),
    Mistake("NaN", "one", step([1.0, np.nan]), f"x has NaN in series 0, feature 1; {PADDING}"),
    Mistake(
        "NaN in one of three",
        "three",
        step(changed(PANEL[:, 0], (2, 0), np.nan)),
        f"x has NaN in series 2, feature 0; {PADDING}",
    ),
    Mistake(
        "NaN beside padding",
        "three",
        step([[1.0, 2.0], NAN, [np.nan, 2.0]]),
        f"x has NaN in series 2, feature 0; {PADDING}",
    ),
    Mistake(
        "NaN in a named series",
        "named",
        step(changed(NOW, (1, 1), np.nan)),
        f"x has NaN in series 'south', feature 'wind'; {PADDING}",
    ),
    Mistake("NA", "frames", step(pd.DataFrame([[1.0, pd.NA]])), f"x has NaN in series 0, feature 'wind'; {PADDING}"),
    Mistake("infinity", "one", step([-np.inf, 1.0]), TOO_LARGE.format("float64", 0, 0)),
    Mistake(
        "infinity beside padding", "three", step([NAN, [1.0, np.inf], [1.0, 2.0]]), TOO_LARGE.format("float64", 1, 1)
    ),
    Mistake("too large", "float32", step([1.0, 1e39]), TOO_LARGE.format("float32", 0, 1)),
    Mistake("too large in an array", "float32", step(np.array([1.0, 1e39])), TOO_LARGE.format("float32", 0, 1)),
    Mistake("too large in a list", "float32", step(["1e39", "1"]), TOO_LARGE.format("float32", 0, 0)),
    Mistake(
        "columns in another order", "frames", step(NOW.iloc[:1, ::-1]), f"x has the features ['wind', 'temp'], {FITTED}"
    ),
    Mistake(
        "a row in another order", "frames", step(NOW.iloc[0, ::-1]), f"x has the features ['wind', 'temp'], {FITTED}"
    ),
    Mistake(
        "another column",
        "frames",
        step(NOW.iloc[:1].assign(rain=0.0)),
        f"x has the features ['temp', 'wind', 'rain'], {FITTED}",
    ),
    Mistake(
        "series in another order",
        "named",
        step(NOW.sort_index()),
        f"x has the series ['east', 'north', 'south'], but the stream has {IDS}; {IN_THIS_ORDER}",
    ),
    Mistake(
        "series in another order, with times",
        "named",
        step(NOW[::-1].set_axis(pd.MultiIndex.from_product([IDS[::-1], [99]]))),
        f"x has the series ['east', 'south', 'north'], but the stream has {IDS}; {IN_THIS_ORDER}",
    ),
    Mistake(
        "two of three series",
        "named",
        step(NOW[:2]),
        f"x has the series ['north', 'south'], but the stream has {IDS}; {IN_THIS_ORDER}",
    ),
]

PREDICT_MISTAKES = [
    Mistake("predict None", "one", predict(None), f"X is None; {FORMS}", TypeError),
    Mistake("predict text", "one", predict("up"), f"X is of type str; {FORMS}", TypeError),
    Mistake(
        "predict no list",
        "one",
        predict([]),
        "Found array with 0 sample(s) (shape=(0,)) while a minimum of 1 is required.",
    ),
    Mistake(
        "predict one row", "one", predict(X[0]), re.compile(r"Expected 2D array, got 1D array instead:.*", re.DOTALL)
    ),
    Mistake(
        "predict text in a list", "one", predict([["up", "1"]]), f"X is not numeric, it holds the text 'up'; {ENCODE}"
    ),
    Mistake("predict 2 of 1", "one", predict(PANEL[:2]), f"X has 2 series, but the stream has 1; {OF_EACH}"),
    Mistake("predict 1 of 3", "three", predict(X), f"X has 1 series, but the stream has 3; {OF_EACH}"),
    Mistake(
        "predict a list of 2 of 3", "three", predict(RAGGED[:2]), f"X has 2 series, but the stream has 3; {OF_EACH}"
    ),
    Mistake(
        "predict 3 features",
        "one",
        predict(np.zeros((4, 3))),
        "X has 3 features, but LSTMRegressor is expecting 2 features as input.",
    ),
    Mistake(
        "predict 3 features, 3-D",
        "one",
        predict(np.zeros((1, 4, 3))),
        "X has 3 features, but LSTMRegressor is expecting 2 features as input per step: X is 3-D, in fit it was 2-D.",
    ),
    Mistake(
        "predict NaN",
        "one",
        predict(changed(X, (3, 1), np.nan)),
        f"X has NaN inside sequence 0 (step 3, feature 1); {IMPUTE}",
    ),
    Mistake(
        "predict infinity",
        "float32",
        predict(changed(PANEL[:1], (0, 3, 1), 1e39)),
        "X has infinity, or a value too large for float32, inside sequence 0 (step 3, feature 1); replace or clip it, or scale X "
        "first.",
    ),
    Mistake("predict columns in another order", "frames", predict(FRAME.loc["north"].iloc[:, ::-1]), FRAME_NAMES),
    Mistake(
        "predict frames in another order",
        "frames",
        predict([FRAME.loc["north"].iloc[:, ::-1]]),
        f"X has the features ['wind', 'temp'], {FITTED}",
    ),
    Mistake("predict backwards", "frames", predict(FRAME.loc["north"].iloc[::-1]), NOT_IN_ORDER),
    Mistake("predict a panel backwards", "named", predict(FRAME.loc[["north"]].iloc[::-1]), NOT_IN_ORDER),
    Mistake(
        "predict another series",
        "named",
        predict(FRAME.rename(index={"south": "west"})),
        f"X has the series ['west'], but the stream has {IDS}; {OF_HISTORY}",
    ),
    Mistake("predict names", "frames", predict(FRAME), f"X has the series {IDS}, but the stream has [0]; {OF_HISTORY}"),
    Mistake(
        "predict other numbers",
        "three",
        predict(X, series=np.repeat([1, 3], 60)),
        f"X has the series [3], but the stream has [0, 1, 2]; {OF_HISTORY}",
    ),
    Mistake("predict 3-D with series", "three", predict(PANEL, series=IDS), TABLE_ONLY.format("3-D")),
    Mistake(
        "predict a list with series", "three", predict(RAGGED, series=IDS), TABLE_ONLY.format("a list of sequences")
    ),
    Mistake(
        "predict too few series",
        "three",
        predict(X, series=[0, 1, 2]),
        "series must give one id per row of a 2-D X, shape (120,); got shape (3,).",
    ),
    Mistake(
        "predict a missing id",
        "three",
        predict(X[:3], series=[0, None, 2]),
        "series has a missing id in row 1; give every row one.",
    ),
]

STATE_MISTAKES = [
    Mistake("state None", "one", setting(None), f"{STATE}'NoneType' object is not iterable."),
    Mistake("state of numbers", "one", setting([1.0]), f"{STATE}'float' object is not iterable."),
    Mistake("state without cells", "one", setting([(ZERO,)]), f"{STATE}got [[(1, 5)]]."),
    Mistake("state without tuples", "one", setting([ZERO, ZERO]), f"{STATE}got [[(5,)], [(5,)]]."),
    Mistake(
        "state of 2 layers", "one", setting([(ZERO, ZERO)] * 2), f"{STATE}got [[(1, 5), (1, 5)], [(1, 5), (1, 5)]]."
    ),
    Mistake(
        "state of 2 series", "one", setting([(np.zeros((2, 5)), np.zeros((2, 5)))]), f"{STATE}got [[(2, 5), (2, 5)]]."
    ),
    Mistake(
        "ragged state",
        "one",
        setting([([[1.0], [1.0, 2.0]], ZERO)]),
        re.compile(re.escape(STATE) + r"setting an array element .*"),
    ),
    Mistake(
        "state of text", "one", setting([(ZERO.astype(str), ZERO)]), "The state must be real numbers; got dtype <U32."
    ),
    Mistake(
        "complex state", "one", setting([(ZERO, ZERO + 1j)]), "The state must be real numbers; got dtype complex128."
    ),
    Mistake(
        "state of NaN",
        "one",
        setting([(ZERO, ZERO + np.nan)]),
        "The state has NaN, infinity or a value too large for float64; set finite numbers.",
    ),
    Mistake(
        "state too large",
        "float32",
        setting([(ZERO, ZERO + 1e39)]),
        "The state has NaN, infinity or a value too large for float32; set finite numbers.",
    ),
    Mistake(
        "reset a name", "one", lambda stream: stream.reset("north"), "The stream has no series ['north']; it has [0]."
    ),
    Mistake("reset a number", "one", lambda stream: stream.reset(1), "The stream has no series [1]; it has [0]."),
    Mistake(
        "reset some unknown",
        "named",
        lambda stream: stream.reset(np.array(["west", "north"])),
        f"The stream has no series ['west']; it has {IDS}.",
    ),
    Mistake(
        "reset a tuple",
        "named",
        lambda stream: stream.reset(("north", "south")),
        f"The stream has no series [('north', 'south')]; it has {IDS}.",
    ),
]
MISTAKES = [*STEP_MISTAKES, *PREDICT_MISTAKES, *STATE_MISTAKES]


def assert_refused(mistake: Mistake, *args: Any) -> None:
    with pytest.raises(mistake.error) as raised:
        mistake.act(*args)
    message = str(raised.value)
    if isinstance(mistake.message, re.Pattern):
        assert mistake.message.fullmatch(message), message
    else:
        assert message == mistake.message


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_what_is_refused_leaves_the_state(mistake):
    stream = STREAMS[mistake.stream]()
    before = flat(stream)
    assert before.any()
    assert_refused(mistake, stream)
    assert_array_equal(flat(stream), before, strict=True)


@pytest.mark.parametrize(
    ("saved", "message"),
    [
        (("gru", 1, (5,)), "{} holds ['h0'], but the state of this network is made of [['h0', 'c0']]."),
        (
            ("lstm", 1, (5, 3)),
            "{} holds ['h0', 'c0', 'h1', 'c1'], but the state of this network is made of [['h0', 'c0']].",
        ),
        (("lstm", 1, (4,)), f"{STATE}got [[(1, 4), (1, 4)]]."),
        (("lstm", 2, (5,)), f"{STATE}got [[(2, 5), (2, 5)]]."),
    ],
    ids=["cell", "layers", "units", "series"],
)
def test_a_file_of_another_state_is_refused(saved, message, tmp_path):
    (cell, n_series, sizes), file = saved, tmp_path / "state.npz"
    regressor(cell, hidden_layer_sizes=sizes).stream(n_series).save(file)
    stream = regressor().stream(history=X[:5])
    before = flat(stream)
    with pytest.raises(ValueError, match=f"^{re.escape(message.format(file))}$"):
        stream.load(file)
    assert_array_equal(flat(stream), before)
    with pytest.raises(FileNotFoundError):
        stream.load(tmp_path / "nowhere.npz")


NUMBER = "n_series must be a whole number of at least one, got {}; steps to read first are history=."
RESUME = (
    "resume=True goes on from the state in which training left each series, which is kept with stateful=True and "
    "return_sequences=True; without them give the training data as history=."
)
STATEFUL = small(LSTMRegressor, stateful=True, tbptt=10, max_epochs=1)
BEGIN_MISTAKES = [
    Mistake("no series", "", lambda: regressor().stream(0), NUMBER.format(0)),
    Mistake("half a series", "", lambda: regressor().stream(1.5), NUMBER.format(1.5)),
    Mistake("a name", "", lambda: regressor().stream("north"), NUMBER.format("'north'")),
    Mistake("history by position", "", lambda: regressor().stream(X), NUMBER.format("type ndarray")),
    Mistake(
        "history and resume",
        "",
        lambda: clone(STATEFUL).fit(X, Y).stream(history=X, resume=True),
        "resume=True and history= both say how the stream begins; give one of them.",
    ),
    Mistake(
        "series without history",
        "",
        lambda: regressor().stream(series=IDS),
        "series= names the series of the rows of history=, which is not given.",
    ),
    Mistake(
        "another number than in history",
        "",
        lambda: regressor().stream(2, history=PANEL),
        "n_series=2, but the stream goes on from 3 series; leave n_series out.",
    ),
    Mistake(
        "another number than in training",
        "",
        lambda: clone(STATEFUL).fit(X, Y).stream(2, resume=True),
        "n_series=2, but the stream goes on from 1 series; leave n_series out.",
    ),
    Mistake("resume without state", "", lambda: regressor().stream(resume=True), RESUME),
    Mistake(
        "resume with one target per sequence",
        "",
        lambda: clone(STATEFUL).set_params(return_sequences=False).fit(PANEL, [1.0, 2.0, 3.0]).stream(resume=True),
        RESUME,
    ),
    Mistake(
        "resume after a stateless fit",
        "",
        lambda: clone(STATEFUL).fit(X, Y).set_params(stateful=False).fit(X, Y).stream(resume=True),
        RESUME,
    ),
    Mistake(
        "history that lost its series",
        "",
        lambda: of_frames().stream(history=FRAME.reset_index(drop=True)),
        "X has lost its series: LSTMRegressor was fitted on series that an index or series= tells apart, but X tells "
        "none (a transformer returned a plain array, or series= was left out) and would be read as one series. Either "
        "keep the index of X, by set_output(transform='pandas') on the pipeline or the transformer, or pass series= (one "
        "id per row).",
    ),
    Mistake(
        "history of other features",
        "",
        lambda: regressor().stream(history=X[:, :1]),
        "X has 1 features, but LSTMRegressor is expecting 2 features as input.",
    ),
    Mistake(
        "history with NaN",
        "",
        lambda: regressor().stream(history=changed(X, (3, 1), np.nan)),
        f"X has NaN inside sequence 0 (step 3, feature 1); {IMPUTE}",
    ),
    Mistake(
        "history without steps",
        "",
        lambda: regressor().stream(history=NOTHING),
        "Found array with 0 sample(s) (shape=(0, 2)) while a minimum of 1 is required by LSTMRegressor.",
    ),
    Mistake(
        "probabilities of a regressor",
        "",
        lambda: regressor().stream(method="predict_proba"),
        "method='predict_proba' is none of ['predict'].",
    ),
    Mistake(
        "unknown method",
        "",
        lambda: classifier("gru", "binary").stream(method="score"),
        f"method='score' is none of {list(METHODS)}.",
    ),
    Mistake(
        "bidirectional",
        "",
        lambda: regressor(bidirectional=True).stream(),
        "A bidirectional network reads sequences from their ends, too: it can't read a stream.",
    ),
    Mistake(
        "before fit",
        "",
        lambda: LSTMRegressor().stream(),
        re.compile(r"This LSTMRegressor instance is not fitted yet\..*"),
        NotFittedError,
    ),
    Mistake(
        "a stream before fit",
        "",
        lambda: Stream(GRUClassifier()),
        re.compile(r"This GRUClassifier instance is not fitted yet\..*"),
        NotFittedError,
    ),
]


@pytest.mark.parametrize("mistake", BEGIN_MISTAKES, ids=lambda mistake: mistake.name)
def test_how_a_stream_does_not_begin(mistake):
    assert_refused(mistake)


def test_mistakes_are_distinct():
    names = [mistake.name for mistake in [*MISTAKES, *BEGIN_MISTAKES]]
    assert len(set(names)) == len(names)
