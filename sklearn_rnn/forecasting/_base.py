"""What forecasters share: reading tables, predict, forecast, intervals and skill."""

from __future__ import annotations

import copy
from abc import abstractmethod
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin, _fit_context
from sklearn.metrics import r2_score
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from .._data.forms import as_form
from .._data.pitfalls import check_series_kept
from .._data.sequences import Array, Ints
from .._data.tables import Context, Panel, read_panel, steps_of
from ._columns import Columns, as_table, find_columns
from ._future import Future, index_ahead, rows_ahead, sources_by_time
from ._intervals import Band, Source, Sources
from ._learners import Learner
from ._plan import Origins, Plan, future_values
from .skill import overall, relative_errors


class Forecaster(RegressorMixin, BaseEstimator):
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
            If X has gaps in time, missing values, times out of order or too few rows, or parameters contradict each
            other.
        """
        self.__dict__ = self._fitted(X, y, series).__dict__
        return self

    def predict(self, X: Any, *, series: Any = None) -> Array:
        """Forecast each row of X from what was known `horizon` rows before it.

        Rows whose past is not there are forecast from what there is; where X continues the rows of `fit`, those
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
        """
        panel, _ = self._joined(self._read(X, series)[0])
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
        """
        future = self._future(steps, known, history, series)
        values = self._learner.forecast(future.panel, future.origins, np.arange(1, steps + 1))
        table = values.reshape(len(future.index), -1)
        return pd.DataFrame(table, index=future.index, columns=self._columns.target_names)

    def predict_interval(
        self, steps: int, known: Any = None, *, coverage: float = 0.9, history: Any = None, series: Any = None
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
        Series of `history` that have no place in time beside those of `fit` (new ones, arrays) get bounds as of
        "split".

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

    def _fitted(self, X: Any, y: Any, series: Any) -> Any:
        """Return a fitted copy, so that an error leaves this forecaster as it was."""
        new = copy.copy(self)  # shallow: parameters are shared, and what is learned is set anew
        panel, steps = new._read_to_learn(X, y, series)
        new._learn(panel)
        new._context = Context.of(panel, steps, new._learner.reach + new._plan.horizon)
        return new

    def _read_to_learn(self, X: Any, y: Any, series: Any) -> tuple[Panel, list[Any]]:
        """Read the table to learn from, and set what follows from it; return its rows and each series' step of time."""
        self._check_options()
        X = as_table(X)
        check_series_kept(as_form(X), y, series, per_step=True)
        panel = read_panel(self, X, series, reset=True)
        names = getattr(self, "feature_names_in_", None)
        self._columns, panel = find_columns(panel, names, y, self.target, self.known)
        self._columns.check_finite(panel)
        self._has_series = panel.ids is not None
        self.target_ = self._columns.target_names
        self.n_outputs_ = len(self.target_)
        self._plan = self._make_plan(self._columns)
        return panel, steps_of(X, panel)

    def _learn(self, panel: Panel, what: str = "X") -> None:
        """Measure on the end of each series what learned from the rest; without intervals, learn from all then.

        `what` is what errors call the table.
        """
        everything = np.arange(len(panel.table))
        self._band: Band | None = None
        for measured in ("forecast_samples_", "validation_", "skill_"):  # by an earlier fit
            self.__dict__.pop(measured, None)
        if self.validation_fraction is None:
            self._check_length(what, panel.widths)
            self._learner = self._make_learner().fit(panel, everything)
            return
        held = np.maximum(np.ceil(panel.widths * self.validation_fraction), self._plan.horizon).astype(np.int64)
        self._check_length(what, panel.widths, held)
        first = np.repeat(panel.widths - held, panel.widths)  # place of the first row held out, for each row
        learned = everything[panel.cumcount < first]
        self._learner = self._make_learner().fit(panel, learned)
        # Of 10 rows with 3 held out and a horizon of 2, models learn from rows 0 to 6; origins are rows 6 and 7, whose
        # two steps ahead are all held out and all there.
        last = np.repeat(panel.widths, panel.widths) - 1 - self._plan.horizon
        origins = Origins.before(
            panel, everything[(panel.cumcount >= np.maximum(first - 1, 0)) & (panel.cumcount <= last)], 0
        )
        self._measure(panel, learned, origins)
        # Errors of a model that learned from all rows would not be held out, so intervals keep the first model.
        if self.interval is None:
            self._learner = self._make_learner().fit(panel, everything)
        else:
            self._band = self._make_band(panel, learned)
            self._band.calibrate(panel, origins)

    def _measure(self, panel: Panel, learned: Ints, origins: Origins) -> None:
        """Compare with the naive forecast on held-out origins."""
        steps = np.arange(1, self._plan.horizon + 1)
        truth = future_values(panel, origins, steps, self._plan.targets)
        naive = self._make_naive().fit(panel, learned).forecast(panel, origins, steps)
        self.forecast_samples_ = truth - self._learner.forecast(panel, origins, steps)
        self.validation_ = relative_errors(self.forecast_samples_, truth - naive, self.target_)
        self.skill_ = overall(self.validation_)

    def _check_options(self) -> None:
        """Raise an error if parameters contradict each other."""
        if self.interval is not None and self.validation_fraction is None:
            raise ValueError(
                f"interval={self.interval!r} needs held-out errors, but validation_fraction=None holds out none; set "
                "it, such as validation_fraction=0.2, or interval=None."
            )

    def _check_length(self, what: str, widths: Ints, held: Any = 0) -> None:
        """Raise an error if all series are too short to learn from."""
        needed, longest = self._rows_needed(), int((widths - held).max())
        if longest >= needed:
            return
        whose = what if len(widths) == 1 else f"the longest series of {what}"
        rows = int(widths.max())
        kept = "" if longest == rows else f", of which validation_fraction={self.validation_fraction} leaves {longest}"
        remedy = "Give more rows" + (", or hold out none with validation_fraction=None" if rows >= needed else "")
        raise ValueError(
            f"{type(self).__name__} needs at least {needed} rows to learn from, but {whose} has only {rows} "
            f"sample{'s' if rows > 1 else ''}{kept}. {remedy}{self._fewer_rows()}."
        )

    def _read(self, X: Any, series: Any) -> tuple[Panel, list[Any]]:
        """Read a table like that of fit; return its rows and each series' step of time."""
        check_is_fitted(self)
        X = as_table(X)
        panel = self._columns.read(self, X, series)
        return panel, steps_of(X, panel)

    def _joined(self, panel: Panel) -> tuple[Panel, Sources]:
        """Put the newest rows of fit before rows that continue them, and find where each series comes from."""
        context = self._context
        numbers = context.sources(panel)
        sources = sources_by_time(panel, context)
        for i in np.flatnonzero(numbers >= 0):
            # All rows of the context lie before this series now, the newest of fit as the last of them.
            sources[i] = Source(int(numbers[i]), int(context.rows.widths[numbers[i]]) - 1)
        return (panel.after(context.rows, numbers) if (numbers >= 0).any() else panel), sources

    def _future(self, steps: int, known: Any, history: Any, series: Any) -> Future:
        """Put the rows to come behind the newest ones."""
        check_is_fitted(self)
        self._check_steps(steps)
        context = self._context
        sources: Sources = [Source(i, int(width) - 1) for i, width in enumerate(context.rows.widths)]
        if history is not None:
            context, sources = self._newer_context(history, series)
        self._check_context(context)
        n_ahead = self._learner.needs_ahead(steps)
        rows = rows_ahead(self._columns, known, index_ahead(context, n_ahead), context.rows.n_series)
        return Future.of(context, rows, index_ahead(context, steps), sources)

    def _newer_context(self, history: Any, series: Any) -> tuple[Context, Sources]:
        """Read rows that take the place of those of fit, with those of fit before them where they continue them."""
        panel, steps = self._read(history, series)
        joined, sources = self._joined(panel)
        # A single row has no step of time of its own; that of the same series in fit stands in.
        steps = [
            self._context.steps[source.number] if step is None and source else step
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

    @abstractmethod
    def _make_plan(self, columns: Columns) -> Plan:
        """Return what windows hold and what is forecast."""

    @abstractmethod
    def _make_learner(self) -> Learner:
        """Return what is to be fitted."""

    @abstractmethod
    def _make_naive(self) -> Learner:
        """Return the naive forecast to compare with."""

    @abstractmethod
    def _rows_needed(self) -> int:
        """Return the rows of a series that a single forecast is learned from."""

    def _fewer_rows(self) -> str:
        """Return what to do about too few rows, beside giving more."""
        return ""

    def _make_band(self, panel: Panel, learned: Ints) -> Band:
        return Band(self.interval == "rolling", self._learner, self._learner, self._plan.horizon)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True  # rows that have nothing to do with each other can't be forecast
        return tags


def is_count(value: Any) -> bool:
    """Tell whether a value is a whole number of at least one."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) > 0
