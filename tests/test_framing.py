"""Framing: every row gets the rows before it, of its own series, and nothing later."""

import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest
import sklearn
from framed import INDEXES, SERIES, TABLE, blind_rows, frame_naively, indexed, panel
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from sklearn_rnn._data.windows import Windows
from sklearn_rnn.preprocessing import ShiftFramer

# A row's window holds the rows before it, so the rows that are given, and their order, matter by definition.
EXPECTED_FAILURES = {
    "check_methods_subset_invariance": "a row alone has no rows before it",
    "check_methods_sample_order_invariance": "other rows before a row are another window",
}


@pytest.mark.parametrize("lags", [1, 2, 4])
@pytest.mark.parametrize("horizon", [0, 1, 4])
@pytest.mark.parametrize("step", [1, 3])
@pytest.mark.parametrize("known", [(), (2,), (0, 2)])
@pytest.mark.parametrize("series", [None, SERIES])
def test_equals_the_definition(lags, horizon, step, known, series):
    expected = frame_naively(TABLE, lags, horizon, step, known, series)
    framer = ShiftFramer(lags, horizon=horizon, step=step, known=list(known))
    windows = framer.fit_transform(TABLE, series=series)
    assert isinstance(windows, Windows)
    np.testing.assert_array_equal(np.asarray(windows), expected)
    table = framer.set_params(output="table").transform(TABLE, series=series)
    np.testing.assert_array_equal(table, expected.reshape(30, -1))


def test_a_count_reads_as_expected():
    windows = ShiftFramer(lags=2, horizon=2).fit_transform(np.arange(6).reshape(-1, 1))
    np.testing.assert_array_equal(windows[:, :, 0], [[np.nan] * 2, [np.nan] * 2, [np.nan, 0], [0, 1], [1, 2], [2, 3]])


@pytest.mark.parametrize("horizon", [0, 1, 3])
def test_nothing_later_is_seen(horizon):
    framer = ShiftFramer(lags=3, horizon=horizon, known=[2], context="none").fit(TABLE)
    before = np.asarray(framer.transform(TABLE))
    for t in range(30):
        changed = TABLE.copy()
        changed[t - horizon + 1 :, :2] = 9e9
        changed[t + 1 :, 2] = 9e9
        np.testing.assert_array_equal(framer.transform(changed)[t], before[t])


def test_series_never_mix():
    framer = ShiftFramer(lags=3, known=[1], context="none").fit(TABLE, series=SERIES)
    before = np.asarray(framer.transform(TABLE, series=SERIES))
    after = np.asarray(framer.transform(np.where(SERIES[:, None] == "a", 9e9, TABLE), series=SERIES))
    np.testing.assert_array_equal(after[SERIES != "a"], before[SERIES != "a"])


def test_an_index_of_two_levels_tells_series_apart():
    X = panel()
    windows = ShiftFramer(lags=3).fit_transform(X)
    np.testing.assert_array_equal(np.asarray(windows), frame_naively(TABLE, 3, series=SERIES))
    assert windows.index.equals(X.index)
    three = X.set_index(pd.Index(["r"] * 30, name="region"), append=True).reorder_levels([2, 0, 1])
    np.testing.assert_array_equal(ShiftFramer(lags=3).fit_transform(three), np.asarray(windows))


def test_windows_are_a_view_of_the_users_table():
    windows = ShiftFramer(lags=4).fit_transform(TABLE)
    assert windows.table is TABLE
    assert np.shares_memory(np.asarray(windows[4:]), TABLE)


def test_memory_stays_that_of_the_table():
    X = np.zeros((200_000, 8), dtype=np.float32)
    framer = ShiftFramer(lags=168)
    tracemalloc.start()
    framer.fit(X)
    windows = framer.transform(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert windows.shape == (200_000, 168, 8)
    assert peak < X.nbytes, f"{peak / X.nbytes:.2f} tables"


@pytest.mark.parametrize(("dtype", "expected"), [("f4", "f4"), ("f8", "f8"), ("i4", "f8"), ("?", "f8"), ("f2", "f8")])
def test_floats_keep_their_dtype(dtype, expected):
    framer = ShiftFramer(lags=2, known=[0])
    assert framer.fit_transform(TABLE.astype(dtype)).dtype == expected
    assert framer.set_params(output="table").transform(pd.DataFrame(TABLE.astype(dtype))).dtype == expected


def test_missing_values_stay_as_they_are():
    X = TABLE.copy()
    X[7, 1] = np.nan
    np.testing.assert_array_equal(np.asarray(ShiftFramer(lags=2).fit_transform(X)), frame_naively(X, 2))


# Output


def test_the_lag_table_names_its_columns():
    X = indexed(pd.date_range("2024-01-01", periods=30, freq="h"))
    framer = ShiftFramer(lags=2, horizon=3, step=2, known=["hour"], output="table").set_output(transform="pandas")
    table = framer.fit_transform(X)
    assert list(table) == ["temp(t-5)", "wind(t-5)", "hour(t-2)", "temp(t-3)", "wind(t-3)", "hour(t)"]
    assert table.index.equals(X.index)
    for name, column, k in [("temp(t-5)", "temp", 5), ("hour(t-2)", "hour", 2)]:
        whole = table[name].iloc[5:]
        pd.testing.assert_series_equal(whole, X[column].shift(k).iloc[5:], check_names=False, check_freq=False)
    assert isinstance(framer.set_output(transform="default").transform(X), np.ndarray)
    assert list(ShiftFramer(horizon=0).fit(X).get_feature_names_out()) == ["temp", "wind", "hour"]
    assert list(ShiftFramer(horizon=0, output="table").fit(TABLE).get_feature_names_out(list("pqr"))) == [
        "p(t)", "q(t)", "r(t)",
    ]  # fmt: skip
    assert list(ShiftFramer(output="table").fit(TABLE).get_feature_names_out()) == ["x0(t-1)", "x1(t-1)", "x2(t-1)"]


def test_set_output_of_a_pipeline_leaves_windows_as_windows():
    X, y = indexed(pd.RangeIndex(30)), np.zeros(30)
    pipe = make_pipeline(StandardScaler(), ShiftFramer(lags=2), DummyRegressor()).set_output(transform="pandas")
    windows = pipe.fit(X, y)[:-1].transform(X)
    assert isinstance(windows, Windows)
    assert windows.index.equals(X.index)
    assert list(windows.columns) == list(X.columns)
    assert clone(pipe).fit(X, y)[:-1].transform(X).index.equals(X.index)


def test_the_global_configuration_is_heeded():
    X = indexed(pd.RangeIndex(30))
    with sklearn.config_context(transform_output="pandas"):
        pipe = make_pipeline(StandardScaler(), ShiftFramer(lags=2)).fit(X)
        assert pipe.transform(X).index.equals(X.index)
        assert isinstance(ShiftFramer(output="table").fit_transform(TABLE), pd.DataFrame)
        local = ShiftFramer(output="table").set_output(transform="default")
        assert isinstance(local.set_output().fit_transform(X), np.ndarray)


def test_any_regressor_takes_the_lag_table():
    y = pd.Series(np.sin(np.arange(200)), name="y")
    model = make_pipeline(ShiftFramer(output="table"), SimpleImputer(), LinearRegression())
    search = GridSearchCV(model, {"shiftframer__lags": [1, 4]}, cv=TimeSeriesSplit(3)).fit(y.to_frame(), y)
    assert search.best_params_ == {"shiftframer__lags": 4}
    assert search.predict(y.to_frame()).shape == (200,)


@pytest.mark.parametrize("series", [None, SERIES])
@pytest.mark.parametrize("horizon", [0, 1, 2])
def test_the_table_is_read_back_from_its_windows(series, horizon):
    framer = ShiftFramer(lags=3, horizon=horizon, known=[1]).fit(TABLE, series=series)
    windows = framer.transform(TABLE, series=series)
    ids = pd.Series(np.zeros(30) if series is None else series)
    expected = TABLE.copy()
    expected[ids.groupby(ids).cumcount(ascending=False) < horizon] = np.nan
    expected[:, 1] = np.where(ids.groupby(ids).cumcount() < horizon, np.nan, TABLE[:, 1])
    np.testing.assert_array_equal(framer.inverse_transform(windows), expected)
    for given in (np.asarray(windows), np.asarray(windows).reshape(30, -1)):
        np.testing.assert_array_equal(framer.inverse_transform(given, series=series), expected)


def test_the_table_of_a_panel_is_read_back_by_its_index():
    X = panel()
    framer = ShiftFramer(lags=2, output="table").set_output(transform="pandas")
    back = framer.inverse_transform(framer.fit_transform(X))
    last = X.groupby(level=0).cumcount(ascending=False) == 0
    np.testing.assert_array_equal(back[~last], TABLE[~last])
    assert np.isnan(back[last]).all()


def test_selected_windows_give_back_what_they_hold():
    framer = ShiftFramer(lags=2).fit(TABLE)
    back = framer.inverse_transform(framer.transform(TABLE)[[4, 5, 6, 20]])
    np.testing.assert_array_equal(back, [TABLE[4], TABLE[5], [np.nan] * 3, [np.nan] * 3])


def test_other_windows_cannot_be_read_back():
    framer = ShiftFramer(lags=2).fit(TABLE)
    for X in (np.zeros((5, 3, 3)), np.zeros((5, 5)), ShiftFramer(lags=3).fit_transform(TABLE)):
        with pytest.raises(ValueError, match=r"expected what transform gave, \(n_rows, 2, 3\) or \(n_rows, 6\)"):
            framer.inverse_transform(X)


# As an estimator


@pytest.mark.filterwarnings("ignore::sklearn_rnn.ContextWarning")  # arrays, of which nothing tells where they belong
def test_estimator_checks():
    checks = check_estimator(ShiftFramer(), on_skip=None, on_fail=None)
    assert {check["check_name"] for check in checks if check["status"] == "failed"} == set(EXPECTED_FAILURES)


def test_a_window_of_the_row_itself_passes_every_check():
    check_estimator(ShiftFramer(horizon=0), on_skip=None)


def test_nothing_works_before_fit():
    for call in ("transform", "inverse_transform", "set_context"):
        with pytest.raises(NotFittedError):
            getattr(ShiftFramer(), call)(TABLE)
    with pytest.raises(NotFittedError):
        ShiftFramer().get_feature_names_out()


def test_a_fit_that_fails_leaves_an_earlier_fit_as_it_was():
    X = indexed(pd.RangeIndex(30))
    framer = ShiftFramer(known=["hour"]).fit(X)
    before = dict(vars(framer))
    for bad in (X[["temp"]], X.rename(columns={"hour": "h"}), X.iloc[::-1], X.iloc[:1], X.to_numpy()):
        with pytest.raises(ValueError, match=r"known|time order|samples?"):
            framer.fit(bad)
        assert vars(framer) == before
    np.testing.assert_array_equal(framer.feature_names_in_, list(X))


def test_it_pickles_with_its_context():
    X = indexed(pd.RangeIndex(30))
    framer = pickle.loads(pickle.dumps(ShiftFramer(lags=3).fit(X.iloc[:20])))
    assert blind_rows(framer, X.iloc[20:]) == 0


def test_series_is_routed_through_a_pipeline():
    with sklearn.config_context(enable_metadata_routing=True):
        framer = ShiftFramer(lags=2).set_fit_request(series=True).set_transform_request(series=True)
        pipe = make_pipeline(StandardScaler(), framer)
        scaled = StandardScaler().fit_transform(TABLE)
        expected = frame_naively(scaled, 2, series=SERIES)
        np.testing.assert_array_equal(np.asarray(pipe.fit_transform(TABLE, series=SERIES)), expected)
        pipe.fit(TABLE, series=SERIES)
        np.testing.assert_array_equal(np.asarray(pipe.transform(TABLE, series=SERIES)), expected)


@pytest.mark.parametrize(
    "params",
    [{"lags": 0}, {"lags": 1.5}, {"horizon": -1}, {"step": 0}, {"output": "array"}, {"context": True}, {"known": 3}],
)
def test_parameters_are_checked_in_fit(params):
    with pytest.raises(ValueError, match=f"The '{next(iter(params))}' parameter of ShiftFramer must be"):
        ShiftFramer(**params).fit(TABLE)


@pytest.mark.parametrize(("known", "expected"), [(["hour"], [2]), ([2, "temp"], [0, 2]), ([-1], [2]), ([], [])])
def test_known_columns_are_named_or_numbered(known, expected):
    assert list(ShiftFramer(known=known).fit(indexed(pd.RangeIndex(30))).known_) == expected


@pytest.mark.parametrize(
    ("known", "X", "message"),
    [
        (["day"], indexed(pd.RangeIndex(30)), r"known=\['day'\] are no columns of X: its columns are \['temp', 'wind'"),
        ([3], TABLE, r"known=\[3\] are no columns of X: its columns are \[0, 1, 2\]"),
        ([True, False, True], TABLE, "are no columns of X"),
        (["hour"], TABLE, r"X came without names; give a DataFrame, or set_output\(transform='pandas'\)"),
    ],
)
def test_unknown_columns_raise_an_error(known, X, message):
    with pytest.raises(ValueError, match=message):
        ShiftFramer(known=known).fit(X)


def test_a_table_shorter_than_a_window_raises_an_error_in_fit_only():
    framer = ShiftFramer(lags=30, horizon=2, step=1)
    with pytest.raises(ValueError, match=r"\(lags=30, horizon=2, step=1\) reaches 31 rows back, but X has only 30 sam"):
        framer.fit(TABLE)
    with pytest.raises(ValueError, match="but the longest series of X has only 20 samples"):
        ShiftFramer(lags=20).fit(TABLE, series=SERIES)
    assert ShiftFramer(lags=29).fit(TABLE).transform(TABLE[:1]).shape == (1, 29, 3)


@pytest.mark.parametrize(
    "X",
    [
        TABLE.reshape(5, 6, 3),
        [TABLE[:5], TABLE[:7]],
        [TABLE[:5], TABLE[:5]],
        [np.array([1, 2]), np.array([3, 4]), np.array([5, 6])],  # three sequences to the estimators, too
        [[1.0, 2.0], [3.0]],
        np.array([TABLE[:5], TABLE[:7]], dtype=object),
        Windows(TABLE, np.arange(30), np.zeros(30, dtype=int), lags=2),
    ],
)
def test_sequences_raise_an_error(X):
    with pytest.raises(ValueError, match="ShiftFramer frames a table, 2-D, with one row per time step"):
        ShiftFramer().fit(X)


def test_lists_of_numbers_are_a_table():
    assert ShiftFramer().fit_transform([[1, 2], [3, 4]]).shape == (2, 1, 2)
    assert ShiftFramer().fit_transform(((1, 2), (3, 4))).shape == (2, 1, 2)


def test_text_raises_an_error_that_names_the_column():
    with pytest.raises(ValueError, match=r"columns that are not numeric: \['sky'\]"):
        ShiftFramer().fit(indexed(pd.RangeIndex(30)).assign(sky="blue"))


@pytest.mark.parametrize("index", [*INDEXES.values(), pd.Index(np.arange(30.0))], ids=[*INDEXES, "floats"])
def test_rows_out_of_time_order_raise_an_error(index):
    X = indexed(index)
    framer = ShiftFramer().fit(X)
    shuffled = train_test_split(X, random_state=0)[0]
    disorder = r"X is not in time order: row \d+ \(index .*sort_index\(\)"
    repeated = r"X has two rows of the same time and series: rows 1 and 2 \(index .*duplicated\(\)"
    for bad, message in ((shuffled, disorder), (X.iloc[::-1], disorder), (X.iloc[[0, 1, 1, 2]], repeated)):
        for method in (framer.fit, framer.transform, framer.set_context):
            with pytest.raises(ValueError, match=message):
                method(bad)


def test_time_order_counts_within_series():
    X = panel()
    with pytest.raises(
        ValueError, match=r"same time and series: rows 0 and 1 .* give series= or an index of two levels"
    ):
        ShiftFramer().fit(X.droplevel(0))
    ShiftFramer().fit(X.droplevel(0), series=SERIES)
    rows = np.arange(30)
    rows[[8, 10]] = rows[[10, 8]]  # both of station a
    with pytest.raises(ValueError, match=r"row 10 \(index .* comes after row 8 "):
        ShiftFramer().fit(X.iloc[rows])


def test_a_missing_time_raises_an_error():
    with pytest.raises(ValueError, match="missing time in row 1"):
        ShiftFramer().fit(indexed(pd.DatetimeIndex(["2024-01-01", None, "2024-01-03"])))


def test_series_are_one_id_per_row():
    with pytest.raises(ValueError, match="series must give one id per row"):
        ShiftFramer().fit(TABLE, series=SERIES[:5])
