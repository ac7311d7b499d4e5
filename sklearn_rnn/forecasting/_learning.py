"""How forecasters are fitted: reading a table, learning from it, and measuring on the end of it."""

from __future__ import annotations

import copy
from abc import abstractmethod
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

from .._data.forms import as_form
from .._data.pitfalls import check_series_kept
from .._data.sequences import Ints
from .._data.tables import Panel, read_panel, steps_of
from ._columns import Columns, as_table, find_columns
from ._intervals import Band, check_enough
from ._learners import Learner
from ._past import Past
from ._plan import Origins, Plan, future_values
from .skill import overall, relative_errors

# Coverage of intervals unless another is asked for; fit sees to it that it can be given.
COVERAGE = 0.9


class Fitting(RegressorMixin, BaseEstimator):
    """What `fit` and `partial_fit` of forecasters do; subclasses define what learns."""

    def _fitted(self, X: Any, y: Any, series: Any) -> Any:
        """Return a fitted copy, so that an error leaves this forecaster as it was."""
        new = copy.copy(self)  # shallow: parameters are shared, and what is learned is set anew
        panel, steps = new._read_to_learn(X, y, series)
        new._learn(panel)
        new._past = Past.of(panel, steps, new._remembered, new._columns.n_inputs)
        return new

    def _continued(self, X: Any, y: Any, series: Any) -> Any:
        """Return a copy that has learned from rows that come next, so that an error leaves this one as it was."""
        new = copy.copy(self)
        panel = self._columns.with_y(self._columns.read(self, as_table(X), series), y)
        panel, rows, sources, new._past = self._past.extended(panel, self._remembered)
        new._learner = self._learner.partial_fit(panel, rows)
        if self._band is not None:
            is_same = self._band.low is self._learner
            low, high = (
                new._learner if is_same else each.partial_fit(panel, rows) for each in (self._band.low, self._band.high)
            )
            new._band = self._band.extended(panel, sources, low, high)
        return new

    @property
    def _remembered(self) -> int:
        """Rows of each series that are remembered: all that the next `horizon` forecasts are made from."""
        return self._learner.reach + self._plan.horizon

    def _read_to_learn(self, X: Any, y: Any, series: Any) -> tuple[Panel, list[Any]]:
        """Read the table to learn from, and set what follows from it; return its rows and each series' step of time."""
        self._check_options()
        X = as_table(X)
        check_series_kept(as_form(X), y, series, per_step=True)
        panel = read_panel(self, X, series, reset=True, y=y)
        names = getattr(self, "feature_names_in_", None)
        self._columns, panel = find_columns(panel, names, y, self.target, self.known)
        self._columns.check_finite(panel)
        self._has_series = panel.ids is not None
        self.target_ = self._columns.target_names
        self.n_outputs_ = len(self.target_)
        self._plan = self._make_plan(self._columns)
        return panel, steps_of(X, panel)

    def _learn(self, panel: Panel, what: str = "X", coverage: float = COVERAGE) -> None:
        """Measure on the end of each series what learned from the rest; without intervals, learn from all then.

        `what` is what errors call the table, and `coverage` what intervals must be able to have.
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
        # Of 10 rows with 3 held out and a horizon of 2, models learn from rows 0 to 6; origins are rows 6 and 7, whose
        # two steps ahead are all held out and all there.
        last = np.repeat(panel.widths, panel.widths) - 1 - self._plan.horizon
        origins = Origins.before(
            panel, everything[(panel.cumcount >= np.maximum(first - 1, 0)) & (panel.cumcount <= last)], 0
        )
        if self.interval is not None:
            sizes = (self.validation_fraction, int(panel.widths.max()), self._plan.horizon)
            check_enough(self.interval, coverage, len(origins), *sizes)
        self._learner = self._make_learner().fit(panel, learned)
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
        # Of the step that predict returns: a mean over steps would promise what nearer ones alone keep.
        steps_ahead = self.validation_.index.get_level_values("step")
        self.skill_ = overall(self.validation_[steps_ahead == self._plan.horizon])

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
