"""The steps of any X as one table and back again, and `set_output` for what is a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import TransformerMixin
from sklearn.utils._set_output import _wrap_data_with_container

from .._data.forms import as_known_form, kind
from .._data.reading import FittedForm, raw_sequences, refuse_nonfinite
from .._data.sequences import Array, Ints, Sequences, flat_rows, trim
from .._data.windows import Windows


@dataclass(frozen=True)
class Steps:
    """All steps of X, padding included, and what they are part of.

    Parameters
    ----------
    X : Windows, DataFrame, ndarray or list of ndarray
        What the user gave.
    raw : Sequences
        The table of all steps, and the slots of each sequence.
    starts, lengths : ndarray of shape (n_sequences,)
        The steps of each sequence that are not padding.
    names : ndarray of str or None
        Names of the features.
    ids : list or None
        Series of each sequence of a 2-D X, None for the only one; sequences of other forms have no identity.
    """

    X: Any
    raw: Sequences
    starts: Ints
    lengths: Ints
    names: Array | None
    ids: list[Any] | None

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def table(self) -> Array:
        """The steps of all sequences, of shape (n_slots, n_features)."""
        return self.raw.table

    def rows(self) -> Ints:
        """Rows of the table that are steps of a sequence, each one once."""
        rows = flat_rows(self.starts, self.lengths, self.raw.stride)
        return np.unique(rows) if self.raw.overlapping else rows

    def rows_of(self, i: int) -> Ints:
        """Rows of the table that are steps of sequence `i`."""
        return self.starts[i] + self.raw.stride * np.arange(self.lengths[i])

    def select(self, rows: Ints) -> Array:
        """Select rows of the table, without a copy if they are all of them."""
        return self.table if len(rows) == len(self.table) else self.table[rows]

    def give_back(self, table: Array) -> Any:
        """Give a table like that of `raw` the form that X has."""
        X, layout = self.X, self.raw.layout
        if isinstance(X, Windows):
            return X.on(table)
        assert layout is not None
        result = layout.from_steps(table, initial=table[:0])
        if layout.form == "ragged":
            return [part[:, 0] if array.ndim == 1 else part for part, array in zip(result, X, strict=True)]
        return result

    def name(self, i: int) -> str:
        """Name sequence `i` for a message."""
        return f"sequence {i}" if self.ids in (None, [None]) else f"series {self.ids[i]!r}"

    def describe(self) -> str:
        """Name the series, or count the sequences, for a message."""
        return f"{len(self)} sequences" if self.ids in (None, [None]) else f"series {self.ids}"

    @contextmanager
    def naming_nonfinite(self) -> Iterator[None]:
        """Say where the first infinity, or else NaN, within a sequence is if a scaler refuses it."""
        try:
            yield
        except ValueError as error:
            if "NaN" in str(error) or "infinity" in str(error):
                table = self.table
                if np.isinf(table).any():
                    table = np.where(np.isnan(table), 0.0, table)
                refuse_nonfinite(replace(self.raw, table=table), self.starts, self.lengths, self.names)
            raise


def read_steps(estimator: Any, X: Any, series: Any = None, *, reset: bool = False) -> Steps:
    """Read X as steps; NaN within a sequence is left to whoever computes with it.

    Parameters
    ----------
    estimator : estimator
        If `reset`, receives `n_features_in_`, `feature_names_in_` and the form of X; else X must fit them.
    X : array-like, DataFrame, Windows or list of arrays
        A 2-D X is a table of steps.
    series : array-like of shape (n_rows,), optional
        Series of each row of a 2-D X.
    reset : bool, default=False
        Whether this is a fit.
    """
    X = as_known_form(X)
    raw, names = raw_sequences(estimator, X, True, _float_dtype(X), series, reset)
    if reset:
        estimator._fitted_form = FittedForm(kind(X), raw.n_features)
    padding = np.asarray(np.isnan(raw.table).all(axis=1))
    starts, lengths = raw.starts, raw.lengths
    if padding.any():
        starts, lengths = trim(starts, lengths, raw.stride, padding)
    ids = None
    if kind(X) == "table":
        ids = [None] if raw.ids is None else list(raw.ids)
    return Steps(X, raw, starts, lengths, names, ids)


def read_unnamed_steps(estimator: Any, X: Any, series: Any = None) -> Steps:
    """Read X as `read_steps` does for a fitted estimator, whatever the names of columns.

    What is to be inverted is often an array although fit saw a DataFrame.
    """
    estimator = copy(estimator)
    vars(estimator).pop("feature_names_in_", None)
    return read_steps(estimator, X.set_axis(range(X.shape[1]), axis=1) if isinstance(X, pd.DataFrame) else X, series)


def _float_dtype(X: Any) -> Any:
    """Return the dtypes that may stay, where scikit-learn reads X, else the one dtype of all sequences."""
    parts = X if isinstance(X, list) else [X]
    if kind(X) != "ragged" and not isinstance(X, Windows):
        return [np.float64, np.float32]
    return np.float32 if all(getattr(part, "dtype", None) == np.float32 for part in parts) else np.float64


class OwnOutputMixin(TransformerMixin):
    """Keep scikit-learn from making a table of every result."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        parent: Any = super()  # scikit-learn's, which carries no types
        parent.__init_subclass__(auto_wrap_output_keys=None, **kwargs)


class TableOutputMixin(OwnOutputMixin):
    """`fit_transform`, and `set_output` for 2-D results; 3-D arrays, windows and lists stay as they are.

    Scikit-learn's own `set_output` would make a DataFrame of every result.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._sklearn_auto_wrap_output_keys = {"transform"}
        if "transform" in vars(cls):
            cls.transform = _contain_tables(vars(cls)["transform"])

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Learn from X and transform it.

        Parameters
        ----------
        X : array-like or list
            As in `fit`.
        y : None
            Ignored.

        Returns
        -------
        ndarray, DataFrame or list
            As from `transform`.
        """
        return self.fit(X, y).transform(X)


def _contain_tables(transform: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(transform)
    def wrapped(self: Any, X: Any, *args: Any, **kwargs: Any) -> Any:
        result = transform(self, X, *args, **kwargs)
        is_table = isinstance(result, np.ndarray) and result.ndim == 2
        return _wrap_data_with_container("transform", result, X, self) if is_table else result

    return wrapped
