"""Validation data of one's own: X_val and y_val of fit, alone, in pipelines, and the mistakes made with them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import config_context
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.pipeline import Pipeline, make_pipeline

from sklearn_rnn import EncoderDecoderRegressor, GRUClassifier, LSTMRegressor, SequenceScaler, ShiftFramer
from sklearn_rnn.forecasting import SequenceForecaster

pytestmark = pytest.mark.filterwarnings("ignore::sklearn_rnn.SkillWarning")  # of a few epochs

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 7, 2))
Y = X[:, -2:, 0].sum(axis=1)
X_VAL = RNG.normal(size=(15, 7, 2))
Y_VAL = X_VAL[:, -2:, 0].sum(axis=1)
LABELS = np.array(["a", "b", "c"])


def regressor(**params):
    model = LSTMRegressor(hidden_layer_sizes=5, batch_size=32, max_epochs=3, early_stopping=False, lr=0.01)
    return model.set_params(random_state=0, dtype="float64", **params)


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.module_.parameters()])


def last_loss(model):
    """The newest validation loss, in the units of y."""
    return model.history_["valid_loss"].iloc[-1] * model._codec.scale[0] ** 2


def test_without_early_stopping_the_loss_is_only_recorded():
    plain = regressor().fit(X, Y)
    model = regressor(scoring=["r2"]).fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
    assert torch.equal(weights(model), weights(plain))
    assert model.history_.columns.tolist() == ["train_loss", "valid_loss", "valid_r2", "mean_loss", "dur"]
    assert last_loss(model) == pytest.approx(mean_squared_error(Y_VAL, model.predict(X_VAL)))
    assert model.history_["valid_r2"].iloc[-1] == pytest.approx(model.score(X_VAL, Y_VAL))


def test_early_stopping_learns_from_all_of_x():
    options = {"early_stopping": True, "lr": 0.3, "n_iter_no_change": 3, "max_epochs": 50}
    model = regressor(**options).fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
    best = int(model.history_["valid_loss"].idxmin())
    assert model.n_iter_ == best + 3
    assert torch.equal(weights(model), weights(regressor(lr=0.3, max_epochs=best).fit(X, Y)))
    assert mean_squared_error(Y_VAL, model.predict(X_VAL)) == pytest.approx(
        model.history_["valid_loss"].min() * model._codec.scale[0] ** 2
    )


@pytest.mark.filterwarnings("ignore:.* has learned nothing:sklearn_rnn.SkillWarning")  # nor is it meant to
def test_plateau_watches_it():
    model = regressor(lr_schedule="plateau", n_iter_no_change=2, max_epochs=20, lr=0.05)
    rates = model.fit(X, Y, X_val=X_VAL, y_val=-Y_VAL).history_["lr"]  # what is learned makes it worse
    assert rates.iloc[-1] < 1e-3


def test_weights_of_validation():
    w = np.repeat([1.0, 0.0], [10, 5])
    model = regressor().fit(X, Y, X_val=X_VAL, y_val=Y_VAL, sample_weight_val=w)
    assert last_loss(model) == pytest.approx(mean_squared_error(Y_VAL[:10], model.predict(X_VAL[:10])))


def test_classes_are_weighed_as_in_training():
    y, y_val = LABELS[np.arange(60) % 4 % 3], np.repeat(LABELS[:2], [5, 10])  # no "c", and other shares
    model = GRUClassifier(max_epochs=2, early_stopping=False, class_weight="balanced", dtype="float64", random_state=0)
    model.fit(X, y, X_val=X_VAL, y_val=y_val)
    weight = np.where(y_val == "a", 60 / 3 / 30, 60 / 3 / 15)
    expected = log_loss(y_val, model.predict_proba(X_VAL), sample_weight=weight, labels=LABELS)
    assert model.history_["valid_loss"].iloc[-1] == pytest.approx(expected)


def test_one_class_is_enough_to_validate_on():
    model = GRUClassifier(max_epochs=1).fit(X, Y > 0, X_val=X_VAL, y_val=np.ones(15, dtype=bool))
    assert model.history_["valid_loss"].notna().all()


@pytest.mark.filterwarnings("ignore:.* has learned nothing:sklearn_rnn.SkillWarning")  # nor is it meant to
def test_encoder_decoder():
    model = EncoderDecoderRegressor(max_epochs=2, dtype="float64", early_stopping=True, normalize_y=False)
    model.fit(X, X[:, :3], X_val=X_VAL, y_val=X_VAL[:, :3])
    best = model.history_["valid_loss"].min()
    assert best == pytest.approx(((model.predict(X_VAL) - X_VAL[:, :3]) ** 2).mean())


@pytest.mark.filterwarnings("ignore:.* has learned nothing:sklearn_rnn.SkillWarning")  # nor is it meant to
def test_rows_of_series_are_read_from_a_state_of_zero():
    table, y = RNG.normal(size=(90, 2)), RNG.normal(size=90)
    series = np.repeat(["u", "v"], 45)
    options = {"return_sequences": True, "stateful": True, "tbptt": 10, "normalize_y": False}
    model = regressor(**options).fit(
        table, y, series=series, X_val=table[:30], y_val=y[:30], series_val=np.repeat(["u", "new"], 15)
    )
    parts = [model.predict(table[part], series=["x"] * 15) for part in (slice(15), slice(15, 30))]
    assert last_loss(model) == pytest.approx(((np.concatenate(parts) - y[:30]) ** 2).mean())


@pytest.mark.filterwarnings("ignore:.* has learned nothing:sklearn_rnn.SkillWarning")  # nor is it meant to
def test_lists_of_unequal_lengths():
    lists = [x[: 2 + i % 5] for i, x in enumerate(X)]
    model = regressor().fit(lists, Y, X_val=[x[:3] for x in X_VAL], y_val=Y_VAL)
    assert last_loss(model) == pytest.approx(mean_squared_error(Y_VAL, model.predict(X_VAL[:, :3])))


def test_warm_start_keeps_the_scale_of_the_first_fit():
    model = regressor(warm_start=True).fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
    model.fit(X, Y * 9, X_val=X_VAL, y_val=Y_VAL)
    assert model.n_iter_ == 6
    assert last_loss(model) == pytest.approx(mean_squared_error(Y_VAL, model.predict(X_VAL)))


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.filterwarnings("ignore:.* has learned nothing:sklearn_rnn.SkillWarning")  # nor is it meant to
def test_a_pipeline_transforms_it(early_stopping):
    index = pd.date_range("2024", periods=200, freq="h")
    table = pd.DataFrame(RNG.normal(size=(200, 2)) * 50, columns=["a", "b"], index=index)
    y = table["a"].rolling(3).sum().fillna(0.0)
    with config_context(enable_metadata_routing=True):
        model = regressor(early_stopping=early_stopping).set_fit_request(X_val=True, y_val=True)
        steps = make_pipeline(ShiftFramer(lags=5), SequenceScaler(), model).steps
        pipeline = Pipeline(steps, transform_input=["X_val"])
        pipeline.fit(table[:150], y[:150], X_val=table[150:], y_val=y[150:])
        # The first rows of validation are read with the end of training as their past.
        whole = make_pipeline(ShiftFramer(lags=5), SequenceScaler()).fit(table[:150]).transform(table)
        expected = mean_squared_error(y[150:], pipeline[-1].predict(whole[150:]))
        assert last_loss(pipeline[-1]) == pytest.approx(expected)
        assert mean_squared_error(y[150:], pipeline.predict(table[150:])) == pytest.approx(expected)
        alone = regressor().fit(whole[:150], y[:150], X_val=whole[150:], y_val=y[150:])
        assert torch.equal(weights(alone), weights(pipeline[-1]))


def test_a_pipeline_without_routing_passes_it_on_as_it_is():
    steps = [("scale", SequenceScaler()), ("model", regressor())]
    pipeline = Pipeline(steps).fit(X, Y, model__X_val=X_VAL, model__y_val=Y_VAL)
    assert last_loss(pipeline[-1]) == pytest.approx(mean_squared_error(Y_VAL, pipeline[-1].predict(X_VAL)))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"X_val": X_VAL}, "X_val came without y_val; give both X_val and y_val, or neither"),
        ({"y_val": Y_VAL}, "y_val came without X_val; give both"),
        ({"sample_weight_val": Y_VAL, "series_val": Y_VAL}, "sample_weight_val and series_val came without X_val and"),
        ({"X_val": X_VAL, "y_val": Y_VAL[:9]}, r"^Validation data \(X_val, y_val\): .*X has 15 sequences, but y has 9"),
        ({"X_val": X_VAL[..., :1], "y_val": Y_VAL}, r"^Validation data \(X_val, y_val\): X has 1 features, but"),
        ({"X_val": X_VAL[:0], "y_val": Y_VAL[:0]}, r"^Validation data \(X_val, y_val\): Found array with 0 sample"),
        ({"X_val": X_VAL, "y_val": np.full(15, np.nan)}, r"^Validation data \(X_val, y_val\): y .*NaN"),
        ({"X_val": X_VAL, "y_val": np.ones((15, 2))}, r"^Validation data \(X_val, y_val\): y has 2 outputs"),
        (
            {"X_val": X_VAL, "y_val": Y_VAL, "sample_weight_val": np.zeros(15)},
            r"^Validation data \(X_val, y_val\): sample_weight is zero everywhere",
        ),
    ],
)
def test_mistakes(given, message):
    model = regressor()
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y, **given)
    assert not hasattr(model, "net_")


def test_unknown_classes():
    with pytest.raises(
        ValueError, match=r"X_val, y_val\): y has classes \['d'\] that are not among classes \['a', 'b'"
    ):
        GRUClassifier(max_epochs=1).fit(X, LABELS[np.arange(60) % 3], X_val=X_VAL, y_val=["d"] * 15)


def test_names_of_columns_are_compared():
    table = pd.DataFrame(RNG.normal(size=(40, 2)), columns=["a", "b"])
    y = RNG.normal(size=40)
    with pytest.raises(ValueError, match=r"X_val, y_val\): The feature names should match"):
        regressor(return_sequences=True).fit(table, y, X_val=table.rename(columns={"a": "c"}), y_val=y)


def test_partial_fit_and_forecasters_take_none():
    with pytest.raises(TypeError, match="unexpected keyword argument 'X_val'"):
        regressor().partial_fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
    table = RNG.normal(size=(60, 1)).cumsum(axis=0)
    forecaster = SequenceForecaster(regressor(early_stopping=True), lags=5, validation_fraction=None)
    assert "valid_loss" in forecaster.fit(table).estimators_[0].history_
