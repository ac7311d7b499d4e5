"""Fitted estimators and series for the tests of streams."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from sklearn_rnn import GRUClassifier, GRURegressor, LSTMClassifier, LSTMRegressor, RNNClassifier, RNNRegressor, Stream

REGRESSORS = {"rnn": RNNRegressor, "lstm": LSTMRegressor, "gru": GRURegressor}
CLASSIFIERS = {"rnn": RNNClassifier, "lstm": LSTMClassifier, "gru": GRUClassifier}
METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 2))
Y = X.cumsum(axis=0)[:, 0] * 0.05 + X[:, 1] * 0.5
PANEL = RNG.normal(size=(3, 20, 2))
RAGGED = [PANEL[0], PANEL[1, :7], PANEL[2, :13]]
NOTHING = np.zeros((0, 2))
NAN = np.full(2, np.nan)

# Three named series, in an order that sorting would change, and with times that differ.
IDS = ["north", "south", "east"]
INDEX = pd.MultiIndex.from_tuples([(name, t) for name, x in zip(IDS, RAGGED, strict=True) for t in range(len(x))])
FRAME = pd.DataFrame(np.vstack(RAGGED), INDEX, columns=["temp", "wind"])
# The message of a state of a wrong shape, for a stream of one series of `regressor()`.
STATE = "The state must be a list with a tuple of arrays per layer, of the shapes [[(1, 5), (1, 5)]]; "


def small(make: Any, **params: Any) -> Any:
    params = {
        "hidden_layer_sizes": (5,),
        "return_sequences": True,
        "max_epochs": 3,
        "early_stopping": False,
        "lr": 0.02,
        "dtype": "float64",
    } | params
    return make(random_state=0, **params)


@cache
def regressor(cell: str = "lstm", n_outputs: int = 1, **params: Any) -> Any:
    """A fitted estimator, which no test may change."""
    model = small(REGRESSORS[cell], **params)
    if not model.return_sequences:
        return model.fit([X, X[:30] + 1], [0.0, 1.0])
    return model.fit(X, Y if n_outputs == 1 else np.column_stack([Y, X])[:, :n_outputs])


@cache
def of_frames() -> Any:
    """A regressor that was fitted on three series of a DataFrame."""
    return small(LSTMRegressor).fit(FRAME, FRAME["temp"] - FRAME["wind"])


@cache
def classifier(cell: str, kind: str, **params: Any) -> Any:
    labels = {
        "binary": np.where(Y > 0, "up", "down"),
        "multiclass": np.digitize(Y, [-0.3, 0.3]),
        "multilabel": np.column_stack([Y > 0, X > 0]).astype(int),
    }[kind]
    return small(CLASSIFIERS[cell], **params).fit(X, labels)


def steps(stream: Stream, x: Any) -> Any:
    """The predictions of a stream of one series, step after step."""
    return np.concatenate([stream.step(row) for row in x])


def flat(stream: Stream) -> Any:
    return np.concatenate([part.ravel() for parts in stream.state for part in parts])
