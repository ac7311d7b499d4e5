"""EncoderDecoderRegressor: a sequence in, a sequence of another length out."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pandas as pd
import pytest
import torch
from framed import predict_all
from sklearn.base import clone
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import Callback

from sklearn_rnn import EncoderDecoderRegressor, ShiftFramer
from sklearn_rnn._training import inference

CELLS = ("rnn", "lstm", "gru")
DECODERS = ("repeat", "feedback")
EXACT = {"dtype": "float64", "batch_size": 10**6, "max_epochs": 5, "lr": 0.01, "random_state": 0}
FAST = {"batch_size": 32, "early_stopping": False, "hidden_layer_sizes": (5,), "max_epochs": 2, "random_state": 0}


def assert_near(got, want, tolerance=1e-12):
    np.testing.assert_allclose(got, want, rtol=0, atol=tolerance)


def make_data(n=60, steps=7, n_outputs=None, seed=0):
    X = np.random.default_rng(seed).normal(size=(n, steps, 2))
    y = np.cumsum(X[:, -3:, 0], axis=1)
    return X, y if n_outputs is None else np.stack([y * 10**i for i in range(n_outputs)], axis=2)


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.module_.parameters()])


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("shape", [(60,), (60, 1), (60, 5), (60, 5, 1), (60, 5, 3)])
def test_predict_has_the_shape_of_y(shape, decoder):
    X, _ = make_data()
    y = np.random.default_rng(0).normal(size=shape)
    model = EncoderDecoderRegressor(decoder=decoder, **FAST).fit(X, y)
    predicted = model.predict(X[:7])
    assert predicted.shape == (7, *shape[1:])
    assert predicted.dtype == np.float64
    assert (model.output_steps_, model.n_outputs_, model.n_features_in_) == (
        (*shape[1:], 1)[0],
        (*shape[1:], 1, 1)[1],
        2,
    )
    assert model.score(X, y) == pytest.approx(r2_score(y.reshape(60, -1), model.predict(X).reshape(60, -1)))
    assert model.n_iter_ == len(model.history_) == 2


def test_y_may_be_a_list_or_a_frame():
    X, y = make_data()
    model = EncoderDecoderRegressor(**FAST).fit(X, y)
    for form in (y.tolist(), list(y), pd.DataFrame(y)):
        assert torch.equal(weights(clone(model).fit(X, form)), weights(model))
    X, y = make_data(n_outputs=2)
    model = EncoderDecoderRegressor(**FAST).fit(X, y)
    for form in (y.tolist(), list(y)):
        assert torch.equal(weights(clone(model).fit(X, form)), weights(model))


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("cell", CELLS)
def test_masked_equals_unpadded(cell, decoder):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(length, 2)) for length in (50, 3, 0, 49, 17, 50, 1)]
    y = rng.normal(size=(7, 3))
    padded = np.full((7, 60, 2), np.nan)
    for i, x in enumerate(X):
        padded[i, i : i + len(x)] = x
    model = EncoderDecoderRegressor(cell=cell, decoder=decoder, hidden_layer_sizes=(5, 4), **EXACT)
    plain = predict_all(model.fit(X, y), X)
    assert_near(predict_all(clone(model).fit(padded, y), padded), plain)
    zeros = np.nan_to_num(padded)
    assert_near(predict_all(clone(model).set_params(mask_value=0).fit(zeros, y), zeros), plain)
    some = [i for i, x in enumerate(X) if len(x)]
    assert_near(np.concatenate([model.predict([X[i]]) for i in some]), plain[some])


def test_long_sequences_run_in_pieces(monkeypatch):
    rng = np.random.default_rng(0)
    X, y = [rng.normal(size=(length, 2)) for length in (90, 3, 0, 49, 17)], rng.normal(size=(5, 3))
    model = EncoderDecoderRegressor(hidden_layer_sizes=(5, 4), **EXACT).fit(X, y)
    whole = predict_all(model, X)
    monkeypatch.setattr(inference, "PASS_STEPS", 64)
    monkeypatch.setattr(inference, "PASS_STEPS_OF_KERNELS", 64)
    monkeypatch.setattr(inference, "PIECE_STEPS", 48)
    assert_near(predict_all(model, X), whole)


@pytest.mark.parametrize(("decoder", "forcing"), [("repeat", 0.5), ("feedback", 0.0), ("feedback", 0.5)])
def test_learns_to_reverse(decoder, forcing):
    X = np.random.default_rng(0).normal(size=(500, 4))
    model = EncoderDecoderRegressor(decoder=decoder, teacher_forcing=forcing, max_epochs=60, lr=0.01, random_state=0)
    model.fit(X[:400], X[:400, ::-1])
    assert model.score(X[400:], X[400:, ::-1]) > 0.9


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("cell", CELLS)
def test_learns_a_sine_many_steps_ahead(cell, decoder):
    windows = np.lib.stride_tricks.sliding_window_view(np.sin(np.arange(500) / 5), 25)
    X, y = windows[:, :10], windows[:, 10:]
    model = EncoderDecoderRegressor(cell=cell, decoder=decoder, max_epochs=15, lr=0.01, random_state=0)
    assert model.fit(X[:350], y[:350]).score(X[350:], y[350:]) > 0.95


@pytest.mark.parametrize("decoder", DECODERS)
def test_one_to_many(decoder):
    X = np.random.default_rng(0).uniform(-1, 1, size=(300, 1))
    y = X * np.arange(1, 5) + 3
    model = EncoderDecoderRegressor(decoder=decoder, max_epochs=40, lr=0.01, random_state=0).fit(X[:200], y[:200])
    assert model.score(X[200:], y[200:]) > 0.95


def test_several_outputs_of_other_scales():
    X, y = make_data(300, n_outputs=3)
    model = EncoderDecoderRegressor(max_epochs=40, lr=0.01, random_state=0).fit(X[:200], y[:200])
    for output in range(3):
        assert r2_score(y[200:, :, output], model.predict(X[200:])[:, :, output]) > 0.9


def test_scale_is_per_output_over_all_steps():
    X, y = make_data(n_outputs=2)
    w = np.random.default_rng(0).integers(0, 3, 60)
    model = EncoderDecoderRegressor(**FAST).fit(X, y, sample_weight=w)
    counted = np.repeat(y, w, axis=0).reshape(-1, 2)
    assert_near(model._codec.mean, counted.mean(axis=0), 1e-9)
    assert_near(model._codec.scale, counted.std(axis=0), 1e-9)
    plain = EncoderDecoderRegressor(decoder="feedback", **EXACT).fit(X, y)
    moved = clone(plain).fit(X, 1e6 + 1e3 * y)
    np.testing.assert_allclose(moved.predict(X), 1e6 + 1e3 * plain.predict(X), rtol=1e-9)
    assert clone(plain).set_params(normalize_y=False).fit(X, y)._codec.scale.tolist() == [1, 1]


@pytest.mark.parametrize("decoder", DECODERS)
def test_weights_count_as_repetitions(decoder):
    X, y = make_data(n_outputs=2)
    counts = np.random.default_rng(0).integers(0, 4, size=len(y))
    # The order of more samples takes more random numbers, which teacher forcing draws from, too.
    model = EncoderDecoderRegressor(decoder=decoder, shuffle=False, **EXACT)
    weighted = clone(model).fit(X, y, sample_weight=counts)
    repeated = clone(model).fit(np.repeat(X, counts, axis=0), np.repeat(y, counts, axis=0))
    assert_near(weighted.predict(X), repeated.predict(X), 1e-9)
    assert weighted.score(X, y, counts) == pytest.approx(
        repeated.score(np.repeat(X, counts, axis=0), np.repeat(y, counts, axis=0))
    )


@pytest.mark.parametrize("decoder", DECODERS)
def test_same_seed_same_weights(decoder):
    X, y = make_data()
    model = EncoderDecoderRegressor(decoder=decoder, dropout=0.2, recurrent_dropout=0.1, max_epochs=2, random_state=3)
    first = weights(model.fit(X, y))
    torch.manual_seed(0)  # the global generator plays no part
    assert torch.equal(first, weights(clone(model).fit(X, y)))
    assert not torch.equal(first, weights(clone(model).set_params(random_state=4).fit(X, y)))


def test_teacher_forcing_is_for_training_with_feedback():
    X, y = make_data()
    for decoder, matters in (("repeat", False), ("feedback", True)):
        none, half, all_ = (
            EncoderDecoderRegressor(decoder=decoder, teacher_forcing=share, **FAST).fit(X, y)
            for share in (0.0, 0.5, 1.0)
        )
        assert torch.equal(weights(none), weights(half)) != matters
        assert torch.equal(weights(none), weights(all_)) != matters
        np.testing.assert_array_equal(half.predict(X), half.predict(X))


def test_truth_is_fed_on_the_scale_that_is_learned():
    X, y = make_data()
    model = EncoderDecoderRegressor(decoder="feedback", teacher_forcing=1, **EXACT | {"max_epochs": 1})
    model.set_params(optimizer="sgd", lr=1e-300).fit(X, 100 + 10 * y)
    truth = torch.from_numpy((y - y.mean()) / y.std())[:, :, None]
    loss = (model.module_(torch.from_numpy(X), truth=truth)[0] - truth).square().mean()
    assert model.history_["train_loss"][1] == pytest.approx(loss.item(), rel=1e-12)


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("n", [1, 15, 17, 60])
def test_prediction_does_not_depend_on_neighbours(n, decoder):
    X, y = make_data()
    model = EncoderDecoderRegressor(decoder=decoder, **FAST).fit(X, y)
    np.testing.assert_array_equal(model.predict(X[:n]), model.predict(X)[:n])


@pytest.mark.parametrize("decoder", DECODERS)
def test_pickle_and_going_on(decoder):
    X, y = make_data(n_outputs=2)
    learning = {**FAST, "max_epochs": 10, "lr": 0.05, "early_stopping": True}
    model = EncoderDecoderRegressor(decoder=decoder, scoring=["r2"], **learning).fit(X, y)
    assert model.history_.columns.tolist() == ["train_loss", "valid_loss", "valid_r2", "mean_loss", "dur"]
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    again.set_params(early_stopping=False).partial_fit(X, y)
    assert again.n_iter_ == model.n_iter_ + 1
    whole = EncoderDecoderRegressor(decoder=decoder, **FAST).set_params(max_epochs=3).fit(X, y)
    steps = EncoderDecoderRegressor(decoder=decoder, **FAST)
    for _ in range(3):
        steps.partial_fit(X, y)
    assert torch.equal(weights(steps), weights(whole))
    warm = EncoderDecoderRegressor(decoder=decoder, warm_start=True, **FAST).fit(X, y).fit(X, y)
    assert warm.n_iter_ == 4


@pytest.mark.parametrize("n_outputs", [None, 2])
def test_scores_of_an_epoch_are_those_of_the_estimator(n_outputs):
    X, y = make_data(n_outputs=n_outputs)
    w = np.linspace(0, 1, 60)
    scoring = {"r2": "r2", "own": lambda model, X, y, sample_weight=None: model.score(X, y, sample_weight)}
    model = EncoderDecoderRegressor(scoring=scoring, **FAST).fit(X, y, sample_weight=w)
    for name in scoring:
        assert model.history_[f"train_{name}"].iloc[-1] == pytest.approx(model.score(X, y, w))
    assert model.predict(X).shape == y.shape


def test_callbacks_see_the_net():
    class Count(Callback):
        epochs = 0

        def on_epoch_end(self, net, **kwargs):
            self.epochs += 1

    X, y = make_data()
    count = Count()
    EncoderDecoderRegressor(callbacks=[count], **FAST).fit(X, y)
    assert count.epochs == 2


def test_within_scikit_learn():
    X, y = make_data()
    search = GridSearchCV(EncoderDecoderRegressor(**FAST), {"decoder": DECODERS, "cell": CELLS}, cv=2).fit(X, y)
    assert search.best_params_["decoder"] in DECODERS
    table = np.sin(np.arange(80) / 3)[:, None]
    Y = np.lib.stride_tricks.sliding_window_view(np.sin(np.arange(84) / 3), 5)
    model = make_pipeline(StandardScaler(), ShiftFramer(lags=10, context="none"), EncoderDecoderRegressor(**FAST))
    assert cross_val_predict(model, table, Y, cv=3).shape == (80, 5)


def test_summary_counts_parameters():
    X, y = make_data()
    model = EncoderDecoderRegressor(cell="gru", hidden_layer_sizes=(3, 2), max_epochs=1).fit(X, y)
    summary = model.summary()
    assert summary["parameters"].to_dict() == {
        "encoder_gru_0": 3 * 3 * (2 + 3 + 2),
        "encoder_gru_1": 3 * 2 * (3 + 2 + 2),
        "decoder_gru_0": 3 * 3 * (2 + 3 + 2),
        "decoder_gru_1": 3 * 2 * (3 + 2 + 2),
        "output": 2 + 1,
        "total": 2 * (63 + 42) + 3,
    }
    assert summary["units"].tolist() == [3, 2, 3, 2, 1, 11]


def test_there_is_nothing_of_single_steps():
    for name in ("stream", "set_stream_request"):
        assert not hasattr(EncoderDecoderRegressor, name)
    assert not {"bidirectional", "return_sequences", "stateful", "tbptt"} & set(EncoderDecoderRegressor().get_params())


X0, Y0 = make_data(6)
SHAPES = "expected (n,), (n, output_steps) or (n, output_steps, n_outputs)."
BAD_Y = {
    "none": (None, "This EncoderDecoderRegressor estimator requires y to be passed, but the target y is None."),
    "4-D": (np.zeros((6, 2, 2, 2)), f"y has 4 dimensions, shape (6, 2, 2, 2); {SHAPES}"),
    "no steps": (np.zeros((6, 0)), f"y has no values, shape (6, 0); {SHAPES}"),
    "no outputs": (np.zeros((6, 3, 0)), f"y has no values, shape (6, 3, 0); {SHAPES}"),
    "count": (
        np.zeros((5, 3)),
        "Found input variables with inconsistent numbers of samples: X has 6 sequences, but y has 5 items; give one for "
        "each.",
    ),
    "ragged": (
        [[1.0, 2.0], [1.0], [1.0], [1.0], [1.0], [1.0]],
        "y has items of unequal lengths; every output has as many steps: cut them to the shortest, or "
        "train an estimator per length.",
    ),
    "ragged array": (
        np.array([np.ones(2), *[np.ones(1)] * 5], dtype=object),
        "y has items of unequal lengths; every output has as many steps: cut them to the shortest, or "
        "train an estimator per length.",
    ),
    "NaN": (np.where(np.arange(18).reshape(6, 3) == 7, np.nan, 1.0), "y has NaN at sample 2; drop or impute targets that are missing."),
    "infinity": (np.full((6, 3, 2), np.inf), "y has infinity at sample 0; drop or impute targets that are missing."),
    "large": (np.full((6, 3), 1e200), "y has a value beyond +-1e+154 at sample 0; scale y first."),
    "text": (
        np.full((6, 2), "a"),
        "y is not numeric, it holds the text 'a'; a regressor needs numbers, classes need a classifier.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("y", "message"), BAD_Y.values(), ids=BAD_Y)
def test_bad_y(y, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        EncoderDecoderRegressor().fit(X0, y)


def test_other_shapes_than_in_fit():
    model = EncoderDecoderRegressor(**FAST).fit(X0, Y0)
    message = (
        "y has shape (6, 2), which is 2 output steps of 1 outputs, but in the last fit it had 3 of 1; give y that "
        "shape, or fit afresh with warm_start=False."
    )
    for method in (model.partial_fit, model.score, model.set_params(warm_start=True).fit):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            method(X0, Y0[:, :2])
    assert model.predict(X0).shape == (6, 3)


@pytest.mark.parametrize("change", [{"cell": "gru"}, {"decoder": "feedback"}, {"hidden_layer_sizes": (3,)}])
def test_no_going_on_with_another_network(change):
    model = EncoderDecoderRegressor(cell="lstm", max_epochs=1).set_params(hidden_layer_sizes=(1,)).fit(X0, Y0)
    message = (
        "warm_start=True and partial_fit continue from the weights of the last fit, but one of cell, decoder, hidden_layer_sizes, "
        "the number of features, outputs or classes has changed since; fit afresh with warm_start=False."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        model.set_params(**change).partial_fit(X0, Y0)


def test_weights_are_per_sequence():
    message = "sample_weight must be one number per sequence; got shape (3,) for each sequence."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        EncoderDecoderRegressor().fit(X0, Y0, sample_weight=np.ones((6, 3)))


@pytest.mark.parametrize(
    "params", [{"teacher_forcing": 1.1}, {"decoder": "attention"}, {"cell": "tanh"}, {"hidden_layer_sizes": ()}]
)
def test_bad_parameters(params):
    with pytest.raises(ValueError, match=f"{next(iter(params))}.* must "):
        EncoderDecoderRegressor(**params).fit(X0, Y0)
