"""The newest rows of a table, series by series, and the rows that follow them, in every form that a user may give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..exceptions import TimeGapWarning
from .caller import warn_caller
from .checks import check_array_like, quoted
from .clock import continued, next_time, plain, whole_step
from .sequences import Array, Ints
from .series import check_order, group_series, match_series, read_series, times_of


@dataclass(frozen=True, eq=False)
class NewestRows:
    """The newest rows of each series, and the time that comes next.

    Parameters
    ----------
    table : pandas.DataFrame
        The rows, in time order within each series.
    ids : pandas.Index of length n_series or None
        What the user calls each series; None for a single one without a name.
    last : list of length n_series
        Time of the newest row of each series, which outlives the row; None where none has been read.
    steps : list of length n_series
        Step of time of each series; None where it is not known.
    """

    table: pd.DataFrame
    ids: pd.Index | None
    last: list[Any]
    steps: list[Any]

    @classmethod
    def none_yet(cls, columns: Any) -> NewestRows:
        """Begin a single series, of which nothing is known but its columns."""
        return cls(pd.DataFrame(columns=columns, index=pd.RangeIndex(0), dtype=float), None, [None], [None])

    @classmethod
    def of(cls, X: Any, columns: Any = None) -> NewestRows:
        """Take the rows of a table, which has at least one; `columns` names those of an array."""
        check_array_like("history", X, "a table, 2-D, with a row per time step")
        if not isinstance(X, pd.DataFrame):
            X = _named(np.asarray(X), columns)
        if len(X) == 0:
            raise ValueError("history has no rows; leave it out to begin without any.")
        table = X
        if times_of(X.index) is None and not isinstance(X.index, pd.MultiIndex):
            table = X.set_axis(pd.RangeIndex(len(X)))  # labels without an order: rows are numbered
        codes, ids = read_series(table.index, None, len(table))
        times, widths = _times_by_series(table.index, codes)
        newest = np.cumsum(widths) - 1
        owns = (slice(row + 1 - width, row + 1) for row, width in zip(newest, widths, strict=True))
        return cls(table, ids, [plain(times[row]) for row in newest], [whole_step(times[own]) for own in owns])

    @property
    def n_series(self) -> int:
        """Number of series."""
        return len(self.last)

    def read(self, X: Any) -> pd.DataFrame:
        """Return rows as a table with the same columns, whose times follow."""
        if isinstance(X, pd.DataFrame):
            rows = self._by_name(X)
        elif isinstance(X, Mapping | pd.Series):
            rows = self._by_name(self._one_row(pd.Series(X)))
        else:
            rows = self._unlabelled(np.asarray(X))
        if len(rows) == 0:
            raise ValueError("There is no row to read.")
        if self.ids is None and times_of(rows.index) is None:
            rows = rows.set_axis(self._index(len(rows)))
        self.check_follows(rows)
        return rows

    def check_follows(self, rows: pd.DataFrame) -> None:
        """Raise an error or warn if rows do not follow those of their series."""
        codes, ids = read_series(rows.index, None, len(rows))
        if (ids is None) != (self.ids is None):
            told = "none" if self.ids is None else f"series {quoted(list(self.ids[:10]))}"
            raise ValueError(
                f"The index of the rows has {rows.index.nlevels} level(s), but that of the history tells {told}."
            )
        places = np.zeros(1, dtype=np.int64)
        if ids is not None and self.ids is not None:
            places = match_series(ids, self.ids)
            if (places < 0).any():
                raise ValueError(
                    f"The rows have the series {quoted(list(ids[places < 0][:10]))}, but the stream has "
                    f"{quoted(list(self.ids[:10]))}; give a history in which every series has a row."
                )
        times, widths = _times_by_series(rows.index, codes)
        for place, end, width in zip(places, np.cumsum(widths), widths, strict=True):
            self._check_times(times[end - width : end], int(place))

    def joined(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Put rows behind these."""
        return rows if len(self.table) == 0 else pd.concat([self.table, rows])

    def after(self, table: pd.DataFrame, rows: pd.DataFrame, n: int) -> NewestRows:
        """Keep the newest `n` rows of each series of a table: these rows, and those read since."""
        last = list(self.last)
        if self.ids is None:
            last = [plain(rows.index[-1])]
        else:
            for place, label in zip(self.places_of(rows), rows.index, strict=True):
                last[place] = plain(label[-1])
        return replace(self, table=table, last=last).kept(n)

    def places_of(self, rows: pd.DataFrame) -> Ints:
        """Find the series of each row: its number, or -1."""
        if self.ids is None:
            return np.zeros(len(rows), dtype=np.int64)
        return match_series(series_labels(rows.index), self.ids)

    def kept(self, n: int) -> NewestRows:
        """Keep the newest `n` rows of each series."""
        return replace(self, table=self.table.iloc[self.newest(n)])

    def newest(self, n: int) -> Ints:
        """Find the newest `n` rows of each series in the table."""
        if self.ids is None:
            return np.arange(max(len(self.table) - n, 0), len(self.table))
        places = pd.Series(self.places_of(self.table))
        return np.flatnonzero(places.groupby(places).cumcount(ascending=False) < n)

    def counts(self) -> Ints:
        """Count the rows of each series."""
        return np.bincount(self.places_of(self.table), minlength=self.n_series)

    def without(self, series: Any = None) -> NewestRows:
        """Forget the rows of a series, or of a list of them; of all if None."""
        if series is None:
            return self.kept(0)
        ids = pd.RangeIndex(1) if self.ids is None else self.ids
        several = pd.api.types.is_list_like(series) and not isinstance(series, tuple)
        wanted = pd.Index(series if several else [series])
        forgotten = match_series(wanted, ids)
        if (forgotten < 0).any():
            raise ValueError(
                f"The stream has no series {quoted(list(wanted[forgotten < 0][:10]))}; it has {quoted(list(ids[:10]))}."
            )
        return replace(self, table=self.table[~np.isin(self.places_of(self.table), forgotten)])

    def ahead(self, n: int, known: Any) -> pd.DataFrame:
        """Return the next `n` rows of every series: what is known of them, and else the values of its newest row."""
        if (self.counts() == 0).any():
            raise ValueError("A series has no row yet from which to forecast; read some first, or give history=.")
        rows = pd.DataFrame(index=self._index(n)) if known is None else self._known(n, known)
        self.check_follows(rows)
        places = self.places_of(rows)
        if (np.bincount(places, minlength=self.n_series) != n).any():
            raise ValueError(f"known has {len(rows)} rows; expected {n}, the rows up to the one that is forecast.")
        newest = self.newest(1)
        # Rows of series may be in any order: the newest of the second may come before that of the first.
        of_series = newest[np.argsort(self.places_of(self.table.iloc[newest]))]
        filled = self.table.iloc[of_series[places]].set_axis(rows.index)
        for name in rows.columns:
            filled[name] = rows[name].to_numpy()
        return filled

    def _known(self, n: int, known: Any) -> pd.DataFrame:
        rows = known if isinstance(known, pd.DataFrame) else pd.DataFrame(known, index=self._index(n))
        unknown = [name for name in rows.columns if name not in self.table.columns]
        if unknown:
            raise ValueError(
                f"known has the columns {quoted(unknown)}, which are none of {quoted(list(self.table.columns))}."
            )
        return rows

    def _one_row(self, row: pd.Series) -> pd.DataFrame:
        if row.name is None and self.n_series > 1:
            raise ValueError(
                f"A row without a name may be of any of the {self.n_series} series; give a DataFrame with its index."
            )
        index = self._index(1) if row.name is None else pd.Index([row.name])
        return pd.DataFrame([row.to_list()], index=index, columns=row.index).infer_objects()

    def _by_name(self, rows: pd.DataFrame) -> pd.DataFrame:
        columns = self.table.columns
        if rows.columns.equals(columns):
            return rows
        missing = [name for name in columns if name not in rows.columns]
        extra = [name for name in rows.columns if name not in columns]
        if missing or extra:
            raise ValueError(
                f"The row must have the columns {quoted(list(columns))}; it lacks {quoted(missing)} and has "
                f"{quoted(extra)} besides."
            )
        return rows[columns]

    def _unlabelled(self, values: Array) -> pd.DataFrame:
        """Return an array as a table: a row of each series, or rows of a single one."""
        one_each = (self.n_series, len(self.table.columns))
        if values.ndim < 2 and values.size == np.prod(one_each) and 1 in one_each:
            values = values.reshape(one_each)  # of one series, or of a single feature
        if values.ndim != 2 or values.shape[1] != one_each[1] or (self.ids is not None and values.shape != one_each):
            raise ValueError(
                f"The rows have shape {values.shape}; expected {one_each}, a row per series and a column per feature; "
                "for other rows give a DataFrame with their index."
            )
        index = self._index(len(values) // self.n_series)
        return pd.DataFrame(values, index=index, columns=self.table.columns).infer_objects()

    def _index(self, n: int) -> pd.Index:
        """Return the index of the next `n` rows of every series."""
        names = self.table.index.names
        if self.ids is None:
            return self._next_times(0, n).rename(names[0])
        labels = [label if isinstance(label, tuple) else (label,) for label in self.ids]
        rows = [(*label, time) for i, label in enumerate(labels) for time in self._next_times(i, n)]
        return pd.MultiIndex.from_tuples(rows, names=names)

    def _next_times(self, place: int, n: int) -> pd.Index:
        last, step = self.last[place], self.steps[place]
        if last is None:
            return pd.RangeIndex(n)
        if step is None and isinstance(last, int):
            step = 1
        if step is None:
            raise ValueError(
                "The times of rows without an index are not known, because the index of the rows before them has no "
                "regular step; give a DataFrame, or a Series whose name is its time."
            )
        return continued(last, step, n)

    def _check_times(self, times: pd.Index, place: int) -> None:
        """Compare times with the newest one of their series, and with those that come next."""
        last, step = self.last[place], self.steps[place]
        if last is None:
            return
        whose = "" if self.ids is None else f" of series {quoted(self.ids.tolist()[place])}"
        try:
            follows = bool(times[0] > last)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"The new row{whose} has the index {quoted(times[0])}, but the row before it {quoted(last)}; give "
                "its time, or an array or dict, which has none."
            ) from error
        if not follows:
            raise ValueError(
                f"The new row{whose} (index {times[0]}) does not come after the newest one read (index {last}). Give "
                "rows in time order, each once."
            )
        if step is None:
            return
        expected = pd.Index([next_time(last, step)]) if len(times) == 1 else continued(last, step, len(times))
        wrong = np.asarray(times != expected)
        if wrong.any():
            first = int(np.argmax(wrong))
            warn_caller(
                f"There is a gap before the new row{whose} of {times[first]}: the row of {expected[first]} was "
                "expected. Lags count rows, so the rows before the gap are read as if they came right before it. Give "
                "the rows that are missing, or reset the stream.",
                TimeGapWarning,
            )


def series_labels(index: pd.Index) -> pd.Index:
    """Return what the user calls the series of each row, from an index of two or more levels."""
    assert isinstance(index, pd.MultiIndex)
    return index.droplevel(-1)


def _named(values: Array, columns: Any) -> pd.DataFrame:
    if values.ndim != 2:
        raise ValueError(f"history has {values.ndim} dimensions; expected a table, 2-D, with a row per time step.")
    return pd.DataFrame(values, columns=columns)


def _times_by_series(index: pd.Index, codes: Ints | None) -> tuple[pd.Index, Ints]:
    """Return times, series after series, and the number of rows of each; an error if they are not in order."""
    times = times_of(index)
    if times is None:
        raise ValueError(f"The index of the rows has the dtype {index.dtype}; expected times or numbers.")
    widths, order = group_series(codes, len(times))
    times = times if order is None else times[order]
    check_order(times, widths, np.arange(len(times)) if order is None else order)
    return times, widths
