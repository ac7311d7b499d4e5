"""Every form of X, and the mistakes that are made with it: shared by the tests of bad and of unusual input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone, is_regressor

from sklearn_rnn import LSTMClassifier, LSTMRegressor, ShiftFramer

RNG = np.random.default_rng(0)
LENGTHS = (3, 5, 1, 4, 2, 3, 6, 2, 3, 4, 5, 2)

# Every form of X, twelve rows or sequences of each, with one target per sequence (or row) and one per step.
TABLE = RNG.normal(size=(12, 4))
FRAME = pd.DataFrame(TABLE, columns=["temp", "wind", "rain", "hour"])
DENSE = RNG.normal(size=(12, 5, 2))
RAGGED = [RNG.normal(size=(length, 2)) for length in LENGTHS]
FRAMES = [pd.DataFrame(sequence, columns=["temp", "wind"]) for sequence in RAGGED]
HOLED = FRAME.drop(index=7).reindex(FRAME.index)
WINDOWS = ShiftFramer(lags=3).fit_transform(FRAME)
Y = RNG.normal(size=12)
Y_DENSE = RNG.normal(size=(12, 5))
Y_RAGGED = [RNG.normal(size=length) for length in LENGTHS]
CODES = np.arange(12) % 2
ONE = np.ones(12)
SERIES = np.repeat(["a", "b"], 6)
INDEX = pd.MultiIndex.from_arrays([SERIES, np.tile(np.arange(6), 2)])


def regressor(**params):
    return LSTMRegressor(hidden_layer_sizes=(3,), max_epochs=1, random_state=0).set_params(**params)


def classifier(**params):
    return LSTMClassifier(hidden_layer_sizes=(3,), max_epochs=1, random_state=0).set_params(**params)


class BatchLoss(torch.nn.Module):
    """Returns one number for a batch, as many losses do."""

    def forward(self, output, target):
        return ((output - target) ** 2).mean()


@dataclass(frozen=True)
class Fit:
    """Fit a new estimator."""

    estimator: Any
    X: Any
    y: Any
    params: dict[str, Any] = field(default_factory=dict)

    def __call__(self):
        return clone(self.estimator).fit(self.X, self.y, **self.params)


@dataclass(frozen=True)
class Then:
    """Fit an estimator, as it should be, and go on with something that should not be."""

    fit: Fit
    go_on: Callable[[Any], Any]

    def __call__(self):
        fitted = self.fit()
        return self.go_on(fitted)


SEQUENCES = regressor()
STEPS = regressor(return_sequences=True)
CLASSES = classifier()
CLASSES_OF_STEPS = classifier(return_sequences=True)


def fits_of_estimators(mistakes):
    """The mistakes that are made in `fit`, by an estimator on its own."""
    fits = [m for m in mistakes if isinstance(m.act, Fit) and hasattr(m.act.estimator, "hidden_layer_sizes")]
    return [pytest.param(mistake.act, mistake.error, id=mistake.name) for mistake in fits]


def fit_good(estimator, **params):
    """Fit an estimator of this class as it should be; return it with its predictions."""
    params["return_sequences"] = estimator.return_sequences is True
    y = Y_DENSE if params["return_sequences"] else Y
    good = type(estimator)(hidden_layer_sizes=(3,), max_epochs=2, random_state=0, **params)
    good.fit(DENSE, y if is_regressor(good) else (y > 0).astype(int))
    return good, good.predict(DENSE)


def assert_unharmed(good, before):
    np.testing.assert_array_equal(good.predict(DENSE), before, strict=True)
    assert good.n_features_in_ == 2
    assert good.n_iter_ == len(good.history_) == len(good.net_.history) == 2


def check_what_is_fitted_survives_fit(bad, error):
    good, before = fit_good(bad.estimator)
    params = good.get_params()
    good.set_params(**bad.estimator.get_params())
    with pytest.raises(error):
        good.fit(bad.X, bad.y, **bad.params)
    assert_unharmed(good.set_params(**params), before)


def check_what_is_fitted_survives_partial_fit(bad, error):
    good, before = fit_good(bad.estimator)
    with pytest.raises((TypeError, ValueError)):  # that X has other features than before may be noticed first
        good.partial_fit(bad.X, bad.y, **bad.params)
    assert_unharmed(good, before)
