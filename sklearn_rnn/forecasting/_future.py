"""The rows behind the last of each series: their index, and what is known of them ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .._data.checks import quoted
from .._data.clock import continued
from .._data.frames import as_pandas
from .._data.numbers import finite_numbers
from .._data.sequences import Array
from .._data.series import native_times
from .._data.tables import Context, Panel
from ._columns import Columns
from ._intervals import Sources
from ._plan import Origins


@dataclass(frozen=True, eq=False)
class Future:
    """Rows to come: a panel that ends with them, the newest rows before them, their index, and sources of series."""

    panel: Panel
    origins: Origins
    index: pd.Index
    sources: Sources

    @classmethod
    def of(cls, context: Context, rows: Array, index: pd.Index, sources: Sources) -> Future:
        """Put rows, of shape (n_series, n, n_columns), behind those of a context."""
        panel = context.rows.before(rows)
        # Series of 3 and 2 rows with 2 to come are rows 0-4 and 5-8; the newest known ones are rows 2 and 6.
        newest = panel.firsts + context.rows.widths - 1
        return cls(panel, Origins(newest, panel.firsts), index, sources)


def index_ahead(context: Context, n: int) -> pd.Index:
    """Return the index of the next `n` rows of each series.

    Raises
    ------
    ValueError
        If the step of time of a series is not known.
    """
    if None in context.steps:
        raise ValueError(
            "The index can't be continued: there is no step of time from one row alone, nor in an index of texts. "
            "Give more rows, an index with a freq, or one of numbers, such as that of X.reset_index(drop=True)."
        )
    times = [continued(last, step, n) for last, step in zip(context.last, context.steps, strict=True)]
    ids = context.rows.ids
    if ids is None:
        return times[0].rename(context.name)
    # append, not concat of numbers: it keeps the kind of the times, and their time zone.
    joined = times[0].append(times[1:]) if len(times) > 1 else times[0]
    levels = [ids.get_level_values(level).repeat(n) for level in range(ids.nlevels)]
    return pd.MultiIndex.from_arrays([*levels, joined], names=[*ids.names, context.name])


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
    given = as_pandas(known)
    if given is not known and isinstance(given, pd.DataFrame) and len(given) == len(index):
        known = given.set_axis(index)  # a table without an index: rows are in order, and columns have names
    if known is None:
        raise ValueError(
            f"Columns {quoted(names)} are known ahead: give their values for the rows to come, known= of shape "
            f"{shape}, from {index[0]} to {index[-1]}."
        )
    values = (
        _matched(known, columns, names, index) if isinstance(known, pd.DataFrame | pd.Series) else np.asarray(known)
    )
    if values.shape != shape:
        raise ValueError(
            f"known must hold columns {quoted(names)} of the {shape[0]} rows to come, shape {shape}; got "
            f"{values.shape}."
        )
    rows[:, columns.known] = finite_numbers(
        "known",
        values,
        place=lambda at: f"in column {quoted(names[at[1]])} at {index[at[0]]}",
        hint="expected a number per row to come and known column.",
        remedy="give every value.",
    )
    return rows.reshape(n_series, -1, rows.shape[1])


def _matched(known: Any, columns: Columns, names: list[Any], index: pd.Index) -> Array:
    """Find the rows of a DataFrame by its index."""
    frame = known.to_frame() if isinstance(known, pd.Series) else known
    # The whole table is fine, too: users have their plans in it, and the other columns are not looked at.
    if sorted(map(str, frame.columns)) not in (sorted(names), sorted(columns.names[: columns.n_inputs])):
        raise ValueError(
            f"known has columns {quoted(list(frame.columns))}; expected the columns known ahead, {quoted(names)} (or "
            "all of X, of which the others are not looked at)."
        )
    if not frame.index.is_unique:
        raise ValueError(f"known has several rows for {frame.index[frame.index.duplicated()][0]}; give one.")
    places = native_times(frame.index).get_indexer(index)
    missing = np.flatnonzero(places < 0)
    if len(missing):
        raise ValueError(
            f"known has no row for {index[missing[0]]}; it needs the {len(index)} rows from {index[0]} to {index[-1]}."
        )
    return frame[names].to_numpy()[places]
