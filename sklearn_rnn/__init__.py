"""Recurrent networks that behave like any other scikit-learn estimator."""

from .classifiers import GRUClassifier, LSTMClassifier, RNNClassifier
from .preprocessing import ShiftFramer, series_to_supervised
from .regressors import GRURegressor, LSTMRegressor, RNNRegressor

__all__ = [
    "GRUClassifier",
    "GRURegressor",
    "LSTMClassifier",
    "LSTMRegressor",
    "RNNClassifier",
    "RNNRegressor",
    "ShiftFramer",
    "series_to_supervised",
]
__version__ = "0.1.0"
