"""The main job: a table goes through plain scikit-learn Pipelines and searches into a recurrent network."""

from __future__ import annotations

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from framed import predict_all
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.metrics import f1_score
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    TimeSeriesSplit,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_rnn import (
    ContextWarning,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
    RNNRegressor,
    SequenceOneHotEncoder,
    SequencePadder,
    SequenceScaler,
    ShiftFramer,
    TimeGapWarning,
)
from sklearn_rnn.datasets import load_beijing_pm25, load_names, load_sunspots

pytestmark = pytest.mark.filterwarnings("ignore::sklearn_rnn.SkillWarning")  # of a few epochs


@pytest.fixture(scope="module")
def beijing():
    X, y = load_beijing_pm25(return_X_y=True)
    return X[:600], y[:600]


def make_model(**params):
    options = {"hidden_layer_sizes": (8,), "max_epochs": 2, "lr": 0.01, "random_state": 0} | params
    return make_pipeline(ShiftFramer(lags=12, horizon=1), SequenceScaler(), LSTMRegressor(**options))


def test_first_example_of_the_design(beijing):
    X, y = beijing
    search = GridSearchCV(make_model(), {"shiftframer__lags": [6, 12]}, cv=TimeSeriesSplit(3)).fit(X, y)
    predicted = predict_all(search, X)
    assert predicted.shape == y.shape
    assert np.isfinite(predicted).all()


def test_learns_the_future_of_sunspots():
    X, y = load_sunspots(return_X_y=True)
    model = make_pipeline(ShiftFramer(lags=24), SequenceScaler(), LSTMRegressor(max_epochs=10, random_state=0))
    last_value = np.mean((y[2500:] - y.shift(1)[2500:]) ** 2)
    model.fit(X[:2500], y[:2500])
    assert np.mean((y[2500:] - model.predict(X[2500:])) ** 2) < last_value


def test_tuned_pipeline_survives_copies(beijing):
    X, y, later = beijing[0][:500], beijing[1][:500], beijing[0][500:]
    grid = {"shiftframer__lags": [6, 12], "lstmregressor__lr": [0.01, 0.02]}
    search = GridSearchCV(make_model(), grid, cv=TimeSeriesSplit(2), n_jobs=2).fit(X, y)
    expected = search.predict(later)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(search)).predict(later), expected)
    np.testing.assert_array_equal(clone(search).fit(X, y).predict(later), expected)
    best = search.best_estimator_
    np.testing.assert_array_equal(clone(best).fit(X, y).predict(later), expected)
    for predicted in joblib.Parallel(n_jobs=2)(joblib.delayed(best.predict)(later) for _ in range(3)):
        np.testing.assert_array_equal(predicted, expected)


def test_workers_do_not_oversubscribe_threads():
    with joblib.parallel_config(backend="loky", inner_max_num_threads=None):
        threads = joblib.Parallel(n_jobs=2)(joblib.delayed(torch.get_num_threads)() for _ in range(4))
    assert max(threads) <= max(joblib.cpu_count() // 2, 1)


def test_tables_stay_frames_and_windows_remember_the_index(beijing):
    X, y = beijing
    framer, network = make_model()[0], make_model()[-1]
    model = make_pipeline(StandardScaler(), framer, network).set_output(transform="pandas").fit(X[:500], y[:500])
    table = model[0].transform(X)
    assert isinstance(table, pd.DataFrame)
    windows = model[:-1].transform(X)
    assert windows.shape == (600, 12, 11)
    pd.testing.assert_index_equal(windows.index, X.index)
    assert model.predict(X[500:]).shape == (100,)


def test_first_rows_of_a_test_fold_know_the_training_rows(beijing):
    X, y = beijing
    model = make_model().fit(X[:400], y[:400])
    whole = predict_all(model, X)
    np.testing.assert_allclose(model.predict(X[400:]), whole[400:], rtol=0, atol=1e-6)
    blind = clone(model).set_params(shiftframer__context="none").fit(X[:400], y[:400])
    assert np.abs(blind.predict(X[400:])[0] - whole[400]) > 1e-3


def test_no_window_sees_its_target_or_later(beijing):
    X, y = beijing
    model = make_model().fit(X, y)
    changed = X.copy()
    changed.iloc[300:] += 100.0
    before, after = predict_all(model, X), predict_all(model, changed)
    np.testing.assert_array_equal(after[:301], before[:301])
    assert after[301] != before[301]


def test_cross_validation_tools(beijing):
    X, y = beijing
    model = make_model()
    with pytest.warns(ContextWarning), pytest.warns(TimeGapWarning):  # folds that tear the series apart
        assert cross_val_predict(model, X, y, cv=3).shape == y.shape
    assert np.isfinite(cross_val_score(model, X, y, cv=TimeSeriesSplit(2))).all()
    windows = ShiftFramer(lags=6).fit_transform(StandardScaler().fit_transform(X))
    scores = cross_validate(
        GRURegressor(max_epochs=1), windows, y, cv=TimeSeriesSplit(2), scoring=["r2", "max_error"][:1]
    )
    assert np.isfinite(scores["test_r2"]).all()


def test_mixed_table(beijing):
    X, y = load_beijing_pm25(raw=True, return_X_y=True)
    X, y = X[100:500], y[100:500].ffill()
    numbers = ["pm2.5", "DEWP", "TEMP", "PRES"]
    model = make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), numbers), (OneHotEncoder(sparse_output=False), ["cbwd"])
        ),
        ShiftFramer(lags=4, horizon=2),
        RNNRegressor(max_epochs=2),
    )
    assert np.isfinite(predict_all(model.fit(X, y), X)).all()


def test_lag_table_serves_any_regressor():
    X, y = load_sunspots(return_X_y=True)
    model = make_pipeline(ShiftFramer(lags=24, output="table"), SimpleImputer(), Ridge())
    assert model.fit(X[:2500], y[:2500]).score(X[2500:], y[2500:]) > 0.7


def test_series_pass_through_a_pipeline_by_routing():
    rng = np.random.default_rng(0)
    X, ids = rng.normal(size=(60, 2)), np.repeat(["a", "b"], 30)
    y = X[:, 0]
    with config_context(enable_metadata_routing=True):
        framer = ShiftFramer(lags=3, context="none").set_fit_request(series=True).set_transform_request(series=True)
        network = GRURegressor(max_epochs=1, random_state=0)
        network.set_fit_request(series=False).set_predict_request(series=False)  # the windows carry their series
        model = make_pipeline(framer, network).fit(X, y, series=ids)
        predicted = model.predict(X, series=ids)
        changed = X.copy()
        changed[:30] += 5.0
        np.testing.assert_array_equal(model.predict(changed, series=ids)[30:], predicted[30:])
        steps = LSTMRegressor(return_sequences=True, max_epochs=1)
        steps.set_fit_request(series=True).set_score_request(series=True)
        scores = cross_val_score(steps, X, y, params={"series": ids}, cv=3)
    assert np.isfinite(scores).all()


def test_panel_keeps_its_series_in_its_index():
    rng = np.random.default_rng(0)
    index = pd.MultiIndex.from_product([["a", "b", "c"], pd.date_range("2024", periods=20)])
    X = pd.DataFrame(rng.normal(size=(60, 2)), index=index, columns=["u", "v"])
    model = make_pipeline(StandardScaler(), ShiftFramer(lags=3), GRURegressor(max_epochs=1, random_state=0))
    model.set_output(transform="pandas").fit(X, X["u"])
    changed = X.copy()
    changed.loc["b"] = 9.0
    a, b = predict_all(model, X), predict_all(model, changed)
    np.testing.assert_array_equal(a[:20], b[:20])
    np.testing.assert_array_equal(a[40:], b[40:])


def test_names_letter_by_letter():
    X, y = load_names(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))[:600]
    X, y = [X[i] for i in order], y[order]
    model = make_pipeline(SequenceOneHotEncoder(handle_unknown="ignore"), GRUClassifier(max_epochs=20, lr=0.01))
    model.set_params(gruclassifier__random_state=0).fit(X[:500], y[:500])
    assert model.score(X[500:], y[500:]) > 0.75


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_padding_changes_nothing(value):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in rng.integers(2, 9, size=40)]
    y = np.array([x[-1, 0] > 0 for x in X])
    mask_value = None if np.isnan(value) else value
    plain = make_pipeline(SequenceScaler(), LSTMClassifier(max_epochs=2, random_state=0)).fit(X, y)
    padded = make_pipeline(
        SequenceScaler(),
        SequencePadder(value=value),
        LSTMClassifier(max_epochs=2, random_state=0, mask_value=mask_value),
    ).fit(X, y)
    np.testing.assert_allclose(padded.predict_proba(X), plain.predict_proba(X), rtol=0, atol=1e-6)


def make_stateful(**params):
    options = {"hidden_layer_sizes": (8,), "max_epochs": 3, "lr": 0.01, "batch_size": 4, "random_state": 0} | params
    network = LSTMRegressor(return_sequences=True, stateful=True, tbptt=(50, 100), **options)
    return make_pipeline(ShiftFramer(lags=1, horizon=1), SequenceScaler(), network)


def test_a_stateful_network_on_a_table_works_as_it_reads(beijing):
    X, y = beijing
    model = make_stateful().fit(X, y)
    predicted = predict_all(model, X)
    assert predicted.shape == y.shape
    later = X.copy()
    later.iloc[400:] += 50.0
    changed = predict_all(model, later)
    np.testing.assert_array_equal(changed[:401], predicted[:401])  # horizon=1: row 400 is seen from 401 on
    assert np.abs(changed[401:] - predicted[401:]).min() > 0
    earlier = X.copy()
    earlier.iloc[0] += 50.0
    assert (predict_all(model, earlier) != predicted).sum() > 100  # beyond any chunk or window: the state is the memory


def test_stateful_networks_are_searched_over_time(beijing):
    X, y = beijing
    grid = {"lstmregressor__tbptt": [20, (20, 60)], "lstmregressor__stateful": [True, False]}
    search = GridSearchCV(make_stateful(max_epochs=1), grid, cv=TimeSeriesSplit(2), error_score="raise").fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert predict_all(search, X).shape == y.shape


def panel(n_series=6, n=60):
    index = pd.MultiIndex.from_product([[f"s{i}" for i in range(n_series)], range(n)], names=["series", "time"])
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(n_series * n, 2)), index, columns=["a", "b"])
    return X, X["a"].groupby("series").cumsum() / 5


def test_series_of_a_panel_survive_cross_validation():
    X, y = panel()
    groups = X.index.get_level_values("series")
    model = make_pipeline(StandardScaler(), make_stateful()[-1]).set_output(transform="pandas")
    cv = GroupKFold(3)
    predicted = cross_val_predict(model, X, y, groups=groups, cv=cv)
    alone = np.empty(len(X))
    for train, test in cv.split(X, y, groups):
        fold = clone(model).fit(X.iloc[train], y.iloc[train])
        for one in groups[test].unique():
            rows = test[groups[test] == one]
            alone[rows] = fold.predict(X.iloc[rows])
    np.testing.assert_allclose(predicted, alone, rtol=0, atol=1e-12)


def test_series_of_a_panel_are_routed_through_cross_validation():
    X, y = panel()
    series = X.index.get_level_values("series").to_numpy()
    with config_context(enable_metadata_routing=True):
        network = make_stateful()[-1]
        for request in (network.set_fit_request, network.set_predict_request, network.set_score_request):
            request(series=True)
        model = make_pipeline(StandardScaler(), network)
        params = {"series": series, "groups": series}
        routed = cross_validate(model, X.to_numpy(), y.to_numpy(), params=params, cv=GroupKFold(3), error_score="raise")
    framed = make_pipeline(StandardScaler(), make_stateful()[-1]).set_output(transform="pandas")
    indexed = cross_validate(framed, X, y, groups=series, cv=GroupKFold(3))
    np.testing.assert_allclose(routed["test_score"], indexed["test_score"], rtol=1e-12)


def test_a_panel_that_lost_its_series_raises_an_error():
    X, y = panel()
    plain = make_pipeline(StandardScaler(), make_stateful()[-1])
    with pytest.raises(ValueError, match=r"y has 6 series in its index, but X has lost them .* set_output"):
        plain.fit(X, y)
    kept = plain.set_output(transform="pandas").fit(X, y)
    kept.set_output(transform="default")
    lost = pytest.raises(ValueError, match=r"X has lost its series: LSTMRegressor was fitted on series .* series=")
    with pytest.warns(UserWarning, match="does not have valid feature names"), lost:
        kept.predict(X)


def test_windows_raise_an_error_where_the_state_is_the_memory(beijing):
    X, y = beijing
    model = make_stateful().set_params(shiftframer__lags=24, lstmregressor__return_sequences=False)
    with pytest.raises(ValueError, match=r"X is windows of the same table \(lags=24\); give the table in time order"):
        model.fit(X, y)


def f1_of_steps(model, X, y):
    return f1_score(np.concatenate(y), np.concatenate(model.predict(X)), average="macro")


def test_lists_of_labels_are_cross_validated_by_score_or_a_function():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 1)) for n in rng.integers(3, 9, 30)]
    y = [(x[:, 0] > 0).astype(int) for x in X]
    model = GRUClassifier(hidden_layer_sizes=4, return_sequences=True, max_epochs=30, lr=0.1, random_state=0)
    assert (cross_val_score(model, X, y, cv=3, error_score="raise") > 0.8).all()
    assert (cross_val_score(model, X, y, cv=3, scoring=f1_of_steps, error_score="raise") > 0.8).all()
