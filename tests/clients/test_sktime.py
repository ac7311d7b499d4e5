"""sktime: arrays that hold one variable after the other, or tables whose columns are lag_0__y, lag_1__y, ..."""

from __future__ import annotations

import numpy as np
import pytest
from driven import LAGS, N_TEST, SEEDS, N, make_driven, network, reshaped

pytest.importorskip("sktime", reason="sktime is not installed; `make test-clients` installs it")
from sktime.forecasting.compose import DirectReductionForecaster, RecursiveReductionForecaster, make_reduction

COLUMNS = ["y(t-*)", "e1(t-*)", "e2(t-*)"]


def error(estimator, y, exog):
    """The mean absolute error of forecasts one day ahead, each from all that is known the day before."""
    forecaster = make_reduction(estimator, strategy="direct", window_length=LAGS)
    forecaster.fit(y[: N - N_TEST], X=exog[: N - N_TEST], fh=[1])
    errors = []
    for t in range(N - N_TEST, N):
        errors.append(abs(float(forecaster.predict(X=exog[t : t + 1]).iloc[0]) - y.iloc[t]))
        forecaster.update(y[t : t + 1], X=exog[t : t + 1], update_params=False)
    return float(np.mean(errors))


def variables_to_steps(X):
    """Windows of one variable after the other as steps of all of them, by hand."""
    return np.reshape(X, (len(X), 3, -1)).transpose(0, 2, 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_named_columns_are_as_good_as_steps_reshaped_by_hand(seed):
    y, exog = make_driven(seed, delay=1)
    named = error(network(seed, columns=COLUMNS), y, exog)
    by_hand = error(reshaped(seed, variables_to_steps), y, exog)
    flat = error(network(seed, columns=1), y, exog)
    print(f"sktime, seed {seed}: named {named:.3f}, by hand {by_hand:.3f}, flat {flat:.3f}")
    assert named == pytest.approx(by_hand, rel=0.1)
    assert named < 0.7 * flat


@pytest.mark.parametrize("forecaster", [DirectReductionForecaster, RecursiveReductionForecaster])
def test_names_of_tables_are_read(forecaster):
    seen = []

    class Spy(type(network(0))):
        def fit(self, X, y):
            super().fit(X, y)
            seen.append(self.step_columns_)
            return self

    y, exog = make_driven(0)
    forecaster(Spy(max_epochs=1), window_length=3).fit(y, X=exog, fh=[1])
    names = seen[0]
    assert set(names.columns) == {"y", "e1", "e2"}
    assert [int(name.split("lag_")[-1][0]) for name in names["y"]] == [2, 1, 0]
    assert (names[["e1", "e2"]] == ["e1", "e2"]).all(axis=None)
