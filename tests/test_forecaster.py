"""Forecasters against the definition, what they may not see, how rows line up, and what they return for tables."""

import itertools
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from naive_forecasting import NaiveForecasts, Recipe, can_forecast
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import QuantileRegressor, Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_predict, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_rnn import LSTMRegressor, NaiveForecaster, SequenceForecaster, SequenceScaler
from sklearn_rnn.exceptions import ContextWarning
from sklearn_rnn.forecasting import SkillWarning, backtest

STRATEGIES = ("recursive", "direct", "joint")
NETWORK = make_pipeline(SequenceScaler(), LSTMRegressor(hidden_layer_sizes=(4,), max_epochs=2, random_state=0))
ESTIMATORS = {"ridge": Ridge(), "network": NETWORK}
EXACT = {"rtol": 1e-9, "atol": 1e-9}


def walks(n, n_columns=1, seed=0):
    """Series that wander, around a season of seven rows."""
    rng = np.random.default_rng(seed)
    season = np.sin(np.arange(n)[:, None] * 2 * np.pi / 7 + np.arange(n_columns))
    return np.cumsum(rng.normal(size=(n, n_columns)), axis=0) + 3 * season


def forecaster(estimator=None, **params):
    """A forecaster that learns from all rows at once."""
    params = {"validation_fraction": None, "lags": 3} | params
    return SequenceForecaster(Ridge() if estimator is None else estimator, **params)


def daily(n, columns=("sales", "visits", "plan"), seed=0):
    index = pd.date_range("2024-01-01", periods=n, freq="D", name="day")
    return pd.DataFrame(walks(n, len(columns), seed), columns=list(columns), index=index)


# Columns of the tables, the targets and the columns known ahead.
TABLES = {
    "one column": (1, (0,), ()),
    "two targets": (2, (0, 1), ()),
    "known": (2, (1,), (0,)),
    "known and another": (3, (1,), (2,)),
}
GRID = [
    (strategy, anchor, relative, lags, step, horizon, name)
    for strategy, anchor, relative, lags, step, horizon, name in itertools.product(
        STRATEGIES, (None, "last", 7), ("auto", True, False), (1, 5), (1, 3), (1, 4), TABLES
    )
    if ((strategy, name) != ("recursive", "known and another") or horizon == 1)
    and (lags, step) != (1, 3)
    and (anchor is not None or relative == "auto")
]


def pair(strategy, anchor, relative, lags, step, horizon, name):
    """A forecaster and the recipe of the same."""
    n_columns, targets, known = TABLES[name]
    common = {"lags": lags, "step": step, "strategy": strategy, "horizon": horizon, "anchor": anchor}
    ours = forecaster(Ridge(0.1), target=list(targets), known=list(known) or None, relative=relative, **common)
    recipe = Recipe(lambda: Ridge(0.1), n_inputs=n_columns, targets=targets, known=known, relative=relative, **common)
    return ours, recipe, n_columns


@pytest.mark.parametrize("case", GRID, ids=lambda case: "-".join(map(str, case)))
def test_bothare_those_of_the_definition(case):
    ours, recipe, n_columns = pair(*case)
    n, horizon = 40, recipe.horizon
    table = walks(n + 9, n_columns)
    steps = list(range(1, horizon + 1))
    reference = NaiveForecasts(recipe).fit([table[:n]])
    ours.fit(table[:n])
    assert ours.relative_ == [f"x{column}" for column in reference.relative]
    known = table[n : n + horizon, list(recipe.known)] if recipe.known else None
    expected = reference.forecast(table, n - 1, horizon)
    np.testing.assert_allclose(ours.forecast(horizon, known).to_numpy(), expected, **EXACT)
    rows = [t for t in range(n) if can_forecast(recipe, t - horizon, steps)]
    whole = [reference.forecast(table, t - horizon, horizon)[-1] for t in rows]
    np.testing.assert_allclose(ours.predict(table[:n])[rows], whole, **EXACT)
    tested = backtest(ours, table, initial=n, every=3)
    forecasts = [
        np.transpose(reference.forecast(table, cutoff, horizon)) for cutoff in range(n - 1, n + 9 - horizon, 3)
    ]
    np.testing.assert_allclose(tested["y_pred"], np.ravel(forecasts), **EXACT)


@pytest.mark.parametrize("anchor", [None, "last", 7])
def test_recursive_goes_as_far_as_wanted(anchor):
    ours, recipe, _ = pair("recursive", anchor, "auto", 5, 1, 4, "known")
    table = walks(70, 2)
    reference = NaiveForecasts(recipe).fit([table[:40]])
    forecast = ours.fit(table[:40]).forecast(30, table[40:, :1])
    np.testing.assert_allclose(forecast.to_numpy(), reference.forecast(table, 39, 30), **EXACT)


LENGTHS = (30, 22, 5)  # the last is shorter than some windows
PANEL = [walks(length + 4, 3, seed=i) + 10 * i for i, length in enumerate(LENGTHS)]
# Rows of the three series one by one in turn, as long as there are any.
TURNS = sorted((place, i) for i, length in enumerate(LENGTHS) for place in range(length))


def panel(layout):
    """X and series= of the panel: by an index of two levels, interleaved rows with series=, or both of these."""
    turns = sorted(TURNS, key=lambda turn: turn[1]) if layout == "index" else TURNS
    ids = np.array(["north", "south", "east"])[[i for _, i in turns]]
    values = np.array([PANEL[i][place] for place, i in turns])
    if layout == "series":
        return values, ids
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta([place for place, _ in turns], unit="h")
    index = pd.MultiIndex.from_arrays([ids, times], names=["station", "hour"])
    return pd.DataFrame(values, columns=["a", "b", "c"], index=index), ids if layout == "both" else None


@pytest.mark.parametrize("layout", ["index", "interleaved index", "series", "both"])
@pytest.mark.parametrize(("anchor", "relative"), [(None, "auto"), ("last", "auto"), ("last", True), (7, False)])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_series_of_a_panel_are_pooled_and_never_mixed(strategy, anchor, relative, layout):
    lags = 2 if anchor != 7 else 4
    ours, recipe, _ = pair(
        strategy, anchor, relative, lags, 1, 1 if strategy == "recursive" else 3, "known and another"
    )
    X, series = panel(layout)
    ours.fit(X, series=series)
    reference = NaiveForecasts(recipe).fit([PANEL[i][:length] for i, length in enumerate(LENGTHS)])
    steps = list(range(1, recipe.horizon + 1))
    predicted = ours.predict(X, series=series)
    order = TURNS if layout != "index" else sorted(TURNS, key=lambda turn: turn[1])
    for row, (place, i) in enumerate(order):
        if can_forecast(recipe, place - recipe.horizon, steps):
            expected = reference.forecast(PANEL[i][: LENGTHS[i]], place - recipe.horizon, recipe.horizon)[-1]
            np.testing.assert_allclose(predicted[row], expected, **EXACT)
    # The shortest series has too few rows for an anchor of seven, and is left out of the forecast.
    chosen = [i for i, length in enumerate(LENGTHS) if can_forecast(recipe, length - 1, steps)]
    ids = np.array(["north", "south", "east"])
    kept = np.isin(np.array([i for _, i in order]), chosen)
    history = X[kept]
    known = np.concatenate([PANEL[i][LENGTHS[i] : LENGTHS[i] + recipe.horizon, 2:] for i in chosen])
    forecast = ours.forecast(recipe.horizon, known, history=history, series=None if series is None else series[kept])
    expected = [reference.forecast(PANEL[i], LENGTHS[i] - 1, recipe.horizon) for i in chosen]
    np.testing.assert_allclose(forecast.to_numpy(), np.concatenate(expected), **EXACT)
    assert list(forecast.index.get_level_values(0).unique()) == list(ids[chosen])
    if len(chosen) == len(LENGTHS):
        pd.testing.assert_frame_equal(forecast, ours.forecast(recipe.horizon, known))


def test_training_leaves_rows_without_a_whole_window_out_and_means_stand_in():
    table = walks(40, 2)
    ours = forecaster(lags=4, horizon=2, strategy="joint", anchor=None, target=0).fit(table)
    filled = np.concatenate([np.repeat(table.mean(axis=0)[None], 5, axis=0), table])
    reference = NaiveForecasts(Recipe(Ridge, 4, 1, "joint", 2, 2)).fit([table])
    expected = [reference.forecast(filled, 5 + t - 2, 2)[-1] for t in range(40)]
    np.testing.assert_allclose(ours.predict(table), np.ravel(expected), **EXACT)


# What "auto" chooses.


@pytest.mark.parametrize(
    ("expected", "params"),
    [
        ("recursive", {"horizon": 3}),
        ("recursive", {"horizon": 3, "target": ["sales", "visits"], "known": "plan"}),
        ("recursive", {"horizon": 1, "target": "sales"}),
        ("joint", {"horizon": 3, "target": "sales"}),
        ("joint", {"horizon": 3, "target": "sales", "known": "plan"}),
        ("joint", {"horizon": 3, "target": "sales", "estimator": make_pipeline(StandardScaler(), Ridge())}),
        ("direct", {"horizon": 3, "target": "sales", "estimator": HistGradientBoostingRegressor(max_iter=2)}),
        ("recursive", {"horizon": 3, "estimator": HistGradientBoostingRegressor(max_iter=2), "columns": ["sales"]}),
    ],
)
def test_the_strategy_is_recursive_where_forecasts_can_be_fed_back(expected, params):
    X = daily(60)[params.pop("columns", ["sales", "visits", "plan"])]
    known = X[:3][["plan"]].to_numpy() if "known" in params else None
    ours, same = forecaster(**params).fit(X), forecaster(**params, strategy=expected).fit(X)
    assert (ours.strategy_, same.strategy_) == (expected, expected)
    pd.testing.assert_frame_equal(ours.forecast(params["horizon"], known), same.forecast(params["horizon"], known))


def test_the_strategy_is_joint_where_y_is_no_column_or_quantiles_are_asked_for():
    X, y = daily(60), walks(60, 1, seed=9)[:, 0]
    assert forecaster(horizon=3).fit(X, y).strategy_ == "joint"
    assert forecaster(horizon=1).fit(X, y).strategy_ == "recursive"
    quantiles = {"quantiles": (0.1, 0.9), "interval": "split", "validation_fraction": 0.4}
    learned = forecaster(QuantileRegressor(), horizon=2, **quantiles, naive=NaiveForecaster("mean")).fit(X[["sales"]])
    assert learned.strategy_ == "direct"


def test_the_strategy_of_a_fit_stays_whatever_is_set_later():
    ours = forecaster(horizon=3, target="sales").fit(daily(60))
    ours.strategy = "recursive"
    assert ours.forecast(3).shape == (3, 1)
    with pytest.raises(ValueError, match=r"^strategy='joint' has learned horizon=3 steps ahead, 4 were asked for; fit"):
        ours.forecast(4)


def levels(name, n=240):
    """Series of one column by name, each with noise of variance 1 and a season of 12 rows."""
    rng, time = np.random.default_rng(0), np.arange(n)
    values = rng.normal(size=n) + np.sin(2 * np.pi * time / 12)
    values += {
        "swings": 6 * np.cos(2 * np.pi * time / n),
        "rises": 0.03 * time,
        "long season": 6 * np.sin(np.pi * time / 24),
    }.get(name, 0)
    return values[:, None]


@pytest.mark.parametrize(
    ("name", "lags", "expected"),
    [
        ("stays", 6, False),
        ("rises", 6, True),
        ("swings", 6, True),
        ("long season", 6, True),
        ("long season", 48, False),
    ],
)
def test_windows_are_relative_where_the_level_changes(name, lags, expected):
    """Also where it is back in the end; but not with a season that a window shows whole."""
    assert forecaster(lags=lags).fit(levels(name)).relative_ == ["x0"] * expected


def test_windows_are_relative_where_series_have_levels_of_their_own():
    table, series = np.concatenate([levels("stays"), levels("stays")]), np.repeat(["a", "b"], 240)
    assert forecaster(lags=6).fit(table, series=series).relative_ == []
    table[240:] += 10
    assert forecaster(lags=6).fit(table, series=series).relative_ == ["x0"]


# What may be seen.


def leaky_case(strategy, estimator):
    """A fitted forecaster, the table that continues, and the columns that nothing is known of ahead."""
    columns = ("sales", "visits", "plan")
    target = ["sales", "visits"] if strategy == "recursive" else "sales"
    ours = forecaster(ESTIMATORS[estimator], strategy=strategy, horizon=3, target=target, known="plan", random_state=0)
    X = daily(80, columns)
    return ours.fit(X[:60]), X


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("strategy", STRATEGIES)
class TestLeakage:
    def test_nothing_after_a_cutoff_moves_a_forecast_made_there(self, strategy, estimator):
        ours, X = leaky_case(strategy, estimator)
        cut, changed = 70, X.copy()  # row 70 is the newest that is known
        changed.iloc[cut + 1 :, :2] += 100
        changed.iloc[cut + 1 + 3 :, 2] += 100  # plans reach three rows ahead
        for begin in (0, 60):
            before, after = (ours.predict(table[begin:])[: cut + 1 + 3 - begin] for table in (X, changed))
            np.testing.assert_array_equal(before, after)
        assert not np.array_equal(ours.predict(X), ours.predict(changed))
        before, after = (backtest(ours, table, initial=60).drop(columns="y_true") for table in (X, changed))
        known = before["cutoff"] <= X.index[cut]
        assert 0 < known.sum() < len(known)
        pd.testing.assert_frame_equal(before[known], after[known])
        both = [
            ours.forecast(3, table[["plan"]].iloc[cut + 1 : cut + 4], history=table[: cut + 1])
            for table in (X, changed)
        ]
        pd.testing.assert_frame_equal(*both)
        aligned = np.reshape(ours.predict(X)[cut + 3], -1)
        np.testing.assert_allclose(both[0].iloc[-1], aligned, rtol=1e-5)

    def test_a_step_ahead_sees_known_columns_up_to_its_own_row(self, strategy, estimator):
        ours, X = leaky_case(strategy, estimator)
        plans = X[["plan"]].iloc[60:63]
        later = plans + np.array([[0], [0], [100]])
        before, after = ours.forecast(3, plans), ours.forecast(3, later)
        unmoved = 0 if strategy == "joint" else 2  # all steps of a joint forecast see the whole plan
        np.testing.assert_array_equal(before[:unmoved], after[:unmoved])
        assert (before.iloc[2] != after.iloc[2]).all()

    def test_a_row_does_not_see_itself(self, strategy, estimator):
        ours, X = leaky_case(strategy, estimator)
        for t in (65, 79):
            changed = X.copy()
            changed.iloc[t - 3 + 1 :, :2] *= -7
            np.testing.assert_array_equal(ours.predict(X)[t], ours.predict(changed)[t])
            changed.iloc[t - 3, :2] *= -7
            assert (ours.predict(X)[t] != ours.predict(changed)[t]).all()

    def test_one_series_does_not_move_another(self, strategy, estimator):
        X, _ = panel("interleaved index")
        X = X[["a"]]
        ours = forecaster(ESTIMATORS[estimator], strategy=strategy, horizon=3, random_state=0).fit(X)
        changed = X.copy()
        changed.loc["south"] = 50.0
        others = X.index.get_level_values(0) != "south"
        np.testing.assert_array_equal(ours.predict(X)[others], ours.predict(changed)[others])
        before, after = (ours.forecast(3, history=table).drop("south", level=0) for table in (X, changed))
        pd.testing.assert_frame_equal(before, after)

    def test_a_backtest_learns_what_fit_learns(self, strategy, estimator):
        _, X = leaky_case(strategy, estimator)
        target = ["sales", "visits"] if strategy == "recursive" else "sales"
        params = {"horizon": 3, "target": target, "known": "plan", "random_state": 0, "validation_fraction": 0.3}
        ours = forecaster(ESTIMATORS[estimator], strategy=strategy, interval="split", **params)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SkillWarning)
            fitted = clone(ours).fit(X[:70])
        forecast = fitted.predict_interval(3, X[["plan"]].iloc[70:73], coverage=0.5)
        tested = backtest(ours, X[:73], initial=70, coverage=0.5)
        forecasts = forecast.to_numpy().reshape(3, -1, 3).transpose(1, 0, 2).reshape(-1, 3)
        # float32 networks round another way where a batch is larger
        np.testing.assert_allclose(tested[["y_pred", "lower", "upper"]], forecasts, rtol=1e-5, atol=1e-5)


# Rows line up.


@pytest.mark.parametrize(
    ("strategy", "estimator"), [("recursive", "ridge"), ("direct", "ridge"), ("joint", "ridge"), ("joint", "network")]
)
@pytest.mark.parametrize("kind", ["dates", "integers", "default", "periods"])
def test_rows_that_continue_have_the_training_rows_before_them(kind, strategy, estimator):
    X = daily(80, ["sales"])
    index = {"dates": X.index, "integers": pd.Index(np.arange(3, 83)), "default": pd.RangeIndex(80)}
    X = X.set_axis(index.get(kind, X.index.to_period()))
    ours = forecaster(ESTIMATORS[estimator], strategy=strategy, horizon=2, lags=6).fit(X[:60])
    np.testing.assert_allclose(ours.predict(X[60:]), ours.predict(X)[60:], rtol=1e-6)
    np.testing.assert_allclose(ours.predict(X[60:61]), ours.predict(X)[60:61], rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("anchor", [None, "last", 7])
def test_predict_never_returns_nan(anchor, strategy, estimator, dtype):
    table = walks(50, 2).astype(dtype)
    horizon = 1 if strategy == "recursive" else 3
    ours = forecaster(
        ESTIMATORS[estimator], strategy=strategy, horizon=horizon, lags=5, anchor=anchor, target=0, known=1
    ).fit(table)
    for X in (table, table[40:], table[:1], table[:4]):
        with warnings.catch_warnings(record=True) as given:
            warnings.simplefilter("always")
            predicted = ours.predict(X)
        assert [each.category for each in given] == [ContextWarning] * int(X[0, 0] != table[0, 0])
        assert predicted.shape == (len(X),)
        assert np.isfinite(predicted).all()
    series = np.repeat([0, 1, 2], [40, 9, 1])  # the last two are shorter than a window with its targets
    predicted = clone(ours).fit(table, series=series).predict(table, series=series)
    assert np.isfinite(predicted).all()


def test_float32_tables_are_forecast_like_others():
    X = daily(60)
    both = [forecaster(horizon=2).fit(X.astype(dtype)).forecast(5) for dtype in (np.float64, np.float32)]
    np.testing.assert_allclose(*both, rtol=1e-3, atol=1e-3)
    assert (both[1].dtypes == np.float64).all()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_tools_of_scikit_learn(strategy):
    X = daily(80, ["sales"])
    y, ours = X["sales"], forecaster(strategy=strategy, horizon=2)
    split = TimeSeriesSplit(4, test_size=10)
    for target in (None, y):
        scores = cross_val_score(ours, X, target, cv=split)
        folds = [(X.iloc[train], X.iloc[test]) for train, test in split.split(X)]
        expected = [clone(ours).fit(train).score(test) for train, test in folds]
        np.testing.assert_allclose(scores, expected)
    grid = {"lags": [1, 8], "strategy": ["recursive", "joint"], "estimator__alpha": [0.1, 10.0]}
    for target in (None, y):
        search = GridSearchCV(ours, grid, cv=split).fit(X, target)
        assert search.best_params_["lags"] == 8  # a season is seven rows
        assert search.predict(X).shape == (80,)
        assert search.best_estimator_.forecast(2).shape == (2, 1)
    halves = [(np.arange(40), np.arange(40, 80)), (np.arange(40, 80), np.arange(40))]
    predicted = cross_val_predict(ours, X, y, cv=halves)
    np.testing.assert_allclose(predicted[40:], clone(ours).fit(X[:40]).predict(X[40:]))


def test_score_is_that_of_predictions():
    X = daily(60)
    ours = forecaster(target=["visits", "sales"], known="plan", horizon=2, strategy="joint").fit(X[:40])
    expected = sklearn.metrics.r2_score(X[["visits", "sales"]][40:], ours.predict(X[40:]))
    assert ours.score(X[40:]) == pytest.approx(expected)
    assert ours.score(X[40:], X[["visits", "sales"]][40:]) == pytest.approx(expected)
    assert ours.score(X[40:], sample_weight=np.arange(20)) != pytest.approx(expected)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_clones_and_pickles(strategy, estimator):
    X = daily(60, ["sales"])
    ours = forecaster(ESTIMATORS[estimator], strategy=strategy, horizon=3).fit(X)
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(ours)).forecast(3), ours.forecast(3))
    assert not hasattr(clone(ours), "target_")
    assert clone(ours).set_params(lags=2).get_params()["lags"] == 2
    pd.testing.assert_frame_equal(clone(ours).fit(X).forecast(3), ours.forecast(3))
    assert len(ours.estimators_) == (3 if strategy == "direct" else 1)


def test_series_are_routed():
    X, series = panel("both")
    with sklearn.config_context(enable_metadata_routing=True):
        ours = forecaster(lags=2, target="a", known=["b", "c"])
        ours.set_fit_request(series=True).set_predict_request(series=True).set_score_request(series=True)
        split = TimeSeriesSplit(3)
        scores = cross_validate(ours, X, cv=split, params={"series": series})["test_score"]
    expected = [
        clone(ours).fit(X.iloc[train], series=series[train]).score(X.iloc[test], series=series[test])
        for train, test in split.split(X)
    ]
    np.testing.assert_allclose(scores, expected)


# What forecast returns.

INDEXES = {
    "months": pd.date_range("2020-01-01", periods=35, freq="MS", name="time"),
    "month ends": pd.date_range("2020-01-31", periods=35, freq="ME"),
    "weeks": pd.date_range("2020-01-04", periods=35, freq="W-SAT"),
    "hours": pd.date_range("2020-01-01", periods=35, freq="h"),
    "business days": pd.date_range("2020-01-01", periods=35, freq="B"),
    "hours of Berlin": pd.date_range("2024-03-29 20:00", periods=35, freq="h", tz="Europe/Berlin"),
    "days of Berlin": pd.date_range("2024-02-28", periods=35, freq="D", tz="Europe/Berlin"),
    "periods": pd.period_range("2020-01", periods=35, freq="M", name="month"),
    "durations": pd.timedelta_range("1h", periods=35, freq="90min", name="since"),
    "default": pd.RangeIndex(35),
    "integers": pd.Index(np.arange(5, 40), name="day"),
    "even integers": pd.Index(np.arange(4, 74, 2)),
    "floats": pd.Index(np.arange(35) * 0.1, name="seconds"),
    "fifteenths of months": pd.date_range("2020-01-01", periods=35, freq="MS") + pd.Timedelta(days=14),
    "floats since 1970": pd.Index(1.7e9 + np.arange(35) * 0.1),
}


@pytest.mark.parametrize("has_freq", [True, False])
@pytest.mark.parametrize("kind", INDEXES)
def test_the_index_is_continued(kind, has_freq):
    index = INDEXES[kind]
    if not has_freq and isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        index = index._with_freq(None)
    X = pd.DataFrame({"a": walks(35)[:, 0], "b": 1.0}, index=index)
    forecast = forecaster().fit(X[:30]).forecast(5)
    assert (forecast.index.name, forecast.index.dtype) == (X.index.name, X.index.dtype)
    if "floats" in kind:
        np.testing.assert_allclose(forecast.index, X.index[30:])
    else:
        assert list(forecast.index) == list(X.index[30:])
    assert list(forecast.columns) == ["a", "b"]
    later = forecaster().fit(X[:20]).forecast(5, history=X[20:30])
    pd.testing.assert_index_equal(later.index, forecast.index, check_exact="floats" not in kind)


def test_arrays_are_continued_by_the_number_of_rows():
    forecast = forecaster().fit(walks(30, 2)).forecast(2)
    assert (list(forecast.index), list(forecast.columns)) == ([30, 31], ["x0", "x1"])


def test_a_panel_is_continued_series_after_series():
    X, _ = panel("interleaved index")
    X = X.assign(unit=1).set_index("unit", append=True).reorder_levels(["unit", "station", "hour"])
    forecast = forecaster(lags=2, target="b").fit(X.drop(columns=["a", "c"])).forecast(2)
    hours = [pd.Timestamp("2024-01-01") + pd.Timedelta(hours=length + i) for length in LENGTHS for i in range(2)]
    expected = [(1, name, hour) for name, hour in zip(np.repeat(["north", "south", "east"], 2), hours, strict=True)]
    assert list(forecast.index) == expected
    assert list(forecast.index.names) == ["unit", "station", "hour"]


def test_y_that_is_a_column_is_that_column():
    X = daily(60)
    named = forecaster(target="visits", strategy="joint", horizon=3).fit(X)
    for y in (X["visits"], X["visits"].to_numpy(), list(X["visits"])):
        given = forecaster(strategy="joint", horizon=3).fit(X, y)
        assert given.target_ == ["visits"]
        pd.testing.assert_frame_equal(given.forecast(3), named.forecast(3))
        np.testing.assert_array_equal(given.predict(X), named.predict(X))
    both = forecaster(strategy="joint", horizon=3).fit(X, X[["plan", "sales"]])
    assert both.target_ == ["plan", "sales"]
    assert both.predict(X).shape == (60, 2)
    as_table = forecaster(strategy="joint", horizon=3, target=["visits"]).fit(X)
    np.testing.assert_array_equal(as_table.predict(X)[:, 0], named.predict(X))


@pytest.mark.parametrize(("strategy", "horizon"), [("recursive", 1), ("direct", 3), ("joint", 3)])
def test_y_that_is_no_column_is_forecast_from_x_alone(strategy, horizon):
    X, y = daily(60), pd.Series(walks(60, 1, seed=9)[:, 0], name="stock")
    ours = forecaster(strategy=strategy, horizon=horizon, known="plan").fit(X[:50], y[:50].to_numpy())
    recipe = Recipe(Ridge, 3, 1, strategy, horizon, n_inputs=3, targets=(3,), known=(2,))
    table = np.column_stack([X, y])
    reference = NaiveForecasts(recipe).fit([table[:50]])
    assert ours.anchor_ is None
    forecast = ours.forecast(horizon, X[["plan"]][50 : 50 + horizon])
    np.testing.assert_allclose(forecast, reference.forecast(table, 49, horizon), **EXACT)
    expected = [reference.forecast(table, t - horizon, horizon)[-1][0] for t in range(10, 60)]
    np.testing.assert_allclose(ours.predict(X)[10:], expected, **EXACT)
    assert np.isfinite(ours.predict(X)).all()
    assert ours.score(X, y) < 1


def test_a_series_is_a_table_of_one_column():
    X = daily(60, ["sales"])
    ours = forecaster().fit(X["sales"])
    expected = forecaster().fit(X)
    pd.testing.assert_frame_equal(ours.forecast(4), expected.forecast(4))
    np.testing.assert_array_equal(ours.predict(X["sales"]), expected.predict(X))
    pd.testing.assert_frame_equal(ours.forecast(4, history=X["sales"]), expected.forecast(4))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_known_rows_are_matched_by_their_index(strategy):
    X = daily(70, ["sales", "plan", "holiday"])
    ours = forecaster(known=["plan", "holiday"], strategy=strategy, horizon=5).fit(X[:60])
    known = X[["plan", "holiday"]]
    expected = ours.forecast(5, known[60:65].to_numpy())
    for given in (known[60:65], known[60:65][::-1], known, X, known.sample(frac=1, random_state=0)):
        pd.testing.assert_frame_equal(ours.forecast(5, given), expected)
    pd.testing.assert_frame_equal(ours.forecast(2, known), expected[:2])
    single = forecaster(known="plan").fit(X[["sales", "plan"]][:60])
    pd.testing.assert_frame_equal(single.forecast(2, X["plan"]), single.forecast(2, X[["plan"]]))


def test_known_columns_are_in_the_order_in_which_they_were_named():
    X = daily(70, ["sales", "plan", "holiday"])
    ours = forecaster(known=["holiday", "plan"]).fit(X[:60])
    given = X[["holiday", "plan"]][60:62]
    pd.testing.assert_frame_equal(ours.forecast(2, given), ours.forecast(2, X))
    pd.testing.assert_frame_equal(ours.forecast(2, given.to_numpy()), ours.forecast(2, X))


def test_fractions_of_seconds_are_matched_although_they_are_rounded():
    X = pd.DataFrame(walks(70, 2), columns=["speed", "plan"], index=np.arange(70) * 0.1)
    ours = forecaster(known="plan").fit(X[:60])
    np.testing.assert_array_equal(ours.forecast(9, X), ours.forecast(9, X[["plan"]][60:69].to_numpy()))
    np.testing.assert_allclose(ours.predict(X[60:]), ours.predict(X)[60:])


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_newer_rows_take_the_place_of_those_of_fit(estimator, strategy):
    X = daily(80, ["sales"])
    ours = forecaster(ESTIMATORS[estimator], horizon=3, lags=9, anchor=7, strategy=strategy).fit(X[:60])
    expected = ours.forecast(3, history=X[:75])
    np.testing.assert_allclose(expected, ours.forecast(3, history=X[60:75]), rtol=1e-6)
    np.testing.assert_allclose(expected, ours.forecast(3, history=X[65:75]), rtol=1e-6)
    np.testing.assert_allclose(ours.forecast(3), ours.forecast(3, history=X[:60]), rtol=1e-6)
    # One row that continues is enough, with those of fit before it.
    np.testing.assert_allclose(ours.forecast(3, history=X[60:61]), ours.forecast(3, history=X[:61]), rtol=1e-6)


@pytest.mark.parametrize("wrong", ["gap", "y", "estimator"])
def test_a_fit_that_fails_changes_nothing(wrong):
    class Failing(Ridge):
        def fit(self, X, y):
            raise RuntimeError("no")

    X = daily(60)
    ours = forecaster(interval="split", validation_fraction=0.35, anchor=None, estimator=Ridge(), horizon=2)
    ours.fit(X)
    before, state = pickle.dumps(ours), dict(ours.__dict__)
    others = {"gap": (X.drop(X.index[5]), None), "y": (X[["plan"]], np.zeros(3)), "estimator": (X[["plan"]], None)}
    if wrong == "estimator":
        ours.estimator = Failing()
    with pytest.raises(RuntimeError if wrong == "estimator" else ValueError):
        ours.fit(*others[wrong])
    ours.estimator = state["estimator"]
    assert ours.__dict__ == state
    pd.testing.assert_frame_equal(ours.forecast(4), pickle.loads(before).forecast(4))
