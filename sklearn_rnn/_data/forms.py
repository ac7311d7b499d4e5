"""What X may be, before it is read: known forms of numbers, or a message that says what came instead."""

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
from .windows import Windows

ENCODE = "encode categories first, for example with SequenceOneHotEncoder."
FORMS = "a 2-D table, a 3-D array (sequences, steps, features), or a list of arrays (steps, features)"


def as_known_form(X: Any) -> Any:
    """Return X as Windows, something 2-D for scikit-learn to check, a 3-D array, or a list of arrays."""
    refuse_non_arrays("X", checked("X", X), FORMS)
    X = _from_list(list(X)) if _is_list(X) else X
    if getattr(X, "ndim", 2) > 3:
        raise ValueError(f"X has {X.ndim} dimensions; expected {FORMS}.")
    refuse_dates("X", X)
    is_dense = kind(X) == "dense" and not isinstance(X, Windows)
    return np.asarray(X) if is_dense else X


def _is_list(X: Any) -> bool:
    return isinstance(X, list | tuple) or (isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1)


def _from_list(X: list[Any]) -> Any:
    """Return arrays as a list of sequences; nested lists, too, if their lengths differ, else as one array."""
    if not X:
        raise ValueError("Found array with 0 sample(s) (shape=(0,)) while a minimum of 1 is required.")
    names_of_frames(X)
    are_arrays = all(getattr(sequence, "ndim", 0) > 0 for sequence in X)
    whole = None if are_arrays else _as_one_array(X)
    if whole is not None:
        return checked("X", whole)
    return [as_array(f"Sequence {i} of X", sequence) for i, sequence in enumerate(X)]


def _as_one_array(X: list[Any]) -> Array | None:
    try:
        return np.asarray(X)
    except ValueError:  # of unequal lengths
        return None


def as_array(name: str, sequence: Any) -> Array:
    """Return a sequence as an array; `name` stands in the message if there is none."""
    try:
        return np.asarray(checked(name, sequence))
    except ValueError as error:
        if not isinstance(sequence, list | tuple):
            raise
        raise ValueError(
            f"{name} is made of lists of unequal lengths; expected one value per step, or as many for every step."
        ) from error


def names_of_frames(X: Any) -> Array | None:
    """Names of the features of a list of DataFrames, which must be the same for all; None for anything else."""
    frames = [(i, item) for i, item in enumerate(X) if isinstance(item, pd.DataFrame)] if _is_list(X) else []
    for i, frame in frames:
        first, reference = frames[0]
        if not frame.columns.equals(reference.columns):
            raise ValueError(
                f"Sequence {i} of X has the columns {list(frame.columns)}, sequence {first} has "
                f"{list(reference.columns)}; give every sequence the same columns in the same order."
            )
    return names_of_columns(frames[0][1]) if frames else None


def names_of_columns(X: Any) -> Array | None:
    """Names of the columns of a DataFrame if all of them are strings, as scikit-learn has it."""
    if isinstance(X, pd.DataFrame) and all(isinstance(name, str) for name in X.columns):
        return X.columns.to_numpy(dtype=object)
    return None


def checked(name: str, values: Any) -> Any:
    """Return values that an array would say the same as; refuse others. `name` stands in the message."""
    if issparse(values):
        raise TypeError(f"{name} is sparse, but dense data is required; use .toarray().")
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ValueError(f"{name} is a masked array, whose mask would be lost; fill its gaps first, by .filled().")
    if getattr(getattr(values, "dtype", None), "kind", "f") == "c":
        raise ValueError(f"Complex data not supported: {name} is complex; give its real and imaginary part.")
    return values


def refuse_non_arrays(name: str, values: Any, expected: str) -> None:
    """Refuse what no array can be made of."""
    if isinstance(values, str | bytes | dict | set) or not (hasattr(values, "__array__") or hasattr(values, "__len__")):
        what = "None" if values is None else f"of type {type(values).__name__}"
        raise TypeError(f"{name} is {what}; expected {expected}.")


def refuse_dates(name: str, values: Any) -> None:
    """Refuse dates and records, which numpy would turn into numbers that depend on their unit."""
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
        culprits = [value for value in np.ravel(values) if not _is_number(value)]
        if not culprits:
            raise
        is_text = isinstance(culprits[0], str)
        what = f"the text {str(culprits[0])!r}" if is_text else f"a value of type {type(culprits[0]).__name__}"
        raise ValueError(f"{name} is not numeric, it holds {what}; {hint}") from error


def kind(X: Any) -> str:
    """Name the form of X: "table", "dense" or "ragged"."""
    if isinstance(X, list):
        return "ragged"
    return "dense" if getattr(X, "ndim", 2) == 3 else "table"


def check_columns(X: Any) -> None:
    if not isinstance(X, pd.DataFrame):
        return
    if X.shape[1] == 0:
        raise ValueError(f"Found array with 0 feature(s) (shape={X.shape}) while a minimum of 1 is required.")
    repeated = list(X.columns[X.columns.duplicated()])
    if repeated:
        raise ValueError(f"X has several columns of the same name: {repeated}; give every column a name of its own.")
    text = [str(name) for name, column in X.items() if not _is_numeric(column)]
    if text:
        raise ValueError(
            f"X has columns that are not numeric: {text}; encode or drop them first, for example with "
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
