"""Padding sequences to one length."""

from __future__ import annotations

from copy import copy
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_feature_names_in, check_array, check_is_fitted, validate_data

from .._data.forms import Form, Table, as_form
from .._data.panels import Dense, Framed, Ragged
from .._data.reading import FittedForm, set_n_features
from .._data.sequences import Array, offsets
from ._output import TableOutputMixin


class SequencePadder(TableOutputMixin, BaseEstimator):
    """Pad, and cut, sequences to one length, exactly as the function `pad_sequences` of Keras does.

    The estimators of this package need no padding: they read lists of sequences of any lengths. Pad for
    other estimators, or with ``value=np.nan`` for steps that the estimators of this package skip.

    Parameters
    ----------
    maxlen : int, default=None
        Steps of every sequence of the result; None for those of the longest sequence in `fit`, so that test
        data get the length of training data.
    padding : {"pre", "post"}, default="pre"
        Whether shorter sequences are filled up before their first or after their last step.
    truncating : {"pre", "post"}, default="pre"
        Whether longer sequences lose their first or their last steps.
    value : float, default=0.0
        What is filled in; NaN is how this package marks padding.

    Attributes
    ----------
    maxlen_ : int
        Steps of every sequence of the result.
    n_features_in_ : int
        Features of a step; for a 2-D array, its columns, each of which is a step.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X was a DataFrame whose column names are all strings.

    See Also
    --------
    SequenceOneHotEncoder : Turns labels into the steps that may be padded.

    Notes
    -----
    What X holds stays as it is: NaN steps that a sequence has already count as steps. Integers stay
    integers if `value` is one, too (0.0 is); float32 stays float32; all else becomes float64.

    References
    ----------
    .. [1] F. Chollet and others, Keras, ``keras.utils.pad_sequences``,
       https://keras.io/api/data_loading/timeseries/

    Examples
    --------
    >>> from sklearn_rnn.preprocessing import SequencePadder
    >>> padder = SequencePadder()
    >>> padder.fit_transform([[1, 2, 3, 4], [1, 2, 3], [1]])
    array([[1, 2, 3, 4],
           [0, 1, 2, 3],
           [0, 0, 0, 1]])
    >>> padder.inverse_transform([[0, 0, 5, 6]])
    [array([5, 6])]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "maxlen": [Interval(Integral, 1, None, closed="left"), None],
        "padding": [StrOptions({"pre", "post"})],
        "truncating": [StrOptions({"pre", "post"})],
        "value": [Real],
    }

    _form: FittedForm

    def __init__(
        self, maxlen: int | None = None, *, padding: str = "pre", truncating: str = "pre", value: float = 0.0
    ) -> None:
        self.maxlen = maxlen
        self.padding = padding
        self.truncating = truncating
        self.value = value

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> SequencePadder:
        """Learn the length of the longest sequence, unless `maxlen` is given.

        Parameters
        ----------
        X : list of array-like of shape (steps_i,) or (steps_i, n_features), or array-like of shape \
                (n, steps) or (n, steps, n_features)
            Sequences of numbers. A 2-D array has a univariate sequence per row.
        y : None
            Ignored.

        Returns
        -------
        self : SequencePadder
            The fitted padder. If anything fails, what an earlier fit learned is still there.

        Raises
        ------
        ValueError
            If X has no such form, sequences of different features, or no steps at all.
        """
        new = copy(self)
        longest = max(len(sequence) for sequence in new._read(X, reset=True))
        if longest == 0 and self.maxlen is None:
            raise ValueError("X has no steps to learn maxlen from: every sequence is empty. Give maxlen.")
        new.maxlen_ = longest if self.maxlen is None else int(self.maxlen)
        self.__dict__ = new.__dict__
        return self

    def transform(self, X: Any) -> Any:
        """Pad, and cut, sequences to `maxlen_` steps.

        Parameters
        ----------
        X : list of array-like, or array-like of shape (n, steps) or (n, steps, n_features)
            As in `fit`, of any lengths. A 2-D array has the columns of `fit`, if X was one there.

        Returns
        -------
        ndarray of shape (n, maxlen_), or (n, maxlen_, n_features)
            The padded sequences; 2-D if the sequences of X are 1-D. A 2-D result is a DataFrame under
            ``set_output(transform="pandas")``.

        Raises
        ------
        ValueError
            If X has no such form, or other features than in `fit`.
        """
        check_is_fitted(self)
        sequences = self._read(X, reset=False)
        dtype = _padded_dtype(sequences[0].dtype, self.value)
        result = np.full((len(sequences), self.maxlen_, *sequences[0].shape[1:]), self.value, dtype=dtype)
        for padded, sequence in zip(result, sequences, strict=True):
            kept = sequence[-self.maxlen_ :] if self.truncating == "pre" else sequence[: self.maxlen_]
            padded[self._steps_of(len(kept))] = kept
        return result

    def inverse_transform(self, X: Any) -> list[Array]:
        """Take padding away.

        Parameters
        ----------
        X : array-like of shape (n, maxlen_) or (n, maxlen_, n_features)
            Padded sequences.

        Returns
        -------
        list of ndarray of shape (steps_i,) or (steps_i, n_features)
            The sequences without the steps that equal `value`, in all features, at the padded side. Steps
            that were cut off do not come back, and real steps at that side that equal `value` are lost,
            for nothing tells them from padding: choose a `value` that no step has, such as NaN.

        Raises
        ------
        ValueError
            If X has no such form, other steps than `maxlen_`, or other features than in `fit`.
        """
        check_is_fitted(self)
        form = as_form(X)
        if isinstance(form, Ragged):
            raise ValueError(
                f"X is a list of arrays; expected padded sequences, an array of shape (n, {self.maxlen_}) or "
                f"(n, {self.maxlen_}, n_features)."
            )
        array = self._read_array(form)
        self._form.check_features(form, array.shape[2] if array.ndim == 3 else 1, type(self).__name__)
        if array.shape[1] != self.maxlen_:
            raise ValueError(f"X has {array.shape[1]} steps per sequence; expected maxlen_={self.maxlen_}.")
        value = array.dtype.type(self.value) if array.dtype.kind == "f" else self.value  # as it was filled in
        fill = np.isnan(array) if np.isnan(self.value) else array == value
        real = np.asarray(~fill.reshape(*array.shape[:2], -1).all(axis=2))
        # Read from the padded side on, the first real step ends the padding: of [0, 0, 5, 6] that is step 2 of 4.
        outward = real if self.padding == "pre" else real[:, ::-1]
        lengths = np.where(real.any(axis=1), self.maxlen_ - outward.argmax(axis=1), 0)
        return [row[self._steps_of(length)] for row, length in zip(array, lengths, strict=True)]

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the last axis of the result.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of a 2-D X, or of the features of a step.

        Returns
        -------
        ndarray of str
            For univariate sequences the names of steps: ``step0``, ``step1``, ..., or the columns of a 2-D X
            if there are as many. Else the names of features.
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        is_table = self._form.kind == Table.kind
        if self._univariate and not (is_table and len(names) == self.maxlen_):
            names = np.array([f"step{i}" for i in range(self.maxlen_)], dtype=object)
        return np.asarray(names, dtype=object)

    def _steps_of(self, length: int) -> slice:
        """Return where the steps of a sequence of this length stand."""
        return slice(self.maxlen_ - length, None) if self.padding == "pre" else slice(0, length)

    def _read(self, X: Any, *, reset: bool) -> Array | list[Array]:
        """Read X as arrays of shape (steps_i,) or (steps_i, n_features), all of one dtype."""
        # A list is made of sequences here, even of equal lengths: they may have other lengths in the next call.
        form = Ragged(X, [np.asarray(sequence) for sequence in X]) if isinstance(X, list | tuple) else as_form(X)
        sequences = _read_list(form.values) if isinstance(form, Ragged) else self._read_array(form)
        n_features = int(np.prod(sequences[0].shape[1:]))
        if isinstance(form, Table) and (reset or self._form.kind == Table.kind):
            # scikit-learn's rules for tables: names and number of columns
            validate_data(self, form.values, reset=reset, skip_check_array=True)
        elif reset:
            set_n_features(self, n_features)
        else:
            self._form.check_features(form, n_features, type(self).__name__)
        if reset:
            self._form = FittedForm(form.kind, n_features)
            self._univariate = sequences[0].ndim == 1
        return sequences

    def _read_array(self, form: Form) -> Array:
        is_dense = isinstance(form, Dense | Framed)
        return check_array(form.values, allow_nd=is_dense, ensure_all_finite=False, input_name="X", estimator=self)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        if isinstance(self.value, Real) and float(self.value).is_integer():
            tags.transformer_tags.preserves_dtype += ["int64", "int32"]
        return tags


def _read_list(arrays: list[Array]) -> list[Array]:
    """Read a list as arrays of one dtype and of the same features; an empty one has those of the others."""
    if not arrays:
        raise ValueError("Found array with 0 sample(s) (shape=(0,)) while a minimum of 1 is required.")
    full = [array for array in arrays if array.shape[:1] != (0,)] or arrays[:1]
    for i, array in enumerate(arrays):
        if array.shape[:1] != (0,) and array.ndim != full[0].ndim:
            raise ValueError(
                f"X mixes sequences of {full[0].ndim} and {array.ndim} dimensions (sequence {i}); expected "
                "shape (steps,) for all, or (steps, n_features) for all."
            )
    empty = np.empty((0, *full[0].shape[1:]))
    # Texts and objects become float64, or an error with their place; numbers keep their common dtype.
    numeric = all(array.dtype.kind in "biuf" for array in full)
    dtype = np.result_type(*full) if numeric else np.float64
    values = [empty if array.shape[:1] == (0,) else array for array in arrays]
    read = Ragged(arrays, values).read(dtype, check_array, per_step=False)
    table = read.table[:, 0] if full[0].ndim == 1 else read.table
    return np.split(table, offsets(read.lengths)[1:])


def _padded_dtype(dtype: np.dtype[Any], value: float) -> np.dtype[Any]:
    """Return the dtype of sequences that are padded with a value."""
    if dtype.kind in "iu" and float(value).is_integer():
        return np.result_type(dtype, np.min_scalar_type(int(value)))
    return dtype if dtype == np.float32 else np.dtype(np.float64)
