"""The GRU: its equations, and their derivatives.

    r, z = sigmoid(W x + b + U h)           a = U h + b_h
    n = tanh(W x + b + r a)                 h' = (1 - z) n + z h

Cho et al. (2014), Learning phrase representations using RNN encoder-decoder, EMNLP; as in torch the reset gate r acts
behind the product with the state. The blocks lie in the order r, z, n of torch, with a as the fourth.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import add_some, apply_sigmoid, put_product, tanh
from .jit import ZERO, compiled, inner
from .linear import flow_to_input, flow_to_state, learn_in_time, read_input, read_state
from .sizes import part, sizes_of

BLOCKS: Any = np.int64(3)
OF_STATE: Any = np.int64(3)  # the block a, where the maps of the state end


@compiled
def tape_size(steps: int, step: int, masked: bool) -> int:
    """Return the numbers of a tape: h, the gates r, z and n, a, and what is left of h by a mask."""
    return (steps + 1) * step + 4 * steps * step + (steps * step if masked else 0)


@inner
def propose(n: Any, r: Any, a: Any) -> None:
    """Compute n = tanh(W x + b + r a), in place of W x + b."""
    for j in range(n.size):
        n[j] = tanh(n[j] + r[j] * a[j])


@inner
def update(h: Any, old: Any, z: Any, n: Any) -> None:
    """Compute h' = n + z (h - n)."""
    for j in range(h.size):
        h[j] = n[j] + z[j] * (old[j] - n[j])


@inner
def through_update(dh: Any, z: Any, n: Any, h: Any) -> None:
    """Compute dh = dh' z, and of the gates dz = dh' (h - n) z (1 - z), dn = dh' (1 - z) (1 - n^2), in their places."""
    one = dh.dtype.type(1)
    for j in range(dh.size):
        d, b, a = dh[j], z[j], n[j]
        z[j] = d * (h[j] - a) * b * (one - b)
        n[j] = d * (one - b) * (one - a * a)
        dh[j] = d * b


@inner
def through_reset(r: Any, a: Any, dn: Any) -> None:
    """Compute dr = dn a r (1 - r) and da = dn r, in their places."""
    one = r.dtype.type(1)
    for j in range(r.size):
        b, d = r[j], dn[j]
        r[j] = d * a[j] * b * (one - b)
        a[j] = d * b


@compiled
def forward(x: Any, packed: Any, tape: Any, mask: Any, active: Any, lanes: int, features: int, units: int) -> None:
    """Run the steps of all lanes; the first states stand in the tape before."""
    s = sizes_of(BLOCKS, lanes, features, units, x.itemsize)
    apart = active.size * s.step
    masked = apart + s.step + 4 * apart
    for t in range(active.size):
        m, old, new = active[t], t * s.step, (t + 1) * s.step
        n, r, h = m * s.across, apart + s.step + old, old
        z, new_gate, a = r + apart, r + 2 * apart, r + 3 * apart
        read_input(tape, r, apart, x, t * lanes * features, packed, s, m)
        if mask.size > 0:
            put_product(part(tape, masked + old, n), part(tape, old, n), part(mask, ZERO, n))
            h = masked + old
        read_state(tape, r, apart, OF_STATE, h, packed, s, m)
        apply_sigmoid(part(tape, r, n))
        apply_sigmoid(part(tape, z, n))
        propose(part(tape, new_gate, n), part(tape, r, n), part(tape, a, n))
        update(part(tape, new, n), part(tape, old, n), part(tape, z, n), part(tape, new_gate, n))


@compiled
def backward(
    x: Any, packed: Any, tape: Any, mask: Any, active: Any, lanes: int, features: int, units: int,
    d_outputs: Any, d_state: Any, dx: Any, gradients: Any,
) -> None:  # fmt: skip
    """Flow back: `d_state` goes from the gradient of the last states to that of the first, `gradients` are added to."""
    s = sizes_of(BLOCKS, lanes, features, units, x.itemsize)
    apart = active.size * s.step
    masked = apart + s.step + 4 * apart
    back, until = np.empty(mask.size, x.dtype), active.size
    for t in range(active.size - 1, -1, -1):
        m, at = active[t], t * s.step
        n, r = m * s.across, apart + s.step + at
        z, new_gate, a = r + apart, r + 2 * apart, r + 3 * apart
        dh = part(d_state, ZERO, n)
        add_some(dh, d_outputs, at)
        through_update(dh, part(tape, z, n), part(tape, new_gate, n), part(tape, at, n))
        through_reset(part(tape, r, n), part(tape, a, n), part(tape, new_gate, n))
        flow_to_state(d_state, tape, r, apart, OF_STATE, packed, mask, back, s, m)
        flow_to_input(dx, t * lanes * s.down, tape, r, apart, packed, s, m)
        h = at if mask.size == 0 else masked + at
        until = learn_in_time(gradients, tape, r, apart, OF_STATE, x, h, s, t, until, m)
