"""Rows of a table, series after series with the time of each, and the newest of them as context of later rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import validate_data

from .checks import check_columns, naming_text, quoted
from .clock import next_time, plain, regular_steps
from .forms import Table, as_form
from .frames import as_pandas
from .sequences import Array, Ints, flat_rows, offsets
from .series import check_order, group_series, index_of, match_series, read_series, times_of


def read_panel(estimator: Any, X: Any, series: Any, *, reset: bool = False, y: Any = None) -> Panel:
    """Check a table for an estimator, and find the series and the time of each row.

    Parameters
    ----------
    estimator : estimator
        Compares X with what it was fitted to or, with `reset`, learns the features of X.
    X : array-like of shape (n_rows, n_features)
        The table.
    series : array-like of shape (n_rows,) or None
        Series of each row.
    reset : bool, default=False
        Whether this is a fit.
    y : object, default=None
        Its index has the times of the rows where X, an array, has none.

    Raises
    ------
    ValueError
        If X is no numeric table, its times do not increase within each series, or `series` is not one id per
        row.
    """
    X = as_pandas(X)
    if not isinstance(as_form(X), Table):
        raise ValueError(
            f"X is made of sequences already (3-D, or a list of them); {type(estimator).__name__} frames a "
            "table, 2-D, with one row per time step. For a panel, stack the series into one table and give "
            "series=."
        )
    check_columns(X)
    types = [np.float64, np.float32]  # what is neither becomes float64; NaN is padding, or for the caller to judge
    with naming_text("X", X):
        table = validate_data(estimator, X, reset=reset, dtype=types, ensure_all_finite=False, order="C")
    return Panel.of(X, table, series, y)


@dataclass(frozen=True, eq=False)
class Panel:
    """The rows of one or several series, series after series, each in time order.

    Rows are sorted once, where they enter; `positions` leads back to the rows of X.

    Parameters
    ----------
    table : ndarray of shape (n_rows, n_features)
        The values, series after series; the array of the user if its rows already are.
    widths : ndarray of shape (n_series,)
        Rows of each series.
    positions : ndarray of shape (n_rows_of_X,)
        Where each row of X is in the table.
    ids : pandas.Index of length n_series or None
        What the user calls each series; None if all rows are one series without a name.
    times : pandas.Index of length n_rows or None
        Time of each row of the table; None if the index of X, if any, is of a kind that has no order.
    """

    table: Array
    widths: Ints
    positions: Ints
    ids: pd.Index | None = None
    times: pd.Index | None = None

    @classmethod
    def of(cls, X: Any, table: Array, series: Any = None, y: Any = None) -> Panel:
        """Bring the rows of X, whose values are `table`, together by series, as an index or `series` tells them."""
        codes, ids = read_series(index_of(X), series, len(table))
        name, index = "X", index_of(X)
        if index is None and index_of(y) is not None and len(y) == len(table):
            name, index = "y", index_of(y)
        return cls.grouped(table, codes, ids, times_of(index), name)

    @classmethod
    def grouped(
        cls, table: Array, codes: Ints | None, ids: pd.Index | None, times: pd.Index | None = None, name: str = "X"
    ) -> Panel:
        """Bring rows together by the number of their series, `codes`; one series if None. `name` has the times."""
        widths, order = group_series(codes, len(table))
        positions = np.arange(len(table))
        if order is not None:
            # Rows of series a b a are sorted by order [0, 2, 1]; row 1 of X, of series b, is then at position 2.
            positions[order] = np.arange(len(table))
            table, times = table[order], None if times is None else times[order]
        if times is not None:  # errors name the rows of X
            check_order(times, widths, np.arange(len(table)) if order is None else order, ids, name)
        return cls(table, widths, positions, ids, times)

    @property
    def n_series(self) -> int:
        """Number of series."""
        return len(self.widths)

    @property
    def firsts(self) -> Ints:
        """First row of each series."""
        return offsets(self.widths)

    @cached_property
    def begins(self) -> Ints:
        """First row of the series of each row."""
        if self.n_series == 1:  # a single number in memory, whatever the length of the table
            return np.broadcast_to(np.int64(0), len(self.table))
        return np.repeat(self.firsts, self.widths)

    @property
    def begins_of_X(self) -> Ints:
        """First row, in the table, of the series of each row of X."""
        if self.n_series == 1:
            return np.broadcast_to(np.int64(0), len(self.positions))
        return self.begins[self.positions]

    @cached_property
    def cumcount(self) -> Ints:
        """Number of each row within its series, from 0."""
        return np.arange(len(self.table)) - self.begins

    @property
    def ids_of_X(self) -> pd.Index | None:
        """What the user calls the series of each row of X."""
        return None if self.ids is None else self.ids.repeat(self.widths)[self.positions]

    def arranged(self, values: Array) -> Array:
        """Bring values of the rows of X into the order of the table."""
        arranged = np.empty_like(values)
        arranged[self.positions] = values
        return arranged

    def last(self, n: int) -> Panel:
        """Copy the last `n` rows of each series."""
        kept = np.minimum(self.widths, n)
        rows = flat_rows(self.firsts + self.widths - kept, kept)
        times = None if self.times is None else self.times[rows]
        return Panel(self.table[rows], kept, np.arange(len(rows)), self.ids, times)

    def first(self, n: int) -> Panel:
        """Copy the first `n` rows of each series."""
        kept = np.minimum(self.widths, n)
        rows = flat_rows(self.firsts, kept)
        times = None if self.times is None else self.times[rows]
        return Panel(self.table[rows], kept, np.arange(len(rows)), self.ids, times)

    def sources(self, past: Panel) -> Ints:
        """Find each of these series in `past`: its number there, or -1."""
        if self.ids is None and past.ids is None:
            return np.zeros(1, dtype=np.int64)
        if self.ids is None or past.ids is None:
            return np.full(self.n_series, -1, dtype=np.int64)
        return match_series(self.ids, past.ids)

    def after(self, past: Panel, sources: Ints) -> Panel:
        """Put the rows of series ``sources[i]`` of `past` before those of series i; of none if -1.

        With rows x0 x1 of one series, y0 of another, and x as the only source in past, the table is
        past x, x0, x1, y0: every series stays a single range, and `positions` point at its own rows.
        """
        before = np.where(sources >= 0, past.widths[sources], 0)  # a source of -1 reads the last width, for nothing
        widths = before + self.widths
        firsts = offsets(widths)
        table = np.empty((int(widths.sum()), self.table.shape[1]), dtype=self.table.dtype)
        own = flat_rows(firsts + before, self.widths)
        table[own] = self.table
        table[flat_rows(firsts, before)] = past.table[flat_rows(past.firsts[sources], before)]
        return Panel(table, widths, own[self.positions], self.ids)

    def before(self, ahead: Array) -> Panel:
        """Put rows, of shape (n_series, n, n_features), behind those of each series."""
        n_series, n = ahead.shape[:2]
        behind = np.full(n_series, n)
        new = Panel(ahead.reshape(n_series * n, -1), behind, np.arange(n_series * n), self.ids)
        return new.after(self, np.arange(n_series))


@dataclass(frozen=True, eq=False)
class Context:
    """The newest rows of each series, and the time that comes next: what later rows continue.

    Parameters
    ----------
    rows : Panel
        The rows, without times.
    last : list of length n_series
        Time of the newest row of each series.
    steps : list of length n_series
        Step of time of each series; None where it is not known.
    name : object
        Name of the level of the index that holds the times.
    """

    rows: Panel
    last: list[Any]
    steps: list[Any]
    name: Any = None

    @classmethod
    def of(cls, panel: Panel, steps: list[Any], n: int) -> Context:
        """Keep the last `n` rows of each series; where there are no times, rows are counted from 0."""
        rows = replace(panel.last(n), times=None)
        if panel.times is None:
            return cls(rows, [int(width) - 1 for width in panel.widths], steps)
        newest = panel.times[panel.firsts + panel.widths - 1]
        return cls(rows, list(newest), steps, panel.times.name)

    @cached_property
    def following(self) -> list[Any]:
        """Time that comes next in each series; None where the step of time is not known."""
        return [next_time(last, step) for last, step in zip(self.last, self.steps, strict=True)]

    def sources(self, panel: Panel) -> Ints:
        """Find the series here that each series of `panel` continues: its number, or -1."""
        sources = panel.sources(self.rows)
        if panel.times is None:
            return np.full_like(sources, -1)
        for i, (source, first) in enumerate(zip(sources, panel.firsts, strict=True)):
            if source >= 0 and not _same_time(panel.times[first], self.following[source]):
                sources[i] = -1
        return sources


def steps_of(X: Any, panel: Panel) -> list[Any]:
    """Find the step of time of each series of X, whose rows are `panel`; 1 for arrays, None for an index of texts.

    Raises
    ------
    ValueError
        If there is a gap in the times of a series, or they have no common step.
    """
    if panel.times is None:
        has_other_index = isinstance(getattr(X, "index", None), pd.Index)
        return [None if has_other_index else 1] * panel.n_series
    return regular_steps(panel.times, panel.widths, np.argsort(panel.positions), panel.ids)


def column_positions(parameter: str, given: Any, names: Array | None, n_features: int) -> Ints:
    """Positions of the columns that a parameter names or numbers, in the order given."""
    columns: list[Any] = list(range(n_features)) if names is None else [str(name) for name in names]
    given = [] if given is None else list(given)
    missing = [item for item in given if not _is_column(item, columns, n_features)]
    if missing:
        why = f"its columns are {quoted(columns)}"
        if names is None and any(isinstance(item, str) for item in missing):
            why = "X came without names; give a DataFrame, or set_output(transform='pandas') in a pipeline"
        raise ValueError(f"{parameter}={quoted(missing)} are no columns of X: {why}.")
    positions = [columns.index(item) if isinstance(item, str) else range(n_features)[item] for item in given]
    return np.array(list(dict.fromkeys(positions)), dtype=np.int64)


def _is_column(item: Any, columns: list[Any], n_features: int) -> bool:
    if isinstance(item, str):
        return item in columns
    # True is an int to Python, but a mask given for positions would name columns 0 and 1.
    return (
        isinstance(item, int | np.integer)
        and not isinstance(item, bool)
        and int(item) in range(-n_features, n_features)
    )


def shift_known(table: Array, known: Ints, horizon: int, widths: Ints) -> Array:
    """Copy the table with the known columns moved `horizon` rows back in time within each series.

    A known column 1 2 3 4 of two series of two rows becomes 2 NaN 4 NaN by a horizon of 1: a window that ends at a
    row then holds what is known of the row after it.
    """
    moved = table.copy()
    moved[:-horizon, known] = table[horizon:, known]
    # The last rows of each series now hold the first ones of the next series, which nobody may see.
    lost = np.minimum(widths, horizon)
    moved[flat_rows(offsets(widths) + widths - lost, lost)[:, None], known] = np.nan
    return moved


def _same_time(time: Any, expected: Any) -> bool:
    """Compare times; those of unlike kinds are not the same."""
    time = plain(time)
    return type(time) is type(expected) and bool(time == expected)
