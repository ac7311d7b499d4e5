"""Predictions of held-out targets that need no network, and that one must beat. Numpy only."""

from __future__ import annotations

import numpy as np

from .sequences import Array, Sequences
from .targets import Targets


def naive_predictions(train: Targets, held: Targets) -> dict[str, Array]:
    """Predict held-out targets by what is known without a network.

    Parameters
    ----------
    train, held : Targets
        Numbers to learn from, and to predict.

    Returns
    -------
    dict of str to ndarray
        By "mean" the mean of what is learned from and, where it is known, by "last_value" the newest value before; the
        mean stands in where a series begins.
    """
    mean = np.average(train.values, axis=0, weights=train.weights)
    predictions = {"mean": np.broadcast_to(mean, held.values.shape)}
    if held.last is not None and not np.isnan(held.last).all():
        predictions["last_value"] = np.where(np.isnan(held.last), mean, held.last)
    return predictions


def last_known(sequences: Sequences, values: Array) -> Array | None:
    """Return the newest value that is known when each target is predicted.

    Parameters
    ----------
    sequences : Sequences
        All that X was read as.
    values : ndarray of shape (n, n_outputs) or (n, output_steps, n_outputs)
        Their targets.

    Returns
    -------
    ndarray of the shape of values, or None
        NaN where there is none; None where X is no windows that know their horizon, or has several targets per row:
        they may be steps ahead, of which only the first would be known.
    """
    if sequences.earlier is None or (values.ndim == 2 and values.shape[1] > 1):
        return None
    n, layout = len(sequences.earlier), sequences.layout
    rows = np.arange(n)
    if layout is not None:
        if layout.form != "rows":  # a target for each step of each window
            return None
        rows = layout.to_steps(layout.rows)
    # Windows that hold no step have no target where there is one per row.
    by_window = np.full((n, *values.shape[1:]), np.nan)
    by_window[rows] = values[:, :1]  # of a sequence the first step, which is that of the row itself
    earlier = sequences.earlier[rows]
    last = by_window[earlier]
    last[earlier < 0] = np.nan
    return last
