"""What forecasters share: fit, partial_fit, predict, forecast, intervals and score."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.base import _fit_context
from sklearn.metrics import r2_score
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._data.sequences import Array, Ints
from .._data.tables import Context, Panel, steps_of
from ._columns import as_table
from ._future import Future, index_ahead, rows_ahead
from ._intervals import Source, Sources
from ._learning import COVERAGE, Fitting
from ._plan import Origins


class Forecaster(Fitting):
    """Base of the forecasters; subclasses define what learns."""

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "horizon": [Interval(Integral, 1, None, closed="left")],
        "target": [None, str, Integral, "array-like"],
        "known": [None, str, Integral, "array-like"],
        "interval": [None, StrOptions({"split", "rolling"})],
        "validation_fraction": [None, Interval(Real, 0, 1, closed="neither")],
    }

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any = None, *, series: Any = None) -> Self:
        """Learn to forecast a table, and remember its newest rows.

        Parameters
        ----------
        X : DataFrame, Series or array-like of shape (n_rows, n_features)
            A table in time order, one row per step of time. An index of two or more levels tells series apart, the
            last level being the time.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            What is forecast. If it equals columns of X, these are forecast. If not, it is forecast from X alone,
            whose rows are all that is known later.
        series : array-like of shape (n_rows,), default=None
            Series of each row.

        Returns
        -------
        self : object
            The fitted forecaster. If anything fails, what an earlier fit learned is still there.

        Raises
        ------
        ValueError
            If X has gaps in time, missing values, times out of order or too few rows, parameters contradict each
            other, or too few forecasts would be held out for intervals of 90 %. Where X has no index, that of y must
            be in order, too.
        """
        self.__dict__ = self._fitted(X, y, series).__dict__
        return self

    @available_if(lambda forecaster: forecaster._learns_on())
    @_fit_context(prefer_skip_nested_validation=False)
    def partial_fit(self, X: Any, y: Any = None, *, series: Any = None) -> Self:
        """Go on learning from the rows that come next, one or many, and remember them as the newest.

        Parameters
        ----------
        X : DataFrame, Series or array-like of shape (n_rows, n_features)
            Rows that continue those read so far: of each series the next ones, without a gap. Rows of series that are
            new begin them. An array continues an array.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            As in `fit`; not needed where it is columns of X.
        series : array-like of shape (n_rows,), default=None
            Series of each row.

        Returns
        -------
        self : object
            The forecaster. If anything fails, it is as it was.

        Raises
        ------
        ValueError
            If rows do not continue those before; and as in `fit`.
        AttributeError
            If the estimator has no `partial_fit`.

        Notes
        -----
        The first call is `fit`. In later ones each estimator learns by its own `partial_fit` from as many windows as
        there are new rows, which reach back into the rows before; transformers of a pipeline, `anchor_` and
        `relative_` stay as they were fitted. An estimator with ``early_stopping=True`` goes on without it, and holds
        nothing out. Parameters that were set since `fit` do not matter.

        The errors of the forecasts of the new rows, made before they were learned from, join those that intervals are
        made from, which are then partly those of earlier models. `skill_`, `validation_` and `forecast_samples_` stay
        those of `fit`.
        """
        if not hasattr(self, "_past"):
            return self.fit(X, y, series=series)
        self.__dict__ = self._continued(X, y, series).__dict__
        return self

    def predict(self, X: Any, *, series: Any = None) -> Array:
        """Forecast each row of X from what was known `horizon` rows before it.

        Rows whose past is not there are forecast from what there is; where X continues the rows read so far, those
        are the past of its first rows.

        Parameters
        ----------
        X : DataFrame, Series or array-like of shape (n_rows, n_features)
            A table in time order with the columns of `fit`.
        series : array-like of shape (n_rows,), default=None
            Series of each row.

        Returns
        -------
        ndarray of shape (n_rows,) or (n_rows, n_targets)

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X has other columns, gaps in time, or missing values.

        Warns
        -----
        ContextWarning
            If rows are forecast from less past than is asked for, although it had been read: where X has no index, or
            begins after a gap, or amid the rows read. The table of `fit` itself and new series have no past.
        """
        panel = self._read(X, series)[0]
        self._past.warn_of_lost(panel, self._learner.reach + self._plan.horizon - 1, self._asks())
        panel, _ = self._past.joined(panel)
        origins = Origins.before(panel, panel.positions, self._plan.horizon)
        values = self._learner.forecast(panel, origins, np.array([self._plan.horizon]))[:, 0]
        return values[:, 0] if self._columns.flat else values

    def forecast(self, steps: int, known: Any = None, *, history: Any = None, series: Any = None) -> pd.DataFrame:
        """Forecast the rows that come after the data.

        Parameters
        ----------
        steps : int
            Rows to forecast, for each series.
        known : DataFrame or array-like of shape (n_series * n_ahead, n_known), default=None
            Future values of the columns that are known ahead, in the order of the parameter `known`. A DataFrame is
            matched by its index. ``n_ahead`` is `steps`; with ``strategy="joint"`` it is `horizon`.
        history : DataFrame, Series or array-like of shape (n_rows, n_features), default=None
            Rows to continue, in place of those of `fit`. They may hold the rows of `fit`, or continue them: both are
            the past then.
        series : array-like of shape (n_rows,), default=None
            Series of each row of `history`.

        Returns
        -------
        DataFrame of shape (n_series * steps, n_targets)
            On the index that continues that of the data.

        Raises
        ------
        ValueError
            If `steps` is not positive or beyond what was learned, `known` lacks values, the index can't be
            continued, or the history is too short.

        Warns
        -----
        ContextWarning
            If `history` does not continue the rows read so far, and is shorter than a forecast asks for.
        """
        future = self._future(steps, known, history, series)
        values = self._learner.forecast(future.panel, future.origins, np.arange(1, steps + 1))
        table = values.reshape(len(future.index), -1)
        return pd.DataFrame(table, index=future.index, columns=self._columns.target_names)

    def predict_interval(
        self, steps: int, known: Any = None, *, coverage: float = COVERAGE, history: Any = None, series: Any = None
    ) -> pd.DataFrame:
        """Forecast with bounds that the truth is to lie within.

        Parameters
        ----------
        steps, known, history, series
            As in `forecast`; `steps` up to `horizon`, for which errors were held out.
        coverage : float, default=0.9
            Share of the truth that is to lie within the bounds, at each step ahead by itself.

        Returns
        -------
        DataFrame
            Columns "forecast", "lower" and "upper"; with several targets columns of two levels, the target first.

        Raises
        ------
        ValueError
            As in `forecast`; if ``interval=None``; or if too few errors were held out for such a coverage.

        Notes
        -----
        The bounds are conformal (Vovk et al., 2005; Lei et al., 2018): quantiles of held-out errors of as many steps
        ahead. If the error to come and those held out are exchangeable, the truth lies within them with a probability
        of at least `coverage`. Series that change break that assumption. With ``interval="rolling"`` bounds follow the
        newest errors of each series, a little wider after each miss (Gibbs and Candès, 2021): the share of the truth
        that they hold comes to `coverage` in the long run, whatever the series does, but no single bound is promised.
        Series of `history` that have no place in time beside those of `fit` (new ones, arrays), and those of which
        too few forecasts were held out, get bounds as of "split".

        References: Vovk, Gammerman and Shafer (2005), Algorithmic learning in a random world. Lei et al. (2018),
        Distribution-free predictive inference for regression, JASA 113. Gibbs and Candès (2021), Adaptive conformal
        inference under distribution shift, NeurIPS.
        """
        check_is_fitted(self)
        if self._band is None:
            raise ValueError(
                "Intervals need errors that were held out, and this forecaster was fitted with interval=None; fit it "
                "with interval='split' or interval='rolling'."
            )
        self._check_steps(steps)
        self._check_calibrated(coverage, steps)
        future = self._future(steps, known, history, series)
        bounds = self._bounded(future.panel, future.origins, np.arange(1, steps + 1), coverage, future.sources)
        names = ("forecast", "lower", "upper")
        columns: Any = list(names)
        if len(self._columns.targets) > 1:
            columns = pd.MultiIndex.from_product([self._columns.target_names, names])
        table = np.stack(bounds, axis=-1).reshape(len(future.index), -1)
        return pd.DataFrame(table, index=future.index, columns=columns)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None, *, series: Any = None) -> float:
        """Return the coefficient of determination, R², of forecasts of each row from `horizon` rows before.

        Parameters
        ----------
        X, series
            As in `predict`.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            The truth; by default the columns of X that are forecast.
        sample_weight : array-like of shape (n_rows,), default=None
            Weight of each row.

        Returns
        -------
        float
        """
        check_is_fitted(self)
        if y is None:
            if not self._plan.autoregressive:
                raise ValueError("score needs y: what was forecast in fit is no column of X.")
            panel, _ = self._read(X, series)
            y = panel.table[panel.positions][:, self._columns.targets]
        return float(r2_score(y, self.predict(X, series=series), sample_weight=sample_weight))

    def _read(self, X: Any, series: Any) -> tuple[Panel, list[Any]]:
        """Read a table like that of fit; return its rows and each series' step of time."""
        check_is_fitted(self)
        X = as_table(X)
        panel = self._columns.read(self, X, series)
        return panel, steps_of(X, panel)

    def _future(self, steps: int, known: Any, history: Any, series: Any) -> Future:
        """Put the rows to come behind the newest ones."""
        check_is_fitted(self)
        self._check_steps(steps)
        context = self._past.context
        sources: Sources = [Source(i, int(width) - 1) for i, width in enumerate(context.rows.widths)]
        if history is not None:
            panel, own_steps = self._read(history, series)
            context, sources = self._newer_context(panel, own_steps)
        self._check_context(context)
        if history is not None:
            self._past.warn_of_short(panel, self._learner.reach, self._asks())
        n_ahead = self._learner.needs_ahead(steps)
        rows = rows_ahead(self._columns, known, index_ahead(context, n_ahead), context.rows.n_series)
        return Future.of(context, rows, index_ahead(context, steps), sources)

    def _newer_context(self, panel: Panel, steps: list[Any]) -> tuple[Context, Sources]:
        """Put rows in the place of those read so far, with the latter before them where they continue them."""
        joined, sources = self._past.joined(panel)
        # A single row has no step of time of its own; that of the same series in fit stands in.
        steps = [
            self._past.context.steps[source.number] if step is None and source else step
            for step, source in zip(steps, sources, strict=True)
        ]
        return replace(Context.of(panel, steps, 1), rows=replace(joined, times=None)), sources

    def _bounded(
        self, panel: Panel, origins: Origins, steps: Ints, coverage: float, sources: Sources
    ) -> tuple[Array, Array, Array]:
        """Return forecasts and their bounds, each of shape (n_origins, n_steps, n_targets); NaN without intervals."""
        values = self._learner.forecast(panel, origins, steps)
        if self._band is None:
            return values, np.full_like(values, np.nan), np.full_like(values, np.nan)
        return values, *self._band.bounds(panel, origins, steps, coverage, sources)

    def _check_steps(self, steps: Any) -> None:
        if not is_count(steps):
            raise ValueError(f"steps must be a whole number of rows to forecast, at least 1; got {steps!r}.")

    def _check_calibrated(self, coverage: Any, steps: int) -> None:
        """Raise an error if nothing was held out for such intervals."""
        if not isinstance(coverage, Real) or not 0 < float(coverage) < 1:
            raise ValueError(f"coverage must be a share between 0 and 1, such as 0.9; got {coverage!r}.")
        if self.interval is not None and steps > self._plan.horizon:
            raise ValueError(
                f"Errors were held out for horizon={self._plan.horizon} steps ahead, intervals were asked for {steps}; "
                f"fit with horizon={steps}."
            )

    def _check_context(self, context: Context) -> None:
        """Raise an error if a series is too short to continue."""

    def _learns_on(self) -> bool:
        """Return True; raise an AttributeError if what is to be fitted can't go on learning."""
        return True

    @abstractmethod
    def _asks(self) -> str:
        """Return what asks for the past that forecasts are made from, and the verb, for messages."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True  # rows that have nothing to do with each other can't be forecast
        return tags


def is_count(value: Any) -> bool:
    """Tell whether a value is a whole number of at least one."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) > 0
