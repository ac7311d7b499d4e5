"""Mistakes with streams: each with its exact message, and none touches the state."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mistakes import ENCODE, FORMS, IMPUTE, Mistake, cases, changed
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from streams import FRAME, IDS, NAN, NOTHING, PANEL, RAGGED, STATE, X, flat, of_frames, regressor

from sklearn_rnn import Stream

STREAMS = {
    "one": lambda: regressor().stream(history=X[:5]),
    "float32": lambda: regressor(dtype="float32").stream(history=X[:5]),
    "three": lambda: regressor().stream(history=PANEL),
    "frames": lambda: of_frames().stream(history=[FRAME.loc["north"]]),
    "named": lambda: of_frames().stream(history=FRAME),
}


@dataclass(frozen=True)
class Act:
    """What is done to one of these streams."""

    stream: str
    do: Callable[[Stream], Any]

    def __call__(self, stream: Stream) -> Any:
        return self.do(stream)


def step(stream: str, x: Any) -> Act:
    return Act(stream, lambda stream: stream.step(x))


def predict(stream: str, X: Any, **params: Any) -> Act:
    return Act(stream, lambda stream: stream.predict(X, **params))


def setting(stream: str, state: Any) -> Act:
    return Act(stream, lambda stream: setattr(stream, "state", state))


def reset(stream: str, series: Any) -> Act:
    return Act(stream, lambda stream: stream.reset(series))


ZERO = np.zeros((1, 5))
TIMELESS = FRAME.droplevel(1)
NOW = pd.DataFrame(PANEL[:, 0], IDS, ["temp", "wind"])
ONE_ROW = "expected an array of shape (1, 2), a row per series and a column per feature."
THREE_ROWS = "expected an array of shape (3, 2), a row per series and a column per feature."
PADDING = "fill it in first, as SequenceImputer does. Only a step that is all NaN is padding."
TOO_LARGE = "x has infinity, or a value too large for {}, in series {}, feature {}; replace or clip it, or scale x."
COMPLEX = "Complex data not supported: x is complex; give its real and imaginary part."
FITTED = "but LSTMRegressor was fitted with ['temp', 'wind']; give the same features in the same order."
IN_THIS_ORDER = "give a row for each, in this order, for example by x.reindex(stream.series)."
OF_HISTORY = "it has those of its history or, without one, 0, 1, 2, ..."
OF_EACH = (
    "give the steps of each, as a 3-D array or a list, or name those that X has by series= or an index of two levels."
)
TABLE_ONLY = (
    "series= belongs to a 2-D X, a table with one row per step; X is {}, in which every item is a sequence already."
)
NOT_IN_ORDER = re.compile(r"X is not in time order: row 1 \(index 18\) comes after row 0 \(index 19\), .*")
FRAME_NAMES = re.compile(r"The feature names should match those that were passed during fit\..*", re.DOTALL)

STEP_MISTAKES = [
    Mistake("None", step("one", None), f"x is None; {ONE_ROW}", TypeError),
    Mistake("text", step("one", "up"), f"x is of type str; {ONE_ROW}", TypeError),
    Mistake("a dict", step("one", {"temp": 1.0, "wind": 2.0}), f"x is of type dict; {ONE_ROW}", TypeError),
    Mistake(
        "sparse", step("one", csr_array(X[:1])), "x is sparse, but dense data is required; use .toarray().", TypeError
    ),
    Mistake(
        "masked",
        step("one", np.ma.masked_array([1.0, 2.0], [False, True])),
        "x is a masked array, whose mask would be lost; fill its gaps first, by .filled().",
    ),
    Mistake("complex", step("one", np.array([1j, 2])), COMPLEX),
    Mistake("a complex list", step("one", [1j, 2]), COMPLEX),
    Mistake(
        "dates",
        step("one", np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]")),
        "x is not numeric, its dtype is datetime64[D]; expected numbers, such as the hour of a date.",
    ),
    Mistake(
        "timestamps",
        step("one", [pd.Timestamp(0), 1.0]),
        f"x is not numeric: float() argument must be a string or a real number, not 'Timestamp'; {ENCODE}",
        TypeError,
    ),
    Mistake("text in a list", step("one", [1.0, "up"]), f"x is not numeric, it holds the text 'up'; {ENCODE}"),
    Mistake(
        "text in an array", step("one", np.array(["up", "1"])), f"x is not numeric, it holds the text 'up'; {ENCODE}"
    ),
    Mistake(
        "text in a DataFrame",
        step("frames", pd.DataFrame([[1.0, "up"]], columns=["temp", "wind"])),
        f"x is not numeric, it holds the text 'up'; {ENCODE}",
    ),
    Mistake("ragged lists", step("one", [[1.0], [1.0, 2.0]]), f"x is made of lists of unequal lengths; {ONE_ROW}"),
    Mistake("one feature more", step("one", [1.0, 2.0, 3.0]), f"x has shape (3,); {ONE_ROW}"),
    Mistake("a column", step("one", [[1.0], [2.0]]), f"x has shape (2, 1); {ONE_ROW}"),
    Mistake("two steps", step("one", X[:2]), f"x has shape (2, 2); {ONE_ROW}"),
    Mistake("3-D", step("one", X[None, :1]), f"x has shape (1, 1, 2); {ONE_ROW}"),
    Mistake("one number", step("one", 1.0), f"x has shape (); {ONE_ROW}"),
    Mistake("nothing", step("one", []), f"x has shape (0,); {ONE_ROW}"),
    Mistake("no row", step("one", NOTHING), f"x has shape (0, 2); {ONE_ROW}"),
    Mistake("one row for three series", step("three", X[0]), f"x has shape (2,); {THREE_ROWS}"),
    Mistake("three columns for three series", step("three", PANEL[:, 0].T), f"x has shape (2, 3); {THREE_ROWS}"),
    Mistake("NaN", step("one", [1.0, np.nan]), f"x has NaN in series 0, feature 1; {PADDING}"),
    Mistake(
        "NaN in one of three",
        step("three", changed(PANEL[:, 0], (2, 0), np.nan)),
        f"x has NaN in series 2, feature 0; {PADDING}",
    ),
    Mistake(
        "NaN beside padding",
        step("three", [[1.0, 2.0], NAN, [np.nan, 2.0]]),
        f"x has NaN in series 2, feature 0; {PADDING}",
    ),
    Mistake(
        "NaN in a named series",
        step("named", changed(NOW, (1, 1), np.nan)),
        f"x has NaN in series 'south', feature 'wind'; {PADDING}",
    ),
    Mistake("NA", step("frames", pd.DataFrame([[1.0, pd.NA]])), f"x has NaN in series 0, feature 'wind'; {PADDING}"),
    Mistake("infinity", step("one", [-np.inf, 1.0]), TOO_LARGE.format("float64", 0, 0)),
    Mistake(
        "infinity beside padding", step("three", [NAN, [1.0, np.inf], [1.0, 2.0]]), TOO_LARGE.format("float64", 1, 1)
    ),
    Mistake("too large", step("float32", [1.0, 1e39]), TOO_LARGE.format("float32", 0, 1)),
    Mistake("too large in an array", step("float32", np.array([1.0, 1e39])), TOO_LARGE.format("float32", 0, 1)),
    Mistake("too large in a list", step("float32", ["1e39", "1"]), TOO_LARGE.format("float32", 0, 0)),
    Mistake(
        "columns in another order", step("frames", NOW.iloc[:1, ::-1]), f"x has the features ['wind', 'temp'], {FITTED}"
    ),
    Mistake(
        "a row in another order", step("frames", NOW.iloc[0, ::-1]), f"x has the features ['wind', 'temp'], {FITTED}"
    ),
    Mistake(
        "another column",
        step("frames", NOW.iloc[:1].assign(rain=0.0)),
        f"x has the features ['temp', 'wind', 'rain'], {FITTED}",
    ),
    Mistake(
        "series in another order",
        step("named", NOW.sort_index()),
        f"x has the series ['east', 'north', 'south'], but the stream has {IDS}; {IN_THIS_ORDER}",
    ),
    Mistake(
        "series in another order, with times",
        step("named", NOW[::-1].set_axis(pd.MultiIndex.from_product([IDS[::-1], [99]]))),
        f"x has the series ['east', 'south', 'north'], but the stream has {IDS}; {IN_THIS_ORDER}",
    ),
    Mistake(
        "two of three series",
        step("named", NOW[:2]),
        f"x has the series ['north', 'south'], but the stream has {IDS}; {IN_THIS_ORDER}",
    ),
]

PREDICT_MISTAKES = [
    Mistake("predict None", predict("one", None), f"X is None; {FORMS}", TypeError),
    Mistake("predict text", predict("one", "up"), f"X is of type str; {FORMS}", TypeError),
    Mistake(
        "predict no list",
        predict("one", []),
        "Found array with 0 sample(s) (shape=(0,)) while a minimum of 1 is required.",
    ),
    Mistake(
        "predict one row",
        predict("one", X[0]),
        re.compile(r"Expected 2D array, got 1D array instead, of shape .*", re.DOTALL),
    ),
    Mistake(
        "predict text in a list", predict("one", [["up", "1"]]), f"X is not numeric, it holds the text 'up'; {ENCODE}"
    ),
    Mistake("predict 2 of 1", predict("one", PANEL[:2]), f"X has 2 series, but the stream has 1; {OF_EACH}"),
    Mistake("predict 1 of 3", predict("three", X), f"X has 1 series, but the stream has 3; {OF_EACH}"),
    Mistake(
        "predict a list of 2 of 3", predict("three", RAGGED[:2]), f"X has 2 series, but the stream has 3; {OF_EACH}"
    ),
    Mistake(
        "predict 3 features",
        predict("one", np.zeros((4, 3))),
        "X has 3 features, but LSTMRegressor is expecting 2 features as input.",
    ),
    Mistake(
        "predict 3 features, 3-D",
        predict("one", np.zeros((1, 4, 3))),
        "X has 3 features, but LSTMRegressor is expecting 2 features as input per step: X is 3-D, in fit it was 2-D.",
    ),
    Mistake(
        "predict NaN",
        predict("one", changed(X, (3, 1), np.nan)),
        f"X has NaN inside sequence 0 (step 3, feature 1); {IMPUTE}",
    ),
    Mistake(
        "predict infinity",
        predict("float32", changed(PANEL[:1], (0, 3, 1), 1e39)),
        "X has infinity, or a value too large for float32, inside sequence 0 (step 3, feature 1); replace or clip it, or scale X "
        "first.",
    ),
    Mistake("predict columns in another order", predict("frames", FRAME.loc["north"].iloc[:, ::-1]), FRAME_NAMES),
    Mistake(
        "predict frames in another order",
        predict("frames", [FRAME.loc["north"].iloc[:, ::-1]]),
        f"X has the features ['wind', 'temp'], {FITTED}",
    ),
    Mistake("predict backwards", predict("frames", FRAME.loc["north"].iloc[::-1]), NOT_IN_ORDER),
    Mistake("predict a panel backwards", predict("named", FRAME.loc[["north"]].iloc[::-1]), NOT_IN_ORDER),
    Mistake(
        "predict another series",
        predict("named", FRAME.rename(index={"south": "west"})),
        f"X has the series ['west'], but the stream has {IDS}; {OF_HISTORY}",
    ),
    Mistake("predict names", predict("frames", FRAME), f"X has the series {IDS}, but the stream has [0]; {OF_HISTORY}"),
    Mistake(
        "predict other numbers",
        predict("three", X, series=np.repeat([1, 3], 60)),
        f"X has the series [3], but the stream has [0, 1, 2]; {OF_HISTORY}",
    ),
    Mistake("predict 3-D with series", predict("three", PANEL, series=IDS), TABLE_ONLY.format("3-D")),
    Mistake(
        "predict a list with series", predict("three", RAGGED, series=IDS), TABLE_ONLY.format("a list of sequences")
    ),
    Mistake(
        "predict too few series",
        predict("three", X, series=[0, 1, 2]),
        "series must give one id per row of a 2-D X, shape (120,); got shape (3,).",
    ),
    Mistake(
        "predict a missing id",
        predict("three", X[:3], series=[0, None, 2]),
        "series has a missing id in row 1; give every row one.",
    ),
]

STATE_MISTAKES = [
    Mistake("state None", setting("one", None), f"{STATE}'NoneType' object is not iterable."),
    Mistake("state of numbers", setting("one", [1.0]), f"{STATE}'float' object is not iterable."),
    Mistake("state without cells", setting("one", [(ZERO,)]), f"{STATE}got [[(1, 5)]]."),
    Mistake("state without tuples", setting("one", [ZERO, ZERO]), f"{STATE}got [[(5,)], [(5,)]]."),
    Mistake(
        "state of 2 layers", setting("one", [(ZERO, ZERO)] * 2), f"{STATE}got [[(1, 5), (1, 5)], [(1, 5), (1, 5)]]."
    ),
    Mistake(
        "state of 2 series", setting("one", [(np.zeros((2, 5)), np.zeros((2, 5)))]), f"{STATE}got [[(2, 5), (2, 5)]]."
    ),
    Mistake(
        "ragged state",
        setting("one", [([[1.0], [1.0, 2.0]], ZERO)]),
        re.compile(re.escape(STATE) + r"setting an array element .*"),
    ),
    Mistake(
        "state of text", setting("one", [(ZERO.astype(str), ZERO)]), "The state must be real numbers; got dtype <U32."
    ),
    Mistake(
        "complex state", setting("one", [(ZERO, ZERO + 1j)]), "The state must be real numbers; got dtype complex128."
    ),
    Mistake(
        "state of NaN",
        setting("one", [(ZERO, ZERO + np.nan)]),
        "The state has NaN, infinity or a value too large for float64; set finite numbers.",
    ),
    Mistake(
        "state too large",
        setting("float32", [(ZERO, ZERO + 1e39)]),
        "The state has NaN, infinity or a value too large for float32; set finite numbers.",
    ),
    Mistake("reset a name", reset("one", "north"), "The stream has no series ['north']; it has [0]."),
    Mistake("reset a number", reset("one", 1), "The stream has no series [1]; it has [0]."),
    Mistake(
        "reset some unknown",
        reset("named", np.array(["west", "north"])),
        f"The stream has no series ['west']; it has {IDS}.",
    ),
    Mistake(
        "reset a tuple",
        reset("named", ("north", "south")),
        f"The stream has no series [('north', 'south')]; it has {IDS}.",
    ),
]


@pytest.mark.parametrize("mistake", cases([*STEP_MISTAKES, *PREDICT_MISTAKES, *STATE_MISTAKES]))
def test_what_raises_an_error_leaves_the_state(mistake):
    stream = STREAMS[mistake.act.stream]()
    before = flat(stream)
    assert before.any()
    mistake.check(stream)
    assert_array_equal(flat(stream), before, strict=True)
