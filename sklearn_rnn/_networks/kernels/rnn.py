"""The simple recurrent network: its equation, and its derivative.

    h' = tanh(W x + b + U h), or the rectifier in place of tanh

Elman (1990), Finding structure in time, Cognitive Science 14(2).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import add_some, apply_relu, apply_tanh, fill, put_product
from .jit import ZERO, compiled, inner
from .linear import flow_to_input, flow_to_state, learn_in_time, read_input, read_state
from .sizes import part, sizes_of

BLOCKS: Any = np.int64(1)


@compiled
def tape_size(steps: int, step: int, masked: bool) -> int:
    """Return the numbers of a tape: states, gradients of gates, and what is left of states by a mask."""
    return (steps + 1) * step + steps * step + (steps * step if masked else 0)


@compiled
def forward(
    x: Any, packed: Any, tape: Any, mask: Any, active: Any, lanes: int, features: int, units: int, relu: bool
) -> None:
    """Run the steps of all lanes; `tape` holds the first states at its beginning, and the others behind them."""
    s = sizes_of(BLOCKS, lanes, features, units, x.itemsize)
    apart = active.size * s.step
    masked = apart + s.step + apart
    for t in range(active.size):
        m, h, new = active[t], t * s.step, (t + 1) * s.step
        n = m * s.across
        read_input(tape, new, ZERO, x, t * lanes * features, packed, s, m)
        if mask.size > 0:
            put_product(part(tape, masked + h, n), part(tape, h, n), part(mask, ZERO, n))
            h += masked
        read_state(tape, new, ZERO, ZERO, h, packed, s, m)
        if relu:
            apply_relu(part(tape, new, n))
        else:
            apply_tanh(part(tape, new, n))


@inner
def through_tanh(d: Any, dh: Any, h: Any) -> None:
    """Compute d = dh' (1 - h'^2) of the gate; nothing of dh' is left."""
    one = d.dtype.type(1)
    for j in range(d.size):
        d[j] = dh[j] * (one - h[j] * h[j])
    fill(dh, 0)


@inner
def through_relu(d: Any, dh: Any, h: Any) -> None:
    """Compute d = dh' where h' > 0 of the gate; nothing of dh' is left."""
    zero = d.dtype.type(0)
    for j in range(d.size):
        d[j] = dh[j] if h[j] > zero else zero
    fill(dh, 0)


@compiled
def backward(
    x: Any, packed: Any, tape: Any, mask: Any, active: Any, lanes: int, features: int, units: int,
    d_outputs: Any, d_state: Any, dx: Any, gradients: Any, relu: bool,
) -> None:  # fmt: skip
    """Flow back: `d_state` goes from the gradient of the last states to that of the first, `gradients` are added to."""
    s = sizes_of(BLOCKS, lanes, features, units, x.itemsize)
    apart = active.size * s.step
    gates, masked = apart + s.step, 2 * apart + s.step if mask.size > 0 else 0
    back, until = np.empty(mask.size, x.dtype), active.size
    for t in range(active.size - 1, -1, -1):
        m, at, new = active[t], gates + t * s.step, (t + 1) * s.step
        n = m * s.across
        add_some(part(d_state, ZERO, n), d_outputs, t * s.step)
        if relu:
            through_relu(part(tape, at, n), part(d_state, ZERO, n), part(tape, new, n))
        else:
            through_tanh(part(tape, at, n), part(d_state, ZERO, n), part(tape, new, n))
        flow_to_state(d_state, tape, at, ZERO, ZERO, packed, mask, back, s, m)
        flow_to_input(dx, t * lanes * s.down, tape, at, ZERO, packed, s, m)
        until = learn_in_time(gradients, tape, at, ZERO, ZERO, x, masked + t * s.step, s, t, until, m)
