"""The state of a stream is in the user's hands: set, save, reset and copy it."""

from __future__ import annotations

import copy
import pickle
import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from streams import FRAME, IDS, PANEL, REGRESSORS, STATE, X, classifier, flat, of_frames, regressor

from sklearn_rnn import Stream


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
    predictions = stream.predict(X[50:60])
    stream.state = state
    assert_array_equal(stream.predict(X[50:60]), predictions)
    stream.state = [[part.astype(float).tolist() for part in parts] for parts in state]  # lists will do
    assert_array_equal(stream.predict(X[50:60]), predictions)


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
    predictions = twin.step(X[51]), twin.predict(X[52:])
    twin.reset()
    assert_array_equal(flat(stream), state)
    assert_array_equal(stream.step(X[51]), predictions[0])
    assert_array_equal(stream.predict(X[52:]), predictions[1])
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
def test_a_file_of_another_state_raises_an_error(saved, message, tmp_path):
    (cell, n_series, sizes), file = saved, tmp_path / "state.npz"
    regressor(cell, hidden_layer_sizes=sizes).stream(n_series).save(file)
    stream = regressor().stream(history=X[:5])
    before = flat(stream)
    with pytest.raises(ValueError, match=f"^{re.escape(message.format(file))}$"):
        stream.load(file)
    assert_array_equal(flat(stream), before)
    with pytest.raises(FileNotFoundError):
        stream.load(tmp_path / "nowhere.npz")
