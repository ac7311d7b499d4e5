"""The step of time of an index: found, checked for gaps, and continued."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from .sequences import Array, offsets
from .series import Times, time_numbers
from .tables import Rows

# Where an index has gaps, its frequency is looked for in blocks of this many rows, the longest first: 25 hold two
# years of months.
BLOCKS = (25, 8, 4)
MOST_BLOCKS = 100
MONTH = pd.DateOffset(months=1)
NOT_TIME = "If rows are steps whatever their times, number them instead, or give an array."


def steps_of(X: Any, rows: Rows) -> list[Any]:
    """Find the step of time of each series of X, whose rows are `rows`.

    It is an offset or a difference; None where it can't be known, from a single row or an index of texts.

    Raises
    ------
    ValueError
        If there is a gap in the times of a series, or they have no common step.
    """
    widths, order = rows.grouping
    if rows.times is None:
        has_other_index = isinstance(getattr(X, "index", None), pd.Index)
        return [None if has_other_index else 1] * len(widths)
    times = rows.times if order is None else rows.times[order]
    numbers = np.arange(len(times)) if order is None else order
    steps = []
    for begin, width in zip(offsets(widths), widths, strict=True):
        own = slice(begin, begin + width)
        steps.append(_regular_step(times[own], numbers[own]))
    return steps


def continued(last: Any, step: Any, n: int) -> pd.Index:
    """Return the `n` times after `last`."""
    if isinstance(last, pd.Timestamp):
        return pd.date_range(last + step, periods=n, freq=step)
    if isinstance(last, pd.Period):
        return pd.period_range(last + 1, periods=n, freq=last.freq)
    if isinstance(last, pd.Timedelta):
        return pd.timedelta_range(last + step, periods=n, freq=step)
    return pd.Index(last + step * np.arange(1, n + 1))


def _regular_step(times: pd.Index, rows: Array) -> Any:
    if len(times) == 1:
        return getattr(times, "freq", None)
    step = _usual_step(times)
    if step is None:
        raise ValueError(
            f"The index of X has no common step: row {rows[1]} (index {times[1]}) comes {times[1] - times[0]} after "
            f"row {rows[0]}, others come after other times. Lags count rows, so bring X to one step of time, for "
            f"example with X.resample('D').mean(). {NOT_TIME}"
        )
    wrong = _unlike(times, step)
    if wrong.any():
        late = int(np.argmax(wrong)) + 1
        freq = "pd.DateOffset(months=1)" if step == MONTH else repr(getattr(step, "freqstr", None))
        is_named = isinstance(step, pd.offsets.BaseOffset)
        usual = f"its series has the frequency {freq}" if is_named else f"the step of its series is {step}"
        fill = f"X.asfreq({freq})" if is_named else "X.reindex(...)"
        raise ValueError(
            f"There is a gap in time: row {rows[late]} (index {times[late]}) comes {times[late] - times[late - 1]} "
            f"after row {rows[late - 1]}, but {usual}. Lags count rows, so fill the gap in, as "
            f"{fill}.interpolate() does in a single series. {NOT_TIME}"
        )
    return step


def _usual_step(times: pd.Index) -> Any:
    """Return the step that most rows have; None if there is none."""
    if isinstance(times, pd.PeriodIndex):
        return times.freq
    if isinstance(times, pd.DatetimeIndex):
        freq = times.freq or _inferred(times) or _months(times)
        if freq is not None:
            return freq
    gaps = np.diff(time_numbers(times))
    usual = np.isclose(gaps, np.median(gaps), rtol=1e-6, atol=_rounding(times))
    if 2 * usual.sum() <= len(gaps):
        return None
    place = int(np.argmax(usual))
    return times[place + 1] - times[place]


def _inferred(times: pd.DatetimeIndex) -> Any:
    """Infer the frequency of the whole or, if it has gaps, of a part."""
    for size in (len(times), *BLOCKS):
        for begin in range(0, len(times) - size + 1, size)[:MOST_BLOCKS]:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of pandas 3: that it will answer the offset itself
                freq = pd.infer_freq(times[begin : begin + size]) if size > 2 else None
            if freq is not None:
                return pd.tseries.frequencies.to_offset(freq)
    return None


def _months(times: pd.DatetimeIndex) -> Any:
    """Return a month for times on some day of most months, which pandas has no name for; None for others."""
    days = np.diff(times.to_numpy()) / np.timedelta64(1, "D")
    are_months = np.mean((days >= 28) & (days <= 31)) > 0.5
    return MONTH if are_months and times[0].day <= 28 else None


def _unlike(times: pd.Index, step: Any) -> Array:
    """Tell for each row but the first whether it does not come one step after the row before."""
    if not isinstance(times, Times):
        return ~np.isclose(np.diff(times.to_numpy()), step, rtol=1e-6, atol=_rounding(times))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.PerformanceWarning)  # of offsets that can't be vectorised
        following = times[:-1].shift(1) if isinstance(times, pd.PeriodIndex) else times[:-1] + step
        return np.asarray(following != times[1:])


def _rounding(times: pd.Index) -> float:
    """Return how much a difference of times may be off because they are rounded."""
    if not pd.api.types.is_float_dtype(times.dtype):
        return 0.0
    return float(8 * np.finfo(np.float64).eps * np.abs(times.to_numpy()).max())
