"""SequenceOneHotEncoder encodes texts, lists of tokens and tables of labels, and decodes them again."""

import pickle
import re
import string
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sklearn_rnn.datasets import load_names
from sklearn_rnn.preprocessing import SequenceOneHotEncoder

WEATHER = ["cold", "cold", "warm", "cold", "hot", "hot", "warm", "cold", "warm", "hot"]


# Numbers


def test_weather():
    encoder = SequenceOneHotEncoder().fit([WEATHER])
    (steps,) = encoder.transform([WEATHER])
    assert steps.shape == (10, 3)
    assert steps.argmax(axis=1).tolist() == [0, 0, 2, 0, 1, 1, 2, 0, 2, 1]
    assert (steps.sum(axis=1) == 1).all()
    assert encoder.categories_.tolist() == ["cold", "hot", "warm"]
    assert encoder.inverse_transform([steps]) == [WEATHER]


def test_weather_as_a_table():
    X = np.array(WEATHER).reshape(5, 2)
    encoder = SequenceOneHotEncoder().fit(X)
    steps = encoder.transform(X)
    assert steps.shape == (5, 2, 3)
    np.testing.assert_array_equal(encoder.inverse_transform(steps), X)


def test_ascii_text():
    encoder = SequenceOneHotEncoder("ascii").fit(["Hello!"])
    every = ["".join(map(chr, range(128))), string.printable, ""]
    steps = encoder.transform(every)
    assert [step.shape for step in steps] == [(128, 128), (100, 128), (0, 128)]
    np.testing.assert_array_equal(steps[0], np.eye(128))
    assert encoder.inverse_transform(steps) == every


def test_any_text():
    names = load_names().data[:200]
    encoder = SequenceOneHotEncoder().fit(names)
    assert encoder.inverse_transform(encoder.transform(names)) == list(names)


# Forms


@pytest.mark.parametrize("container", [list, tuple, np.array, pd.Series, lambda X: np.array(X, dtype=object)])
def test_containers_of_strings(container):
    X = container(["abc", "", "cb"])
    encoder = SequenceOneHotEncoder()
    steps = encoder.fit_transform(X)
    assert isinstance(steps, list)
    assert [step.argmax(axis=1).tolist() for step in steps if len(step)] == [[0, 1, 2], [2, 1]]
    assert encoder.inverse_transform(steps) == ["abc", "", "cb"]


@pytest.mark.parametrize(
    "X",
    [
        [["b", "a"], [], ["c"]],
        [["b", "a"], ["c", "a"]],
        [np.array(["b", "a"]), np.array(["c"])],
        [[3, 1], [2]],
        [np.array([3, 1]), np.array([2, 2])],
        (["b", "a"], ("c",)),
    ],
    ids=str,
)
def test_lists_of_tokens(X):
    encoder = SequenceOneHotEncoder()
    steps = encoder.fit_transform(X)
    assert isinstance(steps, list)
    assert all(step.shape == (len(tokens), len(encoder.categories_)) for step, tokens in zip(steps, X, strict=True))
    assert encoder.inverse_transform(steps) == [list(tokens) for tokens in X]


@pytest.mark.parametrize(
    "X",
    [
        np.array([[3, 1], [2, 2]]),
        np.array([[0.5, 1.5], [1.5, 0.5]]),
        np.array([["b", "a"], ["c", "a"]]),
        np.array([["b", "a"], ["c", "a"]], dtype=object),
        pd.DataFrame({"first": ["b", "c"], "second": ["a", "a"]}),
        pd.DataFrame({"first": ["b", "c"], "second": ["a", "a"]}, dtype="category"),
        [[3, 1], [2, 2]],
    ],
    ids=lambda X: f"{type(X).__name__} {np.asarray(X).dtype}",
)
def test_tables(X):
    encoder = SequenceOneHotEncoder()
    steps = encoder.fit_transform(X)
    assert steps.shape == (2, 2, len(encoder.categories_))
    back = encoder.inverse_transform(steps)
    assert isinstance(back, np.ndarray)
    np.testing.assert_array_equal(back, np.asarray(X))


def test_forms_may_differ_between_fit_and_transform():
    encoder = SequenceOneHotEncoder().fit(["ab"])
    assert encoder.transform([["a"], ["b", "a"]])[1].tolist() == [[0.0, 1.0], [1.0, 0.0]]
    assert encoder.transform(np.array([["a", "b", "a"]])).shape == (1, 3, 2)
    assert encoder.inverse_transform(encoder.transform(np.array([["a", "b", "a"]]))) == ["aba"]
    table = SequenceOneHotEncoder().fit(np.array([["a", "b"]]))
    (labels,) = table.inverse_transform(table.transform(["bba"]))
    assert labels.tolist() == ["b", "b", "a"]


def test_words_are_not_read_as_characters():
    message = (
        "X is strings, each of which is a sequence of its characters, but the categories are tokens such as 'cold'; "
        "expected a list of tokens for each sequence, such as text.split()."
    )
    for encoder in (
        SequenceOneHotEncoder().fit([["cold", "hot", "o"]]),
        SequenceOneHotEncoder(handle_unknown="ignore"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            encoder.fit([["cold", "hot", "o"]]).transform(["cold", "hot"])
    with pytest.raises(ValueError, match=re.escape(message)):
        SequenceOneHotEncoder(["cold", "hot"]).fit(["cold", "hot"])


def test_texts_may_have_a_token_of_their_own():
    encoder = SequenceOneHotEncoder(["a", "b", "<end>"]).fit(["ab"])
    assert encoder.transform(["ba"])[0].argmax(axis=1).tolist() == [1, 0]
    assert encoder.transform([["b", "<end>"]])[0].argmax(axis=1).tolist() == [1, 2]


def test_sequences_without_labels():
    encoder = SequenceOneHotEncoder().fit(["abc"])
    assert encoder.inverse_transform(encoder.transform([""])) == [""]
    assert encoder.inverse_transform(encoder.transform(["", ""])) == ["", ""]
    tokens = SequenceOneHotEncoder().fit([["a"]])
    assert tokens.inverse_transform(tokens.transform([[]])) == [[]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, "float64"])
@pytest.mark.parametrize("X", [["ab", "c"], [["a", None], ["b", "c"]], np.array([["a", "b"]])], ids=str)
def test_dtype(X, dtype):
    steps = SequenceOneHotEncoder(dtype=dtype).fit_transform(X)
    expected = SequenceOneHotEncoder().fit_transform(X)
    for step, one in zip(steps, expected, strict=True):
        assert step.dtype == dtype
        assert one.dtype == np.float32
        np.testing.assert_array_equal(step, one)


def test_dtype_without_nan():
    message = "dtype must be a floating type, since padding is NaN; got <class 'numpy.int8'>."
    with pytest.raises(ValueError, match=re.escape(message)):
        SequenceOneHotEncoder(dtype=np.int8).fit(["ab"])


def test_memory_is_that_of_the_result():
    tracemalloc.start()
    text = [[f"word {i}" for i in range(2000)]]
    encoder = SequenceOneHotEncoder().fit(text)
    tracemalloc.reset_peak()
    (steps,) = encoder.transform(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert steps.nbytes == 2000 * 2000 * 4
    assert peak < 1.2 * steps.nbytes


def test_given_categories():
    encoder = SequenceOneHotEncoder(["low", "high"]).fit([["high"]])
    assert encoder.categories_.tolist() == ["low", "high"]
    assert encoder.transform([["high", "low"]])[0].tolist() == [[0.0, 1.0], [1.0, 0.0]]
    assert SequenceOneHotEncoder(np.array([1, 2])).fit_transform([[2]]).tolist() == [[[0.0, 1.0]]]


# Inverse


def test_probabilities():
    encoder = SequenceOneHotEncoder().fit(["abc"])
    proba = np.array([[0.2, 0.5, 0.3], [0.4, 0.3, 0.3]])
    assert encoder.inverse_transform([proba]) == ["ba"]
    assert encoder.inverse_transform(proba[None]) == ["ba"]
    assert encoder.inverse_transform(proba).tolist() == ["b", "a"]
    assert encoder.inverse_transform(pd.DataFrame(proba)).tolist() == ["b", "a"]


# Missing and unknown labels


def test_missing_labels_are_padding():
    X = [[None, "b", "a"], ["a", np.nan], [None]]
    encoder = SequenceOneHotEncoder()
    steps = encoder.fit_transform(X)
    assert encoder.categories_.tolist() == ["a", "b"]
    assert [np.isnan(step).all(axis=1).tolist() for step in steps] == [[True, False, False], [False, True], [True]]
    assert encoder.inverse_transform(steps) == [["b", "a"], ["a"], []]


@pytest.mark.parametrize(
    "X", [np.array([[np.nan, 1.0, 2.0], [1.0, np.nan, np.nan]]), np.array([[None, "b"], ["a", None]], dtype=object)]
)
def test_padding_of_tables(X):
    encoder = SequenceOneHotEncoder()
    steps = encoder.fit_transform(X)
    np.testing.assert_array_equal(np.isnan(steps), np.repeat(pd.isna(X)[:, :, None], 2, axis=2))
    back = encoder.inverse_transform(steps)
    np.testing.assert_array_equal(pd.isna(back), pd.isna(X))
    assert back[~pd.isna(back)].tolist() == X[~pd.isna(X)].tolist()
    assert back.dtype == X.dtype


def test_padded_probabilities_of_integers():
    tokens = SequenceOneHotEncoder().fit([[7], [8, 7]])
    padded = np.array([[[np.nan, np.nan], [0.0, 1.0]]])
    assert [[type(label) for label in row] for row in tokens.inverse_transform(padded)] == [[int]]
    np.testing.assert_array_equal(
        SequenceOneHotEncoder().fit(np.array([[7, 8]])).inverse_transform(padded), [[np.nan, 8]]
    )


def test_missing_label_within_a_sequence():
    encoder = SequenceOneHotEncoder()
    (steps,) = encoder.fit_transform([["a", None, "b"]])
    assert np.isnan(steps).all(axis=1).tolist() == [False, True, False]
    ((first, missing, last),) = encoder.inverse_transform([steps])
    assert (first, last) == ("a", "b")
    assert np.isnan(missing)


def test_unknown_label():
    encoder = SequenceOneHotEncoder().fit(["ab", "ba"])
    message = (
        "X has the label 'c' in sequence 2 (step 1), which is no category; known are 'a', 'b'. Fit on data that have "
        'it, name it in categories, or set handle_unknown="ignore".'
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        encoder.transform(["ab", "", "acb"])


def test_unknown_label_among_many():
    encoder = SequenceOneHotEncoder("ascii").fit(["a"])
    with pytest.raises(ValueError, match=re.escape(r"the label 'é' in sequence 0 (step 3)")) as error:
        encoder.transform(["café"])
    assert r"known are '\x00', '\x01', " in str(error.value)
    assert r"'\t', and 118 more." in str(error.value)


def test_unknown_label_in_fit():
    encoder = SequenceOneHotEncoder(["a"])
    with pytest.raises(ValueError, match=re.escape("X has the label 'b' in sequence 0 (step 1)")):
        encoder.fit([["a", "b"]])
    assert not hasattr(encoder, "categories_")


def test_unknown_labels_may_be_ignored():
    encoder = SequenceOneHotEncoder(handle_unknown="ignore").fit(["ab"])
    steps = encoder.transform(["acb", "x"])
    assert [step.tolist() for step in steps] == [[[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]], [[0.0, 0.0]]]
    assert encoder.inverse_transform(steps) == ["a\ufffdb", "\ufffd"]
    assert encoder.transform([[1.5, "a"]])[0].tolist() == [[0.0, 0.0], [1.0, 0.0]]
    tokens = SequenceOneHotEncoder(handle_unknown="ignore").fit([[1, 2], [1]])
    assert tokens.inverse_transform(tokens.transform([[1, 9], [9]])) == [[1, None], [None]]
    table = SequenceOneHotEncoder(handle_unknown="ignore").fit(np.array([[1, 2]]))
    assert table.inverse_transform(table.transform(np.array([[1, 9]]))).tolist() == [[1, None]]


def test_zeros_are_no_label():
    encoder = SequenceOneHotEncoder().fit(["ab"])
    message = (
        "X has zeros alone in sequence 1 (step 0), which is no label; pad with NaN, or set "
        'handle_unknown="ignore" to have it decoded as unknown.'
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        encoder.inverse_transform([np.eye(2), np.zeros((1, 2))])


# As a scikit-learn estimator


def test_names():
    encoder = SequenceOneHotEncoder().fit([WEATHER])
    assert encoder.get_feature_names_out().tolist() == ["cold", "hot", "warm"]
    assert SequenceOneHotEncoder().fit([[2, 10]]).get_feature_names_out().tolist() == ["2", "10"]
    frame = pd.DataFrame({"first": ["b"], "second": ["a"]})
    assert SequenceOneHotEncoder().fit(frame).feature_names_in_.tolist() == ["first", "second"]


def test_pandas_output_changes_nothing():
    encoder = SequenceOneHotEncoder().set_output(transform="pandas")
    assert isinstance(encoder.fit_transform(["ab"]), list)
    assert isinstance(encoder.fit_transform(np.array([["a", "b"]])), np.ndarray)


def test_clone_and_pickle():
    encoder = SequenceOneHotEncoder("ascii", handle_unknown="ignore")
    expected = {"categories": "ascii", "handle_unknown": "ignore", "dtype": np.float32}
    assert clone(encoder).get_params() == expected
    again = pickle.loads(pickle.dumps(encoder.fit(["a"])))
    assert again.inverse_transform(encoder.transform(["text"])) == ["text"]


# Messages


def test_unfitted():
    with pytest.raises(NotFittedError):
        SequenceOneHotEncoder().transform(["a"])
    with pytest.raises(NotFittedError):
        SequenceOneHotEncoder().inverse_transform([np.eye(2)])
    with pytest.raises(NotFittedError):
        SequenceOneHotEncoder().get_feature_names_out()


BAD = {
    "string": ("text", "X is one string; expected a list of strings. To encode one text, give [text]."),
    "empty": ([], "Found array with 0 sample(s) (shape=(0,)) while a minimum of 1 is required."),
    "no labels": (["", ""], "X has no labels to learn from: every sequence is empty or all padding (NaN)."),
    "mixed": (["ab", ["a"]], "X mixes strings and others: item 0 is a str, item 1 a list; expected strings alone"),
    "missing string": (["ab", None], "X mixes strings and others: item 0 is a str, item 1 a NoneType"),
    "2-D items": ([np.zeros((2, 2))], "Sequence 0 of X has 2 dimensions; expected a list or 1-D array of labels."),
    "scalars": ([None, ["a"]], "Sequence 0 of X has 0 dimensions"),
    "nested": ([[["a"], ["b", "c"]]], "Sequence 0 of X holds lists; expected a list or 1-D array of labels."),
    "1-D numbers": (np.arange(3), "Expected 2D array, got 1D array instead"),
    "3-D": (np.zeros((2, 2, 2)), "Found array with dim 3"),
    "infinity": (np.array([[1.0, np.inf]]), "contains infinity"),
}


@pytest.mark.parametrize(("X", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input_of_fit(X, message):
    encoder = SequenceOneHotEncoder().fit(["ab"])
    before = dict(vars(encoder))
    with pytest.raises(ValueError, match=re.escape(message)):
        encoder.fit(X)
    assert vars(encoder) == before


def test_labels_of_several_kinds():
    with pytest.raises(TypeError, match="uniformly strings or numbers"):
        SequenceOneHotEncoder().fit([["a", 1]])


def test_columns_of_a_table():
    encoder = SequenceOneHotEncoder().fit(np.array([[1, 2]]))
    with pytest.raises(ValueError, match="X has 3 features, but SequenceOneHotEncoder is expecting 2 features"):
        encoder.transform(np.array([[1, 2, 1]]))
    assert len(encoder.transform([[1, 2, 1], [1]])) == 2
    assert encoder.transform([[1, 2, 1]]).shape == (1, 3, 2)


BAD_STEPS = {
    "categories": ([np.eye(3)], "X has 3 features per step, but SequenceOneHotEncoder has learned 2 categories"),
    "NaN": ([np.eye(2), np.array([[np.nan, 1.0]])], "X has NaN or infinity in sequence 1 (step 0)"),
    "infinity": (np.array([[[0.0, 1.0], [np.inf, 0.0]]]), "X has NaN or infinity in sequence 0 (step 1)"),
    "text": ([["a", "b"], ["c"]], "Sequence 0 of X is not numeric"),
}


@pytest.mark.parametrize(("X", "message"), BAD_STEPS.values(), ids=BAD_STEPS.keys())
def test_bad_input_of_inverse_transform(X, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        SequenceOneHotEncoder().fit(["ab"]).inverse_transform(X)


@pytest.mark.parametrize(
    ("categories", "message"),
    [
        (["a", "b", "a"], "categories must name each label once; got 'a' twice."),
        ([], "categories must have at least one label, and none that is missing (NaN or None)."),
        (["a", None], "categories must have at least one label, and none that is missing (NaN or None)."),
        ([["a"], ["b"]], "categories has 2 dimensions; expected a list or 1-D array of labels."),
        ([2, 1], "Unsorted categories are not supported for numerical categories"),
        ("utf-8", "The 'categories' parameter of SequenceOneHotEncoder must be"),
    ],
)
def test_bad_categories(categories, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        SequenceOneHotEncoder(categories).fit([["a"]])


def test_bad_handle_unknown():
    with pytest.raises(ValueError, match="The 'handle_unknown' parameter of SequenceOneHotEncoder must be"):
        SequenceOneHotEncoder(handle_unknown="infrequent").fit(["a"])
