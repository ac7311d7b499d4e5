"""A grid search over the units and lags of a pipeline, to be timed by `bench_speed.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from sklearn_rnn import SequenceScaler, ShiftFramer

UNITS, LAGS = (8, 16, 32, 64), (12, 18, 24, 30, 36, 48)  # 24 candidates
ROWS, FEATURES = 5_000, 4


def search(network: Any, n_rows: int, candidates: dict[str, list[Any]]) -> GridSearchCV:
    """Search with two processes; nothing is fitted after it."""
    X = np.random.default_rng(0).normal(size=(n_rows, FEATURES)).astype(np.float32)
    y = np.convolve(X[:, 0], np.ones(12) / 12)[:n_rows]
    model = make_pipeline(ShiftFramer(context="none"), SequenceScaler(), network)
    grid = GridSearchCV(model, candidates, cv=TimeSeriesSplit(3), n_jobs=2, refit=False, error_score="raise")
    return grid.fit(X, y)


def candidates(network: Any, units: tuple[int, ...] = UNITS, lags: tuple[int, ...] = LAGS) -> dict[str, list[Any]]:
    step = type(network).__name__.lower()
    return {"shiftframer__lags": list(lags), f"{step}__hidden_layer_sizes": [(n,) for n in units]}
