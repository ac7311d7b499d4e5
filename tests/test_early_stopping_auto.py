"""``early_stopping="auto"`` holds out a part of what is enough to be parted, in `fit` alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_rnn import GRUClassifier, LSTMRegressor, RNNRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn_rnn.SkillWarning")  # of so few epochs

RNG = np.random.default_rng(0)
X = RNG.normal(size=(110, 5, 1))
Y = X[:, -1, 0]
OPTIONS = {"hidden_layer_sizes": (4,), "max_epochs": 3, "random_state": 0}


def holds_out(model):
    return "valid_loss" in model.history_


def test_with_enough_data_it_means_true():
    auto, stopped = (LSTMRegressor(early_stopping=how, **OPTIONS).fit(X, Y) for how in ("auto", True))
    assert holds_out(auto)
    assert_array_equal(auto.predict(X), stopped.predict(X))


def test_with_few_data_it_means_false():
    few = X[:99], Y[:99]
    auto, plain = (LSTMRegressor(early_stopping=how, **OPTIONS).fit(*few) for how in ("auto", False))
    assert not holds_out(auto)
    assert_array_equal(auto.predict(X), plain.predict(X))
    assert holds_out(LSTMRegressor(early_stopping=True, **OPTIONS).fit(*few))


def test_steps_count_where_each_has_a_target():
    table = RNG.normal(size=(100, 2))
    options = {"early_stopping": "auto", "return_sequences": True, **OPTIONS}
    assert holds_out(RNNRegressor(**options).fit(table, table[:, 0]))
    assert not holds_out(RNNRegressor(**options).fit(table[:99], table[:99, 0]))


def test_partial_fit_learns_from_all():
    auto, plain = (LSTMRegressor(early_stopping=how, **OPTIONS).partial_fit(X, Y) for how in ("auto", False))
    assert_array_equal(auto.predict(X), plain.predict(X))
    assert not holds_out(auto)


@pytest.mark.parametrize("how", ["auto", True])
def test_a_class_of_one_member_cannot_be_parted(how):
    labels = np.arange(110) == 7
    model = GRUClassifier(early_stopping=how, **OPTIONS)
    if how is True:
        with pytest.raises(ValueError, match="only 1 member"):
            model.fit(X, labels)
    else:
        assert not holds_out(model.fit(X, labels))


def test_validation_data_of_ones_own_stop_training_however_few():
    model = LSTMRegressor(early_stopping="auto", tol=1e9, n_iter_no_change=1, **OPTIONS)
    assert model.fit(X[:20], Y[:20], X_val=X[20:25], y_val=Y[20:25]).n_iter_ == 2
