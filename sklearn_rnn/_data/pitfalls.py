"""Input that looks valid but would give wrong results: rows that have lost their series, their past or their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..exceptions import ContextWarning, TimeGapWarning
from .caller import warn_caller
from .clock import warn_of_gaps
from .forms import Form, Table
from .memory import FILL_IN, Place
from .panels import Dense, Framed
from .sequences import Array, Sequences
from .series import index_of, read_series, times_of
from .tables import Panel

KEEP_INDEX = "keep the index of X, by set_output(transform='pandas') on the pipeline or the transformer"
AS_STEPS = (
    "give the table in time order, or frame it with ShiftFramer(lags=1), and set return_sequences=True: the state is "
    "then the memory, in place of lags. Or use stateful=False."
)
NAMED = 3  # series that a message names
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


def check_order_by_y(form: Form, y: Any, series: Any, *, per_step: bool) -> None:
    """Check the order of rows, and warn of gaps, by the index of y where X has none.

    Parameters
    ----------
    form : Table, Dense, Ragged or Framed
        What X is. Rows of a table of steps, and windows of one lag, have an order.
    y : object
        If it is of pandas, with an index of times, that is the one of the rows.
    series : array-like or None
        Series of each row of a 2-D X.
    per_step : bool
        Whether there is one target per step.

    Raises
    ------
    ValueError
        If times do not increase within each series.
    """
    are_rows = isinstance(form, Table) or (isinstance(form, Framed) and form.values.lags == 1)
    if not (per_step and are_rows) or form.index is not None or index_of(y) is None or len(y) != len(form):
        return
    codes, ids = read_series(None, form.values.begins if isinstance(form, Framed) else series, len(form))
    ids = None if isinstance(form, Framed) else ids  # numbers of rows are no names
    panel = Panel.grouped(np.empty((len(form), 0)), codes, ids, times_of(index_of(y)), "y")
    if panel.times is not None and isinstance(form, Table):  # windows were looked through where they were framed
        warn_of_gaps(panel.times, panel.widths, np.argsort(panel.positions), ids=panel.ids, name="y")


def warn_of_lost_past(panel: Panel, places: Sequence[Place], reach: int, asked: str) -> bool:
    """Warn, once, if rows of a table lack the past that training had; return whether some do.

    Parameters
    ----------
    panel : Panel
        The table.
    places : sequence of Place, of length n_series
        What of the past of each series is there.
    reach : int
        Rows of past that a window needs.
    asked : str
        The parameters that ask for it.
    """
    groups: dict[str, tuple[str, list[int]]] = {}  # by remedy: why, and the series
    for i, place in enumerate(places):
        if place.loss is not None and place.before < reach:
            groups.setdefault(place.loss.remedy, (place.loss.why, []))[1].append(i)
    if not groups:
        return False
    parts = []
    for remedy, (why, own) in groups.items():
        n_rows = sum(min(int(panel.widths[i]), reach - places[i].before) for i in own)
        parts.append(f"{_count(n_rows, 'row')} of {_of_series(panel, own)}: {why}. {remedy}.")
    warn_caller(
        f"ShiftFramer frames rows with less of their past than {asked} ask for, although training had it. "
        f"{' '.join(parts)} context='none' says that it is meant.",
        ContextWarning,
    )
    return True


def warn_of_new_start(panel: Panel, places: Sequence[Place], broken: Sequence[int]) -> None:
    """Warn, once, of rows to be remembered that do not continue those remembered so far.

    Parameters
    ----------
    panel : Panel
        The rows.
    places : sequence of Place, of length n_series
        Where each series of them lies.
    broken : sequence of int
        The series that do not continue.
    """
    if not len(broken):
        return
    loss = places[broken[0]].loss
    begins = "" if panel.times is None else f" begins at {panel.times[panel.firsts[broken[0]]]}, before those rows"
    why = f"X{begins}" if loss is None else loss.why
    category = TimeGapWarning if loss is not None and loss.remedy == FILL_IN else ContextWarning
    warn_caller(
        f"Rows of {_of_series(panel, broken)} do not continue those that ShiftFramer has seen, and take their place as "
        f"context of later rows: {why}. Give every row once, in time order, with an index like that of training; "
        "regularize(table) adds rows that are missing.",
        category,
    )


def warn_of_empty(form: Form, sequences: Sequences) -> None:
    """Warn, once, if sequences to predict hold nothing but padding.

    Parameters
    ----------
    form : Table, Dense, Ragged or Framed
        What X is. Windows say themselves whether such ones among them are meant, or have been warned of.
    sequences : Sequences
        What was read from it.
    """
    if isinstance(form, Framed) and form.values.padding_is_known:
        return
    empty, remedy = sequences.lengths == 0, "Leave such sequences out."
    if isinstance(form, Framed):
        remedy = (
            "Leave these rows out, give rows before them to ShiftFramer.set_context, or say by "
            "ShiftFramer(context='none') that it is meant."
        )
        if len(empty) < len(form):  # windows of one lag, read as the steps of their series
            empty = form.values.ends < form.values.begins
    n_empty = int(empty.sum())
    if n_empty:
        what = _count(n_empty, "window" if isinstance(form, Framed) else "sequence")
        warn_caller(
            f"{what} of X hold{'s' if n_empty == 1 else ''} nothing but padding, so that the prediction is a constant: "
            f"what the network returns before any step. {remedy}",
            ContextWarning,
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


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _of_series(panel: Panel, which: Sequence[int]) -> str:
    """Name series of X; X alone where they have no names."""
    if panel.ids is None:
        return "X"
    more = "" if len(which) <= NAMED else f" and {len(which) - NAMED} more"
    return f"series {', '.join(repr(panel.ids[i]) for i in which[:NAMED])}{more}"


def _equal(a: Array, b: Array) -> bool:
    return np.array_equal(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64), equal_nan=True)
