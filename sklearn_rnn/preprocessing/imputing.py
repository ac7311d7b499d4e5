"""Missing values within sequences, filled in from the past alone."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.impute import SimpleImputer
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from .._data.forms import Table
from .._data.memory import Memory
from .._data.panels import Framed
from .._data.pitfalls import check_series_kept, lost_series
from .._data.reading import FittedForm
from .._data.sequences import Array, Ints, flat_rows, offsets
from .._data.series import times_of
from .._data.tables import Panel
from ._output import TableOutputMixin
from ._step_table import StepTable, learn_step_table, read_step_table


class SequenceImputer(TableOutputMixin, BaseEstimator):
    """Fill in missing values of sequences, series by series and from the past alone.

    Parameters
    ----------
    strategy : {"last", "mean", "median", "most_frequent", "constant"}, default="last"
        What takes the place of a missing value:

        - "last": the last value seen of the same feature, in the same sequence; before the first one seen, the mean of
          the feature in `fit`.
        - "mean", "median", "most_frequent": a statistic of the feature in `fit`, over the steps of all sequences.
        - "constant": `fill_value`.
    fill_value : float, default=None
        For ``strategy="constant"``; None means 0.
    add_indicator : bool, default=False
        Whether to add a column for each feature, such as ``missingindicator_temp``: 1 where it was missing, else 0.
    add_elapsed : bool, default=False
        Whether to add a column for each feature, such as ``elapsed_temp``: the steps since it was last seen [1]_, 0
        where it is seen. Before the first value seen, steps are counted from the start of the sequence, which is 1.

    Attributes
    ----------
    imputer_ : SimpleImputer
        The imputer of scikit-learn, fitted on all steps; with "last" it fills in what no value was seen before.
    n_features_in_ : int
        Features of a step.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where X was a DataFrame whose column names are all strings.

    See Also
    --------
    regularize : Adds the rows that are missing from the index of a table.
    sklearn.impute.SimpleImputer : Enough for statistics of plain tables.

    Notes
    -----
    A 2-D X is a table, whose rows are steps. Rows that are univariate sequences, as the estimators read them where they
    have one target each, are filled in as ``X[:, :, None]``.

    In a table every row is a step: a row that is all missing is filled in like any other, and no NaN is left. In
    sequences (3-D arrays, lists) steps that are all NaN at either end are padding, and stay so in all columns.

    Windows are filled in by the table under them, and stay a view: the last value seen may lie before the window, which
    is more of the past than the window shows. So it does not matter whether a table is filled in before framing or
    after, but for statistics, which are over the rows that windows hold.

    If the index of a table continues that of the training table (same series, next step), the last values seen there
    are carried on, as ShiftFramer does with its context. An array has no index: its first missing values are filled in
    by the mean. Windows know no more of training than the rows that ShiftFramer has put before them. Once `fit` has
    seen series that are told apart, a table that tells none raises an error, where values are carried on or steps
    counted. Steps are rows, whatever their times; see `regularize` for gaps.

    References
    ----------
    .. [1] Z. Che, S. Purushotham, K. Cho, D. Sontag, Y. Liu, "Recurrent Neural Networks for Multivariate Time Series
       with Missing Values", Scientific Reports 8, 6085, 2018. What they call the time interval equals the steps elapsed
       here wherever a value is missing that was seen before.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_rnn.preprocessing import SequenceImputer
    >>> weather = pd.DataFrame({"temp": [20.0, None, None, 26.0], "wind": [None, 1.0, 2.0, None]})
    >>> imputer = SequenceImputer(add_elapsed=True).set_output(transform="pandas")
    >>> imputer.fit_transform(weather)
       temp  wind  elapsed_temp  elapsed_wind
    0  20.0   1.5           0.0           1.0
    1  20.0   1.0           1.0           0.0
    2  20.0   2.0           2.0           0.0
    3  26.0   2.0           0.0           1.0
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "strategy": [StrOptions({"last", "mean", "median", "most_frequent", "constant"})],
        "fill_value": [Real, None],
        "add_indicator": ["boolean"],
        "add_elapsed": ["boolean"],
    }

    _form: FittedForm

    def __init__(
        self,
        strategy: str = "last",
        *,
        fill_value: float | None = None,
        add_indicator: bool = False,
        add_elapsed: bool = False,
    ) -> None:
        self.strategy = strategy
        self.fill_value = fill_value
        self.add_indicator = add_indicator
        self.add_elapsed = add_elapsed

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None, *, series: Any = None) -> SequenceImputer:
        """Learn the statistics of features, and the last values of each series of a table.

        Parameters
        ----------
        X : array-like of shape (n_steps, n_features) or (n, steps, n_features), Windows or list
            A 2-D X is a table of steps in time order: one sequence, or one per series. A list has arrays of shape
            (steps_i, n_features), or (steps_i,) where sequences are univariate.
        y : object, default=None
            Here because pipelines pass it. If its index tells several series apart, X must do so, too.
        series : array-like of shape (n_steps,), default=None
            Series of each row of a 2-D X; by default that of an index of two or more levels.

        Returns
        -------
        self : SequenceImputer
            The fitted transformer. If anything fails, what an earlier fit learned is still there.

        Raises
        ------
        ValueError
            If X has no such form, no steps, infinity, or rows that are not in time order, or has lost the series of y.
        """
        new = copy(self)
        steps = learn_step_table(new, X, series)
        if self._looks_back:
            check_series_kept(steps.form, y, series, per_step=True)
            _check_order(steps)
        rows = steps.rows()
        if len(rows) == 0:
            raise ValueError("X has no steps to learn from: every sequence is empty or all padding (NaN).")
        # A feature that is never seen stays a column, of zeros.
        new.imputer_ = SimpleImputer(
            strategy="mean" if self.strategy == "last" else self.strategy,
            fill_value=self.fill_value,
            keep_empty_features=True,
        )
        with steps.naming_nonfinite():
            new.imputer_.fit(steps.select(rows))
        new._memory = None
        if self._looks_back and isinstance(steps.form, Table):
            panel = _panel(steps)
            carried = np.hstack(_carry_on(panel.table, panel.widths, _no_past(panel.n_series, new.n_features_in_)))
            new._memory = Memory.of(replace(panel, table=carried), 1)
        self.__dict__ = new.__dict__
        return self

    def transform(self, X: Any, *, series: Any = None) -> Any:
        """Fill in missing values.

        Parameters
        ----------
        X : array-like, Windows or list
            As in `fit`, or in another form with the same features per step.
        series : array-like of shape (n_steps,), default=None
            As in `fit`.

        Returns
        -------
        ndarray, DataFrame, Windows or list of ndarray
            The steps, in the form of X: first the features, then their indicators, then the steps elapsed. A DataFrame,
            with the index of X, for a 2-D X under ``set_output(transform="pandas")``, which leaves other forms alone.

        Raises
        ------
        ValueError
            If X has no such form, other features than in `fit`, infinity, rows that are not in time order, or tells no
            series apart although X in `fit` did.
        """
        check_is_fitted(self)
        steps = read_step_table(self, X, series)
        if self._looks_back:
            if self._form.has_series and steps.ids == [None]:
                raise lost_series(type(self).__name__)
            _check_order(steps)
        result = steps.restore(self._impute(steps))
        if isinstance(steps.form, Framed) and result.columns is not None:
            result.columns = self.get_feature_names_out(result.columns)
        return result

    def fit_transform(self, X: Any, y: Any = None, *, series: Any = None) -> Any:
        """Fit, and fill in missing values of the same steps.

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

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Name the features of a step of the result.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the features of X, where X has none of its own.

        Returns
        -------
        names : ndarray of str objects
        """
        check_is_fitted(self)
        # Windows and lists of tables have names, too, which scikit-learn does not know of.
        names = _check_feature_names_in(self, self._form.names if input_features is None else input_features)
        prefixes = [""] + ["missingindicator_"] * self.add_indicator + ["elapsed_"] * self.add_elapsed
        return np.array([f"{prefix}{name}" for prefix in prefixes for name in names], dtype=object)

    @property
    def _looks_back(self) -> bool:
        """Whether a result depends on the steps before it."""
        return self.strategy == "last" or self.add_elapsed

    def _impute(self, steps: StepTable) -> Array:
        """Return the table of all steps with no value missing, and the columns that are added; padding stays NaN."""
        starts, lengths = _ranges(steps)
        rows = flat_rows(starts, lengths)
        filled = values = steps.select(rows)
        missing = np.isnan(values)
        added = [missing] if self.add_indicator else []
        if self._looks_back:
            carried, elapsed = _carry_on(values, lengths, self._past(steps, len(lengths)))
            filled = carried if self.strategy == "last" else values
            added += [elapsed] if self.add_elapsed else []
        with steps.naming_nonfinite():
            filled = self.imputer_.transform(filled)
        result = np.full((len(steps.values), filled.shape[1] * (1 + len(added))), np.nan, dtype=values.dtype)
        result[rows] = np.hstack([filled, *added])
        return result

    def _past(self, steps: StepTable, n: int) -> Array:
        """Return what each of `n` sequences carries on: the last values of training where it continues them."""
        past = _no_past(n, self.n_features_in_)
        if self._memory is not None and isinstance(steps.form, Table):
            panel = _panel(steps)
            before = self._memory.before(panel, self._memory.places(panel, 1), 1)
            past[before.widths > 0] = before.table
        return past

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _check_order(steps: StepTable) -> None:
    if isinstance(steps.form, Table):
        steps.form.check_order(steps.padded)


def _ranges(steps: StepTable) -> tuple[Ints, Ints]:
    """Return first row and length of each sequence to fill in, none of which overlap."""
    if isinstance(steps.form, Framed):  # the series under the windows, up to where the next one begins
        begins = np.unique(steps.form.values.begins)
        return begins, np.diff(begins, append=len(steps.values))
    if isinstance(steps.form, Table):  # without the rows that other forms would call padding
        return steps.padded.starts, steps.padded.lengths
    return steps.starts, steps.lengths


def _panel(steps: StepTable) -> Panel:
    """Return the rows of a table, series after series, with their times."""
    layout, times = steps.padded.layout, times_of(steps.form.index)
    assert layout is not None
    times = None if times is None else times[layout.rows]
    return Panel(steps.values, layout.widths, np.argsort(layout.rows), steps.padded.ids, times)


def _no_past(n: int, n_features: int) -> Array:
    """Return what sequences carry on that continue nothing: no value, and no step elapsed, of each feature."""
    return np.hstack([np.full((n, n_features), np.nan), np.zeros((n, n_features))])


def _carry_on(values: Array, lengths: Ints, past: Array) -> tuple[Array, Array]:
    """Carry values on to where they are missing, and count the steps since they were seen.

    Parameters
    ----------
    values : ndarray of shape (n_steps, n_features)
        Steps of all sequences, one after the other.
    lengths : ndarray of shape (n_sequences,)
        Steps of each sequence.
    past : ndarray of shape (n_sequences, 2 * n_features)
        The values, and the steps elapsed, of the step before each sequence.

    Returns
    -------
    carried, elapsed : ndarray of shape (n_steps, n_features)
        NaN is left in `carried` where no value has been seen.
    """
    # Values . 5 . | . 7 of two sequences: newest is -1 1 1 1 4, of which the fourth lies before its sequence begins.
    places = np.arange(len(values))[:, None]
    newest = np.maximum.accumulate(np.where(np.isnan(values), -1, places), axis=0)
    begins = np.repeat(offsets(lengths), lengths)[:, None]
    unseen = newest < begins
    before, since = np.hsplit(np.repeat(past, lengths, axis=0), 2)
    carried = np.where(unseen, before, np.take_along_axis(values, np.maximum(newest, 0), axis=0))
    elapsed = np.where(unseen, places - begins + 1 + since, places - newest)
    return carried.astype(values.dtype, copy=False), elapsed
