"""Bad input: a table of mistakes, each with its exact message, and what no mistake does: harm, or pass in silence."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import csr_array
from sklearn.base import clone, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_rnn import (
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
    RNNRegressor,
    SequenceScaler,
    ShiftFramer,
)

RNG = np.random.default_rng(0)
LENGTHS = (3, 5, 1, 4, 2, 3, 6, 2, 3, 4, 5, 2)

# Every form of X, twelve rows or sequences of each, with one target per sequence (or row) and one per step.
TABLE = RNG.normal(size=(12, 4))
FRAME = pd.DataFrame(TABLE, columns=["temp", "wind", "rain", "hour"])
DENSE = RNG.normal(size=(12, 5, 2))
RAGGED = [RNG.normal(size=(length, 2)) for length in LENGTHS]
FRAMES = [pd.DataFrame(sequence, columns=["temp", "wind"]) for sequence in RAGGED]
HOLED = FRAME.drop(index=7).reindex(FRAME.index)
WINDOWS = ShiftFramer(lags=3).fit_transform(FRAME)
Y = RNG.normal(size=12)
Y_DENSE = RNG.normal(size=(12, 5))
Y_RAGGED = [RNG.normal(size=length) for length in LENGTHS]
CODES = np.arange(12) % 2
ONE = np.ones(12)
SERIES = np.repeat(["a", "b"], 6)
INDEX = pd.MultiIndex.from_arrays([SERIES, np.tile(np.arange(6), 2)])


def regressor(**params):
    return LSTMRegressor(hidden_layer_sizes=(3,), max_epochs=1, random_state=0).set_params(**params)


def classifier(**params):
    return LSTMClassifier(hidden_layer_sizes=(3,), max_epochs=1, random_state=0).set_params(**params)


def changed(X, place, value):
    """A copy of an array, or of a list of arrays, with another value at a place."""
    if isinstance(X, list):
        return [changed(item, place[1:], value) if i == place[0] else item for i, item in enumerate(X)]
    X = np.array(X, dtype=float)
    X[place] = value
    return X


class BatchLoss(torch.nn.Module):
    """Answers one number for a batch, as many losses do."""

    def forward(self, output, target):
        return ((output - target) ** 2).mean()


@dataclass(frozen=True)
class Fit:
    """Fit a new estimator."""

    estimator: Any
    X: Any
    y: Any
    params: dict[str, Any] = field(default_factory=dict)

    def __call__(self):
        return clone(self.estimator).fit(self.X, self.y, **self.params)


@dataclass(frozen=True)
class Then:
    """Fit an estimator, as it should be, and go on with something that should not be."""

    fit: Fit
    go_on: Callable[[Any], Any]

    def __call__(self):
        fitted = self.fit()
        return self.go_on(fitted)


@dataclass(frozen=True)
class Mistake:
    """What a user may do, and the answer: the whole message, or a pattern for it where scikit-learn words it."""

    name: str
    act: Callable[[], Any]
    message: str | re.Pattern[str]
    error: type[Exception] = ValueError


IMPUTE = "impute it before framing, for example with sklearn.impute.SimpleImputer."
FORMS = "expected a 2-D table, a 3-D array (sequences, steps, features), or a list of arrays (steps, features)."
SCALE = "replace or clip it, or scale X first."
ENCODE = "encode categories first, for example with SequenceOneHotEncoder."
DROP = (
    "encode or drop them first, for example with sklearn.compose.make_column_transformer and "
    "sklearn.preprocessing.OneHotEncoder."
)
KEEP_INDEX = "keep the index of X, by set_output(transform='pandas') on the pipeline or the transformer"
LOST = (
    "X has lost its series: {} was fitted on series that an index or series= tells apart, but X tells none (a "
    f"transformer answered a plain array, or series= was left out) and would be read as one series. Either {KEEP_INDEX}, "
    "or pass series={} (one id per row)."
)
NOT_IN_ORDER = (
    "X is not in time order: row 1 (index 10) comes after row 0 (index 11), of the same series. Sort X, and y with it, "
    "for example with X.sort_index(); if X holds several series, give series= or an index of two levels; and split with "
    "TimeSeriesSplit or shuffle=False, never by shuffling."
)
NOT_FOLLOWING = (
    "X is windows of one lag, which with return_sequences=True are the steps of their series, but window {} does not "
    "directly follow window {} of the same series: they were shuffled or picked. Take slices, or split with "
    "TimeSeriesSplit or shuffle=False."
)
ONE_DIMENSION = re.compile(r"Expected 2D array, got 1D array instead:\narray=\[.*\]\.\nReshape your data .*", re.S)
COUNTS = (
    "Found input variables with inconsistent numbers of samples: X has 12 {}, but {} has {} items; give one for each."
)
NOT_FINITE = "it must be finite and not negative."
ARCHITECTURE = (
    "warm_start=True and partial_fit go on from the weights of the last fit, but hidden_layer_sizes, bidirectional or "
    "the number of features, outputs or classes have changed since; fit afresh with warm_start=False."
)
EMPTY = "X has no steps to learn from: every sequence is empty or all padding (NaN, or mask_value)."
TOO_FEW = (
    "early_stopping=True holds out validation_fraction=0.1 of 1 {}, which leaves too few to train or to validate on; "
    "give more data, another validation_fraction, or early_stopping=False."
)
BATCH_LOSS = (
    "BatchLoss returns one number for a whole batch, which can't be weighted; use a loss with reduction='none', or no "
    "sample_weight, class_weight or early stopping on a table."
)
SEQUENCES = regressor()
STEPS = regressor(return_sequences=True)
CLASSES = classifier()
CLASSES_OF_STEPS = classifier(return_sequences=True)

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
        f"X has NaN inside sequence 3 (step 1, feature 0); {IMPUTE}",
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
        f"X has NaN inside sequence 1 (step 1, feature 0); {IMPUTE}",
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
        f"X has NaN inside sequence 0 (step 1, feature 0); {IMPUTE}",
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

Y_MISTAKES = [
    Mistake(
        "y is None",
        Fit(SEQUENCES, TABLE, None),
        "This LSTMRegressor estimator requires y to be passed, but the target y is None.",
    ),
    Mistake(
        "y is one number",
        Fit(SEQUENCES, TABLE, 3.0),
        "y is of type float; expected an array or list with one item per sequence of X.",
        error=TypeError,
    ),
    Mistake("too few y", Fit(SEQUENCES, DENSE, Y[:5]), COUNTS.format("sequences", "y", 5)),
    Mistake("too few y for a table", Fit(STEPS, TABLE, Y[:5]), COUNTS.format("rows", "y", 5)),
    Mistake("too many y", Fit(STEPS, DENSE, Y_DENSE.ravel()), COUNTS.format("sequences", "y", 60)),
    Mistake(
        "y has too many dimensions",
        Fit(SEQUENCES, DENSE, np.zeros((12, 5, 2))),
        "y has too many dimensions: the target of a sequence has shape (5, 2); expected a number or class, or one per "
        "output.",
    ),
    Mistake(
        "y per step has too many dimensions",
        Fit(CLASSES_OF_STEPS, DENSE, np.zeros((12, 5, 2, 2))),
        "y has too many dimensions: the target of a step has shape (2, 2); expected a number or class, or one per "
        "output.",
    ),
    Mistake(
        "y without outputs",
        Fit(SEQUENCES, DENSE, np.zeros((12, 0))),
        "Found array with 0 feature(s) (shape=(12, 0)) while a minimum of 1 is required.",
    ),
    Mistake(
        "y per step without return_sequences",
        Fit(SEQUENCES, RAGGED, Y_RAGGED),
        "y has items of unequal lengths; expected one per sequence of X (return_sequences=False).",
    ),
    Mistake(
        "y per sequence with return_sequences",
        Fit(STEPS, DENSE, Y),
        "y must give a value per step, shape (12, 5) or more, because return_sequences=True; got shape (12,).",
    ),
    Mistake(
        "y per window with return_sequences",
        Fit(STEPS, WINDOWS, Y),
        "y must give a value per step, shape (12, 3) or more, because return_sequences=True; got shape (12,).",
    ),
    Mistake(
        "ragged y for 3-D X",
        Fit(STEPS, DENSE, Y_RAGGED),
        "y has items of unequal lengths; expected one per step of X (return_sequences=True).",
    ),
    Mistake(
        "y per sequence for a list with return_sequences",
        Fit(STEPS, RAGGED, Y),
        "y must give a value per step: sequence 0 of X has 3 steps, got a single value.",
    ),
    Mistake(
        "y of the wrong length for one sequence",
        Fit(STEPS, RAGGED, [*Y_RAGGED[:11], np.zeros(9)]),
        "y must give a value per step: sequence 11 of X has 2 steps, got 9 values.",
    ),
    Mistake(
        "y of another number of outputs for one sequence",
        Fit(STEPS, RAGGED, [*Y_RAGGED[:11], np.zeros((2, 3))]),
        "y must have the same outputs in every sequence: sequence 11 has shape (2, 3), sequence 0 has (3,).",
    ),
    Mistake(
        "y has NaN",
        Fit(SEQUENCES, TABLE, changed(Y, (3,), np.nan)),
        "y has NaN at sample 3; drop or impute targets that are missing.",
    ),
    Mistake(
        "y has None in a row",
        Fit(STEPS, TABLE, [None, *Y[1:]]),
        "y has NaN in row 0; drop or impute targets that are missing.",
    ),
    Mistake(
        "y of a series has NA",
        Fit(STEPS, TABLE, pd.array([1, None] * 6, dtype="Int64"), {"series": SERIES[::-1]}),
        "y has NaN in row 1; drop or impute targets that are missing.",
    ),
    Mistake(
        "y of a step has infinity",
        Fit(STEPS, DENSE, changed(Y_DENSE, (3, 2), np.inf)),
        "y has infinity in sequence 3 (step 2); drop or impute targets that are missing.",
    ),
    Mistake(
        "y of a step in a list has NaN",
        Fit(STEPS, RAGGED, changed(Y_RAGGED, (3, 1), np.nan)),
        "y has NaN in sequence 3 (step 1); drop or impute targets that are missing.",
    ),
    Mistake(
        "y too large to square",
        Fit(SEQUENCES, TABLE, changed(Y, (3,), -1e300)),
        "y has a value beyond +-1e+154 at sample 3; scale y first.",
    ),
    Mistake(
        "y is text",
        Fit(SEQUENCES, TABLE, ["low", "high"] * 6),
        "y is not numeric, it holds the text 'low'; a regressor needs numbers, classes need a classifier.",
    ),
    Mistake(
        "y holds objects",
        Fit(SEQUENCES, TABLE, [{}] * 12),
        re.compile(r"y is not numeric: float\(\) argument must be .* not 'dict'; a regressor needs numbers, .*"),
        error=TypeError,
    ),
    Mistake(
        "y holds dates",
        Fit(SEQUENCES, TABLE, pd.date_range("2024", periods=12).to_numpy("datetime64[ns]")),
        "y is not numeric, its dtype is datetime64[ns]; expected numbers, such as the hour of a date.",
    ),
    Mistake(
        "y is complex",
        Fit(STEPS, TABLE, Y + 1j),
        "Complex data not supported: y is complex; give its real and imaginary part.",
    ),
    Mistake(
        "y is sparse",
        Fit(STEPS, DENSE, csr_array(Y_DENSE)),
        "y is sparse, but dense data is required; use .toarray().",
        error=TypeError,
    ),
    Mistake(
        "y is a masked array",
        Fit(SEQUENCES, TABLE, np.ma.masked_array(Y, Y > 0)),
        "y is a masked array, whose mask would be lost; fill its gaps first, by .filled().",
    ),
]

CLASS_MISTAKES = [
    Mistake(
        "continuous y for a classifier",
        Fit(CLASSES, TABLE, Y),
        re.compile(r"Unknown label type: continuous\. Maybe you are trying to fit a classifier, .*"),
    ),
    Mistake(
        "one class",
        Fit(CLASSES, TABLE, ["rain"] * 12),
        "y has one class only, 'rain'; a classifier needs at least two.",
    ),
    Mistake(
        "one class in all steps",
        Fit(CLASSES_OF_STEPS, RAGGED, [np.ones(length, dtype=int) for length in LENGTHS]),
        "y has one class only, 1; a classifier needs at least two.",
    ),
    Mistake(
        "several multiclass targets",
        Fit(CLASSES, TABLE, np.column_stack([np.arange(12) % 3, CODES])),
        "y of shape (n, 2) must be a 0/1 indicator of labels; several multiclass targets at once are not supported, "
        "use sklearn.multioutput.MultiOutputClassifier.",
    ),
    Mistake(
        "lists of labels",
        Fit(CLASSES, TABLE, [("rain",), ("rain", "wind")] * 6),
        "y has items of unequal lengths; expected one per sequence of X (return_sequences=False).",
    ),
    Mistake(
        "class is NaN",
        Fit(CLASSES, TABLE, changed(CODES, (3,), np.nan)),
        "y has NaN, None or infinity at sample 3; every sample needs a class.",
    ),
    Mistake(
        "class is None",
        Fit(CLASSES, TABLE, ["rain", None] * 6),
        "y has NaN, None or infinity at sample 1; every sample needs a class.",
    ),
    Mistake(
        "class of a step is missing",
        Fit(CLASSES_OF_STEPS, RAGGED, [["rain"] * 3, [None] * 5, *[["dry"] * length for length in LENGTHS[2:]]]),
        "y has NaN, None or infinity in sequence 1 (step 0); every sample needs a class.",
    ),
    Mistake(
        "texts and numbers as classes",
        Fit(CLASSES, TABLE, np.array(["rain", 1] * 6, dtype=object)),
        "y mixes texts and numbers, which can't be sorted as classes; make all of them texts.",
    ),
    Mistake(
        "class_weight of several labels",
        Fit(classifier(class_weight="balanced"), TABLE, np.column_stack([CODES, 1 - CODES])),
        "class_weight is not defined for multilabel y; pass sample_weight instead.",
    ),
    Mistake(
        "class_weight is negative",
        Fit(classifier(class_weight={0: -1.0, 1: 2.0}), TABLE, CODES),
        "class_weight must be numbers that are finite and not negative; got {0: -1.0}.",
    ),
    Mistake(
        "class_weight is zero",
        Fit(classifier(class_weight={0: 0, 1: 0}), TABLE, CODES),
        "class_weight is zero everywhere; at least one sample must count.",
    ),
    Mistake(
        "class_weight of other classes",
        Fit(classifier(class_weight={"rain": 2.0}), TABLE, CODES),
        re.compile(r"The classes, \[.*0.*1.*\], are not in class_weight\.?"),
    ),
    Mistake(
        "unknown class_weight",
        Fit(classifier(class_weight="even"), TABLE, CODES),
        re.compile(r"The 'class_weight' parameter of LSTMClassifier must be .* Got 'even' instead\."),
    ),
    Mistake(
        "sample_weight leaves one class",
        Fit(CLASSES, TABLE, CODES, {"sample_weight": CODES}),
        "sample_weight leaves one class only with weight; a classifier needs at least two.",
    ),
    Mistake(
        "balanced weights of classes to come",
        lambda: classifier(class_weight="balanced").partial_fit(TABLE, np.zeros(12, dtype=int), classes=[0, 1]),
        "class_weight='balanced' needs samples of every class, but y has none of [1]; give the weights as a dict.",
    ),
    Mistake(
        "one class announced",
        lambda: classifier().partial_fit(TABLE, ONE, classes=[1]),
        "y has one class only, 1; a classifier needs at least two.",
    ),
    Mistake(
        "labels turn into one label",
        Then(Fit(CLASSES, TABLE, np.column_stack([CODES, CODES])), lambda fitted: fitted.partial_fit(TABLE, CODES)),
        "y has shape (12,), but in the last fit it had (n, 2).",
    ),
    Mistake(
        "another number of labels",
        Then(
            Fit(CLASSES, TABLE, np.column_stack([CODES, CODES])),
            lambda fitted: fitted.partial_fit(TABLE, np.column_stack([CODES, CODES, CODES])),
        ),
        "y has shape (12, 3), but in the last fit it had (n, 2).",
    ),
]

WEIGHT_MISTAKES = [
    Mistake(
        "too few weights",
        Fit(SEQUENCES, DENSE, Y, {"sample_weight": ONE[:5]}),
        COUNTS.format("sequences", "sample_weight", 5),
    ),
    Mistake(
        "weight is one number",
        Fit(STEPS, TABLE, Y, {"sample_weight": 2.0}),
        "sample_weight is of type float; expected an array or list with one item per row of X.",
        error=TypeError,
    ),
    Mistake(
        "weights are negative",
        Fit(SEQUENCES, TABLE, Y, {"sample_weight": changed(ONE, (3,), -1)}),
        f"sample_weight is -1.0 at sample 3; {NOT_FINITE}",
    ),
    Mistake(
        "weights have NaN",
        Fit(STEPS, TABLE, Y, {"sample_weight": changed(ONE, (3,), np.nan)}),
        f"sample_weight is nan in row 3; {NOT_FINITE}",
    ),
    Mistake(
        "weights of steps have infinity",
        Fit(STEPS, DENSE, Y_DENSE, {"sample_weight": changed(Y_DENSE**2, (3, 1), np.inf)}),
        f"sample_weight is inf in sequence 3 (step 1); {NOT_FINITE}",
    ),
    Mistake(
        "weights are zero",
        Fit(SEQUENCES, TABLE, Y, {"sample_weight": 0 * ONE}),
        "sample_weight is zero everywhere; at least one sample must count.",
    ),
    Mistake(
        "weights on padding alone",
        Fit(
            STEPS,
            changed(DENSE, np.s_[:, 0], np.nan),
            Y_DENSE,
            {"sample_weight": changed(np.zeros((12, 5)), np.s_[:, 0], 1)},
        ),
        "sample_weight is zero everywhere; at least one sample must count.",
    ),
    Mistake(
        "weights are text",
        Fit(SEQUENCES, TABLE, Y, {"sample_weight": ["high", "low"] * 6}),
        "sample_weight is not numeric, it holds the text 'high'; give a number per sample.",
    ),
    Mistake(
        "weights per step without return_sequences",
        Fit(SEQUENCES, DENSE, Y, {"sample_weight": np.ones((12, 5))}),
        "sample_weight must be one number per sequence; got shape (5,) for each sequence.",
    ),
    Mistake(
        "weights per output",
        Fit(STEPS, TABLE, np.column_stack([Y, Y]), {"sample_weight": np.ones((12, 2))}),
        "sample_weight must be one number per row; got shape (2,) for each row.",
    ),
    Mistake(
        "weights for too few steps",
        Fit(STEPS, DENSE, Y_DENSE, {"sample_weight": np.ones((12, 4))}),
        "sample_weight must give a value per step, shape (12, 5) or more, because return_sequences=True; got shape "
        "(12, 4).",
    ),
    Mistake(
        "weights of the wrong length for one sequence",
        Fit(STEPS, RAGGED, Y_RAGGED, {"sample_weight": [*Y_RAGGED[:11], np.ones(9)]}),
        "sample_weight must give a value per step: sequence 11 of X has 2 steps, got 9 values.",
    ),
    Mistake(
        "weights some per sequence and some per step",
        Fit(STEPS, RAGGED, Y_RAGGED, {"sample_weight": [1.0, *Y_RAGGED[1:]]}),
        "sample_weight has items of unequal lengths; expected one per sequence of X (return_sequences=True).",
    ),
]

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
        NOT_IN_ORDER,
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


def parameter(expected, **params):
    """A mistake in a parameter that scikit-learn's validation answers."""
    ((name, value),) = params.items()
    estimator = RNNRegressor(hidden_layer_sizes=(3,), max_epochs=1, random_state=0).set_params(**params)
    message = rf"The '{name}' parameter of RNNRegressor must be {expected}\. Got {re.escape(repr(value))} instead\."
    return Mistake(f"{name}={value!r}", Fit(estimator, DENSE, Y), re.compile(message))


def layers(sizes):
    message = "hidden_layer_sizes must name the units of at least one layer, as in (32,) or (64, 32); got {}."
    return Mistake(
        f"hidden_layer_sizes={sizes}", Fit(regressor(hidden_layer_sizes=sizes), DENSE, Y), message.format(sizes)
    )


PARAMETER_MISTAKES = [
    parameter(r"an array-like or an int in the range \[1, inf\)", hidden_layer_sizes="32"),
    layers(()),
    layers((3, 0)),
    layers((3.5,)),
    layers([[3]]),
    parameter(r"a str among \{.*\}", nonlinearity="sigmoid"),
    parameter("an instance of 'bool' .*", bidirectional="yes"),
    parameter(r"a float in the range \[0\.0, 1\.0\)", dropout=1.0),
    parameter(r"a float in the range \[0\.0, 1\.0\)", recurrent_dropout=-0.1),
    parameter("an instance of 'bool' .*", return_sequences="all"),
    parameter(r"None, an instance of 'tuple' or an int in the range \[1, inf\)", tbptt=0),
    parameter(r"a str among \{.*\}, an instance of 'type' or an instance of 'torch.*'", loss="mse"),
    parameter(r"a float in the range \(0\.0, 1\.0\)", quantile=1.5),
    parameter(r"a str among \{.*\} or an instance of 'type'", optimizer="lion"),
    parameter(r"a float in the range \(0\.0, inf\)", lr=0),
    parameter(r"a float in the range \(0\.0, inf\)", lr=np.nan),
    parameter("None or an instance of 'dict'", optimizer_params=[0.9]),
    parameter(r"a float in the range \[0\.0, inf\)", weight_decay=-1),
    parameter(r"None or a float in the range \(0\.0, inf\)", clip_grad_norm=0),
    parameter(r"an int in the range \[1, inf\)", batch_size=1.5),
    parameter(r"an int in the range \[1, inf\)", max_epochs=0),
    parameter("an instance of 'bool' .*", shuffle=None),
    parameter("an instance of 'bool' .*", early_stopping="yes"),
    parameter(r"a float in the range \(0\.0, 1\.0\)", validation_fraction=1),
    parameter(r"an int in the range \[1, inf\)", n_iter_no_change=0),
    parameter(r"a float in the range \[0\.0, inf\)", tol=-1),
    parameter(r"a str among \{.*\}", validation="last"),
    parameter("an instance of 'bool' .*", normalize_y="standard"),
    parameter("None or an instance of 'float'", mask_value="pad"),
    parameter("an instance of 'bool' .*", warm_start=None),
    parameter("an int in the range .*", random_state="seed"),
    parameter(r"an int in the range \[0, 2\] .*", verbose=3),
    parameter("None, an instance of 'str', .*", scoring=3),
    parameter("None or an instance of 'list'", callbacks="early"),
    parameter("an instance of 'str' or an instance of 'torch.*'", device=0),
    parameter(r"a str among \{.*\}", dtype="float16"),
    Mistake(
        "device=gpu",
        Fit(regressor(device="gpu"), DENSE, Y),
        "device='gpu' can't be used on this machine; use 'auto', 'cpu' or 'cuda'.",
    ),
    Mistake(
        "scoring=mse",
        Fit(regressor(scoring="mse"), DENSE, Y),
        re.compile(r"'mse' is not a valid scoring value\. Use sklearn\.metrics\.get_scorer_names\(\) .*"),
    ),
    Mistake(
        "stateful with nothing cut",
        Fit(regressor(stateful=True), DENSE, Y),
        "stateful=True carries the state over the cuts of tbptt, but tbptt=None cuts nothing: with one target per "
        "sequence each of them begins with a state of zero. Set tbptt, such as tbptt=50, use return_sequences=True for a "
        "target per step of a series, or stateful=False.",
    ),
    Mistake(
        "stateful and bidirectional",
        Fit(regressor(stateful=True, tbptt=2, bidirectional=True), DENSE, Y),
        "bidirectional=True reads sequences from their ends, too, so no state can be carried forward; use "
        "stateful=False, or bidirectional=False.",
    ),
    Mistake(
        "bidirectional chunks",
        Fit(regressor(tbptt=(2, 3), bidirectional=True), DENSE, Y),
        "tbptt=(2, 3) lets gradients and updates differ in length, but bidirectional=True reads whole chunks; use one "
        "number for both.",
    ),
    *[
        Mistake(
            f"tbptt={tbptt}",
            Fit(regressor(tbptt=tbptt), DENSE, Y),
            f"tbptt must be (k1, k2), two numbers of steps of at least one, or one number for both; got {tbptt!r}.",
        )
        for tbptt in [(5,), (5, 0), (5, 2.5), (1, 2, 3), ("a", "b")]
    ],
    Mistake(
        "no such parameter",
        lambda: regressor(units=32),
        re.compile(r"Invalid parameter 'units' for estimator LSTMRegressor\(.*\)\. Valid parameters are: .*", re.S),
    ),
    Mistake(
        "parameter by position",
        lambda: LSTMRegressor(32),
        re.compile(r".*__init__\(\) takes 1 positional argument but 2 were given"),
        error=TypeError,
    ),
]

TRAINING_MISTAKES = [
    Mistake(
        "one sequence to stop early on",
        Fit(regressor(early_stopping=True), DENSE[:1], Y[:1]),
        TOO_FEW.format("sequences"),
    ),
    Mistake(
        "one row to stop early on",
        Fit(regressor(early_stopping=True, return_sequences=True), TABLE[:1], Y[:1]),
        TOO_FEW.format("rows"),
    ),
    Mistake(
        "a class of one to stop early on",
        Fit(classifier(early_stopping=True), DENSE, [0] * 11 + [1]),
        re.compile(
            re.escape("early_stopping=True holds out validation_fraction=0.1 of 12 sequences, which leaves too few to ")
            + r"train or to validate on; .* or early_stopping=False\. \(The least populated class.* only 1 member.*\)"
        ),
    ),
    Mistake(
        "random validation in a table of steps",
        Fit(regressor(early_stopping=True, return_sequences=True, validation="random"), TABLE, Y),
        "validation='random' would tear series apart: X is a table with one target per row. Use validation='end' (or "
        "'auto').",
    ),
    Mistake(
        "a loss of batches with weights", Fit(regressor(loss=BatchLoss), DENSE, Y, {"sample_weight": ONE}), BATCH_LOSS
    ),
    Mistake(
        "a loss of batches with validation in a table",
        Fit(regressor(loss=BatchLoss, early_stopping=True, return_sequences=True), TABLE, Y),
        BATCH_LOSS,
    ),
    Mistake(
        "training diverges",
        Fit(
            regressor(lr=1e10, optimizer="sgd", clip_grad_norm=None, max_epochs=20, return_sequences=True),
            DENSE,
            Y_DENSE,
        ),
        re.compile(
            r"The training loss became (inf|nan) in epoch \d+\. Lower lr \(it is 10000000000\.0\), clip gradients "
            r"\(clip_grad_norm\), or scale X and y\."
        ),
    ),
    Mistake(
        "partial_fit with early stopping",
        lambda: regressor(early_stopping=True).partial_fit(DENSE, Y),
        "partial_fit holds out no data; use early_stopping=False with it, or fit.",
    ),
    Mistake(
        "warm start with other layers",
        Then(
            Fit(regressor(warm_start=True), DENSE, Y),
            lambda fitted: fitted.set_params(hidden_layer_sizes=(4,)).fit(DENSE, Y),
        ),
        ARCHITECTURE,
    ),
    Mistake(
        "warm start in both directions",
        Then(
            Fit(regressor(warm_start=True), DENSE, Y),
            lambda fitted: fitted.set_params(bidirectional=True).fit(DENSE, Y),
        ),
        ARCHITECTURE,
    ),
    Mistake(
        "warm start with other features",
        Then(Fit(regressor(warm_start=True), DENSE, Y), lambda fitted: fitted.fit(DENSE[:, :, :1], Y)),
        "X has 1 features, but LSTMRegressor is expecting 2 features as input.",
    ),
    Mistake(
        "warm start with other outputs",
        Then(Fit(regressor(warm_start=True), DENSE, Y), lambda fitted: fitted.fit(DENSE, np.column_stack([Y, Y]))),
        "y has 2 outputs, but in the last fit it had 1.",
    ),
    Mistake(
        "lr set twice",
        Fit(regressor(optimizer_params={"lr": 3.0}), DENSE, Y),
        "optimizer_params sets ['lr'], which are parameters of their own; set them there.",
    ),
    Mistake(
        "optimizer that is none",
        Fit(regressor(optimizer=int), DENSE, Y),
        "optimizer=<class 'int'> is no class of torch.optim.Optimizer, nor one of ['adam', 'adamw', 'sgd', 'rmsprop'].",
    ),
    Mistake(
        "loss that is none",
        Fit(regressor(loss=int), DENSE, Y),
        "loss=<class 'int'> is no class of torch.nn.Module, such as torch.nn.HuberLoss.",
    ),
    Mistake(
        "loss that needs arguments",
        Fit(regressor(loss=torch.nn.Linear), DENSE, Y),
        re.compile(r"loss=Linear needs arguments \(.*\); give an instance of it\."),
    ),
    Mistake(
        "callback that is none",
        Fit(regressor(callbacks=[3]), DENSE, Y),
        "callbacks must be callbacks of skorch, or pairs of a name and one; got 3.",
    ),
    Mistake(
        "scorer that is none",
        Fit(regressor(scoring={"a": 3}), DENSE, Y),
        "scoring must name scorers of scikit-learn or be callable; got 3.",
    ),
    Mistake(
        "scorer named as a loss",
        Fit(regressor(scoring={"loss": "r2"}), DENSE, Y),
        "scoring must not be named 'loss', which history_ has already.",
    ),
    Mistake(
        "device without numbers",
        Fit(regressor(device="meta"), DENSE, Y),
        "device='meta' can't be used on this machine; use 'auto', 'cpu' or 'cuda'.",
    ),
    Mistake(
        "step into infinity at the end",
        Fit(regressor(lr=1e45, optimizer="sgd", clip_grad_norm=None, batch_size=12), DENSE, 1e3 * Y),
        re.compile(r"Weights became infinite or NaN in epoch 1\. Lower lr \(it is 1e\+45\), clip gradients .*"),
    ),
    Mistake(
        "validation without weight",
        Fit(regressor(early_stopping=True, validation_fraction=0.5), DENSE, Y, {"sample_weight": np.arange(12) < 6}),
        "early_stopping=True holds out validation_fraction=0.5 of the data, but in this part nothing counts: every step "
        "is padding, or sample_weight is zero. Give another validation_fraction or validation.",
    ),
    Mistake(
        "return_sequences set after fit",
        lambda: regressor().fit(DENSE, Y).set_params(return_sequences=True).predict(DENSE),
        "return_sequences was set to True after fit; call fit again.",
    ),
    Mistake(
        "other classes in a later partial_fit",
        lambda: classifier().partial_fit(DENSE, CODES).partial_fit(DENSE, CODES, classes=[0, 1, 2]),
        "classes differ from those of the first call, [0, 1].",
    ),
    Mistake(
        "classes of several labels",
        lambda: classifier().partial_fit(DENSE, np.column_stack([CODES, 1 - CODES]), classes=["a", "b"]),
        "classes of a multilabel y are the numbers of its columns, [0, 1].",
    ),
    Mistake(
        "bad parameter in a later partial_fit",
        lambda: regressor().partial_fit(DENSE, Y).set_params(lr=-1.0).partial_fit(DENSE, Y),
        re.compile("The 'lr' parameter of LSTMRegressor must be a float in the range .*"),
    ),
    Mistake(
        "other layers in a later partial_fit",
        lambda: regressor().partial_fit(DENSE, Y).set_params(hidden_layer_sizes=(4,)).partial_fit(DENSE, Y),
        ARCHITECTURE,
    ),
]

ON_TABLE, ON_DENSE, ON_LIST = Fit(SEQUENCES, TABLE, Y), Fit(SEQUENCES, DENSE, Y), Fit(SEQUENCES, RAGGED, Y)
ON_ROWS, ON_FRAME = Fit(STEPS, TABLE, Y), Fit(STEPS, FRAME, Y)
UNFITTED = re.compile(r"This LSTM\w+ instance is not fitted yet\. Call 'fit' with appropriate arguments .*")


def features(got, expected, note=""):
    return f"X has {got} features, but LSTMRegressor is expecting {expected} features as input{note}."


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
        Then(Fit(STEPS, DENSE, Y_DENSE), lambda fitted: fitted.score(np.full((12, 5, 2), np.nan), Y_DENSE)),
        "y has no step to belong to: every sequence of X is empty or all padding.",
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
        f"y has 2 series in its index, but X has lost them (a transformer answered a plain array); either {KEEP_INDEX}, "
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

MISTAKES = [
    *X_MISTAKES,
    *Y_MISTAKES,
    *CLASS_MISTAKES,
    *WEIGHT_MISTAKES,
    *SERIES_MISTAKES,
    *PARAMETER_MISTAKES,
    *TRAINING_MISTAKES,
    *PREDICT_MISTAKES,
    *PIPELINE_MISTAKES,
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_message(mistake):
    with pytest.raises(mistake.error) as raised:
        mistake.act()
    message = str(raised.value)
    if isinstance(mistake.message, re.Pattern):
        assert mistake.message.fullmatch(message), message
    else:
        assert message == mistake.message


def test_mistakes_are_distinct():
    names = [mistake.name for mistake in MISTAKES]
    assert len(set(names)) == len(names) >= 45


def fits_of_estimators(mistakes):
    """The mistakes that are made in `fit`, by an estimator on its own."""
    fits = [m for m in mistakes if isinstance(m.act, Fit) and hasattr(m.act.estimator, "hidden_layer_sizes")]
    return [pytest.param(mistake.act, mistake.error, id=mistake.name) for mistake in fits]


def fit_good(estimator, **params):
    """Fit an estimator of this class as it should be; return it with its predictions."""
    params["return_sequences"] = estimator.return_sequences is True
    y = Y_DENSE if params["return_sequences"] else Y
    good = type(estimator)(hidden_layer_sizes=(3,), max_epochs=2, random_state=0, **params)
    good.fit(DENSE, y if is_regressor(good) else (y > 0).astype(int))
    return good, good.predict(DENSE)


def assert_unharmed(good, before):
    np.testing.assert_array_equal(good.predict(DENSE), before, strict=True)
    assert good.n_features_in_ == 2
    assert good.n_iter_ == len(good.history_) == len(good.net_.history) == 2


@pytest.mark.parametrize(("bad", "error"), fits_of_estimators(MISTAKES))
def test_what_is_fitted_survives_a_failing_fit(bad, error):
    good, before = fit_good(bad.estimator)
    params = good.get_params()
    good.set_params(**bad.estimator.get_params())
    with pytest.raises(error):
        good.fit(bad.X, bad.y, **bad.params)
    assert_unharmed(good.set_params(**params), before)


@pytest.mark.parametrize(("bad", "error"), fits_of_estimators([*Y_MISTAKES, *WEIGHT_MISTAKES, *SERIES_MISTAKES]))
def test_what_is_fitted_survives_a_failing_partial_fit(bad, error):
    good, before = fit_good(bad.estimator)
    with pytest.raises((TypeError, ValueError)):  # that X has other features than before may be noticed first
        good.partial_fit(bad.X, bad.y, **bad.params)
    assert_unharmed(good, before)


OBJECTS = np.empty(12, dtype=object)
OBJECTS[:] = RAGGED
SOME_EMPTY = [np.zeros((0, 2)), [], *RAGGED[2:]]
Y_SOME_EMPTY = [np.zeros(0), [], *Y_RAGGED[2:]]
Y_WINDOWS = RNG.normal(size=(12, 3))

# X, one target per step (in a table there is one per row in any case), and what else fit and predict take.
GOOD = {
    "table": (TABLE, Y, {}),
    "table with padding": (changed(TABLE, np.s_[:3], np.nan), Y, {}),
    "table of series": (changed(TABLE, np.s_[6:8], np.nan), Y, {"series": SERIES[::-1]}),
    "DataFrame": (FRAME, Y, {}),
    "DataFrame with an index of series": (FRAME.set_index(INDEX), Y, {}),
    "3-D": (DENSE, Y_DENSE, {}),
    "3-D with padding": (changed(DENSE, np.s_[::2, :3], np.nan), Y_DENSE, {}),
    "3-D with sequences that are all padding": (changed(DENSE, np.s_[:7], np.nan), Y_DENSE, {}),
    "nested lists": (DENSE.tolist(), Y_DENSE.tolist(), {}),
    "list": (RAGGED, Y_RAGGED, {}),
    "list with padding": (changed(RAGGED, (1, np.s_[3:]), np.nan), Y_RAGGED, {}),
    "list with empty sequences": (SOME_EMPTY, Y_SOME_EMPTY, {}),
    "tuple": (tuple(RAGGED), Y_RAGGED, {}),
    "array of objects": (OBJECTS, Y_RAGGED, {}),
    "list of DataFrames": (FRAMES, Y_RAGGED, {}),
    "windows without history": (WINDOWS, Y_WINDOWS, {}),
    "windows of one lag": (ShiftFramer().fit_transform(FRAME), Y, {}),
    "windows of one lag of series": (ShiftFramer(horizon=3).fit_transform(FRAME.set_index(INDEX)), Y, {}),
    "windows of series": (ShiftFramer(lags=3).fit_transform(FRAME.set_index(INDEX)), Y_WINDOWS, {}),
}


@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize(("X", "y", "params"), GOOD.values(), ids=GOOD.keys())
@pytest.mark.parametrize(
    "estimator",
    [RNNRegressor(bidirectional=True), LSTMRegressor(), GRURegressor(), LSTMClassifier(bidirectional=True)],
    ids=lambda estimator: type(estimator).__name__,
)
def test_every_row_gets_a_finite_prediction(estimator, X, y, params, return_sequences):
    y = y if return_sequences else Y
    labels = [np.asarray(item) > 0 for item in y] if isinstance(y, list) else y > 0
    estimator = clone(estimator).set_params(hidden_layer_sizes=(3,), max_epochs=1, return_sequences=return_sequences)
    estimator.fit(X, y if is_regressor(estimator) else labels, **params)
    for predict in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        if not hasattr(estimator, predict):
            continue
        answers = getattr(estimator, predict)(X, **params)
        assert len(answers) == len(y)
        for answer, target in zip(answers, y, strict=True):
            assert np.shape(answer)[: np.ndim(target)] == np.shape(target)
            assert np.isfinite(answer).all()


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("make", [RNNRegressor, LSTMRegressor, GRURegressor])
def test_all_kinds_of_nothing_are_predicted_alike(make, bidirectional):
    estimator = make(
        hidden_layer_sizes=(3, 2), bidirectional=bidirectional, max_epochs=1, mask_value=-1, random_state=0
    )
    estimator.fit(DENSE, Y)
    nothing = [np.full((4, 7, 2), np.nan), np.full((4, 7, 2), -1.0), np.zeros((4, 0, 2)), [np.zeros((0, 2))] * 4]
    answers = [estimator.predict(X) for X in nothing]
    assert answers[0].shape == (4,)
    for answer in answers:
        np.testing.assert_array_equal(answer, np.repeat(answers[0][0], 4), strict=True)
    assert np.isfinite(answers).all()


@pytest.mark.parametrize("number", [np.float64, np.float32, float])
def test_mask_value_is_found_whatever_its_type(number):
    X = changed(DENSE, np.s_[:, :2], 0.1)
    masked = regressor(mask_value=number(0.1)).fit(X, Y).predict(X)
    np.testing.assert_array_equal(masked, regressor().fit(DENSE[:, 2:], Y).predict(DENSE[:, 2:]))


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_weights_matter_by_their_ratios(scale):
    weights = np.tile([1.0, 2.0], 6)
    expected = regressor().fit(TABLE, Y, weights).predict(TABLE)
    np.testing.assert_array_equal(regressor().fit(TABLE, Y, pd.Series(scale * weights)).predict(TABLE), expected)
    expected = classifier().fit(TABLE, CODES, weights).predict_proba(TABLE)
    balanced = classifier(class_weight={0: scale, 1: 2 * scale})
    np.testing.assert_array_equal(balanced.fit(TABLE, CODES).predict_proba(TABLE), expected)


def test_diverging_partial_fit_harms_nothing():
    model = regressor(optimizer="sgd", clip_grad_norm=None).partial_fit(DENSE, Y)
    before = model.predict(DENSE)
    with pytest.raises(ValueError, match="became"):
        model.set_params(lr=1e38).partial_fit(DENSE, 1e3 * Y)
    np.testing.assert_array_equal(model.predict(DENSE), before)
    assert model.n_iter_ == len(model.history_) == 1
