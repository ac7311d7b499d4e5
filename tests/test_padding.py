"""SequencePadder pads and cuts as pad_sequences of Keras does, and takes padding away again."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sklearn_rnn.preprocessing import SequencePadder

X = [[1, 2, 3, 4], [1, 2, 3], [1]]


def reference(sequences, maxlen, padding, truncating, value):
    """Pad one step at a time, as the documentation of pad_sequences says."""
    result = []
    for sequence in sequences:
        steps = list(sequence)
        while len(steps) > maxlen:
            steps.pop(0 if truncating == "pre" else -1)
        while len(steps) < maxlen:
            steps.insert(0 if padding == "pre" else len(steps), value)
        result.append(steps)
    return np.array(result)


# Numbers


def test_padding():
    pre = SequencePadder().fit_transform(X)
    assert pre.tolist() == [[1, 2, 3, 4], [0, 1, 2, 3], [0, 0, 0, 1]]
    post = SequencePadder(padding="post").fit_transform(X)
    assert post.tolist() == [[1, 2, 3, 4], [1, 2, 3, 0], [1, 0, 0, 0]]


def test_truncating():
    pre = SequencePadder(maxlen=2).fit_transform(X)
    assert pre.tolist() == [[3, 4], [2, 3], [0, 1]]
    post = SequencePadder(maxlen=2, truncating="post").fit_transform(X)
    assert post.tolist() == [[1, 2], [1, 2], [0, 1]]


@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("truncating", ["pre", "post"])
@pytest.mark.parametrize("maxlen", [1, 3, 4, 6])
def test_against_a_reference(padding, truncating, maxlen):
    padder = SequencePadder(maxlen, padding=padding, truncating=truncating, value=-1)
    sequences = [*X, [], [5] * 9]
    np.testing.assert_array_equal(
        padder.fit_transform(sequences), reference(sequences, maxlen, padding, truncating, -1)
    )
    steps = [np.stack([sequence, sequence], axis=1) for sequence in sequences]
    padded = padder.fit_transform(steps)
    assert padded.shape == (5, maxlen, 2)
    for feature in range(2):
        np.testing.assert_array_equal(padded[:, :, feature], reference(sequences, maxlen, padding, truncating, -1))


def test_length_is_that_of_training_data():
    padder = SequencePadder().fit(X)
    assert padder.maxlen_ == 4
    assert padder.transform([[7] * 5]).tolist() == [[7] * 4]
    assert SequencePadder().fit([[1, 2], [3, 4]]).transform([[5, 6, 7]]).tolist() == [[6, 7]]
    assert padder.transform([[7], [1, 2, 3, 4, 5]]).tolist() == [[0, 0, 0, 7], [2, 3, 4, 5]]


# Forms


@pytest.mark.parametrize("as_array", [list, tuple, np.array, pd.Series], ids=lambda f: f.__name__)
def test_univariate_sequences(as_array):
    padded = SequencePadder().fit_transform([as_array(sequence) for sequence in X])
    assert padded.tolist() == [[1, 2, 3, 4], [0, 1, 2, 3], [0, 0, 0, 1]]


def test_features():
    sequences = [np.arange(6.0).reshape(3, 2), np.ones((1, 2)), np.empty((0, 2)), []]
    padded = SequencePadder(padding="post").fit_transform(sequences)
    assert padded.shape == (4, 3, 2)
    np.testing.assert_array_equal(padded[1], [[1, 1], [0, 0], [0, 0]])
    assert (padded[2:] == 0).all()


def test_arrays():
    table = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(SequencePadder().fit_transform(table), table)
    np.testing.assert_array_equal(SequencePadder(2).fit_transform(table), table[:, 1:])
    np.testing.assert_array_equal(SequencePadder(4).fit_transform(table)[:, 1:], table)
    np.testing.assert_array_equal(SequencePadder(2).fit_transform(table[:, :, None]), table[:, 1:, None])
    np.testing.assert_array_equal(SequencePadder().fit_transform([table, table]), np.stack([table, table]))


def test_forms_may_differ_between_fit_and_transform():
    padder = SequencePadder().fit(np.ones((2, 3)))
    assert padder.transform([[1.0], [1.0, 2.0]]).shape == (2, 3)
    assert padder.transform(np.ones((2, 5, 1))).shape == (2, 3, 1)
    assert SequencePadder().fit([[1.0], [1.0, 2.0]]).transform(np.ones((2, 5))).shape == (2, 2)


@pytest.mark.parametrize(
    ("dtype", "value", "expected"),
    [
        ("int64", 0.0, "int64"),
        ("int32", 0, "int32"),
        ("uint8", 300, "uint16"),
        ("int64", 0.5, "float64"),
        ("int64", np.nan, "float64"),
        ("float32", np.nan, "float32"),
        ("float64", 0.0, "float64"),
        ("bool", 0.0, "float64"),
    ],
)
def test_dtype(dtype, value, expected):
    sequences = [np.ones(2, dtype=dtype), np.ones(1, dtype=dtype), []]
    padded = SequencePadder(value=value).fit_transform(sequences)
    assert padded.dtype == expected
    np.testing.assert_array_equal(padded, np.array([[1, 1], [value, 1], [value, value]]))


def test_nan_within_x_stays():
    table = np.array([[np.nan, 1.0], [np.nan, np.nan]])
    np.testing.assert_array_equal(SequencePadder(3).fit_transform(table), np.c_[np.zeros(2), table])


# Inverse


@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("value", [0.0, -1, np.nan, 0.1])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("shape", [(), (2,)])
def test_inverse_round_trip(padding, value, dtype, shape):
    sequences = [np.full((n, *shape), n, dtype=dtype) for n in (4, 1, 0, 2)]
    padder = SequencePadder(padding=padding, value=np.float64(value))
    back = padder.inverse_transform(padder.fit_transform(sequences))
    assert isinstance(back, list)
    for left, right in zip(back, sequences, strict=True):
        np.testing.assert_array_equal(left, right)


def test_inverse_takes_whole_steps_at_the_padded_side_alone():
    padder = SequencePadder(maxlen=4).fit([np.ones((2, 2))])
    padded = np.array([[[0, 0], [0, 1], [0, 0], [0, 0]]])
    assert padder.inverse_transform(padded)[0].tolist() == [[0, 1], [0, 0], [0, 0]]
    univariate = SequencePadder(maxlen=3).fit(X)
    assert univariate.inverse_transform([[0, 0, 5]])[0].tolist() == [5]


# As a scikit-learn estimator


def test_pandas_output():
    padder = SequencePadder().set_output(transform="pandas")
    result = padder.fit_transform(X)
    assert list(result.columns) == ["step0", "step1", "step2", "step3"]
    assert [sequence.tolist() for sequence in padder.inverse_transform(result)] == X
    table = pd.DataFrame([[1.0, 2.0]], columns=["u", "v"], index=["row"])
    pd.testing.assert_frame_equal(padder.fit_transform(table), table)
    assert list(padder.set_params(maxlen=3).fit_transform(table).columns) == ["step0", "step1", "step2"]
    assert isinstance(padder.fit_transform([np.ones((2, 2))]), np.ndarray)
    assert padder.get_feature_names_out().tolist() == ["x0", "x1"]


def test_inverse_does_not_ask_for_names():
    table = pd.DataFrame([[1.0, 2.0]], columns=["u", "v"])
    assert SequencePadder().fit(table).inverse_transform(table.to_numpy())[0].tolist() == [1.0, 2.0]


def test_clone_and_pickle():
    padder = SequencePadder(5, padding="post", truncating="post", value=-1)
    params = {"maxlen": 5, "padding": "post", "truncating": "post", "value": -1}
    assert clone(padder).get_params() == params
    again = pickle.loads(pickle.dumps(padder.fit(X)))
    np.testing.assert_array_equal(again.transform(X), padder.transform(X))


# Messages


def test_unfitted():
    with pytest.raises(NotFittedError):
        SequencePadder().transform(X)
    with pytest.raises(NotFittedError):
        SequencePadder().inverse_transform(X)


BAD = {
    "empty list": ([], "Found array with 0 sample(s) (shape=(0,)) while a minimum of 1 is required."),
    "no steps": ([np.empty(0), np.empty(0)], "X has no steps to learn maxlen from: every sequence is empty. Give"),
    "1-D": (np.arange(3.0), "Expected 2D array, got 1D array instead"),
    "4-D": (np.zeros((2, 2, 2, 2)), "X has 4 dimensions; expected a 2-D table"),
    "mixed": ([np.ones(2), np.ones((2, 1))], "X mixes sequences of 1 and 2 dimensions (sequence 1); expected shape"),
    "features": ([np.ones((2, 2)), np.ones((2, 3))], "X has ragged features: sequence 1 has 3, sequence 0 has 2"),
    "text": ([["a", "b"], ["c"]], "Sequence 0 of X is not numeric"),
    "scalars": ([1, 2], "Sequence 0 of X has 0 dimensions; expected (steps, features), or (steps,)"),
    "complex": ([np.ones(2, dtype=complex)], "Complex data not supported"),
}


@pytest.mark.parametrize(("bad", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input_of_fit(bad, message):
    padder = SequencePadder().fit(X)
    before = dict(vars(padder))
    with pytest.raises(ValueError, match=re.escape(message)):
        padder.fit(bad)
    assert vars(padder) == before


def test_other_features_than_in_fit():
    padder = SequencePadder().fit([np.ones((2, 2))])
    with pytest.raises(ValueError, match="X has 1 features, but SequencePadder is expecting 2 features as input"):
        padder.transform(X)
    with pytest.raises(ValueError, match="per step: X is 2-D, in fit it was a list of sequences"):
        padder.transform(np.ones((2, 2)))
    with pytest.raises(ValueError, match="X has 3 features, but SequencePadder is expecting 2 features as input"):
        SequencePadder().fit(np.ones((2, 2))).transform(np.ones((2, 3)))


def test_inverse_of_other_shapes():
    padder = SequencePadder().fit(X)
    with pytest.raises(ValueError, match=re.escape("X has 3 steps per sequence; expected maxlen_=4.")):
        padder.inverse_transform(np.ones((2, 3)))
    message = "X is a list of arrays; expected padded sequences, an array of shape (n, 4) or (n, 4, n_features)."
    with pytest.raises(ValueError, match=re.escape(message)):
        padder.inverse_transform(X)
    with pytest.raises(ValueError, match="X has 2 features, but SequencePadder is expecting 1 features"):
        padder.inverse_transform(np.ones((2, 4, 2)))


@pytest.mark.parametrize("params", [{"maxlen": 0}, {"padding": "left"}, {"truncating": None}, {"value": "0"}])
def test_bad_parameters(params):
    with pytest.raises(ValueError, match=f"The '{next(iter(params))}' parameter of SequencePadder must be"):
        SequencePadder(**params).fit(X)
