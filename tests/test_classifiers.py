"""The classifiers: classes, probabilities, weights, several labels, targets per step."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline

from sklearn_rnn import ContextWarning, GRUClassifier, LSTMClassifier, RNNClassifier, SequenceScaler
from sklearn_rnn.datasets import load_japanese_vowels

CLASSIFIERS = (RNNClassifier, LSTMClassifier, GRUClassifier)
EXACT = {"dtype": "float64", "batch_size": 10**6, "max_epochs": 10, "lr": 0.01, "random_state": 0}


def make_data(n=90, seed=0):
    X = np.random.default_rng(seed).normal(size=(n, 6, 2))
    return X, X[:, -2:, 0].sum(axis=1)


def labels(y, n_classes):
    names = np.array(["a", "b", "c"])[:n_classes]
    return names[np.digitize(y, [0.0] if n_classes == 2 else [-0.7, 0.7])]


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("estimator", CLASSIFIERS)
def test_learns(estimator, n_classes):
    X, y = make_data(400)
    y = labels(y, n_classes)
    model = estimator(max_epochs=30, lr=0.01, random_state=0).fit(X[:300], y[:300])
    assert model.score(X[300:], y[300:]) > 0.85
    assert model.classes_.tolist() == ["a", "b", "c"][:n_classes]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities(n_classes):
    X, y = make_data()
    y = labels(y, n_classes)
    model = LSTMClassifier(max_epochs=5, random_state=0).fit(X, y)
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (90, n_classes)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(model.predict_log_proba(X), np.log(probabilities), rtol=1e-9)
    assert (model.predict(X) == model.classes_[probabilities.argmax(axis=1)]).all()
    decisions = model.decision_function(X)
    if n_classes == 2:
        np.testing.assert_allclose(1 / (1 + np.exp(-decisions)), probabilities[:, 1], rtol=1e-12)
    else:
        softmax = np.exp(decisions) / np.exp(decisions).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(softmax, probabilities, rtol=1e-12)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_loss_is_log_loss(n_classes):
    X, y = make_data()
    y = labels(y, n_classes)
    w = np.random.default_rng(1).uniform(size=len(y))
    start = GRUClassifier(**EXACT | {"lr": 1e-300, "max_epochs": 1}, optimizer="sgd").fit(X, y, w)
    expected = log_loss(y, start.predict_proba(X), sample_weight=w)
    assert start.history_["train_loss"][1] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_torch_losses(n_classes):
    X, y = make_data()
    y = labels(y, n_classes)
    named = LSTMClassifier(**EXACT).fit(X, y)
    crossed = LSTMClassifier(**EXACT, loss=torch.nn.CrossEntropyLoss).fit(X, y)
    assert crossed.predict_proba(X).shape == (90, n_classes)
    if n_classes == 3:
        np.testing.assert_allclose(crossed.predict_proba(X), named.predict_proba(X), rtol=0, atol=1e-12)
    else:
        binary = LSTMClassifier(**EXACT, loss=torch.nn.BCEWithLogitsLoss()).fit(X, y)
        np.testing.assert_allclose(binary.predict_proba(X), named.predict_proba(X), rtol=0, atol=1e-12)
        decisions, probabilities = crossed.decision_function(X), crossed.predict_proba(X)[:, 1]
        np.testing.assert_allclose(1 / (1 + np.exp(-decisions)), probabilities, rtol=1e-9)
    smooth = LSTMClassifier(**EXACT, loss=torch.nn.CrossEntropyLoss(reduction="none", label_smoothing=0.2)).fit(X, y)
    assert smooth.predict_proba(X).max() < crossed.predict_proba(X).max()


def cross_entropy(output, target):
    return torch.nn.functional.cross_entropy(output, target, reduction="none")


class Crossed(torch.nn.Module):
    def forward(self, output, target):
        return cross_entropy(output, target)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_function_as_loss(n_classes):
    X, y = make_data()
    y, weights = labels(y, n_classes), np.linspace(0, 1, 90)
    # A subclass of Module that the package does not know to take logits begins as a function does.
    by_class = LSTMClassifier(**EXACT, loss=Crossed).fit(X, y, weights)
    by_function = LSTMClassifier(**EXACT, loss=cross_entropy).fit(X, y, weights)
    np.testing.assert_array_equal(by_function.predict_proba(X), by_class.predict_proba(X))


def test_class_weights_are_weights_of_samples():
    X, y = make_data()
    y = labels(y, 3)
    w = np.random.default_rng(0).uniform(size=len(y))
    by_class = {"a": 1.0, "b": 5.0, "c": 0.5}
    both = LSTMClassifier(**EXACT, class_weight=by_class).fit(X, y, w)
    product = LSTMClassifier(**EXACT).fit(X, y, w * np.vectorize(by_class.get)(y))
    np.testing.assert_allclose(both.predict_proba(X), product.predict_proba(X), rtol=0, atol=1e-9)
    balanced = LSTMClassifier(**EXACT, class_weight="balanced").fit(X, y)
    counts = {c: np.sum(y == c) for c in "abc"}
    inverse = LSTMClassifier(**EXACT).fit(X, y, np.array([90 / (3 * counts[c]) for c in y]))
    np.testing.assert_allclose(balanced.predict_proba(X), inverse.predict_proba(X), rtol=0, atol=1e-9)


def test_several_labels():
    X, y = make_data(300)
    Y = np.column_stack([y > 0, y > 1, X[:, -1, 1] > 0]).astype(int)
    model = GRUClassifier(max_epochs=40, lr=0.01, random_state=0).fit(X, Y)
    predicted, probabilities = model.predict(X), model.predict_proba(X)
    assert predicted.shape == probabilities.shape == (300, 3)
    assert set(np.unique(predicted)) == {0, 1}
    np.testing.assert_array_equal(predicted, probabilities > 0.5)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), probabilities, rtol=1e-9)
    assert (predicted == Y).mean() > 0.9
    assert model.score(X, Y) == np.mean((predicted == Y).all(axis=1))
    assert model.decision_function(X).shape == (300, 3)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("ragged", [False, True])
def test_labels_per_step(ragged, n_classes):
    X, _ = make_data(200)
    y = labels(X[:, :, 0].cumsum(axis=1), n_classes)
    lengths = np.random.default_rng(0).integers(1, 7, size=200)
    if ragged:
        X, y = [x[:n] for x, n in zip(X, lengths, strict=True)], [t[:n] for t, n in zip(y, lengths, strict=True)]
    model = GRUClassifier(return_sequences=True, max_epochs=30, lr=0.02, random_state=0).fit(X, y)
    predicted, probabilities = model.predict(X), model.predict_proba(X)
    assert model.score(X, y) > 0.85
    if ragged:
        assert [p.shape for p in probabilities] == [(n, n_classes) for n in lengths]
        assert [p.shape for p in predicted] == [(n,) for n in lengths]
        assert model.score(X, y) == pytest.approx(np.mean(np.concatenate(predicted) == np.concatenate(y)))
    else:
        assert probabilities.shape == (200, 6, n_classes)
        assert model.score(X, y) == pytest.approx(np.mean(predicted == y))


def test_several_labels_per_step():
    X, _ = make_data()
    Y = (X.cumsum(axis=1) > 0).astype(int)
    model = GRUClassifier(return_sequences=True, max_epochs=20, lr=0.02, random_state=0).fit(X, Y)
    assert model.predict(X).shape == Y.shape
    assert (model.predict(X) == Y).mean() > 0.8


def test_labels_of_padded_steps_do_not_matter():
    X, _ = make_data()
    y = (X[:, :, 0].cumsum(axis=1) > 0).astype(float)
    padded = np.concatenate([X, np.full_like(X, np.nan)], axis=1)
    a = GRUClassifier(return_sequences=True, **EXACT).fit(X, y)
    for filler in (np.nan, 9.0):
        b = GRUClassifier(return_sequences=True, **EXACT).fit(padded, np.hstack([y, np.full_like(y, filler)]))
        assert b.classes_.tolist() == [0.0, 1.0]
        np.testing.assert_allclose(b.predict_proba(padded)[:, :6], a.predict_proba(X), rtol=0, atol=1e-9)


def test_partial_fit_with_classes_to_come():
    X, y = make_data()
    y = labels(y, 3)
    model = LSTMClassifier(random_state=0).partial_fit(X[y != "c"], y[y != "c"], classes=["a", "b", "c"])
    assert model.predict_proba(X).shape == (90, 3)
    assert model.partial_fit(X[y == "c"], y[y == "c"]).n_iter_ == 2


@pytest.mark.slow
@pytest.mark.parametrize(("estimator", "at_least"), [(GRUClassifier, 0.975), (LSTMClassifier, 0.965)])
def test_japanese_vowels(estimator, at_least):
    X, y = load_japanese_vowels(return_X_y=True)
    X_test, y_test = load_japanese_vowels(subset="test", return_X_y=True)
    usual = {"bidirectional": True, "max_epochs": 30, "lr": 5e-3, "batch_size": 32, "early_stopping": False}
    models = [make_pipeline(SequenceScaler(), estimator(**usual, random_state=seed)) for seed in range(5)]
    assert np.median([model.fit(X, y).score(X_test, y_test) for model in models]) >= at_least


def untrained(y, loss="log_loss", early_stopping="auto", **fit_params):
    """Return the probabilities for an empty sequence, which are those that the bias of the output layer gives."""
    X = np.random.default_rng(0).normal(size=(len(y), 4, 1))
    model = GRUClassifier(
        loss=loss, early_stopping=early_stopping, max_epochs=1, lr=1e-12, dtype="float64", random_state=0
    )
    model.fit(X, y, **fit_params)  # "auto" holds out none of so few
    with pytest.warns(ContextWarning, match="nothing but padding"):
        return model.predict_proba(np.full((1, 4, 1), np.nan))[0]


@pytest.mark.parametrize("counts", [(30, 8), (20, 10, 7)])
def test_training_begins_with_the_frequencies_of_classes(counts):
    y = np.repeat(["a", "b", "c"][: len(counts)], counts)
    expected = np.array(counts) / sum(counts)
    np.testing.assert_allclose(untrained(y), expected, rtol=1e-6)
    np.testing.assert_allclose(untrained(y, torch.nn.CrossEntropyLoss), expected, rtol=1e-6)
    np.testing.assert_allclose(untrained(y, early_stopping=False), 1 / len(counts), rtol=1e-6)
    # What a function takes for outputs the package can't know.
    np.testing.assert_allclose(untrained(y, cross_entropy), 1 / len(counts), rtol=1e-6)


def test_an_absent_class_begins_with_a_thousandth():
    y = np.repeat([0, 1], [20, 20])
    X = np.zeros((40, 4, 1))
    model = GRUClassifier(early_stopping="auto", lr=1e-12, random_state=0).partial_fit(X, y, classes=[0, 1, 2])
    assert model.predict_proba(X[:1])[0, 2] == pytest.approx(0.001, rel=0.01)


def test_training_begins_with_the_frequencies_of_rare_labels():
    y = np.zeros((38, 2), dtype=int)
    y[0, 0] = y[:19, 1] = 1
    np.testing.assert_allclose(untrained(y), [1 / 38, 19 / 38], rtol=1e-6)


def test_training_begins_with_the_weights_of_classes():
    y = np.repeat([0, 1], [30, 10])
    np.testing.assert_allclose(untrained(y, sample_weight=np.where(y == 1, 3.0, 1.0)), 0.5, rtol=1e-6)
