"""Functions of numbers, and of ranges of flat arrays. Loops write to few arrays each, so that they use vectors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic, overload

from .jit import EXACT_OPTIONS, OPTIONS, inner

f = np.float32
# A rational approximation of tanh, that of Eigen (Eigen/src/Core/MathFunctionsImpl.h), within a few ulp of float32; the
# coefficients are of the powers of x from the highest. It passes 1 before BOUND.
P13, P11, P9, P7 = f(-2.76076847742355e-16), f(2.00018790482477e-13), f(-8.60467152213735e-11), f(5.12229709037114e-08)
P5, P3, P1 = f(1.48572235717979e-05), f(6.37261928875436e-04), f(4.89352455891786e-03)
Q6, Q4, Q2, Q0 = f(1.19825839466702e-06), f(1.18534705686654e-04), f(2.26843463243900e-03), f(4.89352518554385e-03)
BOUND, ZERO, ONE = f(10), f(0), f(1)

# exp(x) = 2^n exp(r) with r = x - n log 2, where two numbers make log 2 more exact than float32 is, and a polynomial of
# r: that of Cephes (Moshier, 1989), expf.c. Adding SHIFT rounds to a whole number, and leaves it among the last bits.
LOG2_E, LOG_2_HIGH, LOG_2_LOW = f(1.44269504088896341), f(0.693359375), f(-2.12194440e-4)
E7, E6, E5, E4 = f(1.9875691500e-4), f(1.3981999507e-3), f(8.3334519073e-3), f(4.1665795894e-2)
E3, E2 = f(1.6666665459e-1), f(5.0000001201e-1)
SHIFT = f(1.5 * 2**23 + 127)  # with the bias of float32's exponents
LEAST = f(-87)  # below it exp is no normal number


def tanh(x: Any) -> Any:
    """Return the hyperbolic tangent of a number."""


@overload(tanh, jit_options=OPTIONS)
def _tanh(x: Any) -> Any:
    return _rational if x is types.float32 else _exact


def _exact(x: Any) -> Any:
    return math.tanh(x)


def _rational(x: Any) -> Any:
    # Comparisons with NaN are false, so that NaN stays NaN.
    x = -BOUND if x < -BOUND else x
    x = BOUND if x > BOUND else x
    s = x * x
    p = s * (s * (s * (s * (s * (s * P13 + P11) + P9) + P7) + P5) + P3) + P1
    y = x * p / (s * (s * (s * Q6 + Q4) + Q2) + Q0)
    y = -ONE if y < -ONE else y
    return ONE if y > ONE else y


def sigmoid(x: Any) -> Any:
    """Return the logistic sigmoid of a number."""


@overload(sigmoid, jit_options=OPTIONS)
def _sigmoid(x: Any) -> Any:
    return _by_exp32 if x is types.float32 else _by_exp


def _by_exp(x: Any) -> Any:
    small = math.exp(-abs(x))
    return 1 / (1 + small) if x > 0 else small / (1 + small)  # NaN makes small NaN


def _by_exp32(x: Any) -> Any:
    # Not by tanh, which near -1 has lost what a small sigmoid, and its slope, are made of.
    small = exp_of_negative(-abs(x))
    return (ONE if x > ZERO else small) / (ONE + small)


def exp_of_negative(x: Any) -> Any:
    """Return the exponential of a number of float32 that is not positive."""


@overload(exp_of_negative, jit_options=EXACT_OPTIONS)
def _exp_of_negative(x: Any) -> Any:
    return _exp32


def _exp32(x: Any) -> Any:
    is_none = x < LEAST
    x = LEAST if is_none else x
    shifted = x * LOG2_E + SHIFT
    n = shifted - SHIFT
    r = (x - n * LOG_2_HIGH) - n * LOG_2_LOW
    e = (((((((r * E7 + E6) * r + E5) * r + E4) * r + E3) * r + E2) * r * r) + r + ONE) * power_of_two(shifted)
    return ZERO if is_none else e


@intrinsic
def power_of_two(typing: Any, shifted: Any) -> Any:
    """Return 2^n where SHIFT + n is given: its last bits become the exponent."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(32)
        bits = builder.shl(builder.bitcast(arguments[0], word), word(23))
        return builder.bitcast(bits, ir.FloatType())

    return types.float32(types.float32), generate


@inner
def apply_tanh(a: Any) -> None:
    """Replace elements by their hyperbolic tangents."""
    for j in range(a.size):
        a[j] = tanh(a[j])


@inner
def apply_sigmoid(a: Any) -> None:
    """Replace elements by their logistic sigmoids."""
    for j in range(a.size):
        a[j] = sigmoid(a[j])


@inner
def apply_relu(a: Any) -> None:
    """Replace negative elements by zero."""
    zero = a.dtype.type(0)
    for j in range(a.size):
        a[j] = zero if a[j] < zero else a[j]


@inner
def fill(a: Any, value: float) -> None:
    """Set all elements to one value."""
    for j in range(a.size):
        a[j] = value


@inner
def copy(to: Any, source: Any) -> None:
    """Copy as many elements as `to` has."""
    # Not by assigning slices, which compiles all that numpy has to tell of shapes that differ.
    for j in range(to.size):
        to[j] = source[j]


@inner
def copy_masked(to: Any, source: Any, mask: Any, at: int) -> None:
    """Copy, times the range of a mask from a place on, unless it is empty."""
    if mask.size > 0:
        put_product(to, source, mask[at : at + to.size])
    else:
        copy(to, source)


@inner
def add(a: Any, b: Any) -> None:
    """Add b to a."""
    for j in range(a.size):
        a[j] += b[j]


@inner
def add_some(a: Any, b: Any, at: int) -> None:
    """Add the range of b from a place on to a, unless b is empty."""
    if b.size > 0:
        add(a, b[at : at + a.size])


@inner
def put_product(out: Any, a: Any, b: Any) -> None:
    """Write a times b."""
    for j in range(out.size):
        out[j] = a[j] * b[j]


@inner
def fill_rows(rows: Any, row: Any) -> None:
    """Write the numbers of a row to each of many rows."""
    for first in range(0, rows.size, row.size):
        one = rows[first : first + row.size]
        for j in range(row.size):
            one[j] = row[j]


@inner
def add_rows(total: Any, rows: Any) -> None:
    """Add each of many rows to one."""
    for first in range(0, rows.size, total.size):
        one = rows[first : first + total.size]
        for j in range(total.size):
            total[j] += one[j]
