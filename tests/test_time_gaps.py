"""Gaps in an index that has a step: warned of once, with the remedy, and never where there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from framed import INDEXES, TABLE, indexed, warnings_of
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from test_clock import INDEXES as CALENDARS

from sklearn_rnn import ContextWarning, LSTMClassifier, LSTMRegressor, ShiftFramer, TimeGapWarning
from sklearn_rnn._data.clock import warn_of_gaps

DAYS = indexed(pd.date_range("2024-01-01", periods=30))
SHOPS = pd.concat(dict.fromkeys("abc", DAYS), names=["shop", "day"])
REMEDY = (
    "Rows are taken for neighbours in time all the same. regularize(table) adds the rows that are missing, which "
    "SequenceImputer or another imputer fills in."
)
ONE = (
    "The index of X has a gap before row 9: 2024-01-11 00:00:00 comes after 2024-01-09 00:00:00, but the usual step is "
    f"'D'. {REMEDY}"
)
TWO = ONE.replace("a gap", "2 gaps, the first")


def steps(cell, **params):
    return cell(return_sequences=True, hidden_layer_sizes=(2,), max_epochs=1, random_state=0, **params)


@pytest.mark.parametrize("method", ["fit", "fit_transform", "partial_fit"])
@pytest.mark.parametrize(("missing", "message"), [([9], ONE), ([9, 20, 21], TWO)])
def test_days_that_are_missing_are_warned_of_once(method, missing, message):
    X = DAYS.drop(DAYS.index[missing])
    assert warnings_of(lambda: getattr(ShiftFramer(lags=2), method)(X)) == [(TimeGapWarning, message)]


def test_a_transform_compares_with_the_step_of_training():
    framer = ShiftFramer(lags=2).fit(DAYS)
    X = pd.concat([DAYS, DAYS.set_axis(DAYS.index + pd.Timedelta(days=30))])
    message = "The index of X has 2 gaps, the first before row 31: 2024-02-02 00:00:00 comes after 2024-01-31 00:00:00"
    ((category, text),) = warnings_of(lambda: framer.transform(X.iloc[[*range(31), 32, 34]]))
    assert (category, text[: len(message)]) == (TimeGapWarning, message)
    ((category, text),) = warnings_of(lambda: framer.transform(X.iloc[30::2]))  # steady, but not as in training
    assert category is TimeGapWarning
    assert "has 14 gaps, the first before row 1" in text


def test_integers_have_a_step():
    X = DAYS.set_axis(pd.RangeIndex(30)).drop([9, 20])
    message = f"The index of X has 2 gaps, the first before row 9: 10 comes after 8, but the usual step is 1. {REMEDY}"
    assert warnings_of(lambda: ShiftFramer(lags=2).fit(X)) == [(TimeGapWarning, message)]


def test_one_series_of_several_is_named():
    X = SHOPS.drop([("b", DAYS.index[9]), ("b", DAYS.index[20]), ("c", DAYS.index[3])])
    message = (
        "The index of X has 3 gaps, one before row 39, of series 'b': 2024-01-11 00:00:00 comes after 2024-01-09 "
        f"00:00:00, but the usual step is 'D'. {REMEDY}"
    )
    assert warnings_of(lambda: ShiftFramer(lags=2).fit_transform(X)) == [(TimeGapWarning, message)]
    by_day = X.sort_index(level="day")
    ((_, text),) = warnings_of(lambda: ShiftFramer(lags=2).fit_transform(by_day))
    row = by_day.index.get_loc(("b", DAYS.index[10]))
    assert f"3 gaps, one before row {row}, of series 'b': 2024-01-11" in text


@pytest.mark.parametrize("index", [*INDEXES.values(), *CALENDARS.values()], ids=[*INDEXES, *CALENDARS])
def test_calendars_have_no_gaps(index):
    X = pd.DataFrame(TABLE[np.arange(len(index)) % 30], index=index)
    framer = ShiftFramer(lags=2).fit(X[:20])
    framer.transform(X[20:])
    framer.partial_fit(X[20:])
    steps(LSTMRegressor).fit(X, X[0]).predict(X)


@pytest.mark.parametrize("name", [name for name in CALENDARS if name != "business days"])
def test_calendars_with_gaps_have_them(name):
    times = CALENDARS[name][:30].delete([9, 20])
    with pytest.warns(TimeGapWarning, match="2 gaps, the first before row 9: "):
        warn_of_gaps(times, np.array([28]), np.arange(28))
    both = times.append(CALENDARS[name][:1])
    with pytest.warns(TimeGapWarning, match="2 gaps, one before row 9"):
        warn_of_gaps(both, np.array([28, 1]), np.arange(29))


def test_holidays_are_no_gaps_of_business_days():
    index = pd.bdate_range("2024-01-01", periods=60)
    X = pd.DataFrame(TABLE[np.arange(60) % 30], index=index)
    ShiftFramer(lags=2).fit(X.drop(index[[10, 25, 26, 27, 28, 29]]))  # a day, and a week
    with pytest.warns(TimeGapWarning, match="a gap before row 25: .* but the usual step is 'B'"):
        ShiftFramer(lags=2).fit(X.drop(index[25:32]))


@pytest.mark.parametrize(
    "index",
    [
        pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(30) ** 2, unit="h"),  # no step
        pd.Index(np.r_[np.arange(15.0), np.arange(20.0, 35.0)]),  # floats: rounding
        pd.Index([f"row {i}" for i in range(30)]),
        pd.date_range("2024-01-01", periods=40, freq="h")[np.r_[:30]] + pd.to_timedelta([0, 0, 7] * 10, unit="s"),
    ],
)
def test_where_there_is_no_step_there_is_no_gap(index):
    ShiftFramer(lags=2).fit_transform(indexed(index))


@pytest.mark.parametrize("cell", [LSTMRegressor, LSTMClassifier])
def test_steps_of_a_network_have_gaps(cell):
    X = DAYS.drop(DAYS.index[9])
    y = (X["temp"] > 0).astype(int)
    model = steps(cell)
    for act in (
        lambda: model.fit(X, y),
        lambda: model.partial_fit(X, y),
        lambda: model.predict(X),
        lambda: model.score(X, y),
    ):
        assert warnings_of(act) == [(TimeGapWarning, ONE)]
    array = X.to_numpy()
    fitted = [(TimeGapWarning, ONE.replace("of X has", "of y has"))]
    assert warnings_of(lambda: steps(cell).fit(array, y)) == fitted
    assert warnings_of(lambda: steps(cell).fit(array, y).score(array, y)) == 2 * fitted


def test_a_framer_alone_warns_before_a_network_of_steps():
    X = DAYS.drop(DAYS.index[9])
    model = make_pipeline(ShiftFramer(), steps(LSTMRegressor))
    assert warnings_of(lambda: model.fit(X, X["temp"])) == [(TimeGapWarning, ONE)]


def test_folds_that_tear_a_series_apart():
    X, y = DAYS, DAYS["temp"]
    model = make_pipeline(ShiftFramer(horizon=0), DummyRegressor())
    gap = "The index of X has a gap before row 10: 2024-01-21 00:00:00 comes after 2024-01-10 00:00:00, but the usual"
    seen = warnings_of(lambda: cross_val_score(model, X, y, cv=KFold(3)))
    assert [(category, text[: len(gap)]) for category, text in seen] == [(TimeGapWarning, gap)]  # of the middle one
    shuffled = warnings_of(lambda: cross_val_score(model, X, y, cv=KFold(3, shuffle=True, random_state=0)))
    assert {category for category, _ in shuffled} == {TimeGapWarning}
    assert len(shuffled) == 6  # each training and each test part
    lagged = model.set_params(shiftframer__lags=2)
    both = {category for category, _ in warnings_of(lambda: cross_val_score(lagged, X, y, cv=KFold(3)))}
    assert both >= {TimeGapWarning, ContextWarning}
