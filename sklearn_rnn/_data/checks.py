"""Checks of what the user gave, before it is read: an error says what came, what was expected and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import issparse

from .sequences import Array

QUOTED = 80  # characters of the data that a message quotes at most
ENCODE = "encode categories first, for example with SequenceOneHotEncoder."


def quoted(value: Any) -> str:
    """Write a value of the user for a message: as Python does, but no more of it than fits in a line."""
    text = repr(value.item() if isinstance(value, np.number | np.bool_ | np.str_) else value)
    return text if len(text) <= QUOTED else f"{text[: QUOTED - 3]}..."


def as_array(name: str, sequence: Any) -> Array:
    """Return a sequence as an array; `name` stands in the message if there is none."""
    try:
        return np.asarray(check_values(name, sequence))
    except ValueError as error:
        if not isinstance(sequence, list | tuple):
            raise
        raise ValueError(
            f"{name} is made of lists of unequal lengths; expected one value per step, or as many for every step."
        ) from error


def check_values(name: str, values: Any) -> Any:
    """Return values that an array would say the same as; raise an error for others. `name` stands in the message."""
    if issparse(values):
        raise TypeError(f"{name} is sparse, but dense data is required; use .toarray().")
    # Numpy would take what lies under a mask for values, and drop the imaginary part.
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ValueError(f"{name} is a masked array, whose mask would be lost; fill its gaps first, by .filled().")
    if getattr(getattr(values, "dtype", None), "kind", "f") == "c":
        raise ValueError(f"Complex data not supported: {name} is complex; give its real and imaginary part.")
    return values


def check_array_like(name: str, values: Any, expected: str) -> None:
    """Raise an error for what no array of the same values can be made of."""
    check_values(name, values)
    # A string and a dict have a length, too, but numpy would make a single object of them.
    if isinstance(values, str | bytes | dict | set) or not (hasattr(values, "__array__") or hasattr(values, "__len__")):
        what = "None" if values is None else f"of type {type(values).__name__}"
        raise TypeError(f"{name} is {what}; expected {expected}.")


def check_not_flat(X: Any) -> None:
    """Raise an error for an X of less than two dimensions, as scikit-learn does, whose own error quotes all of it."""
    if isinstance(X, np.ndarray) and X.ndim < 2:
        raise ValueError(
            f"Expected 2D array, got {X.ndim}D array instead, of shape {np.shape(X)}. Reshape your data, by "
            "X.reshape(-1, 1) if it is one feature or X.reshape(1, -1) if it is one row."
        )


def check_not_dates(name: str, values: Any) -> None:
    """Raise an error for dates and records, which numpy would turn into numbers that depend on their unit."""
    dtype = getattr(values, "dtype", None)
    if getattr(dtype, "kind", "f") in "mMV":
        raise ValueError(f"{name} is not numeric, its dtype is {dtype}; expected numbers, such as the hour of a date.")


@contextmanager
def naming_text(name: str, values: Any, hint: str = ENCODE) -> Iterator[None]:
    """Name the value that is no number, where numpy or scikit-learn find one in an array."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if getattr(getattr(values, "dtype", None), "kind", "f") not in "OUST":
            raise
        if isinstance(error, TypeError):
            raise TypeError(f"{name} is not numeric: {error}; {hint}") from error
        # Numpy names neither the value nor its place, so that it is looked for, once something is wrong.
        culprits = [value for value in np.ravel(values) if not _is_number(value)]
        if not culprits:
            raise
        is_text = isinstance(culprits[0], str)
        what = f"the text {quoted(str(culprits[0]))}" if is_text else f"a value of type {type(culprits[0]).__name__}"
        message = f"{name} is not numeric, it holds {what}; {hint}"
        raise ValueError(message) from None  # numpy's error may quote all of it


def check_columns(X: Any) -> None:
    """Raise an error for a DataFrame without columns, with two of the same name, or with one that is not numeric."""
    if not isinstance(X, pd.DataFrame):
        return
    if X.shape[1] == 0:
        raise ValueError(f"Found array with 0 feature(s) (shape={X.shape}) while a minimum of 1 is required.")
    # Selecting one of them by name, as known= and target= do, would return both.
    repeated = list(X.columns[X.columns.duplicated()])
    if repeated:
        raise ValueError(
            f"X has several columns of the same name: {quoted(repeated)}; give every column a name of its own."
        )
    text = [str(name) for name, column in X.items() if not _is_numeric(column)]
    if text:
        raise ValueError(
            f"X has columns that are not numeric: {quoted(text)}; encode or drop them first, for example with "
            "sklearn.compose.make_column_transformer and sklearn.preprocessing.OneHotEncoder."
        )


def _is_numeric(column: pd.Series) -> bool:
    if column.dtype == object:
        return all(_is_number(value) and not isinstance(value, str) for value in column)
    return pd.api.types.is_numeric_dtype(column.dtype)


def _is_number(value: Any) -> bool:
    """Whether a value is a number, the text of a number, or missing."""
    if not isinstance(value, str):
        return value is None or value is pd.NA or isinstance(value, Real | Decimal | np.bool_)
    try:
        float(value)
    except ValueError:
        return False
    return True
