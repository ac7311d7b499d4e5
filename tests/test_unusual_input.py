"""Unusual input that is right: every form, padding, nothing at all, and extreme weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from framed import predict_all
from inputs import (
    CODES,
    DENSE,
    FRAME,
    FRAMES,
    INDEX,
    RAGGED,
    SERIES,
    TABLE,
    WINDOWS,
    Y_DENSE,
    Y_RAGGED,
    Y,
    classifier,
    regressor,
)
from mistakes import changed
from sklearn.base import clone, is_regressor

from sklearn_rnn import GRURegressor, LSTMClassifier, LSTMRegressor, RNNRegressor, ShiftFramer

OBJECTS = np.empty(12, dtype=object)
OBJECTS[:] = RAGGED
SOME_EMPTY = [np.zeros((0, 2)), [], *RAGGED[2:]]
Y_SOME_EMPTY = [np.zeros(0), [], *Y_RAGGED[2:]]
Y_WINDOWS = np.random.default_rng(1).normal(size=(12, 3))

# X, one target per step (in a table there is one per row in any case), and what else fit and predict take.
GOOD = {
    "table": (TABLE, Y, {}),
    "table with padding": (changed(TABLE, np.s_[:3], np.nan), Y, {}),
    "table of series": (changed(TABLE, np.s_[6:8], np.nan), Y, {"series": SERIES[::-1]}),
    "DataFrame": (FRAME, Y, {}),
    "DataFrame with an index of series": (FRAME.set_index(INDEX), Y, {}),
    "3-D": (DENSE, Y_DENSE, {}),
    "3-D with padding": (changed(DENSE, np.s_[::2, :3], np.nan), Y_DENSE, {}),
    "3-D with sequences that are all padding": (changed(DENSE, np.s_[:7], np.nan), Y_DENSE, {}),
    "nested lists": (DENSE.tolist(), Y_DENSE.tolist(), {}),
    "list": (RAGGED, Y_RAGGED, {}),
    "list with padding": (changed(RAGGED, (1, np.s_[3:]), np.nan), Y_RAGGED, {}),
    "list with empty sequences": (SOME_EMPTY, Y_SOME_EMPTY, {}),
    "tuple": (tuple(RAGGED), Y_RAGGED, {}),
    "array of objects": (OBJECTS, Y_RAGGED, {}),
    "list of DataFrames": (FRAMES, Y_RAGGED, {}),
    "windows without history": (WINDOWS, Y_WINDOWS, {}),
    "windows of one lag": (ShiftFramer().fit_transform(FRAME), Y, {}),
    "windows of one lag of series": (ShiftFramer(horizon=3).fit_transform(FRAME.set_index(INDEX)), Y, {}),
    "windows of series": (ShiftFramer(lags=3).fit_transform(FRAME.set_index(INDEX)), Y_WINDOWS, {}),
}


@pytest.mark.filterwarnings("ignore:.*nothing but padding:sklearn_rnn.ContextWarning")  # as some forms do
@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize(("X", "y", "params"), GOOD.values(), ids=GOOD.keys())
@pytest.mark.parametrize(
    "estimator",
    [RNNRegressor(bidirectional=True), LSTMRegressor(), GRURegressor(), LSTMClassifier(bidirectional=True)],
    ids=lambda estimator: type(estimator).__name__,
)
def test_every_row_gets_a_finite_prediction(estimator, X, y, params, return_sequences):
    y = y if return_sequences else Y
    labels = [np.asarray(item) > 0 for item in y] if isinstance(y, list) else y > 0
    estimator = clone(estimator).set_params(hidden_layer_sizes=(3,), max_epochs=1, return_sequences=return_sequences)
    estimator.fit(X, y if is_regressor(estimator) else labels, **params)
    for predict in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        if not hasattr(estimator, predict):
            continue
        predictions = getattr(estimator, predict)(X, **params)
        assert len(predictions) == len(y)
        for prediction, target in zip(predictions, y, strict=True):
            assert np.shape(prediction)[: np.ndim(target)] == np.shape(target)
            assert np.isfinite(prediction).all()


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("make", [RNNRegressor, LSTMRegressor, GRURegressor])
def test_all_kinds_of_nothing_are_predicted_alike(make, bidirectional):
    estimator = make(
        hidden_layer_sizes=(3, 2), bidirectional=bidirectional, max_epochs=1, mask_value=-1, random_state=0
    )
    estimator.fit(DENSE, Y)
    nothing = [np.full((4, 7, 2), np.nan), np.full((4, 7, 2), -1.0), np.zeros((4, 0, 2)), [np.zeros((0, 2))] * 4]
    predictions = [predict_all(estimator, X) for X in nothing]
    assert predictions[0].shape == (4,)
    for prediction in predictions:
        np.testing.assert_array_equal(prediction, np.repeat(predictions[0][0], 4), strict=True)
    assert np.isfinite(predictions).all()


@pytest.mark.parametrize("number", [np.float64, np.float32, float])
def test_mask_value_is_found_whatever_its_type(number):
    X = changed(DENSE, np.s_[:, :2], 0.1)
    masked = regressor(mask_value=number(0.1)).fit(X, Y).predict(X)
    np.testing.assert_array_equal(masked, regressor().fit(DENSE[:, 2:], Y).predict(DENSE[:, 2:]))


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_weights_matter_by_their_ratios(scale):
    weights = np.tile([1.0, 2.0], 6)
    expected = regressor().fit(TABLE, Y, weights).predict(TABLE)
    np.testing.assert_array_equal(regressor().fit(TABLE, Y, pd.Series(scale * weights)).predict(TABLE), expected)
    expected = classifier().fit(TABLE, CODES, weights).predict_proba(TABLE)
    balanced = classifier(class_weight={0: scale, 1: 2 * scale})
    np.testing.assert_array_equal(balanced.fit(TABLE, CODES).predict_proba(TABLE), expected)


def test_diverging_partial_fit_harms_nothing():
    model = regressor(optimizer="sgd", clip_grad_norm=None).partial_fit(DENSE, Y)
    before = model.predict(DENSE)
    with pytest.raises(ValueError, match="became"):
        model.set_params(lr=1e38).partial_fit(DENSE, 1e3 * Y)
    np.testing.assert_array_equal(model.predict(DENSE), before)
    assert model.n_iter_ == len(model.history_) == 1


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop"])
def test_the_first_batch_may_have_no_steps(optimizer):
    """It gives weights of recurrent layers no gradient, so that optimizers begin later with them than with others."""
    params = {"momentum": 0.9} if optimizer in ("sgd", "rmsprop") else None
    model = regressor(optimizer=optimizer, optimizer_params=params, batch_size=1, shuffle=False, max_epochs=2)
    model.fit([np.zeros((0, 2)), *RAGGED[:3]], [0.0, 1.0, 2.0, 3.0])
    assert np.isfinite(model.predict(RAGGED)).all()
