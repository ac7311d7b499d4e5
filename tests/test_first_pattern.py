"""The pipeline of the README: framer, scaler, network. Rows to predict know those that they were trained on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from framed import predict_all, warnings_of
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_rnn import ContextWarning, LSTMRegressor, SequenceScaler, ShiftFramer
from sklearn_rnn.datasets import load_sunspots

pytestmark = pytest.mark.filterwarnings("ignore::sklearn_rnn.SkillWarning")  # of a few epochs

X, Y = (part[-600:] for part in load_sunspots(return_X_y=True))
NETWORK = LSTMRegressor(hidden_layer_sizes=(8,), max_epochs=5, lr=0.01, random_state=0)
FIRST_PATTERN = make_pipeline(ShiftFramer(lags=24), SequenceScaler(), NETWORK)
SCALER_FIRST = make_pipeline(StandardScaler(), ShiftFramer(lags=24), NETWORK)


def search(model):
    cv = TimeSeriesSplit(4, test_size=24)
    return GridSearchCV(model, {"shiftframer__lags": [3, 24]}, cv=cv, error_score="raise").fit(X, Y)


@pytest.fixture(scope="module")
def searched():
    return search(FIRST_PATTERN)


def test_predictions_are_those_in_context():
    model = clone(FIRST_PATTERN).fit(X[:-120], Y[:-120])
    in_context = predict_all(model, X)[-120:]
    np.testing.assert_allclose(model.predict(X[-120:]), in_context, rtol=0, atol=1e-6)
    for i in range(5):  # month by month
        month = X[-120:][i : i + 1]
        np.testing.assert_allclose(model.predict(month), in_context[i : i + 1], rtol=0, atol=1e-6)
        model[0].partial_fit(month)


def test_a_scaler_first_loses_the_past_loudly():
    model = clone(SCALER_FIRST).fit(X[:-120], Y[:-120])
    ((category, text),) = warnings_of(lambda: model.predict(X[-120:]))
    assert category is ContextWarning
    assert text.startswith(
        "ShiftFramer frames rows with less of their past than lags=24, horizon=1, step=1 ask for, although training had "
        "it. 24 rows of X: X has no index of times or whole numbers. If a transformer before the framer returned a plain "
        "array, put the framer first, as in make_pipeline(ShiftFramer(...), SequenceScaler(), ...), or call "
        ".set_output(transform='pandas') on that transformer"
    )
    kept = clone(SCALER_FIRST).set_output(transform="pandas").fit(X[:-120], Y[:-120])
    np.testing.assert_allclose(kept.predict(X[-120:]), predict_all(kept, X)[-120:], rtol=0, atol=1e-6)


def test_a_search_in_time_order_warns_of_nothing(searched):
    assert np.isfinite(searched.predict(X[-1:])).all()  # remembered, with its past


def test_a_search_chooses_the_lags_that_it_chooses_where_the_index_is_kept(searched):
    kept = search(clone(SCALER_FIRST).set_output(transform="pandas"))
    assert kept.best_params_ == searched.best_params_
    scores = [each.cv_results_["mean_test_score"] for each in (searched, kept)]
    np.testing.assert_allclose(*scores, atol=0.05)


def test_a_search_over_a_panel_in_time_order_warns_of_nothing():
    days = pd.date_range("2024-01-01", periods=60, name="day")
    index = pd.MultiIndex.from_product([days, ["a", "b"]], names=["day", "shop"]).swaplevel()
    table = pd.DataFrame({"sales": np.random.default_rng(0).normal(size=120).cumsum()}, index)
    model = clone(FIRST_PATTERN).set_params(lstmregressor__max_epochs=1)
    cv = TimeSeriesSplit(3, test_size=20)
    grid = {"shiftframer__lags": [3, 6], "shiftframer__horizon": [1, 2]}
    fitted = GridSearchCV(model, grid, cv=cv, error_score="raise").fit(table[:100], table["sales"][:100])
    assert fitted.predict(table[100:]).shape == (20,)
    for train, rows in cv.split(table):
        model.fit(table.iloc[train], table["sales"].iloc[train])
        np.testing.assert_allclose(
            model.predict(table.iloc[rows]), predict_all(model, table.iloc[: rows[-1] + 1])[rows], rtol=0, atol=1e-6
        )
