"""The LSTM: its equations, and their derivatives.

    i, f, o = sigmoid(W x + b + U h)        g = tanh(W x + b + U h)
    c' = f c + i g                          h' = o tanh(c')

Hochreiter and Schmidhuber (1997), Long short-term memory, Neural Computation 9(8). In torch's order: i, f, g, o.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import add_some, apply_sigmoid, apply_tanh, fill, put_product, tanh
from .jit import ZERO, compiled, inner
from .linear import flow_to_input, flow_to_state, learn_in_time, read_input, read_state
from .sizes import part, sizes_of

BLOCKS: Any = np.int64(4)


@compiled
def tape_size(steps: int, step: int, masked: bool) -> int:
    """Return the numbers of a tape: h, c, the gates, tanh(c'), and what is left of h by a mask."""
    return 2 * (steps + 1) * step + 5 * steps * step + (steps * step if masked else 0)


@inner
def remember(c: Any, old: Any, i: Any, f: Any, g: Any) -> None:
    """Compute c' = f c + i g."""
    for j in range(c.size):
        c[j] = f[j] * old[j] + i[j] * g[j]


@inner
def expose(h: Any, squashed: Any, c: Any, o: Any) -> None:
    """Compute h' = o tanh(c')."""
    for j in range(c.size):
        squashed[j] = tanh(c[j])
    for j in range(h.size):
        h[j] = o[j] * squashed[j]


@inner
def through_output(dc: Any, o: Any, dh: Any, squashed: Any) -> None:
    """Compute dc' += dh' o (1 - tanh(c')^2) and do = dh' tanh(c') o (1 - o), in place of o; nothing of dh' is left."""
    one = dc.dtype.type(1)
    for j in range(dc.size):
        dc[j] += dh[j] * o[j] * (one - squashed[j] * squashed[j])
    for j in range(dc.size):
        o[j] = dh[j] * squashed[j] * o[j] * (one - o[j])
    fill(dh, 0)


@inner
def through_new(i: Any, g: Any, dc: Any) -> None:
    """Compute di = dc' g i (1 - i) and dg = dc' i (1 - g^2), in their places."""
    one = dc.dtype.type(1)
    for j in range(dc.size):
        a, b, d = i[j], g[j], dc[j]
        i[j] = d * b * a * (one - a)
        g[j] = d * a * (one - b * b)


@inner
def through_old(dc: Any, f: Any, c: Any) -> None:
    """Compute df = dc' c f (1 - f) and dc = dc' f, in their places."""
    one = dc.dtype.type(1)
    for j in range(dc.size):
        a, d = f[j], dc[j]
        f[j] = d * c[j] * a * (one - a)
        dc[j] = d * a


@compiled
def forward(x: Any, packed: Any, tape: Any, mask: Any, active: Any, lanes: int, features: int, units: int) -> None:
    """Run the steps of all lanes; the first h and the first c stand in the tape before."""
    s = sizes_of(BLOCKS, lanes, features, units, x.itemsize)
    apart = active.size * s.step
    c, squashed, masked = apart + s.step, 2 * (apart + s.step) + 4 * apart, 2 * (apart + s.step) + 5 * apart
    for t in range(active.size):
        m, old, new = active[t], t * s.step, (t + 1) * s.step
        n, i, h = m * s.across, 2 * (apart + s.step) + old, old
        f, g, o = i + apart, i + 2 * apart, i + 3 * apart
        read_input(tape, i, apart, x, t * lanes * features, packed, s, m)
        if mask.size > 0:
            put_product(part(tape, masked + old, n), part(tape, old, n), part(mask, ZERO, n))
            h = masked + old
        read_state(tape, i, apart, BLOCKS - 1, h, packed, s, m)
        for gate in (i, f, o):
            apply_sigmoid(part(tape, gate, n))
        apply_tanh(part(tape, g, n))
        remember(part(tape, c + new, n), part(tape, c + old, n), part(tape, i, n), part(tape, f, n), part(tape, g, n))
        expose(part(tape, new, n), part(tape, squashed + old, n), part(tape, c + new, n), part(tape, o, n))


@compiled
def backward(
    x: Any, packed: Any, tape: Any, mask: Any, active: Any, lanes: int, features: int, units: int,
    d_outputs: Any, d_state: Any, dx: Any, gradients: Any,
) -> None:  # fmt: skip
    """Flow back: `d_state` goes from the gradient of the last state to that of the first; `gradients` are added to."""
    s = sizes_of(BLOCKS, lanes, features, units, x.itemsize)
    apart = active.size * s.step
    c, squashed, masked = apart + s.step, 2 * (apart + s.step) + 4 * apart, 2 * (apart + s.step) + 5 * apart
    back, until = np.empty(mask.size, x.dtype), active.size
    for t in range(active.size - 1, -1, -1):
        m, at = active[t], t * s.step
        n, i = m * s.across, 2 * (apart + s.step) + at
        f, g, o = i + apart, i + 2 * apart, i + 3 * apart
        dh, dc = part(d_state, ZERO, n), part(d_state, s.step, n)
        add_some(dh, d_outputs, at)
        through_output(dc, part(tape, o, n), dh, part(tape, squashed + at, n))
        through_new(part(tape, i, n), part(tape, g, n), dc)
        through_old(dc, part(tape, f, n), part(tape, c + at, n))
        flow_to_state(d_state, tape, i, apart, BLOCKS - 1, packed, mask, back, s, m)
        flow_to_input(dx, t * lanes * s.down, tape, i, apart, packed, s, m)
        h = at if mask.size == 0 else masked + at
        until = learn_in_time(gradients, tape, i, apart, BLOCKS - 1, x, h, s, t, until, m)
