"""What all cells share: the weights of a layer, and the linear maps between inputs, states and gates.

Gates come in blocks of `units`; each block lies step after step and lane after lane in the tape, `apart` numbers from
the next, so that the equations of a cell run over one range of numbers per block. The last block of the maps of the
state is the block `last` of the tape: only a GRU keeps it apart from that of the input. The first `m` lanes take part
in a step.
"""

from __future__ import annotations

from typing import Any

from .elementwise import add, add_rows, copy, fill, fill_rows, put_product
from .jit import ONE, YES, ZERO, compiled, inner
from .products import add_transposed, multiply, pack
from .sizes import Sizes, part, sizes_of

# Steps wait until there are so many rows to add a gradient of weights from: fewer are bound by memory.
ROWS_AT_ONCE = 64


@compiled
def pack_weights(packed: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, blocks: int, splits: bool) -> None:
    """Pack the weights of torch; with `splits` the last block keeps the biases of input and state apart."""
    h = b_ih.size // blocks
    features = w_ih.size // b_ih.size
    s = sizes_of(blocks, ONE, features, h, packed.itemsize)
    fill(part(packed, s.bias, packed.size - s.bias), 0)
    for g in range(blocks):
        pack(packed, g * s.across * features, w_ih, g * h * features, ONE, features, features, h)
        pack(packed, s.recurrent + g * s.across * h, w_hh, g * h * h, ONE, h, h, h)
        pack(packed, s.back + g * s.across * h, w_hh, g * h * h, h, ONE, h, h)
        pack(packed, s.to_input + g * s.down * h, w_ih, g * h * features, features, ONE, h, features)
        bias, state_bias = part(packed, s.bias + g * s.across, h), part(packed, s.state_bias + g * s.across, h)
        add(bias, part(b_ih, g * h, h))
        add(state_bias if splits and g == blocks - 1 else bias, part(b_hh, g * h, h))


@compiled
def unpack_gradients(gradients: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, blocks: int) -> None:
    """Write the gradients of a layer in torch's order."""
    h = b_ih.size // blocks
    features = w_ih.size // b_ih.size
    s = sizes_of(blocks, ONE, features, h, gradients.itemsize)
    for g in range(blocks):
        for j in range(h):
            row = g * h + j
            for k in range(features):
                w_ih[row * features + k] = gradients[(g * features + k) * s.across + j]
            copy(part(w_hh, row * h, h), part(gradients, s.d_recurrent + row * s.across, h))
            b_ih[row] = gradients[s.d_bias + g * s.across + j]
            b_hh[row] = gradients[s.d_state_bias + g * s.across + j]


@inner
def read_input(tape: Any, gates: int, apart: int, x: Any, at_x: int, packed: Any, s: Sizes, m: int) -> None:
    """Write W x + b of a step to the gates."""
    for g in range(s.blocks):
        at, weights = gates + g * apart, g * s.across * s.features
        fill_rows(part(tape, at, m * s.across), part(packed, s.bias + g * s.across, s.across))
        multiply(tape, at, s.across, x, at_x, s.features, packed, weights, m, s.across, s.features, YES)


@inner
def read_state(tape: Any, gates: int, apart: int, last: int, h: int, packed: Any, s: Sizes, m: int) -> None:
    """Add U h of a step to the gates; to a last block of its own write it, with its bias."""
    for g in range(s.blocks):
        at = gates + (last if g == s.blocks - 1 else g) * apart
        weights = s.recurrent + g * s.across * s.units
        if g == s.blocks - 1 != last:
            fill_rows(part(tape, at, m * s.across), part(packed, s.state_bias + g * s.across, s.across))
        multiply(tape, at, s.across, tape, h, s.across, packed, weights, m, s.across, s.units, YES)


@inner
def flow_to_state(
    dh: Any, tape: Any, gates: int, apart: int, last: int, packed: Any, mask: Any, back: Any, s: Sizes, m: int
) -> None:
    """Add the gradient of the state before, that flows through the gates of a step; `back` is room for one of them."""
    masked = mask.size > 0
    for g in range(s.blocks):
        at, weights = gates + (last if g == s.blocks - 1 else g) * apart, s.back + g * s.across * s.units
        adds = g > 0 or not masked
        multiply(
            back if masked else dh, ZERO, s.across, tape, at, s.across, packed, weights, m, s.across, s.units, adds
        )
    if masked:
        n = m * s.across
        put_product(part(back, ZERO, n), part(back, ZERO, n), part(mask, ZERO, n))
        add(part(dh, ZERO, n), part(back, ZERO, n))


@inner
def flow_to_input(dx: Any, at_x: int, tape: Any, gates: int, apart: int, packed: Any, s: Sizes, m: int) -> None:
    """Write the gradient of the input of a step, where it is asked for; rows are padded."""
    if dx.size > 0:
        for g in range(s.blocks):
            at, weights = gates + g * apart, s.to_input + g * s.down * s.units
            multiply(dx, at_x, s.down, tape, at, s.across, packed, weights, m, s.down, s.units, g > 0)


@inner
def learn(
    gradients: Any, tape: Any, gates: int, apart: int, last: int, x: Any, at_x: int, h: int, s: Sizes, rows: int
) -> None:
    """Add the gradients of weights and biases that the gates of some rows bring."""
    for g in range(s.blocks):
        at = gates + g * apart
        to = g * s.features * s.across
        add_transposed(gradients, to, s.across, x, at_x, s.features, tape, at, s.across, s.features, s.across, rows)
        add_rows(part(gradients, s.d_bias + g * s.across, s.across), part(tape, at, rows * s.across))
        at = gates + (last if g == s.blocks - 1 else g) * apart
        to = s.d_recurrent + g * s.units * s.across
        add_transposed(gradients, to, s.across, tape, at, s.across, tape, h, s.across, s.units, s.across, rows)
        add_rows(part(gradients, s.d_state_bias + g * s.across, s.across), part(tape, at, rows * s.across))


@inner
def learn_in_time(
    gradients: Any, tape: Any, gates: int, apart: int, last: int, x: Any, h: int, s: Sizes, t: int, until: int, m: int
) -> int:
    """Learn from step t, from all steps from t to `until`, or not yet; return the step until which to learn next."""
    rows = (until - t) * s.lanes
    if m < s.lanes:  # other lanes have no step here: rows of several steps would not be one range
        rows = m
    elif t > 0 and rows < ROWS_AT_ONCE:
        return until
    learn(gradients, tape, gates, apart, last, x, t * s.lanes * s.features, h, s, rows)
    return t
