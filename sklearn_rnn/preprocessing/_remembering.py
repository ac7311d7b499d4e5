"""What a framer remembers of the rows it has seen, so that later ones are framed with their past."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils.validation import check_is_fitted

from .._data.clock import warn_of_gaps
from .._data.forms import as_form
from .._data.memory import Memory
from .._data.pitfalls import check_series_kept, lost_series, warn_of_lost_past, warn_of_new_start
from .._data.series import index_of
from .._data.tables import Panel, read_panel


class RememberingMixin:
    """`partial_fit` and `set_context`, and the context that both give to rows that come later."""

    lags: int
    horizon: int
    step: int
    context: str

    context_: Memory
    _has_series: bool

    @abstractmethod
    def fit(self, X: Any, y: Any = None, *, series: Any = None) -> Self:
        """Learn the columns, and remember the newest rows."""

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any = None, *, series: Any = None) -> Self:
        """Remember rows that have come since, so that they and the rows after them are framed with their past.

        The first call is `fit`. Later ones learn nothing but the rows: those that continue the rows seen so far are
        put behind them, one row or many; others take the place of what was remembered of their series.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Rows in time order.
        y : object, default=None
            As in `fit`.
        series : array-like of shape (n_rows,), default=None
            Series of each row; new series are added.

        Returns
        -------
        self : ShiftFramer

        Raises
        ------
        ValueError
            As `transform`, and if X has lost the series of y.

        Warns
        -----
        TimeGapWarning
            If rows are missing between those seen so far and X, or within X.
        ContextWarning
            If X does not continue the rows seen so far for any other reason, such as an index that it lacks.

        Examples
        --------
        >>> import pandas as pd
        >>> from sklearn_rnn.preprocessing import ShiftFramer
        >>> load = pd.DataFrame({"load": range(10)}, index=pd.date_range("2024-01-01", periods=10))
        >>> framer = ShiftFramer(lags=3).fit(load[:7])
        >>> framer.partial_fit(load[7:8]).transform(load[8:9])[:, :, 0]
        array([[5., 6., 7.]])
        """
        if not hasattr(self, "context_"):
            return self.fit(X, y, series=series)
        panel = self._read(X, series, y)
        places = self.context_.places(panel, self._reach, comes_next=True)
        self._warn_of_gaps(X, panel)
        warn_of_new_start(panel, places, self.context_.broken(panel, places))
        self.context_ = self.context_.and_then(panel, places, self._reach)
        return self

    def set_context(self, table: Any, *, series: Any = None) -> Self:
        """Give the rows that come right before the next table to be transformed.

        They are used once, by the next `transform`, in place of the training rows, whatever its index.

        Parameters
        ----------
        table : array-like of shape (n_rows, n_features)
            As `transform` takes it: within a pipeline, what the steps before this one give. Only its last
            ``horizon + step * (lags - 1)`` rows of each series matter.
        series : array-like of shape (n_rows,), default=None
            Series of each row.

        Returns
        -------
        self : ShiftFramer
        """
        check_is_fitted(self)
        self._context_once = read_panel(self, table, series).last(self._reach)
        return self

    @property
    def _reach(self) -> int:
        """Rows from a row back to the oldest step of its window."""
        return self.horizon + self.step * (self.lags - 1)

    def _read(self, X: Any, series: Any, y: Any = None) -> Panel:
        """Read a table like that of fit."""
        if y is not None:
            check_series_kept(as_form(X), y, series, per_step=True)
        panel = read_panel(self, X, series, y=y)
        if self._has_series and panel.ids is None:
            raise lost_series(type(self).__name__)
        return panel

    def _warn_of_gaps(self, X: Any, panel: Panel) -> None:
        if panel.times is not None:
            name, steps = "y" if index_of(X) is None else "X", self.context_.steps(panel)
            rows = np.argsort(panel.positions, kind="stable")  # in no time, if they are in order
            warn_of_gaps(panel.times, panel.widths, rows, steps=steps, ids=panel.ids, name=name)

    def _with_context(self, panel: Panel) -> tuple[Panel, bool]:
        """Put the rows that each series continues before its own: those given once, or those remembered.

        The flag tells whether the user knows of the rows that have none.
        """
        once = self.__dict__.pop("_context_once", None)
        if once is not None:
            sources = panel.sources(once)
            if (sources < 0).all():
                raise ValueError("The table given to set_context has none of the series of X; give their ids.")
            return panel.after(once, sources), self.context == "none"
        if self.context == "none":
            return panel, True
        places = self.context_.places(panel, self._reach)
        asked = f"lags={self.lags}, horizon={self.horizon}, step={self.step}"
        is_known = warn_of_lost_past(panel, places, self._reach, asked)
        # Without context there is nothing to join, and windows stay a view of the table of the user.
        if not any(place.before for place in places):
            return panel, is_known
        return panel.after(self.context_.before(panel, places, self._reach), np.arange(panel.n_series)), is_known
