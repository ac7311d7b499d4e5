"""Parameters of SequenceForecaster that depend on each other and on the table: checked, and chosen where "auto"."""

from __future__ import annotations

from numbers import Real
from typing import Any

from ._columns import Columns
from ._models import has_quantile, predicts_several
from ._plan import Plan


def check_levels(anchor: Any, relative: Any) -> None:
    """Raise an error if the anchor is none, or windows are to show and to hide the level."""
    if relative is True and anchor is None:
        raise ValueError(
            "relative=True hides the level of the target in windows, but anchor=None asks for the level; use "
            "anchor='last', or relative='auto'."
        )
    if isinstance(anchor, bool):  # an int to Python, so that the constraints let it pass
        raise ValueError(f"anchor must be None, 'last' or a number of rows of a season, at least 1; got {anchor}.")


def check_quantiles(quantiles: Any, interval: str | None, estimator: Any) -> None:
    """Raise an error if quantiles are none, nothing begins from them, or the estimator can't learn them."""
    if interval is None:
        raise ValueError(
            f"quantiles={quantiles!r} are where intervals begin from, but interval=None keeps none; use "
            "interval='split' or 'rolling'."
        )
    are_shares = len(quantiles) == 2 and all(isinstance(share, Real) for share in quantiles)
    if not are_shares or not 0 < quantiles[0] < quantiles[1] < 1:
        raise ValueError(f"quantiles must be two shares in rising order, such as (0.05, 0.95); got {quantiles!r}.")
    if not has_quantile(estimator):
        raise ValueError(
            f"quantiles={quantiles!r} need an estimator that learns a quantile, with a parameter quantile; "
            f"{type(estimator).__name__} has none. Use one of this package, QuantileRegressor or "
            "HistGradientBoostingRegressor, or quantiles=None."
        )


def check_feedback(plan: Plan, columns: Columns, steps: int, quantiles: Any) -> None:
    """Raise an error if forecasts can't be fed back over so many steps."""
    if steps > 1 and quantiles is not None:
        raise ValueError(
            "strategy='recursive' can't forecast quantiles beyond one step, since a quantile that is fed back is "
            "none; use strategy='direct' or 'joint', or intervals without quantiles."
        )
    if steps > 1 and not plan.autoregressive:
        raise ValueError(
            f"strategy='recursive' can't go {steps} steps ahead: y is no column of X, so it can't be fed back. Use "
            "strategy='direct' or 'joint', or put y into X."
        )
    missing = [columns.names[i] for i in plan.unforeseen]
    if steps > 1 and missing:
        raise ValueError(
            f"strategy='recursive' can't go {steps} steps ahead: columns {missing} of X are neither forecast nor "
            "known ahead, so the next window would not be whole. Use strategy='direct' or 'joint', name columns "
            "whose future is certain in known, or forecast all columns."
        )


def choose_strategy(plan: Plan, estimator: Any, quantiles: Any) -> str:
    """Return the strategy that "auto" stands for: recursive, or joint where forecasts can't be fed back.

    Where an estimator has no more than one output, direct takes the place of joint.
    """
    is_fed_back = quantiles is None and plan.autoregressive and len(plan.unforeseen) == 0
    if plan.horizon == 1 or is_fed_back:
        return "recursive"
    return "joint" if predicts_several(estimator) else "direct"
