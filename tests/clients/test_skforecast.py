"""skforecast: arrays whose columns are lag_1, lag_2, ..., and then the exogenous ones."""

from __future__ import annotations

import pytest
from driven import LAGS, N_TEST, SEEDS, N, lags_then_exogenous, make_driven, network, reshaped

pytest.importorskip("skforecast", reason="skforecast is not installed; `make test-clients` installs it")
from skforecast.direct import ForecasterDirect
from skforecast.model_selection import TimeSeriesFold, backtesting_forecaster, grid_search_forecaster
from skforecast.recursive import ForecasterRecursive, ForecasterRecursiveMultiSeries

COLUMNS = ["lag_*", "e1", "e2"]


def backtest(estimator, y, exog):
    """The mean absolute error of forecasts one day ahead."""
    cv = TimeSeriesFold(steps=1, initial_train_size=N - N_TEST, refit=False)
    metric, _ = backtesting_forecaster(
        ForecasterRecursive(estimator, lags=LAGS),
        y,
        exog=exog,
        cv=cv,
        metric="mean_absolute_error",
        show_progress=False,
    )
    return float(metric["mean_absolute_error"].iloc[0])


@pytest.mark.parametrize("seed", SEEDS)
def test_named_columns_are_as_good_as_steps_reshaped_by_hand(seed):
    y, exog = make_driven(seed)
    named = backtest(network(seed, columns=COLUMNS), y, exog)
    by_hand = backtest(reshaped(seed, lags_then_exogenous), y, exog)
    flat = backtest(network(seed, columns=1), y, exog)
    print(f"skforecast, seed {seed}: named {named:.3f}, by hand {by_hand:.3f}, flat {flat:.3f}")
    assert named == pytest.approx(by_hand, rel=0.1)
    assert named < 0.7 * flat


def test_a_search_over_lags_needs_no_other_columns():
    y, exog = make_driven(0)
    found = grid_search_forecaster(
        ForecasterRecursive(network(0, columns=COLUMNS), lags=2),
        y,
        exog=exog,
        cv=TimeSeriesFold(steps=1, initial_train_size=N - N_TEST, refit=False),
        param_grid={"hidden_layer_sizes": [(16,)]},
        lags_grid=[2, 6],
        metric="mean_absolute_error",
        show_progress=False,
        verbose=False,
    )
    assert (found["mean_absolute_error"] < 0.3).all()


def test_irregular_lags_are_named_one_by_one():
    y, exog = make_driven(0)
    forecaster = ForecasterRecursive(network(0, columns=["lag_1", "lag_2", "lag_7", "e1", "e2"]), lags=[1, 2, 7])
    forecaster.fit(y[:-10], exog=exog[:-10])
    assert forecaster.estimator.step_columns_["lag"].tolist() == [2, 1, 0]
    assert (forecaster.predict(10, exog=exog[-10:]) - y[-10:]).abs().mean() < 0.5


def test_the_direct_forecaster_sends_the_same_columns():
    y, exog = make_driven(0)
    forecaster = ForecasterDirect(network(0, columns=COLUMNS), steps=2, lags=6)
    forecaster.fit(y[:-2], exog=exog[:-2])
    assert forecaster.predict(2, exog=exog[-2:]).shape == (2,)


def test_several_series_come_with_names_that_are_read():
    y, exog = make_driven(0)
    forecaster = ForecasterRecursiveMultiSeries(network(0), lags=3)
    forecaster.fit(y.to_frame("a").assign(b=y[::-1].to_numpy())[:-2], exog=exog[:-2])
    steps = forecaster.estimator.step_columns_
    assert steps["lag"].tolist() == ["lag_3", "lag_2", "lag_1"]
    assert set(steps.columns) == {"lag", "_level_skforecast", "e1", "e2"}
    assert forecaster.predict(2, exog=exog[-2:]).shape[0] == 4
