"""Scaling the steps of sequences with any scaler of scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy, deepcopy
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin, _fit_context, clone
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._data.pitfalls import lost_series
from .._data.reading import FittedForm
from .._data.sequences import Array, Ints
from .._data.windows import Windows
from ._output import TableOutputMixin
from ._step_table import StepTable, learn_step_table, read_step_table

NO_IDENTITY = object()  # the key of sequences that are not a series of a table


def _scaler_has(method: str) -> Callable[[Any], bool]:
    """Make a method available where the wrapped scaler has it; the error names the scaler."""

    def check(self: Any) -> bool:
        getattr(StandardScaler if self.scaler is None else self.scaler, method)
        return True

    return check


class SequenceScaler(TableOutputMixin, OneToOneFeatureMixin, BaseEstimator):
    """Scale the steps of sequences with any scaler of scikit-learn.

    All steps of all sequences are stacked into one table, which the wrapped scaler learns from and
    transforms; the result has the form of X. Padding (steps that are all NaN at the start or the end of a
    sequence) is left out of the statistics and stays NaN, also with scalers that accept no NaN.

    Parameters
    ----------
    scaler : transformer, default=None
        Any scikit-learn scaler that returns one column per feature; None means ``StandardScaler()``.
        ``MinMaxScaler(clip=True)`` clips values outside the range learned in `fit`.
    per : {"feature", "sequence"}, default="feature"
        "feature" learns one scaler over all steps. "sequence" scales every sequence by itself:

        - A series of a table has an identity: its id in `series` or in all levels but the last of the
          index; a table without ids is one series. `fit` learns its scaler, for its later rows, too, and
          a table without ids then raises an error if that of `fit` had some.
        - A sequence of a 3-D array or list has none, so `transform` scales it by its own statistics, which
          live with the data and are not kept; likewise a series that `fit` has not seen.

    Attributes
    ----------
    scaler_ : transformer
        The scaler fitted on all steps; for ``per="feature"``.
    scalers_ : dict
        The fitted scaler of each series of a table, by id (None without ids); for ``per="sequence"``.
    n_features_in_ : int
        Features of a step.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where X was a DataFrame whose column names are all strings.

    See Also
    --------
    sklearn.preprocessing.StandardScaler : The default scaler, for tables that no framer reads.

    Notes
    -----
    Within a pipeline put it after `ShiftFramer`, which alone reads the index of a table: a scaler before it that
    returns arrays would hide the times from it. Of windows the table below is scaled, counting once every row that a
    window reads, so that the result is a view again; with ``per="sequence"`` each window is scaled by itself, which
    takes a 3-D array.

    NaN within a sequence is left to the wrapped scaler: most disregard it and keep it.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller, "Efficient BackProp", in Neural Networks: Tricks of
       the Trade, 1998, section 4.3, on why inputs should be scaled.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import MinMaxScaler
    >>> from sklearn_rnn.preprocessing import SequenceScaler
    >>> X = [np.array([10.0, 20.0, 30.0]), np.array([40.0, 50.0])]
    >>> scaler = SequenceScaler(MinMaxScaler()).fit(X)
    >>> scaler.transform(X)
    [array([0.  , 0.25, 0.5 ]), array([0.75, 1.  ])]
    >>> scaler.inverse_transform([np.array([0.5, 1.0])])
    [array([30., 50.])]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "scaler": [HasMethods(["fit", "transform"]), None],
        "per": [StrOptions({"feature", "sequence"})],
    }

    _form: FittedForm

    def __init__(self, scaler: Any = None, *, per: str = "feature") -> None:
        self.scaler = scaler
        self.per = per

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any = None, *, series: Any = None) -> SequenceScaler:
        """Learn the scale of steps.

        Parameters
        ----------
        X : array-like of shape (n_steps, n_features) or (n, steps, n_features), Windows or list
            A 2-D X is a table of steps: one sequence, or one per series. A list has arrays of shape
            (steps_i, n_features), or (steps_i,) where sequences are univariate.
        y : None
            Ignored.
        series : array-like of shape (n_steps,), default=None
            Series of each row of a 2-D X; by default that of an index of two or more levels.

        Returns
        -------
        self : SequenceScaler
            The fitted scaler. If anything fails, what an earlier fit learned is still there.

        Raises
        ------
        ValueError
            If X has no such form, no steps, or values that the wrapped scaler does not accept.
        """
        self.__dict__ = self._fitted("fit", X, series).__dict__
        return self

    @available_if(_scaler_has("partial_fit"))
    @_fit_context(prefer_skip_nested_validation=False)
    def partial_fit(self, X: Any, y: Any = None, *, series: Any = None) -> SequenceScaler:
        """Continue learning from more steps; available where the wrapped scaler has `partial_fit`.

        Parameters
        ----------
        X, y, series
            As in `fit`; X has the features of earlier calls.

        Returns
        -------
        self : SequenceScaler
            The fitted transformer.

        Raises
        ------
        ValueError
            As in `fit`.
        """
        self.__dict__ = self._fitted("partial_fit", X, series).__dict__
        return self

    def fit_transform(self, X: Any, y: Any = None, *, series: Any = None) -> Any:
        """Learn the scale of steps and scale them.

        Parameters
        ----------
        X, y, series
            As in `fit`.

        Returns
        -------
        ndarray, DataFrame, Windows or list
            As from `transform`.
        """
        return self.fit(X, y, series=series).transform(X, series=series)

    def transform(self, X: Any, *, series: Any = None) -> Any:
        """Scale steps.

        Parameters
        ----------
        X : array-like, Windows or list
            As in `fit`, or in another form with the same features per step.
        series : array-like of shape (n_steps,), default=None
            As in `fit`.

        Returns
        -------
        ndarray, DataFrame, Windows or list of ndarray
            The scaled steps, in the form of X. A DataFrame, with the index of X, for a 2-D X under
            ``set_output(transform="pandas")``, which leaves other forms alone.

        Raises
        ------
        ValueError
            If X has no such form, other features than in `fit`, values that the scaler does not accept, or, with
            ``per="sequence"``, is a table that tells no series apart although that of `fit` did.
        """
        learned = self._learned()
        steps = read_step_table(self, self._unframed(X), series)
        self._check_series(learned, steps)
        return self._apply("transform", steps, [learned.get(key) for key in self._keys(steps)])

    @available_if(_scaler_has("inverse_transform"))
    def inverse_transform(self, X: Any, *, series: Any = None, like: Any = None) -> Any:
        """Bring scaled steps back to their units; available where the wrapped scaler can.

        Parameters
        ----------
        X : array-like, Windows or list
            Scaled steps, such as predictions of all features.
        series : array-like of shape (n_steps,), default=None
            As in `fit`, for X and `like`.
        like : array-like, Windows or list, default=None
            For ``per="sequence"``: the sequences of X, in the same order, as they were before `transform`.
            Needed where `transform` scaled by statistics that are not kept.

        Returns
        -------
        ndarray, Windows or list of ndarray
            The steps in their units, in the form of X.

        Raises
        ------
        ValueError
            If X has other features than in `fit`, or was scaled by statistics that are not kept.
        """
        learned = self._learned()
        steps = read_step_table(self, self._unframed(X), series, named=False)
        if like is None:
            scalers = [learned.get(key) for key in self._keys(steps)]
        else:
            scalers = self._scalers_like(like, series, steps)
        for i, rows in enumerate(self._groups(steps)):
            if scalers[i] is None and len(rows):
                raise ValueError(
                    f'The scale of {steps.name(i)} is not known: with per="sequence" fit learns that of the '
                    "series of a table, and no other. Name the series of each row, by series= or the index, or "
                    "pass the sequences as they were before transform: inverse_transform(X, like=X_before)."
                )
        return self._apply("inverse_transform", steps, scalers)

    def _fitted(self, method: str, X: Any, series: Any) -> SequenceScaler:
        """Return a fitted copy, so that an error leaves this scaler as it was."""
        new = copy(self)
        continues = method == "partial_fit" and hasattr(self, self._attribute)
        steps = (read_step_table if continues else learn_step_table)(new, self._unframed(X), series)
        if not steps.lengths.any():
            raise ValueError("X has no steps to learn from: every sequence is empty or all padding (NaN).")
        # A copy, since partial_fit changes scalers, and one of several may fail.
        learned = deepcopy(self._learned()) if continues else {}
        self._check_series(learned, steps)
        for key, rows in zip(self._keys(steps), self._groups(steps), strict=True):
            if len(rows) and key is not NO_IDENTITY:  # what has no identity is scaled by itself in transform
                learned.setdefault(key, self._unfitted())
                with steps.naming_nonfinite():
                    getattr(learned[key], method)(steps.select(rows))
        for attribute in ("scaler_", "scalers_"):  # `per` may have changed since
            new.__dict__.pop(attribute, None)
        setattr(new, self._attribute, learned[None] if self.per == "feature" else learned)
        return new

    @property
    def _attribute(self) -> str:
        return "scaler_" if self.per == "feature" else "scalers_"

    def _learned(self) -> dict[Any, Any]:
        """Return the fitted scalers by key."""
        check_is_fitted(self, self._attribute)
        return {None: self.scaler_} if self.per == "feature" else self.scalers_

    def _unfitted(self) -> Any:
        return StandardScaler() if self.scaler is None else clone(self.scaler)

    def _check_series(self, learned: dict[Any, Any], steps: StepTable) -> None:
        """Raise an error for a table that tells no series apart, where each of several has a scaler of its own."""
        if self.per == "sequence" and learned and None not in learned and steps.ids == [None]:
            raise lost_series(type(self).__name__)

    def _unframed(self, X: Any) -> Any:
        return np.asarray(X) if self.per == "sequence" and isinstance(X, Windows) else X

    def _groups(self, steps: StepTable) -> list[Ints]:
        """Return the rows of the table that share a scaler, for each scaler."""
        return [steps.rows()] if self.per == "feature" else [steps.rows_of(i) for i in range(len(steps))]

    def _keys(self, steps: StepTable) -> list[Any]:
        """Return the key of each group's scaler."""
        if self.per == "feature":
            return [None]
        return [NO_IDENTITY] * len(steps) if steps.ids is None else steps.ids

    def _apply(self, method: str, steps: StepTable, scalers: list[Any]) -> Any:
        """Call a method of each group's scaler; where that is None, of one fitted to the group."""
        result = np.full(steps.values.shape, np.nan, dtype=steps.values.dtype)
        for rows, scaler in zip(self._groups(steps), scalers, strict=True):
            if len(rows) == 0:
                continue
            values = steps.select(rows)
            with steps.naming_nonfinite():
                scaler = self._unfitted().fit(values) if scaler is None else scaler
                scaled = _one_to_one(getattr(scaler, method)(values), values, scaler)
            # Scalers may return float64 for float32; copies are made only then.
            result = result.astype(np.result_type(result, scaled), copy=False)
            result[rows] = scaled
        return steps.restore(result)

    def _scalers_like(self, like: Any, series: Any, steps: StepTable) -> list[Any]:
        """Return the scaler that `transform` used for each sequence, fitted again where it is not kept."""
        if self.per == "feature":
            raise ValueError('like= belongs to per="sequence"; with per="feature" fit has learned the scale.')
        before = read_step_table(self, self._unframed(like), series, named=False)
        if len(before) != len(steps) or before.ids != steps.ids:
            raise ValueError(
                "like must have the sequences of X in the same order, as they were before transform; X has "
                f"{steps.describe()}, like has {before.describe()}."
            )
        scalers = [self._learned().get(key) for key in self._keys(before)]
        for i, rows in enumerate(self._groups(before)):
            if scalers[i] is None and len(rows):
                with before.naming_nonfinite():
                    scalers[i] = self._unfitted().fit(before.select(rows))
        return scalers

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        scaler = StandardScaler() if self.scaler is None else self.scaler
        if isinstance(scaler, TransformerMixin):
            wrapped = get_tags(scaler)
            tags.input_tags.allow_nan = wrapped.input_tags.allow_nan  # of NaN that is not padding
            tags.transformer_tags.preserves_dtype = wrapped.transformer_tags.preserves_dtype
        return tags


def _one_to_one(scaled: Any, values: Array, scaler: Any) -> Array:
    if np.shape(scaled) != values.shape or not hasattr(scaled, "__array__"):
        raise ValueError(
            f"scaler must return a dense array with a column per feature; {type(scaler).__name__} made "
            f"{type(scaled).__name__} of shape {np.shape(scaled)} from shape {values.shape}."
        )
    return np.asarray(scaled)
