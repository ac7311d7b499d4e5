"""`partial_fit` of the framer: the context follows the rows seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from framed import INDEXES, TABLE, blind_rows, indexed, warnings_of

from sklearn_rnn import ContextWarning, ShiftFramer, TimeGapWarning

DAYS = indexed(pd.date_range("2024-01-01", periods=30))
SHOPS = pd.concat({name: DAYS + i for i, name in enumerate("abc")}, names=["shop", "day"])
LEFT = (
    "do not continue those that ShiftFramer has seen, and take their place as context of later rows: {}. Give every row "
    "once, in time order, with an index like that of training; regularize(table) adds rows that are missing."
)


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES.keys())
@pytest.mark.parametrize("n", [1, 4, 9])
def test_what_was_seen_and_what_comes_next_have_their_past(index, n):
    X, params = indexed(index), {"lags": 2, "horizon": 2, "step": 3, "known": ["hour"]}
    whole = np.asarray(ShiftFramer(**params).fit_transform(X))
    framer = ShiftFramer(**params).fit(X[:12])
    for begin in range(12, 30 - n, n):
        day, later = slice(begin, begin + n), slice(begin + n, begin + 2 * n)
        assert framer.partial_fit(X[day]) is framer
        np.testing.assert_array_equal(np.asarray(framer.transform(X[day])), whole[day])
        np.testing.assert_array_equal(np.asarray(framer.transform(X[later])), whole[later])


def test_any_row_of_a_day_may_come_first():
    framer = ShiftFramer(lags=4).fit(DAYS[:10]).partial_fit(DAYS[10:25])
    whole = np.asarray(ShiftFramer(lags=4).fit_transform(DAYS))
    for begin in range(10, 26):
        np.testing.assert_array_equal(np.asarray(framer.transform(DAYS[begin:])), whole[begin:])


def test_the_first_call_is_fit():
    framer = ShiftFramer(lags=3).partial_fit(DAYS[:20])
    assert blind_rows(framer, DAYS[20:]) == 0
    with pytest.raises(ValueError, match="but X has only 1 sample"):
        ShiftFramer(lags=3).partial_fit(DAYS[:1])


def test_series_are_followed_one_by_one():
    day = SHOPS.index.get_level_values("day")
    whole = pd.Series(list(np.asarray(ShiftFramer(lags=3).fit_transform(SHOPS))), SHOPS.index)
    framer = ShiftFramer(lags=3).fit(SHOPS[day < "2024-01-20"].loc[["a", "b"]])
    framer.partial_fit(SHOPS[day == "2024-01-20"].loc[["b"]]).partial_fit(SHOPS[day < "2024-01-21"].loc[["c"]])
    later = SHOPS[day > "2024-01-20"].drop(("a", pd.Timestamp("2024-01-21")))
    with pytest.warns(
        ContextWarning, match="3 rows of series 'a': X begins at 2024-01-22 00:00:00, but after the rows"
    ):
        windows = np.asarray(framer.transform(later))
    known = later.index.get_level_values("shop") != "a"
    np.testing.assert_array_equal(windows[known], np.stack(whole[later.index[known]]))


def test_rows_that_are_given_again_change_nothing():
    framer = ShiftFramer(lags=3).fit(DAYS[:10]).partial_fit(DAYS[10:15])
    whole = np.asarray(ShiftFramer(lags=3).fit_transform(DAYS))
    for again in (DAYS[10:15], DAYS[12:15], DAYS[14:16]):
        framer.partial_fit(again)
    np.testing.assert_array_equal(np.asarray(framer.transform(DAYS[16:])), whole[16:])
    framer.partial_fit(DAYS[:10])  # the training table
    np.testing.assert_array_equal(np.asarray(framer.transform(DAYS[10:])), whole[10:])


def test_times_without_a_step_follow_if_they_are_later():
    index = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(30) ** 2, unit="h")
    X = indexed(index)
    whole = np.asarray(ShiftFramer(lags=3).fit_transform(X))
    framer = ShiftFramer(lags=3).fit(X[:20]).partial_fit(X[20:25])
    np.testing.assert_array_equal(np.asarray(framer.transform(X[20:25])), whole[20:25])


@pytest.mark.parametrize(
    ("rows", "category", "message"),
    [
        (
            DAYS[25:],
            TimeGapWarning,
            f"Rows of X {LEFT.format('X begins at 2024-01-26 00:00:00, but after the rows seen comes 2024-01-21 00:00:00')}",
        ),
        (
            DAYS[2:9],
            ContextWarning,
            f"Rows of X {LEFT.format('X begins at 2024-01-03 00:00:00, before those rows')}",
        ),
        (
            DAYS[8:11],
            ContextWarning,
            "Rows of X "
            + LEFT.format("X begins at 2024-01-09 00:00:00, but of the rows seen only the newest 6 are remembered"),
        ),
        (
            DAYS.set_axis(pd.RangeIndex(30))[20:],
            ContextWarning,
            f"Rows of X {LEFT.format(f'the index of X is of another kind, int64, that of training of {DAYS.index.dtype}')}",
        ),
        (
            DAYS[20:].set_axis(list("abcdefghij")),
            ContextWarning,
            f"Rows of X {LEFT.format('X has no index of times or whole numbers')}",
        ),
    ],
)
def test_rows_that_do_not_continue_take_the_place_of_others(rows, category, message):
    framer = ShiftFramer(lags=3).fit(DAYS[5:20])
    assert warnings_of(lambda: framer.partial_fit(rows)) == [(category, message)]
    assert blind_rows(framer, rows) == 3  # told already
    if rows.index.dtype != object and "str" not in str(rows.index.dtype):
        assert blind_rows(framer, rows[2:]) == 1  # with the rows before them alone
    with pytest.warns(ContextWarning, match="3 rows of X|1 row of X"):
        framer.transform(DAYS[23:24])


def test_a_transform_remembers_nothing():
    framer = ShiftFramer(lags=3).fit(DAYS[:20])
    before = dict(vars(framer))
    framer.transform(DAYS[20:])
    assert vars(framer) == before


def test_an_error_leaves_what_is_remembered():
    framer = ShiftFramer(lags=3).fit(DAYS[:20])
    before = dict(vars(framer))
    for bad in (DAYS[20:][::-1], DAYS[["temp"]][20:]):
        with pytest.raises(ValueError, match=r"time order|feature names"):
            framer.partial_fit(bad)
    with pytest.raises(ValueError, match="X has lost its series"):
        ShiftFramer(lags=3).fit(SHOPS).partial_fit(DAYS)
    assert vars(framer) == before


def test_the_times_of_an_array_are_those_of_y():
    X = DAYS.set_axis(range(3), axis=1)
    whole = np.asarray(ShiftFramer(lags=3).fit_transform(X))
    framer = ShiftFramer(lags=3).fit(TABLE[:20], X[0][:20])
    np.testing.assert_array_equal(np.asarray(framer.transform(X[20:])), whole[20:])
    framer.partial_fit(TABLE[20:25], X[0][20:25])
    np.testing.assert_array_equal(np.asarray(framer.transform(X[25:])), whole[25:])
    with pytest.raises(ValueError, match="y is not in time order: row 1 "):
        framer.partial_fit(TABLE[25:], X[0][25:][::-1])


def test_new_rows_leave_the_columns_alone():
    framer = ShiftFramer(lags=3, known=["hour"]).fit(DAYS[:20])
    learned = {name: value for name, value in vars(framer).items() if name != "context_"}
    framer.partial_fit(DAYS[20:])
    assert {name: value for name, value in vars(framer).items() if name != "context_"} == learned
    assert blind_rows(framer, indexed(pd.date_range("2024-01-31", periods=5))) == 0
