"""``batch_size="auto"`` leaves an epoch some updates, however few the sequences are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from skorch.callbacks import Callback

from sklearn_rnn import LSTMRegressor, RNNRegressor

RNG = np.random.default_rng(0)
ONCE = {"hidden_layer_sizes": (3,), "max_epochs": 1, "early_stopping": False, "random_state": 0}
LONG = {"return_sequences": True, "stateful": True, "tbptt": 10}


class Updates(Callback):
    """Counts the updates of training."""

    count = 0

    def on_grad_computed(self, net, **kwargs):
        self.count += 1


def updates(n, batch_size="auto", **params):
    shape = (n, 2) if params.get("return_sequences") else (n, 3, 2)
    X, counter = RNG.normal(size=shape), Updates()
    RNNRegressor(batch_size=batch_size, callbacks=[counter], **ONCE | params).fit(X, np.arange(float(n)))
    return counter.count


@pytest.mark.parametrize(
    ("n", "expected"), [(3200, 100), (512, 16), (511, 32), (100, 25), (20, 20), (3, 3)]
)  # 100 sequences: batches of 4, since batches of 8 would be 13 updates
def test_an_epoch_has_sixteen_updates_where_there_are_as_many_sequences(n, expected):
    assert updates(n) == expected


# 4,000 steps are 400 chunks of ten, which is 16 updates in 25 lanes; 16 lanes make 25.
@pytest.mark.parametrize(("n", "expected"), [(8000, 25), (4000, 25), (100, 10)])
def test_lanes_are_as_few(n, expected):
    assert updates(n, **LONG) == expected


@pytest.mark.filterwarnings("ignore:RNNRegressor has learned nothing")  # of a single epoch
def test_what_is_held_out_does_not_count():
    assert updates(520, early_stopping=True, refit=False) == updates(468)  # and with it batches of 16, not 32


def test_it_is_a_name_for_a_number():
    X = RNG.normal(size=(100, 4, 1))
    auto, four = (LSTMRegressor(batch_size=size, **ONCE).fit(X, X[:, 0, 0]) for size in ("auto", 4))
    assert_array_equal(auto.predict(X), four.predict(X))


def test_a_call_of_partial_fit_says_nothing_about_an_epoch():
    X = RNG.normal(size=(40, 4, 1))
    auto, usual = (LSTMRegressor(batch_size=size, **ONCE).partial_fit(X, X[:, 0, 0]) for size in ("auto", 32))
    assert_array_equal(auto.predict(X), usual.predict(X))


def test_the_second_training_of_refit_has_batches_as_large_as_the_first():
    X = RNG.normal(size=(66, 4, 1))  # 59 of them are learned from first, in batches of 2; 66 would be batches of 4
    options = {**ONCE, "early_stopping": True, "refit": True}
    auto, two = (LSTMRegressor(batch_size=size, **options).fit(X, X[:, 0, 0]) for size in ("auto", 2))
    assert_array_equal(auto.predict(X), two.predict(X))
    assert auto.batch_size == "auto"
