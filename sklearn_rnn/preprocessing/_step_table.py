"""All steps of any X as one table, which a scaler can read, and back again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._data.checks import quoted
from .._data.forms import Form, Table, as_form
from .._data.padding import all_features, check_finite, covered, trim
from .._data.panels import Framed, Ragged
from .._data.reading import FittedForm, Reader
from .._data.sequences import Array, Ints, Sequences, flat_rows


@dataclass(frozen=True)
class StepTable:
    """All steps of X, padding included, as rows of one table, and the sequences that they are part of.

    Parameters
    ----------
    form : Table, Dense, Ragged or Framed
        What X is.
    padded : Sequences
        The table, and the slots of each sequence in it.
    starts, lengths : ndarray of shape (n_sequences,)
        The steps of each sequence that are not padding.
    names : ndarray of str or None
        Names of the features.
    ids : list or None
        Series of each sequence of a 2-D X, None for the only one; sequences of other forms have no identity.
    """

    form: Form
    padded: Sequences
    starts: Ints
    lengths: Ints
    names: Array | None
    ids: list[Any] | None

    @classmethod
    def of(cls, form: Form, padded: Sequences, names: Array | None) -> StepTable:
        """Find the steps that are not padding; NaN between them is left to whoever computes with it."""
        padding = all_features(np.isnan(padded.table))
        starts, lengths = padded.starts, padded.lengths
        if padding.any():
            starts, lengths = trim(starts, lengths, padded.stride, padding)
        ids = None
        if isinstance(form, Table):
            ids = [None] if padded.ids is None else list(padded.ids)
        return cls(form, padded, starts, lengths, names, ids)

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def values(self) -> Array:
        """The table, of shape (n_slots, n_features)."""
        return self.padded.table

    def rows(self) -> Ints:
        """Rows of the table that are steps of a sequence, each one once."""
        if self.padded.overlapping:
            return np.flatnonzero(covered(self.starts, self.lengths, self.padded.stride, len(self.values)))
        return flat_rows(self.starts, self.lengths, self.padded.stride)

    def rows_of(self, i: int) -> Ints:
        """Rows of the table that are steps of sequence `i`."""
        return self.starts[i] + self.padded.stride * np.arange(self.lengths[i])

    def select(self, rows: Ints) -> Array:
        """Select rows of the table, without a copy if they are all of them."""
        return self.values if len(rows) == len(self.values) else self.values[rows]

    def restore(self, table: Array) -> Any:
        """Return a table of as many rows in the form of X."""
        if isinstance(self.form, Framed):
            return self.form.values.on(table)
        layout = self.padded.layout
        assert layout is not None
        result = layout.from_steps(table, initial=table[:0])  # every slot is a row: none needs an initial value
        if isinstance(self.form, Ragged):
            given = self.form.values
            one_column = table.shape[1] == 1
            return [
                part[:, 0] if array.ndim == 1 and one_column else part
                for part, array in zip(result, given, strict=True)
            ]
        return result

    def name(self, i: int) -> str:
        """Name sequence `i` for a message."""
        return f"sequence {i}" if self.ids in (None, [None]) else f"series {quoted(self.ids[i])}"

    def describe(self) -> str:
        """Name the series, or count the sequences, for a message."""
        return f"{len(self)} sequences" if self.ids in (None, [None]) else f"series {quoted(self.ids)}"

    @contextmanager
    def naming_nonfinite(self) -> Iterator[None]:
        """Say where the first infinity, or else NaN, within a sequence is if a scaler raises an error for it."""
        try:
            yield
        except ValueError as error:
            if "NaN" in str(error) or "infinity" in str(error):
                table = self.values
                if np.isinf(table).any():  # scalers that let NaN pass mean this one
                    table = np.where(np.isnan(table), 0.0, table)
                check_finite(replace(self.padded, table=table), self.starts, self.lengths, self.names)
            raise


def learn_step_table(estimator: Any, X: Any, series: Any = None) -> StepTable:
    """Read all steps of X in a fit; the estimator receives the form of X, and what scikit-learn sets of its columns.

    Parameters
    ----------
    estimator : estimator
        Receives `_form`, `n_features_in_` and `feature_names_in_`.
    X : array-like, DataFrame, Windows or list of arrays
        A 2-D X is a table of steps.
    series : array-like of shape (n_rows,), optional
        Series of each row of a 2-D X.
    """
    form = as_form(X)
    reader = _reader(estimator, form, series)
    estimator._form, padded = reader.learn_padded(form, series, columns_of=estimator)
    return StepTable.of(form, padded, reader.names(form, estimator))


def read_step_table(estimator: Any, X: Any, series: Any = None, *, named: bool = True) -> StepTable:
    """Read all steps of X for a fitted estimator, which stays as it is.

    Parameters
    ----------
    estimator, X, series
        As in `learn_step_table`.
    named : bool, default=True
        Whether the names of columns must be those of fit. What is to be inverted is often an array although fit saw a
        DataFrame.
    """
    form, columns_of = as_form(X), estimator if named else None
    reader = _reader(estimator, form, series, estimator._form)
    padded = reader.read_padded(form, series, columns_of=columns_of)
    return StepTable.of(form, padded, reader.names(form, columns_of))


def _reader(estimator: Any, form: Form, series: Any, fitted: FittedForm | None = None) -> Reader:
    if isinstance(form, Framed):
        form.check_no_series(series)
    # The slots of all steps of all windows, by which results find their way back, would be far more than the table.
    per_step = not isinstance(form, Framed)
    return Reader(type(estimator).__name__, per_step=per_step, dtype=_dtype(form), fitted=fitted)


def _dtype(form: Form) -> Any:
    """Return the dtypes that may stay, where scikit-learn reads X, else the one dtype of all sequences."""
    # float32 stays float32, as with scalers of scikit-learn; integers and the rest become float64.
    if not isinstance(form, Ragged | Framed):
        return [np.float64, np.float32]
    parts = form.values if isinstance(form, Ragged) else [form.values]
    return np.float32 if all(part.dtype == np.float32 for part in parts) else np.float64
