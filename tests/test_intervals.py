"""Intervals: margins against their definition, and how much of the truth lies within them."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import QuantileRegressor, Ridge
from sklearn.pipeline import make_pipeline

from sklearn_rnn import LSTMRegressor, NaiveForecaster, SequenceForecaster, SequenceScaler
from sklearn_rnn.datasets import load_beijing_pm25, load_co2, load_sunspots
from sklearn_rnn.forecasting import backtest
from sklearn_rnn.forecasting._intervals import PACE

pytestmark = pytest.mark.filterwarnings("ignore::sklearn_rnn.forecasting.SkillWarning")
STRATEGIES = ("recursive", "direct", "joint")


def forecaster(estimator=None, **params):
    params = {"lags": 3, "horizon": 2, "interval": "split", "validation_fraction": 0.4} | params
    return SequenceForecaster(estimator or Ridge(), **params)


def walks(n, n_columns=1, seed=0):
    return np.cumsum(np.random.default_rng(seed).normal(size=(n, n_columns)), axis=0)


def daily(n, columns=("sales",), seed=0):
    index = pd.date_range("2024-01-01", periods=n, freq="D", name="day")
    return pd.DataFrame(walks(n, len(columns), seed), columns=list(columns), index=index)


def order_statistic(scores, coverage):
    """The least of the scores that at least (n + 1)(1 + coverage) / 2 of n + 1 do not exceed."""
    rank = math.ceil(round((len(scores) + 1) * (1 + coverage) / 2, 6))
    return sorted(scores)[rank - 1]


def margins_of(scores, coverage, n_first, step, rolling):
    """Margins of the origins one after the other, a score each, of one side and one step ahead."""
    margins = [order_statistic(scores[:n_first], coverage)] * (n_first + 1)
    for now in range(n_first + 1, len(scores) + 1):
        margin = margins[-1]
        newest = now - step  # the newest origin whose truth is known by now
        if rolling and newest >= n_first:
            pace = PACE * np.std(scores[:n_first])
            missed = scores[newest] > margins[newest]
            margin += pace * ((1.0 if missed else 0.0) - (1 - coverage) / 2)
        margins.append(margin)
    return margins


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_split_margins_are_order_statistics(strategy, coverage):
    X = daily(100, ["sales", "visits"])
    ours = forecaster(strategy=strategy, horizon=3).fit(X)
    samples = ours.forecast_samples_
    assert samples.shape == (100 - 60 - 3 + 1, 3, 2)
    interval = ours.predict_interval(3, coverage=coverage)
    forecast = ours.forecast(3)
    assert list(interval.columns) == [(target, name) for target in forecast for name in ("forecast", "lower", "upper")]
    pd.testing.assert_index_equal(interval.index, forecast.index)
    for i, target in enumerate(forecast):
        for step in range(3):
            value, lower, upper = interval[target].iloc[step]
            assert value == forecast[target].iloc[step]
            assert lower == pytest.approx(value - order_statistic(list(-samples[:, step, i]), coverage))
            assert upper == pytest.approx(value + order_statistic(list(samples[:, step, i]), coverage))
    learned = SequenceForecaster(Ridge(), lags=3, horizon=3, strategy=strategy, validation_fraction=None).fit(X[:60])
    np.testing.assert_allclose(forecast, learned.forecast(3, history=X))  # the errors are those of this model


def test_one_target_has_plain_columns():
    interval = forecaster().fit(daily(100)).predict_interval(2)
    assert list(interval.columns) == ["forecast", "lower", "upper"]
    assert (interval["lower"] < interval["forecast"]).all()
    assert (interval["forecast"] < interval["upper"]).all()


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_split_intervals_cover_exchangeable_data(coverage):
    rng, within = np.random.default_rng(0), []
    ours = forecaster(lags=1, anchor=None, horizon=1, validation_fraction=0.5)
    for _ in range(100):
        X = rng.standard_t(df=3, size=(500, 1))
        table = backtest(ours, X, initial=400, coverage=coverage)
        within.append(((table["lower"] <= table["y_true"]) & (table["y_true"] <= table["upper"])).mean())
    assert coverage - 0.01 <= np.mean(within) <= coverage + 0.03


@pytest.mark.parametrize("coverage", [0.5, 0.9])
@pytest.mark.parametrize("horizon", [1, 4])
@pytest.mark.parametrize("rolling", [False, True])
def test_margins_follow_the_newest_errors_that_are_known(rolling, horizon, coverage):
    X, n = walks(160), 100
    X[120:] += np.random.default_rng(1).normal(scale=5, size=(40, 1))
    ours = forecaster(horizon=horizon, interval="rolling" if rolling else "split", validation_fraction=0.4)
    table = backtest(ours, X, initial=n, coverage=coverage)
    fitted = clone(ours).fit(X[:n])
    errors = [list(errors) for errors in fitted.forecast_samples_[:, :, 0]]
    n_first = len(errors)
    for origin in range(n - horizon, 160 - horizon):  # those held out end where their truth does
        errors.append(X[origin + 1 : origin + 1 + horizon, 0] - fitted.forecast(horizon, history=X[: origin + 1])["x0"])
    errors = np.array(errors)
    for step, part in table.groupby("step"):
        own = errors[:, step - 1]
        low = margins_of(-own, coverage, n_first, step, rolling)
        high = margins_of(own, coverage, n_first, step, rolling)
        places = part["cutoff"] - (n - horizon) + n_first
        bounds = [(y - low[i], y + high[i]) for y, i in zip(part["y_pred"], places, strict=True)]
        np.testing.assert_allclose(part[["lower", "upper"]], np.sort(bounds, axis=1))


@pytest.mark.parametrize("interval", ["split", "rolling"])
def test_a_backtest_bounds_what_predict_interval_does(interval):
    X = daily(130, ["sales", "visits"])
    ours = forecaster(interval=interval, horizon=3)
    table = backtest(ours, X, initial=100, every=6, coverage=0.7)
    fitted = ours.fit(X[:100])
    for cutoff, part in table.groupby("cutoff"):
        history = X[100:].loc[:cutoff] if cutoff > X.index[99] else None
        bounds = fitted.predict_interval(3, coverage=0.7, history=history)
        for target, rows in part.groupby("target"):
            np.testing.assert_allclose(rows[["y_pred", "lower", "upper"]], bounds[target])


@pytest.mark.parametrize("n", [100, 101, 130])
def test_a_history_may_begin_with_the_rows_of_fit(n):
    X = daily(130)
    ours = forecaster(interval="rolling").fit(X[:100])
    expected = ours.predict_interval(2, coverage=0.7, history=X[100:n] if n > 100 else None)
    pd.testing.assert_frame_equal(ours.predict_interval(2, coverage=0.7, history=X[:n]), expected)


@pytest.mark.parametrize("interval", ["split", "rolling"])
def test_no_bound_sees_a_later_truth(interval):
    X, cut = daily(130), 115
    changed = X.copy()
    changed.iloc[cut + 1 :] += 100
    ours = forecaster(interval=interval, horizon=3)
    tables = [backtest(ours, table, initial=100) for table in (X, changed)]
    seen = [table[table["cutoff"] <= X.index[cut]].drop(columns="y_true") for table in tables]
    pd.testing.assert_frame_equal(*seen)
    moved = [table[table["cutoff"] > X.index[cut + 1]] for table in tables]
    widths = [table["upper"] - table["lower"] for table in moved]
    assert np.allclose(*widths) == (interval == "split")


def test_rolling_margins_follow_each_series_by_itself():
    tables = [daily(160, seed=seed) for seed in range(3)]
    tables[1].iloc[120:] *= 5
    X = pd.concat(dict(zip("abc", tables, strict=True)), names=["shop"])
    calm = X.copy()
    calm.loc["b"] = tables[1].iloc[:120].reindex(tables[1].index, method="ffill").to_numpy()
    ours = forecaster(interval="rolling")
    wild, still = (backtest(ours, table, initial=120).set_index("series") for table in (X, calm))
    pd.testing.assert_frame_equal(wild.loc[["a", "c"]], still.loc[["a", "c"]])
    assert (wild.loc["b", "upper"] - wild.loc["b", "lower"]).iloc[-1] > (
        still.loc["b", "upper"] - still.loc["b", "lower"]
    ).iloc[-1]
    fitted = ours.fit(X.groupby("shop").head(120))
    unknown = fitted.predict_interval(2, history=pd.concat({"d": tables[0]}, names=["shop"]))  # margins of all series
    split = clone(ours).set_params(interval="split").fit(X.groupby("shop").head(120))
    expected = split.predict_interval(2, history=pd.concat({"d": tables[0]}, names=["shop"]))
    pd.testing.assert_frame_equal(unknown, expected)


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_rolling_intervals_cover_where_noise_grows(coverage):
    rng, n = np.random.default_rng(0), 4000
    noise = rng.normal(size=n) * np.linspace(1, 5, n)
    X = (np.sin(np.arange(n) / 5) + noise)[:, None]
    shares = {}
    for interval in ("split", "rolling"):
        table = backtest(forecaster(interval=interval, anchor=None, horizon=3), X, initial=0.25, coverage=coverage)
        shares[interval] = ((table["lower"] <= table["y_true"]) & (table["y_true"] <= table["upper"])).mean()
    assert abs(shares["rolling"] - coverage) <= 0.02
    assert shares["split"] < coverage - 0.1


@pytest.mark.parametrize("strategy", ["last", "seasonal", "drift", "mean"])
def test_naive_forecasts_have_intervals(strategy):
    X = daily(100)
    season = 7 if strategy == "seasonal" else None
    ours = NaiveForecaster(strategy, season=season, horizon=3, interval="split", validation_fraction=0.4).fit(X)
    interval = ours.predict_interval(3, coverage=0.8)
    for step in range(3):
        own = ours.forecast_samples_[:, step, 0]
        value, lower, upper = interval.iloc[step]
        assert lower == pytest.approx(value - order_statistic(list(-own), 0.8))
        assert upper == pytest.approx(value + order_statistic(list(own), 0.8))
    table = backtest(ours, X, initial=90, coverage=0.8)
    expected = clone(ours).fit(X[:90]).predict_interval(3, coverage=0.8)
    np.testing.assert_allclose(table[["y_pred", "lower", "upper"]][:3], expected)


# Bounds from quantiles.

QUANTILES = {
    "linear": QuantileRegressor(alpha=0.0),
    "trees": HistGradientBoostingRegressor(max_leaf_nodes=4, random_state=0),
    "network": make_pipeline(
        SequenceScaler(),
        LSTMRegressor(hidden_layer_sizes=(8,), lr=0.02, max_epochs=20, early_stopping=False, random_state=0),
    ),
}


def uneven(n, seed=0):
    """A series whose noise is five times as large on some days, which are known."""
    rng = np.random.default_rng(seed)
    level = rng.integers(2, size=n).astype(float)
    values = np.sin(np.arange(n) / 4) + rng.normal(size=n) * np.where(level == 1, 1.0, 0.2)
    index = pd.date_range("2020-01-01", periods=n, freq="D")
    return pd.DataFrame({"value": values, "windy": level}, index=index)


@pytest.mark.filterwarnings("ignore:The 20 epochs made 220 updates")  # enough for widths
@pytest.mark.parametrize("interval", ["split", "rolling"])
@pytest.mark.parametrize("name", QUANTILES)
def test_quantiles_are_wide_where_noise_is_large(name, interval):
    X = uneven(900)
    ours = forecaster(
        QUANTILES[name],
        strategy="direct",
        lags=4,
        horizon=1,
        known="windy",
        anchor=None,
        quantiles=(0.05, 0.95),
        interval=interval,
        validation_fraction=0.35,
    )
    table = backtest(ours, X, initial=500, coverage=0.9)
    within = (table["lower"] <= table["y_true"]) & (table["y_true"] <= table["upper"])
    widths = table["upper"] - table["lower"]
    windy = X["windy"].loc[table["time"]].to_numpy() == 1
    assert widths[windy].mean() > 1.5 * widths[~windy].mean()
    assert abs(within.mean() - 0.9) <= 0.05
    assert abs(within[windy].mean() - within[~windy].mean()) < 0.12
    plain = backtest(clone(ours).set_params(quantiles=None), X, initial=500, coverage=0.9)
    np.testing.assert_allclose(plain["y_pred"], table["y_pred"])
    outside = (plain["lower"] > plain["y_true"]) | (plain["y_true"] > plain["upper"])
    assert outside[windy].mean() > outside[~windy].mean() + 0.1  # which have one width for all


def test_bounds_of_quantiles_are_conformalised():
    table, n, held = uneven(203).to_numpy(), 200, 60
    trees = HistGradientBoostingRegressor(max_iter=5, random_state=0)
    params = {"strategy": "direct", "lags": 2, "target": 0, "known": 1, "anchor": None, "quantiles": (0.2, 0.8)}
    ours = forecaster(trees, **params, validation_fraction=held / n).fit(table[:n])
    interval = ours.predict_interval(2, table[n : n + 2, 1:], coverage=0.7)
    for step in (1, 2):
        windows = {
            t: [table[t - step - 1, 0], table[t - 1, 1], table[t - step, 0], table[t, 1]]
            for t in range(step + 1, n + 3)
        }
        learned = range(step + 1, n - held)
        calibrated = range(n - held - 1 + step, n - 2 + step)
        bounds = []
        for quantile, sign in ((0.2, -1), (0.8, 1)):
            model = clone(trees).set_params(loss="quantile", quantile=quantile)
            model.fit([windows[t] for t in learned], [table[t, 0] for t in learned])
            scores = [sign * (table[t, 0] - model.predict([windows[t]])[0]) for t in calibrated]
            bounds.append(model.predict([windows[n - 1 + step]])[0] + sign * order_statistic(scores, 0.7))
        np.testing.assert_allclose(interval[["lower", "upper"]].iloc[step - 1], bounds)


# Mistakes.


def test_coverage_that_the_held_out_errors_can_not_give():
    ours = forecaster(validation_fraction=0.2, horizon=1).fit(walks(100))
    assert len(ours.forecast_samples_) == 20
    ours.predict_interval(1, coverage=0.9)  # 19 are enough
    for coverage, needed in ((0.91, 22), (0.95, 39), (0.99, 199)):
        with pytest.raises(ValueError, match=rf"^coverage={coverage} needs the errors of at least {needed} held-out"):
            ours.predict_interval(1, coverage=coverage)


@pytest.mark.parametrize("interval", ["split", "rolling"])
def test_a_fit_that_holds_out_too_little_for_the_default_coverage_raises(interval):
    months = pd.DataFrame({"flights": walks(132)[:, 0]}, index=pd.date_range("1949-01", periods=132, freq="MS"))
    params = {"interval": interval, "horizon": 12, "lags": 12}
    message = (
        f"interval='{interval}' could give no intervals of coverage=0.9: they need the errors of at least 19 held-out "
        "forecasts, but of 132 rows validation_fraction=0.1 holds out 3 forecasts of horizon=12. Use "
        "validation_fraction=0.23 or more, or 300 rows."
    )
    for ours in (forecaster(**params, validation_fraction=0.1), NaiveForecaster(horizon=12, interval=interval)):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            ours.fit(months)
        assert not hasattr(ours, "skill_")
    enough = forecaster(**params, validation_fraction=0.23).fit(months)
    assert len(enough.forecast_samples_) >= 19
    assert np.isfinite(enough.predict_interval(12)).all(axis=None)


def test_a_backtest_needs_what_its_own_coverage_needs():
    ours = forecaster(validation_fraction=0.1)  # 3 of 40 rows
    assert len(backtest(ours, walks(50), initial=40, coverage=0.5)) > 0
    with pytest.raises(
        ValueError, match=r"^interval='split' could give no intervals of coverage=0\.6: they need .* 4 held"
    ):
        backtest(ours, walks(50), initial=40, coverage=0.6)


def test_errors_of_all_series_count_and_a_short_series_gets_margins_of_all():
    X = pd.concat({name: daily(n, seed=i) for i, (name, n) in enumerate({"a": 60, "b": 60, "c": 30}.items())})
    fitted = {kind: forecaster(interval=kind).fit(X) for kind in ("split", "rolling")}
    assert [len(own) for own in fitted["split"]._band.scores.values()] == [23, 23, 11]
    split, rolling = (each.predict_interval(2) for each in fitted.values())
    pd.testing.assert_frame_equal(split.loc["c"], rolling.loc["c"])
    assert not np.allclose(split.loc["a"], rolling.loc["a"])


@pytest.mark.parametrize("coverage", [0, 1, -0.5, 90, "most", None])
def test_coverage_is_a_share(coverage):
    message = rf"^coverage must be a share between 0 and 1, such as 0\.9; got {coverage!r}\.$"
    with pytest.raises(ValueError, match=message):
        forecaster().fit(walks(100)).predict_interval(1, coverage=coverage)
    with pytest.raises(ValueError, match=message):
        backtest(forecaster(), walks(100), initial=90, coverage=coverage)


def test_without_errors_there_are_no_intervals():
    with pytest.raises(ValueError, match=r"fitted with interval=None; fit it with interval='split' or"):
        forecaster(interval=None).fit(walks(100)).predict_interval(1)
    with pytest.raises(ValueError, match=r"^Errors were held out for horizon=2 steps ahead, .* asked for 3; fit with"):
        forecaster().fit(walks(100)).predict_interval(3)
    with pytest.raises(ValueError, match=r"^Errors were held out for horizon=2 steps ahead, .* asked for 3; fit with"):
        backtest(forecaster(), walks(100), initial=80, steps=3)


# Real series.


@pytest.fixture(scope="module")
def series():
    return {
        "sunspots": load_sunspots().frame,
        "co2": load_co2().frame,
        "pm2.5": load_beijing_pm25().frame[-12000:],
    }


@pytest.mark.parametrize("coverage", [0.8, 0.9])
@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("sunspots", {"lags": 36, "horizon": 12}),
        ("co2", {"lags": 52, "horizon": 26, "anchor": 52}),
        ("pm2.5", {"lags": 24, "horizon": 24, "target": "pm2.5"}),
    ],
)
def test_rolling_intervals_cover_real_series(series, name, params, coverage):
    ours = SequenceForecaster(Ridge(), strategy="joint", interval="rolling", **params)
    table = backtest(ours, series[name], initial=0.6, coverage=coverage)
    within = (table["lower"] <= table["y_true"]) & (table["y_true"] <= table["upper"])
    assert abs(within.mean() - coverage) <= 0.03, within.mean()
