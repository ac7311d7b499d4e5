"""Forecasting: from a series to the future."""

from .backtesting import backtest
from .forecaster import SequenceForecaster
from .naive import NaiveForecaster
from .skill import SkillWarning, skill

__all__ = ["NaiveForecaster", "SequenceForecaster", "SkillWarning", "backtest", "skill"]
