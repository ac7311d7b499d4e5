"""Codecs of y: what they learn is plain and whole, and decoding undoes coding."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_rnn._data.targets import Targets
from sklearn_rnn._estimators.codecs import Labels, Numbers, NumberSequences

RNG = np.random.default_rng(0)
NUMBERS = {
    "one number": (Numbers, RNG.normal(3, 2, size=20)),
    "a row of one": (Numbers, RNG.normal(size=(20, 1))),
    "several": (Numbers, RNG.normal(size=(20, 3))),
    "sequences of one step": (NumberSequences, RNG.normal(size=20)),
    "sequences": (NumberSequences, RNG.normal(size=(20, 4))),
    "sequences of several": (NumberSequences, RNG.normal(5, 2, size=(20, 4, 3))),
}
LABELS = {
    "two classes": np.array(["no", "yes", "no", "yes"]),
    "three classes": np.array([3, 1, 2, 1]),
    "multilabel": np.array([[0, 1], [1, 1], [0, 0], [1, 0]]),
}


def scaled(codec, y):
    codec = codec.of(y)
    return codec.scaled_to(Targets(codec.code(y)))


@pytest.mark.parametrize("name", NUMBERS)
def test_decode_undoes_encode(name):
    kind, y = NUMBERS[name]
    codec = scaled(kind, y)
    encoded = codec.encode(Targets(codec.code(y)))
    decoded = codec.decode(encoded.values)
    assert decoded.shape == y.shape
    np.testing.assert_allclose(decoded, y, rtol=1e-12)
    axes = tuple(range(encoded.values.ndim - 1))
    np.testing.assert_allclose(encoded.values.mean(axis=axes), 0, atol=1e-12)
    np.testing.assert_allclose(encoded.values.std(axis=axes), 1, rtol=1e-12)


def test_scale_of_weighted_numbers_is_that_of_repeated_ones():
    y, weights = RNG.normal(size=(6, 2)), np.array([1, 2, 3, 1, 1, 2])
    weighted = Numbers.of(y).scaled_to(Targets(y, weights.astype(float)))
    repeated = Numbers.of(y).scaled_to(Targets(np.repeat(y, weights, axis=0)))
    np.testing.assert_allclose(weighted.mean, repeated.mean)
    np.testing.assert_allclose(weighted.scale, repeated.scale)


def test_scale_of_a_constant_is_one():
    y = np.full(5, 7.0)
    codec = scaled(Numbers, y)
    np.testing.assert_array_equal(codec.scale, [1.0])
    np.testing.assert_array_equal(codec.decode(np.zeros((5, 1))), y)


@pytest.mark.parametrize("name", LABELS)
def test_restore_undoes_code(name):
    y = LABELS[name]
    codec = Labels.of(y, None, one_logit_for_two=True)
    np.testing.assert_array_equal(codec.restore(codec.code(y)), y)


@pytest.mark.parametrize("one_logit_for_two", [False, True])
@pytest.mark.parametrize("name", LABELS)
def test_decoded_probabilities_agree_with_labels(name, one_logit_for_two):
    y = LABELS[name]
    codec = Labels.of(y, None, one_logit_for_two=one_logit_for_two)
    logits = RNG.normal(size=(8, codec.n_units))
    proba = codec.decode(logits, "predict_proba")
    np.testing.assert_allclose(np.log(proba), codec.decode(logits, "predict_log_proba"))
    predicted = codec.decode(logits)
    if codec.multilabel:
        np.testing.assert_array_equal(predicted, proba > 0.5)
    else:
        np.testing.assert_allclose(proba.sum(axis=1), 1)
        np.testing.assert_array_equal(predicted, codec.classes[proba.argmax(axis=1)])


def is_plain(value):
    if isinstance(value, tuple):
        return all(is_plain(item) for item in value)
    return type(value) in (bool, int, float, str) or (type(value) is np.ndarray and value.dtype != object)


@pytest.mark.parametrize("name", [*NUMBERS, *LABELS])
def test_to_dict_is_plain_and_all_there_is(name):
    if name in LABELS:
        y = LABELS[name]
        codec, outputs = Labels.of(y, None, one_logit_for_two=True), None
    else:
        kind, y = NUMBERS[name]
        codec = scaled(kind, y)
    stored = codec.to_dict()
    assert all(is_plain(value) for value in stored.values()), stored
    again = type(codec)(**stored)
    outputs = RNG.normal(size=(5, codec.n_units)) if name in LABELS else codec.encode(Targets(codec.code(y))).values
    for method in codec.methods:
        np.testing.assert_array_equal(again.decode(outputs, method), codec.decode(outputs, method))


@pytest.mark.parametrize("one_logit_for_two", [True, False])
@pytest.mark.parametrize("name", LABELS)
def test_prior_is_the_frequency_of_each_class(name, one_logit_for_two):
    codec = Labels.of(LABELS[name], None, one_logit_for_two=one_logit_for_two)
    codes = codec.code(LABELS[name])
    p = codec.decode(codec.prior(Targets(codes))[None], "predict_proba")[0]
    if codec.multilabel:
        expected = codes.mean(axis=0).clip(0.001, 0.999)
    else:
        expected = np.bincount(codes) / len(codes)
    np.testing.assert_allclose(p, expected)


@pytest.mark.parametrize("name", LABELS)
def test_prior_of_weighted_labels_is_that_of_repeated_ones(name):
    codec = Labels.of(LABELS[name], None, one_logit_for_two=True)
    codes, weights = codec.code(LABELS[name]), np.array([1, 4, 3, 0])
    repeated = Targets(np.repeat(codes, weights, axis=0))
    # Of as many samples: their number says what one more of each class is worth.
    half = Targets(np.concatenate([codes, codes]), np.concatenate([weights, weights]) / 7)
    np.testing.assert_allclose(codec.prior(half), codec.prior(repeated))


def test_prior_of_a_class_that_is_absent_is_finite():
    codec = Labels.of(np.array([0, 1]), [0, 1, 2], one_logit_for_two=True)
    assert np.isfinite(codec.prior(Targets(np.array([0, 1])))).all()
