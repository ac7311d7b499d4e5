"""Pictures of training, of correlations and of forecasts, by scikit-learn's convention for displays."""

from .backtest import BacktestDisplay
from .correlogram import CorrelogramDisplay
from .forecast import ForecastDisplay
from .history import HistoryDisplay

__all__ = ["BacktestDisplay", "CorrelogramDisplay", "ForecastDisplay", "HistoryDisplay"]
