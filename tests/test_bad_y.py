"""Bad y, classes and weights: each mistake with its exact message."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from inputs import (
    CLASSES,
    CLASSES_OF_STEPS,
    CODES,
    DENSE,
    LENGTHS,
    ONE,
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
    classifier,
    fits_of_estimators,
)
from mistakes import Mistake, cases, changed
from scipy.sparse import csr_array

COUNTS = (
    "Found input variables with inconsistent numbers of samples: X has 12 {}, but {} has {} items; give one for each."
)
NOT_FINITE = "it must be finite and not negative."

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
        "y has NaN in row 1 (series 'b'); drop or impute targets that are missing.",
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

MISTAKES = [*Y_MISTAKES, *CLASS_MISTAKES, *WEIGHT_MISTAKES]


@pytest.mark.parametrize("mistake", cases(MISTAKES))
def test_message(mistake):
    mistake.check()


@pytest.mark.parametrize(("bad", "error"), fits_of_estimators(MISTAKES))
def test_what_is_fitted_survives_a_failing_fit(bad, error):
    check_what_is_fitted_survives_fit(bad, error)


@pytest.mark.parametrize(("bad", "error"), fits_of_estimators([*Y_MISTAKES, *WEIGHT_MISTAKES]))
def test_what_is_fitted_survives_a_failing_partial_fit(bad, error):
    check_what_is_fitted_survives_partial_fit(bad, error)
