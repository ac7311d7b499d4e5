"""Sequences of labels as one array of labels: texts, lists of tokens and tables of categories."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_array, validate_data

from .._data.checks import check_not_flat
from .._data.frames import as_pandas
from .._data.reading import set_n_features
from .._data.sequences import Array, Ints, offsets


@dataclass(frozen=True)
class Labels:
    """The labels of all sequences, one after the other; a missing one is NaN or None.

    Parameters
    ----------
    values : ndarray of shape (n_slots,)
        Labels, missing ones included.
    widths : ndarray of shape (n_sequences,)
        Slots of each sequence.
    rows : ndarray of shape (n_labels,)
        Slots whose label is not missing.
    form : {"strings", "tokens", "table"}
        What X is.
    """

    values: Array
    widths: Ints
    rows: Ints
    form: Literal["strings", "tokens", "table"]

    @property
    def real(self) -> Array:
        """The labels that are not missing."""
        return self.values[self.rows]


def read_labels(encoder: Any, X: Any, *, reset: bool) -> Labels:
    """Read labels for an encoder, whose columns are set if `reset` and else compared if X was a table in fit, too."""
    X = as_pandas(X)
    sequences = _as_list(X)
    if sequences is None:
        values, widths = _read_table(encoder, X, reset)
        return Labels(values, widths, _present(values), "table")
    if reset:
        set_n_features(encoder, 1)
    strings = [isinstance(sequence, str) for sequence in sequences]
    if all(strings):
        # All strings at once; `widths` says where each begins.
        values = np.array(list("".join(sequences)), dtype=object)
        return Labels(values, _lengths(sequences), np.arange(len(values)), "strings")
    if any(strings):
        i = strings.index(not strings[0])
        raise ValueError(
            f"X mixes strings and others: item 0 is a {type(sequences[0]).__name__}, item {i} a "
            f"{type(sequences[i]).__name__}; expected strings alone, or lists of labels alone."
        )
    arrays = [read_tokens(f"Sequence {i} of X", sequence) for i, sequence in enumerate(sequences)]
    values = np.concatenate([array for array in arrays if len(array)] or [np.empty(0, dtype=object)])
    widths = _lengths(arrays)
    return Labels(values, widths, _present(values), "tokens")


def _as_list(X: Any) -> list[Any] | None:
    """Return X as a list of sequences; None if it is a table."""
    if isinstance(X, str):
        raise ValueError("X is one string; expected a list of strings. To encode one text, give [text].")
    if not isinstance(X, list | tuple) and (getattr(X, "ndim", 2) != 1 or getattr(X.dtype, "kind", "f") in "biufc"):
        return None
    X = list(X)
    if not X:
        raise ValueError("Found array with 0 sample(s) (shape=(0,)) while a minimum of 1 is required.")
    if any(isinstance(sequence, str) or hasattr(sequence, "ndim") for sequence in X):
        return X
    # Lists of numbers of equal lengths are a table, as everywhere. Lists of words are not: texts may happen to have as
    # many words each.
    try:
        array = np.asarray(X)
    except ValueError:  # lists of unequal lengths
        return X
    return None if array.size and array.dtype.kind in "biufc" else X


def _read_table(encoder: Any, X: Any, reset: bool) -> tuple[Array, Ints]:
    check_not_flat(X)
    if reset or (encoder._form == "table" and not isinstance(X, list | tuple)):
        X = validate_data(encoder, X, dtype=None, ensure_all_finite=False, reset=reset)
    else:
        X = check_array(X, dtype=None, ensure_all_finite=False, input_name="X", estimator=encoder)
    X = X.astype(object) if X.dtype.kind in "US" else X
    return X.ravel(), np.full(len(X), X.shape[1], dtype=np.int64)


def read_tokens(name: str, sequence: Any) -> Array:
    """Read a list or 1-D array of labels; strings become objects, which keep every character."""
    try:
        array = np.asarray(sequence)
    except ValueError as error:
        raise ValueError(f"{name} holds lists; expected a list or 1-D array of labels.") from error
    if array.ndim != 1:
        raise ValueError(f"{name} has {array.ndim} dimensions; expected a list or 1-D array of labels.")
    return array if array.dtype.kind in "biuf" else np.asarray(sequence, dtype=object)


def _lengths(sequences: Iterable[Any]) -> Ints:
    return np.array([len(sequence) for sequence in sequences], dtype=np.int64)


def place_of(row: Any, widths: Ints) -> str:
    """Say which step of which sequence a row of all steps is."""
    sequence = int(np.searchsorted(np.cumsum(widths), row, side="right"))
    return f"in sequence {sequence} (step {int(row - offsets(widths)[sequence])})"


def _present(values: Array) -> Ints:
    return np.flatnonzero(~np.asarray(pd.isna(values)))
