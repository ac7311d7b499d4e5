"""Forecasting: from a series to the future."""

from ..exceptions import SkillWarning
from .backtesting import backtest
from .forecaster import SequenceForecaster
from .naive import NaiveForecaster
from .skill import skill

__all__ = ["NaiveForecaster", "SequenceForecaster", "SkillWarning", "backtest", "skill"]
