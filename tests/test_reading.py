"""Every form of X is read as the same sequences, and predictions come back in its form."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from sklearn_rnn import GRURegressor, LSTMRegressor, RNNRegressor, ShiftFramer
from sklearn_rnn._reading import read_sequences

LENGTHS = (6, 3, 1, 5, 4)
nan = np.nan


class Reader(BaseEstimator):
    """Stands in for an estimator."""


def read(X, *, per_step=False, dtype=np.float64, **options):
    return read_sequences(Reader(), X, per_step=per_step, dtype=dtype, reset=True, **options)


def steps_of(sequences):
    return [
        sequences.table[start + sequences.stride * np.arange(length)].tolist()
        for start, length in zip(sequences.starts, sequences.lengths, strict=True)
    ]


def make_ragged(n_features=2, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(length, n_features)) for length in LENGTHS]


def pad(sequences, side, value=nan, width=8):
    padded = np.full((len(sequences), width, *np.shape(sequences[0])[1:]), value)
    for row, sequence in zip(padded, sequences, strict=True):
        place = slice(width - len(sequence), None) if side == "pre" else slice(len(sequence))
        row[place] = sequence
    return padded


@pytest.mark.parametrize(
    "form",
    [
        lambda X: X,
        tuple,
        lambda X: [x.tolist() for x in X],
        lambda X: [pd.DataFrame(x) for x in X],
        lambda X: pad(X, "pre"),
        lambda X: pad(X, "post"),
        lambda X: pad(X, "pre").tolist(),
        lambda X: pad(X, "post").astype(object),
    ],
)
def test_ragged_and_padded_forms_are_the_same_sequences(form):
    X = make_ragged()
    assert steps_of(read(form(X))) == [x.tolist() for x in X]


def test_object_array_of_sequences():
    X = np.empty(len(LENGTHS), dtype=object)
    X[:] = make_ragged()
    assert steps_of(read(X)) == [x.tolist() for x in X]


def test_univariate_forms():
    X = [np.array([1.0, 2, 3]), np.array([4.0]), np.array([5.0, 6])]
    rows = np.array([[1, 2, 3], [4, nan, nan], [5, 6, nan]])
    expected = [[[1.0], [2.0], [3.0]], [[4.0]], [[5.0], [6.0]]]
    for form in (X, [x.tolist() for x in X], rows, pd.DataFrame(rows), rows[:, :, None]):
        assert steps_of(read(form)) == expected


def test_list_of_arrays_of_equal_length_is_a_list_of_sequences():
    sequences = read([np.arange(3.0), np.arange(3.0)], per_step=True)
    assert sequences.layout.form == "ragged"
    assert read([[0.0, 1, 2], [0.0, 1, 2]], per_step=True).layout.form == "rows"


def test_table_is_one_sequence_with_a_target_per_row():
    X = np.arange(8.0).reshape(4, 2)
    assert steps_of(read(X, per_step=True)) == [X.tolist()]


def test_series_of_a_table():
    X = np.arange(12.0).reshape(6, 2)
    ids = ["b", "a", "b", "a", "a", "b"]
    expected = [X[[0, 2, 5]].tolist(), X[[1, 3, 4]].tolist()]
    by_metadata = read(X, per_step=True, series=ids)
    index = pd.MultiIndex.from_arrays([ids, [0, 0, 1, 1, 2, 2]])
    by_index = read(pd.DataFrame(X, index=index), per_step=True)
    for sequences in (by_metadata, by_index):
        assert steps_of(sequences) == expected
        values = sequences.table[:, 0]
        assert sequences.layout.from_steps(values, np.array(nan)).tolist() == X[:, 0].tolist()


@pytest.mark.parametrize("mask_value", [0.0, -7.5])
def test_mask_value_skips_steps_anywhere(mask_value):
    X = pad(make_ragged(), "pre", mask_value)
    X[0, 4] = mask_value  # within the sequence
    X[3, :, 0] = mask_value  # one feature alone masks nothing
    assert steps_of(read(X, mask_value=mask_value)) == [
        [step for step in sequence if step != [mask_value, mask_value]] for sequence in X.tolist()
    ]


def test_sequence_of_padding_is_empty():
    X = pad(make_ragged(), "pre")
    X[2] = nan
    assert read(X).lengths.tolist() == [6, 3, 0, 5, 4]


def test_windows_are_read_without_a_copy():
    table = np.random.default_rng(0).normal(size=(50, 3))
    windows = ShiftFramer(lags=4, step=2, horizon=3).fit_transform(table)
    sequences = read(windows)
    assert np.shares_memory(sequences.table, table)
    expected = [[row.tolist() for row in window if not np.isnan(row).any()] for window in np.asarray(windows)]
    assert steps_of(sequences) == expected
    assert steps_of(read(windows[10:20])) == expected[10:20]


def test_padding_within_the_table_of_windows():
    table = np.arange(10.0)[:, None]
    table[:3] = nan
    windows = ShiftFramer(lags=3, step=1, horizon=1).fit_transform(table)
    assert read(windows).lengths.tolist() == [0, 0, 0, 0, 1, 2, 3, 3, 3, 3]


def test_memory_is_shared_with_read_only_input():
    X = np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32)
    X.setflags(write=False)
    y = X.sum(axis=1)
    model = RNNRegressor(max_epochs=1, random_state=0).fit(X, y)
    assert np.isfinite(model.predict(X)).all()
    assert np.shares_memory(read(X, dtype=np.float32).table, X)


MODELS = (RNNRegressor, LSTMRegressor, GRURegressor)


@pytest.mark.parametrize(
    ("model", "sizes", "bidirectional", "side", "return_sequences", "dtype"),
    list(
        itertools.product(MODELS, ((4,), (4, 3)), (False, True), ("pre", "post"), (False, True), ("float32", "float64"))
    ),
)
def test_masked_equals_unpadded(model, sizes, bidirectional, side, return_sequences, dtype):
    tolerance = {"float32": 1e-6, "float64": 1e-12}[dtype]
    X = make_ragged()
    y = [x[:, 0] for x in X] if return_sequences else np.array([x.sum() for x in X])
    padded_y = pad(y, side) if return_sequences else y
    options = {"hidden_layer_sizes": sizes, "bidirectional": bidirectional, "return_sequences": return_sequences}
    options |= {"dtype": dtype, "max_epochs": 3, "batch_size": 3, "random_state": 0}
    unpadded, nan_padded = model(**options).fit(X, y), model(**options).fit(pad(X, side), padded_y)
    zeros = model(**options, mask_value=0.0).fit(pad(X, side, 0.0), padded_y)
    alone = [unpadded.predict([x])[0] for x in X]  # each sequence by itself, where nothing is padded
    for fitted, form in (
        (nan_padded, pad(X, side)),
        (zeros, pad(X, side, 0.0)),
        (unpadded, pad(X, side)),
    ):
        predicted = fitted.predict(form)
        for i, expected in enumerate(alone):
            place = slice(8 - LENGTHS[i], None) if side == "pre" else slice(LENGTHS[i])
            got = predicted[i][place] if return_sequences else predicted[i]
            assert np.abs(got - expected).max() <= tolerance


@pytest.mark.parametrize("return_sequences", [False, True])
def test_predictions_have_the_form_of_x(return_sequences):
    X = make_ragged()
    y = list(X) if return_sequences else np.array([x.sum(axis=0) for x in X])
    model = GRURegressor(return_sequences=return_sequences, max_epochs=1).fit(X, y)
    ragged, dense = model.predict(X), model.predict(pad(X, "post"))
    if return_sequences:
        assert [p.shape for p in ragged] == [(length, 2) for length in LENGTHS]
        assert dense.shape == (5, 8, 2)
    else:
        assert ragged.shape == dense.shape == (5, 2)


def test_padded_steps_repeat_the_step_before():
    X = make_ragged()
    model = LSTMRegressor(return_sequences=True, max_epochs=1).fit(X, [x[:, 0] for x in X])
    post, pre = model.predict(pad(X, "post")), model.predict(pad(X, "pre"))
    initial = model.predict(np.full((1, 2, 2), nan))
    for i, length in enumerate(LENGTHS):
        assert (post[i, length:] == post[i, length - 1]).all()
        assert (pre[i, : 8 - length] == initial[0, 0]).all()


def test_rows_of_series_get_their_own_predictions():
    rng = np.random.default_rng(0)
    X, ids = rng.normal(size=(30, 2)), rng.integers(0, 3, size=30)
    model = GRURegressor(return_sequences=True, max_epochs=2, dtype="float64").fit(X, X[:, 0], series=ids)
    predicted = model.predict(X, series=ids)
    for i in range(3):
        np.testing.assert_allclose(predicted[ids == i], model.predict(X[ids == i]), rtol=0, atol=1e-12)
    changed = X.copy()
    changed[ids == 1] += 10
    np.testing.assert_array_equal(model.predict(changed, series=ids)[ids != 1], predicted[ids != 1])
