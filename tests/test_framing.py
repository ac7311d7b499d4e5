"""Framing: every row gets the rows before it, of its own series, and nothing later."""

import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, KFold, TimeSeriesSplit, cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from sklearn_rnn._data.windows import Windows
from sklearn_rnn.preprocessing import ShiftFramer

TABLE = np.random.default_rng(0).normal(size=(30, 3))
SERIES = np.array(list("abaacaba") * 3 + list("aaaaba"))

# A row's window holds the rows before it, so the rows that are given, and their order, matter by definition.
EXPECTED_FAILURES = {
    "check_methods_subset_invariance": "a row alone has no rows before it",
    "check_methods_sample_order_invariance": "other rows before a row are another window",
}


def frame_naively(X, lags=1, horizon=1, step=1, known=(), series=None):
    """Frame one value at a time, by the definition."""
    X = np.asarray(X, dtype=float)
    series = np.zeros(len(X)) if series is None else np.asarray(series)
    windows = np.full((len(X), lags, X.shape[1]), np.nan)
    for t in range(len(X)):
        rows = [r for r in range(len(X)) if series[r] == series[t]]
        here = rows.index(t)
        for slot in range(lags):
            behind = step * (lags - 1 - slot)
            if here - horizon - behind < 0:
                continue
            for column in range(X.shape[1]):
                row = rows[here - behind - (0 if column in known else horizon)]
                windows[t, slot, column] = X[row, column]
    return windows


def indexed(index):
    return pd.DataFrame(TABLE[: len(index)], columns=["temp", "wind", "hour"], index=index)


def panel():
    counts = pd.Series(SERIES).groupby(SERIES).cumcount()
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(counts.to_numpy(), unit="h")
    return indexed(pd.MultiIndex.from_arrays([SERIES, times], names=["station", "time"]))


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
    framer = ShiftFramer(lags=3, horizon=horizon, known=[2]).fit(TABLE)
    before = np.asarray(framer.transform(TABLE))
    for t in range(30):
        changed = TABLE.copy()
        changed[t - horizon + 1 :, :2] = 9e9
        changed[t + 1 :, 2] = 9e9
        np.testing.assert_array_equal(framer.transform(changed)[t], before[t])


def test_series_never_mix():
    framer = ShiftFramer(lags=3, known=[1]).fit(TABLE, series=SERIES)
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


# Context


def check_continues(X, split, **params):
    """Check that the rows after `split` are framed as they are together with the rows before."""
    whole = np.asarray(ShiftFramer(**params).fit_transform(X))
    framer = ShiftFramer(**params).fit(X.iloc[:split])
    for stop in (split + 1, len(X)):
        windows = framer.transform(X.iloc[split:stop])
        assert windows.shape[0] == stop - split
        assert windows.index.equals(X.index[split:stop])
        np.testing.assert_array_equal(np.asarray(windows), whole[split:stop])
    blind = framer.set_params(context="none").transform(X.iloc[split:])
    np.testing.assert_array_equal(np.asarray(blind), ShiftFramer(**params).fit_transform(X.iloc[split:]))


INDEXES = {
    "range": pd.RangeIndex(30),
    "every other": pd.RangeIndex(100, 160, 2),
    "integers": pd.Index(np.arange(30, dtype=np.int8) + 98),
    "hours": pd.date_range("2024-01-01", periods=30, freq="h"),
    "hours without freq": pd.DatetimeIndex(pd.date_range("2024-01-01", periods=30, freq="h").to_numpy()),
    "seconds": pd.date_range("2024-01-01", periods=30, freq="D").as_unit("s"),
    "zoned": pd.date_range("2024-03-20", periods=30, freq="h", tz="Europe/Berlin"),
    "months": pd.date_range("2020-01-31", periods=30, freq="ME"),
    "months without freq": pd.DatetimeIndex(pd.date_range("2020-01-01", periods=30, freq="MS").to_numpy()),
    "business days": pd.DatetimeIndex(pd.bdate_range("2024-01-01", periods=30).to_numpy()),
    "periods": pd.period_range("2020-01", periods=30, freq="M"),
    "timedeltas": pd.timedelta_range("0h", periods=30, freq="15min"),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES.keys())
@pytest.mark.parametrize("split", [12, 20])
def test_rows_that_continue_training_are_not_blind(index, split):
    check_continues(indexed(index), split, lags=3, horizon=2, step=2)


@pytest.mark.parametrize("params", [{"lags": 1}, {"lags": 4, "known": ["hour"], "horizon": 3}, {"horizon": 0}])
def test_context_serves_all_parameters(params):
    check_continues(indexed(pd.RangeIndex(30)), 15, **params)


def test_a_gap_in_training_does_not_hide_the_usual_step():
    X = indexed(pd.date_range("2024-01-01", periods=40, freq="h").delete([3, 4, 9, 15, 16, 17, 20, 21, 30, 35]))
    check_continues(X, 15, lags=2)


def blind_rows(framer, X):
    """Count the first rows whose window is not whole."""
    return int(np.isnan(np.asarray(framer.transform(X))).any(axis=(1, 2)).sum())


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES.keys())
def test_rows_that_do_not_continue_have_no_context(index):
    X = indexed(index)
    framer = ShiftFramer(lags=3).fit(X.iloc[10:20])
    for other in (X.iloc[21:], X.iloc[10:20], X.iloc[:10], X.iloc[5:], X.iloc[19:], X.iloc[12:18]):
        assert blind_rows(framer, other) == 3
    assert blind_rows(framer, X.iloc[20:]) == 0


def test_indexes_of_another_kind_do_not_continue():
    framer = ShiftFramer(lags=3).fit(indexed(pd.date_range("2024-01-01", periods=10, freq="h")))
    later = pd.date_range("2024-01-01T10", periods=5, freq="h")
    assert blind_rows(framer, indexed(later)) == 0
    for index in (later.tz_localize("UTC"), later.to_period("h"), pd.RangeIndex(10, 15), pd.Index(list("abcde"))):
        assert blind_rows(framer, indexed(index)) == 3
    assert blind_rows(framer, indexed(later).set_index(later.astype("int64"))) == 3
    framer.fit(indexed(pd.RangeIndex(10)))
    assert blind_rows(framer, indexed(pd.RangeIndex(10, 20))) == 0
    assert blind_rows(framer, indexed(later)) == 3


def test_irregular_times_have_no_next_step():
    index = pd.Timestamp("2024-01-01") + pd.to_timedelta([0, 1, 3, 7, 8, 9, 20, 24, 29, 30, 31], unit="h")
    framer = ShiftFramer().fit(indexed(index[:10]))
    assert blind_rows(framer, indexed(index[10:])) == 1


def test_floats_and_text_have_no_next_step():
    for index in (np.arange(30.0), [f"row {i:02}" for i in range(30)]):
        X = indexed(pd.Index(index))
        assert blind_rows(ShiftFramer(lags=2).fit(X.iloc[:20]), X.iloc[20:]) == 2


def test_arrays_have_no_context():
    framer = ShiftFramer(lags=2).fit(TABLE[:20])
    assert framer.context_ is None
    assert blind_rows(framer, TABLE[20:]) == 2


@pytest.mark.parametrize("by", ["index", "series"])
def test_context_goes_by_series(by):
    X = panel()
    split = X.groupby(level=0).cumcount() < 5
    others = pd.concat([X[~split], X[~split].rename(index={"a": "new"}, level=0).loc[["new"]]])
    series = None
    if by == "series":
        train, test = (part.droplevel(0) for part in (X[split], others))
        series = [part.index.get_level_values(0) for part in (X[split], others)]
    else:
        train, test = X[split], others
    framer = ShiftFramer(lags=3, known=["hour"]).fit(train, series=series and series[0])
    windows = np.asarray(framer.transform(test, series=series and series[1]))
    whole = frame_naively(TABLE, 3, known=[2], series=SERIES)[~split]
    np.testing.assert_array_equal(windows[: len(whole)], whole)
    assert np.isnan(windows[len(whole) :][:3]).any(axis=(1, 2)).all()


def test_a_series_that_does_not_continue_leaves_the_others_their_context():
    X = panel().sort_index()
    framer = ShiftFramer(lags=2).fit(X.groupby(level=0).head(4))
    rest = X.drop(X.groupby(level=0).head(4).index)
    late = rest.drop(rest.loc[["a"]].index[0])
    missing = np.isnan(np.asarray(framer.transform(late))).any(axis=(1, 2))
    assert list(late.index.get_level_values(0)[missing]) == ["a", "a"]


def test_unlike_panels_do_not_continue():
    X = panel()
    framer = ShiftFramer(lags=2).fit(X)
    one = X.xs("a")
    later = one.set_index(one.index + pd.Timedelta(hours=len(one)))
    with pytest.raises(ValueError, match="X has lost its series: ShiftFramer was fitted on series"):
        framer.transform(later)
    assert blind_rows(framer, pd.concat({"a": later}, names=["station"])) == 0
    assert blind_rows(framer, pd.concat({"z": later}, names=["station"])) == 2


def test_only_the_last_rows_are_kept():
    framer = ShiftFramer(lags=3, horizon=2, step=4).fit(indexed(pd.RangeIndex(30)))
    np.testing.assert_array_equal(framer.context_.rows.table, TABLE[-10:])


class CountBlind(RegressorMixin, BaseEstimator):
    """Predict how many steps of each window are padding."""

    def fit(self, X, y):
        self.n_ = X.shape[1]
        return self

    def predict(self, X):
        return np.isnan(np.asarray(X)).all(axis=2).sum(axis=1)


@pytest.mark.parametrize(
    ("cv", "blind"), [(TimeSeriesSplit(2, test_size=10), 0), (TimeSeriesSplit(2, test_size=10, gap=1), 6)]
)
def test_folds_in_time_order_are_not_blind_unless_there_is_a_gap(cv, blind):
    X, y = indexed(pd.date_range("2024-01-01", periods=30, freq="D")), np.zeros(30)
    model = make_pipeline(StandardScaler(), ShiftFramer(lags=3), CountBlind()).set_output(transform="pandas")
    for train, test in cv.split(X):
        assert model.fit(X.iloc[train], y[train]).predict(X.iloc[test]).sum() == blind


def test_folds_before_the_training_rows_are_blind():
    X, y = indexed(pd.RangeIndex(30)), np.zeros(30)
    model = make_pipeline(ShiftFramer(lags=3), CountBlind())
    predicted = cross_val_predict(model, X, y, cv=KFold(3))
    assert predicted[:10].sum() == predicted[10:20].sum() == 6
    assert predicted[20:].sum() == 0


def test_a_context_that_is_given_is_used_once():
    framer = ShiftFramer(lags=3).fit(TABLE[:20])
    expected = np.asarray(framer.transform(TABLE))
    assert framer.set_context(TABLE[5:20]) is framer
    np.testing.assert_array_equal(np.asarray(framer.transform(TABLE[20:])), expected[20:])
    assert blind_rows(framer, TABLE[20:]) == 3
    framer.set_context(TABLE[19:20])
    assert blind_rows(framer, TABLE[20:]) == 2


def test_a_context_that_is_given_goes_before_that_of_training():
    X = indexed(pd.RangeIndex(30))
    framer = ShiftFramer(context="none").fit(X.iloc[:20]).set_context(X.iloc[:3])
    np.testing.assert_array_equal(framer.transform(X.iloc[20:])[0], TABLE[2:3])


def test_a_context_survives_a_table_that_raises_an_error():
    framer = ShiftFramer().fit(TABLE).set_context(TABLE[:3])
    with pytest.raises(ValueError, match="expecting 3 features"):
        framer.transform(TABLE[:, :2])
    assert blind_rows(framer, TABLE[3:]) == 0


def test_a_context_of_a_panel_names_its_series():
    framer = ShiftFramer(lags=2).fit(TABLE, series=SERIES).set_context(TABLE[:12], series=SERIES[:12])
    np.testing.assert_array_equal(
        np.asarray(framer.transform(TABLE[12:], series=SERIES[12:])), frame_naively(TABLE, 2, series=SERIES)[12:]
    )
    with pytest.raises(ValueError, match="none of the series of X; give their ids"):
        framer.set_context(TABLE).transform(TABLE, series=SERIES)


def test_fit_forgets_the_context():
    framer = ShiftFramer().fit(TABLE).set_context(TABLE[:5])
    assert blind_rows(framer.fit(TABLE), TABLE) == 1


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
