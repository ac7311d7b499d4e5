"""Moving the steps of lanes: from and to tables, from layer to layer, in either direction, and out of tapes.

Lanes are in order of their lengths, the longest first; those that have a step t are the first `active[t]`. What a lane
has behind its last step is not touched.
"""

from __future__ import annotations

from typing import Any

from .elementwise import copy_masked
from .jit import compiled


@compiled
def count_active(active: Any, lengths: Any) -> None:
    """Count the lanes that have each step; lengths fall."""
    lane = lengths.size
    for t in range(active.size):
        while lane > 0 and lengths[lane - 1] <= t:
            lane -= 1
        active[t] = lane


@compiled
def gather(
    to: Any, width: int, table: Any, n: int, starts: Any, stride: int, lengths: Any, active: Any, back: bool
) -> None:  # fmt: skip
    """Read steps, flat (steps, lanes, width), from the rows of n columns of a flat table.

    A lane begins at row `starts[lane]`, its next step stands `stride` rows on; with `back` the last one is read first.
    """
    lanes = starts.size
    for t in range(active.size):
        for lane in range(active[t]):
            row = starts[lane] + stride * (lengths[lane] - 1 - t if back else t)
            a = to[(t * lanes + lane) * width : (t * lanes + lane) * width + n]
            b = table[row * n : (row + 1) * n]
            for k in range(n):
                a[k] = b[k]


@compiled
def scatter(
    table: Any, n: int, source: Any, width: int, starts: Any, stride: int, lengths: Any, active: Any, back: bool
) -> None:  # fmt: skip
    """Write steps, flat (steps, lanes, width), to the rows of a flat table that `gather` reads them from."""
    lanes = starts.size
    for t in range(active.size):
        for lane in range(active[t]):
            row = starts[lane] + stride * (lengths[lane] - 1 - t if back else t)
            a = table[row * n : (row + 1) * n]
            b = source[(t * lanes + lane) * width : (t * lanes + lane) * width + n]
            for k in range(n):
                a[k] = b[k]


@compiled
def move(
    to: Any, to_width: int, to_column: int, source: Any, width: int, column: int, n: int, lengths: Any, active: Any,
    back: bool, mask: Any, adds: bool,
) -> None:  # fmt: skip
    """Copy, or add, n columns of all steps, flat (steps, lanes, width); with `back` in reverse order within each lane.

    They are multiplied by a mask, flat (lanes, n), unless it is empty.
    """
    lanes = lengths.size
    for t in range(active.size):
        for lane in range(active[t]):
            place = (lengths[lane] - 1 - t if back else t) * lanes + lane
            a = to[(t * lanes + lane) * to_width + to_column : (t * lanes + lane) * to_width + to_column + n]
            b = source[place * width + column : place * width + column + n]
            if adds:
                for k in range(n):
                    a[k] += b[k]
            else:
                copy_masked(a, b, mask, lane * n)


@compiled
def carry(states: Any, width: int, lengths: Any, steps: int) -> None:
    """Copy the state after the last step of each lane, of no more than so many, to the place of that before the first.

    States are flat (steps + 1, lanes, width).
    """
    for lane in range(lengths.size):
        at = min(max(lengths[lane], 0), steps) * lengths.size + lane
        a, b = states[lane * width : (lane + 1) * width], states[at * width : (at + 1) * width]
        for k in range(width):
            a[k] = b[k]
