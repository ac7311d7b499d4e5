"""regularize adds the rows that are missing from an index, series by series, and nothing else."""

import re

import numpy as np
import pandas as pd
import pytest

from sklearn_rnn import SequenceImputer, regularize
from sklearn_rnn.forecasting import NaiveForecaster

DAYS = pd.date_range("2024-01-01", periods=12)
INDEXES = {
    "days": DAYS,
    "business days": pd.bdate_range("2024-01-01", periods=40),
    "hours over a change of clocks": pd.date_range("2024-03-31", periods=12, freq="h", tz="Europe/Berlin"),
    "days over a change of clocks": pd.date_range("2024-03-25", periods=12, tz="Europe/Berlin"),
    "weeks": pd.date_range("2024-01-06", periods=12, freq="W-SAT"),
    "months": pd.date_range("2024-01-31", periods=12, freq="ME"),
    "fifteenths": pd.date_range("2024-01-01", periods=12, freq="MS") + pd.Timedelta(days=14),
    "microseconds": pd.date_range("2024-01-01", periods=12, unit="us"),
    "periods": pd.period_range("2020-01", periods=12, freq="M"),
    "every other period": pd.period_range("2020-01", periods=24, freq="M")[::2],
    "periods of two months": pd.period_range("2020-01", periods=12, freq="2M"),
    "timedeltas": pd.timedelta_range("1h", periods=12, freq="15min"),
    "integers": pd.RangeIndex(5, 17),
    "every third integer": pd.Index(np.arange(12) * 3),
    "small integers": pd.Index(np.arange(12, dtype=np.int8) + 100),
    "nullable integers": pd.Index(np.arange(12), dtype="Int64"),
}


def table(index):
    return pd.DataFrame({"u": np.arange(len(index)) + 0.5, "v": np.arange(len(index))}, index=index)


@pytest.mark.parametrize("name", INDEXES)
def test_rows_that_were_dropped_come_back(name):
    whole = table(INDEXES[name].rename("when"))
    result = regularize(whole.drop(index=whole.index[[3, 7, 8]]))
    assert result.index.dtype == whole.index.dtype
    assert result.index.equals(whole.index)
    assert result.index.name == "when"
    expected = whole.astype(float)
    expected.iloc[[3, 7, 8]] = np.nan
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("name", INDEXES)
def test_without_gaps_nothing_changes(name):
    whole = table(INDEXES[name])
    result = regularize(whole)
    pd.testing.assert_frame_equal(result, whole, check_freq=False, check_index_type="equiv")
    assert result is not whole
    assert regularize(result).index.equals(result.index)


def test_series_of_pandas():
    sales = pd.Series([1, 2, 4, 5], index=DAYS[[0, 1, 3, 4]], name="sales")
    expected = pd.Series([1.0, 2.0, np.nan, 4.0, 5.0], index=DAYS[:5], name="sales")
    pd.testing.assert_series_equal(regularize(sales), expected)


def test_the_result_has_a_frequency():
    assert regularize(table(DAYS[[0, 1, 2, 4]])).index.freq == "D"


def test_series_have_steps_and_ends_of_their_own():
    index = pd.MultiIndex.from_tuples(
        [("b", 1), ("a", 0), ("b", 2), ("a", 10), ("b", 4), ("a", 30), ("a", 40), ("b", 5), ("c", 7)],
        names=["shop", "day"],
    )
    result = regularize(pd.DataFrame({"u": np.arange(9.0)}, index=index))
    expected = [("b", day) for day in range(1, 6)] + [("a", day) for day in range(0, 50, 10)] + [("c", 7)]
    assert list(result.index) == expected
    assert result.index.names == ["shop", "day"]
    np.testing.assert_array_equal(result["u"], [0, 2, np.nan, 4, 7, 1, 3, np.nan, 5, 6, 8])


def test_three_levels():
    index = pd.MultiIndex.from_product([["x", "y"], [1, 2], DAYS[:5]], names=["city", "shop", "day"])
    whole = table(index)
    result = regularize(whole.drop(index=[("x", 2, DAYS[2]), ("y", 1, DAYS[3])]))
    pd.testing.assert_index_equal(result.index, index)
    assert result.isna().all(axis=1).to_numpy().nonzero()[0].tolist() == [7, 13]


def test_dtypes_with_missing_values_are_kept():
    columns = {
        "float32": np.arange(3, dtype=np.float32),
        "Int64": pd.array([1, 2, 3], dtype="Int64"),
        "category": pd.Categorical(["x", "y", "x"]),
        "datetime64[ns]": DAYS[:3].as_unit("ns"),
        "int32": np.arange(3, dtype=np.int32),
    }
    result = regularize(pd.DataFrame(columns, index=[0, 1, 3]), freq=1)
    assert [str(dtype) for dtype in result.dtypes] == ["float32", "Int64", "category", "datetime64[ns]", "float64"]
    assert result.iloc[2].isna().all()
    assert regularize(pd.DataFrame(columns, index=[0, 1, 2])).dtypes.astype(str).tolist() == list(columns)


@pytest.mark.parametrize(
    ("index", "freq", "n"),
    [
        (DAYS[[0, 2, 4]], "D", 5),
        (DAYS[[0, 2, 4]], pd.Timedelta(days=1), 5),
        (DAYS[[0, 4]], pd.offsets.Day(2), 3),
        (pd.PeriodIndex(["2020-01", "2020-05"], freq="M"), 2, 3),
        (pd.PeriodIndex(["2020-01", "2020-05"], freq="M"), "2M", 3),
        (pd.PeriodIndex(["2020-01", "2020-05"], freq="M"), "M", 5),
        (pd.to_timedelta(["0h", "4h"]), "2h", 3),
        (pd.Index([0, 6]), 2, 4),
    ],
)
def test_given_freq(index, freq, n):
    result = regularize(table(index), freq)
    assert len(result) == n
    assert result.index[0] == index[0]
    assert result.index[-1] == index[-1]


def test_a_forecaster_takes_the_result():
    gappy = table(DAYS)[["u"]].drop(index=DAYS[[3, 8]])
    with pytest.raises(ValueError, match="There is a gap in time"):
        NaiveForecaster().fit(gappy)
    filled = SequenceImputer().set_output(transform="pandas").fit_transform(regularize(gappy))
    assert NaiveForecaster().fit(filled).forecast(1).index[0] == DAYS[-1] + DAYS.freq


# Messages


TWO = pd.MultiIndex.from_tuples([("a", 0), ("a", 2), ("b", 0), ("b", 4), ("b", 5), ("b", 20)])
BAD = {
    "array": (np.ones((2, 2)), None, "table is of type ndarray; expected a DataFrame or Series of pandas with times."),
    "no rows": (pd.DataFrame({"u": []}), None, "table has no rows, and so no times."),
    "texts": (
        table(pd.Index(["2024-01-01", "2024-01-02"], dtype=object)),
        None,
        "The index of table has the dtype object; expected times, periods, spans of time or integers, such as "
        "pd.to_datetime makes of texts.",
    ),
    "floats": (
        table(pd.Index([0.0, 0.5, 1.0])),
        None,
        "The index of table has the dtype float64; expected times, periods, spans of time or integers, such as "
        "pd.to_datetime makes of texts.",
    ),
    "disorder": (table(DAYS[[1, 0]]), None, re.compile("X is not in time order: row 1 .*")),
    "the same time": (
        table(DAYS[[0, 1, 1]]),
        None,
        re.compile("X has two rows of the same time and series: rows 1 and.*"),
    ),
    "disorder of one series": (
        table(TWO[[0, 1, 2, 4, 3, 5]]),
        None,
        re.compile(r"X is not in time order: row 4 \(index 4\) comes after row 3 \(index 5\), of series 'b'. Sort .*"),
    ),
    "the same time of one series": (
        table(TWO[[0, 1, 2, 2, 3, 5]]),
        None,
        re.compile(r"X has two rows of the same time in series 'b': rows 2 and 3 \(index 0\). Keep one.*"),
    ),
    "no usual step": (
        table(TWO),
        None,
        "The index of series 'b' has no usual step: its rows come after different times, the first two 4 apart. Give "
        "freq=, or bring it to one step first, for example with table.resample('D').mean(), each series by itself.",
    ),
    "off the grid": (
        table(TWO),
        2,
        "Row 4 (index 5 of series 'b') is no whole number of steps after the first, 0; the step is 2. Give another "
        "freq=, or bring times to one step first, for example with table.resample('D').mean(), each series by itself.",
    ),
    "off the grid of days": (
        table(DAYS.append(pd.DatetimeIndex(["2024-01-13 01:00"]))),
        None,
        "Row 12 (index 2024-01-13 01:00:00) is no whole number of steps after the first, 2024-01-01 00:00:00; the step is "
        "1 days 00:00:00. Give another freq=, or bring times to one step first, for example with "
        "table.resample('D').mean(), each series by itself.",
    ),
    "a number of no unit": (table(DAYS), 3, "freq=3 is no step of an index of dtype datetime64[us]."),
    "a unit of no number": (table(pd.RangeIndex(3)), "D", "freq='D' is no step of an index of dtype int64."),
    "no step at all": (table(pd.RangeIndex(3)), 0, "freq=0 is no step of an index of dtype int64."),
    "another period": (
        table(pd.period_range("2020-01", periods=3, freq="M")),
        "D",
        "freq='D' is no step of an index of dtype period[M].",
    ),
}


@pytest.mark.parametrize(("given", "freq", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input(given, freq, message):
    pattern = message if isinstance(message, re.Pattern) else re.escape(message.replace("[us]", f"[{DAYS.unit}]"))
    with pytest.raises((TypeError, ValueError)) as raised:
        regularize(given, freq)
    assert re.fullmatch(pattern, str(raised.value)), str(raised.value)
