"""What every way to forecast has in common, and the naive ways."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

import numpy as np

from .._data.sequences import Array, Ints
from .._data.tables import Panel
from ._plan import Origins, Plan, anchor_offsets, past_values

EVERYTHING = 2**31  # rows of past that a forecast needs which looks at all of it


class Learner(ABC):
    """Something that learns from the rows of a panel, and forecasts from its origins.

    Parameters
    ----------
    plan : Plan
        What is forecast, and from what.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    @property
    @abstractmethod
    def reach(self) -> int:
        """Rows up to the origin that a forecast is made from."""

    @abstractmethod
    def fit(self, panel: Panel, rows: Ints) -> Self:
        """Learn from forecasts of these rows of the panel."""

    @abstractmethod
    def forecast(self, panel: Panel, origins: Origins, steps: Ints) -> Array:
        """Forecast these steps ahead of each origin, of shape (n_origins, n_steps, n_targets)."""

    def partial_fit(self, panel: Panel, rows: Ints) -> Learner:
        """Return a copy that has also learned from forecasts of these rows; this one stays as it is."""
        return self

    def needs_ahead(self, steps: int) -> int:
        """Rows that known columns must reach ahead to forecast so many steps."""
        return steps

    def _learn_means(self, panel: Panel, rows: Ints) -> None:
        self.means = panel.table[rows].mean(axis=0)

    def _or_mean(self, values: Array) -> Array:
        """Put the mean of a target where its past is not known."""
        return np.where(np.isnan(values), self.means[self.plan.targets], values)


class Naive(Learner):
    """Forecasts that need no model.

    Parameters
    ----------
    plan : Plan
        What is forecast.
    strategy : {"last", "seasonal", "drift", "mean"}
        See `NaiveForecaster`.
    season : int
        Rows of a season.
    """

    def __init__(self, plan: Plan, strategy: str, season: int) -> None:
        super().__init__(plan)
        self.strategy = strategy
        self.season = season

    @property
    def reach(self) -> int:
        """Rows up to the origin that a forecast is made from."""
        return {"last": 1, "seasonal": self.season}.get(self.strategy, EVERYTHING)

    def fit(self, panel: Panel, rows: Ints) -> Self:
        """Learn the mean of each target, which stands for a past that is not known."""
        self._learn_means(panel, rows)
        return self

    def forecast(self, panel: Panel, origins: Origins, steps: Ints) -> Array:
        """Forecast these steps ahead of each origin, of shape (n_origins, n_steps, n_targets)."""
        if self.strategy == "mean":
            return self._or_mean(np.repeat(self._means_so_far(panel, origins)[:, None], len(steps), axis=1))
        anchor = self.season if self.strategy == "seasonal" else "last"
        values = past_values(panel, origins, anchor_offsets(anchor, steps), self.plan.targets)
        if self.strategy == "drift":
            values = values + steps[:, None] * self._slopes(panel, origins)[:, None]
        return self._or_mean(values)

    def _means_so_far(self, panel: Panel, origins: Origins) -> Array:
        """Return the mean of each target up to each origin; NaN where nothing of it is known."""
        # Sums from the first row of a series to the origin are differences of running sums over the whole table: of
        # 1 2 | 4 8, running sums 0 1 3 7 15, those of the second series up to its last row are 15 - 3.
        values = panel.table[:, self.plan.targets]
        is_known = np.isfinite(values)
        ends = np.maximum(origins.rows + 1, origins.begins)
        sums, counts = (
            _sums_before(each, ends) - _sums_before(each, origins.begins)
            for each in (np.where(is_known, values, 0.0), is_known)
        )
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    def _slopes(self, panel: Panel, origins: Origins) -> Array:
        """Return the mean change from row to row, from the first of a series to the origin."""
        values = panel.table[:, self.plan.targets]
        gone = origins.rows - origins.begins
        change = values[np.maximum(origins.rows, 0)] - values[origins.begins]
        return np.where(gone[:, None] > 0, change / np.maximum(gone, 1)[:, None], 0.0)


def _sums_before(values: Array, rows: Ints) -> Array:
    sums = np.zeros((len(values) + 1, values.shape[1]))
    np.cumsum(values, axis=0, out=sums[1:])
    return sums[rows]
