"""Forecasts whose past is not there although it had been read: each is warned of, with the reason and the remedy."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from sklearn_rnn import LSTMRegressor, NaiveForecaster, SequenceForecaster, SequenceScaler
from sklearn_rnn.datasets import load_co2
from sklearn_rnn.exceptions import ContextWarning

NETWORK = make_pipeline(SequenceScaler(), LSTMRegressor(hidden_layer_sizes=(4,), max_epochs=1, random_state=0))
REMEDY = (
    "Give the rows before, too, and keep the forecasts of those that are wanted; or forecast(history=) from the rows "
    "before; or give rows in between to partial_fit first."
)
NO_INDEX = "no index of times or numbers, which would show where X continues the rows of fit"


def walks(n, seed=0):
    return np.cumsum(np.random.default_rng(seed).normal(size=(n, 2)), axis=0)


def daily(n, seed=0):
    return pd.DataFrame(walks(n, seed), columns=["a", "b"], index=pd.date_range("2024-01-01", periods=n, freq="D"))


X = daily(80)
NUMBERED = X.reset_index(drop=True)
SHOPS = pd.concat({name: daily(80, seed) for seed, name in enumerate("xyz")}, names=["shop"])
EARLY = SHOPS.groupby(level=0).head(60)


def forecaster(estimator=None, **params):
    return SequenceForecaster(estimator or Ridge(), **({"lags": 5, "horizon": 2, "validation_fraction": None} | params))


def later(begin, end=80):
    """Rows of all shops from one to another."""
    return SHOPS.groupby(level=0, group_keys=False).apply(lambda own: own.iloc[begin:end])


# The rows of fit, those forecast, how many of them lack their past, and why. A window of 5 rows 2 rows ahead reaches
# back 6 rows.
LOST = {
    "an array": (X[:60].to_numpy(), X[60:].to_numpy(), 6, f"X has {NO_INDEX}"),
    "an array of one row": (X[:60].to_numpy(), X[60:61].to_numpy(), 1, f"X has {NO_INDEX}"),
    "a gap": (X[:60], X[65:], 6, "X begins at 2024-03-06 00:00:00, but the rows read end at 2024-02-29 00:00:00, and those in between are missing"),
    "the middle": (X[:60], X[30:50], 6, "X begins at 2024-01-31 00:00:00, amid the rows read, 2024-01-01 00:00:00 to 2024-02-29 00:00:00, without those before it"),
    "the middle and on": (X[:60], X[58:], 6, "X begins at 2024-02-28 00:00:00, amid the rows read, 2024-01-01 00:00:00 to 2024-02-29 00:00:00, without those before it"),
    "three rows of the middle": (X[:60], X[30:33], 3, "X begins at 2024-01-31 00:00:00, amid the rows read, 2024-01-01 00:00:00 to 2024-02-29 00:00:00, without those before it"),
    "numbered anew": (NUMBERED[:60], NUMBERED[60:].reset_index(drop=True), 6, "X begins at 0 as the rows of fit do, but holds others (its index was numbered anew)"),
    "a gap in numbers": (NUMBERED[:60], NUMBERED[61:], 6, "X begins at 61, but the rows read end at 59, and those in between are missing"),
    "numbers after dates": (X[:60], NUMBERED[60:], 6, "X begins at 60, which has no place among the rows read, 2024-01-01 00:00:00 to 2024-02-29 00:00:00"),
    "texts after dates": (X[:60], X[60:].set_axis([f"day {i}" for i in range(20)]), 6, f"X has {NO_INDEX}"),
    "dates after texts": (X[:60].set_axis([f"day {i}" for i in range(60)]), X[60:], 6, f"the rows of fit had {NO_INDEX}"),
    "a gap of all shops": (EARLY, later(61), 18, "of series 'x' (and 2 more series), X begins at 2024-03-02 00:00:00, but the rows read end at 2024-02-29 00:00:00, and those in between are missing"),
    "a gap of one shop": (EARLY, later(60).drop(index=("y", X.index[60])), 6, "of series 'y', X begins at 2024-03-02 00:00:00, but the rows read end at 2024-02-29 00:00:00, and those in between are missing"),
}  # fmt: skip


@pytest.mark.parametrize("estimator", [Ridge(), NETWORK], ids=["ridge", "network"])
@pytest.mark.parametrize("name", LOST)
def test_rows_without_their_past_are_warned_of(name, estimator):
    rows, later_rows, n, why = LOST[name]
    ours = forecaster(estimator).fit(rows)
    what = "row of X is" if n == 1 else "rows of X are"
    message = (
        f"{n} {what} forecast from less of the past than lags=5 asks for, although it had been read: {why}. {REMEDY}"
    )
    with pytest.warns(ContextWarning) as given:
        ours.predict(later_rows)
    assert [str(each.message) for each in given] == [message]
    assert given[0].filename == __file__
    if n > 1:  # R² needs two rows
        with pytest.warns(ContextWarning) as given:
            ours.score(later_rows)
        assert [str(each.message) for each in given] == [message]


@pytest.mark.parametrize(
    "table", [X[:60], X[:60].to_numpy(), NUMBERED[:60], EARLY], ids=["dates", "array", "numbers", "shops"]
)
def test_nothing_is_warned_of_where_nothing_is_lost(table):
    """The table of fit, or its beginning; and where there are times, rows that continue it."""
    ours = forecaster().fit(table)
    ours.predict(table)
    ours.predict(table[:3])
    ours.score(table)
    if table is not EARLY and isinstance(table, pd.DataFrame):
        whole = X if table.index[0] != 0 else NUMBERED
        np.testing.assert_allclose(ours.predict(whole[60:]), ours.predict(whole)[60:])
        other = forecaster().fit(whole[20:60])
        other.predict(whole)  # from before the rows of fit


def test_new_series_have_no_past():
    ours = forecaster().fit(EARLY)
    new = pd.concat({"w": X}, names=["shop"])
    ours.predict(new)
    ours.predict(pd.concat([new, later(60)]))
    series = np.repeat(["x", "y"], 40)
    arrays = forecaster().fit(walks(80), series=series)
    arrays.predict(walks(80), series=series)
    arrays.predict(walks(80)[70:], series=["w"] * 10)
    with pytest.warns(ContextWarning, match=r"^6 rows of X are .* of series 'y', X has no index"):
        arrays.predict(walks(80)[70:], series=["y"] * 10)


def test_the_past_that_is_asked_for_is_named():
    cases = [
        (forecaster(step=2), 10, "lags=5 and step=2 ask for"),
        (forecaster(anchor=14), 15, "lags=5 and anchor=14 ask for"),
        (NaiveForecaster("seasonal", season=7), 7, "strategy='seasonal' asks for"),
        (NaiveForecaster(horizon=3), 3, "strategy='last' asks for"),
        (NaiveForecaster("mean"), 20, "strategy='mean' asks for"),
    ]
    for ours, n, asked in cases:
        with pytest.warns(
            ContextWarning, match=rf"^{n} rows of X are forecast from less of the past than {asked}, alth"
        ):
            ours.fit(X[:50]).predict(X[60:])


def test_a_row_of_co2_is_forecast_in_context_or_with_a_warning():
    co2 = load_co2().frame[["co2"]]
    ours = SequenceForecaster(Ridge(), lags=24, validation_fraction=None).fit(co2[:1500])
    message = (
        r"^1 row of X is forecast from less of the past than lags=24 asks for, .* begins at 1987-03-07 00:00:00, but"
    )
    with pytest.warns(ContextWarning, match=message):
        blind = ours.predict(co2[1510:1511])
    in_context = ours.predict(co2)[1510:1511]
    assert abs(blind - in_context) > 1
    np.testing.assert_allclose(ours.predict(co2[1500:1511])[-1:], in_context)
    ours.fit(co2[:1500])
    np.testing.assert_allclose(ours.forecast(1, history=co2[1500:1510]), [in_context])


def test_a_history_that_is_too_short_is_warned_of():
    ours = forecaster(NETWORK).fit(X[:60])
    message = (
        "The forecast is made from 3 rows of history, less of the past than lags=5 asks for, although it had been read: X "
        "begins at 2024-03-06 00:00:00, but the rows read end at 2024-02-29 00:00:00, and those in between are missing. "
        "Let history hold the rows before, too, or begin right after the rows read."
    )
    with pytest.warns(ContextWarning) as given:
        ours.forecast(2, history=X[65:68])
    assert [str(each.message) for each in given] == [message]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours.forecast(2, history=X[65:70])  # long enough
        ours.forecast(2, history=X[60:61])  # continues
        ours.forecast(2, history=X[:3])  # begins as the rows of fit
