"""Recurrent networks that behave like any other scikit-learn estimator."""

from .classifiers import GRUClassifier, LSTMClassifier, RNNClassifier
from .display import BacktestDisplay, CorrelogramDisplay, ForecastDisplay, HistoryDisplay
from .encoder_decoder import EncoderDecoderRegressor
from .exceptions import ContextWarning, LayoutWarning, SkillWarning, TimeGapWarning
from .forecasting import NaiveForecaster, SequenceForecaster, backtest, skill
from .lags import autocorrelations, suggest_lags
from .pipeline_stream import PipelineStream
from .preprocessing import (
    SequenceImputer,
    SequenceOneHotEncoder,
    SequencePadder,
    SequenceScaler,
    ShiftFramer,
    regularize,
    series_to_supervised,
)
from .regressors import GRURegressor, LSTMRegressor, RNNRegressor
from .stream import Stream

__version__ = "0.1.0"

__all__ = [
    "BacktestDisplay",
    "ContextWarning",
    "CorrelogramDisplay",
    "EncoderDecoderRegressor",
    "ForecastDisplay",
    "GRUClassifier",
    "GRURegressor",
    "HistoryDisplay",
    "LSTMClassifier",
    "LSTMRegressor",
    "LayoutWarning",
    "NaiveForecaster",
    "PipelineStream",
    "RNNClassifier",
    "RNNRegressor",
    "SequenceForecaster",
    "SequenceImputer",
    "SequenceOneHotEncoder",
    "SequencePadder",
    "SequenceScaler",
    "ShiftFramer",
    "SkillWarning",
    "Stream",
    "TimeGapWarning",
    "autocorrelations",
    "backtest",
    "regularize",
    "series_to_supervised",
    "skill",
    "suggest_lags",
]
