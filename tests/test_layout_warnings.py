"""X and y that look like another layout warn once, in fit, with the remedy; real data does not."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pandas as pd
import pytest

from sklearn_rnn import GRUClassifier, GRURegressor, SequenceOneHotEncoder, ShiftFramer, exceptions
from sklearn_rnn._data.forms import as_form
from sklearn_rnn._data.layouts import warn_of_layout
from sklearn_rnn._data.reading import Reader
from sklearn_rnn.datasets import load_beijing_pm25, load_co2, load_japanese_vowels, load_names, load_sunspots

IDS = (
    "X holds whole numbers that jump over a thousand values and more from step to step, as word ids do. They are read as "
    "magnitudes, so that word 40 lies between 39 and 41: one-hot them, for example with SequenceOneHotEncoder as the step "
    "before. If they are magnitudes, give floats: X.astype(float)."
)
CHANNELS = (
    "X has the shape (40, 6, 100), read as (sequences, steps, features): steps=6, features=100. But neighbours along the "
    "last axis are alike, as in time: if X is (sequences, channels, steps), as in aeon and sktime, give "
    "X.transpose(0, 2, 1)."
)
ONE_HOT = (
    "y looks one-hot: each row has a single 1 in its 3 columns. It is read as multilabel, any number of labels per row, "
    "whose probabilities don't sum to one. For one class per row give labels: y.argmax(axis=-1), or y.idxmax(axis=1) of a "
    "DataFrame."
)


def small(estimator=GRUClassifier, **options):
    return estimator(max_epochs=1, hidden_layer_sizes=2, random_state=0, **options)


def warned(act):
    """The messages of the layout warnings that an act raises; any other warning is an error."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("error")
        warnings.simplefilter("always", exceptions.LayoutWarning)
        act()
    return [str(warning.message) for warning in caught]


def looks(X):
    fitted, _ = Reader("Model", False, np.float64, columns=1).learn(X)
    return warned(lambda: warn_of_layout(as_form(X), fitted.n_step_features))


def make_texts(n=60, seed=0):
    """Word ids: few of them are frequent, as in a language."""
    rng = np.random.default_rng(seed)
    return [np.minimum(rng.zipf(1.3, size), 9999) for size in rng.integers(5, 60, n)]


def padded(texts, side="pre"):
    rows = np.zeros((len(texts), 60), dtype=np.int32)
    for row, text in zip(rows, texts, strict=True):
        row[slice(-len(text), None) if side == "pre" else slice(len(text))] = text
    return rows


TEXTS = make_texts()
WORDS = padded(TEXTS)
FORMS = {
    "padded before": WORDS,
    "padded after": padded(TEXTS, "post"),
    "frame": pd.DataFrame(WORDS),
    "3-D": WORDS[:, :, None],
    "ragged": TEXTS,
    "lists": [text.tolist() for text in TEXTS],
    "equally likely": np.random.default_rng(0).integers(1, 5000, (50, 40)),
    "many": np.tile(WORDS, (50, 20)),
}


@pytest.mark.parametrize("form", FORMS)
def test_word_ids_warn(form):
    assert looks(FORMS[form]) == [IDS]


def integers(kind):
    rng = np.random.default_rng(0)
    return {
        "floats": WORDS.astype(float),
        "few words": rng.integers(0, 500, (50, 40)),
        "pixels": rng.integers(0, 256, (50, 40)),
        "counts": rng.poisson(2000, (50, 40)),
        "a walk": np.cumsum(rng.integers(-50, 50, (50, 400)), axis=1) + 5000,
        "levels": np.repeat(rng.integers(0, 5000, (50, 1)), 40, axis=1),
        "below zero": rng.integers(-5000, 5000, (50, 40)),
        "several features": rng.integers(1, 5000, (50, 40, 2)),
        "few": rng.integers(1, 5000, (5, 3)),
        "zeros": np.zeros((5, 40), dtype=int),
        "one-hot": np.eye(5, dtype=int)[rng.integers(0, 5, (50, 6))],
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "floats",
        "few words",
        "pixels",
        "counts",
        "a walk",
        "levels",
        "below zero",
        "several features",
        "few",
        "zeros",
        "one-hot",
    ],
)
def test_other_integers_are_magnitudes(kind):
    assert looks(integers(kind)) == []


def test_whole_numbers_of_several_features_are_magnitudes():
    y = np.arange(len(WORDS)) % 2
    assert warned(lambda: small(return_sequences=True).fit(WORDS, y)) == []
    assert warned(lambda: small(columns=3).fit(WORDS, y)) == []


def make_channels(n=40, channels=6, steps=100):
    """Noisy waves, each sequence with a phase and a strength of its own, shape (n, channels, steps)."""
    rng = np.random.default_rng(0)
    phase, strength = rng.normal(size=(2, n, channels, 1))
    return strength * np.sin(np.arange(steps) / 5 + phase) + 0.3 * rng.normal(size=(n, channels, steps))


def test_channels_first_warn():
    X = make_channels()
    assert looks(X) == [CHANNELS]
    assert looks(X.transpose(0, 2, 1)) == []
    assert len(looks(X[:, :1])) == 1  # how aeon has univariate series
    assert len(looks(X.astype(np.float32))) == 1
    X[:, 4:] = np.nan  # padding
    assert looks(X) == [CHANNELS]


@pytest.mark.parametrize(
    "X",
    [
        np.random.default_rng(0).normal(size=(40, 6, 100)),  # such as 6 words of an embedding: nothing tells
        np.eye(50)[np.random.default_rng(0).integers(0, 50, (40, 6))],
        make_channels(channels=30),
        make_channels(n=2, channels=1, steps=8),
        np.full((40, 6, 100), np.nan),
        np.full((40, 6, 100), 1e300),
        np.array([[["1"] * 9]]),
        np.zeros((3, 0, 9)),
        np.zeros((1, 1, 9), dtype=object),
        # features that differ in level, in an order that looks smooth
        np.random.default_rng(0).normal(size=(40, 6, 100)) + 10 * np.sin(np.arange(100) / 5),
        # frames of a spectrum: neighbours are alike along both axes, more so in time
        make_channels(1, 1, 20000).reshape(20, 10, 100).cumsum(axis=1),
    ],
    ids=[
        "noise",
        "one-hot",
        "few steps",
        "too little",
        "padding",
        "huge",
        "text",
        "no steps",
        "objects",
        "levels",
        "spectra",
    ],
)
def test_other_arrays_have_steps_first(X):
    assert looks(X) == []


def test_one_hot_y_warns():
    rng = np.random.default_rng(0)
    X, labels = rng.normal(size=(30, 5, 1)), rng.integers(0, 3, (30, 5))
    y = np.eye(3)[labels[:, 0]]
    for one_hot in (y, y.astype(int), pd.DataFrame(y)):
        assert warned(lambda one_hot=one_hot: small().fit(X, one_hot)) == [ONE_HOT]
    assert warned(lambda: small(return_sequences=True).fit(X, np.eye(3)[labels])) == [ONE_HOT]
    assert warned(lambda: small().fit(X, labels[:, 0])) == []
    several = y.copy()
    several[0] = 1
    assert warned(lambda: small().fit(X, several)) == []
    several[0] = 0
    assert warned(lambda: small().fit(X, several)) == []


def test_only_fit_warns_and_points_at_the_line_of_the_user():
    y = np.arange(len(WORDS)) % 2
    with pytest.warns(exceptions.LayoutWarning, match=re.escape(IDS)) as caught:
        model = small().fit(WORDS, y)
    assert [warning.filename for warning in caught] == [__file__]
    assert warned(lambda: model.predict(WORDS)) == []
    assert warned(lambda: model.score(WORDS, y)) == []
    assert warned(lambda: model.partial_fit(WORDS, y)) == []


def test_the_remedies_help():
    y = np.arange(len(WORDS)) % 2
    assert warned(lambda: small().fit(SequenceOneHotEncoder().fit_transform(WORDS), y)) == []
    assert warned(lambda: small().fit(WORDS.astype(float), y)) == []


@pytest.mark.parametrize("load", [load_beijing_pm25, load_co2, load_sunspots])
def test_series_of_the_package_do_not_warn(load):
    X, _ = load(return_X_y=True)
    table = X.select_dtypes("number").ffill().bfill()
    assert looks(table) == []
    for lags in (1, 3, 24):
        windows = ShiftFramer(lags=lags).fit_transform(table)
        assert looks(windows) == []
        assert looks(np.asarray(windows)) == []


def test_labelled_sequences_of_the_package_do_not_warn():
    vowels, speakers = load_japanese_vowels(return_X_y=True)[:2]
    assert looks(vowels) == []
    names, languages = load_names(return_X_y=True)[:2]
    letters = SequenceOneHotEncoder().fit_transform(names)
    assert looks(letters) == []
    assert warned(lambda: small().fit(letters[::40], languages[::40])) == []
    assert warned(lambda: small(GRURegressor).fit(vowels[:20], np.arange(20.0))) == []
    assert len(speakers) == len(vowels)
