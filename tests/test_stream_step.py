"""One step of a stream, in every form."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from streams import FRAME, IDS, PANEL, X, Y, of_frames, regressor, small

from sklearn_rnn import GRURegressor


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
