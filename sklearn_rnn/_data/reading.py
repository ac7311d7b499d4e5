"""How X and series are read: every form that a user may type becomes `Sequences`, or an error that helps.

==================================  ================================  =================================
X                                   one target per sequence           one target per step
==================================  ================================  =================================
2-D array or DataFrame (n, f)       n univariate sequences, f steps   one sequence of n steps
the same, names of a lag table      n sequences, a step per lag       one sequence of n steps
the same with ``columns=k``         n sequences of f / k steps        (does not apply)
2-D with ``series=`` or an index    as above                          one sequence per series
of two or more levels
3-D array (n, steps, f), Windows    n sequences                       n sequences
Windows of one lag                  n sequences of one step           one sequence per series
list of (steps_i, f), (steps_i,)    n sequences                       n sequences
==================================  ================================  =================================
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array, validate_data

from .checks import quoted
from .forms import Form, Table, as_form
from .lag_columns import StepColumns
from .padding import without_padding
from .panels import Dense, Framed, Ragged
from .pitfalls import lost_series
from .sequences import Array, Sequences

WORDS = {form.kind: form.word for form in (Table, Dense, Ragged)}


@dataclass(frozen=True)
class FittedForm:
    """What fit saw of X, for the checks of later calls: plain values alone, which can be stored.

    Parameters
    ----------
    kind : {"table", "dense", "ragged"}
        Form of X.
    n_step_features : int
        Features of one step.
    names : list of str or None
        Their names.
    has_series : bool, default=False
        Whether steps were read as those of several series, or of one with a name.
    columns : StepColumns or None
        How the columns of a table were steps, where each row was a sequence.
    """

    kind: str
    n_step_features: int
    names: list[str] | None = None
    has_series: bool = False
    columns: StepColumns | None = None

    def as_steps(self) -> FittedForm:
        """Return the form of single steps: those of a table of univariate sequences have no column of their own."""
        return replace(self, kind=Ragged.kind) if self.kind == Table.kind else self

    def check_features(self, form: Form, n_features: int, name: str) -> None:
        """Raise an error if steps have another number of features; `name` is that of the estimator."""
        if n_features == self.n_step_features:
            return
        note = f" per step: X is {form.word}, in fit it was {WORDS[self.kind]}" if form.kind != self.kind else ""
        if isinstance(form, Dense) and form.values.shape[1] == self.n_step_features:
            note += "; its axes look swapped, X.transpose(0, 2, 1) is (sequences, steps, features)"
        raise ValueError(
            f"X has {n_features} features, but {name} is expecting {self.n_step_features} features as input{note}."
        )

    def check_names(self, names: Any, name: str) -> None:
        """Raise an error if the features have other names, where both are known."""
        if names is not None and self.names is not None and list(names) != self.names:
            raise ValueError(
                f"X has the features {quoted(list(names))}, but {name} was fitted with {quoted(self.names)}; give the "
                "same features in the same order."
            )


@dataclass(frozen=True)
class Reader:
    """Reads X for an estimator, and remembers of `fit` what later calls are compared with.

    Parameters
    ----------
    name : str
        Name of the estimator, for messages.
    per_step : bool
        Whether there is one target per step, so that a 2-D X is a table of steps.
    dtype : numpy dtype
        Floating type of the steps.
    mask_value : float, optional
        Steps whose features all have this value are left out.
    fitted : FittedForm or None
        What fit saw; None before it.
    columns : "auto", int or list of str, default="auto"
        How the columns of a table are steps where each row is a sequence (see `StepColumns.learn`).
    """

    name: str
    per_step: bool
    dtype: Any
    mask_value: float | None = None
    fitted: FittedForm | None = None
    columns: Any = "auto"

    def learn(self, X: Any, series: Any = None, *, columns_of: Any = None) -> tuple[FittedForm, Sequences]:
        """Read X for a fit.

        Parameters
        ----------
        X : array-like, DataFrame, Windows, list of arrays, or form
            See the table at the top of this module.
        series : array-like of shape (n_rows,), optional
            Series of each row of a 2-D X.
        columns_of : estimator, optional
            Receives `n_features_in_` and `feature_names_in_`, and nothing else.

        Returns
        -------
        fitted : FittedForm
            What later calls are compared with.
        sequences : Sequences
            Without padding.

        Raises
        ------
        TypeError
            If X is sparse, or no array, table or list.
        ValueError
            If X has no such form, has NaN within a sequence, infinity, or steps that are not in time order.
        """
        form = as_form(X)
        with _overflow_to_infinity():
            fitted, padded = self.learn_padded(form, series, columns_of=columns_of)
            return fitted, self._without_padding(form, padded, columns_of)

    def read(self, X: Any, series: Any = None, *, columns_of: Any = None) -> Sequences:
        """Read X after a fit.

        Parameters
        ----------
        X, series
            As in `learn`.
        columns_of : estimator, optional
            Its `n_features_in_` and `feature_names_in_` are what scikit-learn compares the columns of a table with,
            if X was a table in fit, too. Without it X is compared with the fitted form alone.

        Returns
        -------
        Sequences
            Without padding.

        Raises
        ------
        TypeError
            As in `learn`.
        ValueError
            As in `learn`; if X has other features than in fit, or tells no series apart although X in fit did.
        """
        form = as_form(X)
        with _overflow_to_infinity():
            padded = self.read_padded(form, series, columns_of=columns_of)
            self._known.check_names(self.names(form, columns_of), self.name)
            self._check_series(form, series)
            return self._without_padding(form, padded, columns_of)

    def learn_padded(self, form: Form, series: Any = None, *, columns_of: Any = None) -> tuple[FittedForm, Sequences]:
        """Read X for a fit, padding included, whatever the order of its rows."""
        padded = self._padded(form, series, columns_of, learn=True)
        if columns_of is not None and not isinstance(form, Table):
            set_n_features(columns_of, padded.n_features)
        names = self.names(form, columns_of)  # once scikit-learn has set them
        has_series = self.per_step and (series is not None or form.tells_series)
        columns = self._step_columns(form, columns_of)
        return (
            FittedForm(form.kind, padded.n_features, None if names is None else list(names), has_series, columns),
            padded,
        )

    def read_padded(self, form: Form, series: Any = None, *, columns_of: Any = None) -> Sequences:
        """Read X after a fit, padding included, whatever the order of its rows; only its features are compared."""
        padded = self._padded(form, series, columns_of, learn=False)
        self._known.check_features(form, padded.n_features, self.name)
        return padded

    def names(self, form: Form, columns_of: Any) -> Any:
        """Names of the features of a step."""
        columns = self._step_columns(form, columns_of)
        if columns is not None:
            return columns.names
        return self._names_of_columns(form, columns_of) if isinstance(form, Table) else form.names

    def _names_of_columns(self, form: Form, columns_of: Any) -> Array | None:
        # Scikit-learn also knows the names of tables that are not of pandas, and an array has those of fit.
        known = getattr(columns_of, "feature_names_in_", None) if self._compares_columns else None
        return known if form.names is None else form.names

    def _step_columns(self, form: Form, columns_of: Any) -> StepColumns | None:
        """How columns are steps, as it was in fit if X was a table there; None unless rows are sequences."""
        if self.per_step or not isinstance(form, Table):
            return None
        if self.fitted is not None and self._compares_columns:
            return self.fitted.columns
        table = form.values if hasattr(form.values, "shape") else np.asarray(form.values)
        return StepColumns.learn(self.columns, self._names_of_columns(form, columns_of), table.shape[1])

    @property
    def _known(self) -> FittedForm:
        assert self.fitted is not None, "learn comes first"
        return self.fitted

    @property
    def _compares_columns(self) -> bool:
        """Whether columns of a table are those of fit, so that scikit-learn's rules for them hold."""
        return self.fitted is None or self.fitted.kind == Table.kind

    def _padded(self, form: Form, series: Any, columns_of: Any, *, learn: bool) -> Sequences:
        if isinstance(form, Table) and columns_of is not None and self._compares_columns:
            check = partial(validate_data, columns_of, reset=learn)
        else:
            check = partial(check_array, input_name="X", estimator=self.name)
        read = form.read(self.dtype, check, per_step=self.per_step, series=series)
        columns = self._step_columns(form, columns_of)  # which takes a table that has been checked
        return read if columns is None else columns.group(read)

    def _check_series(self, form: Form, series: Any) -> None:
        """Raise an error if steps tell no series apart although those of fit did."""
        could_tell = self.per_step and isinstance(form, Table | Framed)  # other sequences are series of their own
        if could_tell and self._known.has_series and series is None and not form.tells_series:
            raise lost_series(self.name, " to ShiftFramer" if isinstance(form, Framed) else "")

    def _without_padding(self, form: Form, padded: Sequences, columns_of: Any) -> Sequences:
        # Rows that are steps have an order in time; rows that are sequences of their own may come in any.
        if self.per_step and isinstance(form, Table):
            form.check_order(padded)
        if self.per_step and isinstance(form, Framed) and form.values.lags == 1:
            padded = form.as_rows(padded)
        return without_padding(padded, self.mask_value, self.names(form, columns_of))


def set_n_features(estimator: Any, n_features: int) -> None:
    """Set what scikit-learn calls the number of features, for forms that have no columns and so no names of them."""
    estimator.n_features_in_ = n_features
    if hasattr(estimator, "feature_names_in_"):
        del estimator.feature_names_in_


def _overflow_to_infinity() -> np.errstate:
    """Let a number that is too large for the dtype become infinity, which an error then names with its place."""
    return np.errstate(over="ignore", invalid="ignore")
