"""The rows behind the last of each series: their times, and what is known of them ahead."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from .._data.clock import continued
from .._data.sequences import Array, offsets
from .._data.tables import Rows
from ._columns import Columns
from ._intervals import Source, Sources
from ._track import Origins, Track


@dataclass(frozen=True, eq=False)
class Past:
    """The newest rows of each series, and the clock that goes on from them.

    Parameters
    ----------
    rows : Rows
        Rows of each series, without times.
    last : list of length n_series
        Time of the newest row of each series.
    steps : list of length n_series
        Step of time of each series; None where a single row tells none.
    name : object
        Name of the index.
    """

    rows: Rows
    last: list[Any]
    steps: list[Any]
    name: Any = None

    @classmethod
    def of(cls, rows: Rows, steps: list[Any], n: int) -> Past:
        """Keep the last `n` rows of each series."""
        widths, order = rows.grouping
        newest = offsets(widths) + widths - 1
        if rows.times is None:
            return cls(rows.last(n), [int(width) - 1 for width in widths], steps)
        times = rows.times[newest if order is None else order[newest]]
        return cls(replace(rows.last(n), times=None), list(times), steps, rows.times.name)

    @property
    def following(self) -> list[Any]:
        """Time that comes next in each series; None where steps have no common length."""
        return [
            None if step is None else continued(last, step, 1).tolist()[0]
            for last, step in zip(self.last, self.steps, strict=True)
        ]

    def found_in(self, rows: Rows) -> Sources:
        """Find each series of `rows` that holds the newest row of a series here, by its time; None for others."""
        sources: Sources = [None] * rows.n_series
        if rows.times is None:
            return sources
        widths, order = rows.grouping
        times = rows.times if order is None else rows.times[order]
        for i, (begin, width, number) in enumerate(zip(offsets(widths), widths, rows.sources(self.rows), strict=True)):
            places = times[begin : begin + width].get_indexer(pd.Index([self.last[number]]))
            if number >= 0 and places[0] >= 0:
                sources[i] = Source(int(number), int(places[0]))
        return sources

    def index(self, n: int) -> pd.Index:
        """Return the index of the next `n` rows of each series.

        Raises
        ------
        ValueError
            If the step of time of a series is not known.
        """
        if None in self.steps:
            raise ValueError(
                "The index can't be continued: there is no step of time from one row alone, nor in an index of texts. "
                "Give more rows, an index with a freq, or one of numbers, such as that of X.reset_index(drop=True)."
            )
        times = [continued(last, step, n) for last, step in zip(self.last, self.steps, strict=True)]
        ids = self.rows.ids
        if ids is None:
            return times[0].rename(self.name)
        joined = times[0].append(times[1:]) if len(times) > 1 else times[0]
        levels = [ids.get_level_values(level).repeat(n) for level in range(ids.nlevels)]
        return pd.MultiIndex.from_arrays([*levels, joined], names=[*ids.names, self.name])

    def extended(self, ahead: Array) -> tuple[Track, Origins]:
        """Return a track with rows behind each series, and the origins that are the newest rows before.

        Parameters
        ----------
        ahead : ndarray of shape (n_series, n, n_columns)
            What is known of the rows to come; NaN else.
        """
        n_series, n = ahead.shape[:2]
        rows = self.rows
        table = np.concatenate([rows.table, ahead.reshape(n_series * n, -1)])
        codes = None if rows.codes is None else np.concatenate([rows.codes, np.repeat(np.arange(n_series), n)])
        track, _ = Track.of(Rows(table, codes, rows.ids))
        ends = offsets(track.widths) + track.widths
        return track, track.before(ends - 1, n)


def rows_ahead(columns: Columns, known: Any, index: pd.Index, n_series: int) -> Array:
    """Return the rows to come, of shape (n_series, n, n_columns): known columns, and NaN.

    Parameters
    ----------
    columns : Columns
        Columns of the table.
    known : DataFrame, array-like of shape (n_series * n, n_known), or None
        Values of the known columns; a DataFrame is matched by its index.
    index : pandas.Index of length n_series * n
        Index of the rows to come.
    n_series : int
        Number of series.

    Raises
    ------
    ValueError
        If values are missing, or there are columns that are not known ahead.
    """
    rows = np.full((len(index), len(columns.names)), np.nan)
    names = [columns.names[i] for i in columns.known]
    if not names:
        if known is not None:
            raise ValueError(
                "known= was given, but this forecaster has no known columns; name them in known when making it."
            )
        return rows.reshape(n_series, -1, rows.shape[1])
    shape = (len(index), len(names))
    if known is None:
        raise ValueError(
            f"Columns {names} are known ahead: give their values for the rows to come, known= of shape {shape}, from "
            f"{index[0]} to {index[-1]}."
        )
    values = (
        _matched(known, columns, names, index) if isinstance(known, pd.DataFrame | pd.Series) else np.asarray(known)
    )
    if values.shape != shape:
        raise ValueError(
            f"known must hold columns {names} of the {shape[0]} rows to come, shape {shape}; got {values.shape}."
        )
    try:
        values = values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"known must be numbers, but it holds others ({error}).") from error
    if not np.isfinite(values).all():
        row, column = (int(i) for i in np.argwhere(~np.isfinite(values))[0])
        raise ValueError(f"known has NaN or infinity in column {names[column]!r} at {index[row]}; give every value.")
    rows[:, columns.known] = values
    return rows.reshape(n_series, -1, rows.shape[1])


def _matched(known: Any, columns: Columns, names: list[Any], index: pd.Index) -> Array:
    """Find the rows of a DataFrame by its index."""
    frame = known.to_frame() if isinstance(known, pd.Series) else known
    if sorted(map(str, frame.columns)) not in (sorted(names), sorted(columns.names[: columns.n_inputs])):
        raise ValueError(
            f"known has columns {list(frame.columns)}; expected the columns known ahead, {names} (or all of X, of "
            "which the others are not looked at)."
        )
    if not frame.index.is_unique:
        raise ValueError(f"known has several rows for {frame.index[frame.index.duplicated()][0]}; give one.")
    places = frame.index.get_indexer(index)
    missing = np.flatnonzero(places < 0)
    if len(missing):
        raise ValueError(
            f"known has no row for {index[missing[0]]}; it needs the {len(index)} rows from {index[0]} to {index[-1]}."
        )
    return frame[names].to_numpy()[places]


@dataclass(frozen=True, eq=False)
class Ahead:
    """Rows to come: a track that ends with them, the newest rows before them, and their index."""

    track: Track
    origins: Origins
    index: pd.Index
    sources: Sources
