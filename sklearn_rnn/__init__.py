"""Recurrent networks that behave like any other scikit-learn estimator."""

from .classifiers import GRUClassifier, LSTMClassifier, RNNClassifier
from .preprocessing import (
    SequenceOneHotEncoder,
    SequencePadder,
    SequenceScaler,
    ShiftFramer,
    series_to_supervised,
)
from .regressors import GRURegressor, LSTMRegressor, RNNRegressor
from .stream import Stream

__version__ = "0.1.0"

__all__ = [
    "GRUClassifier",
    "GRURegressor",
    "LSTMClassifier",
    "LSTMRegressor",
    "RNNClassifier",
    "RNNRegressor",
    "SequenceOneHotEncoder",
    "SequencePadder",
    "SequenceScaler",
    "ShiftFramer",
    "Stream",
    "series_to_supervised",
]
