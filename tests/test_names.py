"""Names of other libraries, and slips: the error says which name is meant."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import get_scorer_names
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_rnn import EncoderDecoderRegressor, GRUClassifier, LSTMRegressor, RNNRegressor
from sklearn_rnn._data.names import did_you_mean

X = np.random.default_rng(0).normal(size=(20, 4, 1))
Y = np.arange(20) % 2


@pytest.mark.parametrize(
    ("estimator", "name", "value", "meant"),
    [
        (LSTMRegressor, "loss", "mse", "'squared_error'"),
        (LSTMRegressor, "loss", "MSE", "'squared_error'"),
        (LSTMRegressor, "loss", "mean_squared_error", "'squared_error'"),
        (LSTMRegressor, "loss", "mse_loss", "'squared_error'"),
        (LSTMRegressor, "loss", "MSELoss", "'squared_error'"),
        (LSTMRegressor, "loss", "sqared_error", "'squared_error'"),
        (LSTMRegressor, "loss", "mae", "'absolute_error'"),
        (LSTMRegressor, "loss", "mean_absolute_error", "'absolute_error'"),
        (LSTMRegressor, "loss", "pinball", "'quantile'"),
        (EncoderDecoderRegressor, "loss", "smooth_l1", "'huber'"),
        (GRUClassifier, "loss", "categorical_crossentropy", "'log_loss'"),
        (GRUClassifier, "loss", "sparse_categorical_crossentropy", "'log_loss'"),
        (GRUClassifier, "loss", "binary_crossentropy", "'log_loss'"),
        (GRUClassifier, "loss", "cross_entropy", "'log_loss'"),
        (GRUClassifier, "loss", "BCEWithLogitsLoss", "'log_loss'"),
        (GRUClassifier, "optimizer", "RMSprop", "'rmsprop'"),
        (LSTMRegressor, "optimizer", "Adam", "'adam'"),
        (LSTMRegressor, "optimizer", "AdamW", "'adamw'"),
        (LSTMRegressor, "optimizer", "SGD", "'sgd'"),
        (LSTMRegressor, "optimizer", "Nadam", "torch.optim.NAdam"),
        (LSTMRegressor, "optimizer", "adagrad", "torch.optim.Adagrad"),
        (RNNRegressor, "nonlinearity", "ReLU", "'relu'"),
        (LSTMRegressor, "validation", "End", "'end'"),
        (GRUClassifier, "class_weight", "balance", "'balanced'"),
    ],
)
def test_names_of_others(estimator, name, value, meant):
    model = estimator(**{name: value})
    with pytest.raises(
        InvalidParameterError, match=rf"^The '{name}' parameter of {estimator.__name__} must be"
    ) as raised:
        model.fit(X, Y)
    assert str(raised.value).endswith(f"Got {value!r} instead. Did you mean {name}={meant}?")


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("acc", "accuracy"),
        ("mse", "neg_mean_squared_error"),
        ("mean_squared_error", "neg_mean_squared_error"),
        ("mae", "neg_mean_absolute_error"),
        ("RMSE", "neg_root_mean_squared_error"),
        ("auc", "roc_auc"),
        ("f1 macro", "f1_macro"),
    ],
)
def test_scorers_of_others(value, meant):
    assert meant in get_scorer_names()
    with pytest.raises(ValueError, match=f"is no scorer of scikit-learn. Did you mean scoring='{meant}'"):
        GRUClassifier(scoring=["accuracy", value]).fit(X, Y)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("OneCycleLR", "onecycle"),
        ("one_cycle", "onecycle"),
        ("CosineAnnealingLR", "cosine"),
        ("CosineDecay", "cosine"),
        ("ReduceLROnPlateau", "plateau"),
    ],
)
def test_schedules_of_others(value, meant):
    sentence = did_you_mean("lr_schedule", value, ["cosine", "onecycle", "plateau"])
    assert sentence == f" Did you mean lr_schedule={meant!r}?"


def test_what_another_kind_of_estimator_has():
    with pytest.raises(ValueError, match=r"That is 'log_loss' here, which is no option of this estimator\.$"):
        LSTMRegressor(loss="categorical_crossentropy").fit(X, Y)
    with pytest.raises(ValueError, match=r"That is 'squared_error' here, which is no option of this estimator\.$"):
        GRUClassifier(loss="mse").fit(X, Y)


@pytest.mark.parametrize("value", ["zigzag", 3, None])
def test_what_nobody_knows_has_no_hint(value):
    with pytest.raises(InvalidParameterError, match=rf"Got {value!r} instead\.$"):
        LSTMRegressor(optimizer=value).fit(X, Y)


def test_a_number_is_not_misspelt():
    with pytest.raises(InvalidParameterError, match=r"Got 'float16' instead\.$"):
        LSTMRegressor(dtype="float16").fit(X, Y)


def test_the_hint_is_about_the_parameter_that_is_wrong():
    with pytest.raises(InvalidParameterError, match=r"^The 'lr' parameter .* Got -1 instead\.$"):
        LSTMRegressor(lr=-1, optimizer="Adam").fit(X, Y)
