"""Autocorrelations are those of their definitions, and what they suggest is sensible."""

import numpy as np
import pandas as pd
import pytest
from scipy.signal import lfilter

from sklearn_rnn.datasets import load_beijing_pm25, load_co2, load_sunspots, make_sine
from sklearn_rnn.lags import autocorrelations, correlogram, critical_value, suggest_lags

EXPECTED = "one series of numbers in time order: an array (n_steps,), a Series or a table of one column"


def noise(n=2000, seed=0):
    return np.random.RandomState(seed).normal(size=n)


def autoregression(*coefficients, n=2000, seed=0):
    """Simulate y_t = a_1 y_{t-1} + a_2 y_{t-2} + ... + noise."""
    return lfilter([1], [1, *(-a for a in coefficients)], noise(n + 200, seed))[200:]


# Autocorrelations


def test_first_order_autoregression():
    acf, pacf = autocorrelations(autoregression(0.7, n=400_000), 8)
    np.testing.assert_allclose(acf, 0.7 ** np.arange(9), atol=0.01)
    np.testing.assert_allclose(pacf, [1, 0.7, 0, 0, 0, 0, 0, 0, 0], atol=0.01)


def test_moving_average():
    theta = 0.6
    acf, pacf = autocorrelations(lfilter([1, theta], [1], noise(400_000)), 5)
    np.testing.assert_allclose(acf, [1, theta / (1 + theta**2), 0, 0, 0, 0], atol=0.01)
    k = np.arange(1, 6)
    closed = -((-theta) ** k) * (1 - theta**2) / (1 - theta ** (2 * k + 2))
    np.testing.assert_allclose(pacf[1:], closed, atol=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_definition_by_loops(seed):
    y = autoregression(0.5, -0.2, 0.4, n=120, seed=seed) + 3
    n_lags = 30
    acf, pacf = autocorrelations(y, n_lags)
    mean = sum(y) / len(y)
    sums = [sum((y[t] - mean) * (y[t - k] - mean) for t in range(k, len(y))) for k in range(n_lags + 1)]
    expected = np.array(sums) / sums[0]
    np.testing.assert_allclose(acf, expected, rtol=0, atol=1e-10)
    for k in range(1, n_lags + 1):
        equations = np.array([[expected[abs(i - j)] for j in range(k)] for i in range(k)])
        assert np.linalg.solve(equations, expected[1 : k + 1])[-1] == pytest.approx(pacf[k], abs=1e-10)


def test_partial_autocorrelation_is_that_of_least_squares_on_padded_series():
    # Zeros around the centred series make the sums of least squares those of the definition.
    y = autoregression(0.8, -0.3, n=60)
    _, pacf = autocorrelations(y, 6)
    padded = np.concatenate([np.zeros(6), y - y.mean(), np.zeros(6)])
    for k in range(1, 7):
        lagged = np.stack([np.roll(padded, i) for i in range(1, k + 1)], axis=1)
        assert np.linalg.lstsq(lagged, padded)[0][-1] == pytest.approx(pacf[k], abs=1e-10)


def test_all_lags_are_between_minus_one_and_one():
    y = np.arange(20.0) ** 2
    acf, pacf = autocorrelations(y, 19)
    assert acf[0] == pacf[0] == 1
    assert np.abs(acf).max() <= 1
    assert np.abs(pacf).max() <= 1
    assert acf.sum() == pytest.approx(0.5)  # of all lags: a known flaw of the definition


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_units_do_not_matter(scale):
    y = autoregression(0.5, n=200)
    for found, expected in zip(autocorrelations(y * scale, 5), autocorrelations(y, 5), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_forms_of_a_series():
    y = noise(50)
    expected = autocorrelations(y, 5)
    series = pd.Series(y, index=pd.date_range("2020", periods=50))
    panel = pd.Series(y, index=pd.MultiIndex.from_product([["a"], range(50)]))
    for form in (y[:, None], list(y), series, series.to_frame("y"), panel):
        np.testing.assert_array_equal(autocorrelations(form, 5), expected)


def test_input_is_left_as_it_is():
    y = noise(50)
    before = y.copy()
    suggest_lags(y)
    np.testing.assert_array_equal(y, before)


# Suggestions


def test_data_sets():
    assert suggest_lags(load_sunspots(return_X_y=True)[1]) == 125  # months of a solar cycle, on average
    assert suggest_lags(load_sunspots(frequency="yearly", return_X_y=True)[1]) == 10
    assert suggest_lags(load_co2(return_X_y=True)[1]) == 53  # a year has 52.2 weeks
    X, y = load_beijing_pm25(return_X_y=True)
    assert suggest_lags(y) == 26  # a day, weakly
    assert suggest_lags(X[["TEMP"]]) == 48  # a day clearly, and what is significant within two


@pytest.mark.parametrize("period", [7, 10, 24, 50, 120])
def test_sine(period):
    assert suggest_lags(make_sine(1000, period=period)[1]) == period


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("period", [12, 24, 50])
def test_noisy_season_is_in_the_window(period, seed):
    _, y = make_sine(12 * period, period=period, noise=0.3, random_state=seed)
    assert 0.9 * period <= suggest_lags(y) < 2 * period


def test_season_on_a_trend():
    _, y = make_sine(144, period=12, noise=0.05, random_state=0)
    found = correlogram(y + 0.1 * np.arange(144))
    assert found.differenced
    assert (found.season, found.n_lags) == (12, 12)


def test_season_that_is_no_wave():
    y = 4.0 * (np.arange(700) % 7 == 0) + noise(700)
    assert correlogram(y).season == 7


KNOWN = {
    "white noise": (lambda seed: noise(seed=seed), 1),
    "random walk": (lambda seed: noise(seed=seed).cumsum(), 1),
    "AR(1)": (lambda seed: autoregression(0.7, seed=seed), 1),
    "AR(1), slow": (lambda seed: autoregression(0.95, seed=seed), 1),
    "AR(1), alternating": (lambda seed: autoregression(-0.7, seed=seed), 1),
    "AR(2)": (lambda seed: autoregression(0.6, -0.3, seed=seed), 2),
    "AR(3)": (lambda seed: autoregression(0.5, -0.2, 0.4, seed=seed), 3),
}


@pytest.mark.parametrize(("simulate", "expected"), KNOWN.values(), ids=KNOWN)
def test_known_order_is_found_but_for_chance(simulate, expected):
    found = [suggest_lags(simulate(seed)) for seed in range(40)]
    # Either step may err in 5 % of the series.
    assert sum(n_lags != expected for n_lags in found) <= 8


def test_chance_is_that_of_alpha():
    found = [suggest_lags(noise(60, seed), alpha=0.5) for seed in range(100)]
    assert sum(n_lags > 1 for n_lags in found) > 20
    assert sum(suggest_lags(noise(60, seed), alpha=0.001) > 1 for seed in range(100)) <= 2


def test_lags_beyond_a_gap_do_not_count():
    # Noise that comes back once, turned around: a dip of the ACF, which is no season.
    far, near = (lfilter([1, *np.zeros(lag - 1), -0.4], [1], noise()) for lag in (11, 10))
    assert correlogram(far).pacf[11] < -0.3
    assert suggest_lags(far) == 1
    assert suggest_lags(near) == 20  # again at 20, not beyond the gap either


def test_max_lags_is_the_most():
    _, y = make_sine(1000, period=50)
    assert suggest_lags(y, max_lags=100) == 50
    assert suggest_lags(y, max_lags=50) == 50
    assert suggest_lags(y, max_lags=20) < 20
    assert suggest_lags(y, max_lags=1) == 1
    assert len(correlogram(y).acf) == 334
    assert len(correlogram(noise()).acf) == 401


def test_drift_does_not_depend_on_max_lags():
    assert not correlogram(autoregression(0.9), max_lags=3).differenced
    assert suggest_lags(autoregression(0.5, -0.2, 0.4), max_lags=3) == 3


def test_straight_line():
    assert suggest_lags(0.1 * np.arange(50)) >= 1
    assert suggest_lags(-7.0 * np.arange(10)) >= 1


def test_result_is_an_int():
    for y in (noise(), noise().cumsum(), make_sine(100, period=10)[1], autoregression(0.5, -0.2, 0.4)):
        assert type(suggest_lags(y)) is int


def test_critical_value_is_that_of_the_normal_distribution():
    assert critical_value(0.05) == pytest.approx(1.959964, abs=1e-6)
    assert critical_value(0.05, 10) == pytest.approx(2.807034, abs=1e-6)


# Bad input


@pytest.mark.parametrize("function", [suggest_lags, lambda y: autocorrelations(y, 2)], ids=["suggest", "compute"])
@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (
            pd.DataFrame({"a": range(20), "b": range(20)}),
            ValueError,
            f"y has 2 columns ['a', 'b']; expected {EXPECTED}. Choose one, for example y['a'].",
        ),
        (
            np.zeros((20, 3)),
            ValueError,
            f"y has 3 columns; expected {EXPECTED}. Choose one, for example y[:, 0].",
        ),
        (np.zeros((2, 10, 1)), ValueError, f"y has the shape (2, 10, 1); expected {EXPECTED}."),
        (np.zeros((20, 0)), ValueError, f"y has the shape (20, 0); expected {EXPECTED}."),
        (None, TypeError, f"y is None; expected {EXPECTED}."),
        (
            ["1", "x"] * 10,
            ValueError,
            f"y is not numeric, it holds the text 'x'; expected {EXPECTED}.",
        ),
        (
            np.array(["2020-01-01"] * 20, dtype="M8[D]"),
            ValueError,
            "y is not numeric, its dtype is datetime64[D]; expected numbers, such as the hour of a date.",
        ),
        (
            pd.Series([1.0, 2.0, np.nan, np.nan] * 3, index=pd.date_range("2020", periods=12)),
            ValueError,
            "y is missing (NaN) at step 2 (index 2020-01-03 00:00:00), the first of 6 such steps; fill it in "
            "first, for example by SequenceImputer().fit_transform(y.to_frame()) of a Series.",
        ),
        (
            [*range(11), np.inf],
            ValueError,
            "y is infinite at step 11; replace it by NaN and fill that in first, for example by "
            "SequenceImputer().fit_transform(y.to_frame()) of a Series.",
        ),
        (range(9), ValueError, "y has 9 steps; at least 10 are needed to see a correlation."),
        (
            np.full(20, 0.1),
            ValueError,
            "y is constant (0.1), so it has no autocorrelation; any window shows the same, and lags=1 does.",
        ),
        (
            pd.Series(noise(20), index=[*range(10, 20), *range(10)]),
            ValueError,
            "y is not in time order, by its index; sort it, for example with y.sort_index().",
        ),
        (
            pd.Series(noise(20), index=pd.MultiIndex.from_product([["a", "b"], range(10)])),
            ValueError,
            f"y holds 2 series, 'a', 'b'; expected {EXPECTED}. Choose one, for example y.loc['a'].",
        ),
    ],
)
def test_bad_series(function, y, error, message):
    with pytest.raises(error) as raised:
        function(y)
    assert str(raised.value) == message


@pytest.mark.parametrize("max_lags", [0, 19, 2.0, True, "5"])
def test_bad_max_lags(max_lags):
    with pytest.raises(ValueError, match=r"^max_lags must be an integer between 1 and 18 for this series, got "):
        suggest_lags(noise(20), max_lags=max_lags)


@pytest.mark.parametrize("n_lags", [0, 20, 2.0])
def test_bad_n_lags(n_lags):
    with pytest.raises(ValueError, match=r"^n_lags must be an integer between 1 and 19 for this series, got "):
        autocorrelations(noise(20), n_lags)


@pytest.mark.parametrize("alpha", [0, 1, "0.05", np.nan])
def test_bad_alpha(alpha):
    with pytest.raises(ValueError, match=r"^alpha must be a number between 0 and 1, got "):
        suggest_lags(noise(20), alpha=alpha)
