"""Series that are lost, mixed or out of order, in an estimator and in a pipeline: each mistake with its exact message."""

from __future__ import annotations

import pandas as pd
import pytest
from inputs import (
    DENSE,
    FRAME,
    INDEX,
    RAGGED,
    SEQUENCES,
    SERIES,
    STEPS,
    TABLE,
    WINDOWS,
    Y_DENSE,
    Y_RAGGED,
    Fit,
    Then,
    Y,
    check_what_is_fitted_survives_fit,
    check_what_is_fitted_survives_partial_fit,
    fits_of_estimators,
)
from mistakes import DROP, KEEP_INDEX, LOST, NOT_FOLLOWING, NOT_IN_ORDER, Mistake, cases
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_rnn import SequenceScaler, ShiftFramer

SERIES_MISTAKES = [
    Mistake(
        "too few series ids",
        Fit(STEPS, TABLE, Y, {"series": SERIES[:5]}),
        "series must give one id per row of a 2-D X, shape (12,); got shape (5,).",
    ),
    Mistake(
        "series is one id",
        Fit(STEPS, TABLE, Y, {"series": "a"}),
        "series must give one id per row of a 2-D X, shape (12,); got shape ().",
    ),
    Mistake(
        "too few series ids for sequences",
        Fit(SEQUENCES, RAGGED, Y, {"series": SERIES[:5]}),
        "series must give one id per sequence of X, shape (12,); got shape (5,).",
    ),
    Mistake(
        "too few series ids for windows",
        Fit(SEQUENCES, ShiftFramer(lags=2).fit_transform(TABLE, series=SERIES), Y, {"series": SERIES[:5]}),
        "series must give one id per sequence of X, shape (12,); got shape (5,).",
    ),
    Mistake(
        "a series id is missing",
        Fit(STEPS, TABLE, Y, {"series": ["a", None] * 6}),
        "series has a missing id in row 1; give every row one.",
    ),
    Mistake(
        "a series id is missing in the index",
        Fit(STEPS, FRAME.set_index(pd.MultiIndex.from_arrays([["a", None] * 6, range(12)])), Y),
        "The index of X has a missing id in row 1; give every row one.",
    ),
    Mistake(
        "series of 3-D X",
        Fit(STEPS, DENSE, Y_DENSE, {"series": SERIES}),
        "series= belongs to a 2-D X, a table with one row per step; X is 3-D, in which every item is a sequence "
        "already.",
    ),
    Mistake(
        "series of a list",
        Fit(STEPS, RAGGED, Y_RAGGED, {"series": SERIES}),
        "series= belongs to a 2-D X, a table with one row per step; X is a list of sequences, in which every item is a "
        "sequence already.",
    ),
    Mistake(
        "series of windows",
        Fit(STEPS, WINDOWS, Y_DENSE, {"series": SERIES}),
        "series= belongs to a 2-D X, a table with one row per step; X is windows, so pass it to ShiftFramer.",
    ),
    Mistake("rows out of time", Fit(STEPS, FRAME.iloc[::-1], Y), NOT_IN_ORDER),
    Mistake(
        "rows out of time within a series",
        Fit(STEPS, FRAME.iloc[::-1], Y, {"series": SERIES}),
        NOT_IN_ORDER.replace("the same series", "series 'a'"),
    ),
    Mistake(
        "a time twice within a series",
        Fit(STEPS, FRAME.set_axis([0, 1, 2, 3, 4, 5, 0, 1, 1, 2, 3, 4]), Y, {"series": SERIES}),
        "X has two rows of the same time in series 'b': rows 7 and 8 (index 1). Keep one of them.",
    ),
    Mistake(
        "a row without a time",
        Fit(STEPS, FRAME.set_axis(pd.DatetimeIndex([*pd.date_range("2024", periods=11), None])), Y),
        "The index of X has a missing time in row 11; fill it in or drop the row.",
    ),
    Mistake(
        "windows of one lag in reverse",
        Fit(STEPS, ShiftFramer().fit_transform(FRAME)[::-1], Y),
        NOT_FOLLOWING.format(1, 0),
    ),
    Mistake(
        "windows of one lag with a gap",
        Fit(STEPS, ShiftFramer().fit_transform(TABLE, series=SERIES)[[0, 6, 1, 7, 9]], Y[:5]),
        NOT_FOLLOWING.format(4, 3),
    ),
]

PIPELINE_MISTAKES = [
    Mistake(
        "lags longer than the data",
        Fit(make_pipeline(ShiftFramer(lags=24), SEQUENCES), TABLE, Y),
        "ShiftFramer(lags=24, horizon=1, step=1) reaches 24 rows back, but X has only 12 samples: no window would be "
        "whole. Use fewer lags or more rows.",
    ),
    Mistake(
        "lags longer than each series",
        lambda: ShiftFramer(lags=8).fit(TABLE, series=SERIES),
        "ShiftFramer(lags=8, horizon=1, step=1) reaches 8 rows back, but the longest series of X has only 6 samples: "
        "no window would be whole. Use fewer lags or more rows.",
    ),
    Mistake(
        "frame sequences",
        Fit(make_pipeline(ShiftFramer(), SEQUENCES), DENSE, Y),
        "X is made of sequences already (3-D, or a list of them); ShiftFramer frames a table, 2-D, with one row per "
        "time step. For a panel, stack the series into one table and give series=.",
    ),
    Mistake(
        "frame rows out of time",
        Fit(make_pipeline(ShiftFramer(), SEQUENCES), FRAME.iloc[::-1], Y),
        NOT_IN_ORDER,
    ),
    Mistake(
        "frame an unknown column",
        Fit(make_pipeline(ShiftFramer(known=["sky"]), SEQUENCES), FRAME, Y),
        "known=['sky'] are no columns of X: its columns are ['temp', 'wind', 'rain', 'hour'].",
    ),
    Mistake(
        "frame text",
        Fit(make_pipeline(ShiftFramer(), SEQUENCES), FRAME.assign(sky="clear"), Y),
        f"X has columns that are not numeric: ['sky']; {DROP}",
    ),
    Mistake(
        "frame with a missing series id",
        Fit(make_pipeline(ShiftFramer(), SEQUENCES), FRAME, Y, {"shiftframer__series": ["a", None] * 6}),
        "series has a missing id in row 1; give every row one.",
    ),
    Mistake(
        "lose the series of y before framing",
        Fit(
            make_pipeline(StandardScaler(), ShiftFramer(), SEQUENCES), FRAME.set_index(INDEX), pd.Series(Y, index=INDEX)
        ),
        f"y has 2 series in its index, but X has lost them (a transformer returned a plain array); either {KEEP_INDEX}, "
        "or pass series= (one id per row).",
    ),
    Mistake(
        "frame rows that have lost their series",
        Then(Fit(ShiftFramer(), TABLE, Y, {"series": SERIES}), lambda fitted: fitted.transform(TABLE)),
        LOST.format("ShiftFramer", ""),
    ),
    Mistake(
        "read windows back without their series",
        Then(Fit(ShiftFramer(), TABLE, Y, {"series": SERIES}), lambda fitted: fitted.inverse_transform(TABLE)),
        LOST.format("ShiftFramer", ""),
    ),
    Mistake(
        "scale rows that have lost their series",
        Then(Fit(SequenceScaler(per="sequence"), FRAME.set_index(INDEX), Y), lambda fitted: fitted.transform(FRAME)),
        LOST.format("SequenceScaler", ""),
    ),
]

MISTAKES = [*SERIES_MISTAKES, *PIPELINE_MISTAKES]


@pytest.mark.parametrize("mistake", cases(MISTAKES))
def test_message(mistake):
    mistake.check()


@pytest.mark.parametrize(("bad", "error"), fits_of_estimators(MISTAKES))
def test_what_is_fitted_survives_a_failing_fit(bad, error):
    check_what_is_fitted_survives_fit(bad, error)


@pytest.mark.parametrize(("bad", "error"), fits_of_estimators(SERIES_MISTAKES))
def test_what_is_fitted_survives_a_failing_partial_fit(bad, error):
    check_what_is_fitted_survives_partial_fit(bad, error)
