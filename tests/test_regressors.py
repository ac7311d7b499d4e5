"""The regressors: losses, scales of targets, weights, several outputs, targets per step."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.metrics import r2_score

from sklearn_rnn import GRURegressor, LSTMRegressor, RNNRegressor
from sklearn_rnn.datasets import make_adding_problem

REGRESSORS = (RNNRegressor, LSTMRegressor, GRURegressor)
EXACT = {"dtype": "float64", "batch_size": 10**6, "max_epochs": 10, "lr": 0.01, "random_state": 0}


def make_data(n=60, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 7, 2))
    return X, X[:, -2:, 0].sum(axis=1) + 0.1 * rng.normal(size=n)


@pytest.mark.parametrize("estimator", REGRESSORS)
def test_learns(estimator):
    X, y = make_data(300)
    model = estimator(max_epochs=40, lr=0.01, random_state=0).fit(X[:200], y[:200])
    assert model.score(X[200:], y[200:]) > 0.9


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "quantile"])
def test_loss_by_name_is_the_loss_of_its_formula(loss):
    X, y = make_data()
    model = LSTMRegressor(**EXACT | {"max_epochs": 1}, loss=loss, quantile=0.8, normalize_y=False).fit(X, y)
    start = LSTMRegressor(**EXACT | {"max_epochs": 1, "lr": 1e-300}, optimizer="sgd", normalize_y=False).fit(X, y)
    error = y - start.predict(X)
    expected = {
        "squared_error": error**2,
        "absolute_error": np.abs(error),
        "huber": np.where(np.abs(error) < 1, error**2 / 2, np.abs(error) - 0.5),
        "quantile": np.where(error > 0, 0.8 * error, -0.2 * error),
    }[loss].mean()
    assert model.history_["train_loss"][1] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_quantile_covers_its_share(quantile):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1000, 3)), rng.exponential(size=1000)
    model = GRURegressor(hidden_layer_sizes=4, loss="quantile", quantile=quantile, max_epochs=40, lr=0.01)
    model.set_params(batch_size=200, random_state=0).fit(X, y)
    assert np.mean(y <= model.predict(X)) == pytest.approx(quantile, abs=0.03)


def test_torch_loss_by_class_and_by_instance():
    X, y = make_data()
    named = LSTMRegressor(**EXACT, loss="huber").fit(X, y)
    for loss in (torch.nn.HuberLoss, torch.nn.HuberLoss(), torch.nn.HuberLoss(reduction="none")):
        model = LSTMRegressor(**EXACT, loss=loss).fit(X, y)
        np.testing.assert_allclose(model.predict(X), named.predict(X), rtol=0, atol=1e-12)
        assert clone(model).fit(X, y).predict(X).tolist() == model.predict(X).tolist()


def squared_error(output, target):
    return (output - target) ** 2


@pytest.mark.parametrize("weights", [None, np.linspace(0, 1, 60)])
def test_function_as_loss(weights):
    X, y = make_data()
    # To the last bit by torch: kernels make whole updates with losses that they know.
    named = LSTMRegressor(**EXACT, backend="torch").fit(X, y, weights)
    model = LSTMRegressor(**EXACT, loss=squared_error, backend="torch").fit(X, y, weights)
    np.testing.assert_array_equal(model.predict(X), named.predict(X))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), named.predict(X))


def test_lambda_as_loss_of_a_whole_batch():
    X, y = make_data()
    named = LSTMRegressor(**EXACT).fit(X, y)
    model = LSTMRegressor(**EXACT, loss=lambda output, target: ((output - target) ** 2).mean()).fit(X, y)
    np.testing.assert_allclose(model.predict(X), named.predict(X), rtol=0, atol=1e-12)
    assert clone(model).fit(X, y).predict(X).tolist() == model.predict(X).tolist()
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(model)


@pytest.mark.parametrize("estimator", REGRESSORS)
def test_predictions_are_in_the_units_of_y(estimator):
    X, y = make_data()
    plain = estimator(**EXACT).fit(X, y)
    moved = estimator(**EXACT).fit(X, 1e6 + 1e3 * y)
    np.testing.assert_allclose(moved.predict(X), 1e6 + 1e3 * plain.predict(X), rtol=1e-9)
    constant = estimator(max_epochs=30, lr=0.01, random_state=0).fit(X, np.full(60, 7.0))
    np.testing.assert_allclose(constant.predict(X), 7.0, atol=0.2)


def test_normalize_y_off_learns_on_y_itself():
    X, y = make_data()
    model = LSTMRegressor(**EXACT | {"max_epochs": 1, "lr": 1e-300}, optimizer="sgd", normalize_y=False)
    assert model.fit(X, y + 100).history_["train_loss"][1] == pytest.approx(np.mean((model.predict(X) - y - 100) ** 2))
    assert abs(model.predict(X)).max() < 10


def test_weights_count_as_repetitions():
    X, y = make_data()
    counts = np.random.default_rng(0).integers(0, 4, size=len(y))
    weighted = LSTMRegressor(**EXACT).fit(X, y, sample_weight=counts)
    repeated = LSTMRegressor(**EXACT).fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), rtol=0, atol=1e-9)


@pytest.mark.parametrize("as_list", [False, True])
def test_weights_per_step_and_per_sequence(as_list):
    X, _ = make_data()
    y = X[:, :, 0].cumsum(axis=1)
    per_sequence = np.random.default_rng(0).integers(1, 4, size=len(X)).astype(float)
    per_step = np.repeat(per_sequence[:, None], 7, axis=1)
    form = list if as_list else np.asarray
    model = GRURegressor(return_sequences=True, **EXACT)
    a = clone(model).fit(form(X), form(y), sample_weight=per_sequence).predict(X)
    b = clone(model).fit(form(X), form(y), sample_weight=form(per_step)).predict(X)
    np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)
    ignored = per_step.copy()
    ignored[:, 3:] = 0
    changed = y.copy()
    changed[:, 3:] = 1e3
    c = clone(model).fit(form(X), form(y), sample_weight=form(ignored)).predict(X)
    d = clone(model).fit(form(X), form(changed), sample_weight=form(ignored)).predict(X)
    np.testing.assert_allclose(c, d, rtol=0, atol=1e-12)


def test_several_outputs():
    X, y = make_data(300)
    Y = np.column_stack([y, -2 * y, X[:, 0, 1]])
    model = LSTMRegressor(max_epochs=60, lr=0.01, random_state=0).fit(X, Y)
    predicted = model.predict(X)
    assert predicted.shape == (300, 3)
    assert model.n_outputs_ == 3
    assert model.score(X, Y) == pytest.approx(r2_score(Y, predicted))
    assert min(r2_score(Y, predicted, multioutput="raw_values")[:2]) > 0.9
    column = LSTMRegressor(max_epochs=1, random_state=0)
    assert column.fit(X, Y[:, :1]).predict(X).shape == (300, 1)
    assert clone(column).fit(X, y).predict(X).tolist() == column.predict(X)[:, 0].tolist()


@pytest.mark.parametrize("n_outputs", [None, 2])
def test_targets_per_step(n_outputs):
    X, _ = make_data(200)
    y = X[:, :, 0].cumsum(axis=1)
    y = y if n_outputs is None else np.stack([y, -y], axis=2)
    model = GRURegressor(return_sequences=True, max_epochs=40, lr=0.02, random_state=0).fit(X, y)
    assert model.predict(X).shape == y.shape
    assert model.score(X, y) > 0.9
    flat = y.reshape(-1, 2) if n_outputs else y.ravel()
    assert model.score(X, y) == pytest.approx(r2_score(flat, model.predict(X).reshape(flat.shape)))


def test_targets_per_row_of_a_table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(300, 2)), columns=["a", "b"])
    y = X["a"].ewm(alpha=0.5).mean()
    model = LSTMRegressor(return_sequences=True, max_epochs=150, lr=0.02, random_state=0).fit(X, y)
    assert model.predict(X).shape == (300,)
    assert model.score(X, y) > 0.9
    assert model.feature_names_in_.tolist() == ["a", "b"]
    earlier = model.predict(X[:200])
    np.testing.assert_allclose(earlier, model.predict(X)[:200], rtol=0, atol=1e-6)  # nothing later is seen


def test_score_leaves_padding_out():
    X, _ = make_data()
    y = X[:, :, 0].cumsum(axis=1)
    model = GRURegressor(return_sequences=True, max_epochs=3, random_state=0).fit(X, y)
    padded = np.concatenate([X, np.full_like(X, np.nan)], axis=1)
    padded_y = np.concatenate([y, np.full_like(y, np.nan)], axis=1)
    assert model.score(padded, padded_y) == pytest.approx(model.score(X, y))


def test_table_of_rows_may_be_told_apart_from_padding_only():
    X, y = make_data()
    flat = X[:, :, 0]
    model = LSTMRegressor(max_epochs=2, random_state=0).fit(flat, y)
    assert model.n_features_in_ == 7
    np.testing.assert_array_equal(model.predict(flat), model.predict(flat[:, :, None]))


@pytest.mark.slow
def test_adding_problem():
    X, y = make_adding_problem(10_000, n_steps=100, random_state=0)
    X_test, y_test = make_adding_problem(2_000, n_steps=100, random_state=1)
    model = GRURegressor(hidden_layer_sizes=(16,), max_epochs=6, lr=1e-2, batch_size=64, early_stopping=False)
    model.set_params(random_state=0).fit(X, y)
    assert np.mean((y_test.mean() - y_test) ** 2) == pytest.approx(0.167, abs=0.01)
    assert np.mean((model.predict(X_test) - y_test) ** 2) < 0.01
