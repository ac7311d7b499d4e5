"""What a forecaster remembers of the rows it has read: which rows continue them, and which lack them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from .._data.caller import warn_caller
from .._data.clock import continued, plain, regular_steps
from .._data.sequences import Array, Ints
from .._data.tables import Context, Panel
from ..exceptions import ContextWarning
from ._intervals import Source, Sources

# Rows at the beginning of a series by which a table without times is known again.
HEAD = 8


@dataclass(frozen=True, eq=False)
class Past:
    """The newest rows of each series, and the first ones.

    Parameters
    ----------
    context : Context
        The newest rows.
    heads : Panel
        The first rows, with their times; without targets that are no columns of X.
    """

    context: Context
    heads: Panel

    @classmethod
    def of(cls, panel: Panel, steps: list[Any], n: int, n_inputs: int) -> Past:
        """Remember the last `n` rows of each series."""
        heads = panel.first(HEAD)
        return cls(Context.of(panel, steps, n), replace(heads, table=heads.table[:, :n_inputs]))

    def joined(self, panel: Panel) -> tuple[Panel, Sources]:
        """Put the newest rows before rows that continue them, and find where each series comes from."""
        numbers = self.context.sources(panel)
        sources = sources_by_time(panel, self.context)
        for i in np.flatnonzero(numbers >= 0):
            # All rows of the context lie before this series now, the newest of them as the last.
            sources[i] = Source(int(numbers[i]), int(self.context.rows.widths[numbers[i]]) - 1)
        return (panel.after(self.context.rows, numbers) if (numbers >= 0).any() else panel), sources

    def warn_of_lost(self, panel: Panel, needed: int, asks: str) -> None:
        """Warn of the rows of a panel whose past is not there, although it has been read.

        Parameters
        ----------
        panel : Panel
            Rows to be forecast.
        needed : int
            Rows that lie before a row that is forecast from all that is asked for.
        asks : str
            What asks for them, and a verb.
        """
        losses = self._losses(panel)
        if not losses:
            return
        n = int(np.minimum(panel.widths[list(losses)], needed).sum())
        warn_caller(
            f"{n} {'rows of X are' if n > 1 else 'row of X is'} forecast from less of the past than {asks}, although "
            f"it had been read: {_why(panel, losses)}. Give the rows before, too, and keep the forecasts of those that "
            "are wanted; or forecast(history=) from the rows before; or give rows in between to partial_fit first.",
            ContextWarning,
        )

    def warn_of_short(self, panel: Panel, needed: int, asks: str) -> None:
        """Warn of the series of a history that are shorter than what is asked for, although more had been read."""
        losses = {i: why for i, why in self._losses(panel).items() if panel.widths[i] < needed}
        if losses:
            n = int(panel.widths[list(losses)].min())
            warn_caller(
                f"The forecast is made from {n} row{'s' if n > 1 else ''} of history, less of the past than {asks}, "
                f"although it had been read: {_why(panel, losses)}. Let history hold the rows before, too, or begin "
                "right after the rows read.",
                ContextWarning,
            )

    def extended(self, panel: Panel, n: int) -> tuple[Panel, Ints, Sources, Past]:
        """Put rows behind those that they continue.

        Parameters
        ----------
        panel : Panel
            Rows that continue series, or are of new ones.
        n : int
            Rows to remember of each series.

        Returns
        -------
        joined : Panel
            The rows remembered of each series, and the new ones behind them.
        rows : ndarray
            Where the new ones are in it.
        sources : list
            The place of the newest row remembered in each series.
        past : Past
            What is to be remembered from now on.

        Raises
        ------
        ValueError
            If rows do not continue their series, or have gaps.
        """
        context = self.context
        numbers = panel.sources(context.rows)
        if context.rows.ids is None and panel.ids is not None:
            raise ValueError("X tells series apart, but the rows of fit were one series; give rows of that one alone.")
        steps, last = list(context.steps), list(context.last)
        for i, number in enumerate(numbers):
            own, step = self._continued(panel, i, int(number))
            if number < 0:
                steps.append(step)
                last.append(own)
            else:
                steps[number], last[number] = step, own
        joined = _stacked(context.rows, panel, numbers)
        rows = joined.positions[len(context.rows.table) :]
        sources: Sources = [Source(i, int(width) - 1) for i, width in enumerate(context.rows.widths)]
        sources += [None] * (joined.n_series - len(sources))
        inputs = replace(panel, table=panel.table[:, : self.heads.table.shape[1]])
        heads = _stacked(self.heads, inputs, numbers).first(HEAD)
        newest = replace(context, rows=replace(joined.last(n), times=None), last=last, steps=steps)
        return joined, rows, sources, Past(newest, heads)

    def _continued(self, panel: Panel, i: int, number: int) -> tuple[Any, Any]:
        """Return the time of the newest row of a series, and its step; raise an error if it does not continue."""
        begin, width = int(panel.firsts[i]), int(panel.widths[i])
        last: Any = None if number < 0 else self.context.last[number]
        step = None if number < 0 else self.context.steps[number]
        if (panel.times is None) != (self.heads.times is None):
            which, other = ("X", "the rows of fit") if panel.times is None else ("The rows of fit", "X")
            raise ValueError(
                f"{which} had no index of times or numbers, but {other} had, so nothing shows whether X continues "
                "them; give X with an index of the same kind."
            )
        if panel.times is None:  # rows are counted
            return (width - 1, 1) if number < 0 else (last + width, step)
        own = panel.times[begin : begin + width]
        if step is None:
            rows = np.argsort(panel.positions)[begin : begin + width]
            step = regular_steps(own, np.array([width]), rows, None if panel.ids is None else panel.ids[i : i + 1])[0]
        if number >= 0:
            self._check_times(panel, i, own, last, step)
        return own[-1], step

    def _check_times(self, panel: Panel, i: int, own: pd.Index, last: Any, step: Any) -> None:
        """Raise an error if times do not go on from the last one, step by step."""
        expected = own if step is None else continued(plain(last), step, len(own))
        wrong = ~_same(own, expected)
        if step is None and not (type(plain(own[0])) is type(plain(last)) and own[0] > last):
            wrong[0] = True  # nothing but the order of single rows is known
        if not wrong.any():
            return
        place = int(np.argmax(wrong))
        whose = "" if panel.ids is None else f" of series {panel.ids[i]!r}"
        comes = f"right after {own[place - 1]}" if place else f"first, and the rows read so far end at {last}"
        wanted = "a later one" if step is None else f"{expected[place]}"
        raise ValueError(
            f"X does not continue the rows{whose} that the forecaster has read: its row of {own[place]} comes {comes}, "
            f"where {wanted} was expected. partial_fit takes the rows that come next, all of them, and each once: fill "
            "gaps, for example with regularize; to leave rows out, fit anew."
        )

    def _losses(self, panel: Panel) -> dict[int, str]:
        """Return why the past of series is not there although it has been read, by the number of the series."""
        numbers = np.where(self.context.sources(panel) >= 0, -1, panel.sources(self.context.rows))
        reasons = {int(i): self._loss(panel, int(i), int(numbers[i])) for i in np.flatnonzero(numbers >= 0)}
        return {i: why for i, why in reasons.items() if why}

    def _loss(self, panel: Panel, i: int, number: int) -> str:
        begin = int(panel.firsts[i])
        head = slice(self.heads.firsts[number], self.heads.firsts[number] + self.heads.widths[number])
        n = min(int(panel.widths[i]), int(self.heads.widths[number]))
        seen, own = self.heads.table[head][:n], panel.table[begin : begin + n, : self.heads.table.shape[1]]
        alike = np.allclose(seen, own, rtol=1e-6, atol=0, equal_nan=True)
        if panel.times is None or self.heads.times is None:
            if alike:
                return ""
            lacks = "X has" if panel.times is None else "the rows of fit had"
            return f"{lacks} no index of times or numbers, which would show where X continues the rows of fit"
        first, oldest, last = panel.times[begin], self.heads.times[head][0], self.context.last[number]
        if not _comparable(first, oldest):
            return f"X begins at {first}, which has no place among the rows read, {oldest} to {last}"
        if first == oldest and isinstance(plain(first), int | float) and not alike:
            return f"X begins at {first} as the rows of fit do, but holds others (its index was numbered anew)"
        if first <= oldest:
            return ""
        if first <= last:
            return f"X begins at {first}, amid the rows read, {oldest} to {last}, without those before it"
        return f"X begins at {first}, but the rows read end at {last}, and those in between are missing"


def sources_by_time(panel: Panel, context: Context) -> Sources:
    """Find each series of a panel that holds the newest row of a series of the context; None for others.

    If fit ended on day 60 and the panel holds days 50 to 75, its source has day 60 as its row 10.
    """
    sources: Sources = [None] * panel.n_series
    if panel.times is None:
        return sources
    for i, (begin, number) in enumerate(zip(panel.firsts, panel.sources(context.rows), strict=True)):
        own = panel.times[begin : begin + panel.widths[i]]
        places = own.get_indexer(pd.Index([context.last[number]]))
        if number >= 0 and places[0] >= 0:
            sources[i] = Source(int(number), int(places[0]))
    return sources


def _why(panel: Panel, losses: dict[int, str]) -> str:
    """Return why the first of these series has lost its past, and how many more have."""
    i, why = next(iter(losses.items()))
    if panel.ids is None:
        return why
    more = f" (and {len(losses) - 1} more series)" if len(losses) > 1 else ""
    return f"of series {panel.ids[i]!r}{more}, {why}"


def _stacked(earlier: Panel, later: Panel, numbers: Ints) -> Panel:
    """Put the rows of series ``numbers[i]`` of one panel before those of series i of another; -1 is a new one.

    All series of the earlier panel are kept, in their order; ``positions`` lead from the rows of both tables, one
    below the other.
    """
    is_new = numbers < 0
    places = np.where(is_new, earlier.n_series + np.cumsum(is_new) - 1, numbers)
    codes = np.concatenate([np.repeat(np.arange(earlier.n_series), earlier.widths), np.repeat(places, later.widths)])
    ids = None if earlier.ids is None or later.ids is None else earlier.ids.append(later.ids[is_new])
    times = None if earlier.times is None or later.times is None else earlier.times.append(later.times)
    table = np.concatenate([earlier.table, later.table])
    if earlier.n_series == 1 and later.n_series == 1 and not is_new.any():
        return Panel(table, np.array([len(table)]), np.arange(len(table)), ids, times)
    return Panel.grouped(table, codes, ids, times)


def _same(own: pd.Index, expected: pd.Index) -> Array:
    """Tell of each time whether it is the expected one; rounding aside where they are floats."""
    if pd.api.types.is_numeric_dtype(own.dtype) and pd.api.types.is_numeric_dtype(expected.dtype):
        return np.isclose(own.to_numpy(dtype=float), expected.to_numpy(dtype=float), rtol=1e-9, atol=0)
    if own.dtype.kind != expected.dtype.kind:
        return np.zeros(len(own), dtype=bool)
    return np.asarray(own == expected)


def _comparable(a: Any, b: Any) -> bool:
    """Tell whether two times can be put in order."""
    try:
        return bool(a < b) or True
    except (TypeError, ValueError):  # the second for periods of unlike frequencies
        return False
