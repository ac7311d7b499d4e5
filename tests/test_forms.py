"""What X is: decided once, where it comes in, and remembered of fit by a reader."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator

from sklearn_rnn import ShiftFramer
from sklearn_rnn._data.forms import Table, as_form
from sklearn_rnn._data.lag_columns import StepColumns
from sklearn_rnn._data.panels import Dense, Framed, Ragged
from sklearn_rnn._data.reading import FittedForm, Reader

ROWS = np.arange(12.0).reshape(6, 2)
FRAME = pd.DataFrame(ROWS, columns=["u", "v"])
PANEL = FRAME.set_index(pd.MultiIndex.from_arrays([list("aabbab"), [0, 1, 0, 1, 2, 2]]))
OBJECTS = np.empty(2, dtype=object)
OBJECTS[:] = [ROWS, ROWS[:2]]
WINDOWS = ShiftFramer(lags=2).fit_transform(FRAME)

FORMS = {
    "array": (ROWS, Table, 6),
    "DataFrame": (FRAME, Table, 6),
    "lists of equal lengths": ([[1, 2], [3, 4], [5, 6]], Table, 3),
    "tuples of equal lengths": (((1, 2), (3, 4)), Table, 2),
    "3-D array": (ROWS.reshape(3, 2, 2), Dense, 3),
    "nested lists": (ROWS.reshape(3, 2, 2).tolist(), Dense, 3),
    "arrays of unequal lengths": ([ROWS, ROWS[:2]], Ragged, 2),
    "arrays of equal lengths": ([np.array([1, 2]), np.array([3, 4]), np.array([5, 6])], Ragged, 3),
    "object array of arrays": (OBJECTS, Ragged, 2),
    "lists of unequal lengths": ([[1, 2, 3], [4]], Ragged, 2),
    "DataFrames": ([FRAME, FRAME[:2]], Ragged, 2),
    "windows": (WINDOWS, Framed, 6),
}


@pytest.mark.parametrize(("X", "form", "n"), FORMS.values(), ids=FORMS.keys())
def test_as_form(X, form, n):
    got = as_form(X)
    assert type(got) is form
    assert got.given is X
    assert len(got) == n
    assert as_form(got) is got


@pytest.mark.parametrize(("X", "form", "n"), FORMS.values(), ids=FORMS.keys())
def test_a_form_is_read_as_what_the_user_gave(X, form, n):
    for per_step in (False, True):
        reader = Reader("Model", per_step, np.float64)
        fitted, sequences = reader.learn(X)
        again, same = reader.learn(as_form(X))
        assert fitted == again
        assert sequences.per_step == same.per_step == per_step
        assert (sequences.layout is not None) == per_step
        np.testing.assert_array_equal(sequences.table, same.table)
        np.testing.assert_array_equal(sequences.lengths, same.lengths)
        assert len(sequences) == (1 if per_step and form is Table else n)


def test_forms_know_names_and_series():
    for X in (FRAME, PANEL, [FRAME, FRAME], WINDOWS):
        assert list(as_form(X).names) == ["u", "v"]
    for X in (ROWS, FRAME.set_axis([0, 1], axis=1), [ROWS], ROWS[None], ShiftFramer().fit_transform(ROWS)):
        assert as_form(X).names is None
    assert as_form(PANEL).tells_series
    assert as_form(ShiftFramer().fit_transform(PANEL)).tells_series
    for X in (ROWS, FRAME, WINDOWS, [ROWS, ROWS], ROWS[None], [PANEL]):
        assert not as_form(X).tells_series
    assert as_form(PANEL).index is PANEL.index
    assert as_form([ROWS]).index is None


BAD = {
    "text": ("text", TypeError, r"X is of type str; expected a 2-D table, a 3-D array \(sequences, steps, features\)"),
    "None": (None, TypeError, "X is None; expected a 2-D table"),
    "number": (1.5, TypeError, "X is of type float; expected a 2-D table"),
    "dict": ({"u": [1.0]}, TypeError, "X is of type dict"),
    "sparse": (sparse.csr_matrix(ROWS), TypeError, r"X is sparse, but dense data is required; use .toarray\(\)"),
    "masked": (np.ma.masked_less(ROWS, 3), ValueError, r"X is a masked array, .* fill its gaps first, by .filled\(\)"),
    "complex": (ROWS * 1j, ValueError, "Complex data not supported: X is complex"),
    "complex lists": ([[1j, 2], [3, 4]], ValueError, "Complex data not supported: X is complex"),
    "sparse sequence": ([ROWS, sparse.csr_matrix(ROWS)], TypeError, "Sequence 1 of X is sparse"),
    "dates": (np.zeros((3, 2), dtype="M8[s]"), ValueError, r"X is not numeric, its dtype is datetime64\[s\]"),
    "empty": ([], ValueError, r"Found array with 0 sample\(s\)"),
    "4-D": (np.zeros((1, 2, 3, 4)), ValueError, "X has 4 dimensions; expected a 2-D table"),
    "deep lists": ([[[1, 2], [3]], [[4]]], ValueError, "Sequence 0 of X is made of lists of unequal lengths"),
    "columns": ([FRAME, FRAME[["v", "u"]]], ValueError, r"Sequence 1 of X has the columns \['v', 'u'\]"),
}


@pytest.mark.parametrize(("X", "error", "message"), BAD.values(), ids=BAD.keys())
def test_what_has_no_form(X, error, message):
    with pytest.raises(error, match=message):
        as_form(X)


def test_sequences_know_whether_targets_are_per_step():
    _, sequences = Reader("Model", True, np.float64).learn([ROWS, ROWS[:3]])
    for some in (sequences.take(np.array([1])), sequences.keep_first(np.array([2, 2]))):
        assert some.per_step
        assert some.layout is None
    assert not Reader("Model", False, np.float64).learn([ROWS])[1].take(np.array([0])).per_step


# What a reader remembers


class Model(BaseEstimator):
    """Receives what scikit-learn sets, and nothing else."""


def learn(X, per_step=True, **options):
    model = Model()
    fitted, _ = Reader("Model", per_step, np.float64).learn(X, columns_of=model, **options)
    return model, Reader("Model", per_step, np.float64, fitted=fitted)


@pytest.mark.parametrize(
    ("X", "per_step", "fitted", "columns"),
    [
        (FRAME, True, FittedForm("table", 2, ["u", "v"]), ["u", "v"]),
        (FRAME, False, FittedForm("table", 1, columns=StepColumns()), ["u", "v"]),
        (PANEL, True, FittedForm("table", 2, ["u", "v"], has_series=True), ["u", "v"]),
        (PANEL, False, FittedForm("table", 1, columns=StepColumns()), ["u", "v"]),
        (ROWS, True, FittedForm("table", 2), None),
        (ROWS[None], True, FittedForm("dense", 2), None),
        ([ROWS], False, FittedForm("ragged", 2), None),
        ([FRAME], True, FittedForm("ragged", 2, ["u", "v"]), None),
        (WINDOWS, False, FittedForm("dense", 2, ["u", "v"]), None),
    ],
)
def test_what_a_fit_learns(X, per_step, fitted, columns):
    model, reader = learn(X, per_step)
    assert reader.fitted == fitted
    assert all(isinstance(value, str | int | list | dict | None) for value in asdict(fitted).values())
    expected = {"n_features_in_": 2} | ({} if columns is None else {"feature_names_in_": columns})
    assert {name: getattr(value, "tolist", lambda v=value: v)() for name, value in vars(model).items()} == expected


def test_a_list_leaves_no_names_of_columns():
    model, _ = learn(FRAME)
    Reader("Model", True, np.float64).learn([ROWS], columns_of=model)
    assert vars(model) == {"n_features_in_": 2}


def test_reading_sets_nothing():
    model, reader = learn(FRAME)
    before = dict(vars(model))
    for X in (FRAME, [ROWS], ROWS[None], WINDOWS):
        reader.read(X, columns_of=model)
        assert vars(model) == before


def test_columns_are_compared_by_scikit_learn():
    model, reader = learn(FRAME)
    with pytest.raises(ValueError, match="The feature names should match those that were passed during fit"):
        reader.read(FRAME[["v", "u"]], columns_of=model)
    with pytest.warns(UserWarning, match="X does not have valid feature names, but Model was fitted with feature"):
        reader.read(ROWS, columns_of=model)
    model, reader = learn(ROWS)
    with pytest.raises(ValueError, match="X has 3 features, but Model is expecting 2 features as input"):
        reader.read(np.zeros((2, 3)), columns_of=model)


def test_without_an_estimator_the_fitted_form_is_compared():
    _, reader = learn(FRAME)
    assert reader.read(ROWS).n_features == 2
    with pytest.raises(ValueError, match=r"X has the features \['v', 'u'\], but Model was fitted with \['u', 'v'\]"):
        reader.read(FRAME[["v", "u"]])
    with pytest.raises(ValueError, match="X has 3 features, but Model is expecting 2 features as input"):
        reader.read(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="X is a list of sequences, in fit it was 2-D"):
        reader.read([np.zeros((2, 3))])


def test_univariate_rows_as_steps():
    model, reader = learn(FRAME, per_step=False)
    steps = Reader("Model", True, np.float64, fitted=reader.fitted.as_steps())
    table = steps.read(ROWS[:, :1], columns_of=model)  # no warning about the names of columns, which are no features
    assert (len(table), table.n_steps) == (1, 6)
    with pytest.raises(ValueError, match="X has 2 features, but Model is expecting 1 features as input per step"):
        steps.read(ROWS, columns_of=model)
    other = FittedForm("ragged", 2)
    assert other.as_steps() == other


def test_series_of_fit_must_be_told():
    model, reader = learn(PANEL)
    with pytest.raises(ValueError, match="X has lost its series: Model was fitted on series"):
        reader.read(FRAME, columns_of=model)
    assert len(reader.read(FRAME, list("aabbab"), columns_of=model)) == 2
    assert len(reader.read([ROWS, ROWS], columns_of=model)) == 2
