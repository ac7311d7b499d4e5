"""Where things lie in the flat arrays of a layer: its weights, their gradients, and the tape of a forward pass."""

from __future__ import annotations

from typing import Any, NamedTuple

from .jit import compiled, inner
from .tiles import VECTOR


class Sizes(NamedTuple):
    """Sizes of a layer, and the places of its parts.

    Weights, packed: the products with inputs (panels of W^T) and with states (U^T), those that gradients flow back by
    (U to the states before, W to the inputs), biases of the input and of the state. Gradients: those of W^T and U,
    their rows padded, and of both biases.
    """

    blocks: int
    lanes: int
    features: int
    units: int
    across: int  # units, rounded up to whole vectors
    down: int  # features, rounded up
    step: int  # numbers of a step: lanes * across
    recurrent: int
    back: int
    to_input: int
    bias: int
    state_bias: int
    weights: int  # numbers of all packed weights
    d_recurrent: int
    d_bias: int
    d_state_bias: int
    gradients: int


@compiled
def padded(n: int, itemsize: int) -> int:
    """Return n, rounded up to whole vectors."""
    width = VECTOR // itemsize
    return -(-n // width) * width


@compiled
def sizes_of(blocks: int, lanes: int, features: int, units: int, itemsize: int) -> Sizes:
    """Return the sizes of a layer whose cell has so many blocks of gates."""
    across, down = padded(units, itemsize), padded(features, itemsize)
    recurrent = blocks * across * features
    back = recurrent + blocks * across * units
    to_input = back + blocks * across * units
    bias = to_input + blocks * down * units
    d_bias = recurrent + blocks * units * across
    return Sizes(
        blocks, lanes, features, units, across, down, lanes * across,
        recurrent, back, to_input, bias, bias + blocks * across, bias + 2 * blocks * across,
        recurrent, d_bias, d_bias + blocks * across, d_bias + 2 * blocks * across,
    )  # fmt: skip


@inner
def part(a: Any, at: int, n: int) -> Any:
    """Return a range of a flat array."""
    return a[at : at + n]
