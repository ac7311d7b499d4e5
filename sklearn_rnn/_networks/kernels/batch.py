"""The rows of a batch as lanes: in order of their lengths, and moved between torch's tensors and memory of kernels."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from .steps import count_active, gather, scatter

Array = NDArray[Any]


class Places(NamedTuple):
    """Where lanes are: the rows of a flat table in which they begin, and how many rows lie from step to step."""

    table: Array
    columns: int
    starts: Array
    stride: int


class Lanes:
    """Some rows of a batch, the longest first.

    Parameters
    ----------
    rows : ndarray of shape (lanes,)
        Which they are.
    lengths : ndarray of shape (lanes,)
        Steps of each; they fall.
    back : bool
        Whether each is read from its last step to its first.
    """

    def __init__(self, rows: Array, lengths: Array, back: bool) -> None:
        self.rows = rows
        self.lengths = lengths
        self.back = back
        self.active = np.empty(int(lengths.max(initial=0)), np.int64)
        count_active(self.active, lengths)

    @classmethod
    def of_batch(cls, n: int, steps: int, lengths: Tensor | None, back: bool) -> Lanes:
        """Sort the rows of a batch; without lengths all have all steps."""
        if lengths is None:
            return cls(np.arange(n), np.full(n, steps), back)
        of_rows = lengths.cpu().numpy().astype(np.int64)
        if of_rows.min(initial=0) < 0 or of_rows.max(initial=0) > steps:  # kernels don't look where they write
            raise ValueError(f"lengths must lie between 0 and the {steps} steps of x; got {lengths}.")
        rows = np.argsort(-of_rows, kind="stable")
        return cls(rows, of_rows[rows], back)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def longest(self) -> int:
        """Steps of the first lane."""
        return len(self.active)

    def take(self, part: slice) -> Lanes:
        """Return some of the lanes."""
        return Lanes(self.rows[part], self.lengths[part], self.back)

    def read(self, x: Tensor, width: int) -> Array:
        """Return the steps of x (batch, steps, columns), flat (steps, lanes, width)."""
        places = self.places(x)
        to = (np.empty if width == x.shape[2] else np.zeros)(self.longest * len(self) * width, places.table.dtype)
        gather(to, width, *places, self.lengths, self.active, self.back)
        return to

    def write(self, places: Places, source: Array, width: int, first: int = 0) -> None:
        """Write steps from `first` on, flat (steps, lanes, width), to a tensor."""
        table, columns, starts, stride = places
        active = self.active[first : first + len(source) // max(len(self) * width, 1)]
        if not self.back:  # or else the lanes begin where they do, and are so many steps shorter
            starts = starts + first * stride
        scatter(table, columns, source, width, starts, stride, self.lengths - first, active, self.back)

    def places(self, x: Tensor) -> Places:
        """Return where the lanes are in a tensor (batch, steps, columns), or in a contiguous copy."""
        lane, step, column = x.stride()
        columns = x.shape[2]
        if column != 1 or lane % columns or step % columns:
            x = x.contiguous()
            lane, step = x.shape[1] * columns, columns
        size = (len(x) - 1) * lane + (x.shape[1] - 1) * step + columns if x.numel() else 0
        table = x.detach().as_strided((size,), (1,)).numpy()
        return Places(table, columns, self.rows * (lane // columns), step // columns)

    def of_rows(self, values: Array, width: int) -> Array:
        """Return a row of `values` (batch, columns) for each lane, flat (lanes, width), zero behind the columns."""
        to = np.zeros((len(self), width), values.dtype)
        to[:, : values.shape[1]] = values[self.rows]
        return to.reshape(-1)
