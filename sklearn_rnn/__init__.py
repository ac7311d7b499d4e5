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
    "series_to_supervised",
]
