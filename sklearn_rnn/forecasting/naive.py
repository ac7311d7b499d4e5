"""Forecasts that need no model, to compare with."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar

from sklearn.utils._param_validation import Interval, StrOptions

from ._base import Forecaster
from ._columns import Columns
from ._learners import Learner, Naive
from ._plan import Plan


class NaiveForecaster(Forecaster):
    """Forecast without a model: the last value, that of the last season, the drift, or the mean.

    Whatever a model forecasts is worth as much as it is better than this.

    Parameters
    ----------
    strategy : {"last", "seasonal", "drift", "mean"}, default="last"
        "last" repeats the last value (the random walk's forecast); "seasonal" repeats the last season; "drift"
        continues the line from the first value of a series to the last; "mean" is the mean so far.
    season : int, default=None
        Rows of a season, as 12 for months of a year; ``strategy="seasonal"`` needs it.
    horizon : int, default=1
        Steps ahead of `predict`, and those that errors are held out for.
    target : str, int or list, default=None
        Columns of X to forecast; by default y, or else all that are not known ahead.
    known : str, int or list, default=None
        Columns that are known ahead. They are not forecast.
    interval : {"split", "rolling"}, default=None
        As in `SequenceForecaster`.
    validation_fraction : float, default=0.1
        Share of the rows of each series, its end, that `skill_` and intervals are measured on. None measures nothing.

    Attributes
    ----------
    target_ : list
        Names of what is forecast.
    skill_ : float
        One minus the ratio of the mean absolute error to that of the last value, on held-out rows, of the step ahead
        that `predict` returns, `horizon`.
    validation_ : DataFrame
        Errors on held-out rows by target and step ahead: "mae", "naive_mae" and "skill".
    forecast_samples_ : ndarray of shape (n_samples, horizon, n_targets)
        Held-out errors, truth minus forecast: added to a forecast, samples of the future.
    n_features_in_, n_outputs_ : int
        Columns of X, and of what is forecast.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, if it had names.

    See Also
    --------
    skill : The ratio for any forecast.

    References
    ----------
    Hyndman and Athanasopoulos (2021), Forecasting: principles and practice, section 5.2.

    Examples
    --------
    >>> from sklearn_rnn import NaiveForecaster
    >>> from sklearn_rnn.datasets import load_co2
    >>> co2 = load_co2().frame[["co2"]]
    >>> NaiveForecaster("seasonal", season=52).fit(co2).forecast(2)
                  co2
    time
    2002-01-05  369.8
    2002-01-12  370.2
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Forecaster._parameter_constraints,
        "strategy": [StrOptions({"last", "seasonal", "drift", "mean"})],
        "season": [None, Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        strategy: str = "last",
        *,
        season: int | None = None,
        horizon: int = 1,
        target: Any = None,
        known: Any = None,
        interval: str | None = None,
        validation_fraction: float | None = 0.1,
    ) -> None:
        self.strategy = strategy
        self.season = season
        self.horizon = horizon
        self.target = target
        self.known = known
        self.interval = interval
        self.validation_fraction = validation_fraction

    def _check_options(self) -> None:
        super()._check_options()
        if (self.strategy == "seasonal") != (self.season is not None):
            raise ValueError(
                f"strategy={self.strategy!r} with season={self.season!r}: a season is needed by strategy='seasonal', "
                "and by no other. Give both, as in NaiveForecaster('seasonal', season=12), or neither."
            )

    def _make_plan(self, columns: Columns) -> Plan:
        # Windows and anchors do not matter here: nothing is learned from them.
        return Plan(1, 1, columns.n_inputs, columns.known, columns.targets, None, False, int(self.horizon))

    def _make_learner(self) -> Learner:
        return Naive(self._plan, self.strategy, int(self.season or 1))

    def _make_naive(self) -> Learner:
        return Naive(self._plan, "last", 1)  # also for the seasonal one, to show what the season is worth

    def _asks(self) -> str:
        return f"strategy={self.strategy!r} asks for"

    def _rows_needed(self) -> int:
        return int(self.season or 1)
