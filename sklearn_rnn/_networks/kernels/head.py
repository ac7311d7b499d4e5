"""The linear output layer, and what it reads of the last recurrent layer: a row for each target."""

from __future__ import annotations

from typing import Any

from .elementwise import copy_masked, fill
from .jit import compiled


@compiled
def collect(
    rows: Any, width: int, column: int, h: Any, across: int, units: int, lengths: Any, counted: Any, per_step: bool,
    back: bool, mask: Any,
) -> None:  # fmt: skip
    """Copy the states that targets belong to, lane after lane; `h` is flat (steps + 1, lanes, across).

    With a target per step those of all steps from `counted` on, else that after the last step; with `back` the steps
    have been read from the last to the first. `mask` is flat (lanes, units), or empty.
    """
    lanes = lengths.size
    row = 0
    for lane in range(lanes):
        n = lengths[lane]
        for t in range(counted[lane] if per_step else 0, n if per_step else 1):
            after = n if not per_step else (n - t if back else t + 1)
            to = rows[row * width + column : row * width + column + units]
            source = h[(after * lanes + lane) * across : (after * lanes + lane) * across + units]
            copy_masked(to, source, mask, lane * units)
            row += 1


@compiled
def spread(
    d_rows: Any, width: int, column: int, dh: Any, across: int, units: int, lengths: Any, counted: Any, per_step: bool,
    back: bool, mask: Any,
) -> None:  # fmt: skip
    """Give gradients back to where `collect` has taken rows from: to dh, flat (steps, lanes, across), zero elsewhere.

    Without a target per step dh is flat (lanes, across): of the states after the last steps.
    """
    lanes = lengths.size
    fill(dh, 0)
    row = 0
    for lane in range(lanes):
        n = lengths[lane]
        for t in range(counted[lane] if per_step else 0, n if per_step else 1):
            step = 0 if not per_step else (n - 1 - t if back else t)
            to = dh[(step * lanes + lane) * across : (step * lanes + lane) * across + units]
            source = d_rows[row * width + column : row * width + column + units]
            copy_masked(to, source, mask, lane * units)
            row += 1


@compiled
def pick(values: Any, all_values: Any, k: int, positions: Any, lengths: Any, counted: Any, per_step: bool) -> None:
    """Copy k numbers for each of the same targets from a flat array; `positions` are those of the first steps."""
    row = 0
    for lane in range(lengths.size):
        for t in range(counted[lane] if per_step else 0, lengths[lane] if per_step else 1):
            at = (positions[lane] + t) * k
            for i in range(k):
                values[row * k + i] = all_values[at + i]
            row += 1


@compiled
def outputs_of(outputs: Any, rows: Any, weight: Any, bias: Any) -> None:
    """Write the outputs of the layer, flat (n, outputs)."""
    k = bias.size
    width = weight.size // k
    for i in range(outputs.size // k):
        row = rows[i * width : (i + 1) * width]
        for j in range(k):
            of_output = weight[j * width : (j + 1) * width]
            total = bias[j]
            for m in range(width):
                total += row[m] * of_output[m]
            outputs[i * k + j] = total


@compiled
def flow_through_head(d_rows: Any, d_weight: Any, d_bias: Any, d_outputs: Any, rows: Any, weight: Any) -> None:
    """Write the gradients of the rows, and add those of weight and bias."""
    k = d_bias.size
    width = weight.size // k
    fill(d_rows, 0)
    for i in range(d_outputs.size // k):
        row = rows[i * width : (i + 1) * width]
        d_row = d_rows[i * width : (i + 1) * width]
        for j in range(k):
            d = d_outputs[i * k + j]
            of_output = weight[j * width : (j + 1) * width]
            to = d_weight[j * width : (j + 1) * width]
            for m in range(width):
                d_row[m] += d * of_output[m]
            for m in range(width):
                to[m] += d * row[m]
    for j in range(k):
        # In float64, so that gradients of equal size, as those of the absolute error are, cancel out where they should:
        # Adam would make a whole step of the rest.
        total = 0.0
        for i in range(d_outputs.size // k):
            total += d_outputs[i * k + j]
        d_bias[j] += total
