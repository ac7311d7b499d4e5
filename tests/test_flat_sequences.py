"""Estimators of scikit-learn that take 2-D data alone run on sequences of several features, by columns=."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
)
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsOneClassifier
from sklearn.multioutput import RegressorChain
from sklearn.semi_supervised import SelfTrainingClassifier

from sklearn_rnn import GRUClassifier, GRURegressor

STEPS, FEATURES, N_TRAIN = 5, 3, 240


def make_sequences():
    """Flat sequences, of which the first feature of the last two steps matters."""
    X = np.random.default_rng(0).normal(size=(320, STEPS, FEATURES))
    return X.reshape(len(X), -1), X[:, -2:, 0].sum(axis=1)


FLAT, VALUES = make_sequences()
CLASSES = np.array(["low", "high"])[(VALUES > 0).astype(int)]
WEIGHTS = np.where(np.arange(N_TRAIN) % 3 == 0, 0.5, 1.5)


def network(estimator):
    return estimator(columns=FEATURES, hidden_layer_sizes=8, max_epochs=15, lr=0.03, random_state=0)


REGRESSOR, CLASSIFIER = network(GRURegressor), network(GRUClassifier)


@pytest.mark.parametrize(
    "meta",
    [
        BaggingRegressor(REGRESSOR, n_estimators=2, random_state=0),
        AdaBoostRegressor(REGRESSOR, n_estimators=2, random_state=0),
        StackingRegressor([("network", REGRESSOR)], Ridge(), passthrough=True, cv=2),
    ],
    ids=lambda meta: type(meta).__name__,
)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
def test_regressors(meta, weights):
    meta.fit(FLAT[:N_TRAIN], VALUES[:N_TRAIN], sample_weight=weights)
    assert meta.score(FLAT[N_TRAIN:], VALUES[N_TRAIN:]) > 0.8  # R²: 0 for the mean


@pytest.mark.parametrize(
    "meta",
    [
        BaggingClassifier(CLASSIFIER, n_estimators=2, random_state=0),
        AdaBoostClassifier(CLASSIFIER, n_estimators=2, random_state=0),
        StackingClassifier([("network", CLASSIFIER)], LogisticRegression(), passthrough=True, cv=2),
    ],
    ids=lambda meta: type(meta).__name__,
)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
def test_classifiers(meta, weights):
    meta.fit(FLAT[:N_TRAIN], CLASSES[:N_TRAIN], sample_weight=weights)
    assert meta.score(FLAT[N_TRAIN:], CLASSES[N_TRAIN:]) > 0.85


def test_self_training_learns_from_sequences_without_a_label():
    known = np.where(np.arange(N_TRAIN) < 120, (VALUES[:N_TRAIN] > 0).astype(int), -1)
    model = SelfTrainingClassifier(CLASSIFIER, max_iter=2).fit(FLAT[:N_TRAIN], known)
    assert (model.labeled_iter_ > 0).any()
    assert model.score(FLAT[N_TRAIN:], VALUES[N_TRAIN:] > 0) > 0.85


def test_one_against_one():
    thirds = np.digitize(VALUES, [-0.8, 0.8])
    model = OneVsOneClassifier(CLASSIFIER).fit(FLAT[:N_TRAIN], thirds[:N_TRAIN])
    assert model.score(FLAT[N_TRAIN:], thirds[N_TRAIN:]) > 0.75


def test_permutation_importance_finds_the_steps_that_matter():
    model = network(GRURegressor).fit(FLAT[:N_TRAIN], VALUES[:N_TRAIN])
    found = permutation_importance(model, FLAT[N_TRAIN:], VALUES[N_TRAIN:], n_repeats=3, random_state=0)
    importances = found.importances_mean.reshape(STEPS, FEATURES)
    assert importances[-2:, 0].min() > 0.3
    importances[-2:, 0] = 0
    assert importances.max() < 0.1


def test_a_selector_drops_columns_where_steps_have_one_feature():
    # A step of several features can't lose one of its columns; univariate steps can.
    model = GRURegressor(hidden_layer_sizes=4, max_epochs=5, lr=0.03, random_state=0)
    X = FLAT[:, ::FEATURES]
    chosen = SequentialFeatureSelector(model, n_features_to_select=4, direction="backward", cv=2).fit(X, VALUES)
    assert chosen.get_support()[-2:].all()


def test_a_chain_of_regressors_says_that_it_adds_a_column():
    # Each regressor of a chain gets the targets before its own as further columns.
    targets = np.column_stack([VALUES, -VALUES])
    with pytest.raises(
        ValueError, match=r"columns=3 cuts each row of X into steps of 3 features, but X has 16 features"
    ):
        RegressorChain(REGRESSOR).fit(FLAT, targets)
