"""A window, or a sequence, of nothing but padding never gets a prediction in silence."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from framed import SERIES, TABLE, indexed, panel, warnings_of
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from sklearn_rnn import (
    ContextWarning,
    EncoderDecoderRegressor,
    LSTMClassifier,
    LSTMRegressor,
    SequenceForecaster,
    SequenceScaler,
    ShiftFramer,
)

DAYS = indexed(pd.date_range("2024-01-01", periods=30))
Y = DAYS["temp"]
CONSTANT = "nothing but padding, so that the prediction is a constant: what the network returns before any step."
LEAVE_OUT = "Leave such sequences out."
ROWS = (
    "Leave these rows out, give rows before them to ShiftFramer.set_context, or say by ShiftFramer(context='none') that "
    "it is meant."
)


def small(cell=LSTMRegressor, **params):
    return cell(hidden_layer_sizes=(2,), max_epochs=1, random_state=0, **params)


@pytest.mark.parametrize(
    "X",
    [
        np.where(np.arange(30)[:, None, None] < 2, np.nan, TABLE[:, :, None]),
        np.where(np.arange(30)[:, None] < 2, np.nan, TABLE),
        [np.full((4, 1), np.nan), np.zeros((0, 1)), *TABLE[2:, :, None]],
    ],
    ids=["3-D", "2-D", "list"],
)
def test_empty_sequences(X):
    assert warnings_of(lambda: small().fit(X, Y)) == []
    model, labels = small().fit(X, Y), small(LSTMClassifier).fit(X, Y > 0)
    expected = [(ContextWarning, f"2 sequences of X hold {CONSTANT} {LEAVE_OUT}")]
    assert warnings_of(lambda: model.predict(X)) == expected
    assert warnings_of(lambda: model.score(X, Y)) == expected
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        assert warnings_of(lambda method=method: getattr(labels, method)(X)) == expected
    assert warnings_of(lambda: labels.score(X, Y > 0)) == expected
    some = X[2:]
    model.predict(some), labels.predict_proba(some), model.score(some, Y[2:])


@pytest.mark.parametrize("horizon", [1, 3])
def test_the_first_rows_of_the_training_table(horizon):
    model = make_pipeline(ShiftFramer(lags=4, horizon=horizon), SequenceScaler(), small())
    assert warnings_of(lambda: model.fit(DAYS, Y)) == []
    windows = "1 window of X holds" if horizon == 1 else "3 windows of X hold"
    for act in (lambda: model.predict(DAYS), lambda: model.score(DAYS, Y)):
        assert warnings_of(act) == [(ContextWarning, f"{windows} {CONSTANT} {ROWS}")]
    some = model[:-1].transform(DAYS)[horizon:]
    assert np.isfinite(model[-1].predict(some)).all()
    silent = make_pipeline(ShiftFramer(lags=4, horizon=horizon, context="none"), SequenceScaler(), small())
    assert np.isfinite(silent.fit(DAYS, Y).predict(DAYS)).all()


def test_rows_before_a_series_of_steps():
    model = make_pipeline(ShiftFramer(horizon=2), small(return_sequences=True)).fit(DAYS, Y)
    assert warnings_of(lambda: model.predict(DAYS)) == [(ContextWarning, f"2 windows of X hold {CONSTANT} {ROWS}")]
    model.fit(DAYS[:20], Y[:20]).predict(DAYS[20:])
    framer = ShiftFramer(horizon=2).fit(panel())
    X = framer.transform(panel())
    steps = small(return_sequences=True).fit(X, TABLE[:, 0])
    n = 2 * len(np.unique(SERIES))
    ((_, text),) = warnings_of(lambda: steps.predict(X))
    assert text == f"{n} windows of X hold {CONSTANT} {ROWS}"


def test_windows_that_were_warned_of_are_not_warned_of_twice():
    model = make_pipeline(ShiftFramer(lags=3), SequenceScaler(), small()).fit(DAYS[:20], Y[:20])
    ((category, text),) = warnings_of(lambda: model.predict(DAYS[25:]))
    assert category is ContextWarning
    assert "3 rows of X: X begins at 2024-01-26 00:00:00" in text


def test_what_is_known_of_padding_goes_with_the_windows():
    windows = ShiftFramer(lags=3, context="none").fit_transform(DAYS)
    for some in (windows[:3], windows[[0, 1]], windows[np.arange(30) < 9], windows.on(TABLE + 1), copy.copy(windows)):
        assert some.padding_is_known
    scaled = SequenceScaler(MinMaxScaler()).fit_transform(pickle.loads(pickle.dumps(windows)))
    assert scaled.padding_is_known
    model = small().fit(windows, Y)
    model.predict(scaled[:5])
    plain = ShiftFramer(lags=3).fit_transform(DAYS)
    assert not plain.padding_is_known
    for given in (plain, plain[:5], np.asarray(windows)):
        with pytest.warns(ContextWarning, match="nothing but padding"):
            model.predict(given)


def test_nothing_is_warned_of_in_training():
    X = ShiftFramer(lags=3).fit_transform(DAYS)
    small(early_stopping=True, scoring=["r2", "neg_mean_absolute_error"], validation="random").fit(X, Y)
    small(scoring="r2").partial_fit(X, Y)
    small(EncoderDecoderRegressor).fit(X, TABLE[:, :2])


def test_streams_begin_before_any_step():
    stream = small(return_sequences=True).fit(TABLE, Y).stream()
    stream.predict(np.full((2, 3), np.nan))
    stream.step(np.full(3, np.nan))


@pytest.mark.filterwarnings("ignore::sklearn_rnn.SkillWarning")  # noise can't be forecast
@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("estimator", [small(), Ridge()])
def test_a_forecaster_knows_of_windows_that_it_makes_shorter(relative, estimator):
    X = DAYS[["temp"]]
    forecaster = SequenceForecaster(estimator, lags=4, horizon=2, relative=relative, anchor="last").fit(X[:25])
    forecaster.forecast(2)
    seen = warnings_of(lambda: forecaster.predict(X[:20]))
    assert not any("nothing but padding" in text for _, text in seen)
