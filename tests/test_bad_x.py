"""Bad X: each mistake with its exact message."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from inputs import (
    CLASSES,
    CODES,
    DENSE,
    FRAME,
    FRAMES,
    HOLED,
    INDEX,
    LENGTHS,
    RAGGED,
    SEQUENCES,
    SERIES,
    STEPS,
    TABLE,
    WINDOWS,
    Y_DENSE,
    Y_RAGGED,
    Fit,
    Y,
    check_what_is_fitted_survives_fit,
    fits_of_estimators,
    regressor,
)
from mistakes import DROP, ENCODE, FORMS, IMPUTE, IMPUTE_UNIVARIATE, ONE_DIMENSION, SCALE, Mistake, cases, changed
from scipy.sparse import csr_array
from sklearn.pipeline import make_pipeline

from sklearn_rnn import ShiftFramer

EMPTY = "X has no steps to learn from: every sequence is empty or all padding (NaN, or mask_value)."

X_MISTAKES = [
    Mistake("X is None", Fit(SEQUENCES, None, Y), f"X is None; {FORMS}", error=TypeError),
    Mistake("X is text", Fit(SEQUENCES, "abc", Y), f"X is of type str; {FORMS}", error=TypeError),
    Mistake("X is a dict", Fit(SEQUENCES, {"temp": Y}, Y), f"X is of type dict; {FORMS}", error=TypeError),
    Mistake("X is one number", Fit(SEQUENCES, 3.0, Y), f"X is of type float; {FORMS}", error=TypeError),
    Mistake("X is 1-D", Fit(SEQUENCES, TABLE[0], Y[:4]), ONE_DIMENSION),
    Mistake("X is a list of numbers", Fit(STEPS, [1.0, 2.0], [1, 2]), ONE_DIMENSION),
    Mistake(
        "X is a Series",
        Fit(SEQUENCES, FRAME["temp"], Y),
        re.compile(
            r"Expected a 2-dimensional container but got <class 'pandas.*Series'> instead\. Pass a DataFrame .*"
        ),
    ),
    Mistake("X is 4-D", Fit(SEQUENCES, np.zeros((12, 3, 2, 2)), Y), f"X has 4 dimensions; {FORMS}"),
    Mistake("nested lists are 4-D", Fit(STEPS, np.zeros((12, 3, 2, 2)).tolist(), Y), f"X has 4 dimensions; {FORMS}"),
    Mistake(
        "X is sparse",
        Fit(SEQUENCES, csr_array(TABLE), Y),
        "X is sparse, but dense data is required; use .toarray().",
        error=TypeError,
    ),
    Mistake(
        "one sequence is sparse",
        Fit(SEQUENCES, [*RAGGED[:11], csr_array(RAGGED[11])], Y),
        "Sequence 11 of X is sparse, but dense data is required; use .toarray().",
        error=TypeError,
    ),
    Mistake(
        "X is complex",
        Fit(SEQUENCES, TABLE + 1j, Y),
        "Complex data not supported: X is complex; give its real and imaginary part.",
    ),
    Mistake(
        "3-D X is complex",
        Fit(STEPS, DENSE + 1j, Y_DENSE),
        "Complex data not supported: X is complex; give its real and imaginary part.",
    ),
    Mistake(
        "one sequence is complex",
        Fit(SEQUENCES, [RAGGED[0] + 1j, *RAGGED[1:]], Y),
        "Complex data not supported: Sequence 0 of X is complex; give its real and imaginary part.",
    ),
    Mistake(
        "X is a masked array",
        Fit(SEQUENCES, np.ma.masked_array(TABLE, TABLE > 1), Y),
        "X is a masked array, whose mask would be lost; fill its gaps first, by .filled().",
    ),
    Mistake(
        "X holds dates",
        Fit(SEQUENCES, np.full((12, 2), np.datetime64("2024-01-01")), Y),
        "X is not numeric, its dtype is datetime64[D]; expected numbers, such as the hour of a date.",
    ),
    Mistake(
        "a sequence holds durations",
        Fit(SEQUENCES, [*RAGGED[:11], np.full((2, 2), np.timedelta64(1, "h"))], Y),
        "Sequence 11 of X is not numeric, its dtype is timedelta64[h]; expected numbers, such as the hour of a date.",
    ),
    Mistake(
        "2-D X holds text",
        Fit(SEQUENCES, [["1", "sunny"]] * 12, Y),
        f"X is not numeric, it holds the text 'sunny'; {ENCODE}",
    ),
    Mistake(
        "3-D X holds text",
        Fit(STEPS, np.full((12, 5, 2), "sunny", dtype=object), Y_DENSE),
        f"X is not numeric, it holds the text 'sunny'; {ENCODE}",
    ),
    Mistake(
        "X is a list of texts",
        Fit(CLASSES, ["abc", "de"] * 6, CODES),
        f"X is not numeric, it holds the text 'abc'; {ENCODE}",
    ),
    Mistake(
        "a sequence holds text",
        Fit(SEQUENCES, [[1.0, 2.0], ["3", "rain", "4"]], [1, 2]),
        f"Sequence 1 of X is not numeric, it holds the text 'rain'; {ENCODE}",
    ),
    Mistake(
        "X holds objects",
        Fit(SEQUENCES, np.array([[{"temp": 1}, 2]] * 12, dtype=object), Y),
        re.compile(r"X is not numeric: float\(\) argument must be a string or a real number, not 'dict'; " + ENCODE),
        error=TypeError,
    ),
    Mistake(
        "X holds arrays",
        Fit(SEQUENCES, np.array([[np.zeros(2), np.zeros(3)]] * 12, dtype=object), Y),
        f"X is not numeric, it holds a value of type ndarray; {ENCODE}",
    ),
    Mistake(
        "a column holds text",
        Fit(SEQUENCES, FRAME.assign(sky="clear", hour=[1, "two"] * 6), Y),
        f"X has columns that are not numeric: ['hour', 'sky']; {DROP}",
    ),
    Mistake(
        "a column holds dates",
        Fit(STEPS, FRAME.assign(time=pd.date_range("2024", periods=12)), Y),
        f"X has columns that are not numeric: ['time']; {DROP}",
    ),
    Mistake(
        "a column holds sequences",
        Fit(SEQUENCES, pd.DataFrame({"temp": [pd.Series(sequence[:, 0]) for sequence in RAGGED]}), Y),
        f"X has columns that are not numeric: ['temp']; {DROP}",
    ),
    Mistake(
        "columns of the same name",
        Fit(STEPS, FRAME.set_axis(["temp", "wind", "temp", "hour"], axis=1), Y),
        "X has several columns of the same name: ['temp']; give every column a name of its own.",
    ),
    Mistake(
        "sequences with columns in other orders",
        Fit(SEQUENCES, [*FRAMES[:11], FRAMES[11][["wind", "temp"]]], Y),
        "Sequence 11 of X has the columns ['wind', 'temp'], sequence 0 has ['temp', 'wind']; give every sequence the "
        "same columns in the same order.",
    ),
    Mistake(
        "sequences with other features",
        Fit(SEQUENCES, [*RAGGED[:11], np.zeros((4, 3))], Y),
        "X has ragged features: sequence 11 has 3, sequence 0 has 2; every sequence is an array of shape (steps, "
        "features) with the same features.",
    ),
    Mistake(
        "univariate among others",
        Fit(SEQUENCES, [[], *RAGGED[1:11], np.zeros(4)], Y),
        "X has ragged features: sequence 11 has 1, sequence 1 has 2; every sequence is an array of shape (steps, "
        "features) with the same features.",
    ),
    Mistake(
        "steps of unequal features",
        Fit(SEQUENCES, [[[1, 2], [3, 4]], [[1, 2], [3]]], [1, 2]),
        "Sequence 1 of X is made of lists of unequal lengths; expected one value per step, or as many for every step.",
    ),
    Mistake(
        "number among sequences",
        Fit(SEQUENCES, [*RAGGED[:11], 5.0], Y),
        "Sequence 11 of X has 0 dimensions; expected (steps, features), or (steps,) for a univariate sequence.",
    ),
    Mistake(
        "3-D sequences",
        Fit(SEQUENCES, [np.zeros((length, 2, 2)) for length in LENGTHS], Y),
        "Sequence 0 of X has 3 dimensions; expected (steps, features), or (steps,) for a univariate sequence.",
    ),
    Mistake(
        "no rows",
        Fit(SEQUENCES, TABLE[:0], Y[:0]),
        "Found array with 0 sample(s) (shape=(0, 4)) while a minimum of 1 is required by LSTMRegressor.",
    ),
    Mistake(
        "no sequences in 3-D X",
        Fit(STEPS, DENSE[:0], Y_DENSE[:0]),
        "Found array with 0 sample(s) (shape=(0, 5, 2)) while a minimum of 1 is required by LSTMRegressor.",
    ),
    Mistake(
        "no sequences in a list",
        Fit(SEQUENCES, [], []),
        "Found array with 0 sample(s) (shape=(0,)) while a minimum of 1 is required.",
    ),
    Mistake(
        "no windows",
        Fit(SEQUENCES, WINDOWS[:0], Y[:0]),
        "Found array with 0 sample(s) (shape=(0, 3, 4)) while a minimum of 1 is required.",
    ),
    Mistake(
        "no columns",
        Fit(SEQUENCES, TABLE[:, :0], Y),
        "Found array with 0 feature(s) (shape=(12, 0)) while a minimum of 1 is required by LSTMRegressor.",
    ),
    Mistake(
        "no columns in a DataFrame",
        Fit(STEPS, FRAME[[]], Y),
        "Found array with 0 feature(s) (shape=(12, 0)) while a minimum of 1 is required.",
    ),
    Mistake(
        "no features in 3-D X",
        Fit(SEQUENCES, DENSE[:, :, :0], Y),
        "X has 0 features per step (shape=(12, 5, 0)); a minimum of 1 is required.",
    ),
    Mistake(
        "no features in a list",
        Fit(SEQUENCES, [sequence[:, :0] for sequence in RAGGED], Y),
        "X has 0 features per step (sequence 0); a minimum of 1 is required.",
    ),
    Mistake("no steps in 3-D X", Fit(SEQUENCES, DENSE[:, :0], Y), EMPTY),
    Mistake("no steps in a list", Fit(STEPS, [np.zeros((0, 2))] * 2, [[], []]), EMPTY),
    Mistake("all NaN", Fit(STEPS, np.full((12, 5, 2), np.nan), Y_DENSE), EMPTY),
    Mistake("all masked", Fit(regressor(mask_value=0), np.zeros((12, 5, 2)), Y), EMPTY),
    Mistake(
        "NaN in a row that is a sequence",
        Fit(SEQUENCES, changed(TABLE, (3, 1), np.nan), Y),
        f"X has NaN inside sequence 3 (step 1, feature 0); {IMPUTE_UNIVARIATE}",
    ),
    Mistake(
        "NaN in a row that is a step",
        Fit(STEPS, changed(TABLE, (7, 0), np.nan), Y),
        f"X has NaN inside sequence 0 (step 7, feature 0); {IMPUTE}",
    ),
    Mistake(
        "NaN in a named column", Fit(STEPS, HOLED, Y), f"X has NaN inside sequence 0 (step 7, feature 'temp'); {IMPUTE}"
    ),
    Mistake(
        "NaN in one of two series",
        Fit(STEPS, changed(TABLE, (7, 0), np.nan), Y, {"series": SERIES}),
        f"X has NaN inside series 'b' (row 7, feature 0); {IMPUTE}",
    ),
    Mistake(
        "NaN in part of the first step",
        Fit(SEQUENCES, changed(DENSE, (3, 0, 1), np.nan), Y),
        f"X has NaN inside sequence 3 (step 0, feature 1); {IMPUTE}",
    ),
    Mistake(
        "NaN in a list",
        Fit(STEPS, changed(RAGGED, (3, 2, 1), np.nan), Y_RAGGED),
        f"X has NaN inside sequence 3 (step 2, feature 1); {IMPUTE}",
    ),
    Mistake(
        "None in nested lists",
        Fit(SEQUENCES, [[1.0, None, 2.0], [3.0]], [1, 2]),
        f"X has NaN inside sequence 0 (step 1, feature 0); {IMPUTE_UNIVARIATE}",
    ),
    Mistake(
        "NaN in a list of DataFrames",
        Fit(SEQUENCES, [FRAMES[0].drop(index=1).reindex(range(3)), *FRAMES[1:]], Y),
        f"X has NaN inside sequence 0 (step 1, feature 'temp'); {IMPUTE}",
    ),
    Mistake(
        "NaN beneath windows",
        Fit(make_pipeline(ShiftFramer(lags=3), SEQUENCES), HOLED, Y),
        f"X has NaN inside sequence 9 (step 1, feature 'temp'); {IMPUTE}",
    ),
    Mistake(
        "NaN beneath windows of several series",
        Fit(
            make_pipeline(ShiftFramer(lags=3), SEQUENCES),
            HOLED.drop(index=7).reindex(range(12)).set_axis(INDEX),
            pd.Series(Y, index=INDEX),
        ),
        f"X has NaN inside sequence 9 of series 'b' (step 1, feature 'temp'); {IMPUTE}",
    ),
    Mistake(
        "NaN in windows that are steps of two series",
        Fit(
            make_pipeline(ShiftFramer(lags=1), STEPS),
            pd.DataFrame(changed(TABLE, (7, 0), np.nan), index=INDEX),
            pd.Series(Y, index=INDEX),
        ),
        f"X has NaN inside series 'b' (row 8, feature 0); {IMPUTE}",
    ),
    Mistake(
        "infinity in one of two series",
        Fit(STEPS, changed(TABLE, (7, 0), np.inf), Y, {"series": SERIES[::-1]}),
        f"X has infinity, or a value too large for float32, inside series 'a' (row 7, feature 0); {SCALE}",
    ),
    Mistake(
        "infinity in 2-D X",
        Fit(SEQUENCES, changed(TABLE, (3, 1), -np.inf), Y),
        f"X has infinity, or a value too large for float32, inside sequence 3 (step 1, feature 0); {SCALE}",
    ),
    Mistake(
        "infinity in 3-D X",
        Fit(regressor(dtype="float64"), changed(DENSE, (3, 4, 1), np.inf), Y),
        f"X has infinity, or a value too large for float64, inside sequence 3 (step 4, feature 1); {SCALE}",
    ),
    Mistake(
        "infinity in a list",
        Fit(SEQUENCES, changed(RAGGED, (3, 2, 1), np.inf), Y),
        f"X has infinity, or a value too large for float32, inside sequence 3 (step 2, feature 1); {SCALE}",
    ),
    Mistake(
        "too large for single precision",
        Fit(STEPS, changed(TABLE, (7, 2), 1e300), Y),
        f"X has infinity, or a value too large for float32, inside sequence 0 (step 7, feature 2); {SCALE}",
    ),
    Mistake(
        "too large in a list",
        Fit(STEPS, changed(RAGGED, (3, 2, 1), 1e300), Y_RAGGED),
        f"X has infinity, or a value too large for float32, inside sequence 3 (step 2, feature 1); {SCALE}",
    ),
]


@pytest.mark.parametrize("mistake", cases(X_MISTAKES))
def test_message(mistake):
    mistake.check()


@pytest.mark.parametrize(("bad", "error"), fits_of_estimators(X_MISTAKES))
def test_what_is_fitted_survives_a_failing_fit(bad, error):
    check_what_is_fitted_survives_fit(bad, error)
