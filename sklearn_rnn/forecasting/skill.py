"""Errors relative to those of a naive forecast."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import mean_absolute_error

from .._data.sequences import Array


def skill(y_true: Any, y_pred: Any, y_naive: Any, *, sample_weight: Any = None) -> float:
    """Return one minus the ratio of a forecast's mean absolute error to that of the naive forecast.

    Parameters
    ----------
    y_true, y_pred, y_naive : array-like of shape (n,) or (n, n_targets)
        The truth, the forecast and the naive forecast.
    sample_weight : array-like of shape (n,), default=None
        Weight of each row.

    Returns
    -------
    float
        One for a perfect forecast, zero for one as good as the naive one, negative for a worse one. Several targets
        count equally, whatever their units. Where the naive forecast makes no error, zero for a perfect forecast and
        minus infinity for any other.

    Raises
    ------
    ValueError
        If the lengths differ, or there is NaN.

    References
    ----------
    Hyndman and Koehler (2006), Another look at measures of forecast accuracy, International Journal of Forecasting 22.
    Their mean absolute scaled error is such a ratio, too, with the naive error of the training data.

    Examples
    --------
    >>> from sklearn_rnn.forecasting import skill
    >>> skill([1.0, 2.0, 3.0], [1.0, 2.0, 2.5], [0.0, 1.0, 2.0])
    0.833...
    """
    options = {"multioutput": "raw_values", "sample_weight": sample_weight}
    error = mean_absolute_error(y_true, y_pred, **options)
    return float(_skills(error, mean_absolute_error(y_true, y_naive, **options)).mean())


def relative_errors(errors: Array, naive: Array, names: list[Any]) -> pd.DataFrame:
    """Return mean absolute errors by target and step ahead, from errors of shape (n_origins, n_steps, n_targets)."""
    index = pd.MultiIndex.from_product([names, range(1, errors.shape[1] + 1)], names=["target", "step"])
    maes = (np.abs(each).mean(axis=0).T.ravel() for each in (errors, naive))
    table = pd.DataFrame(dict(zip(("mae", "naive_mae"), maes, strict=True)), index=index)
    return table.assign(skill=_skills(table["mae"].to_numpy(), table["naive_mae"].to_numpy()))


def overall(table: pd.DataFrame) -> float:
    """Return the skill over the steps of a table of `relative_errors`, with targets counting equally."""
    # Sums of errors, not the mean of ratios by step: a step that the naive forecast gets right would outweigh all.
    sums = table.groupby(level="target")[["mae", "naive_mae"]].sum().to_numpy()
    return float(_skills(*sums.T).mean())


def _skills(error: Array, naive: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(
            np.where(naive > 0, 1 - error / np.where(naive > 0, naive, 1), np.where(error > 0, -np.inf, 0.0))
        )
