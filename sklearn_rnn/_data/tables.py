"""Rows of a table with the series and the time of each, and the training rows that go before them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import validate_data

from .checks import check_columns
from .sequences import Array, Ints, flat_rows, offsets
from .series import (
    Times,
    check_order,
    group_series,
    index_of,
    match_series,
    read_series,
    time_numbers,
    times_of,
)

# Calendar steps (months, business days) are recognised in the newest rows: 25 hold two years of months.
CALENDAR_ROWS = 25


def read_rows(estimator: Any, X: Any, series: Any, *, reset: bool = False) -> Rows:
    """Check a table for an estimator, and find the series and the time of each row.

    Raises
    ------
    ValueError
        If X is no numeric table, its times do not increase within each series, or `series` is not one id per
        row.
    """
    if not _is_table(X):
        raise ValueError(
            f"X is made of sequences already (3-D, or a list of them); {type(estimator).__name__} frames a "
            "table, 2-D, with one row per time step. For a panel, stack the series into one table and give "
            "series=."
        )
    check_columns(X)
    types = [np.float64, np.float32]
    table = validate_data(estimator, X, reset=reset, dtype=types, ensure_all_finite=False, order="C")
    return Rows.of(X, table, series)


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a table, each in time order within its series.

    Parameters
    ----------
    table : ndarray of shape (n_rows, n_features)
        The values.
    codes : ndarray of shape (n_rows,) or None
        Number of the series of each row; None if all rows are one series.
    ids : pandas.Index of length n_series or None
        What the user calls each series; None if all rows are one series without a name.
    times : pandas.Index of length n_rows or None
        Time of each row; None if the index of X, if any, is of a kind that has no order.
    """

    table: Array
    codes: Ints | None = None
    ids: pd.Index | None = None
    times: pd.Index | None = None

    @classmethod
    def of(cls, X: Any, table: Array, series: Any = None) -> Rows:
        """Find the series and the time of each row of X, whose values are `table`."""
        rows = cls(table, *read_series(index_of(X), series, len(table)), times_of(index_of(X)))
        widths, order = rows.grouping
        if rows.times is not None:
            numbers = np.arange(len(table)) if order is None else order
            check_order(rows.times[numbers], widths, numbers)
        return rows

    @cached_property
    def grouping(self) -> tuple[Ints, Ints | None]:
        """Rows of each series, and the order that brings them together (None if they are)."""
        return group_series(self.codes, len(self.table))

    @property
    def n_series(self) -> int:
        """Number of series."""
        return len(self.grouping[0])

    @property
    def ids_of_rows(self) -> pd.Index | None:
        """What the user calls the series of each row."""
        return None if self.ids is None or self.codes is None else self.ids.take(self.codes)

    def places(self) -> tuple[Array, Ints, Ints]:
        """Bring the rows of each series together.

        Returns
        -------
        table : ndarray of shape (n_rows, n_features)
            Rows series after series; the same object if they already are.
        positions : ndarray of shape (n_rows,)
            Where each row is in that table.
        begins : ndarray of shape (n_rows,)
            Where the series of each row begins in that table.
        """
        widths, order = self.grouping
        positions = np.arange(len(self.table))
        if self.codes is None:
            return self.table, positions, np.broadcast_to(np.int64(0), positions.shape)
        begins = offsets(widths)[self.codes]
        if order is None:
            return self.table, positions, begins
        positions[order] = np.arange(len(order))
        return self.table[order], positions, begins

    def last(self, n: int) -> Rows:
        """Copy the last `n` rows of each series, series after series."""
        widths, order = self.grouping
        kept = np.minimum(widths, n)
        rows = flat_rows(offsets(widths) + widths - kept, kept)
        codes = None if self.codes is None else np.repeat(np.arange(len(kept)), kept)
        rows = rows if order is None else order[rows]
        return Rows(self.table[rows], codes, self.ids, None if self.times is None else self.times[rows])

    def sources(self, past: Rows) -> Ints:
        """Find each of these series in `past`: its number there, or -1."""
        if self.ids is None and past.ids is None:
            return np.zeros(1, dtype=np.int64)
        if self.ids is None or past.ids is None:
            return np.full(self.n_series, -1, dtype=np.int64)
        return match_series(self.ids, past.ids)

    def after(self, past: Rows, sources: Ints) -> Rows:
        """Put the rows of `past` first; series i goes on from series ``sources[i]``, from none if -1."""
        continued = np.flatnonzero(sources >= 0)
        own = np.full(past.n_series, -1, dtype=np.int64)
        own[sources[continued]] = continued
        own = own[0 if past.codes is None else past.codes]
        kept = np.broadcast_to(own >= 0, len(past.table))
        table = np.concatenate([past.table[kept].astype(self.table.dtype, copy=False), self.table])
        return Rows(table, None if self.codes is None else np.concatenate([own[kept], self.codes]))


@dataclass(frozen=True, eq=False)
class History:
    """What a framer keeps of the training table: its last rows, and the time that would come next.

    Parameters
    ----------
    rows : Rows
        Last rows of each series.
    following : list of length n_series
        Time one step after the last of each series; None where steps have no common length.
    """

    rows: Rows
    following: list[Any]

    @classmethod
    def of(cls, rows: Rows, n: int) -> History | None:
        """Keep the last `n` rows of each series; None if the rows have no times."""
        if rows.times is None or n == 0:
            return None
        widths, order = rows.grouping
        times = rows.times if order is None else rows.times[order]
        begins = offsets(widths)
        ends = begins + widths
        return cls(rows.last(n), [next_time(times[b:e]) for b, e in zip(begins, ends, strict=True)])

    def sources(self, rows: Rows) -> Ints:
        """Find the series that each series of `rows` goes on from: its number here, or -1."""
        sources = rows.sources(self.rows)
        if rows.times is None:
            return np.full_like(sources, -1)
        widths, order = rows.grouping
        first = offsets(widths) if order is None else order[offsets(widths)]
        for i, source in enumerate(sources):
            if source >= 0 and not _same_time(rows.times[first[i]], self.following[source]):
                sources[i] = -1
        return sources


def next_time(times: pd.Index) -> Any:
    """Return the time one step after the last; None if no step is as long as most of them are.

    Parameters
    ----------
    times : pandas.Index
        Increasing times of one series.
    """
    if len(times) < 2 or not (isinstance(times, Times) or pd.api.types.is_integer_dtype(times.dtype)):
        return None
    gaps = np.diff(time_numbers(times))
    sizes, counts = np.unique(gaps, return_counts=True)
    if isinstance(times, pd.DatetimeIndex):
        offset = times.freq
        if offset is None and len(sizes) > 1:
            offset = pd.DatetimeIndex(times[-CALENDAR_ROWS:], freq="infer").freq
        if offset is not None:
            return times[-1] + offset
    if 2 * counts.max() <= len(gaps):
        return None
    usual = int(np.argmax(gaps == sizes[np.argmax(counts)]))
    return _plain(times[-1]) + (_plain(times[usual + 1]) - _plain(times[usual]))


def _plain(time: Any) -> Any:
    return time.item() if isinstance(time, np.generic) else time


def _same_time(time: Any, expected: Any) -> bool:
    """Compare times; those of unlike kinds are not the same."""
    time = _plain(time)
    return type(time) is type(expected) and bool(time == expected)


def _is_table(X: Any) -> bool:
    if isinstance(X, list | tuple):
        try:
            X = np.asarray(X)
        except ValueError:  # items of unequal lengths
            return False
    if isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1:
        return not any(np.ndim(item) for item in X)
    return getattr(X, "ndim", 2) < 3
