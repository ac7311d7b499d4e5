"""Framing of a table in time order: the rows before each row become its window."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, _fit_context, clone
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils._set_output import _get_container_adapter
from sklearn.utils.validation import _check_feature_names_in, check_array, check_is_fitted, validate_data

from .._data.forms import as_form
from .._data.memory import Memory
from .._data.pitfalls import check_series_kept, lost_series
from .._data.sequences import Array, Ints
from .._data.series import index_of, read_series
from .._data.tables import Panel, column_positions, read_panel, shift_known
from .._data.windows import Windows
from ._output import OwnOutputMixin
from ._remembering import RememberingMixin
from .shifting import lagged


class ShiftFramer(RememberingMixin, OwnOutputMixin, BaseEstimator):
    """Frame a table in time order: every row gets the rows before it as its window.

    The window of row t holds the rows ``t - horizon - step * (lags - 1), ..., t - horizon - step, t - horizon``,
    oldest first. Rows are kept, so y stays aligned with X and nothing is shifted by hand; nothing later than
    ``t - horizon`` is seen, so what is framed may hold the target itself. Rows before the first of a series
    are padding (NaN), which the estimators of this package skip by masking.

    Parameters
    ----------
    lags : int, default=1
        Steps of a window.
    horizon : int, default=1
        Rows from the newest step of a window to the row that it belongs to. 0 includes the row itself.
    step : int, default=1
        Rows from one step of a window to the next.
    known : list of str or int, default=None
        Names or positions of columns that are known ahead (calendar, plans). They are taken up to row t:
        beside row ``t - horizon - k`` of the other columns stands row ``t - k`` of these. A step whose other
        columns would lie before the series is padding as a whole.
    output : {"windows", "table"}, default="windows"
        "windows" gives an array-like of shape (n_rows, lags, n_features) that is a view: memory stays that of
        the table, whatever `lags` is. "table" gives a lag table of shape (n_rows, lags * n_features), for any
        other regressor; its columns are called ``temp(t-3)``.
    context : {"auto", "none"}, default="auto"
        With "auto", the rows seen in `fit` and `partial_fit` that lie right before X serve as context, so that the
        first rows of a test fold are not blind. Where X lies is told by its index: times, or whole numbers. If it
        can't be told, or rows in between were not seen, a warning says so. "none" means to do without: X is framed
        by itself, in silence.

    Attributes
    ----------
    n_features_in_ : int
        Features of the table.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if X had names in fit.
    known_ : ndarray of shape (n_known,)
        Positions of the known columns.
    context_ : Memory
        The newest rows of each series with their times: twice ``horizon + step * (lags - 1)`` of them, or those of the
        last `partial_fit` and the past of their windows.

    Notes
    -----
    X is an array or DataFrame with one row per time step. Several series are told apart by an index of two or
    more levels (all but the last name the series) or by `series`; they never mix, and their rows need not be
    together. Once `fit` has seen series that are told apart, X that tells none raises an error. An index of times or
    numbers must increase within each series; where X is an array, the index of y counts. Lags count rows: a gap in the
    index is warned of, and closed by `regularize`.

    The framer comes first in a pipeline, since it alone reads the index: `make_pipeline(ShiftFramer(lags=24),
    SequenceScaler(), LSTMRegressor())`. Where something must come before it, ``.set_output(transform="pandas")``
    keeps the index. `transform` never changes what the framer remembers.

    Warns
    -----
    ContextWarning
        In `transform` and `partial_fit`, if rows are framed with less of their past than training had: X has no index,
        begins inside the training table or after rows that were not seen. Rows that had no past in training, such as
        its first ones, are no loss.
    TimeGapWarning
        In `fit` and `transform`, if an index with a usual step of time has gaps; in `partial_fit` also if rows are
        missing between those seen so far and X.

    An estimator with ``return_sequences=True`` reads windows of a single lag as the steps of their series, one
    target per row, so that its state takes the place of lags.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_rnn.preprocessing import ShiftFramer
    >>> weather = pd.DataFrame({"temp": [20.0, 21.0, 22.0, 23.0], "hour": [0, 1, 2, 3]})
    >>> framer = ShiftFramer(lags=2, horizon=1, known=["hour"], output="table").set_output(transform="pandas")
    >>> framer.fit_transform(weather)
       temp(t-2)  hour(t-1)  temp(t-1)  hour(t)
    0        NaN        NaN        NaN      NaN
    1        NaN        NaN       20.0      1.0
    2       20.0        1.0       21.0      2.0
    3       21.0        2.0       22.0      3.0
    >>> ShiftFramer(lags=2).fit_transform(weather).shape
    (4, 2, 2)

    Rows that continue those of `fit` are framed with them:

    >>> framer = ShiftFramer(lags=2).fit(weather[:3])
    >>> framer.transform(weather[3:])[:, :, 0]
    array([[21., 22.]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "lags": [Interval(Integral, 1, None, closed="left")],
        "horizon": [Interval(Integral, 0, None, closed="left")],
        "step": [Interval(Integral, 1, None, closed="left")],
        "known": ["array-like", None],
        "output": [StrOptions({"windows", "table"})],
        "context": [StrOptions({"auto", "none"})],
    }

    def __init__(
        self,
        lags: int = 1,
        *,
        horizon: int = 1,
        step: int = 1,
        known: Any = None,
        output: str = "windows",
        context: str = "auto",
    ) -> None:
        self.lags = lags
        self.horizon = horizon
        self.step = step
        self.known = known
        self.output = output
        self.context = context

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None, *, series: Any = None) -> Self:
        """Learn the columns, and keep the last rows as context for rows that continue them.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            A table in time order.
        y : object, default=None
            Here because pipelines pass it. If its index tells several series apart, X must do so, too; if X has no
            index, its rows have that of y.
        series : array-like of shape (n_rows,), default=None
            Series of each row.

        Returns
        -------
        self : ShiftFramer

        Raises
        ------
        ValueError
            If X is no numeric table in time order, is shorter than one window, lacks a column of `known`, or has
            lost the series of y.

        Warns
        -----
        TimeGapWarning
            If an index with a usual step of time has gaps.
        """
        self._learn(X, y, series)
        return self

    def transform(self, X: Any, *, series: Any = None) -> Any:
        """Frame a table.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            A table in time order.
        series : array-like of shape (n_rows,), default=None
            Series of each row.

        Returns
        -------
        Windows of shape (n_rows, lags, n_features) or table of shape (n_rows, lags * n_features)
            See `output`; the table is a DataFrame under ``set_output(transform="pandas")``.

        Raises
        ------
        ValueError
            If X is no numeric table in time order, has other columns than in fit, or tells no series apart
            although X in fit did.

        Warns
        -----
        ContextWarning
            If rows are framed with less of their past than training had; see the class.
        TimeGapWarning
            If an index with a usual step of time has gaps.
        """
        check_is_fitted(self)
        panel = self._read(X, series)
        self._warn_of_gaps(X, panel)
        return self._contained(X, panel, self._frame(*self._with_context(panel)))

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X: Any, y: Any = None, *, series: Any = None) -> Any:
        """Fit and frame the same table; see `fit` and `transform`.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            A table in time order.
        y : object, default=None
            As in `fit`.
        series : array-like of shape (n_rows,), default=None
            Series of each row.

        Returns
        -------
        Windows of shape (n_rows, lags, n_features) or table of shape (n_rows, lags * n_features)
            See `output`.
        """
        panel = self._learn(X, y, series)  # nothing lies before the rows that are learned from
        return self._contained(X, panel, self._frame(panel, self.context == "none"))

    def inverse_transform(self, X: Any, *, series: Any = None) -> Array:
        """Read the table back from its windows.

        Row r is the newest step of the window of row ``r + horizon``; what no window given here holds is NaN:
        the last `horizon` rows of every series, and its first `horizon` rows of the known columns.

        Parameters
        ----------
        X : array-like of shape (n_rows, lags, n_features) or (n_rows, lags * n_features)
            What `transform` gave.
        series : array-like of shape (n_rows,), default=None
            Series of each row; Windows and an index of two levels know it themselves.

        Returns
        -------
        table : ndarray of shape (n_rows, n_features)
            One row per window.
        """
        check_is_fitted(self)
        newest, ends, begins = self._newest_steps(X, series)
        rows = ends + self.horizon
        # With horizon 2, window 5 ends with row 3. Read backwards: row r is in the window whose end it is, if X has it.
        there = ends >= begins
        window_of = np.full(int(rows.max()) + 1, -1, dtype=np.int64)
        window_of[ends[there]] = np.flatnonzero(there)
        source = window_of[rows]
        table = np.where(source[:, None] >= 0, newest[source], np.nan).astype(newest.dtype, copy=False)
        table[:, self.known_] = newest[:, self.known_]  # these were taken from the row of the window itself
        return table

    def set_output(self, *, transform: str | None = None) -> Self:
        """Choose the container of a lag table; windows stay windows and remember the index of X.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Container of ``output="table"``; None changes nothing.

        Returns
        -------
        self : ShiftFramer
        """
        if transform is not None:
            self._sklearn_output_config = {"transform": transform}
        return self

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Name the columns of the lag table, or the features of one step of the windows.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X, where X has none of its own.

        Returns
        -------
        names : ndarray of str objects
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        if self.output == "windows":
            return names
        # A lag of 2 at horizon 1 is called temp(t-3), but hour(t-2) if hour is known ahead.
        behind = np.full(len(names), self.horizon)
        behind[self.known_] = 0
        slots = [behind + self.step * lag for lag in range(self.lags - 1, -1, -1)]
        columns = [lagged(name, -k) for slot in slots for name, k in zip(names, slot, strict=True)]
        return np.array(columns, dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _check_length(self, panel: Panel) -> None:
        longest = int(panel.widths.max())
        if longest > self._reach:
            return
        whose = "X" if panel.ids is None else "the longest series of X"
        raise ValueError(
            f"ShiftFramer(lags={self.lags}, horizon={self.horizon}, step={self.step}) reaches {self._reach} rows "
            f"back, but {whose} has only {longest} sample{'s' if longest > 1 else ''}: no window would be whole. "
            "Use fewer lags or more rows."
        )

    def _learn(self, X: Any, y: Any, series: Any) -> Panel:
        """Learn a table, and return its rows."""
        trial = clone(self)  # takes the errors, so that a fit that fails leaves an earlier one as it was
        check_series_kept(as_form(X), y, series, per_step=True)
        panel = read_panel(trial, X, series, reset=True, y=y)
        trial._check_length(panel)
        known = column_positions("known", self.known, getattr(trial, "feature_names_in_", None), trial.n_features_in_)
        memory = Memory.of(panel, self._reach)
        validate_data(self, X, reset=True, skip_check_array=True)
        self.known_ = np.unique(known)
        self._has_series = panel.ids is not None
        self.context_ = memory
        self.__dict__.pop("_context_once", None)
        self._warn_of_gaps(X, panel)
        return panel

    def _frame(self, panel: Panel, padding_is_known: bool) -> Windows:
        """Return a window for each row of X, in the order of X, over the table of the panel."""
        table = panel.table
        if len(self.known_) and self.horizon:
            table = shift_known(table, self.known_, self.horizon, panel.widths)
        # With horizon 1, row t has the window that ends at row t - 1; for the first row of a series that lies before
        # it begins, and all of the window is padding.
        return Windows(
            table,
            panel.positions - self.horizon,
            panel.begins_of_X,
            lags=self.lags,
            step=self.step,
            horizon=self.horizon,
            padding_is_known=padding_is_known,
        )

    def _contained(self, X: Any, panel: Panel, windows: Windows) -> Any:
        """Return windows with the index of X, or their table in its container."""
        if self.output == "windows":
            windows.index = X.index if isinstance(X, pd.DataFrame) else None
            windows.columns = getattr(self, "feature_names_in_", None)
            windows.ids = panel.ids_of_X
            return windows
        table = np.asarray(windows).reshape(len(windows), -1)
        adapter = _get_container_adapter("transform", self)
        if adapter is None:
            return table
        return adapter.create_container(table, X, columns=self.get_feature_names_out)

    def _newest_steps(self, X: Any, series: Any) -> tuple[Array, Ints, Ints]:
        """Newest step of each window, the row that it is, and the first row of its series."""
        width = self.n_features_in_
        array = X
        if not isinstance(X, Windows):
            types = [np.float64, np.float32]  # integers have no NaN for rows that no window holds
            array = check_array(X, dtype=types, allow_nd=True, ensure_all_finite=False, input_name="X")
        if array.shape[1:] not in ((self.lags, width), (self.lags * width,)):
            raise ValueError(
                f"X has shape {array.shape}; expected what transform gave, (n_rows, {self.lags}, {width}) or "
                f"(n_rows, {self.lags * width})."
            )
        if isinstance(X, Windows):
            return X[:, -1], X.ends, X.begins
        codes, ids = read_series(index_of(X), series, len(array))
        if self._has_series and ids is None:
            raise lost_series(type(self).__name__)
        newest = array.reshape(len(array), -1)[:, -width:]
        panel = Panel.grouped(newest, codes, ids)  # times do not matter: nothing is framed anew
        return newest, panel.positions - self.horizon, panel.begins_of_X
