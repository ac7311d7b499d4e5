"""What is forecast from what: windows, anchors, and the origins that forecasts are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._data.sequences import Array, Ints
from .._data.tables import Panel, shift_known
from .._data.windows import Windows

# Of tests/benchmarks/forecaster_defaults.md: with a factor of 1, or 1.5, series that return to their mean within some
# windows are taken for such that do not.
BLOCKS, SWING = 10, 2.0


@dataclass(frozen=True, eq=False)
class Plan:
    """What windows hold and what is forecast from them.

    Parameters
    ----------
    lags, step : int
        Steps of a window, and rows from one to the next.
    n_inputs : int
        Columns of X; a table may have more columns behind them: targets that are no part of X.
    known : ndarray of shape (n_known,)
        Positions of the columns that are known ahead.
    targets : ndarray of shape (n_targets,)
        Positions of what is forecast.
    anchor : None, "last" or int
        Where changes are counted from.
    relative : bool or "auto"
        Whether targets in windows are counted from their newest value; "auto" where their level changes.
    horizon : int
        Steps ahead that are forecast in `predict`, and that errors are measured on.
    """

    lags: int
    step: int
    n_inputs: int
    known: Ints
    targets: Ints
    anchor: Any
    relative: Any
    horizon: int

    @property
    def span(self) -> int:
        """Rows from the oldest to the newest step of a window."""
        return self.step * (self.lags - 1) + 1

    @property
    def reach(self) -> int:
        """Rows before and with the origin that a forecast is made from."""
        return max(self.span, self.anchor if isinstance(self.anchor, int) else 1)  # "last" is the origin itself

    @property
    def autoregressive(self) -> bool:
        """Whether the targets are columns of X, so that windows hold their past."""
        return bool((self.targets < self.n_inputs).all())

    @property
    def unforeseen(self) -> Ints:
        """Positions of the columns of X that are neither known ahead nor forecast."""
        return np.setdiff1d(np.arange(self.n_inputs), np.union1d(self.known, self.targets))

    def windows(self, panel: Panel, origins: Origins, ahead: int) -> Windows:
        """Frame the window of each origin; known columns are those of the row `ahead` rows later."""
        table = self.moved(panel, ahead)
        return Windows(table, origins.rows, origins.begins, lags=self.lags, step=self.step)

    def moved(self, panel: Panel, ahead: int) -> Array:
        """Return the inputs, with the known columns `ahead` rows back in time."""
        inputs = panel.table[:, : self.n_inputs]
        return shift_known(inputs, self.known, ahead, panel.widths) if len(self.known) else inputs

    def anchors(self, panel: Panel, origins: Origins, steps: Ints) -> Array:
        """Return where changes are counted from, of shape (n_origins, n_steps, n_targets); NaN before a series."""
        return past_values(panel, origins, anchor_offsets(self.anchor, steps), self.targets)


def anchor_offsets(anchor: Any, steps: Ints) -> Ints:
    """Return the rows from an origin to the anchor of each step ahead: zero or less.

    With a season of m rows, m before the target may lie ahead of the origin; it is then as many whole seasons
    before the target as it takes. With a season of 3, the anchors of steps 1 2 3 4 lie -2 -1 0 -2 rows from the
    origin: step 4 needs two seasons, since one before it is step 1, which is not known yet.
    """
    if anchor == "last":
        return np.zeros_like(steps)
    # The ceiling of steps / anchor, in integers.
    return np.asarray(steps - anchor * -(-steps // anchor))


def past_values(panel: Panel, origins: Origins, shifts: Ints, columns: Ints) -> Array:
    """Return the values of columns at rows of the past of each origin; NaN before its series begins."""
    rows = origins.rows[:, None] + shifts
    values = panel.table[np.maximum(rows, 0)[:, :, None], columns]
    values[rows < origins.begins[:, None]] = np.nan  # these are rows of another series, or before the table
    return values


def future_values(panel: Panel, origins: Origins, steps: Ints, columns: Ints) -> Array:
    """Return the values of columns these steps ahead of origins, of shape (n_origins, n_steps, n_columns)."""
    return panel.table[(origins.rows[:, None] + steps)[:, :, None], columns]


@dataclass(frozen=True, eq=False)
class Origins:
    """Rows of a panel that forecasts are made from: the newest that is known, and the first of its series.

    Parameters
    ----------
    rows : ndarray of shape (n_origins,)
        Newest known row; it may lie before the series, of which nothing is known then.
    begins : ndarray of shape (n_origins,)
        First row of the series.
    """

    rows: Ints
    begins: Ints

    @classmethod
    def before(cls, panel: Panel, rows: Ints, ahead: int) -> Origins:
        """Return the origins `ahead` rows before these rows of the panel."""
        return cls(rows - ahead, panel.begins[rows])

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, which: Any) -> Origins:
        """Return some of the origins."""
        return Origins(self.rows[which], self.begins[which])


def drifts(panel: Panel, rows: Ints, columns: Ints, span: int) -> NDArray[np.bool_]:
    """Tell of each column whether, over these rows, its level changes: by drifting away, or in between.

    It drifts away if the means of the first and the last third of a series are further apart than a standard deviation
    within them; squares of both are summed over series. A column 0 1 0 10 11 10 does: thirds of mean 0.5 and 10.5,
    each of variance 0.25. It changes in between, or from series to series, if the means of blocks of all series vary
    by more than `SWING` times what values do within them. Rows are in order, series after series.

    Parameters
    ----------
    panel : Panel
        The table.
    rows : ndarray of shape (n_rows,)
        Rows to look at.
    columns : ndarray of shape (n_columns,)
        Columns to look at.
    span : int
        Rows of a window. Blocks are no shorter, so that a season that windows show is not taken for a change.
    """
    apart, within, means, spreads = np.zeros(len(columns)), np.zeros(len(columns)), [], []
    changes = np.flatnonzero(np.diff(panel.begins[rows])) + 1
    for own in np.split(panel.table[rows[:, None], columns], changes):
        third = len(own) // 3
        if third:
            first, last = own[:third], own[-third:]
            apart += (last.mean(axis=0) - first.mean(axis=0)) ** 2
            within += (first.var(axis=0) + last.var(axis=0)) / 2
        for block in np.array_split(own, max(min(BLOCKS, len(own) // span), 1)):
            means.append(block.mean(axis=0))
            spreads.append(block.var(axis=0))
    return (apart > within) | (np.var(means, axis=0) > SWING * np.mean(spreads, axis=0))
