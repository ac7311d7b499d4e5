"""One-hot encoding of sequences of labels: texts, tokens and categories."""

from __future__ import annotations

from copy import copy
from functools import partial
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, _fit_context
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import _check_feature_names_in, check_array, check_is_fitted

from .._data.checks import naming_text, quoted
from .._data.forms import Form, Table, as_form
from .._data.padding import all_features, trim
from .._data.panels import Ragged
from .._data.sequences import Array, Ints, offsets
from .._data.windows import Windows
from ._labels import Labels, place_of, read_labels, read_tokens
from ._output import TableOutputMixin

ASCII = [chr(code) for code in range(128)]
UNKNOWN_CHARACTER = "\N{REPLACEMENT CHARACTER}"  # what Unicode puts in place of a character it can't show


class SequenceOneHotEncoder(TableOutputMixin, BaseEstimator):
    """Encode sequences of labels as one-hot steps, and decode steps or probabilities to labels.

    =====================================================  ================================================
    X                                                      result of `transform`
    =====================================================  ================================================
    list or 1-D array of strings: each is a sequence of    list of arrays of shape (steps_i, n_categories)
    its characters
    list of lists or 1-D arrays of labels (tokens)         list of arrays of shape (steps_i, n_categories)
    2-D array or DataFrame of labels, a sequence per row   array of shape (n, steps, n_categories)
    =====================================================  ================================================

    Lists of numbers of equal lengths are a 2-D array, as everywhere in scikit-learn. A column of labels, one
    step per row, is one sequence: give it as ``[column]``.

    Parameters
    ----------
    categories : "auto", "ascii" or array-like of shape (n_categories,), default="auto"
        The labels, in the order of the result. "auto" takes the sorted labels of X in `fit`; "ascii" the 128
        characters of ASCII.
    handle_unknown : {"error", "ignore"}, default="error"
        What to do about a label that is not a category: raise an error, or encode it as a step of zeros.
    dtype : floating dtype, default=numpy.float32
        Dtype of the result. The estimators of this package compute in float32; with many categories float64 would take
        twice the memory for nothing.

    Attributes
    ----------
    categories_ : ndarray of shape (n_categories,)
        The labels, in the order of the result.
    encoder_ : OneHotEncoder
        The fitted encoder of single labels.
    n_features_in_ : int
        Columns of a 2-D X in `fit`; 1 for lists of sequences.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X was a DataFrame whose column names are all strings.

    See Also
    --------
    sklearn.preprocessing.OneHotEncoder : Encodes columns, for tables whose rows are not sequences.
    SequencePadder : Gives encoded sequences one length, where another package needs that.

    Notes
    -----
    A missing label (NaN, None) becomes a step of NaN. At the start or end of a sequence that is padding;
    elsewhere the estimators of this package raise an error that says where it is.

    A text is read as its characters, so that an encoder of tokens, such as words, raises an error for texts: split them
    into lists of tokens first.

    Results are never tables: `set_output` is accepted, as by every transformer, and changes nothing.

    References
    ----------
    .. [1] F. Chollet, "Deep Learning with Python", 2017, section 6.1.1, on one-hot encoding of words and
       characters.

    Examples
    --------
    >>> from sklearn_rnn.preprocessing import SequenceOneHotEncoder
    >>> encoder = SequenceOneHotEncoder().fit(["abc", "ca"])
    >>> encoder.transform(["cab"])
    [array([[0., 0., 1.],
           [1., 0., 0.],
           [0., 1., 0.]], dtype=float32)]
    >>> encoder.inverse_transform([[[0.1, 0.2, 0.7], [0.5, 0.3, 0.2]]])
    ['ca']
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "categories": [StrOptions({"auto", "ascii"}), "array-like"],
        "handle_unknown": [StrOptions({"error", "ignore"})],
        "dtype": "no_validation",  # numpy does it
    }

    def __init__(self, categories: Any = "auto", *, handle_unknown: str = "error", dtype: Any = np.float32) -> None:
        self.categories = categories
        self.handle_unknown = handle_unknown
        self.dtype = dtype

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> SequenceOneHotEncoder:
        """Learn the categories.

        Parameters
        ----------
        X : list of str, list of lists or arrays of labels, or array-like of shape (n, steps)
            Sequences of labels.
        y : None
            Ignored.

        Returns
        -------
        self : SequenceOneHotEncoder
            The fitted encoder. If anything fails, what an earlier fit learned is still there.

        Raises
        ------
        TypeError
            If labels are neither all strings nor all numbers, or `dtype` is none.
        ValueError
            If X has no such form or no labels, or has labels that are not in `categories`; if `dtype` has no NaN for
            padding.
        """
        if np.dtype(self.dtype).kind != "f":
            raise ValueError(f"dtype must be a floating type, since padding is NaN; got {quoted(self.dtype)}.")
        new = copy(self)
        labels = read_labels(new, X, reset=True)
        given = None if _is(self.categories, "auto") else _check_categories(self.categories)
        if given is None and len(labels.rows) == 0:
            raise ValueError("X has no labels to learn from: every sequence is empty or all padding (NaN).")
        # Unknown labels never reach it: `_is_known` finds them first, and its error says where they are.
        new.encoder_ = OneHotEncoder(categories="auto" if given is None else [given], handle_unknown="ignore").fit(
            (labels.real if given is None else given).reshape(-1, 1)
        )
        new.categories_ = new.encoder_.categories_[0]
        new._form = labels.form
        new._check_not_words(labels)
        new._is_known(labels)
        self.__dict__ = new.__dict__
        return self

    def transform(self, X: Any) -> Any:
        """Encode labels.

        Parameters
        ----------
        X : list of str, list of lists or arrays of labels, or array-like of shape (n, steps)
            Sequences of labels. A 2-D array has the columns of `fit`, if X was 2-D there.

        Returns
        -------
        list of ndarray of shape (steps_i, n_categories), or ndarray of shape (n, steps, n_categories)
            One-hot steps of `dtype`; the array if X is 2-D. Padding is NaN.

        Raises
        ------
        ValueError
            If X has no such form, other columns than in `fit`, is strings although labels are tokens of several
            characters, or, with ``handle_unknown="error"``, has a label that is not a category.
        """
        check_is_fitted(self)
        labels = read_labels(self, X, reset=False)
        self._check_not_words(labels)
        known = self._is_known(labels)
        steps = np.full((len(labels.values), len(self.categories_)), np.nan, dtype=self.dtype)
        steps[labels.rows] = 0.0  # what stays so is an unknown label; a missing one stays NaN
        if known.any():
            ones = self.encoder_.transform(labels.real[known].reshape(-1, 1))  # sparse: the only dense copy is `steps`
            steps[labels.rows[known], ones.indices] = 1.0
        if labels.form == "table":
            return steps.reshape(len(labels.widths), -1, len(self.categories_))
        return np.split(steps, offsets(labels.widths)[1:])

    def inverse_transform(self, X: Any) -> Any:
        """Decode one-hot steps, or the probabilities of categories, to the labels that are most likely.

        Parameters
        ----------
        X : array-like of shape (n, steps, n_categories) or (n, n_categories), Windows or list of arrays
            Steps of sequences; a list has arrays of shape (steps_i, n_categories). A 2-D X has one step per
            row, as `predict_proba` returns where one label is predicted for each sequence.

        Returns
        -------
        list of str, list of list, ndarray of shape (n, steps) or (n,), or list of ndarray
            Labels in the form that `fit` saw: strings, or lists of labels, both without padding, or arrays in
            which padding is NaN. For a 2-D X, an array of n labels.
            A step of zeros, as ``handle_unknown="ignore"`` makes, is None, or U+FFFD in a string.

        Raises
        ------
        ValueError
            If X has other categories than in `fit`, infinity, a step that is NaN in part, or, with
            ``handle_unknown="error"``, a step of zeros.
        """
        check_is_fitted(self)
        # Every slot of windows gets a label, NaN where it is padding, so they are read as the array that they equal.
        form = as_form(np.asarray(X) if isinstance(X, Windows) else X)
        table, widths = self._read_steps(form)
        missing = all_features(np.isnan(table))
        labels = self._decode(table, missing, widths)
        if isinstance(form, Table):
            return self._as_numbers(labels)
        if self._form == "table":
            labels = self._as_numbers(labels)
            is_ragged = isinstance(form, Ragged)
            return np.split(labels, offsets(widths)[1:]) if is_ragged else labels.reshape(len(widths), -1)
        # Padding at the ends goes; a label that is missing in between stays, so that the others keep their places.
        starts, lengths = trim(offsets(widths), widths, 1, missing)
        parts = [labels[i : i + n].tolist() for i, n in zip(starts, lengths, strict=True)]
        if self._form == "tokens":
            return parts
        return ["".join(c if isinstance(c, str) else UNKNOWN_CHARACTER for c in part) for part in parts]

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the features of an encoded step.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of a 2-D X; checked, but no part of the result: columns share categories.

        Returns
        -------
        ndarray of str of shape (n_categories,)
            The categories.
        """
        check_is_fitted(self)
        _check_feature_names_in(self, input_features)
        return np.array([str(category) for category in self.categories_], dtype=object)

    def _check_not_words(self, labels: Labels) -> None:
        """Raise an error for strings, which are read as characters, if labels are tokens of several characters."""
        if labels.form != "strings":
            return
        tokens = [label for label in self.categories_ if isinstance(label, str) and len(label) > 1]
        # Texts may have a token or two beside their characters, such as one for their end, if fit saw texts, too.
        if tokens and (self._form != "strings" or len(tokens) == len(self.categories_)):
            raise ValueError(
                f"X is strings, each of which is a sequence of its characters, but the categories are tokens such as "
                f"{quoted(tokens[0])}; expected a list of tokens for each sequence, such as text.split()."
            )

    def _is_known(self, labels: Labels) -> NDArray[np.bool_]:
        """Say which labels are categories; raise an error for others, unless they may be ignored."""
        real = labels.real
        known = np.asarray(pd.Series(real, dtype=real.dtype).isin(self.categories_))
        if known.all() or self.handle_unknown == "ignore":
            return known
        first = int(np.argmin(known))
        names = [quoted(label) for label in self.categories_[:10].tolist()]
        if len(self.categories_) > 10:
            names.append(f"and {len(self.categories_) - 10} more")
        raise ValueError(
            f"X has the label {quoted(real[[first]].tolist()[0])} {place_of(labels.rows[first], labels.widths)}, which "
            f"is no category; known are {', '.join(names)}. Fit on data that have it, name it in categories, or "
            'set handle_unknown="ignore".'
        )

    def _read_steps(self, form: Form) -> tuple[Array, Ints]:
        """Read one-hot steps, or probabilities, as one table, and the steps of each sequence in it."""
        check = partial(check_array, input_name="X", estimator=self)
        if isinstance(form, Table):
            with naming_text("X", form.values, "expected one-hot steps or probabilities."):
                table = check(form.values, dtype=np.float64, ensure_all_finite=False)
            widths = np.array([len(table)], dtype=np.int64)
        else:
            read = form.read(np.float64, check, per_step=False)
            table, widths = read.table, read.lengths
        if table.shape[1] != len(self.categories_):
            raise ValueError(
                f"X has {table.shape[1]} features per step, but {type(self).__name__} has learned "
                f"{len(self.categories_)} categories; expected a value for each of them."
            )
        return table, widths

    def _decode(self, table: Array, missing: NDArray[np.bool_], widths: Ints) -> Array:
        """Return the label of each step: NaN where it is missing, None where it is unknown."""
        bad = ~np.isfinite(table).all(axis=1) & ~missing
        if bad.any():
            place = place_of(np.argmax(bad), widths)
            raise ValueError(f"X has NaN or infinity {place}; every category needs a number.")
        labels = self.categories_[table.argmax(axis=1)]
        unknown = ~table.any(axis=1)
        if unknown.any() and self.handle_unknown == "error":
            raise ValueError(
                f"X has zeros alone {place_of(np.argmax(unknown), widths)}, which is no label; pad with NaN, or "
                'set handle_unknown="ignore" to have it decoded as unknown.'
            )
        if unknown.any() or missing.any():  # None and NaN stand only in an array of objects
            labels = labels.astype(object)
            labels[unknown], labels[missing] = None, np.nan
        return labels

    def _as_numbers(self, labels: Array) -> Array:
        """Give labels among which some are missing the dtype that numbers have."""
        numeric = self.categories_.dtype.kind in "iuf" and not any(label is None for label in labels)
        return labels.astype(np.float64) if numeric and labels.dtype == object else labels

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def _is(categories: Any, name: str) -> bool:
    return isinstance(categories, str) and categories == name


def _check_categories(categories: Any) -> Array:
    """Return the categories that the user gave as an array."""
    array = np.array(ASCII, dtype=object) if _is(categories, "ascii") else read_tokens("categories", categories)
    if len(array) == 0 or pd.isna(array).any():
        raise ValueError("categories must have at least one label, and none that is missing (NaN or None).")
    repeated = array[pd.Series(array, dtype=array.dtype).duplicated()]
    if len(repeated):
        raise ValueError(f"categories must name each label once; got {quoted(repeated[0])} twice.")
    return array
