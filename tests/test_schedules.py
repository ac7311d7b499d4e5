"""Learning rates that change over a fit: by name, of torch, and what other ways to train make of them."""

from __future__ import annotations

import pickle
from functools import partial

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, OneCycleLR, ReduceLROnPlateau, StepLR

from sklearn_rnn import EncoderDecoderRegressor, GRUClassifier, LSTMRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 7, 2))
Y = X[:, -2:, 0].sum(axis=1)
NAMES = ["cosine", "onecycle", "plateau"]


def regressor(**params):
    return LSTMRegressor(hidden_layer_sizes=5, early_stopping=False, random_state=0, lr=0.01).set_params(**params)


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.module_.parameters()])


@pytest.mark.parametrize(
    ("name", "scheduler"),
    [("cosine", partial(CosineAnnealingLR, T_max=9)), ("onecycle", partial(OneCycleLR, max_lr=0.01, total_steps=9))],
)
def test_each_update_has_the_rate_of_torch(name, scheduler):
    options = {"shuffle": False, "normalize_y": False, "clip_grad_norm": None, "dtype": "float64", "batch_size": 25}
    model = regressor(lr_schedule=name, max_epochs=3, **options).fit(X, Y)  # three updates per epoch
    start = regressor(lr=1e-300, optimizer="sgd", max_epochs=1, **options).fit(X, Y)
    module = start.module_.train()
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
    schedule, rates = scheduler(optimizer), []
    x, t = torch.from_numpy(X), torch.from_numpy(Y)[:, None]
    for _ in range(3):
        for first in range(0, len(x), 25):
            optimizer.zero_grad()
            (module(x[first : first + 25])[0] - t[first : first + 25]).square().mean().backward()
            optimizer.step()
            rates += schedule.get_last_lr()
            schedule.step()
    torch.testing.assert_close(weights(model), weights(start), rtol=0, atol=1e-10)
    np.testing.assert_allclose(model.history_["lr"], rates[2::3])  # of the last update of each epoch


def test_the_peak_of_onecycle_is_lr():
    rates = regressor(lr_schedule="onecycle", max_epochs=50).fit(X, Y).history_["lr"]
    assert rates.max() == pytest.approx(0.01, rel=0.01)
    assert 14 <= rates.idxmax() <= 16
    assert rates.iloc[-1] < 1e-6


def test_onecycle_gives_no_momentum_to_an_optimizer_without():
    plain = regressor(lr_schedule="onecycle", optimizer="sgd", max_epochs=2).fit(X, Y)
    assert plain.net_.optimizer_.param_groups[0]["momentum"] == 0
    cycled = clone(plain).set_params(optimizer_params={"momentum": 0.9}).fit(X, Y)
    assert 0.85 < cycled.net_.optimizer_.param_groups[0]["momentum"] < 0.95
    assert cycled.net_.optimizer_.param_groups[0]["momentum"] != 0.9


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.filterwarnings("ignore:.* has learned nothing:sklearn_rnn.SkillWarning")  # nor is it meant to
def test_plateau_divides_by_five_after_half_of_the_patience(early_stopping):
    options = {"optimizer": "sgd", "lr": 1e-4, "tol": 0.1, "max_epochs": 8, "early_stopping": early_stopping}
    rates = regressor(lr_schedule="plateau", n_iter_no_change=4, **options).fit(X, Y).history_["lr"]
    np.testing.assert_allclose(rates, ([1e-4] * 3 + [2e-5] * 2 + [4e-6] * 2 + [8e-7])[: 5 if early_stopping else 8])


@pytest.mark.filterwarnings("ignore:.* has learned nothing:sklearn_rnn.SkillWarning")  # nor is it meant to
def test_plateau_watches_the_validation_loss():
    noise = RNG.normal(size=60)  # learned by heart, so that the training loss falls on and that of validation does not
    options = {"early_stopping": True, "lr": 0.02, "max_epochs": 30, "validation": "random"}
    model = regressor(lr_schedule="plateau", **options).fit(X, noise)
    assert model.history_["train_loss"].is_monotonic_decreasing
    assert model.history_["lr"].iloc[-1] < 0.02


@pytest.mark.parametrize(
    ("scheduler", "expected"),
    [
        (partial(StepLR, step_size=2), [1e-2, 1e-2, 1e-3]),
        (partial(ExponentialLR, gamma=0.5), [1e-2, 5e-3, 2.5e-3]),
        (partial(ReduceLROnPlateau, patience=0, threshold=1e6, threshold_mode="abs"), [1e-2, 1e-2, 1e-3]),
        (torch.optim.lr_scheduler.ConstantLR, [1e-2 / 3] * 3),
    ],
)
def test_schedules_of_torch_step_after_each_epoch(scheduler, expected):
    model = clone(regressor(lr_schedule=scheduler, max_epochs=3)).fit(X, Y)
    np.testing.assert_allclose(model.history_["lr"], expected)


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (StepLR, "missing 1 required positional argument: 'step_size'; give it the rest by functools.partial"),
        (lambda optimizer: optimizer, r"returned a Adam; expected one of \['cosine', 'onecycle', 'plateau'\], or a"),
        ("cosinus", "'lr_schedule' parameter of LSTMRegressor must be None, a str among"),
    ],
)
def test_bad_schedules(schedule, message):
    with pytest.raises(ValueError, match=message):
        regressor(lr_schedule=schedule, max_epochs=1).fit(X, Y)


def test_no_schedule_no_column():
    assert "lr" not in regressor(max_epochs=1).fit(X, Y).history_


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("batch_size", [1, 3, 1000])
@pytest.mark.parametrize("cut", [{}, {"tbptt": 7}, {"tbptt": (5, 9), "stateful": True}, {"stateful": True}])
def test_schedules_know_the_updates_of_lanes(name, batch_size, cut):
    sequences = [RNG.normal(size=(n, 2)) for n in (100, 33, 0, 7, 220, 1, 50)]
    model = regressor(return_sequences=True, max_epochs=4, batch_size=batch_size, lr_schedule=name, **cut)
    rates = model.fit(sequences, [x[:, 0] for x in sequences]).history_["lr"]
    n_updates = sum(row["train_batch_count"] for row in model.net_.history)
    last = {
        "cosine": 0.005 * (1 + np.cos(np.pi * (n_updates - 1) / n_updates)),
        "onecycle": 0.01 / 25 / 1e4,
        "plateau": 0.01,
    }
    assert rates.iloc[-1] == pytest.approx(last[name])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("estimator", [EncoderDecoderRegressor, GRUClassifier])
def test_other_estimators(estimator, name):
    y = X[:, :3, 0] if estimator is EncoderDecoderRegressor else Y > 0
    model = estimator(max_epochs=3, early_stopping=True, lr_schedule=name, scoring=lambda *_: 1.0).fit(X, y)
    assert len(model.history_["lr"]) == 3


def test_warm_start_begins_a_new_schedule():
    model = regressor(lr_schedule="cosine", max_epochs=3, warm_start=True).fit(X, Y)
    rates = model.fit(X, Y).history_["lr"].to_numpy()
    np.testing.assert_allclose(rates[3:], rates[:3])


@pytest.mark.parametrize("name", NAMES)
def test_partial_fit_learns_at_lr(name):
    model = pickle.loads(pickle.dumps(regressor(lr_schedule=name, max_epochs=3).fit(X, Y)))
    model.partial_fit(X, Y)
    assert model.net_.optimizer_.param_groups[0]["lr"] == 0.01
    plain = regressor().partial_fit(X, Y)
    assert torch.equal(weights(regressor(lr_schedule=name).partial_fit(X, Y)), weights(plain))


def test_a_search_chooses_a_schedule():
    search = GridSearchCV(regressor(max_epochs=2), {"lr_schedule": [None, *NAMES]}, cv=2).fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
