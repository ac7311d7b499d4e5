"""A fit that made too few updates to learn warns, and one that learned, or chose to be short, does not."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from skorch.callbacks import EarlyStopping

from sklearn_rnn import EncoderDecoderRegressor, GRUClassifier, LSTMRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 7, 2))
Y = X[:, -2:, 0].sum(axis=1)
WAVE = np.sin(np.arange(201) / 5)


def regressor(**params):
    fixed = {"batch_size": 32, "lr": 1e-3, "early_stopping": False, "refit": False}
    return LSTMRegressor(hidden_layer_sizes=8, max_epochs=20, random_state=0, **fixed).set_params(**params)


def test_one_update_per_epoch_is_few():
    message = (
        r"^The 20 epochs made 20 updates in all, and the training loss was still falling: the network is probably "
        r"half trained. For more updates, raise max_epochs or lr, or lower batch_size \(it is 32\).$"
    )
    with pytest.warns(ConvergenceWarning, match=message) as caught:
        regressor().fit(X, Y)
    assert caught[0].filename == __file__


def test_a_long_series_without_cuts_is_one_update_per_epoch():
    message = r"20 updates .*, raise max_epochs or lr, or cut sequences by tbptt, such as tbptt=50\.$"
    with pytest.warns(ConvergenceWarning, match=message):  # no batch size makes more of a single sequence
        regressor(return_sequences=True).fit(WAVE[:-1, None], WAVE[1:])


def test_many_lanes_make_few_updates():
    message = r"The 16 epochs made \d+ updates .*, or lower batch_size \(it is 32\)\.$"
    with pytest.warns(ConvergenceWarning, match=message):
        regressor(return_sequences=True, tbptt=5, max_epochs=16).fit(WAVE[:-1, None], WAVE[1:])


@pytest.mark.parametrize("estimator", [EncoderDecoderRegressor, GRUClassifier])
def test_other_estimators(estimator):
    y = X[:, :3, 0] if estimator is EncoderDecoderRegressor else Y > 0
    with pytest.warns(ConvergenceWarning, match="The 20 epochs made 20 updates"):
        estimator(max_epochs=20, batch_size=32, lr=1e-3, random_state=0).fit(X, y)


@pytest.mark.filterwarnings("ignore:.* has learned nothing:sklearn_rnn.SkillWarning")  # nor is it meant to
def test_validation_data_and_early_stopping_that_did_not_stop():
    message = "The 20 epochs made 20 updates in all, and the validation loss was still falling"
    with pytest.warns(ConvergenceWarning, match=message):
        regressor(early_stopping=True, n_iter_no_change=20, validation="random").fit(X, Y)
    with pytest.warns(ConvergenceWarning, match=message):
        regressor().fit(X, Y, X_val=X, y_val=Y)
    regressor().fit(X, Y, X_val=X, y_val=-Y)  # more of this makes it worse


def test_a_warm_start_counts_its_own_updates():
    model = regressor(warm_start=True, batch_size=1).fit(X, Y)
    with pytest.warns(ConvergenceWarning, match="The 20 epochs made 20 updates"):
        model.set_params(batch_size=20, lr=1e-4).fit(X, Y)


@pytest.mark.parametrize(
    "params",
    [
        {"batch_size": 1},  # 400 updates
        {"max_epochs": 15},
        {"lr": 0.1, "max_epochs": 100},  # 100 updates are enough here
        {"early_stopping": True, "n_iter_no_change": 1, "tol": 1e9},
        {"callbacks": [EarlyStopping("train_loss", patience=17, threshold=1e9, threshold_mode="abs")]},
        {"lr": 1e-300},  # nothing falls
    ],
)
def test_no_warning(params):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        regressor(**params).fit(X, Y)


def test_partial_fit_does_not_warn():
    model = regressor(max_epochs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(20):
            model.partial_fit(X, Y)
