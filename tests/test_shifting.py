"""The framing by pandas shift, and that it agrees with ShiftFramer."""

import numpy as np
import pandas as pd
import pytest

from sklearn_rnn.preprocessing import ShiftFramer, series_to_supervised


def test_one_lag():
    table = series_to_supervised(range(10))
    assert list(table) == ["var1(t-1)", "var1(t)"]
    assert table.to_numpy().tolist() == [[i, i + 1] for i in range(9)]
    assert list(table.index) == list(range(1, 10))


def test_shifting_forward_misses_the_first_and_backward_the_last():
    table = series_to_supervised(range(10), n_in=1, n_out=2, dropnan=False)
    nan = np.nan
    np.testing.assert_array_equal(table["var1(t-1)"], [nan, *range(9)])
    np.testing.assert_array_equal(table["var1(t)"], range(10))
    np.testing.assert_array_equal(table["var1(t+1)"], [*range(1, 10), nan])


def test_several_lags_steps_and_variates():
    data = np.stack([np.arange(10), np.arange(50, 60)], axis=1)
    table = series_to_supervised(data, n_in=2, n_out=2)
    assert list(table) == [f"var{i}(t{k})" for k in ("-2", "-1", "", "+1") for i in (1, 2)]
    assert table.shape == (7, 8)
    assert table.iloc[0].tolist() == [0, 50, 1, 51, 2, 52, 3, 53]
    assert table.iloc[-1].tolist() == [6, 56, 7, 57, 8, 58, 9, 59]


@pytest.mark.parametrize(
    "data", [list(range(5)), tuple(range(5)), np.arange(5), np.arange(5)[:, None], [[i] for i in range(5)]]
)
def test_every_form_of_one_variable(data):
    pd.testing.assert_frame_equal(series_to_supervised(data), series_to_supervised(range(5)))


def test_no_lags_is_the_future_alone():
    assert list(series_to_supervised(range(3), n_in=0, n_out=2)) == ["var1(t)", "var1(t+1)"]


def test_pandas_data_keep_their_index_and_a_table_its_names():
    index = pd.date_range("2024-01-01", periods=5, freq="D")
    frame = pd.DataFrame({"temp": range(5), "wind": range(5)}, index=index)
    table = series_to_supervised(frame)
    assert list(table) == ["temp(t-1)", "wind(t-1)", "temp(t)", "wind(t)"]
    assert table.index.equals(index[1:])
    series = series_to_supervised(frame["temp"])
    assert list(series) == ["var1(t-1)", "var1(t)"]
    assert series.index.equals(index[1:])


def test_series_never_mix():
    index = pd.MultiIndex.from_product([["a", "b"], range(3)])
    table = series_to_supervised(pd.DataFrame({"x": range(6)}, index=index))
    assert table.to_numpy().tolist() == [[0, 1], [1, 2], [3, 4], [4, 5]]


def test_agrees_with_the_framer():
    data = pd.DataFrame(np.random.default_rng(0).normal(size=(12, 2)), columns=["a", "b"])
    table = ShiftFramer(lags=3, output="table").set_output(transform="pandas").fit_transform(data)
    pd.testing.assert_frame_equal(series_to_supervised(data, n_in=3)[list(table)], table.iloc[3:])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_in": -1}, "n_in must be an integer of at least 0, got -1"),
        ({"n_out": 0}, "n_out must be an integer of at least 1, got 0"),
        ({"n_out": 1.0}, "n_out must be an integer of at least 1, got 1.0"),
        ({"n_in": 5}, "No row is left: n_in=5 and n_out=1 need 6 rows .* data has 5 rows"),
        ({"data": []}, "No row is left: .* data has 0 rows"),
        ({"data": np.zeros((2, 2, 2))}, "1-D or 2-D, got 3 dimensions"),
        ({"data": 3}, "1-D or 2-D, got 0 dimensions"),
        ({"data": pd.DataFrame({"x": range(3)}, index=[2, 1, 0])}, "not in time order"),
        ({"data": pd.Series(range(3), index=[2, 1, 0])}, "not in time order"),
    ],
)
def test_what_cannot_be_framed_raises_an_error(arguments, message):
    with pytest.raises(ValueError, match=message):
        series_to_supervised(**{"data": range(5), **arguments})


def test_a_short_series_is_all_missing_where_nothing_is_dropped():
    assert series_to_supervised(range(2), n_in=5, dropnan=False).shape == (2, 6)
