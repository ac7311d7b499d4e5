"""With ``refit=True`` early stopping finds the epochs, and the network is then trained on all data for as many."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal
from skorch.callbacks import Callback

from sklearn_rnn import GRUClassifier, LSTMRegressor, RNNRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 6, 1))
Y = 100 + X[:, -2, 0] + RNG.normal(size=120)
OPTIONS = {"hidden_layer_sizes": (6,), "batch_size": 32, "lr": 0.03, "n_iter_no_change": 4, "random_state": 0}


def best_epoch(model):
    return int(model.history_["valid_loss"].argmin()) + 1


def test_it_equals_a_fit_of_as_many_epochs_on_all_data():
    stopped = LSTMRegressor(early_stopping=True, refit=False, **OPTIONS).fit(X, Y)
    model = LSTMRegressor(early_stopping=True, refit=True, **OPTIONS).fit(X, Y)
    n_epochs = best_epoch(model)
    assert 1 < n_epochs < 30
    expected = LSTMRegressor(**OPTIONS, early_stopping=False, max_epochs=n_epochs).fit(X, Y)
    assert_array_equal(model.predict(X), expected.predict(X))
    assert (model.predict(X) != stopped.predict(X)).any()
    # What is recorded is the run that has a validation loss, and parameters are those that were set.
    assert_frame_equal(model.history_.drop(columns="dur"), stopped.history_.drop(columns="dur"))
    assert model.n_iter_ == stopped.n_iter_ == len(model.net_.history)
    assert dict(model.net_.callbacks_)["early_stopping"].best_epoch_ == n_epochs  # which displays mark
    assert model.get_params() == stopped.get_params() | {"refit": True}


def test_without_early_stopping_it_changes_nothing():
    plain, refit = (
        LSTMRegressor(early_stopping=False, max_epochs=3, refit=refit, **OPTIONS).fit(X, Y) for refit in (False, True)
    )
    assert_array_equal(plain.predict(X), refit.predict(X))


def test_a_warm_start_trains_on_from_the_same_weights_twice():
    first = LSTMRegressor(early_stopping=False, max_epochs=2, **OPTIONS).fit(X, Y)
    model = LSTMRegressor(early_stopping=False, max_epochs=2, warm_start=True, **OPTIONS).fit(X, Y)
    model.set_params(early_stopping=True, refit=True, max_epochs=50).fit(X, Y)
    n_epochs = int(model.history_["valid_loss"].iloc[2:].argmin()) + 1
    first.set_params(warm_start=True, max_epochs=n_epochs).fit(X, Y)
    assert_array_equal(model.predict(X), first.predict(X))
    assert model.n_iter_ == len(model.history_) > 2 + n_epochs


def test_classes_that_were_held_out_at_random_are_learned_from():
    labels = np.where(X[:, -1, 0] > 0, "up", "down")
    model = GRUClassifier(early_stopping=True, refit=True, scoring="accuracy", **OPTIONS).fit(X, labels)
    assert "valid_accuracy" in model.history_
    assert "train_accuracy" not in model.history_
    assert model.score(X, labels) > 0.9


def test_a_stateful_estimator_keeps_the_state_after_all_steps():
    table, target = X.reshape(-1, 1), np.cumsum(X.ravel()) / 10
    params = OPTIONS | {"return_sequences": True, "stateful": True, "tbptt": 10, "batch_size": 1}
    model = RNNRegressor(early_stopping=True, refit=True, **params).fit(table, target)
    expected = RNNRegressor(early_stopping=False, max_epochs=best_epoch(model), **params).fit(table, target)
    assert_array_equal(model.stream(resume=True).predict(table[:5]), expected.stream(resume=True).predict(table[:5]))


def test_callbacks_see_both_trainings():
    class Counter(Callback):
        begun = 0

        def on_train_begin(self, net, **kwargs):
            self.begun += 1

    counter = Counter()
    LSTMRegressor(early_stopping=True, refit=True, callbacks=[counter], **OPTIONS).fit(X, Y)
    assert counter.begun == 2


def test_an_error_in_the_second_training_leaves_the_estimator_unfitted():
    class Failing(Callback):
        begun = 0

        def on_train_begin(self, net, **kwargs):
            self.begun += 1
            if self.begun == 2:
                raise RuntimeError("the second")

    model = LSTMRegressor(early_stopping=True, refit=True, callbacks=[Failing()], **OPTIONS)
    with pytest.raises(RuntimeError, match="the second"):
        model.fit(X, Y)
    assert not hasattr(model, "net_")


@pytest.mark.parametrize("epoch", [1, 2])
def test_an_interrupted_second_training_keeps_the_weights_of_the_first(epoch):
    class Interrupt(Callback):
        begun = 0

        def on_train_begin(self, net, **kwargs):
            self.begun += 1

        def on_batch_begin(self, net, **kwargs):
            if self.begun == 2 and len(net.history) == epoch:
                raise KeyboardInterrupt

    # By torch, which computes the same to the last bit whether a callback sees single batches or not.
    model = LSTMRegressor(early_stopping=True, refit=True, callbacks=[Interrupt()], backend="torch", **OPTIONS)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    stopped = LSTMRegressor(early_stopping=True, refit=False, backend="torch", **OPTIONS).fit(X, Y)
    assert_array_equal(model.predict(X), stopped.predict(X))


def test_validation_data_of_ones_own_are_not_learned_from():
    stopped, refit = (
        LSTMRegressor(early_stopping=True, refit=refit, **OPTIONS).fit(X[:90], Y[:90], X_val=X[90:], y_val=Y[90:])
        for refit in (False, True)
    )
    assert_array_equal(stopped.predict(X), refit.predict(X))


def test_few_updates_that_early_stopping_chose_are_enough():
    options = {**OPTIONS, "early_stopping": True, "n_iter_no_change": 40, "max_epochs": 200, "lr": 0.003}
    model = LSTMRegressor(refit=True, **options).fit(X[:40], Y[:40])  # 16 epochs or more of two updates: no warning
    assert 16 <= best_epoch(model) < model.n_iter_ <= 200
