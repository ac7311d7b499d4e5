"""Recurrent networks that behave like any other scikit-learn estimator."""

from .classifiers import GRUClassifier, LSTMClassifier, RNNClassifier
from .encoder_decoder import EncoderDecoderRegressor
from .forecasting import NaiveForecaster, SequenceForecaster, SkillWarning, backtest, skill
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
    "EncoderDecoderRegressor",
    "GRUClassifier",
    "GRURegressor",
    "LSTMClassifier",
    "LSTMRegressor",
    "NaiveForecaster",
    "RNNClassifier",
    "RNNRegressor",
    "SequenceForecaster",
    "SequenceOneHotEncoder",
    "SequencePadder",
    "SequenceScaler",
    "ShiftFramer",
    "SkillWarning",
    "Stream",
    "backtest",
    "series_to_supervised",
    "skill",
]
