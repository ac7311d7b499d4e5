"""Matrix products of flat arrays. A matrix is given by its array, the place of its first element, and its strides."""

from __future__ import annotations

from typing import Any

import numpy as np

from .jit import ONE, ZERO, compiled, inner
from .tiles import ROWS, VECTOR, one_row, rows_of_tile

# Rows that lie further apart than this many bytes fall on the same few lines of the nearest cache.
FAR = 256


@inner
def multiply(
    c: Any, at_c: int, row_c: int, a: Any, at_a: int, row_a: int, b: Any, at_b: int, m: int, n: int, k: int, adds: bool
) -> None:
    """Write A (m, k) times B (k, n) to C (m, n), or add it; B lies in panels, as `pack` leaves it."""
    width = VECTOR // c.itemsize
    for j in range(0, n, width):  # a panel stays in the nearest cache for all rows of A
        panel = at_b + j * k
        i = 0
        while i + ROWS <= m:
            rows_of_tile(c, at_c + i * row_c + j, row_c, a, at_a + i * row_a, row_a, 1, b, panel, width, k, adds)
            i += ROWS
        while i < m:
            one_row(c, at_c + i * row_c + j, row_c, a, at_a + i * row_a, row_a, 1, b, panel, width, k, adds)
            i += 1


@inner
def add_transposed(
    c: Any, at_c: int, row_c: int, a: Any, at_a: int, row_a: int, b: Any, at_b: int, row_b: int, m: int, n: int, k: int
) -> None:
    """Add the transpose of A (k, m) times B (k, n) to C (m, n)."""
    width = VECTOR // c.itemsize
    if m >= 2 * ROWS and row_b * c.itemsize > FAR:
        panels = np.empty(k * width, c.dtype)
        for j in range(0, n, width):
            pack(panels, ZERO, b, at_b + j, row_b, ONE, k, width)
            _add_panel(c, at_c + j, row_c, a, at_a, row_a, panels, ZERO, width, m, k)
    else:
        for j in range(0, n, width):
            _add_panel(c, at_c + j, row_c, a, at_a, row_a, b, at_b + j, row_b, m, k)


@inner
def _add_panel(
    c: Any, at_c: int, row_c: int, a: Any, at_a: int, row_a: int, b: Any, at_b: int, row_b: int, m: int, k: int
) -> None:
    i = 0
    while i + ROWS <= m:
        rows_of_tile(c, at_c + i * row_c, row_c, a, at_a + i, 1, row_a, b, at_b, row_b, k, True)
        i += ROWS
    while i < m:
        one_row(c, at_c + i * row_c, row_c, a, at_a + i, 1, row_a, b, at_b, row_b, k, True)
        i += 1


@compiled
def pack(panels: Any, at: int, matrix: Any, first: int, row: int, column: int, k: int, n: int) -> None:
    """Copy a matrix (k, n) into panels of one vector's width each, the last of them filled up with zeros."""
    width = VECTOR // panels.itemsize
    for j in range(0, n, width):
        real = min(width, n - j)
        for i in range(k):
            panel = panels[at + j * k + i * width : at + j * k + (i + 1) * width]
            source = first + i * row + j * column
            for lane in range(real):
                panel[lane] = matrix[source + lane * column]
            for lane in range(real, width):
                panel[lane] = 0
