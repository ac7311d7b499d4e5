"""What a framer remembers of the rows it has seen, and which of them lie before rows that come later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd

from .clock import next_time, plain, whole_step
from .sequences import Array
from .tables import Panel

# Rows that tell the training table where no time does: of fewer, others may have the same values by chance.
FIRST_ROWS = 8

KEEP_INDEX = (
    "If a transformer before the framer returned a plain array, put the framer first, as in "
    "make_pipeline(ShiftFramer(...), SequenceScaler(), ...), or call .set_output(transform='pandas') on that "
    "transformer; else give X its index, or the rows before X to set_context"
)
ONE_KIND = "Give X an index of the same kind, or the rows before X to set_context"
ONE_STEP = "Bring the index to one step of time, or give the rows before X to set_context"
FILL_IN = "Give the rows in between to partial_fit first, or the rows before X to set_context"
FROM_START = (
    "Give the table from its first row on and take the rows of interest from the result, or give the rows before X to "
    "set_context"
)
NUMBER_ON = "Keep the index that the rows have in the whole table, or give the rows before X to set_context"


class Loss(NamedTuple):
    """Why rows are framed without their past, and what to do about it."""

    why: str
    remedy: str


class Place(NamedTuple):
    """How many remembered rows lie before later rows of their series, and why not all that there were."""

    before: int = 0
    loss: Loss | None = None


@dataclass(frozen=True, eq=False)
class Remembered:
    """Rows of one series.

    Parameters
    ----------
    table : ndarray of shape (n_rows, n_features)
        The newest rows.
    times : pandas.Index of length n_rows or None
        Their times; None if they have none.
    first : ndarray of shape (n_first_rows, n_features)
        The first rows of training.
    begin : object
        Time of the first row of training.
    step : object
        Step of time; None where it is not known.
    cut : bool
        Whether there were rows right before the newest, which are forgotten.
    """

    table: Array
    times: pd.Index | None
    first: Array
    begin: Any
    step: Any
    cut: bool

    @classmethod
    def of(cls, table: Array, times: pd.Index | None, reach: int) -> Self:
        """Remember twice the `reach` of a window, so that each of the newest `reach` rows has its whole past."""
        n = max(2 * reach, 1)
        newest, begin, step = None, None, None
        if times is not None:
            newest, begin, step = times[-n:].copy(deep=True), plain(times[0]), whole_step(times)
        return cls(table[-n:].copy(), newest, table[: max(reach, FIRST_ROWS)].copy(), begin, step, len(table) > n)

    def place(self, table: Array, times: pd.Index | None, reach: int, *, comes_next: bool = False) -> Place:
        """Place later rows of this series; the training table itself, and rows before it, have lost nothing.

        Rows that are known to come next do so if no step of time says otherwise.
        """
        if self.times is None or times is None:
            who = "X" if times is None else "the training table"
            lost = Loss(f"{who} has no index of times or whole numbers", KEEP_INDEX)
            return Place(0, None if self._begins_like(table) else lost)
        time = plain(times[0])
        if not _same_kind(time, self.begin):
            kinds = f"{times.dtype}, that of training of {self.times.dtype}"
            return Place(0, Loss(f"the index of X is of another kind, {kinds}", ONE_KIND))
        # Counted from zero, rows of a DataFrame without an index of its own are no more than an array.
        if type(time) is int and time == self.begin == 0 and not self._begins_like(table):
            lost = Loss("the index of X counts from 0, as that of training did, but over other rows", NUMBER_ON)
            return Place(0, lost)
        return self._place_in_time(time, reach, comes_next)

    def begins_with(self, times: pd.Index | None, place: Place) -> bool:
        """Tell whether rows at this place begin with the first row of training."""
        return place.loss is None and (times is None or plain(times[0]) == self.begin)

    def knows_step_of(self, times: pd.Index) -> bool:
        """Tell whether the step of these times is that of training."""
        return self.step is not None and _same_kind(plain(times[0]), self.begin)

    def and_then(self, table: Array, times: pd.Index | None, place: Place, reach: int) -> Remembered:
        """Remember rows behind those that they continue: all of them, and a whole window before the first."""
        kept = min(place.before, max(2 * reach - len(table), reach))
        own = slice(place.before - kept, place.before)
        if self.times is None or times is None or not _same_kind(plain(times[0]), self.begin):
            return Remembered.of(table, times, max(reach, len(table)))
        joined = self.times[own].append(times) if kept else times
        step = whole_step(joined) if self.step is None else self.step
        cut = own.start > 0 or (self.cut and kept > 0)
        return Remembered(np.concatenate([self.table[own], table]), joined, self.first, self.begin, step, cut)

    def _place_in_time(self, time: Any, reach: int, comes_next: bool) -> Place:
        """Place later rows by the time of the first of them."""
        assert self.times is not None
        before, n = int(self.times.searchsorted(time)), len(self.times)
        following = next_time(self.times[before - 1], self.step) if before else None
        is_seen = before < n and plain(self.times[before]) == time
        if is_seen or (following is not None and following == time):
            return Place(before, self._inside(time) if self.cut and before < reach else None)
        if before < n:
            return Place(0, self._inside(time) if time > self.begin else None)
        if following is not None:
            return Place(0, Loss(f"X begins at {time}, but after the rows seen comes {following}", FILL_IN))
        if comes_next:
            return Place(n)
        why = f"X begins at {time}, and the rows seen have no step of time to tell what comes next"
        return Place(0, Loss(why, ONE_STEP))

    def _begins_like(self, table: Array) -> bool:
        """Tell whether these rows begin as the training table did."""
        n = min(len(self.first), len(table))
        return np.array_equal(table[:n], self.first[:n], equal_nan=True)

    def _inside(self, time: Any) -> Loss:
        remembered = f"of the rows seen only the newest {len(self.table)} are remembered"
        return Loss(f"X begins at {time}, but {remembered}", FROM_START)


@dataclass(frozen=True, eq=False)
class Memory:
    """What is remembered of each series, by its id; None is the id of rows that are one series without a name."""

    series: dict[Any, Remembered]

    @classmethod
    def of(cls, panel: Panel, reach: int) -> Memory:
        """Remember the newest rows of a table."""
        return cls({key: Remembered.of(table, times, reach) for key, table, times in _series_of(panel)})

    def places(self, panel: Panel, reach: int, *, comes_next: bool = False) -> list[Place]:
        """Place each series of a table; one that training did not have has lost nothing."""
        known = ((self.series.get(key), table, times) for key, table, times in _series_of(panel))
        return [
            Place() if seen is None else seen.place(table, times, reach, comes_next=comes_next)
            for seen, table, times in known
        ]

    def before(self, panel: Panel, places: list[Place], reach: int) -> Panel:
        """Return the rows that lie before those of each series of a table, at most `reach` of them."""
        keys = [None] if panel.ids is None else list(panel.ids)
        tables = [next(iter(self.series.values())).table[:0]]
        for key, place in zip(keys, places, strict=True):
            if place.before:
                tables.append(self.series[key].table[max(place.before - reach, 0) : place.before])
        widths = np.array([min(place.before, reach) for place in places])
        return Panel(np.concatenate(tables), widths, np.arange(int(widths.sum())), panel.ids)

    def broken(self, panel: Panel, places: list[Place]) -> list[int]:
        """Return the series of a table that neither continue nor repeat what is remembered of them."""
        known = ((self.series.get(key), times) for key, _, times in _series_of(panel))
        return [
            i
            for i, ((seen, times), place) in enumerate(zip(known, places, strict=True))
            if seen is not None and place.before == 0 and not seen.begins_with(times, place)
        ]

    def and_then(self, panel: Panel, places: list[Place], reach: int) -> Memory:
        """Remember the rows of a table, too: behind those that they continue, else in their place."""
        series = dict(self.series)
        for (key, table, times), place in zip(_series_of(panel), places, strict=True):
            known = series.get(key)
            whole = max(reach, len(table))
            series[key] = (
                Remembered.of(table, times, whole) if known is None else known.and_then(table, times, place, reach)
            )
        return Memory(series)

    def steps(self, panel: Panel) -> list[Any]:
        """Return the step of time of each series of a table: that of training, or its own where there was none."""
        steps = []
        for key, _, times in _series_of(panel):
            seen = self.series.get(key)
            assert times is not None
            steps.append(seen.step if seen is not None and seen.knows_step_of(times) else whole_step(times))
        return steps


def _series_of(panel: Panel) -> Iterator[tuple[Any, Array, pd.Index | None]]:
    """Return the id, the rows and the times of each series of a table."""
    keys = [None] if panel.ids is None else list(panel.ids)
    for key, begin, width in zip(keys, panel.firsts, panel.widths, strict=True):
        own = slice(begin, begin + width)
        yield key, panel.table[own], None if panel.times is None else panel.times[own]


def _same_kind(time: Any, other: Any) -> bool:
    """Tell whether times can be compared, which dates with and without a time zone or a number and a date cannot."""
    try:
        return type(time) is type(other) and isinstance(time < other, bool | np.bool_)
    except (TypeError, ValueError):  # the second for periods of unlike frequencies
        return False
