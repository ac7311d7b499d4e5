"""Which series each row belongs to, what the user calls it, and whether rows are in time order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .checks import quoted
from .sequences import Array, Ints, offsets

Times = pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex


def index_of(X: Any) -> pd.Index | None:
    """Index of a pandas object; None of anything else."""
    index = getattr(X, "index", None)  # a list has a method of this name
    return index if isinstance(index, pd.Index) else None


def read_series(
    index: pd.Index | None, series: Any, n_rows: int, unit: str = "row of a 2-D X"
) -> tuple[Ints | None, pd.Index | None]:
    """Tell series apart, by `series` or by all levels but the last of the index of X.

    Parameters
    ----------
    index : pandas.Index or None
        Index of X.
    series : array-like of shape (n_rows,) or None
        Series of each row, or of each sequence where X is no table.
    n_rows : int
        Rows, or sequences, of X.
    unit : str, default="row of a 2-D X"
        What has a series, for messages.

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
            raise ValueError(f"series must give one id per {unit}, shape ({n_rows},); got shape {values.shape}.")
        are_tuples = values.dtype == object and len(values) > 0 and isinstance(values[0], tuple)
        labels, missing = pd.Index(values.tolist() if are_tuples else values), pd.isna(values)
    elif isinstance(index, pd.MultiIndex):
        name, labels = "The index of X", index.droplevel(-1)
        missing = np.any([codes < 0 for codes in index.codes[:-1]], axis=0)
    else:
        return None, None
    if missing.any():
        raise ValueError(f"{name} has a missing id in row {int(np.argmax(missing))}; give every row one.")
    codes = np.asarray(pd.factorize(np.asarray(labels))[0], dtype=np.int64)
    newest = np.maximum.accumulate(codes)  # codes b a b c are 0 1 0 2: it grows by one where a series appears
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
    # No order, for a single series and for series one below the other, spares a copy of the table.
    if codes is None:
        return np.array([n_rows], dtype=np.int64), None
    order = np.argsort(codes, kind="stable").astype(np.int64)
    widths = np.bincount(codes).astype(np.int64)
    return widths, None if (np.diff(order) == 1).all() else order


def first_within(wrong: NDArray[np.bool_], widths: Ints) -> int | None:
    """Find the first row that is wrong together with the next row of the same series.

    Parameters
    ----------
    wrong : ndarray of shape (n_rows - 1,)
        Whether a row and the next are, series after series. Where a new series begins nothing is.
    widths : ndarray of shape (n_series,)
        Rows of each series.

    Returns
    -------
    int or None
        Place of the earlier of the two rows; None if all is well.
    """
    wrong[offsets(widths)[1:] - 1] = False  # the last row of a series and the first of the next
    return int(np.argmax(wrong)) if wrong.any() else None


def times_of(index: pd.Index | None) -> pd.Index | None:
    """Time of each row, from the last level of the index; None if that is of a kind that has no order."""
    if index is None:
        return None
    index = native_times(index.get_level_values(-1) if isinstance(index, pd.MultiIndex) else index)
    numeric = pd.api.types.is_numeric_dtype(index.dtype) and not pd.api.types.is_bool_dtype(index.dtype)
    return index if numeric or isinstance(index, Times) else None


def native_times(index: pd.Index) -> pd.Index:
    """Return an index whose times (those of the last level) are of pandas' own types, and its numbers of numpy's.

    Arrow has types of its own for both, nullable integers are objects to numpy, and so are dates of Python.
    """
    if isinstance(index, pd.MultiIndex):
        times: Any = native_times(index.levels[-1])
        return index.set_levels(times, level=-1)
    if isinstance(index, Times):
        return index
    if getattr(index.dtype, "kind", "O") == "m":
        return pd.TimedeltaIndex(index)
    if index.inferred_type in ("date", "datetime", "datetime64"):
        return pd.DatetimeIndex(index)
    if pd.api.types.is_extension_array_dtype(index.dtype) and index.inferred_type in ("integer", "floating"):
        whole = index.inferred_type == "integer" and not index.hasnans
        return pd.Index(index.to_numpy(dtype=np.int64 if whole else np.float64), name=index.name)
    return index


def time_numbers(times: pd.Index) -> Array:
    """Return times as numbers in the same order."""
    if isinstance(times, Times):
        return times.astype("int64").to_numpy()
    return times.to_numpy(dtype=np.float64 if pd.api.types.is_float_dtype(times.dtype) else np.int64)


def check_order(times: pd.Index, widths: Ints, rows: Ints, ids: pd.Index | None = None, name: str = "X") -> None:
    """Raise an error if times do not increase within each series.

    Parameters
    ----------
    times : pandas.Index
        Time of each row, series after series.
    widths : ndarray of shape (n_series,)
        Rows of each series.
    rows : ndarray of shape (n_rows,)
        Where each of them is in X, for messages.
    ids : pandas.Index of length n_series, optional
        What the user calls each series, for messages.
    name : str, default="X"
        What has the index.
    """
    if times.hasnans:
        row = int(rows[times.isna()].min())
        raise ValueError(f"The index of {name} has a missing time in row {row}; fill it in or drop the row.")
    numbers = time_numbers(times)  # times of any kind compare as numbers do
    place = first_within(numbers[1:] <= numbers[:-1], widths)
    if place is None:
        return
    before, row = (int(number) for number in rows[place : place + 2])
    earlier, time = times[place], times[place + 1]
    whose = None if ids is None else quoted(ids[int(np.searchsorted(np.cumsum(widths), place, side="right"))])
    if time == earlier and whose is not None:
        raise ValueError(
            f"{name} has two rows of the same time in series {whose}: rows {before} and {row} (index {time}). Keep one "
            "of them."
        )
    if time == earlier:
        raise ValueError(
            f"{name} has two rows of the same time and series: rows {before} and {row} (index {time}). Keep one "
            f"of them, for example with {name}[~{name}.index.duplicated()]; if X holds several series, give series= or "
            "an index of two levels."
        )
    raise ValueError(
        f"{name} is not in time order: row {row} (index {time}) comes after row {before} (index {earlier}), of "
        f"{'the same series' if ids is None else f'series {whose}'}. Sort X, and y with it, for example with "
        f"{name}.sort_index(); if X holds several series, give series= or an index of two levels; and "
        "split with TimeSeriesSplit or shuffle=False, never by shuffling."
    )
