"""SequenceForecaster: any regressor becomes a forecaster of several steps ahead."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar, cast

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from .._data.caller import warn_caller
from .._data.checks import quoted
from .._data.sequences import Ints
from .._data.tables import Context, Panel
from ..exceptions import SkillWarning
from ..preprocessing.scaling import SequenceScaler
from ..regressors import LSTMRegressor
from ._base import Forecaster
from ._columns import Columns
from ._intervals import Band
from ._learners import Learner, Naive
from ._models import learning_quantile, learns_on, seeded, takes_sequences
from ._options import check_feedback, check_levels, check_quantiles, choose_strategy
from ._plan import Plan
from ._strategies import STRATEGIES, Strategy
from .naive import NaiveForecaster


class SequenceForecaster(Forecaster):
    """Forecast a table in time order with a regressor that reads windows of its past.

    Parameters
    ----------
    estimator : object, default=None
        A regressor of scikit-learn's kind. Estimators of sequences (of this package, or a pipeline of such steps) get
        windows of shape (n, lags, n_features); any other, such as `Ridge`, a lag table of shape
        (n, lags * n_features). None is ``make_pipeline(SequenceScaler(), LSTMRegressor())``, which holds out the newest
        tenth of its windows to know when to stop, and learns from all in the end (``refit``).
    lags : int, default=24
        Steps of a window. At least a whole season is a good start; see `suggest_lags`.
    horizon : int, default=1
        Steps ahead of `predict`, and those that errors are held out for. With "direct" and "joint" also those that
        are learned.
    step : int, default=1
        Rows from one step of a window to the next.
    strategy : {"auto", "recursive", "direct", "joint"}, default="auto"
        "recursive" learns one step ahead and feeds its forecasts back, as far as wanted; "direct" fits one estimator
        for each step ahead; "joint" fits one that predicts all steps at once. "auto" is "recursive" where forecasts
        can be fed back: where all columns of X are forecast or known ahead, and no quantiles are asked for. Else it
        is "joint", or "direct" for an estimator of a single output.
    target : str, int or list, default=None
        Columns of X to forecast; by default y, or else all that are not known ahead.
    known : str, int or list, default=None
        Columns that are known ahead (calendar, plans). Windows hold them up to the row that is forecast.
    anchor : None, "last" or int, default="last"
        What the estimator learns the change from: the newest value of the window, or with an int m the value m rows
        before the target, a season (further seasons before, where that one is not known yet). None learns the value
        itself. Where y is no column of X its past is unknown, and "last" means None.
    relative : bool or "auto", default="auto"
        Whether windows, too, hold targets as differences from their newest value, so that what was learned holds at
        any level; without, they show the level, which tells something where a series returns to its mean. "auto" is
        True for targets whose level changes: where the means of the first and the last third of the series are
        further apart than a standard deviation within them (squares are summed over series), or where the means of
        ten blocks of each series, or fewer of a window's length, vary more than twice as much as values within them.
        Such windows are copies, not views. Only with an anchor.
    interval : {"split", "rolling"}, default=None
        Whether errors on held-out rows are kept for `predict_interval`: as they are ("split"), or so that intervals
        follow the errors that have come since in each series ("rolling", for series that change). The estimator is
        then that which learned from the rows before; otherwise it is fitted anew on all rows in the end. `fit` raises
        an error if so few forecasts would be held out that there could be no intervals of 90 %: at least 19.
    quantiles : pair of floats, default=None
        Two more estimators learn these quantiles, such as (0.05, 0.95), and intervals begin from theirs, so that their
        width follows the window (conformalised quantile regression). The last step of `estimator` must have a
        parameter ``quantile``; its ``loss``, if any, is set to "quantile". Not with "recursive" beyond one step,
        since a quantile that is fed back is none.
    validation_fraction : float, default=0.1
        Share of the rows of each series, its end and at least `horizon`, that `skill_` and intervals are measured on.
        None measures nothing, which halves the time of a fit, as in a search that measures by itself.
    naive : NaiveForecaster, default=None
        What `skill_` compares with; by default the last value or, with an int m as anchor, the last season of m rows.
    random_state : int, RandomState instance or None, default=None
        Seeds every ``random_state`` of the estimator that is None.
    n_jobs : int, default=None
        Estimators that "direct" fits at once; it fits `horizon` of them, which takes long for networks.

    Attributes
    ----------
    estimators_ : list
        The fitted estimators, in the order of steps ahead; a single one if not "direct".
    strategy_ : {"recursive", "direct", "joint"}
        How several steps ahead are forecast.
    anchor_ : None, "last" or int
        What changes are counted from.
    relative_ : list
        Names of the targets that windows hold as differences.
    target_ : list
        Names of what is forecast.
    skill_ : float
        One minus the ratio of the mean absolute error to that of the naive forecast, on held-out rows, of the step
        ahead that `predict` returns, `horizon`.
    validation_ : DataFrame
        Errors on held-out rows by target and step ahead: "mae", "naive_mae" and "skill".
    forecast_samples_ : ndarray of shape (n_samples, horizon, n_targets)
        Held-out errors, truth minus forecast: added to a forecast, samples of the future.
    n_features_in_, n_outputs_ : int
        Columns of X, and of what is forecast.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, if it had names.

    Warns
    -----
    SkillWarning
        If the forecasts of `horizon` steps ahead, those of `predict`, are no better than the naive ones on held-out
        rows; `validation_` has all steps.

    Notes
    -----
    What `fit` learns from in the end: without intervals, windows of all rows. An estimator that holds out data itself,
    as one with early stopping does, is given all; those of this package learn from all in the end (``refit=True``).

    A search over tables alone, ``GridSearchCV(forecaster, grid).fit(X)``, takes `score`, which reads the truth from X;
    scorers by name need it as y, too: ``.fit(X, X["target"])``.

    A forecast made at a row sees nothing after it but columns that are known ahead. Windows that begin before their
    series are shorter for estimators of sequences, which learn from them, too; in a lag table the means of the
    training rows stand in, and training leaves such rows out.

    References
    ----------
    Ben Taieb, Bontempi, Atiya and Sorjamaa (2012), A review and comparison of strategies for multi-step ahead time
    series forecasting, Expert Systems with Applications 39.
    Romano, Patterson and Candès (2019), Conformalized quantile regression, NeurIPS.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn_rnn import SequenceForecaster
    >>> from sklearn_rnn.datasets import load_co2
    >>> co2 = load_co2().frame[["co2"]]
    >>> forecaster = SequenceForecaster(Ridge(), lags=52, anchor=52).fit(co2)
    >>> forecaster.forecast(2).round(1)
                  co2
    time
    2002-01-05  371.8
    2002-01-12  372.1
    >>> forecaster.skill_ > 0.5  # against the value of a year before
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Forecaster._parameter_constraints,
        "estimator": [None, HasMethods(["fit", "predict"])],
        "lags": [Interval(Integral, 1, None, closed="left")],
        "step": [Interval(Integral, 1, None, closed="left")],
        "strategy": [StrOptions({"auto", *STRATEGIES})],
        "anchor": [None, StrOptions({"last"}), Interval(Integral, 1, None, closed="left")],
        "relative": ["boolean", StrOptions({"auto"})],
        "quantiles": [None, tuple, list],
        "naive": [None, NaiveForecaster],
        "random_state": ["random_state"],
        "n_jobs": [None, Integral],
    }

    def __init__(
        self,
        estimator: Any = None,
        *,
        lags: int = 24,
        horizon: int = 1,
        step: int = 1,
        strategy: str = "auto",
        target: Any = None,
        known: Any = None,
        anchor: Any = "last",
        relative: Any = "auto",
        interval: str | None = None,
        quantiles: Any = None,
        validation_fraction: float | None = 0.1,
        naive: Any = None,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.lags = lags
        self.horizon = horizon
        self.step = step
        self.strategy = strategy
        self.target = target
        self.known = known
        self.anchor = anchor
        self.relative = relative
        self.interval = interval
        self.quantiles = quantiles
        self.validation_fraction = validation_fraction
        self.naive = naive
        self.random_state = random_state
        self.n_jobs = n_jobs

    @property
    def estimators_(self) -> list[Any]:
        """The fitted estimators."""
        return [model.estimator for model in self._fitted_learner().models]

    @property
    def estimator_(self) -> Any:
        """The fitted estimator, where there is one."""
        models = self.estimators_
        if len(models) > 1:
            raise AttributeError(
                f"There are {len(models)} fitted estimators, one for each step ahead: see estimators_."
            )
        return models[0]

    @property
    def relative_(self) -> list[Any]:
        """Names of the targets that windows hold as differences."""
        return [self._columns.names[i] for i in self._fitted_learner().relative]

    def _fitted(self, X: Any, y: Any, series: Any) -> Any:
        new = super()._fitted(X, y, series)
        skill = getattr(new, "skill_", 1.0)
        if skill <= 0:
            naive = new._make_naive()
            ahead = f" of {new._plan.horizon} steps ahead, those of predict," if new._plan.horizon > 1 else ""
            what = {"last": "the last value", "seasonal": f"the value {naive.season} rows before"}
            warn_caller(
                f"The forecasts{ahead} are no better than {what.get(naive.strategy, naive.strategy)}: on held-out rows "
                f"their mean absolute error is {1 - skill:.2f} times that of the naive forecast (skill {skill:.2f}). "
                "Train longer, try other lags, another anchor or strategy, or use NaiveForecaster; validation_ has the "
                "errors by step.",
                SkillWarning,
            )
        return new

    def _check_options(self) -> None:
        super()._check_options()
        check_levels(self.anchor, self.relative)
        if self.quantiles is not None:
            check_quantiles(self.quantiles, self.interval, self._unseeded())

    def _make_plan(self, columns: Columns) -> Plan:
        autoregressive = bool((columns.targets < columns.n_inputs).all())
        # The default must work for any y; a season asked for by number is an error instead.
        self.anchor_ = self.anchor if autoregressive or self.anchor != "last" else None
        if self.anchor_ is not None and not autoregressive:
            raise ValueError(
                f"anchor={self.anchor!r} needs past values of the target, but y is no column of X; add it to X, or use "
                "anchor=None."
            )
        anchor = self.anchor_ if self.anchor_ in (None, "last") else int(self.anchor_)
        sizes = (int(self.lags), int(self.step), columns.n_inputs)
        relative = False if anchor is None else self.relative
        plan = Plan(*sizes, columns.known, columns.targets, anchor, relative, int(self.horizon))
        is_auto = self.strategy == "auto"
        self.strategy_ = choose_strategy(plan, self._unseeded(), self.quantiles) if is_auto else self.strategy
        if self.strategy_ == "recursive":
            check_feedback(plan, columns, plan.horizon, self.quantiles)
        return plan

    def _check_steps(self, steps: Any) -> None:
        super()._check_steps(steps)
        if self.strategy_ == "recursive":
            check_feedback(self._plan, self._columns, steps, None)
        elif steps > self._plan.horizon:
            raise ValueError(
                f"strategy={self.strategy_!r} has learned horizon={self._plan.horizon} steps ahead, {steps} were asked "
                f"for; fit with horizon={steps}, or use strategy='recursive'."
            )

    def _check_context(self, context: Context) -> None:
        learner = self._fitted_learner()
        short = context.rows.widths < self._plan.reach
        # Sequences may be shorter than a window; rows of a lag table may not.
        if short.any() and not learner.models[0].takes_sequences:
            width = int(context.rows.widths[int(np.argmax(short))])
            whose, or_else = "the past", ""
            if context.rows.ids is not None:
                whose = f"the past of series {quoted(context.rows.ids[int(np.argmax(short))])}"
                or_else = ", or leave the series out (history=)"
            raise ValueError(
                f"A forecast is made from {self._plan.reach} rows, but {whose} has only {width}; give more "
                f"rows{or_else}."
            )

    def _learns_on(self) -> bool:
        return self.estimator is None or learns_on(self.estimator)

    def _asks(self) -> str:
        names = ["lags"] + ["step"] * (self.step > 1) + ["anchor"] * isinstance(self.anchor, Integral)
        given = " and ".join(f"{name}={getattr(self, name)}" for name in names)
        return f"{given} ask{'s' * (len(names) == 1)} for"

    def _fitted_learner(self) -> Strategy:
        check_is_fitted(self)
        return cast("Strategy", self._learner)

    def _make_learner(self) -> Learner:
        return STRATEGIES[self.strategy_](self._seeded(), self._plan, self.n_jobs)

    def _make_naive(self) -> Naive:
        season = self._plan.anchor if isinstance(self._plan.anchor, int) else None
        # An anchor of a season gives the seasonal naive forecast for free; a model must beat that one.
        naive = self.naive or NaiveForecaster("last" if season is None else "seasonal", season=season)
        naive._check_options()
        return Naive(self._plan, naive.strategy, int(naive.season or 1))

    def _make_band(self, panel: Panel, learned: Ints) -> Band:
        low = high = self._learner  # one model: bounds are the forecast moved down and up
        if self.quantiles is not None:
            low, high = (self._quantile_learner(quantile).fit(panel, learned) for quantile in self.quantiles)
        return Band(self.interval == "rolling", low, high, self._plan.horizon)

    def _quantile_learner(self, quantile: float) -> Learner:
        return STRATEGIES[self.strategy_](learning_quantile(self._seeded(), quantile), self._plan, self.n_jobs)

    def _seeded(self) -> Any:
        """Return a clone of the estimator, with seeds."""
        return seeded(self._unseeded(), self.random_state)

    def _unseeded(self) -> Any:
        default = make_pipeline(SequenceScaler(), LSTMRegressor())
        estimator = default if self.estimator is None else clone(self.estimator)
        takes_sequences(estimator)  # raises an error for pipelines that can't
        return estimator

    def _rows_needed(self) -> int:
        return self._plan.reach + (1 if self.strategy_ == "recursive" else self._plan.horizon)

    def _fewer_rows(self) -> str:
        anchor = "" if self.anchor in (None, "last") else f", anchor={self.anchor}"
        return f", or look back less far (lags={self.lags}, step={self.step}{anchor}, horizon={self.horizon})"
