"""Values that must be finite numbers: converted, or an error that names the one that is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from .checks import check_not_dates, naming_text
from .sequences import Array


def as_numbers(name: str, values: Array, hint: str) -> Array:
    """Convert values to float64; what is missing becomes NaN. An error ends with `hint`: what was expected."""
    check_not_dates(name, values)  # which numpy would turn into nanoseconds
    with naming_text(name, values, hint):
        return np.asarray(np.where(pd.isna(values), np.nan, values) if values.dtype == object else values, np.float64)


def finite_numbers(
    name: str, values: Array, *, place: Callable[[tuple[int, ...]], str], hint: str, remedy: str
) -> Array:
    """Convert values to float64 that are all finite.

    Parameters
    ----------
    name : str
        What messages call the values.
    values : ndarray
        Values of any type.
    place : callable
        Words for where a value is, such as "in row 7", from its position in `values`.
    hint, remedy : str
        What errors end with: what was expected in place of text, and what to do about a missing value.

    Raises
    ------
    ValueError
        If a value is no number, missing or infinite.
    """
    numbers = as_numbers(name, values, hint)
    bad = ~np.isfinite(numbers)
    if bad.any():
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        what = "NaN" if np.isnan(numbers[at]) else "infinity"
        raise ValueError(f"{name} has {what} {place(at)}; {remedy}")
    return numbers
