"""mlforecast: tables whose columns are lag1, lag2, ..., exogenous variables, transforms of lags and parts of dates."""

from __future__ import annotations

import numpy as np
import pytest
from driven import LAGS, N_TEST, SEEDS, make_driven, network, reshaped, with_exogenous

pytest.importorskip("mlforecast", reason="mlforecast is not installed; `make test-clients` installs it")
from mlforecast import MLForecast
from mlforecast.lag_transforms import RollingMean


def long_table(y, exog):
    """What mlforecast takes: a row per series and day."""
    return exog.assign(unique_id="s", ds=y.index, y=y).reset_index(drop=True)


def error(estimator, table):
    """The mean absolute error of forecasts one day ahead."""
    forecaster = MLForecast({"model": estimator}, freq="D", lags=list(range(1, LAGS + 1)))
    forecasts = forecaster.cross_validation(table, n_windows=N_TEST, h=1, refit=False, static_features=[])
    return float((forecasts["model"] - forecasts["y"]).abs().mean())


def exogenous_then_lags(X):
    """Columns e1, e2, lag1, lag2, ... as steps, by hand."""
    X = np.asarray(X)
    return with_exogenous(X[:, :1:-1], X[:, :2])


@pytest.mark.parametrize("seed", SEEDS)
def test_columns_read_by_name_are_as_good_as_steps_reshaped_by_hand(seed):
    table = long_table(*make_driven(seed))
    named = error(network(seed), table)
    by_hand = error(reshaped(seed, exogenous_then_lags), table)
    flat = error(network(seed, columns=1), table)
    print(f"mlforecast, seed {seed}: named {named:.3f}, by hand {by_hand:.3f}, flat {flat:.3f}")
    assert named == pytest.approx(by_hand, rel=0.1)
    assert named < 0.7 * flat


def test_transforms_of_lags_and_parts_of_dates_are_exogenous():
    forecaster = MLForecast(
        {"model": network(0)},
        freq="D",
        lags=[1, 2, 7],
        lag_transforms={1: [RollingMean(7)]},
        date_features=["dayofweek"],
    ).fit(long_table(*make_driven(0)), static_features=[])
    steps = forecaster.models_["model"].step_columns_
    assert steps["lag"].tolist() == ["lag7", "lag2", "lag1"]
    assert set(steps.columns) == {"lag", "e1", "e2", "rolling_mean_lag1_window_size7", "dayofweek"}
