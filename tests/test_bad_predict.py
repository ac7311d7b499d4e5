"""Bad input to `predict` and `score`: each mistake with its exact message."""

from __future__ import annotations

import re

import numpy as np
import pytest
from inputs import (
    CLASSES,
    DENSE,
    FRAME,
    FRAMES,
    HOLED,
    INDEX,
    RAGGED,
    SEQUENCES,
    SERIES,
    STEPS,
    TABLE,
    WINDOWS,
    Y_DENSE,
    Fit,
    Then,
    Y,
)
from mistakes import (
    DROP,
    FORMS,
    IMPUTE,
    LOST,
    NOT_FOLLOWING,
    NOT_IN_ORDER,
    ONE_DIMENSION,
    SCALE,
    Mistake,
    cases,
    changed,
)
from sklearn.exceptions import NotFittedError

from sklearn_rnn import ContextWarning, ShiftFramer

ON_TABLE, ON_DENSE, ON_LIST = Fit(SEQUENCES, TABLE, Y), Fit(SEQUENCES, DENSE, Y), Fit(SEQUENCES, RAGGED, Y)
ON_ROWS, ON_FRAME = Fit(STEPS, TABLE, Y), Fit(STEPS, FRAME, Y)
UNFITTED = re.compile(r"This LSTM\w+ instance is not fitted yet\. Call 'fit' with appropriate arguments .*")


def features(got, expected, note=""):
    return f"X has {got} features, but LSTMRegressor is expecting {expected} features as input{note}."


def score_padding(fitted):
    with pytest.warns(ContextWarning, match="12 sequences of X hold nothing but padding"):
        fitted.score(np.full((12, 5, 2), np.nan), Y_DENSE)


PREDICT_MISTAKES = [
    Mistake("predict before fit", lambda: SEQUENCES.predict(TABLE), UNFITTED, error=NotFittedError),
    Mistake("score before fit", lambda: SEQUENCES.score(TABLE, Y), UNFITTED, error=NotFittedError),
    Mistake("predict_proba before fit", lambda: CLASSES.predict_proba(TABLE), UNFITTED, error=NotFittedError),
    Mistake("summary before fit", lambda: SEQUENCES.summary(), UNFITTED, error=NotFittedError),
    Mistake(
        "predict nothing", Then(ON_TABLE, lambda fitted: fitted.predict(None)), f"X is None; {FORMS}", error=TypeError
    ),
    Mistake("predict 1-D", Then(ON_TABLE, lambda fitted: fitted.predict(TABLE[0])), ONE_DIMENSION),
    Mistake(
        "predict no rows",
        Then(ON_TABLE, lambda fitted: fitted.predict(TABLE[:0])),
        "Found array with 0 sample(s) (shape=(0, 4)) while a minimum of 1 is required by LSTMRegressor.",
    ),
    Mistake("predict other columns", Then(ON_TABLE, lambda fitted: fitted.predict(TABLE[:, :3])), features(3, 4)),
    Mistake(
        "predict other features in 3-D", Then(ON_DENSE, lambda fitted: fitted.predict(DENSE[:, :, :1])), features(1, 2)
    ),
    Mistake(
        "predict other features in a list",
        Then(ON_LIST, lambda fitted: fitted.predict([sequence[:, :1] for sequence in RAGGED])),
        features(1, 2),
    ),
    Mistake(
        "predict other features in windows",
        Then(
            Fit(SEQUENCES, WINDOWS, Y), lambda fitted: fitted.predict(ShiftFramer(lags=3).fit_transform(TABLE[:, :3]))
        ),
        features(3, 4),
    ),
    Mistake(
        "predict 3-D after 2-D",
        Then(ON_TABLE, lambda fitted: fitted.predict(DENSE)),
        features(2, 1, " per step: X is 3-D, in fit it was 2-D"),
    ),
    Mistake(
        "predict 2-D after 3-D",
        Then(ON_DENSE, lambda fitted: fitted.predict(TABLE)),
        features(1, 2, " per step: X is 2-D, in fit it was 3-D"),
    ),
    Mistake(
        "predict 2-D after a list",
        Then(ON_LIST, lambda fitted: fitted.predict(TABLE)),
        features(1, 2, " per step: X is 2-D, in fit it was a list of sequences"),
    ),
    Mistake(
        "predict a list after rows",
        Then(ON_ROWS, lambda fitted: fitted.predict(RAGGED)),
        features(2, 4, " per step: X is a list of sequences, in fit it was 2-D"),
    ),
    Mistake(
        "predict text after 3-D",
        Then(ON_DENSE, lambda fitted: fitted.predict(FRAME.assign(sky="clear"))),
        f"X has columns that are not numeric: ['sky']; {DROP}",
    ),
    Mistake(
        "predict columns in another order",
        Then(ON_FRAME, lambda fitted: fitted.predict(FRAME[["wind", "temp", "rain", "hour"]])),
        re.compile(r"The feature names should match those that were passed during fit\..*", re.S),
    ),
    Mistake(
        "predict renamed columns",
        Then(ON_FRAME, lambda fitted: fitted.predict(FRAME.rename(columns={"temp": "heat"}))),
        re.compile(r"The feature names should match those that were passed during fit\..*- heat.*- temp.*", re.S),
    ),
    Mistake(
        "predict a list with columns in another order",
        Then(Fit(SEQUENCES, FRAMES, Y), lambda fitted: fitted.predict([frame[["wind", "temp"]] for frame in FRAMES])),
        "X has the features ['wind', 'temp'], but LSTMRegressor was fitted with ['temp', 'wind']; give the same "
        "features in the same order.",
    ),
    Mistake(
        "predict windows of other columns",
        Then(
            ON_FRAME, lambda fitted: fitted.predict(ShiftFramer().fit_transform(FRAME.rename(columns={"temp": "heat"})))
        ),
        "X has the features ['heat', 'wind', 'rain', 'hour'], but LSTMRegressor was fitted with ['temp', 'wind', "
        "'rain', 'hour']; give the same features in the same order.",
    ),
    Mistake(
        "predict without names",
        Then(ON_FRAME, lambda fitted: fitted.predict(TABLE)),
        "X does not have valid feature names, but LSTMRegressor was fitted with feature names",
        error=UserWarning,
    ),
    Mistake(
        "predict NaN",
        Then(ON_FRAME, lambda fitted: fitted.predict(HOLED)),
        f"X has NaN inside sequence 0 (step 7, feature 'temp'); {IMPUTE}",
    ),
    Mistake(
        "predict infinity",
        Then(ON_DENSE, lambda fitted: fitted.predict(changed(DENSE, (3, 4, 1), 1e39))),
        f"X has infinity, or a value too large for float32, inside sequence 3 (step 4, feature 1); {SCALE}",
    ),
    Mistake(
        "predict series of another length",
        Then(ON_ROWS, lambda fitted: fitted.predict(TABLE, series=SERIES[:5])),
        "series must give one id per row of a 2-D X, shape (12,); got shape (5,).",
    ),
    Mistake(
        "predict rows that have lost their series",
        Then(Fit(STEPS, TABLE, Y, {"series": SERIES}), lambda fitted: fitted.predict(TABLE)),
        LOST.format("LSTMRegressor", ""),
    ),
    Mistake(
        "predict rows that have lost the index of their series",
        Then(Fit(STEPS, FRAME.set_index(INDEX), Y), lambda fitted: fitted.predict(FRAME)),
        LOST.format("LSTMRegressor", ""),
    ),
    Mistake(
        "predict windows that have lost their series",
        Then(
            Fit(STEPS, ShiftFramer().fit_transform(FRAME.set_index(INDEX)), Y),
            lambda fitted: fitted.predict(ShiftFramer().fit_transform(FRAME)),
        ),
        LOST.format("LSTMRegressor", " to ShiftFramer"),
    ),
    Mistake("predict rows out of time", Then(ON_FRAME, lambda fitted: fitted.predict(FRAME.iloc[::-1])), NOT_IN_ORDER),
    Mistake(
        "predict shuffled windows of one lag",
        Then(ON_ROWS, lambda fitted: fitted.predict(ShiftFramer().fit_transform(TABLE)[[0, 1, 5, 2]])),
        NOT_FOLLOWING.format(2, 1),
    ),
    Mistake(
        "score without y",
        Then(ON_DENSE, lambda fitted: fitted.score(DENSE, None)),
        "This LSTMRegressor estimator requires y to be passed, but the target y is None.",
    ),
    Mistake(
        "score of missing y",
        Then(ON_DENSE, lambda fitted: fitted.score(DENSE, changed(Y, (3,), np.nan))),
        "y has NaN at sample 3; drop or impute targets that are missing.",
    ),
    Mistake(
        "score of padding alone",
        Then(Fit(STEPS, DENSE, Y_DENSE), score_padding),
        "y has no step to belong to: every sequence of X is empty or all padding.",
    ),
]


@pytest.mark.parametrize("mistake", cases(PREDICT_MISTAKES))
def test_message(mistake):
    mistake.check()
