"""Rolling-origin evaluation: forecasts as they would have been made."""

from __future__ import annotations

import copy
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone
from tqdm.auto import tqdm

from .._data.sequences import Array, Ints
from .._data.tables import Panel
from ._base import Forecaster, is_count
from ._intervals import Source
from ._plan import Origins, future_values


def backtest(
    forecaster: Forecaster,
    X: Any,
    y: Any = None,
    *,
    initial: Any,
    every: int = 1,
    steps: int | None = None,
    refit: Any = False,
    coverage: float = 0.9,
    series: Any = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> pd.DataFrame:
    """Forecast from one row after the other of a table, from what was known there, and compare with the truth.

    Parameters
    ----------
    forecaster : SequenceForecaster or NaiveForecaster
        A clone of it is fitted.
    X : DataFrame, Series or array-like of shape (n_rows, n_features)
        A table in time order.
    y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
        As in the forecaster's `fit`.
    initial : int or float
        Rows of each series that are learned from first, or their share in the longest series. The newest of them is
        the first cutoff.
    every : int, default=1
        Rows from one cutoff to the next.
    steps : int, default=None
        Rows to forecast from each cutoff; the forecaster's `horizon` by default.
    refit : bool or int, default=False
        Whether to learn anew at each cutoff, from all rows up to it; with an int n at every n-th. Without, all
        forecasts are made in one pass.
    coverage : float, default=0.9
        Of the intervals, if the forecaster has any.
    series : array-like of shape (n_rows,), default=None
        Series of each row.
    n_jobs : int, default=None
        Fits that run at once.
    verbose : int, default=0
        1 shows a progress bar over fits.

    Returns
    -------
    DataFrame
        A row per cutoff, series, target and step, with columns "cutoff", "series" (0 for one without a name),
        "target", "time", "step", "y_true", "y_pred", "y_naive" (the forecast that `skill_` compares with), "lower"
        and "upper" (NaN without intervals). Cutoffs whose steps are not all in the table are left out.

    Raises
    ------
    ValueError
        If no cutoff is left, or the forecaster can't be fitted on the rows up to one.

    References
    ----------
    Tashman (2000), Out-of-sample tests of forecasting accuracy, International Journal of Forecasting 16.

    Examples
    --------
    >>> from sklearn_rnn import NaiveForecaster
    >>> from sklearn_rnn.forecasting import backtest, skill
    >>> from sklearn_rnn.datasets import load_co2
    >>> co2 = load_co2().frame[["co2"]]
    >>> table = backtest(NaiveForecaster("seasonal", season=52, horizon=26), co2, initial=0.8, every=13)
    >>> table[["cutoff", "time", "step", "y_true", "y_pred"]].head(2)
          cutoff       time  step  y_true  y_pred
    0 1993-03-27 1993-04-03     1   359.1   358.5
    1 1993-03-27 1993-04-10     2   358.8   358.9
    >>> skill(table.y_true, table.y_pred, table.y_naive) > 0  # compared with the last value
    True
    """
    reader = _checked(forecaster, every, refit)
    panel, _ = reader._read_to_learn(X, y, series)
    steps = reader._plan.horizon if steps is None else steps
    reader._check_steps(steps)
    reader._check_calibrated(coverage, steps)
    places = _cutoffs(reader, panel, initial, every, steps)
    # Without refits all cutoffs are one group: a single fit, and a single pass over all origins.
    n = len(places) if refit is False else int(refit)
    groups = [places[begin : begin + n] for begin in range(0, len(places), n)]
    jobs = (delayed(_run)(reader, panel, group, steps, coverage) for group in groups)
    tables = Parallel(n_jobs=n_jobs, return_as="generator")(jobs)
    return pd.concat(list(tqdm(tables, total=len(groups), disable=not verbose, desc="fits")), ignore_index=True)


def _origins(panel: Panel, places: Ints, ahead: int) -> Origins:
    """Return the rows at these places of each series that have so many rows behind them, place after place."""
    begins = np.tile(panel.firsts, len(places))
    rows = begins + np.repeat(places, panel.n_series)
    complete = rows + ahead < begins + np.tile(panel.widths, len(places))
    return Origins(rows[complete], begins[complete])


def _checked(forecaster: Any, every: Any, refit: Any) -> Any:
    if not isinstance(forecaster, Forecaster):
        raise ValueError(
            f"backtest takes a SequenceForecaster or a NaiveForecaster, got {forecaster!r}; make one from a regressor "
            "by SequenceForecaster(regressor)."
        )
    for name, value, unit in (("every", every, "rows"), ("refit", refit, "cutoffs")):
        is_switch = name == "refit" and isinstance(value, bool)
        if not is_switch and not is_count(value):
            raise ValueError(f"{name} must be a whole number of {unit}; got {value!r}.")
    forecaster._validate_params()
    return clone(forecaster)


def _cutoffs(reader: Any, panel: Panel, initial: Any, every: int, steps: int) -> Ints:
    """Return the place within each series of the newest known row of each forecast."""
    longest = int(panel.widths.max())
    ahead = reader._make_learner().needs_ahead(steps)
    is_share = isinstance(initial, Real) and not isinstance(initial, Integral) and 0 < float(initial) < 1
    if not is_share and not is_count(initial):
        raise ValueError(f"initial must be a number of rows, or a share of them between 0 and 1; got {initial!r}.")
    first = max(int(longest * float(initial)), 1) if is_share else int(initial)
    places = np.arange(first - 1, longest - ahead, every)
    if len(places) == 0:
        raise ValueError(
            f"No cutoff is left: the longest series has {longest} rows, of which initial={initial!r} leaves "
            f"{longest - first}, and a forecast needs {ahead}. Learn from fewer rows first, or forecast fewer steps."
        )
    return places


def _run(reader: Any, panel: Panel, places: Ints, steps: int, coverage: float) -> pd.DataFrame:
    """Learn from the rows up to the first of these cutoffs, and forecast from all of them at once."""
    # A copy for each group, since groups may run in threads at once; it shares what was read, which nobody changes.
    fitted, n_rows = copy.copy(reader), int(places[0]) + 1
    past = panel.first(n_rows)
    fitted._learn(past, "X up to the cutoff", coverage)
    ahead = np.arange(1, steps + 1)
    origins = _origins(panel, places, fitted._learner.needs_ahead(steps))
    # y_true, y_pred, y_naive, lower, upper
    values = np.full((5, len(origins), steps, fitted.n_outputs_), np.nan)
    values[0] = future_values(panel, origins, ahead, fitted._plan.targets)
    values[2] = fitted._make_naive().fit(past, np.arange(len(past.table))).forecast(panel, origins, ahead)
    sources: list[Any] = [Source(number, n_rows - 1) for number in range(panel.n_series)]
    values[1], *values[3:] = fitted._bounded(panel, origins, ahead, coverage, sources)
    return _tidy(panel, origins, fitted.target_, np.moveaxis(values, 3, 2))


def _tidy(panel: Panel, origins: Origins, targets: list[Any], values: Array) -> pd.DataFrame:
    """Return a row per origin, target and step, from values of shape (5, n_origins, n_targets, n_steps)."""
    _, n, n_targets, steps = values.shape
    numbers = np.searchsorted(panel.firsts, origins.begins)
    times = pd.Index(panel.cumcount) if panel.times is None else panel.times
    ids = np.empty(panel.n_series, dtype=object)  # filled, not made from a list: ids may be tuples
    ids[:] = [0] if panel.ids is None else list(panel.ids)
    ahead = np.tile(np.arange(1, steps + 1), n * n_targets)
    rows = np.repeat(origins.rows, n_targets * steps)
    table = {
        "cutoff": times[rows],
        "series": pd.Series(np.repeat(ids[numbers], n_targets * steps)).infer_objects(),
        "target": np.tile(np.repeat(np.array(targets, dtype=object), steps), n),
        "time": times[rows + ahead],
        "step": ahead,
    }
    columns = ("y_true", "y_pred", "y_naive", "lower", "upper")
    return pd.DataFrame(table | dict(zip(columns, values.reshape(5, -1), strict=True)))
