"""From a regressor to several steps ahead: recursive, direct and joint."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed

from .._data.sequences import Array, Ints
from .._data.tables import Panel
from .._data.windows import Windows
from ._learners import Learner
from ._models import PIECE, Model, predicts_sequences, takes_sequences
from ._plan import Origins, Plan, anchor_offsets, drifts, future_values, past_values


class Strategy(Learner):
    """A way to learn, and to make, forecasts of one to several steps ahead with regressors.

    Parameters
    ----------
    estimator : object
        A regressor of scikit-learn's kind.
    plan : Plan
        What windows hold and what is forecast from them.
    n_jobs : int or None
        Models trained at once, where there are several.
    """

    def __init__(self, estimator: Any, plan: Plan, n_jobs: int | None = None) -> None:
        super().__init__(plan)
        self.estimator = estimator
        self.n_jobs = n_jobs
        self.models: list[Model] = []

    @property
    def reach(self) -> int:
        """Rows up to the origin that a forecast is made from."""
        return self.plan.reach

    @property
    @abstractmethod
    def n_models(self) -> int:
        """Estimators that are fitted."""

    def fit(self, panel: Panel, rows: Ints) -> Self:
        """Learn from forecasts of these rows of the panel."""
        self._learn_levels(panel, rows)
        jobs = (delayed(_fit)(self._model(), *self._task(panel, rows, ahead)) for ahead in range(1, self.n_models + 1))
        self.models = Parallel(n_jobs=self.n_jobs)(jobs)
        return self

    def partial_fit(self, panel: Panel, rows: Ints) -> Strategy:
        """Return a copy that has also learned from forecasts of these rows; this one stays as it is."""
        new = copy.copy(self)
        tasks = (self._task(panel, rows, ahead) for ahead in range(1, self.n_models + 1))
        new.models = [
            model.partial_fit(windows, y) if len(windows) else model
            for model, (windows, y) in zip(self.models, tasks, strict=True)
        ]
        return new

    @abstractmethod
    def _task(self, panel: Panel, rows: Ints, ahead: int) -> tuple[Windows, Array]:
        """Return the windows and the changes that the estimator of a step ahead learns from."""

    def _learn_levels(self, panel: Panel, rows: Ints) -> None:
        """Learn the means of columns, and which of them windows hold as differences."""
        self._learn_means(panel, rows)
        drifting = self.plan.relative
        if drifting == "auto":
            drifting = drifts(panel, rows, self.plan.targets, self.plan.span)
        self.relative = self.plan.targets[np.broadcast_to(drifting, self.plan.targets.shape)]

    def _learnable(self, panel: Panel, rows: Ints, steps: Ints) -> Ints:
        """Select the rows whose window, the last of `steps` before, is whole enough and whose anchors exist.

        Sequences need one step of it, a lag table all.
        """
        back = 0 if takes_sequences(self.estimator) else self.plan.span - 1
        if self.plan.anchor is not None:
            back = max(back, -int(anchor_offsets(self.plan.anchor, steps).min()))
        return rows[panel.cumcount[rows] - int(steps[-1]) >= back]

    def _anchors(self, panel: Panel, origins: Origins, steps: Ints) -> Array:
        """Return anchors, zero without any; the mean of the target where its past is unknown."""
        if self.plan.anchor is None:
            return np.zeros((len(origins), len(steps), len(self.plan.targets)))
        return self._or_mean(self.plan.anchors(panel, origins, steps))

    def _model(self) -> Model:
        return Model(self.estimator, self.relative, self.means[: self.plan.n_inputs])


class Direct(Strategy):
    """One model for each step ahead."""

    @property
    def n_models(self) -> int:
        """Steps ahead that have a model of their own."""
        return self.plan.horizon

    def forecast(self, panel: Panel, origins: Origins, steps: Ints) -> Array:
        """Forecast these steps ahead of each origin, of shape (n_origins, n_steps, n_targets)."""
        anchors = self._anchors(panel, origins, steps)
        windows = (self.plan.windows(panel, origins, int(ahead)) for ahead in steps)
        changes = [self.models[ahead - 1].predict(some) for ahead, some in zip(steps, windows, strict=True)]
        return anchors + np.stack(changes, axis=1)

    def _task(self, panel: Panel, rows: Ints, ahead: int) -> tuple[Windows, Array]:
        step = np.array([ahead])
        rows = self._learnable(panel, rows, step)
        origins = Origins.before(panel, rows, ahead)
        anchors = self._anchors(panel, origins, step)[:, 0]
        return self.plan.windows(panel, origins, ahead), panel.table[rows[:, None], self.plan.targets] - anchors


class Joint(Strategy):
    """One model that predicts all steps at once."""

    n_models = 1

    def forecast(self, panel: Panel, origins: Origins, steps: Ints) -> Array:
        """Forecast these steps ahead of each origin, of shape (n_origins, n_steps, n_targets)."""
        changes = self.models[0].predict(self.plan.windows(panel, origins, self.plan.horizon))
        changes = changes.reshape(len(origins), self.plan.horizon, -1)[:, steps - 1]
        return self._anchors(panel, origins, steps) + changes

    def needs_ahead(self, steps: int) -> int:
        """Rows that known columns must reach ahead to forecast so many steps."""
        return self.plan.horizon if len(self.plan.known) else steps

    def _task(self, panel: Panel, rows: Ints, ahead: int) -> tuple[Windows, Array]:
        steps = np.arange(1, self.plan.horizon + 1)
        origins = Origins.before(panel, self._learnable(panel, rows, steps), self.plan.horizon)
        changes = future_values(panel, origins, steps, self.plan.targets) - self._anchors(panel, origins, steps)
        if not predicts_sequences(self.estimator):
            changes = changes.reshape(len(changes), -1)
        return self.plan.windows(panel, origins, self.plan.horizon), changes


class Recursive(Direct):
    """One model for one step ahead, whose forecasts are fed back as if they had been observed."""

    n_models = 1

    def forecast(self, panel: Panel, origins: Origins, steps: Ints) -> Array:
        """Forecast these steps ahead of each origin, of shape (n_origins, n_steps, n_targets)."""
        ahead = int(steps.max())
        moved = replace(panel, table=np.column_stack([self.plan.moved(panel, 1), panel.table[:, self.plan.n_inputs :]]))
        path = np.empty((len(origins), ahead, len(self.plan.targets)))
        for piece in self._pieces(len(origins), ahead):
            path[piece] = self._feed_back(moved, origins.take(piece), ahead)
        return path[:, steps - 1]

    def _pieces(self, n_origins: int, ahead: int) -> Iterator[slice]:
        # Every origin has a table of its own, into which its forecasts are written.
        size = max(1, PIECE // ((self.plan.span + ahead) * self.plan.n_inputs))
        return (slice(begin, begin + size) for begin in range(0, n_origins, size))

    def _feed_back(self, panel: Panel, origins: Origins, ahead: int) -> Array:
        """Forecast step after step, each from a table of the past of every origin and the steps before."""
        # With windows of 3 rows and 2 steps ahead, an origin at row 9 has a table of rows 7 8 9 10: the first window
        # ends at 9, its forecast is written into 10, and the second window ends there. `first` counts the rows of it
        # that lie before the series. All tables lie one below the other, so that Windows can frame them at once.
        plan = self.plan
        rows = origins.rows[:, None] + np.arange(1 - plan.span, ahead)
        first = np.maximum(origins.begins - rows[:, 0], 0)
        tables = panel.table[np.clip(rows, origins.begins[:, None], None), : plan.n_inputs]
        # What is not known at the origin must not be there, not even by mistake.
        future = np.setdiff1d(np.arange(plan.n_inputs), plan.known)
        tables[:, plan.span :, future] = np.nan
        path = np.empty((len(origins), ahead, len(plan.targets)))
        height, joined = rows.shape[1], tables.reshape(-1, plan.n_inputs)
        tops = height * np.arange(len(origins))
        for j in range(ahead):
            newest = plan.span - 1 + j
            windows = Windows(joined, tops + newest, tops + first, lags=plan.lags, step=plan.step)
            path[:, j] = self._anchor(panel, origins, j + 1, path) + self.models[0].predict(windows)
            if j + 1 < ahead:
                tables[:, newest + 1, plan.targets] = path[:, j]
        return path

    def _anchor(self, panel: Panel, origins: Origins, step: int, path: Array) -> Array:
        """Return the anchor of a step: a value of the past, or a forecast of an earlier step."""
        if self.plan.anchor is None:
            return np.zeros((1, 1))
        # With a season of 3, step 5 is counted from step 2, which has been forecast by now; step 2 from a row before.
        shift = step - (1 if self.plan.anchor == "last" else self.plan.anchor)
        if shift > 0:
            return path[:, shift - 1]
        return self._or_mean(past_values(panel, origins, np.array([shift]), self.plan.targets))[:, 0]


STRATEGIES: dict[str, type[Strategy]] = {"recursive": Recursive, "direct": Direct, "joint": Joint}


def _fit(model: Model, windows: Windows, y: Array) -> Model:
    return model.fit(windows, y)
