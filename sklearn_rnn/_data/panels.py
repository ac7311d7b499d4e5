"""X that is made of sequences already: a 3-D array, a list of arrays, or windows over a table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from .checks import check_not_dates, check_values, naming_text
from .sequences import Array, Layout, Sequences, flat_rows, offsets
from .series import first_within, group_series, index_of, read_series
from .windows import Windows


@dataclass(frozen=True, eq=False)
class GivenForm(ABC):
    """What all forms share.

    Parameters
    ----------
    given : object
        What the user gave.
    values : DataFrame, ndarray, list of ndarray or Windows
        The same, ready to be read: nested lists have become arrays.
    names : ndarray of str or None
        Names of the columns, or of the features of a step.
    """

    given: Any
    values: Any
    names: Array | None = None

    kind: ClassVar[str]
    word: ClassVar[str]  # for messages: X is ...

    def __len__(self) -> int:
        return len(self.values)

    @property
    def index(self) -> pd.Index | None:
        """Index of what the user gave."""
        return index_of(self.given)


class SequenceForm(GivenForm):
    """What the forms share that are made of sequences."""

    @property
    def tells_series(self) -> bool:
        """Whether X says which sequences belong to the same series; most sequences are series of their own."""
        return False

    def read(self, dtype: Any, check: Callable[..., Array], *, per_step: bool, series: Any = None) -> Sequences:
        """Read X as sequences, padding included (but for windows, whose padding is not stored).

        Parameters
        ----------
        dtype : numpy dtype
            Floating type of the steps.
        check : callable
            Checks arrays; scikit-learn's `check_array`, for the estimator that reads.
        per_step : bool
            Whether there is one target per step.
        series : array-like of shape (n_sequences,), optional
            Series of each sequence, where there is one target per sequence.
        """
        if per_step:
            self.check_no_series(series)
        read = self._read(dtype, check, per_step)
        codes, _ = read_series(self.index, series, len(read), "sequence of X")
        return read if codes is None else replace(read, series=codes)

    def check_no_series(self, series: Any) -> None:
        """Raise an error for series of steps, which are those of the sequences."""
        if series is not None:
            raise ValueError(f"series= belongs to a 2-D X, a table with one row per step; X is {self._no_table}")

    @property
    def _no_table(self) -> str:
        return f"{self.word}, in which every item is a sequence already."

    @abstractmethod
    def _read(self, dtype: Any, check: Callable[..., Array], per_step: bool) -> Sequences: ...


class Dense(SequenceForm):
    """A 3-D array of shape (n_sequences, n_steps, n_features)."""

    kind, word = "dense", "3-D"

    def _read(self, dtype: Any, check: Callable[..., Array], per_step: bool) -> Sequences:
        with naming_text("X", self.values):
            X = check(self.values, dtype=dtype, allow_nd=True, ensure_2d=False, ensure_all_finite=False, order="C")
        if X.shape[2] == 0:
            raise ValueError(f"X has 0 features per step (shape={X.shape}); a minimum of 1 is required.")
        n, steps, n_features = X.shape
        widths = np.full(n, steps, dtype=np.int64)
        layout = Layout("dense", widths) if per_step else None
        return Sequences(X.reshape(-1, n_features), offsets(widths), widths, per_step=per_step, layout=layout)


class Ragged(SequenceForm):
    """A list of arrays of shape (n_steps, n_features) or (n_steps,), of any lengths."""

    kind, word = "ragged", "a list of sequences"

    def _read(self, dtype: Any, check: Callable[..., Array], per_step: bool) -> Sequences:
        arrays = [_read_one(i, sequence, dtype) for i, sequence in enumerate(self.values)]
        widths = np.array([len(array) for array in arrays], dtype=np.int64)
        first = int(np.argmax(widths > 0))  # an empty sequence takes the features of the others
        n_features = arrays[first].shape[1]
        for i, array in enumerate(arrays):
            if len(array) and array.shape[1] != n_features:
                raise ValueError(
                    f"X has ragged features: sequence {i} has {array.shape[1]}, sequence {first} has {n_features}; "
                    "every sequence is an array of shape (steps, features) with the same features."
                )
        if n_features == 0:
            raise ValueError(f"X has 0 features per step (sequence {first}); a minimum of 1 is required.")
        table = np.concatenate([array if len(array) else array.reshape(0, n_features) for array in arrays])
        layout = Layout("ragged", widths) if per_step else None
        return Sequences(table, offsets(widths), widths, per_step=per_step, layout=layout)


def _read_one(i: int, sequence: Any, dtype: Any) -> Array:
    name = f"Sequence {i} of X"
    if np.ndim(sequence) not in (1, 2):
        raise ValueError(
            f"{name} has {np.ndim(sequence)} dimensions; expected (steps, features), or (steps,) for a univariate "
            "sequence."
        )
    check_not_dates(name, sequence)
    with naming_text(name, sequence):
        array = np.asarray(check_values(name, sequence), dtype=dtype, order="C")
    return array.reshape(-1, 1) if array.ndim == 1 else array


class Framed(SequenceForm):
    """Windows over a table, which are read without a copy of it."""

    values: Windows

    kind, word = "dense", "3-D"  # elsewhere an array of the same values may stand for them

    @property
    def tells_series(self) -> bool:
        """Whether the series of windows are known."""
        return self.values.tells_series

    @property
    def _no_table(self) -> str:
        return "windows, so pass it to ShiftFramer."

    def _read(self, dtype: Any, check: Callable[..., Array], per_step: bool) -> Sequences:
        windows = self.values
        if len(windows) == 0:
            raise ValueError(f"Found array with 0 sample(s) (shape={windows.shape}) while a minimum of 1 is required.")
        read = windows.sequences()
        table = np.ascontiguousarray(read.table, dtype=dtype)
        layout = None
        if per_step:
            # The steps of a window are its last slots: with 3 lags, and 1, 2 and 3 steps, slots 2 | 4, 5 | 6, 7, 8.
            widths = np.full(len(windows), windows.lags, dtype=np.int64)
            slots = flat_rows(offsets(widths) + widths - read.lengths, read.lengths)
            layout = Layout("dense", widths, step_slots=slots)
        series = None if windows.one_series else np.unique(windows.begins, return_inverse=True)[1].astype(np.int64)
        read = replace(read, series=series, ids=windows.ids, earlier=windows.earlier())
        return replace(read, table=table, per_step=per_step, layout=layout)

    def as_rows(self, padded: Sequences) -> Sequences:
        """Read windows of one lag as the steps of their series: a range of the table for each.

        Parameters
        ----------
        padded : Sequences
            What `read` returned.

        Raises
        ------
        ValueError
            If the windows of a series do not directly follow each other.
        """
        widths, order = group_series(padded.series, len(self))
        rows = np.arange(len(self)) if order is None else order
        windows = self.values[rows]
        place = first_within(np.diff(windows.ends) != 1, widths)
        if place is not None:
            raise ValueError(
                "X is windows of one lag, which with return_sequences=True are the steps of their series, but window "
                f"{rows[place + 1]} does not directly follow window {rows[place]} of the same series: they were "
                "shuffled or picked. Take slices, or split with TimeSeriesSplit or shuffle=False."
            )
        first = offsets(widths)
        # A window that ends before its series begins holds no step; such windows come first. A series of rows 5, 6, 7
        # in windows that end at rows 3, 4, 5, 6 is read from row 5 on, 2 steps, and slots 0 and 1 are padding.
        starts = np.maximum(windows.ends[first], windows.begins[first])
        lengths = np.maximum(windows.ends[first] + widths - starts, 0)
        slots = None if (lengths == widths).all() else flat_rows(first + widths - lengths, lengths)
        ids = None if windows.ids is None else windows.ids[first]
        layout = Layout("rows", widths, step_slots=slots, row_order=order)
        return Sequences(padded.table, starts, lengths, per_step=True, layout=layout, ids=ids, earlier=padded.earlier)
