"""Columns of a 2-D X are the steps that its names, or `columns`, say."""

from __future__ import annotations

import pickle
from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
from mistakes import Mistake, cases
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sklearn_rnn import (
    ContextWarning,
    EncoderDecoderRegressor,
    GRUClassifier,
    GRURegressor,
    ShiftFramer,
    series_to_supervised,
)
from sklearn_rnn._data.lag_columns import StepColumns
from sklearn_rnn._data.reading import Reader

nan = np.nan
N = 40


def model(**options):
    return GRURegressor(max_epochs=2, hidden_layer_sizes=4, random_state=0, **options)


def make_weather():
    rng = np.random.default_rng(0)
    return pd.DataFrame({"temp": rng.normal(size=N), "hour": np.arange(N) % 24.0, "rain": rng.normal(size=N)})


def make_target():
    return np.random.default_rng(1).normal(size=N)


# Names


def steps(names, columns="auto"):
    """The names of the columns that make up each step, oldest first, and those of the features."""
    found = StepColumns.learn(columns, names, len(names))
    return np.array(names)[found.layout(len(names))].tolist(), found.names


@pytest.mark.parametrize(
    ("names", "features", "oldest", "newest"),
    [
        # ShiftFramer(output="table"), with a horizon of 1 and the hour known ahead
        (
            ["temp(t-2)", "hour(t-1)", "temp(t-1)", "hour(t)"],
            ["temp", "hour"],
            ["temp(t-2)", "hour(t-1)"],
            ["temp(t-1)", "hour(t)"],
        ),
        # series_to_supervised
        (["a(t-1)", "b(t-1)", "a(t)", "b(t)"], ["a", "b"], ["a(t-1)", "b(t-1)"], ["a(t)", "b(t)"]),
        (["a(t)", "a(t+1)"], ["a"], ["a(t)"], ["a(t+1)"]),
        # skforecast: one series, several of them together, several side by side
        (["lag_1", "lag_2", "e1", "e2"], ["lag", "e1", "e2"], ["lag_2", "e1", "e2"], ["lag_1", "e1", "e2"]),
        (
            ["lag_1", "lag_2", "_level_skforecast", "roll_mean_5"],
            ["lag", "_level_skforecast", "roll_mean_5"],
            ["lag_2", "_level_skforecast", "roll_mean_5"],
            ["lag_1", "_level_skforecast", "roll_mean_5"],
        ),
        (["a_lag_1", "a_lag_5", "b_lag_1", "b_lag_5"], ["a", "b"], ["a_lag_5", "b_lag_5"], ["a_lag_1", "b_lag_1"]),
        # mlforecast
        (
            ["e1", "lag1", "lag7", "rolling_mean_lag1_window_size7", "dayofweek"],
            ["e1", "lag", "rolling_mean_lag1_window_size7", "dayofweek"],
            ["e1", "lag7", "rolling_mean_lag1_window_size7", "dayofweek"],
            ["e1", "lag1", "rolling_mean_lag1_window_size7", "dayofweek"],
        ),
        # sktime: DirectReductionForecaster, RecursiveReductionForecaster, Lag, WindowSummarizer
        (["lag_0__y", "lag_1__y", "e1"], ["y", "e1"], ["lag_1__y", "e1"], ["lag_0__y", "e1"]),
        (
            ["e1", "lag_1__lag_0__y", "lag_1__lag_1__y"],
            ["e1", "y"],
            ["e1", "lag_1__lag_1__y"],
            ["e1", "lag_1__lag_0__y"],
        ),
        (
            ["lag_1__e1", "lag_1__e2", "lag_2__e1", "lag_2__e2"],
            ["e1", "e2"],
            ["lag_2__e1", "lag_2__e2"],
            ["lag_1__e1", "lag_1__e2"],
        ),
        (
            ["y_lag_1", "y_lag_2", "y_mean_1_3"],
            ["y", "y_mean_1_3"],
            ["y_lag_2", "y_mean_1_3"],
            ["y_lag_1", "y_mean_1_3"],
        ),
        # feature-engine: the variable itself is its newest step
        (["temp", "temp_lag_1"], ["temp"], ["temp_lag_1"], ["temp"]),
        # a single step
        (["lag_1", "e1"], ["lag", "e1"], ["lag_1", "e1"], ["lag_1", "e1"]),
        (["temp(t-1)", "hour(t)"], ["temp", "hour"], ["temp(t-1)", "hour(t)"], ["temp(t-1)", "hour(t)"]),
        # one value for all steps
        (["a(t-2)", "a(t-1)", "b(t)"], ["a", "b"], ["a(t-2)", "b(t)"], ["a(t-1)", "b(t)"]),
    ],
)
def test_names_of_lag_tables_are_read_in_any_order(names, features, oldest, newest):
    rows, named = steps(names)
    assert (named, rows[0], rows[-1]) == (features, oldest, newest)
    for seed in range(5):
        shuffled = np.random.default_rng(seed).permutation(names).tolist()
        rows, named = steps(shuffled)
        assert sorted(named) == sorted(features)
        assert [sorted(rows[0]), sorted(rows[-1])] == [sorted(oldest), sorted(newest)]


def test_irregular_lags_come_oldest_first():
    assert steps(["lag1", "lag30", "lag7", "lag2"])[0] == [["lag30"], ["lag7"], ["lag2"], ["lag1"]]


@pytest.mark.parametrize("names", [None, list("abcd"), ["t1", "t2", "t3", "t4"], ["lag", "lagged_1", "x_lag", "lag_a"]])
def test_other_names_are_no_lags(names):
    assert StepColumns.learn("auto", names, 4) == StepColumns()


@pytest.mark.parametrize(
    ("columns", "width", "expected"),
    [
        (["lag_*", "e1", "e2"], 5, ["lag_1", "lag_2", "lag_3", "e1", "e2"]),
        (["y(t-*)", "e(t-*)"], 6, ["y(t-3)", "y(t-2)", "y(t-1)", "e(t-3)", "e(t-2)", "e(t-1)"]),
        (["lag*"], 2, ["lag1", "lag2"]),
        (("lag_7", "lag_1", "e"), 3, ["lag_7", "lag_1", "e"]),
        (pd.Index(["lag_7", "lag_1"]), 2, ["lag_7", "lag_1"]),
    ],
)
def test_a_list_names_the_columns_of_an_array(columns, width, expected):
    assert StepColumns.learn(columns, None, width) == StepColumns.learn("auto", expected, width)


# Sequences


def maybe_warned(horizon):
    """Of the first `horizon` rows, which have no past: a table can't say that it is meant."""
    return pytest.warns(ContextWarning, match="nothing but padding") if horizon else nullcontext()


@pytest.mark.parametrize("horizon", [0, 1, 3])
@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("known", [None, ["hour"], ["hour", "temp"]])
def test_a_lag_table_is_learned_from_as_its_windows_are(horizon, step, known):
    weather, y = make_weather(), make_target()
    framer = ShiftFramer(lags=4, horizon=horizon, step=step, known=known, context="none").fit(weather)
    windows = framer.transform(weather)
    table = framer.set_params(output="table").set_output(transform="pandas").transform(weather)
    by_windows, by_table = model().fit(windows, y), model().fit(table, y)
    expected = by_windows.predict(windows)
    assert_array_equal(by_table.predict(windows), expected)  # and one stands for the other
    with maybe_warned(horizon):
        assert_array_equal(by_table.predict(table), expected)
        assert_array_equal(by_windows.predict(table), expected)


def test_a_lag_table_holds_out_its_end_as_windows_do():
    weather, y = make_weather(), make_target() > 0
    framer = ShiftFramer(lags=4).fit(weather)
    windows = framer.transform(weather)
    table = framer.set_params(output="table").set_output(transform="pandas").transform(weather)
    models = [
        GRUClassifier(max_epochs=2, early_stopping=True, random_state=0).fit(X, y).history_.drop(columns="dur")
        for X in (windows, table)
    ]
    pd.testing.assert_frame_equal(*models)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_order_of_columns_does_not_matter(seed):
    table, y = series_to_supervised(make_weather()[["temp"]], 5, 1), make_target()[5:]
    shuffled = table.iloc[:, np.random.default_rng(seed).permutation(6)]
    assert_array_equal(model().fit(table, y).predict(table), model().fit(shuffled, y).predict(shuffled))


def test_a_table_in_order_is_read_without_a_copy():
    rows = np.arange(24.0).reshape(2, 12)
    for columns in ("auto", 3, 4, ["a(t-*)"]):
        _, sequences = Reader("Model", False, np.float64, columns=columns).learn(rows)
        assert np.shares_memory(sequences.table, rows)


def test_names_hold_by_position_where_predict_gets_an_array():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(N, 5)), columns=["lag_1", "lag_2", "lag_3", "e1", "e2"])
    fitted = model().fit(table, make_target())
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        from_array = fitted.predict(table.to_numpy())
    assert_array_equal(from_array, fitted.predict(table))
    by_hand = np.stack([table[[lag, "e1", "e2"]].to_numpy() for lag in ("lag_3", "lag_2", "lag_1")], axis=1)
    assert_array_equal(fitted.predict(by_hand), fitted.predict(table))
    assert_array_equal(model().fit(by_hand, make_target()).predict(by_hand), fitted.predict(table))
    assert fitted.n_features_in_ == 5
    with pytest.raises(ValueError, match="Feature names must be in the same order as they were in fit"):
        fitted.predict(table.iloc[:, ::-1])


def test_lags_that_are_missing_are_padding_although_exogenous_columns_are_there():
    table = pd.DataFrame([[1.0, 2.0, nan, 7.0], [3.0, nan, nan, 8.0]], columns=["lag_1", "lag_2", "lag_3", "e"])
    _, sequences = Reader("Model", False, np.float64).learn(table)
    ranges = zip(sequences.starts, sequences.lengths, strict=True)
    read = [sequences.table[start : start + length].tolist() for start, length in ranges]
    assert read == [[[2.0, 7.0], [1.0, 7.0]], [[3.0, 8.0]]]


@pytest.mark.parametrize("estimator", [GRURegressor, GRUClassifier, EncoderDecoderRegressor])
def test_features_per_step_make_flat_rows_the_sequences_they_were(estimator):
    X = np.random.default_rng(0).normal(size=(N, 6, 3))
    X[:5, :2] = nan
    y = np.arange(N) % 2
    options = {"max_epochs": 2, "hidden_layer_sizes": 4, "random_state": 0}
    flat = estimator(columns=3, **options).fit(X.reshape(N, -1), y)
    expected = estimator(**options).fit(X, y).predict(X)
    assert_array_equal(flat.predict(X.reshape(N, -1)), expected)
    assert_array_equal(flat.predict(X), expected)
    assert_array_equal(estimator(columns=3, **options).fit(X, y).predict(X.reshape(N, -1)), expected)
    assert flat.n_features_in_ == 18


# Estimators


@pytest.mark.parametrize("columns", ["auto", 2, ["lag_*", "e"], ("lag_*", "e")])
def test_columns_are_a_parameter_like_others(columns):
    X = np.random.default_rng(0).normal(size=(N, 6))
    fitted = model(columns=columns).fit(X, make_target())
    assert clone(fitted).get_params()["columns"] == columns
    copied = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(copied.predict(X), fitted.predict(X))
    pd.testing.assert_frame_equal(copied.step_columns_, fitted.step_columns_)


def test_a_search_over_columns():
    X = np.random.default_rng(0).normal(size=(N, 6))
    search = GridSearchCV(model(), {"columns": ["auto", 1, 2, 3, ["lag_*", "e"]]}, cv=2, error_score="raise")
    scores = search.fit(X, make_target()).cv_results_["mean_test_score"]
    assert scores[0] == scores[1]
    assert len(set(scores)) == 4


def test_later_fits_keep_the_steps_of_the_first():
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(N, 3)), columns=["lag_1", "lag_2", "e"])
    fitted = model().partial_fit(table, make_target())
    steps = fitted.step_columns_
    pd.testing.assert_frame_equal(fitted.partial_fit(table, make_target()).step_columns_, steps)
    warm = model(warm_start=True).fit(table, make_target())
    pd.testing.assert_frame_equal(warm.fit(table, make_target()).step_columns_, steps)


def test_step_columns_show_how_columns_were_read():
    names = ["lag_1", "lag_2", "e"]
    X, y = np.random.default_rng(0).normal(size=(N, 3)), make_target()
    expected = pd.DataFrame([["lag_2", "e"], ["lag_1", "e"]], columns=["lag", "e"]).rename_axis("step")
    pd.testing.assert_frame_equal(
        model().fit(pd.DataFrame(X, columns=names), y).step_columns_, expected, check_dtype=False
    )
    assert model(columns=names).fit(X, y).step_columns_.to_numpy().tolist() == [[1, 2], [0, 2]]
    assert model(columns=3).fit(X, y).step_columns_.to_numpy().tolist() == [[0, 1, 2]]
    for fitted in (model().fit(X[:, :, None], y), model(return_sequences=True).fit(X, y)):
        assert not hasattr(fitted, "step_columns_")


def test_a_stream_reads_steps_of_a_lag_table():
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(N, 4)), columns=["lag_1", "lag_2", "lag_3", "e"])
    fitted = model().fit(table, make_target())
    stream = fitted.stream()
    rows = [
        stream.step(pd.DataFrame({"lag": [table.loc[0, lag]], "e": [table.loc[0, "e"]]}))
        for lag in table.columns[2::-1]
    ]
    assert rows[-1] == pytest.approx(fitted.predict(table[:1]), abs=1e-6)


def test_rows_that_are_steps_keep_their_columns():
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(N, 3)), columns=["lag_2", "lag_1", "e"])
    plain = table.set_axis(list("abc"), axis=1)
    options = {"return_sequences": True}
    first, second = (model(**options).fit(X, make_target()).predict(X) for X in (table, plain))
    assert_array_equal(first, second)


X7 = np.random.default_rng(0).normal(size=(N, 7))
X1 = X7[:, :1]


def fit(X=X7, names=None, **options):
    model(**options).fit(X if names is None else pd.DataFrame(X[:, : len(names)], columns=names), make_target())


MISTAKES = [
    Mistake(
        "steps that do not divide",
        lambda: fit(columns=3),
        "columns=3 cuts each row of X into steps of 3 features, but X has 7 features (columns), no multiple of 3; "
        "X.reshape(len(X), -1) of a 3-D array has them so.",
    ),
    Mistake(
        "an int with a target per step",
        lambda: fit(columns=7, return_sequences=True),
        "columns=7 says how a row of X is cut into steps, but with return_sequences=True each row is one step; use "
        "columns='auto', or return_sequences=False for one target per sequence.",
    ),
    Mistake(
        "names with a target per step",
        lambda: fit(columns=["lag_*"], return_sequences=True),
        "columns=['lag_*'] says how a row of X is cut into steps, but with return_sequences=True each row is one step; "
        "use columns='auto', or return_sequences=False for one target per sequence.",
    ),
    Mistake(
        "names of other columns",
        lambda: fit(columns=["lag_1", "lag_2", "e"]),
        "columns=['lag_1', 'lag_2', 'e'] names 3 columns, but X has 7 features (columns); name all of them, in the order "
        "of X.",
    ),
    Mistake(
        "lags that do not divide",
        lambda: fit(columns=["y(t-*)", "e(t-*)"]),
        "columns=['y(t-*)', 'e(t-*)'] names 2 columns, some of them with as many lags (*) as there are, but X has 7 "
        "features (columns); name all of them, in the order of X.",
    ),
    Mistake(
        "no column left for lags",
        lambda: fit(X1, columns=["lag_*", "e"]),
        "columns=['lag_*', 'e'] names 2 columns, some of them with as many lags (*) as there are, but X has 1 features "
        "(columns); name all of them, in the order of X.",
    ),
    Mistake(
        "names without a lag",
        lambda: fit(columns=list("abcdefg")),
        "columns=['a', 'b', ..., 'f', 'g'] names no lag; call the columns as lag tables do, such as 'temp(t-3)' or "
        "'lag_3'.",
    ),
    Mistake(
        "unequal lags",
        lambda: fit(names=["a(t-2)", "b(t-2)", "a(t-1)", "b(t-1)", "b(t)"]),
        "X is a lag table by its names, whose variables have unequal lags: 'a' [1, 2], 'b' [0, 1, 2]. Every step needs a "
        "value of each variable: give all the same lags, frame the table with ShiftFramer (known= takes columns up to "
        "the row itself), or set columns=1 to read one univariate step per column.",
    ),
    Mistake(
        "lags of another rhythm",
        lambda: fit(names=["a_lag_1", "a_lag_2", "b_lag_1", "b_lag_7"]),
        "X is a lag table by its names, whose variables have unequal lags: 'a' [1, 2], 'b' [1, 7]. Every step needs a "
        "value of each variable: give all the same lags, frame the table with ShiftFramer (known= takes columns up to "
        "the row itself), or set columns=1 to read one univariate step per column.",
    ),
    Mistake(
        "a lag twice",
        lambda: fit(names=["lag_1", "lag1", "e"]),
        "X is a lag table by its names, but 'lag_1' and 'lag1' are the same lag of the same variable; leave one of them "
        "out.",
    ),
    Mistake(
        "axes swapped in predict",
        lambda: model().fit(X7[:, :, None].repeat(2, axis=2), make_target()).predict(np.zeros((2, 2, 7))),
        "X has 7 features, but GRURegressor is expecting 2 features as input; its axes look swapped, "
        "X.transpose(0, 2, 1) is (sequences, steps, features).",
    ),
    Mistake(
        "a lag missing within",
        lambda: fit(np.where(np.arange(7) == 1, nan, X7), names=["lag_1", "lag_2", "lag_3", "e"]),
        "X has NaN inside sequence 0 (step 1, feature 'lag'); fill it in, for example with SequenceImputer.",
    ),
]


@pytest.mark.parametrize("mistake", cases(MISTAKES))
def test_mistakes(mistake):
    mistake.check()
