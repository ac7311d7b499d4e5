"""The step of time of an index: found, looked through for gaps, and continued. All that asks for it asks here."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from ..exceptions import TimeGapWarning
from .caller import warn_caller
from .checks import quoted
from .sequences import Array, Ints, offsets
from .series import Times, time_numbers

# Where an index has gaps, its frequency is looked for in blocks of this many rows, the longest first: 25 hold two
# years of months. pandas needs three rows; of four, fewer have a frequency by chance.
BLOCKS = (25, 8, 4)
MOST_BLOCKS = 10  # of each size, spread over the index: a series without any frequency costs no more than 3 ms
LAST_SAFE_DAY = 28  # every month has it
HOLIDAYS = 5  # business days that a calendar may leave out in a row: exchanges close for a week at most
NOT_TIME = "If rows are steps whatever their times, number them instead, or give an array."


def usual_step(times: pd.Index) -> Any:
    """Return the step of time that most rows of a series come after.

    Parameters
    ----------
    times : pandas.Index of length n_rows
        Increasing times of one series.

    Returns
    -------
    offset, Timedelta, int, float or None
        What added to a time gives the next one; None if no step is that of most rows, or if a single row has no
        frequency.
    """
    if len(times) == 1:
        return getattr(times, "freq", None)
    if isinstance(times, pd.DatetimeIndex):
        if times.freq is not None:
            return times.freq
        # Calendar steps come first: of business days most are 24 hours apart, but Friday is not followed by Saturday.
        for find in (_inferred, _monthly):
            step = find(times)
            if step is not None and _is_of_most(_follows(times, step)):
                return step
    gaps = np.diff(time_numbers(times))
    usual = np.isclose(gaps, np.median(gaps), rtol=1e-6, atol=_rounding(times))
    if not _is_of_most(usual):
        return None
    place = int(np.argmax(usual))
    return plain(times[place + 1]) - plain(times[place])


def regular_steps(times: pd.Index, widths: Ints, rows: Ints, ids: pd.Index | None = None) -> list[Any]:
    """Find the step of time of each series, from which no row may differ.

    Parameters
    ----------
    times : pandas.Index of length n_rows
        Times, series after series, increasing within each.
    widths : ndarray of shape (n_series,)
        Rows of each series.
    rows : ndarray of shape (n_rows,)
        The row of X that each time belongs to, for messages.
    ids : pandas.Index of length n_series, optional
        What the user calls each series, for messages.

    Returns
    -------
    list of length n_series
        As from `usual_step`; None for a single row without a frequency.

    Raises
    ------
    ValueError
        If there is a gap in the times of a series, or they have no common step.
    """
    parts = [slice(begin, begin + width) for begin, width in zip(offsets(widths), widths, strict=True)]
    whose = [""] * len(parts) if ids is None else [f" of series {quoted(name)}" for name in ids]
    return [_regular_step(times[own], rows[own], of) for own, of in zip(parts, whose, strict=True)]


def whole_step(times: pd.Index) -> Any:
    """Return the `usual_step` of times that have one, whatever gaps there are; None of floats.

    Whether a row comes right after another would depend on rounding there.
    """
    return None if pd.api.types.is_float_dtype(times.dtype) else usual_step(times)


def warn_of_gaps(
    times: pd.Index, widths: Ints, rows: Ints, *, steps: list[Any] | None = None, ids: Any = None, name: str = "X"
) -> None:
    """Warn, once, if rows are missing between rows of a series whose times have a usual step.

    Parameters
    ----------
    times : pandas.Index of length n_rows
        Times, series after series, increasing within each.
    widths : ndarray of shape (n_series,)
        Rows of each series.
    rows : ndarray of shape (n_rows,)
        The row of X that each time belongs to, for the message.
    steps : list of length n_series, optional
        Step of time of each series, where it is known already; as `whole_step` finds it by default.
    ids : pandas.Index of length n_series or None
        What the user calls each series.
    name : str, default="X"
        What has the index.
    """
    firsts = offsets(widths)
    if steps is None:
        uneven = _uneven(times, widths)
        owns = (slice(first, first + n) for first, n in zip(firsts, widths, strict=True))
        steps = [whole_step(times[own]) if uneven[i] else None for i, own in enumerate(owns)]
    late = [first + _late(times[first : first + n], step) for first, n, step in zip(firsts, widths, steps, strict=True)]
    n_gaps = sum(map(len, late))
    if n_gaps == 0:
        return
    i = next(i for i, own in enumerate(late) if len(own))
    place, step = int(late[i][0]), steps[i]
    gaps = "a gap" if n_gaps == 1 else f"{n_gaps} gaps, the first" if len(widths) == 1 else f"{n_gaps} gaps, one"
    whose = "" if ids is None else f", of series {ids[i]!r}"
    freq = _written(step) if isinstance(step, pd.offsets.BaseOffset) else step
    warn_caller(
        f"The index of {name} has {gaps} before row {rows[place]}{whose}: {times[place]} comes after "
        f"{times[place - 1]}, but the usual step is {freq}. Rows are taken for neighbours in time all the same. "
        "regularize(table) adds the rows that are missing, which SequenceImputer or another imputer fills in.",
        TimeGapWarning,
    )


def next_time(last: Any, step: Any) -> Any:
    """Return the time one step after `last`; None if the step is not known."""
    return None if step is None else plain(last) + step


def continued(last: Any, step: Any, n: int) -> pd.Index:
    """Return the `n` times after `last`."""
    if isinstance(last, pd.Timestamp):
        return pd.date_range(last + step, periods=n, freq=step)
    if isinstance(last, pd.Period):
        # Not period_range(freq=step): periods of every second month are still months, not spans of two.
        return pd.PeriodIndex([last + k * step for k in range(1, n + 1)], freq=last.freq)
    if isinstance(last, pd.Timedelta):
        return pd.timedelta_range(last + step, periods=n, freq=step)
    return pd.Index(last + step * np.arange(1, n + 1))


def plain(time: Any) -> Any:
    """Return a number of numpy as one of Python: an int8 would overflow where an index continues beyond 127."""
    return time.item() if isinstance(time, np.generic) else time


def _regular_step(times: pd.Index, rows: Array, whose: str) -> Any:
    """Return the step of one series, or raise an error that names where it is broken."""
    step = usual_step(times)
    if len(times) == 1:
        return step
    if step is None:
        raise ValueError(
            f"The index of X has no common step: row {rows[1]}{whose} (index {times[1]}) comes {times[1] - times[0]} "
            f"after row {rows[0]}, others come after other times. Lags count rows, so bring X to one step of time, for "
            f"example with X.resample('D').mean(), each series by itself. {NOT_TIME}"
        )
    wrong = ~_follows(times, step)
    if wrong.any():
        raise _gap(times, rows, whose, step, late=int(np.argmax(wrong)) + 1)
    return step


def _gap(times: pd.Index, rows: Array, whose: str, step: Any, late: int) -> ValueError:
    """Return the error of a row, `late`, that does not come one step after the row before it."""
    usual = f"the step of its series is {step}"
    if isinstance(step, pd.offsets.BaseOffset):
        usual = f"its series has the frequency {_written(step)}"
    return ValueError(
        f"There is a gap in time: row {rows[late]}{whose} (index {times[late]}) comes {times[late] - times[late - 1]} "
        f"after row {rows[late - 1]}, but {usual}. Lags count rows, so add the rows that are missing, by "
        f"regularize(X), and fill them in, by SequenceImputer. {NOT_TIME}"
    )


def _written(step: Any) -> str:
    """Write an offset as a user would: by its short name, if pandas has one."""
    if type(step) is not pd.DateOffset:
        return repr(step.freqstr)
    return f"pd.DateOffset({', '.join(f'{name}={value}' for name, value in sorted(step.kwds.items(), reverse=True))})"


def _inferred(times: pd.DatetimeIndex) -> Any:
    """Infer the frequency of the whole or, if it has gaps, of a part."""
    for size in (len(times), *BLOCKS):
        apart = max(size, len(times) // MOST_BLOCKS)
        for begin in range(0, len(times) - size + 1, apart):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of pandas 3: that it will return the offset itself
                freq = pd.infer_freq(times[begin : begin + size]) if size > 2 else None
            if freq is not None:
                return pd.tseries.frequencies.to_offset(freq)
    return None


def _monthly(times: pd.DatetimeIndex) -> Any:
    """Return a month for times on one day of most months, which pandas has no name for; None for others.

    A day that not all months have is put off to the last they have: 30 January, 28 February, 30 March.
    """
    days = np.diff(times.to_numpy()) / np.timedelta64(1, "D")
    if not _is_of_most((days >= 28) & (days <= 31)):
        return None
    day = int(times.day.max())
    return pd.DateOffset(months=1) if day <= LAST_SAFE_DAY else pd.DateOffset(months=1, day=day)


def _follows(times: pd.Index, step: Any) -> Array:
    """Tell for each row but the first whether it comes one step after the row before."""
    if not isinstance(times, Times):
        return np.isclose(np.diff(times.to_numpy()), step, rtol=1e-6, atol=_rounding(times))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.PerformanceWarning)  # of offsets that can't be vectorised
        return np.asarray(times[:-1] + step == times[1:])


def _uneven(times: pd.Index, widths: Ints) -> Array:
    """Tell of each series whether it can have a gap: whether some rows are further apart than others, by half and more.

    Months differ by less, and a gap of one month among them by more. Of thousands of series few take a closer look.
    """
    apart = np.append(np.diff(time_numbers(times)).astype(np.float64), np.nan)
    apart[offsets(widths)[1:] - 1] = np.nan  # between series
    least, most = (extreme.reduceat(apart, offsets(widths)) for extreme in (np.fmin, np.fmax))
    return np.asarray(most >= 1.5 * least)


def _late(times: pd.Index, step: Any) -> Ints:
    """Return the places of rows that come two steps or more after the row before: those between are missing."""
    if step is None or len(times) < 2:
        return np.zeros(0, dtype=np.int64)
    places = np.flatnonzero(~_follows(times, step)) + 1
    before, own = times[places - 1], times[places]
    if not isinstance(times, Times):
        return places[own.to_numpy() - before.to_numpy() >= 2 * step]
    n_steps = 2 + HOLIDAYS if isinstance(step, pd.offsets.BusinessDay) else 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.PerformanceWarning)  # of offsets that can't be vectorised
        for _ in range(n_steps if len(places) else 0):
            before = before + step
    return places[np.asarray(own >= before)]


def _is_of_most(flags: Array) -> bool:
    """Tell whether more than half of the flags are set."""
    return bool(2 * np.count_nonzero(flags) > len(flags))


def _rounding(times: pd.Index) -> float:
    """Return how much a difference of times may be off because they are rounded."""
    if not pd.api.types.is_float_dtype(times.dtype):
        return 0.0
    # Each of the two times is off by half a unit in the last place; 8 leave room for indexes built by adding up.
    return float(8 * np.finfo(np.float64).eps * np.abs(times.to_numpy()).max())
