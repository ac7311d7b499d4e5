"""Rows that are framed without the past that training had: each way to lose it, with its exact warning."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from framed import TABLE, indexed, panel, warnings_of
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_rnn import ContextWarning, ShiftFramer

HOURS = indexed(pd.date_range("2024-01-01", periods=30, freq="h"))
NUMBERS = indexed(pd.RangeIndex(30))
SHORT = (
    "ShiftFramer frames rows with less of their past than lags=3, horizon=1, step=1 ask for, although training had it."
)
KEEP_INDEX = (
    "If a transformer before the framer returned a plain array, put the framer first, as in "
    "make_pipeline(ShiftFramer(...), SequenceScaler(), ...), or call .set_output(transform='pandas') on that "
    "transformer; else give X its index, or the rows before X to set_context."
)
FILL_IN = "Give the rows in between to partial_fit first, or the rows before X to set_context."
FROM_START = (
    "Give the table from its first row on and take the rows of interest from the result, or give the rows before X to "
    "set_context."
)
MEANT = "context='none' says that it is meant."


def after_a_scaler(X_train, X):
    """Frame what a scaler returns that makes plain arrays."""
    model = make_pipeline(StandardScaler(), ShiftFramer(lags=3)).fit(X_train)
    return lambda: model.transform(X)


def framed(X_train, X):
    """Frame a table after a fit on another."""
    framer = ShiftFramer(lags=3).fit(X_train)
    return lambda: framer.transform(X)


LOSSES = {
    "a scaler before the framer": (
        after_a_scaler(HOURS[:20], HOURS[20:]),
        f"{SHORT} 3 rows of X: X has no index of times or whole numbers. {KEEP_INDEX} {MEANT}",
    ),
    "arrays": (
        framed(TABLE[:20], TABLE[28:]),
        f"{SHORT} 2 rows of X: X has no index of times or whole numbers. {KEEP_INDEX} {MEANT}",
    ),
    "an array after a DataFrame": (
        framed(pd.DataFrame(TABLE[:20]), TABLE[20:]),
        f"{SHORT} 3 rows of X: X has no index of times or whole numbers. {KEEP_INDEX} {MEANT}",
    ),
    "a DataFrame after an array": (
        framed(TABLE[:20], pd.DataFrame(TABLE).iloc[20:]),
        f"{SHORT} 3 rows of X: the training table has no index of times or whole numbers. {KEEP_INDEX} {MEANT}",
    ),
    "five rows after the end of training": (
        framed(HOURS[:20], HOURS[25:]),
        f"{SHORT} 3 rows of X: X begins at 2024-01-02 01:00:00, but after the rows seen comes 2024-01-01 20:00:00. "
        f"{FILL_IN} {MEANT}",
    ),
    "inside the training table": (
        framed(HOURS, HOURS[12:20]),
        f"{SHORT} 3 rows of X: X begins at 2024-01-01 12:00:00, but of the rows seen only the newest 6 "
        f"are remembered. {FROM_START} {MEANT}",
    ),
    "inside what is remembered": (
        framed(HOURS, HOURS[26:]),
        f"{SHORT} 1 row of X: X begins at 2024-01-02 02:00:00, but of the rows seen only the newest 6 "
        f"are remembered. {FROM_START} {MEANT}",
    ),
    "counted from zero again": (
        framed(NUMBERS[:20], NUMBERS[20:].reset_index(drop=True)),
        f"{SHORT} 3 rows of X: the index of X counts from 0, as that of training did, but over other rows. Keep the index "
        f"that the rows have in the whole table, or give the rows before X to set_context. {MEANT}",
    ),
    "another kind of index": (
        framed(NUMBERS[:20], HOURS[20:]),
        f"{SHORT} 3 rows of X: the index of X is of another kind, {HOURS.index.dtype}, that of training of int64. Give X "
        f"an index of the same kind, or the rows before X to set_context. {MEANT}",
    ),
    "no step of time": (
        framed(NUMBERS.set_axis(np.arange(30.0))[:20], NUMBERS.set_axis(np.arange(30.0))[20:]),
        f"{SHORT} 3 rows of X: X begins at 20.0, and the rows seen have no step of time to tell what comes next. Bring "
        f"the index to one step of time, or give the rows before X to set_context. {MEANT}",
    ),
}


@pytest.mark.parametrize(("act", "message"), LOSSES.values(), ids=LOSSES)
def test_message(act, message):
    assert warnings_of(act) == [(ContextWarning, message)]


def test_one_warning_names_all_series_and_each_reason():
    X = pd.concat(dict.fromkeys("abcdefg", NUMBERS), names=["shop", "day"])
    day = X.index.get_level_values("day")
    framer = ShiftFramer(lags=3).fit(X[day < 20])
    late = X[(day >= 22) | ((day == 20) | (day == 21)) & (X.index.get_level_values("shop") == "a")]
    inside = late.drop("b").sort_index()
    inside = pd.concat([inside, X.loc[["b"]].iloc[5:9]])
    assert warnings_of(lambda: framer.transform(inside)) == [
        (
            ContextWarning,
            f"{SHORT} 15 rows of series 'c', 'd', 'e' and 2 more: X begins at 22, but after the rows seen comes 20. "
            f"{FILL_IN} 3 rows of series 'b': X begins at 5, but of the rows seen only the newest 6 "
            f"are remembered. {FROM_START} {MEANT}",
        )
    ]


@pytest.mark.parametrize(
    ("X_train", "X"),
    [
        (HOURS[:20], HOURS[:20]),
        (HOURS[:20], HOURS),
        (HOURS[:20], HOURS[20:]),
        (HOURS[:20], HOURS[20:21]),
        (HOURS[:20], HOURS[17:]),
        (HOURS[10:], HOURS[:10]),
        (HOURS[10:], HOURS[5:]),
        (HOURS[:5], HOURS[3:]),  # all that there was before
        (HOURS[:20], HOURS[:20].to_numpy()),
        (TABLE[:20], TABLE[:20]),
        (TABLE[:20], TABLE),
        (NUMBERS[:20], NUMBERS[:10]),
        (panel(), panel().loc[["a"]]),
        (panel().loc[["a"]], panel().loc[["b"]]),
    ],
)
def test_nothing_is_warned_of_where_nothing_is_lost(X_train, X):
    if isinstance(X, np.ndarray) and isinstance(X_train, pd.DataFrame):
        X_train = X_train.set_axis(range(3), axis=1)
    framed(X_train, X)()
    ShiftFramer(lags=3).fit_transform(X_train)


@pytest.mark.parametrize("X", [TABLE[20:], HOURS[25:], HOURS[3:9]])
def test_context_none_is_silent(X):
    names = range(3)
    framer = ShiftFramer(lags=3, context="none").fit(HOURS[:20].set_axis(names, axis=1))
    X = X.set_axis(names, axis=1) if isinstance(X, pd.DataFrame) else X
    assert np.isnan(np.asarray(framer.transform(X))[0]).all()


def test_a_window_of_the_row_itself_loses_nothing():
    framer = ShiftFramer(horizon=0).fit(TABLE[:20])
    np.testing.assert_array_equal(framer.transform(TABLE[25:])[:, 0], TABLE[25:])


def test_the_warning_points_at_the_line_of_the_user():
    framer = ShiftFramer().fit(HOURS[:20])
    with pytest.warns(ContextWarning) as caught:
        framer.transform(HOURS[25:])
    assert caught[0].filename == __file__
