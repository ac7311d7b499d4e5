"""Which series each row belongs to, what the user calls it, and whether rows are in time order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .forms import as_known_form, kind
from .sequences import Array, Ints, offsets
from .windows import Windows

Times = pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex

KEEP_INDEX = "keep the index of X, by set_output(transform='pandas') on the pipeline or the transformer"


def read_series(X: Any, series: Any, n_rows: int) -> tuple[Ints | None, pd.Index | None]:
    """Tell series apart, by `series` or by all levels but the last of the index of X.

    Parameters
    ----------
    X : object
        What the user gave; only its index matters.
    series : array-like of shape (n_rows,) or None
        Series of each row, or of each sequence where X is no table.
    n_rows : int
        Rows, or sequences, of X.

    Returns
    -------
    codes : ndarray of shape (n_rows,) or None
        Number of each row's series, in order of appearance; None if series are not told.
    ids : pandas.Index of length n_series or None
        What the user calls each series; a MultiIndex where several levels of the index name it.
    """
    if series is not None:
        name, values = "series", np.asarray(series)
        if values.shape != (n_rows,):
            of = "row of a 2-D X" if kind(X) == "table" else "sequence of X"
            raise ValueError(f"series must give one id per {of}, shape ({n_rows},); got shape {values.shape}.")
        are_tuples = values.dtype == object and len(values) > 0 and isinstance(values[0], tuple)
        labels, missing = pd.Index(values.tolist() if are_tuples else values), pd.isna(values)
    elif isinstance(getattr(X, "index", None), pd.MultiIndex):
        name, labels = "The index of X", X.index.droplevel(-1)
        missing = np.any([codes < 0 for codes in X.index.codes[:-1]], axis=0)
    else:
        return None, None
    if missing.any():
        raise ValueError(f"{name} has a missing id in row {int(np.argmax(missing))}; give every row one.")
    codes = np.asarray(pd.factorize(np.asarray(labels))[0], dtype=np.int64)
    newest = np.maximum.accumulate(codes)  # grows by one where a series appears
    return codes, labels[np.flatnonzero(np.diff(newest, prepend=-1))]


def match_series(ids: pd.Index, known: pd.Index) -> Ints:
    """Find each of these series among those that are known: its number there, or -1."""
    if ids.nlevels != known.nlevels:
        return np.full(len(ids), -1, dtype=np.int64)
    return np.asarray(known.get_indexer(ids), dtype=np.int64)


def group_series(codes: Ints | None, n_rows: int) -> tuple[Ints, Ints | None]:
    """Bring the rows of each series together.

    Returns
    -------
    widths : ndarray of shape (n_series,)
        Rows of each series.
    order : ndarray of shape (n_rows,) or None
        Rows, series after series and otherwise in their own order; None if they already are.
    """
    if codes is None:
        return np.array([n_rows], dtype=np.int64), None
    order = np.argsort(codes, kind="stable").astype(np.int64)
    widths = np.bincount(codes).astype(np.int64)
    return widths, None if (np.diff(order) == 1).all() else order


def first_within(wrong: NDArray[np.bool_], widths: Ints, order: Ints | None) -> tuple[int, int] | None:
    """Find the first row, and the one before it in the same series, that are wrong together.

    Parameters
    ----------
    wrong : ndarray of shape (n_rows - 1,)
        Whether a row and the next are, series after series. Where a new series begins nothing is.
    widths, order : ndarray
        From `group_series`.

    Returns
    -------
    tuple of int, or None
        The two rows of X, the earlier one first; None if all is well.
    """
    wrong[offsets(widths)[1:] - 1] = False
    if not wrong.any():
        return None
    place = int(np.argmax(wrong))
    return (place, place + 1) if order is None else (int(order[place]), int(order[place + 1]))


def times_of(X: Any) -> pd.Index | None:
    """Time of each row, from the last level of the index; None if that is of a kind that has no order."""
    index = getattr(X, "index", None)
    if not isinstance(index, pd.Index):
        return None
    index = index.get_level_values(-1) if isinstance(index, pd.MultiIndex) else index
    numeric = pd.api.types.is_numeric_dtype(index.dtype) and not pd.api.types.is_bool_dtype(index.dtype)
    return index if numeric or isinstance(index, Times) else None


def time_numbers(times: pd.Index) -> Array:
    """Return times as numbers in the same order."""
    if isinstance(times, Times):
        return times.astype("int64").to_numpy()
    return times.to_numpy(dtype=np.float64 if pd.api.types.is_float_dtype(times.dtype) else np.int64)


def check_order(times: pd.Index | None, widths: Ints, order: Ints | None) -> None:
    """Refuse a table whose times do not increase within each series; `widths`, `order` from `group_series`."""
    if times is None:
        return
    if times.hasnans:
        row = int(np.argmax(times.isna()))
        raise ValueError(f"The index of X has a missing time in row {row}; fill it in or drop the row.")
    numbers = time_numbers(times) if order is None else time_numbers(times)[order]
    found = first_within(numbers[1:] <= numbers[:-1], widths, order)
    if found is not None:
        before, row = found
        if times[row] == times[before]:
            raise ValueError(
                f"X has two rows of the same time and series: rows {before} and {row} (index {times[row]}). Keep one "
                "of them, for example with X[~X.index.duplicated()]; if X holds several series, give series= or an "
                "index of two levels."
            )
        raise ValueError(
            f"X is not in time order: row {row} (index {times[row]}) comes after row {before} (index "
            f"{times[before]}), of the same series. Sort X, and y with it, for example with "
            "X.sort_index(); if X holds several series, give series= or an index of two levels; and "
            "split with TimeSeriesSplit or shuffle=False, never by shuffling."
        )


def refuse_lost_series(X: Any, y: Any, series: Any, *, per_step: bool) -> None:
    """Refuse X that has lost the series which the index of y still tells apart.

    Parameters
    ----------
    X : array-like, DataFrame, Windows or list of arrays
        Only a table of steps, or windows, can lose series; anything else is made of sequences already.
    y : object
        If it is of pandas and has an index of two or more levels, all but the last name its series.
    series : array-like or None
        Series of each row of a 2-D X.
    per_step : bool
        Whether a 2-D X is a table of steps.

    Raises
    ------
    ValueError
        If y has several series and X tells none apart.
    """
    index = getattr(y, "index", None)
    n_series = index.droplevel(-1).nunique() if isinstance(index, pd.MultiIndex) else 1
    if n_series < 2:
        return
    is_windows = isinstance(X, Windows)
    if is_windows:
        lost = not X.tells_series
    else:
        is_told = series is not None or isinstance(getattr(X, "index", None), pd.MultiIndex)
        lost = per_step and not is_told and kind(as_known_form(X)) == "table"
    if lost:
        raise ValueError(
            f"y has {n_series} series in its index, but X has lost them (a transformer answered a plain array); either "
            f"{KEEP_INDEX}, or pass series={' to ShiftFramer' if is_windows else ''} (one id per row)."
        )


def lost_series(estimator: Any, to: str = "") -> ValueError:
    """Return the error of X that tells no series apart although fit did; `to` says what takes series=."""
    return ValueError(
        f"X has lost its series: {type(estimator).__name__} was fitted on series that an index or series= tells apart, "
        "but X tells none (a transformer answered a plain array, or series= was left out) and would be read as one "
        f"series. Either {KEEP_INDEX}, or pass series={to} (one id per row)."
    )
