"""Regressors compare themselves with predictions that need no network, and warn if they are no better."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.pipeline import make_pipeline

from sklearn_rnn import (
    EncoderDecoderRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMRegressor,
    SequenceForecaster,
    SequenceScaler,
    ShiftFramer,
    SkillWarning,
)
from sklearn_rnn._data.windows import Windows
from sklearn_rnn.datasets import load_beijing_pm25

SEEDS = range(5)
NAIVE = ["last_value_loss", "mean_loss"]
SMALL = {"hidden_layer_sizes": (4,), "batch_size": 32, "max_epochs": 2, "early_stopping": True, "random_state": 0}


def random_walk(rng, n=600):
    return rng.normal(size=n).cumsum()


def drifting_weather(rng, n=800):
    """Return hourly temperatures whose level wanders and rises, with a cycle of a day."""
    hours = np.arange(n)
    return 5 * np.sin(hours * 2 * np.pi / 24) + rng.normal(scale=0.2, size=n).cumsum() + 0.05 * hours


def returning(rng, n=800):
    """Return a series of which each value keeps half of the one before."""
    y = np.zeros(n)
    for i, shock in enumerate(rng.normal(size=n - 1), start=1):
        y[i] = 0.5 * y[i - 1] + shock
    return y


def noisy_sine(rng, n=800):
    return np.sin(np.arange(n) * 2 * np.pi / 24) + rng.normal(scale=0.3, size=n)


def first_pattern(seed, *, lags=24, horizon=1, **params):
    usual = {"hidden_layer_sizes": (8,), "batch_size": 32, "max_epochs": 15, "lr": 0.01, "n_iter_no_change": 5}
    usual |= {"refit": False}  # it would learn from the newest rows, too, as a forecaster does
    network = LSTMRegressor(**usual | params, random_state=seed)
    return make_pipeline(ShiftFramer(lags=lags, horizon=horizon), SequenceScaler(), network)


def hourly(y):
    return pd.DataFrame({"y": y}, index=pd.date_range("2024-01-01", periods=len(y), freq="h"))


def ignoring(fit, *args):
    """Fit where it does not matter what was learned."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkillWarning)
        return fit(*args)


# ---------------------------------------------------------------------------------------------------------------------
# When it warns


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_walk_can_not_be_forecast(seed):
    X = hourly(random_walk(np.random.default_rng(seed)))
    with pytest.warns(SkillWarning, match="Use SequenceForecaster, which learns changes from the last value"):
        first_pattern(seed, max_epochs=8).fit(X, X["y"])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_drifting_series_warns_and_the_forecaster_is_better(seed):
    X = hourly(drifting_weather(np.random.default_rng(seed)))
    past, future = X[:640], X[640:]
    model = first_pattern(seed, horizon=24)
    with pytest.warns(SkillWarning, match="LSTMRegressor has learned nothing"):
        model.fit(past, past["y"])
    network = LSTMRegressor(
        hidden_layer_sizes=(8,), batch_size=32, max_epochs=15, lr=0.01, refit=False, random_state=seed
    )
    forecaster = SequenceForecaster(network, lags=24, horizon=24, strategy="joint", validation_fraction=None)
    forecaster.fit(past)
    error = np.abs(model.predict(future) - future["y"]).mean()
    better = np.abs(np.ravel(forecaster.predict(future)) - future["y"]).mean()
    assert better < 0.8 * error


@pytest.mark.parametrize("series", [returning, noisy_sine])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_series_that_returns_to_its_mean_does_not_warn(seed, series):
    X = hourly(series(np.random.default_rng(seed)))
    first_pattern(seed).fit(X, X["y"])


@pytest.mark.parametrize("seed", SEEDS)
def test_pm25_does_not_warn(seed):
    X, y = load_beijing_pm25(return_X_y=True)
    params = {"loss": "absolute_error", "hidden_layer_sizes": 16, "lr": 0.003, "batch_size": 128, "max_epochs": 4}
    first_pattern(seed, horizon=24, **params).fit(X[-10_000:], y[-10_000:])


def test_message():
    X = np.random.default_rng(0).normal(size=(60, 4, 1))
    y = np.random.default_rng(1).normal(size=60)
    with pytest.warns(SkillWarning) as caught:
        model = GRURegressor(**SMALL, lr=0.3).fit(X, y)
    own, mean = model.history_["valid_loss"].min(), model.history_["mean_loss"].iloc[0]
    assert own > mean
    assert str(caught[0].message) == (
        "GRURegressor has learned nothing that is better than a naive prediction: on held-out data its best valid_loss is "
        f"{own:.4g}, that of the mean of y {mean:.4g}. Train longer, with another lr, or on more data."
    )
    assert caught[0].filename == __file__


def test_as_an_error_it_leaves_the_estimator_as_it_was():
    X, y = np.random.default_rng(0).normal(size=(60, 4, 1)), np.random.default_rng(1).normal(size=60)
    model = ignoring(GRURegressor(**SMALL).fit, X, X[:, -1, 0])
    before = model.predict(X), model.history_
    with warnings.catch_warnings():
        warnings.simplefilter("error", SkillWarning)
        with pytest.raises(SkillWarning):
            model.set_params(lr=0.3).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), before[0])
    assert model.history_ is before[1]


def test_a_forecaster_warns_once_and_by_itself():
    walk = hourly(random_walk(np.random.default_rng(0), 300))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        forecaster = SequenceForecaster(make_pipeline(SequenceScaler(), GRURegressor(**SMALL, lr=0.5)), lags=6).fit(
            walk
        )
    messages = [str(each.message) for each in caught if each.category is SkillWarning]
    assert len(messages) == 1
    assert messages[0].startswith("The forecasts are no better than the last value")
    inner = forecaster.estimator_[-1]  # of changes, whose mean is what it compares with
    assert "mean_loss" in inner.history_
    assert "last_value_loss" not in inner.history_


def test_a_loss_that_takes_no_naive_prediction_warns_of_nothing():
    X, y = np.random.default_rng(0).normal(size=(60, 4, 1)), np.random.default_rng(1).normal(size=60)
    model = GRURegressor(**SMALL, lr=0.3, loss=lambda output, target: (output - target) ** 2 / (output != 0))
    assert np.isinf(model.fit(X, y).history_["mean_loss"]).all()  # the mean is zero on the scale that is learned on


def test_classifiers_and_training_on_all_data_compare_nothing():
    X, y = np.random.default_rng(0).normal(size=(60, 4, 1)), np.arange(60) % 2
    assert not GRUClassifier(**SMALL).fit(X, y).history_.columns.isin(NAIVE).any()
    assert not GRURegressor(max_epochs=1).fit(X, y).history_.columns.isin(NAIVE).any()


# ---------------------------------------------------------------------------------------------------------------------
# What it compares with


def panel(lengths=(40, 25)):
    """Return a panel of walks, a target and a weight per row."""
    pairs = [(shop, day) for shop, n in zip("ab", lengths, strict=True) for day in range(n)]
    index = pd.MultiIndex.from_tuples(pairs, names=["shop", "day"])
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(len(index), 2)), index, ["u", "v"])
    return X, pd.Series(rng.normal(size=len(index)).cumsum() + 50, index), rng.uniform(0.5, 2, len(index))


def expected(y, held, *, horizon, weights):
    """Return the squared errors of the last value and of the mean, on the scale of the rows that are learned from."""
    mean = np.average(y[~held], weights=weights[~held])
    scale = np.average((y[~held] - mean) ** 2, weights=weights[~held])
    last = y.groupby(level=0).shift(max(horizon, 1)).fillna(mean)
    return [np.average(((guess - y) ** 2)[held], weights=weights[held]) / scale for guess in (last, mean)]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("horizon", [0, 1, 3])
def test_losses_of_windows(horizon, weighted):
    X, y, weights = panel()
    weights = weights if weighted else np.ones(len(y))
    windows = SequenceScaler().fit_transform(ShiftFramer(lags=3, horizon=horizon).fit_transform(X))
    order = np.random.default_rng(2).permutation(len(y))  # rows of several series may come in any order
    order = order[np.argsort(X.index.codes[1][order], kind="stable")]
    held = np.concatenate([np.arange(n) >= n - np.ceil(0.2 * n) for n in (40, 25)])
    model = GRURegressor(**SMALL, validation_fraction=0.2)
    ignoring(model.fit, windows[order], y.iloc[order], weights[order])
    losses = expected(y, held, horizon=horizon, weights=weights)
    np.testing.assert_allclose(model.history_[NAIVE], [losses] * 2, rtol=1e-5)


@pytest.mark.parametrize("mask_value", [None, 0.0])
@pytest.mark.parametrize("horizon", [0, 2])
def test_losses_of_windows_of_one_lag_with_a_target_per_row(horizon, mask_value):
    X, y, weights = panel()
    there = np.ones(len(y), dtype=bool)
    there[X.groupby(level=0).cumcount() < horizon] = False  # these windows hold no step
    if mask_value is not None:
        X.iloc[[20, 36]] = mask_value
        there[np.array([20, 36]) + horizon] = False
    model = GRURegressor(**SMALL, return_sequences=True, validation_fraction=0.2, mask_value=mask_value)
    ignoring(model.fit, ShiftFramer(lags=1, horizon=horizon).fit_transform(X), y, weights)
    steps = y.where(there)
    held = there & np.concatenate(
        [(k := there[y.index.get_loc(shop)]).cumsum() > k.sum() - np.ceil(0.2 * k.sum()) for shop in "ab"]
    )
    learned = there & ~held
    mean = np.average(y[learned], weights=weights[learned])
    scale = np.average((y[learned] - mean) ** 2, weights=weights[learned])
    last = steps.groupby(level=0).shift(max(horizon, 1)).fillna(mean)
    losses = [np.average(((guess - y) ** 2)[held], weights=weights[held]) / scale for guess in (last, mean)]
    np.testing.assert_allclose(model.history_[NAIVE], [losses] * 2, rtol=1e-5)


def test_losses_of_sequences_of_outputs():
    X, y, _ = panel((60, 2))
    X, y = X.loc[["a"]], y["a"].to_numpy()
    ahead = np.lib.stride_tricks.sliding_window_view(y, 3)  # the value of the row, and two more
    windows = ShiftFramer(lags=3, horizon=2).fit_transform(X)[: len(ahead)]
    model = EncoderDecoderRegressor(**SMALL, validation_fraction=0.25)
    ignoring(model.fit, windows, ahead)
    learned, held = ahead[:43], np.arange(43, 58)
    scale = learned.var()
    last = ((ahead[held] - y[held - 2][:, None]) ** 2).mean() / scale
    mean = ((ahead[held] - learned.mean(axis=0)) ** 2).mean() / scale
    np.testing.assert_allclose(model.history_[NAIVE], [[last, mean]] * 2, rtol=1e-5)


@pytest.mark.parametrize("loss", ["absolute_error", lambda output, target: ((output - target) ** 2).mean().sqrt()])
def test_losses_are_those_of_the_criterion(loss):
    X, y, _ = panel((60, 2))
    y = y.loc[["a"]].to_numpy()
    model = GRURegressor(**SMALL, loss=loss, normalize_y=False)
    ignoring(model.fit, ShiftFramer(lags=3).fit_transform(X.loc[["a"]]), y)
    errors = np.array([y[53:59] - y[54:], y[:54].mean() - y[54:]])
    wanted = np.abs(errors).mean(axis=1) if isinstance(loss, str) else np.sqrt((errors**2).mean(axis=1))
    np.testing.assert_allclose(model.history_[NAIVE].iloc[-1], wanted, rtol=1e-5)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(lambda X, y: (np.asarray(ShiftFramer(lags=3).fit_transform(X)), y), id="an array of windows"),
        pytest.param(
            lambda X, y: (ShiftFramer(lags=3).fit_transform(X), np.stack([y, y + 1], 1)), id="several outputs"
        ),
    ],
)
def test_only_the_mean_is_known(data):
    X, y, _ = panel()
    model = ignoring(GRURegressor(**SMALL).fit, *data(X, y))
    assert "mean_loss" in model.history_
    assert "last_value_loss" not in model.history_


def test_a_warm_start_records_those_of_each_fit():
    X, y, _ = panel()
    windows = ShiftFramer(lags=3).fit_transform(X)
    model = ignoring(GRURegressor(**SMALL, warm_start=True).fit, windows, y)
    first = model.history_.iloc[0][NAIVE]
    ignoring(model.fit, windows, 2 * y)
    assert len(model.history_) == 4
    np.testing.assert_array_equal(model.history_[NAIVE].iloc[:2], [first] * 2)
    assert (model.history_["mean_loss"].iloc[2:] != first["mean_loss"]).all()


# ---------------------------------------------------------------------------------------------------------------------
# Which value is the last one known


@pytest.mark.parametrize(
    ("horizon", "found"), [(0, [-1, 0, 1, -1, 3]), (1, [-1, 0, 1, -1, 3]), (2, [-1, -1, 0, -1, -1])]
)
def test_earlier_windows(horizon, found):
    X = pd.DataFrame(
        {"u": np.arange(5.0)}, pd.MultiIndex.from_tuples([("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1)])
    )
    windows = ShiftFramer(lags=1, horizon=horizon).fit_transform(X)
    np.testing.assert_array_equal(windows.earlier(), found)
    np.testing.assert_array_equal(windows[[4, 2, 3, 1]].earlier()[:2], [2, 3] if horizon < 2 else [-1, -1])


def test_windows_keep_their_horizon():
    windows = ShiftFramer(lags=2, horizon=3).fit_transform(np.arange(8.0).reshape(-1, 1))
    assert SequenceScaler().fit_transform(windows)[2:].horizon == 3
    assert pickle.loads(pickle.dumps(windows)).horizon == 3
    by_hand = Windows(np.zeros((3, 1)), np.arange(3), np.zeros(3, dtype=int), lags=1)
    assert by_hand.horizon is None
    assert by_hand.earlier() is None


def test_torch_is_left_as_it_was():
    X, y, _ = panel()
    state = torch.random.get_rng_state()
    ignoring(GRURegressor(**SMALL).fit, ShiftFramer(lags=3).fit_transform(X), y)
    assert torch.equal(torch.random.get_rng_state(), state)
