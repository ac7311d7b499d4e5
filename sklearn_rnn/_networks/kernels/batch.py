"""The rows of a batch as lanes: in order of their lengths, and moved between torch's tensors and memory of kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from .steps import count_active, gather, scatter

Array = NDArray[Any]


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

    def read(self, x: Tensor, width: int, first: int = 0, n: int | None = None) -> Array:
        """Return n steps of x (batch, steps, columns) from step `first` on, flat (n, lanes, width)."""
        table, starts, stride = self._places(x, first)
        active = self.active[first:][:n]
        to = (np.empty if width == x.shape[2] else np.zeros)(len(active) * len(self) * width, table.dtype)
        gather(to, width, table, x.shape[2], starts, stride, self.lengths - first, active, self.back)
        return to

    def write(self, x: Tensor, source: Array, width: int, first: int = 0, n: int | None = None) -> None:
        """Write n steps, flat (n, lanes, width), to those of x (batch, steps, columns), which is contiguous."""
        table, starts, stride = self._places(x, first)
        active = self.active[first:][:n]
        scatter(table, x.shape[2], source, width, starts, stride, self.lengths - first, active, self.back)

    def _places(self, x: Tensor, first: int) -> tuple[Array, Array, int]:
        """Return the memory of x, in which row of it each lane begins, and the rows from step to step.

        Read from their ends, the lanes begin where they do, but are `first` steps shorter.
        """
        lane, step, column = x.stride()
        columns = x.shape[2]
        if column != 1 or lane % columns or step % columns:
            x = x.contiguous()
            lane, step = x.shape[1] * columns, columns
        size = (len(x) - 1) * lane + (x.shape[1] - 1) * step + columns if x.numel() else 0
        table = x.detach().as_strided((size,), (1,)).numpy()
        starts = self.rows * (lane // columns)
        return table, starts if self.back else starts + first * (step // columns), step // columns

    def of_rows(self, values: Array, width: int) -> Array:
        """Return a row of `values` (batch, columns) for each lane, flat (lanes, width), zero behind the columns."""
        to = np.zeros((len(self), width), values.dtype)
        to[:, : values.shape[1]] = values[self.rows]
        return to.reshape(-1)
