"""What regressors and classifiers share: training, validation, warm starts, copies, callbacks, reports."""

from __future__ import annotations

import pickle
import re

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from skorch.callbacks import Callback, LRScheduler

from sklearn_rnn import (
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
    RNNClassifier,
    RNNRegressor,
    ShiftFramer,
)

REGRESSORS = (RNNRegressor, LSTMRegressor, GRURegressor)
CLASSIFIERS = (RNNClassifier, LSTMClassifier, GRUClassifier)
ESTIMATORS = REGRESSORS + CLASSIFIERS


def make_data(n=60, steps=7, n_features=2, seed=0):
    X = np.random.default_rng(seed).normal(size=(n, steps, n_features))
    return X, (X[:, -2:, 0].sum(axis=1) > 0).astype(int)


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.module_.parameters()])


@pytest.mark.parametrize("options", [{}, {"dropout": 0.3, "recurrent_dropout": 0.2, "bidirectional": True}])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_same_seed_same_weights(estimator, options):
    X, y = make_data()
    model = estimator(max_epochs=2, random_state=3, **options)
    first = weights(model.fit(X, y))
    torch.manual_seed(0)  # the global generator plays no part
    assert torch.equal(first, weights(clone(model).fit(X, y)))
    assert not torch.equal(first, weights(clone(model).set_params(random_state=4).fit(X, y)))


def test_fit_leaves_global_random_numbers_alone():
    X, y = make_data()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    LSTMRegressor(max_epochs=1, dropout=0.5, random_state=0).fit(X, y)
    assert torch.equal(torch.rand(3), expected)


def test_parallel_threads_train_the_same_weights():
    X, y = make_data()
    model = GRUClassifier(max_epochs=3, dropout=0.5, recurrent_dropout=0.5, random_state=0)
    fitted = joblib.Parallel(n_jobs=4, backend="threading")(joblib.delayed(clone(model).fit)(X, y) for _ in range(4))
    assert all(torch.equal(weights(fitted[0]), weights(other)) for other in fitted[1:])


def test_parallel_processes_train_the_same_weights():
    X, y = make_data()
    model = LSTMClassifier(max_epochs=2, random_state=0)
    fitted = joblib.Parallel(n_jobs=2)(joblib.delayed(clone(model).fit)(X, y) for _ in range(2))
    here = clone(model).fit(X, y)
    for other in fitted:
        np.testing.assert_array_equal(other.predict_proba(X), here.predict_proba(X))


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_pickle_gives_equal_predictions(estimator):
    X, y = make_data()
    scoring = "accuracy" if "Class" in str(estimator) else "r2"
    model = estimator(max_epochs=10, lr=0.05, early_stopping=True, scoring=scoring, random_state=0).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    pd.testing.assert_frame_equal(again.history_, model.history_)
    again.set_params(early_stopping=False).partial_fit(X, y)  # goes on, optimizer and all
    assert again.n_iter_ == model.n_iter_ + 1


def test_predict_changes_nothing():
    X, y = make_data()
    model = LSTMRegressor(max_epochs=1, dropout=0.5, recurrent_dropout=0.5).fit(X, y)
    first = model.predict(X)
    model.predict(X[::-1])
    np.testing.assert_array_equal(model.predict(X), first)


@pytest.mark.parametrize("n", [1, 3, 15, 16, 17, 60])
@pytest.mark.parametrize("estimator", REGRESSORS)
def test_prediction_does_not_depend_on_neighbours(estimator, n):
    X, y = make_data()
    model = estimator(max_epochs=1, random_state=0).fit(X, y)
    np.testing.assert_array_equal(model.predict(X[:n]), model.predict(X)[:n])


def test_history_has_a_row_per_epoch():
    X, y = make_data()
    model = LSTMRegressor(max_epochs=4, random_state=0).fit(X, y)
    assert model.history_.index.tolist() == [1, 2, 3, 4]
    assert model.history_.columns.tolist() == ["train_loss", "dur"]
    assert model.n_iter_ == 4
    model = LSTMClassifier(max_epochs=4, early_stopping=True, scoring=["accuracy", "neg_log_loss"]).fit(X, y)
    assert model.history_.columns.tolist() == [
        "train_loss", "valid_loss", "valid_accuracy", "valid_neg_log_loss", "dur",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("scoring", "columns"),
    [
        ("r2", ["train_r2"]),
        (["r2", "neg_max_error"], ["train_r2", "train_neg_max_error"]),
        ({"a": "r2", "b": lambda model, X, y: 3.0}, ["train_a", "train_b"]),
        (lambda model, X, y: -1.0, ["train_score"]),
    ],
)
def test_scoring_adds_columns(scoring, columns):
    X, y = make_data()
    model = GRURegressor(max_epochs=2, scoring=scoring, random_state=0).fit(X, y)
    assert model.history_.columns.tolist()[1:-1] == columns
    if "train_r2" in columns:
        assert model.history_["train_r2"].iloc[-1] == pytest.approx(model.score(X, y))


@pytest.mark.parametrize("form", ["table", "series", "dense", "ragged"])
def test_scoring_of_targets_per_step(form):
    X, _ = make_data()
    y, series = X[:, :, 0].cumsum(axis=1), None
    if form == "table":
        X, y = X[0], y[0]
    elif form == "series":
        X, y, series = X[:10].reshape(70, 2), y[:10].ravel(), np.arange(70) % 3
    elif form == "ragged":
        X, y = list(X), list(y)
    own = {"r2": "r2", "own": lambda model, X, y: model.score(X, y)}
    model = GRURegressor(return_sequences=True, max_epochs=2, early_stopping=False, scoring=own).fit(
        X, y, series=series
    )
    expected = model.score(X, y, series=series)
    assert model.history_["train_r2"][2] == pytest.approx(expected)
    assert model.history_["train_own"][2] == pytest.approx(expected)


def test_train_loss_of_one_batch_is_the_loss_of_the_initial_weights():
    X, y = make_data()
    y = y + 0.5
    w = np.random.default_rng(0).uniform(size=len(y))
    model = LSTMRegressor(max_epochs=2, batch_size=1000, dtype="float64", normalize_y=False, random_state=0)
    one = clone(model).set_params(max_epochs=1).fit(X, y, w)
    expected = np.average((one.predict(X) - y) ** 2, weights=w)
    assert model.fit(X, y, w).history_["train_loss"][2] == pytest.approx(expected, rel=1e-12)


def test_epoch_loss_weighs_batches_by_their_weights():
    X, y = make_data()
    w = np.random.default_rng(0).uniform(size=len(y))
    options = {"max_epochs": 1, "lr": 1e-300, "dtype": "float64", "random_state": 0, "optimizer": "sgd"}
    small = GRUClassifier(batch_size=7, **options).fit(X, y, w)  # so small a step leaves weights as they are
    whole = GRUClassifier(batch_size=1000, **options).fit(X, y, w)
    assert small.history_["train_loss"][1] == pytest.approx(whole.history_["train_loss"][1], rel=1e-12)


def test_early_stopping_restores_the_best_weights():
    X, y = make_data(n=40)
    noise = np.random.default_rng(1).normal(size=len(y))
    options = {"early_stopping": True, "refit": False, "n_iter_no_change": 5}
    model = LSTMRegressor(**options, lr=0.05, batch_size=32, max_epochs=200, random_state=0).fit(X, noise)
    losses = model.history_["valid_loss"]
    assert model.n_iter_ < 200
    assert model.n_iter_ == losses.idxmin() + 5
    held_out = slice(-4, None)
    scale = noise[:-4].std()
    loss = np.mean((model.predict(X[held_out]) - noise[held_out]) ** 2) / scale**2
    assert loss == pytest.approx(losses.min(), rel=1e-5)


def test_tol_asks_for_a_greater_fall():
    X, y = make_data()
    model = LSTMRegressor(early_stopping=True, n_iter_no_change=2, tol=1e9, random_state=0).fit(X, y)
    assert model.n_iter_ == 3


def test_class_of_optimizer_and_its_parameters():
    X, y = make_data()
    options = {"max_epochs": 3, "random_state": 0, "dtype": "float64", "lr": 0.05}
    by_name = LSTMRegressor(optimizer="sgd", optimizer_params={"momentum": 0.9}, weight_decay=0.1, **options)
    by_class = LSTMRegressor(
        optimizer=torch.optim.SGD, optimizer_params={"momentum": 0.9, "weight_decay": 0.1}, **options
    )
    plain = LSTMRegressor(optimizer="sgd", **options)
    torch.testing.assert_close(weights(by_name.fit(X, y)), weights(by_class.fit(X, y)), rtol=0, atol=1e-12)
    assert not torch.equal(weights(plain.fit(X, y)), weights(by_name))


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop"])
def test_optimizer_equals_plain_torch_loop(optimizer):
    X, y = make_data()
    y = y + np.random.default_rng(0).normal(size=len(y))
    options = {"optimizer": optimizer, "lr": 0.01, "batch_size": 25, "dtype": "float64", "random_state": 0}
    model = LSTMRegressor(**options, shuffle=False, normalize_y=False, clip_grad_norm=0.05, max_epochs=3).fit(X, y)
    start = LSTMRegressor(**options | {"lr": 1e-300, "optimizer": "sgd"}, max_epochs=1, normalize_y=False).fit(X, y)
    module = start.module_.train()
    classes = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSprop"}
    by_name = getattr(torch.optim, classes[optimizer])
    steps = by_name(module.parameters(), lr=0.01, **({"weight_decay": 0.0} if optimizer == "adamw" else {}))
    x, t = torch.from_numpy(X), torch.from_numpy(y)[:, None]
    for _ in range(3):
        for first in range(0, len(x), 25):
            steps.zero_grad()
            (module(x[first : first + 25])[0] - t[first : first + 25]).square().mean().backward()
            torch.nn.utils.clip_grad_norm_(module.parameters(), 0.05)
            steps.step()
    torch.testing.assert_close(weights(model), weights(start), rtol=0, atol=1e-10)


def test_callbacks_are_used_as_they_are():
    class Recorder(Callback):
        def __init__(self):
            self.losses = []

        def on_epoch_end(self, net, **kwargs):
            self.losses.append(net.history[-1, "train_loss"])

    X, y = make_data()
    recorder = Recorder()
    callbacks = [recorder, ("decay", LRScheduler("ExponentialLR", gamma=0.1))]
    model = LSTMRegressor(max_epochs=3, early_stopping=False, lr=1e-3, callbacks=callbacks).fit(X, y)
    assert recorder.losses == model.history_["train_loss"].tolist()
    np.testing.assert_allclose(model.history_["event_lr"], [1e-3, 1e-4, 1e-5])


@pytest.mark.parametrize(("verbose", "expected"), [(0, ""), (2, "train_loss")])
def test_verbose(verbose, expected, capsys):
    X, y = make_data()
    LSTMRegressor(max_epochs=2, verbose=verbose).fit(X, y)
    out, err = capsys.readouterr()
    assert (expected in out) if expected else out == ""
    assert err == ""


@pytest.mark.filterwarnings("ignore::sklearn_rnn.SkillWarning")  # of three epochs
@pytest.mark.parametrize(
    "options",
    [
        {"early_stopping": False},
        {"early_stopping": True, "refit": False},
        {"early_stopping": False, "return_sequences": True, "tbptt": 4},
    ],
)
def test_progress_bar(options, capsys):
    X, y = make_data()
    y = np.repeat(y[:, None], 7, axis=1) if "tbptt" in options else y
    model = LSTMRegressor(batch_size=32, max_epochs=3, verbose=1, warm_start=True, **options).fit(X, y)
    for _ in range(2):  # the second time from a warm start
        out, err = capsys.readouterr()
        n_updates = 12 if "tbptt" in options else 6
        bar = rf"epoch 3/3: 100%\|█+\| {n_updates}/{n_updates} \[\d+:\d+<00:00, .*update/s, train_loss=[\d.e-]+"
        assert re.search(bar + (r", valid_loss=[\d.e-]+\]" if "refit" in options else r"\]"), err)
        assert err.count("\n") == 1  # one bar
        assert out == ""
        model = pickle.loads(pickle.dumps(model)).fit(X, y)
    capsys.readouterr()
    model.set_params(early_stopping=False).partial_fit(X, y)  # one epoch has no bar
    assert capsys.readouterr() == ("", "")


@pytest.mark.filterwarnings("ignore::sklearn_rnn.SkillWarning")  # of two epochs
def test_a_bar_stays_where_training_stops(capsys):
    X, y = make_data()
    options = {"early_stopping": True, "refit": False, "n_iter_no_change": 1, "tol": 1e9}
    model = LSTMRegressor(batch_size=32, max_epochs=3, verbose=1, random_state=0, **options).fit(X, y)
    last = f"valid_loss={model.history_['valid_loss'].iloc[-1]:.3g}"
    assert re.search(rf"epoch 2/3:  67%\|█+.*\| 4/6 .*{last}\]\n$", capsys.readouterr().err)


def test_warm_start_goes_on_from_the_weights():
    X, y = make_data()
    options = {"random_state": 0, "dtype": "float64", "optimizer": "sgd", "lr": 0.1, "shuffle": False}
    whole = LSTMRegressor(max_epochs=5, **options).fit(X, y)
    parts = LSTMRegressor(max_epochs=2, warm_start=True, **options).fit(X, y)
    parts.set_params(max_epochs=3).fit(X, y)
    torch.testing.assert_close(weights(parts), weights(whole), rtol=0, atol=0)
    assert parts.n_iter_ == 5
    assert parts.history_.index.tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_partial_fit_equals_fit(estimator):
    X, y = make_data()
    options = {"batch_size": 32, "early_stopping": False, "random_state": 0}
    model = estimator(max_epochs=4, **options).fit(X, y)  # Adam, so that its state matters
    parts = estimator(**options)
    for _ in range(4):
        parts.partial_fit(X, y)
    assert torch.equal(weights(parts), weights(model))
    assert parts.n_iter_ == 4


def test_partial_fit_takes_new_parameters():
    X, y = make_data()
    model = LSTMRegressor(random_state=0, optimizer="sgd").partial_fit(X, y)
    before = weights(model)
    model.set_params(lr=1e-300, dropout=0.5, dtype="float64", optimizer="adam").partial_fit(X, y)
    assert torch.equal(weights(model), before.double())
    assert model.module_.dropout == 0.5


@pytest.mark.filterwarnings("ignore:.* has learned nothing:sklearn_rnn.SkillWarning")  # nor is it meant to
def test_validation_takes_the_end_of_ordered_data():
    X, y = make_data(n=50)
    y = y.astype(float)
    seen = {}

    def spy(model, X, y):
        seen["y"] = y
        return 0.0

    order = np.arange(50.0)
    options = {"early_stopping": True, "refit": False, "max_epochs": 1, "validation_fraction": 0.2, "scoring": spy}
    LSTMRegressor(**options).fit(X, order)
    assert seen["y"].tolist() == order[-10:].tolist()
    LSTMRegressor(**options, validation="random", random_state=0).fit(X, order)
    assert len(seen["y"]) == 10
    assert seen["y"].min() < 40
    LSTMRegressor(**options).fit(ShiftFramer(lags=3).fit_transform(X[:, 0]), order)
    assert seen["y"].tolist() == order[-10:].tolist()
    LSTMClassifier(**options).fit(ShiftFramer(lags=3).fit_transform(X[:, 0]), order >= 20)
    assert seen["y"].tolist() == [True] * 10
    LSTMClassifier(**options, random_state=0).fit(X, np.repeat(["a", "b"], [40, 10]))
    assert sorted(seen["y"].tolist()) == ["a"] * 8 + ["b"] * 2


@pytest.mark.filterwarnings("ignore:.* has learned nothing:sklearn_rnn.SkillWarning")  # nor is it meant to
def test_validation_takes_the_end_of_each_series():
    seen = {}

    def spy(model, X, y):
        seen["y"] = y
        return 0.0

    X = np.random.default_rng(0).normal(size=(20, 2))
    ids = np.repeat(["a", "b"], 10)
    windows = ShiftFramer(lags=2).fit_transform(X, series=ids)
    options = {"early_stopping": True, "refit": False, "max_epochs": 1, "validation_fraction": 0.2, "scoring": spy}
    GRURegressor(**options).fit(windows, np.arange(20.0))
    assert seen["y"].tolist() == [8.0, 9.0, 18.0, 19.0]
    GRURegressor(**options).fit(X, np.arange(20.0), series=ids)
    assert seen["y"].tolist() == [8.0, 9.0, 18.0, 19.0]


@pytest.mark.filterwarnings("ignore:.* has learned nothing:sklearn_rnn.SkillWarning")  # nor is it meant to
def test_validation_of_a_table_reads_what_came_before():
    def late_error(model, X, y, sample_weight):
        assert sample_weight.tolist() == [0.0] * 16 + [1.0] * 4
        return -np.average((model.predict(X) - y) ** 2, weights=sample_weight)

    X = np.random.default_rng(0).normal(size=(20, 2))
    y = X[:, 0].cumsum()
    model = GRURegressor(
        return_sequences=True, early_stopping=True, refit=False, validation_fraction=0.2, max_epochs=3, scoring=late_error,
        normalize_y=False, tol=0.0, n_iter_no_change=9, dtype="float64",
    )  # fmt: skip
    model.fit(X, y)
    np.testing.assert_allclose(-model.history_["valid_score"], model.history_["valid_loss"], rtol=1e-12)
    best = np.mean((model.predict(X)[-4:] - y[-4:]) ** 2)
    assert best == pytest.approx(model.history_["valid_loss"].min(), rel=1e-12)


def test_summary_counts_parameters():
    X, y = make_data(n_features=10)
    summary = LSTMRegressor(hidden_layer_sizes=(3, 2), max_epochs=1).fit(X, y).summary()
    assert summary["parameters"].to_dict() == {"lstm_0": 168, "lstm_1": 4 * 2 * (2 + 3 + 1), "output": 3, "total": 219}
    assert summary["units"].tolist() == [3, 2, 1, 6]


def test_module_before_fit():
    with pytest.raises(NotFittedError):
        _ = LSTMRegressor().module_
    with pytest.raises(NotFittedError):
        LSTMRegressor().summary()


def test_device_and_dtype():
    X, y = make_data()
    for dtype in ("float32", "float64"):
        model = LSTMRegressor(max_epochs=1, dtype=dtype, device="cpu").fit(X, y)
        assert {p.dtype for p in model.module_.parameters()} == {getattr(torch, dtype)}
        assert {p.device.type for p in model.module_.parameters()} == {"cpu"}
    model = LSTMRegressor(max_epochs=1).fit(X, y)
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert {p.device.type for p in model.module_.parameters()} == {expected}


def test_hidden_layer_sizes_may_be_one_number():
    X, y = make_data()
    one = LSTMRegressor(hidden_layer_sizes=5, max_epochs=1, random_state=0).fit(X, y)
    same = LSTMRegressor(hidden_layer_sizes=[5], max_epochs=1, random_state=0).fit(X, y)
    assert torch.equal(weights(one), weights(same))


def test_batches_that_do_not_divide_the_data():
    X, y = make_data(n=33)
    seen = []

    class Sizes(Callback):
        def on_batch_end(self, net, batch, **kwargs):
            seen.append(len(batch[0].index))

    LSTMRegressor(max_epochs=1, batch_size=10, callbacks=[Sizes()]).fit(X, y)
    assert seen == [10, 10, 10, 3]


def test_shuffle():
    X, _ = make_data(n=20)
    seen = []

    class Order(Callback):
        def on_batch_end(self, net, batch, **kwargs):
            seen.append(batch[1][0][:, 0].tolist())

    order = np.arange(20.0)
    LSTMRegressor(max_epochs=2, batch_size=20, shuffle=False, normalize_y=False, callbacks=[Order()]).fit(X, order)
    assert seen == [order.tolist()] * 2
    seen.clear()
    LSTMRegressor(max_epochs=2, batch_size=20, normalize_y=False, callbacks=[Order()], random_state=0).fit(X, order)
    assert seen[0] != seen[1] != order.tolist()
    assert sorted(seen[0]) == sorted(seen[1]) == order.tolist()


def test_routing_passes_series_and_weights():
    with config_context(enable_metadata_routing=True):
        model = LSTMRegressor().set_fit_request(sample_weight=True, series=True).set_predict_request(series=True)
        requests = model.get_metadata_routing()
    of_validation = dict.fromkeys(["X_val", "y_val", "sample_weight_val", "series_val"])  # not asked for
    assert requests.fit.requests == {"sample_weight": True, "series": True, **of_validation}
    assert requests.predict.requests == {"series": True}
