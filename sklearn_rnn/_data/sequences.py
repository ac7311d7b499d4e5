"""Sequences as ranges of one table, and where their results go. Numpy only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[Any]
Ints = NDArray[np.int64]
LayoutForm = Literal["rows", "dense", "ragged"]


@dataclass(frozen=True)
class Sequences:
    """Variable-length sequences that share one table of steps.

    Sequence ``i`` is ``table[starts[i] + stride * arange(lengths[i])]``. A range never holds padding, so equal
    code serves 2-D, 3-D and ragged input, and overlapping windows cost no more memory than their table.

    Parameters
    ----------
    table : ndarray of shape (n_rows, n_features)
        Steps of all sequences.
    starts, lengths : ndarray of shape (n_sequences,)
        First row and number of steps of each sequence.
    stride : int, default=1
        Rows from one step to the next.
    per_step : bool, default=False
        Whether there is one result per step, and not one per sequence.
    layout : Layout or None
        Where results per step belong in the user's array, as long as the sequences are all that were read.
    width : int, optional
        Slots of a window, of which the last ones hold its steps.
    overlapping : bool, default=False
        Whether sequences share steps, as windows over one series do.
    series : ndarray of shape (n_sequences,) or None
        Number of the series that each sequence belongs to, where several are known.
    ids : pandas.Index of length n_sequences or None
        What the user calls the series that each sequence is, or is part of; None where series have no names.
    earlier : ndarray of shape (n_windows,) or None
        For windows, as long as they are all of X: see `Windows.earlier`.
    """

    table: Array
    starts: Ints
    lengths: Ints
    stride: int = 1
    per_step: bool = False
    layout: Layout | None = None
    width: int | None = None
    overlapping: bool = False
    series: Ints | None = None
    ids: pd.Index | None = None
    earlier: Ints | None = None

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def n_features(self) -> int:
        """Features per step."""
        return int(self.table.shape[1])

    @property
    def n_steps(self) -> int:
        """Steps of all sequences together."""
        return int(self.lengths.sum())

    @property
    def offsets(self) -> Ints:
        """Position of each sequence's first step among the steps of all sequences."""
        return offsets(self.lengths)

    def lead(self, i: int) -> int:
        """Slots of window `i` before its first step."""
        return 0 if self.width is None else self.width - int(self.lengths[i])

    def take(self, index: Array) -> Sequences:
        """Return some of the sequences, as a view of the same table, without a layout: they are no longer all of X."""
        return replace(
            self,
            starts=self.starts[index],
            lengths=self.lengths[index],
            layout=None,
            earlier=None,
            series=None if self.series is None else self.series[index],
            ids=None if self.ids is None else self.ids[index],
        )

    def keep_first(self, lengths: Ints) -> Sequences:
        """Return every sequence cut to its first `lengths` steps, without a layout."""
        return replace(self, lengths=np.minimum(self.lengths, lengths), layout=None)


@dataclass(frozen=True)
class Layout:
    """The slots of X: one per step, padding included, sequence after sequence.

    Parameters
    ----------
    form : {"rows", "dense", "ragged"}
        One slot per row of a table, per cell of an (n_sequences, n_steps) array, or per element of each array
        of a list.
    widths : ndarray of shape (n_sequences,)
        Slots of each sequence.
    step_slots : ndarray of shape (n_steps,) or None
        Slot of every step that is not padding; None where there is no padding.
    row_order : ndarray of shape (n_rows,) or None
        For "rows": the row of X that each slot stands for, series after series; None where X has them in that order.
    """

    form: LayoutForm
    widths: Ints
    step_slots: Ints | None = None
    row_order: Ints | None = None

    @property
    def rows(self) -> Ints:
        """For "rows": the row of X that each slot stands for."""
        return np.arange(self.n_slots) if self.row_order is None else self.row_order

    @property
    def n_slots(self) -> int:
        """Slots of all sequences together."""
        return int(self.widths.sum())

    def to_steps(self, slots: Array) -> Array:
        """Select the values of steps from one value per slot (padding falls away)."""
        return slots if self.step_slots is None else slots[self.step_slots]

    def to_slots(self, values: Any) -> Array:
        """Flatten what the user gave, one value per slot, to shape (n_slots, ...)."""
        if self.form == "ragged":
            return np.concatenate([np.asarray(value) for value in values])
        values = np.asarray(values)
        if self.form == "dense":
            return values.reshape(self.n_slots, *values.shape[2:])
        return values if self.row_order is None else values[self.row_order]

    def from_steps(self, steps: Array, initial: Array) -> Any:
        """Give one value per step back in the user's form.

        A padded slot repeats the value of the step before it (a masked step leaves the state as it is), and
        `initial`, one for all sequences or one for each, where there is none.
        """
        slots = steps if self.step_slots is None else self._fill(steps, initial)
        if self.form == "ragged":
            return np.split(slots, np.cumsum(self.widths)[:-1])
        if self.form == "dense":
            return slots.reshape(len(self.widths), -1, *slots.shape[1:])
        if self.row_order is None:
            return slots
        rows = np.empty_like(slots)
        rows[self.row_order] = slots
        return rows

    def _fill(self, steps: Array, initial: Array) -> Array:
        """Give every slot the value of its step, of the newest step before it, or else the initial one."""
        # Two sequences of three slots, of which slots 1, 4 and 5 are steps (values a, b, c); initial values u, v.
        #   slot     0  1  2 |  3  4  5
        #   newest  -1  1  1 |  1  4  5    last slot up to here that is a step; 1 lies before slot 3, where
        #   source   0  2  2 |  1  3  4    its sequence begins, so that slot 3 takes the initial value
        #   result   u  a  a |  v  b  c    = [u, v, a, b, c][source]
        n = len(self.widths)
        initial = np.broadcast_to(initial, (n, *steps.shape[1:]))
        source = np.zeros(self.n_slots, dtype=np.int64)
        source[self.step_slots] = np.arange(n, n + len(steps))
        begins = np.repeat(offsets(self.widths), self.widths)
        newest = np.maximum.accumulate(np.where(source > 0, np.arange(self.n_slots), -1))
        source = np.where(newest >= begins, source[newest], np.repeat(np.arange(n), self.widths))
        return np.concatenate([initial.astype(steps.dtype), steps])[source]


def offsets(lengths: Ints) -> Ints:
    """Positions at which consecutive pieces of these lengths begin."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)[:-1]])


def flat_rows(starts: Ints, lengths: Ints, stride: int = 1) -> Ints:
    """Rows of all steps of all sequences, one after the other."""
    # Ranges of 2 and 3 rows from rows 3 and 10 on, 2 apart: rows 3, 5 | 10, 12, 14.
    # `within` counts the steps of each range, 0, 1 | 0, 1, 2, as the position among all less that of the first.
    # Ranges of equal lengths need none of that: windows are the usual case, and this is called for every batch.
    if len(lengths) and (lengths == lengths[0]).all():
        return (starts[:, None] + stride * np.arange(lengths[0])).ravel()
    within = np.arange(int(lengths.sum())) - np.repeat(offsets(lengths), lengths)
    return np.repeat(starts, lengths) + stride * within
