"""How many lags a window needs, read from the autocorrelation of a series."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from ._data.checks import check_array_like, check_not_dates, naming_text, quoted
from ._data.sequences import Array, Ints
from ._data.series import index_of, times_of

Floats = NDArray[np.float64]

EXPECTED = "one series of numbers in time order: an array (n_steps,), a Series or a table of one column"
MIN_STEPS = 10  # fewer show nothing: no correlation of less than 0.7 would be significant
# By default lags are looked at up to a third of the series, so that a season is seen three times, and up to a limit
# that holds a year of days and, in hours, two weeks; longer windows are rarely learned from.
SHARE, MOST = 3, 400
# Two significant partial autocorrelations belong together if they are no further apart. With hourly data the day shows
# as a few lags around 12 and 24; the odd lag that is significant by chance, or weakly, stands further off.
GAP = 10


def suggest_lags(y: Any, *, max_lags: int | None = None, alpha: float = 0.05) -> int:
    """Suggest how many lags a window should hold, from the autocorrelation of a series.

    The rule has three steps:

    1. A series whose autocorrelation (ACF) stays positive at every lag drifts. It is differenced once, since the drift
       would hide everything else.
    2. The season is the first clear peak of the ACF: a lag of at least 3, past the first two lags in a row that are
       not positive, whose ACF is the highest from half to one and a half times that lag, and significant.
    3. The window reaches to the last significant partial autocorrelation (PACF), not counting those that come after a
       gap of more than 10 lags, nor those from the second season on. A difference needs one value more. If there is a
       season, the window holds at least one.

    Significant means beyond what chance does at any of the lags with probability `alpha` (Bonferroni): at 400 lags
    and a level of 5 % each, 20 would be taken for real where nothing is.

    The suggestion is a start, and a linear one: a dependence that is not linear does not show in the ACF. Compare it
    with half and twice as many lags on held-out data, for example in a grid search over ``shiftframer__lags``.

    Parameters
    ----------
    y : array-like of shape (n_steps,) or (n_steps, 1)
        One series in time order, of at least 10 steps, without missing values.
    max_lags : int, default=None
        Lags to look at, and most to suggest: at least 1 and at most ``n_steps - 2``. By default a third of the series,
        at most 400. A season that is longer is not found, so raise this where one is known.
    alpha : float, default=0.05
        Probability with which pure noise gets more than one lag, in steps 2 and 3 each; between 0 and 1.

    Returns
    -------
    n_lags : int
        Steps of the window, at least 1: what white noise and a random walk get.

    Raises
    ------
    TypeError
        If y is no array.
    ValueError
        If y is too short, constant, not finite, not numeric, not in time order or more than one series, or if
        `max_lags` or `alpha` is outside its range.

    See Also
    --------
    autocorrelations : The numbers behind it.
    sklearn_rnn.CorrelogramDisplay : The picture behind it.

    References
    ----------
    .. [1] G. E. P. Box, G. M. Jenkins, G. C. Reinsel, "Time Series Analysis: Forecasting and Control", 3rd edition,
       Prentice Hall, 1994, chapters 2, 3 and 6

    .. [2] M. S. Bartlett, "On the theoretical specification and sampling properties of autocorrelated time-series",
       Supplement to the Journal of the Royal Statistical Society 8 (1), 1946, https://doi.org/10.2307/2983611

    Examples
    --------
    >>> from sklearn_rnn.datasets import load_sunspots, make_sine
    >>> from sklearn_rnn.lags import suggest_lags
    >>> _, wave = make_sine(1000, period=50, noise=0.1, random_state=0)
    >>> suggest_lags(wave)
    50
    >>> _, sunspots = load_sunspots(frequency="yearly", return_X_y=True)
    >>> suggest_lags(sunspots)
    10
    """
    return correlogram(y, max_lags=max_lags, alpha=alpha).n_lags


def autocorrelations(y: Any, n_lags: int) -> tuple[Floats, Floats]:
    """Compute the autocorrelation and the partial autocorrelation of a series.

    The autocorrelation at lag k is that of the series with itself k steps before, ``c_k / c_0`` where ``c_k`` is the
    sum of ``(y_t - mean) * (y_{t-k} - mean)``; divided by the same number of steps at every lag, it is that of a
    stationary process. The partial autocorrelation at lag k is the last coefficient of the autoregression on k lags
    that has these autocorrelations (Yule-Walker, solved by the recursion of Levinson and Durbin [1]_).

    Parameters
    ----------
    y : array-like of shape (n_steps,) or (n_steps, 1)
        One series in time order, of at least 10 steps, without missing values.
    n_lags : int
        Lags to compute, at least 1 and less than n_steps.

    Returns
    -------
    acf, pacf : ndarray of shape (n_lags + 1,)
        Values at lags 0 (which is 1), 1, ..., n_lags; float64, between -1 and 1.

    Raises
    ------
    TypeError
        If y is no array.
    ValueError
        If y is too short, constant, not finite, not numeric, not in time order or more than one series, or if
        `n_lags` is outside its range.

    References
    ----------
    .. [1] J. Durbin, "The fitting of time-series models", Review of the International Statistical Institute 28 (3),
       1960, https://doi.org/10.2307/1401322

    Examples
    --------
    >>> from sklearn_rnn.datasets import load_sunspots
    >>> from sklearn_rnn.lags import autocorrelations
    >>> _, sunspots = load_sunspots(frequency="yearly", return_X_y=True)
    >>> acf, pacf = autocorrelations(sunspots, 4)
    >>> acf.round(2)
    array([ 1.  ,  0.82,  0.45,  0.04, -0.28])
    >>> pacf.round(2)
    array([ 1.  ,  0.82, -0.68, -0.15,  0.05])
    """
    values = _read(y)
    _check_lags("n_lags", n_lags, len(values) - 1)
    acf = _acf(values, n_lags)
    return acf, _pacf(acf)


@dataclass(frozen=True)
class Correlogram:
    """What a suggestion is read from: the correlations of a series, or of its differences if it drifts."""

    acf: Floats
    pacf: Floats
    n_steps: int
    differenced: bool
    season: int  # 0 if there is none
    n_lags: int


def correlogram(y: Any, *, max_lags: int | None = None, alpha: float = 0.05) -> Correlogram:
    """Read a series as :func:`suggest_lags` does, which explains the parameters."""
    values = _read(y)
    if max_lags is not None:
        _check_lags("max_lags", max_lags, len(values) - 2)
    if not isinstance(alpha, Real) or not 0 < alpha < 1:
        raise ValueError(f"alpha must be a number between 0 and 1, got {alpha!r}.")
    usual = min(len(values) // SHARE, MOST)
    # Whether a series drifts does not depend on how many of its lags are of interest.
    differences = np.diff(values)
    differenced = bool((_acf(values, usual) > 0).all()) and not _is_flat(differences, values)
    values = differences if differenced else values
    acf = _acf(values, int(max_lags or usual))
    pacf = _pacf(acf)
    season = _season(acf, len(values), alpha)
    reach = _reach(pacf, len(values), alpha, season) + differenced
    n_lags = min(max(reach, season, 1), len(acf) - 1)
    return Correlogram(acf, pacf, len(values), differenced, season, n_lags)


def critical_value(alpha: float, n_lags: int = 1) -> float:
    """Return how many standard errors the largest of `n_lags` correlations of pure noise stays below."""
    return float(ndtri(1 - alpha / 2 / n_lags))


def _season(acf: Floats, n_steps: int, alpha: float) -> int:
    """Find the lag of the first clear peak, or 0."""
    low = acf <= 0
    first_low = int(np.argmax(low[:-1] & low[1:]))
    if first_low == 0:  # lag 0 is never low, so there is no such lag
        return 0
    # The standard error of Bartlett (1946) for a series whose correlation ends at the first low lag: a slow one makes
    # high peaks by chance. The formula sums over all lags, which a season would inflate by its own dips.
    error = np.sqrt((1 + 2 * (acf[1:first_low] ** 2).sum()) / n_steps)
    clear = acf > critical_value(alpha, len(acf) - 1) * error
    for lag in np.flatnonzero(clear):
        # Lag 2 is high wherever neighbours alternate; that is no season.
        if lag > max(first_low, 2) and acf[lag] == acf[lag // 2 : lag + lag // 2 + 1].max():
            return int(lag)
    return 0


def _reach(pacf: Floats, n_steps: int, alpha: float, season: int) -> int:
    """Find the last significant lag before a gap and before the second season, or 0."""
    significant = np.abs(pacf[1:]) > critical_value(alpha, len(pacf) - 1) / np.sqrt(n_steps)
    lags: Ints = np.flatnonzero(significant) + 1
    lags = lags[lags < 2 * season] if season else lags
    apart = np.diff(lags, prepend=0) > GAP
    connected = lags[: np.argmax(apart)] if apart.any() else lags
    return int(connected[-1]) if len(connected) else 0


def _acf(values: Floats, n_lags: int) -> Floats:
    centred = values - values.mean()
    centred /= np.abs(centred).max()  # squares of huge or tiny numbers would leave the range of float64
    n = len(centred)
    products = np.array([centred[lag:] @ centred[: n - lag] for lag in range(n_lags + 1)])
    return products / products[0]


def _pacf(acf: Floats) -> Floats:
    """Solve the Yule-Walker equations for 1, 2, ... lags, each from the one before (Durbin, 1960)."""
    # With one lag, the coefficient is acf[1], say 0.8, and 1 - 0.8^2 = 0.36 of the variance is left over. A second lag
    # explains what acf[2] is beyond what follows from the first: with acf[2] = 0.5 that is 0.5 - 0.8 * 0.8 = -0.14, in
    # units of what was left -0.39. The first coefficient gives up its share, 0.8 - -0.39 * 0.8 = 1.11, and so on.
    pacf = np.ones(len(acf))
    coefficients, error = np.zeros(0), 1.0  # of the autoregression on the lags so far
    for lag in range(1, len(acf)):
        pacf[lag] = (acf[lag] - coefficients @ acf[lag - 1 : 0 : -1]) / error
        coefficients = np.append(coefficients - pacf[lag] * coefficients[::-1], pacf[lag])
        error *= 1 - pacf[lag] ** 2
    return pacf


def _read(y: Any) -> Floats:
    """Return y as one series of float64; errors name what is wrong with it."""
    check_array_like("y", y, EXPECTED)
    array = np.asarray(y)
    check_not_dates("y", array)
    _check_one_series(y, array)
    with naming_text("y", array, f"expected {EXPECTED}."):
        values = array.reshape(-1).astype(np.float64)
    _check_index(y)
    _check_values(y, values)
    return values


def _check_one_series(y: Any, array: Array) -> None:
    if array.ndim == 2 and array.shape[1] > 1:
        names = f" {quoted(list(y.columns))}" if isinstance(y, pd.DataFrame) else ""
        how = f"y[{quoted(y.columns[0])}]" if names else "y[:, 0]"
        raise ValueError(f"y has {array.shape[1]} columns{names}; expected {EXPECTED}. Choose one, for example {how}.")
    if array.ndim not in (1, 2) or array.shape[1:] == (0,):
        raise ValueError(f"y has the shape {array.shape}; expected {EXPECTED}.")


def _check_index(y: Any) -> None:
    """Raise an error for several series in one table, and for rows out of order."""
    index = getattr(y, "index", None)
    if isinstance(index, pd.MultiIndex):
        names = index.droplevel(-1).unique()
        if len(names) > 1:
            raise ValueError(
                f"y holds {len(names)} series, {_listed(names)}; expected {EXPECTED}. Choose one, for example "
                f"y.loc[{quoted(names[0])}]."
            )
    times = times_of(index_of(y))
    if times is not None and not times.is_monotonic_increasing:
        raise ValueError("y is not in time order, by its index; sort it, for example with y.sort_index().")


def _check_values(y: Any, values: Floats) -> None:
    wrong = ~np.isfinite(values)
    if wrong.any():
        row = int(np.argmax(wrong))
        is_nan = bool(np.isnan(values[row]))
        what, how = ("missing (NaN)", "fill it in") if is_nan else ("infinite", "replace it by NaN and fill that in")
        where = f"step {row}" + (f" (index {y.index[row]})" if hasattr(y, "iloc") else "")
        more = f", the first of {wrong.sum()} such steps" if wrong.sum() > 1 else ""
        raise ValueError(
            f"y is {what} at {where}{more}; {how} first, for example by "
            "SequenceImputer().fit_transform(y.to_frame()) of a Series."
        )
    if len(values) < MIN_STEPS:
        raise ValueError(f"y has {len(values)} steps; at least {MIN_STEPS} are needed to see a correlation.")
    if _is_flat(values, values):
        raise ValueError(
            f"y is constant ({values[0]:g}), so it has no autocorrelation; any window shows the same, and lags=1 does."
        )


def _is_flat(values: Floats, scale: Floats) -> bool:
    """Whether values differ by no more than the rounding of numbers of that scale."""
    return bool(np.ptp(values) <= 4 * np.finfo(np.float64).eps * np.abs(scale).max())


def _listed(names: Any, most: int = 10) -> str:
    shown = ", ".join(quoted(name) for name in names[:most])
    return shown + (", ..." if len(names) > most else "")


def _check_lags(name: str, value: Any, most: int) -> None:
    if not isinstance(value, Integral) or isinstance(value, bool) or not 1 <= int(value) <= most:
        raise ValueError(f"{name} must be an integer between 1 and {most} for this series, got {value!r}.")
