"""Rows for the gaps in the index of a table."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from .._data.checks import quoted
from .._data.clock import continued, whole_step
from .._data.sequences import Ints, offsets
from .._data.series import check_order, group_series, read_series, times_of


def regularize(table: Any, freq: Any = None) -> Any:
    """Add a row for each time that is missing from the index of a table, series by series.

    Lags count rows, so that a gap in the index makes neighbours of rows that are not. The rows that are added hold NaN,
    which `SequenceImputer` fills in.

    Parameters
    ----------
    table : DataFrame or Series
        Rows in time order. Its index holds times, periods, spans of time or integers; where it has two or more levels,
        every value of all levels but the last is a series of its own.
    freq : str, offset, Timedelta or int, default=None
        The step of time, as pandas writes it; a number of periods for periods, and of integers for integers. None takes
        that which most rows of a series come after, for each series by itself.

    Returns
    -------
    regular : DataFrame or Series
        A copy of the table from the first time of each series to its last, without gaps: series after series, in the
        order in which they appear. Columns keep their dtype if it has missing values, or if no row is added; integers
        become floats, as everywhere in pandas.

    Raises
    ------
    TypeError
        If the table is not of pandas.
    ValueError
        If its index has no times or integers, if they do not increase within each series, if a series has no usual
        step, if `freq` is none for its times, or if a time is no whole number of steps after the first.

    See Also
    --------
    SequenceImputer : Fills in the values that are missing.
    pandas.DataFrame.asfreq : The same for a single series of known frequency.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_rnn.preprocessing import regularize
    >>> days = pd.to_datetime(["2024-05-01", "2024-05-02", "2024-05-04", "2024-05-05"])
    >>> regularize(pd.DataFrame({"sales": [7, 8, 9, 5]}, index=days))
                sales
    2024-05-01    7.0
    2024-05-02    8.0
    2024-05-03    NaN
    2024-05-04    9.0
    2024-05-05    5.0
    """
    times = _times(table)
    codes, ids = read_series(table.index, None, len(table))
    widths, order = group_series(codes, len(table))
    order = np.arange(len(table)) if order is None else order
    times = times[order]
    check_order(times, widths, order, ids)
    grids, sources = [], []
    for i, (begin, width) in enumerate(zip(offsets(widths), widths, strict=True)):
        own = slice(begin, begin + width)
        whose = "" if ids is None else f" of series {quoted(ids[i])}"
        grids.append(_grid(times[own], freq, whose))
        sources.append(_sources(grids[-1], times[own], order[own], whose))
    return _with_rows(table, np.concatenate(sources), _index(table.index, grids, ids))


def _times(table: Any) -> pd.Index:
    """Return the time of each row, or raise an error for what is no table with times."""
    if not isinstance(table, pd.DataFrame | pd.Series):
        raise TypeError(
            f"table is of type {type(table).__name__}; expected a DataFrame or Series of pandas with times."
        )
    if len(table) == 0:
        raise ValueError("table has no rows, and so no times.")
    times = times_of(table.index)
    if times is None or pd.api.types.is_float_dtype(times.dtype):
        raise ValueError(
            f"The index of table has the dtype {table.index.get_level_values(-1).dtype}; expected times, periods, "
            "spans of time or integers, such as pd.to_datetime makes of texts."
        )
    return times


def _grid(times: Any, freq: Any, whose: str) -> pd.Index:
    """Return the times from the first to the last, one step apart."""
    if len(times) == 1:
        return times
    first, last = times[0], times[-1]
    step = whole_step(times) if freq is None else _step(times, freq)
    if step is None:
        raise ValueError(
            f"The index{whose} has no usual step: its rows come after different times, the first two "
            f"{times[1] - first} apart. Give freq=, or bring it to one step first, for example with "
            "table.resample('D').mean(), each series by itself."
        )
    if isinstance(times, pd.PeriodIndex):
        return continued(first - step, step, (last.ordinal - first.ordinal) // step.n + 1)
    if isinstance(times, pd.DatetimeIndex):
        if isinstance(step, pd.Timedelta) and step % pd.Timedelta(days=1) == pd.Timedelta(0):
            step = pd.offsets.Day(step.days)  # of 23 or 25 hours where clocks change
        return pd.date_range(first, last, freq=step).as_unit(times.unit)
    if isinstance(times, pd.TimedeltaIndex):
        return pd.timedelta_range(first, last, freq=step).as_unit(times.unit)
    return pd.Index(np.arange(int(first), int(last) + 1, step), dtype=times.dtype)


def _step(times: Any, freq: Any) -> Any:
    """Read the step of time that the user gave."""
    is_number = isinstance(freq, Integral) and int(freq) > 0
    try:
        if isinstance(times, pd.PeriodIndex):
            own: Any = times.freq
            step: Any = int(freq) * own if is_number else pd.Period(ordinal=1, freq=freq).freq
            if step.base == own.base:
                return step
        elif isinstance(times, pd.DatetimeIndex | pd.TimedeltaIndex):
            return pd.tseries.frequencies.to_offset(freq)
        elif is_number:
            return int(freq)
    except (TypeError, ValueError):  # of pandas: that it can't read freq
        pass
    raise ValueError(f"freq={quoted(freq)} is no step of an index of dtype {times.dtype}.")


def _sources(grid: pd.Index, times: pd.Index, rows: Ints, whose: str) -> Ints:
    """Return the row of the table at each time of the grid, -1 where there is none."""
    places = grid.get_indexer(times)
    if (places < 0).any():
        i = int(np.argmax(places < 0))
        step = grid[1] - grid[0] if len(grid) > 1 else getattr(grid, "freq", None)
        raise ValueError(
            f"Row {rows[i]} (index {times[i]}{whose}) is no whole number of steps after the first, {times[0]}; the "
            f"step is {step}. Give another freq=, or bring times to one step first, for example with "
            "table.resample('D').mean(), each series by itself."
        )
    sources = np.full(len(grid), -1, dtype=np.int64)
    sources[places] = rows
    return sources


def _index(index: pd.Index, grids: list[pd.Index], ids: pd.Index | None) -> pd.Index:
    """Return the times of all series, under the names that the index of the table has."""
    times = grids[0].append(grids[1:]) if len(grids) > 1 else grids[0]
    dtype = index.get_level_values(-1).dtype
    times = times.astype(dtype) if pd.api.types.is_extension_array_dtype(dtype) else times  # of Arrow, nullable
    if ids is None:
        return times.rename(index.name)
    repeated = ids.repeat([len(grid) for grid in grids])
    levels = [repeated.get_level_values(level) for level in range(ids.nlevels)]
    return pd.MultiIndex.from_arrays([*levels, times], names=index.names)


def _with_rows(table: Any, sources: Ints, index: pd.Index) -> Any:
    regular = table.reset_index(drop=True).reindex(sources)  # -1 is no row
    regular.index = index
    return regular
