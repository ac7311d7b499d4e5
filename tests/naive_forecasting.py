"""Forecasting by its definition, one row and one step at a time, in float64: what the package is compared with."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

NAN = float("nan")


@dataclass(frozen=True)
class Recipe:
    """What is forecast from what; targets may lie behind the `n_inputs` columns that windows hold."""

    regressor: Callable[[], Any]
    lags: int = 1
    step: int = 1
    strategy: str = "recursive"
    horizon: int = 1
    n_inputs: int = 1
    targets: tuple[int, ...] = (0,)
    known: tuple[int, ...] = ()
    anchor: Any = None
    relative: Any = False


def anchor_row(anchor, origin, ahead):
    """The row of the past that the change of a step ahead of the origin is counted from."""
    if anchor == "last":
        return origin
    return origin + ahead - anchor * math.ceil(ahead / anchor)


def variance(values):
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / len(values)


def drifts(tables, column):
    """Whether the means of the first and the last third are further apart than a standard deviation within them."""
    apart, within = 0.0, 0.0
    for table in tables:
        third = len(table) // 3
        parts = [[row[column] for row in table[:third]], [row[column] for row in table[len(table) - third :]]]
        means = [sum(part) / third for part in parts]
        apart += (means[1] - means[0]) ** 2
        within += sum(variance(part) for part in parts) / 2
    return apart > within


def swings(tables, column, span):
    """Whether the means of ten blocks of each series, or fewer of a window's rows, vary more than twice the values."""
    blocks = []
    for table in tables:
        values = [row[column] for row in table]
        n = max(min(10, len(values) // span), 1)
        size, larger = divmod(len(values), n)  # the first blocks are a row longer, so that all rows are in one
        for i in range(n):
            begin = i * size + min(i, larger)
            blocks.append(values[begin : begin + size + (i < larger)])
    means = [sum(block) / len(block) for block in blocks]
    return variance(means) > 2 * sum(variance(block) for block in blocks) / len(blocks)


def relative_columns(recipe, tables):
    """The targets that windows hold as differences from their newest value."""
    if recipe.anchor is None or recipe.relative is False:
        return ()
    span = recipe.step * (recipe.lags - 1) + 1
    return tuple(k for k in recipe.targets if recipe.relative is True or drifts(tables, k) or swings(tables, k, span))


def window(recipe, relative, table, origin, ahead):
    """One row of the lag table: the steps up to the origin, oldest first, each with all its columns."""
    values = []
    for slot in range(recipe.lags):
        row = origin - recipe.step * (recipe.lags - 1 - slot)
        for column in range(recipe.n_inputs):
            value = table[row + ahead][column] if column in recipe.known else table[row][column]
            if column in relative:
                value = value - table[origin][column]
            values.append(value)
    return values


def can_forecast(recipe, origin, steps):
    """Whether the window of an origin is whole and the anchors of these steps are there."""
    if origin - recipe.step * (recipe.lags - 1) < 0:
        return False
    return recipe.anchor is None or all(anchor_row(recipe.anchor, origin, j) >= 0 for j in steps)


def examples(recipe, relative, tables, steps):
    """The lag table and the targets of all rows that can be learned from, series after series."""
    X, y = [], []
    for table in tables:
        for t in range(len(table)):
            origin = t - steps[-1]
            if not can_forecast(recipe, origin, steps):
                continue
            X.append(window(recipe, relative, table, origin, steps[-1]))
            changes = []
            for ahead in steps:
                for target in recipe.targets:
                    start = 0.0
                    if recipe.anchor is not None:
                        start = table[anchor_row(recipe.anchor, origin, ahead)][target]
                    changes.append(table[origin + ahead][target] - start)
            y.append(changes)
    return np.array(X), np.array(y)


@dataclass
class NaiveForecasts:
    """Models of a recipe, learned from tables: one of each series, series after series."""

    recipe: Recipe
    relative: tuple[int, ...] = ()
    models: dict[int, Any] = field(default_factory=dict)

    def fit(self, tables):
        recipe = self.recipe
        self.relative = relative_columns(recipe, tables)
        every = list(range(1, recipe.horizon + 1))
        tasks = {"recursive": [[1]], "direct": [[ahead] for ahead in every], "joint": [every]}[recipe.strategy]
        for steps in tasks:
            X, y = examples(recipe, self.relative, tables, steps)
            model = recipe.regressor()
            self.models[steps[-1]] = model.fit(X, y[:, 0] if y.shape[1] == 1 else y)
        return self

    def forecast(self, table, origin, steps):
        """Forecast 1 to `steps` rows behind the origin, as a list with a row per step and a value per target."""
        recipe = self.recipe
        assert can_forecast(recipe, origin, range(1, min(steps, recipe.horizon) + 1))
        own = np.array(table, dtype=np.float64)
        for row in range(origin + 1, len(own)):
            for column in range(own.shape[1]):
                if column not in recipe.known:
                    own[row][column] = NAN
        if recipe.strategy == "recursive":
            return self._fed_back(own, origin, steps)
        forecasts = []
        for ahead in range(1, steps + 1):
            if recipe.strategy == "direct":
                change = self._predict(ahead, window(recipe, self.relative, own, origin, ahead))
            else:
                joint = self._predict(recipe.horizon, window(recipe, self.relative, own, origin, recipe.horizon))
                change = joint[(ahead - 1) * len(recipe.targets) : ahead * len(recipe.targets)]
            forecasts.append([self._start(own, origin, ahead, k) + change[i] for i, k in enumerate(recipe.targets)])
        return forecasts

    def _fed_back(self, own, origin, steps):
        for ahead in range(1, steps + 1):
            newest = origin + ahead - 1
            change = self._predict(1, window(self.recipe, self.relative, own, newest, 1))
            for i, target in enumerate(self.recipe.targets):
                if target < self.recipe.n_inputs or ahead == 1:
                    own[newest + 1][target] = self._start(own, newest, 1, target) + change[i]
        return [[own[origin + ahead][target] for target in self.recipe.targets] for ahead in range(1, steps + 1)]

    def _start(self, own, origin, ahead, target):
        return 0.0 if self.recipe.anchor is None else own[anchor_row(self.recipe.anchor, origin, ahead)][target]

    def _predict(self, number, values):
        return np.ravel(self.models[number].predict(np.array([values])))


def naive_forecast(values, origin, ahead, strategy, season=None):
    """Forecast one value of a series without a model."""
    if strategy == "mean":
        return sum(values[: origin + 1]) / (origin + 1)
    if strategy == "drift":
        slope = (values[origin] - values[0]) / origin if origin else 0.0
        return values[origin] + ahead * slope
    return values[anchor_row("last" if strategy == "last" else season, origin, ahead)]
