"""Input that looks valid but would give wrong results: rows that have lost their series, windows taken for series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .forms import Form, Table
from .panels import Dense, Framed
from .sequences import Array, Sequences
from .series import index_of

KEEP_INDEX = "keep the index of X, by set_output(transform='pandas') on the pipeline or the transformer"
AS_STEPS = (
    "give the table in time order, or frame it with ShiftFramer(lags=1), and set return_sequences=True: the state is "
    "then the memory, in place of lags. Or use stateful=False."
)
# Neighbours are compared in blocks of about this many values, so that no copy of X is ever made.
BLOCK = 65_536


def check_series_kept(form: Form, y: Any, series: Any, *, per_step: bool) -> None:
    """Raise an error if X has lost the series that the index of y still tells apart.

    Parameters
    ----------
    form : Table, Dense, Ragged or Framed
        What X is. Only a table of steps, or windows, can lose series; anything else is made of sequences already.
    y : object
        If it is of pandas and has an index of two or more levels, all but the last name its series.
    series : array-like or None
        Series of each row of a 2-D X.
    per_step : bool
        Whether a 2-D X is a table of steps.

    Raises
    ------
    ValueError
        If y has several series and X tells none apart.
    """
    index = index_of(y)
    n_series = index.droplevel(-1).nunique() if isinstance(index, pd.MultiIndex) else 1
    if n_series < 2 or form.tells_series:
        return
    is_framed = isinstance(form, Framed)
    if is_framed or (isinstance(form, Table) and per_step and series is None):
        raise ValueError(
            f"y has {n_series} series in its index, but X has lost them (a transformer returned a plain array); either "
            f"{KEEP_INDEX}, or pass series={' to ShiftFramer' if is_framed else ''} (one id per row)."
        )


def lost_series(name: str, to: str = "") -> ValueError:
    """Return the error of X that tells no series apart although fit did.

    Parameters
    ----------
    name : str
        Name of the estimator.
    to : str, default=""
        What takes ``series=``.
    """
    return ValueError(
        f"X has lost its series: {name} was fitted on series that an index or series= tells apart, "
        "but X tells none (a transformer returned a plain array, or series= was left out) and would be read as one "
        f"series. Either {KEEP_INDEX}, or pass series={to} (one id per row)."
    )


def check_no_overlap(form: Form, sequences: Sequences) -> None:
    """Raise an error if sequences are no series of their own, for an estimator that carries states over.

    Parameters
    ----------
    form : Table, Dense, Ragged or Framed
        What X is. Tables and lists pass: they say themselves what a series is.
    sequences : Sequences
        What was read from it.

    Raises
    ------
    ValueError
        If X is windows that are not read as the steps of their series, an array of such windows, or an array of
        several sequences of a single step.
    """
    if isinstance(form, Framed) and sequences.overlapping:
        raise ValueError(
            "stateful=True reads every sequence of X as a series of its own, but X is windows of the same table "
            f"(lags={form.values.lags}); {AS_STEPS}"
        )
    if not isinstance(form, Dense) or len(form) < 2:
        return
    X: Array = form.values
    if X.shape[1] == 1:
        raise ValueError(
            f"stateful=True reads every sequence of X as a series of its own, but the {len(X)} sequences of X have one "
            "step each, with no state to carry. If they are the steps of one series, give the 2-D table X[:, 0] and "
            "set return_sequences=True; or use stateful=False."
        )
    if _are_windows(X):
        raise ValueError(
            "stateful=True reads every sequence of X as a series of its own, but each one is the one before moved on "
            f"by one step: they are windows of the same table; {AS_STEPS} If they are independent series all the same, "
            "give them as a list of arrays."
        )


def _are_windows(X: Array) -> bool:
    """Whether each sequence of a 3-D array is the one before moved on by one step, and steps differ at all."""
    n, steps, n_features = X.shape
    block = max(BLOCK // (steps * max(n_features, 1)), 1)
    blocks = [slice(first, first + block) for first in range(0, n - 1, block)]
    # Windows of two steps over 1, 2, 3, 4 are [1, 2], [2, 3], [3, 4]: all but the first step of one is all but the last
    # of the next. Sequences that never change look the same and are none.
    if steps < 2 or not all(_equal(X[1:][rows, :-1], X[:-1][rows, 1:]) for rows in blocks):
        return False
    return not all(_equal(X[rows, :-1], X[rows, 1:]) for rows in [*blocks, slice(n - 1, n)])


def _equal(a: Array, b: Array) -> bool:
    return np.array_equal(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64), equal_nan=True)
