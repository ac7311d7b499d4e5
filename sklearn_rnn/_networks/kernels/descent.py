"""Steps of optimizers, for all parameters in one call, on memory that torch owns.

`addresses` has a row for the parameters, and one for each part of their state, with the address of each tensor; all
that lie in one column have `sizes` numbers. Gradients lie one after another in one array, and are overwritten. A part
of the state that isn't in use has no address and is not touched. The equations are in torch's order, and names torch's.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numba.core import cgutils, types
from numba.extending import intrinsic

from .jit import compiled, inner
from .sizes import part


@compiled
def clip(gradients: Any, max_norm: float) -> None:
    """Scale gradients down to a norm; if theirs is not finite, nothing is hidden."""
    total = gradients.dtype.type(0)
    for j in range(gradients.size):
        total += gradients[j] * gradients[j]
    scale = gradients.dtype.type(max_norm) / (math.sqrt(total) + gradients.dtype.type(1e-6))
    if not scale >= 1:
        _scale(gradients, scale)


@compiled
def adam(
    addresses: Any, sizes: Any, gradients: Any, lr: float, beta1: float, beta2: float, eps: float, weight_decay: float,
    decoupled: bool, amsgrad: bool, maximize: bool,
) -> None:  # fmt: skip
    """Take a step of Adam or, decoupled, AdamW; the state: steps, exp_avg, exp_avg_sq, max_exp_avg_sq."""
    at = 0
    for i in range(sizes.size):
        n = sizes[i]
        g, p = part(gradients, at, n), _tensor(addresses[0, i], n, gradients)
        mean, square = _tensor(addresses[2, i], n, gradients), _tensor(addresses[3, i], n, gradients)
        largest = _tensor(addresses[4, i], n, gradients)
        steps = _count(addresses[1, i])
        if decoupled:
            _scale(p, 1 - lr * weight_decay)
        _turn(g, p, 0.0 if decoupled else weight_decay, maximize)
        _follow(mean, g, 1 - beta1)
        _follow_squares(square, g, beta2)
        if amsgrad:
            _keep_largest(largest, square)
            square = largest
        _adapt(p, mean, square, lr / (1 - beta1**steps), math.sqrt(1 - beta2**steps), eps)
        at += n


@compiled
def sgd(
    addresses: Any, sizes: Any, gradients: Any, new: Any, lr: float, momentum: float, dampening: float,
    weight_decay: float, nesterov: bool, maximize: bool,
) -> None:  # fmt: skip
    """Take a step of SGD; the state: momentum_buffer. One that is new (of zeros) takes all of the gradient."""
    at = 0
    for i in range(sizes.size):
        n = sizes[i]
        g, p = part(gradients, at, n), _tensor(addresses[0, i], n, gradients)
        buffer = _tensor(addresses[1, i], n, gradients)
        _turn(g, p, weight_decay, maximize)
        if momentum != 0:
            _accumulate(buffer, g, momentum, 1.0 if new[i] else 1 - dampening)
            if nesterov:
                _accumulate(g, buffer, 1.0, momentum)
            else:
                g = buffer
        _accumulate(p, g, 1.0, -lr)
        at += n
    for i in range(new.size):
        new[i] = False


@compiled
def rmsprop(
    addresses: Any, sizes: Any, gradients: Any, lr: float, alpha: float, eps: float, weight_decay: float,
    momentum: float, centered: bool, maximize: bool,
) -> None:  # fmt: skip
    """Take a step of RMSprop; the state: steps, square_avg, momentum_buffer, grad_avg."""
    at = 0
    for i in range(sizes.size):
        n = sizes[i]
        g, p = part(gradients, at, n), _tensor(addresses[0, i], n, gradients)
        square, buffer = _tensor(addresses[2, i], n, gradients), _tensor(addresses[3, i], n, gradients)
        mean = _tensor(addresses[4, i], n, gradients)
        _count(addresses[1, i])
        _turn(g, p, weight_decay, maximize)
        _follow_squares(square, g, alpha)
        if centered:
            _follow(mean, g, 1 - alpha)
            _normalize_centered(g, square, mean, eps)
        else:
            _normalize(g, square, eps)
        if momentum > 0:
            _accumulate(buffer, g, momentum, 1.0)
            g = buffer
        _accumulate(p, g, 1.0, -lr)
        at += n


@inner
def _turn(g: Any, p: Any, weight_decay: float, maximize: bool) -> None:
    """Turn gradients uphill on demand, and add the penalty on weights."""
    if maximize:
        _scale(g, -1.0)
    if weight_decay != 0:
        _accumulate(g, p, 1.0, weight_decay)


@inner
def _scale(a: Any, by: float) -> None:
    number = a.dtype.type(by)
    for j in range(a.size):
        a[j] *= number


@inner
def _accumulate(total: Any, a: Any, keeps: float, weight: float) -> None:
    """Compute total = keeps total + weight a."""
    old, new = total.dtype.type(keeps), total.dtype.type(weight)
    for j in range(total.size):
        total[j] = old * total[j] + new * a[j]


@inner
def _follow(mean: Any, g: Any, weight: float) -> None:
    """Move a mean towards g, by a weight; the form is torch's, which is exact for a weight of 0 and for one of 1."""
    new, old = mean.dtype.type(weight), mean.dtype.type(1 - weight)
    if abs(weight) < 0.5:
        for j in range(mean.size):
            mean[j] += new * (g[j] - mean[j])
    else:
        for j in range(mean.size):
            mean[j] = g[j] - old * (g[j] - mean[j])


@inner
def _follow_squares(square: Any, g: Any, keeps: float) -> None:
    """Compute square = keeps square + (1 - keeps) g^2."""
    old, new = square.dtype.type(keeps), square.dtype.type(1 - keeps)
    for j in range(square.size):
        square[j] = old * square[j] + new * g[j] * g[j]


@inner
def _keep_largest(largest: Any, square: Any) -> None:
    for j in range(largest.size):
        a, b = largest[j], square[j]
        largest[j] = b if b > a or b != b else a  # NaN is largest


@inner
def _adapt(p: Any, mean: Any, square: Any, lr: float, root: float, eps: float) -> None:
    """Compute p -= lr mean / (sqrt(square) / root + eps)."""
    size, correction, least = p.dtype.type(lr), p.dtype.type(root), p.dtype.type(eps)
    for j in range(p.size):
        p[j] -= size * mean[j] / (math.sqrt(square[j]) / correction + least)


@inner
def _normalize(g: Any, square: Any, eps: float) -> None:
    """Compute g / (sqrt(square) + eps)."""
    least = g.dtype.type(eps)
    for j in range(g.size):
        g[j] /= math.sqrt(square[j]) + least


@inner
def _normalize_centered(g: Any, square: Any, mean: Any, eps: float) -> None:
    """Compute g / (sqrt(square - mean^2) + eps)."""
    least = g.dtype.type(eps)
    for j in range(g.size):
        g[j] /= math.sqrt(square[j] - mean[j] * mean[j]) + least


@intrinsic
def _pointer(typing: Any, address: Any) -> Any:
    """Make a pointer of an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(types.intp), generate


@inner
def _tensor(address: int, n: int, like: Any) -> Any:
    """Return n numbers that lie in memory, of the type of another array."""
    return numba.carray(_pointer(address), n, like.dtype)


@inner
def _count(address: int) -> float:
    """Add a step to a counter, and return how many there are."""
    steps = numba.carray(_pointer(address), 1, np.float32)
    steps[0] += 1
    return float(steps[0])
