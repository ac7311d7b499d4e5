"""The form of X: one object made where X comes in, which knows what X is and reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from .checks import (
    as_array,
    check_array_like,
    check_columns,
    check_not_dates,
    check_not_flat,
    check_values,
    naming_text,
    quoted,
)
from .clock import warn_of_gaps
from .frames import as_pandas
from .panels import Dense, Framed, GivenForm, Ragged
from .sequences import Array, Layout, Sequences, offsets
from .series import check_order, group_series, read_series, times_of
from .windows import Windows

EXPECTED = "a 2-D table, a 3-D array (sequences, steps, features), or a list of arrays (steps, features)"


class Table(GivenForm):
    """A 2-D array or DataFrame, whose rows are steps, or univariate sequences."""

    kind: ClassVar[str] = "table"
    word: ClassVar[str] = "2-D"

    @property
    def tells_series(self) -> bool:
        """Whether the index says which series each row belongs to."""
        return isinstance(self.index, pd.MultiIndex)

    def read(self, dtype: Any, check: Callable[..., Array], *, per_step: bool, series: Any = None) -> Sequences:
        """Read X as sequences, padding included.

        Parameters
        ----------
        dtype : numpy dtype
            Floating type of the steps.
        check : callable
            Checks arrays: scikit-learn's `check_array`, or `validate_data`, for the estimator that reads.
        per_step : bool
            Whether each row is a step, and not a sequence.
        series : array-like of shape (n_rows,), optional
            Series of each row.
        """
        check_columns(self.values)
        with naming_text("X", self.values):
            table = check(self.values, dtype=dtype, ensure_all_finite=False, order="C")
        n, width = table.shape
        codes, ids = read_series(self.index, series, n)
        if not per_step:  # each row is a sequence, and follows the one before it already
            widths = np.full(n, width, dtype=np.int64)
            return Sequences(table.reshape(-1, 1), offsets(widths), widths, series=codes)
        widths, order = group_series(codes, n)
        # From here on the rows of a series follow each other; only results are brought back in the order of X.
        table = table if order is None else table[order]
        layout = Layout("rows", widths, row_order=order)
        return Sequences(table, offsets(widths), widths, per_step=True, layout=layout, ids=ids)

    def check_order(self, padded: Sequences) -> None:
        """Raise an error if the steps of a series are not in time order, and warn of gaps between them.

        `padded` is what `read` returned.
        """
        times, layout = times_of(self.index), padded.layout
        if times is not None and layout is not None:
            times = times if layout.row_order is None else times[layout.row_order]
            check_order(times, layout.widths, layout.rows, padded.ids)
            warn_of_gaps(times, layout.widths, layout.rows, ids=padded.ids)


Form = Table | Dense | Ragged | Framed


def as_form(X: Any) -> Form:
    """Say what X is.

    =============================================  ========
    X                                              form
    =============================================  ========
    2-D array, DataFrame                           `Table`
    list of lists of equal lengths                 `Table`
    3-D array, nested lists of that shape          `Dense`
    list or object array of arrays of any lengths  `Ragged`
    list of lists of unequal lengths               `Ragged`
    Windows                                        `Framed`
    =============================================  ========

    Parameters
    ----------
    X : object
        What the user gave, or a form, which is returned as it is.

    Raises
    ------
    TypeError
        If X is sparse, or no array, table or list.
    ValueError
        If X is empty, masked, complex, of dates, or has more than three dimensions.
    """
    if isinstance(X, Form):
        return X
    X = as_pandas(X)
    check_array_like("X", X, EXPECTED)
    if isinstance(X, Windows):
        return Framed(X, X, X.columns)
    names, values = None, X
    if isinstance(X, list | tuple) or (isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1):
        frames = [as_pandas(sequence) for sequence in X]
        names, values = _names_of_frames(frames), _from_list(frames)
    if isinstance(values, list):  # no array could be made of it
        return Ragged(X, values, names)
    n_dimensions = getattr(values, "ndim", 2)
    if n_dimensions > 3:
        raise ValueError(f"X has {n_dimensions} dimensions; expected {EXPECTED}.")
    if n_dimensions < 2:
        with naming_text("X", values):  # texts are the greater mistake
            np.asarray(values, dtype=np.float64)
    check_not_flat(values)
    check_not_dates("X", values)
    if n_dimensions == 3:
        return Dense(X, np.asarray(values), names)
    return Table(X, values, _names_of_columns(X))


def _from_list(X: list[Any]) -> Any:
    """Return arrays as a list of sequences; nested lists, too, if their lengths differ, else as one array."""
    if not X:
        raise ValueError("Found array with 0 sample(s) (shape=(0,)) while a minimum of 1 is required.")
    # Arrays stay sequences even if all have the same length: the next call may bring other lengths, and what X is must
    # not depend on them. Plain lists of equal lengths are what scikit-learn takes for a table.
    are_arrays = all(getattr(sequence, "ndim", 0) > 0 for sequence in X)
    whole = None if are_arrays else _as_one_array(X)
    if whole is not None:
        return check_values("X", whole)
    return [as_array(f"Sequence {i} of X", sequence) for i, sequence in enumerate(X)]


def _as_one_array(X: list[Any]) -> Array | None:
    try:
        return np.asarray(X)
    except ValueError:  # of unequal lengths
        return None


def _names_of_frames(X: Any) -> Array | None:
    """Names of the features of a list of DataFrames, which must be the same for all; None for anything else."""
    frames = [(i, item) for i, item in enumerate(X) if isinstance(item, pd.DataFrame)]
    for i, frame in frames:
        check_columns(frame)
        first, reference = frames[0]
        if not frame.columns.equals(reference.columns):
            raise ValueError(
                f"Sequence {i} of X has the columns {quoted(list(frame.columns))}, sequence {first} has "
                f"{quoted(list(reference.columns))}; give every sequence the same columns in the same order."
            )
    return _names_of_columns(frames[0][1]) if frames else None


def _names_of_columns(X: Any) -> Array | None:
    """Names of the columns of a DataFrame if all of them are strings, as scikit-learn has it."""
    if isinstance(X, pd.DataFrame) and all(isinstance(name, str) for name in X.columns):
        return X.columns.to_numpy(dtype=object)
    return None
