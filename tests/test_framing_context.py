"""Context of framing: rows that continue the training table have the rows before them in their windows."""

from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
from framed import INDEXES, SERIES, TABLE, blind_rows, frame_naively, indexed, panel
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.model_selection import KFold, TimeSeriesSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_rnn import ContextWarning, TimeGapWarning
from sklearn_rnn.preprocessing import ShiftFramer


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


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES.keys())
@pytest.mark.parametrize("split", [12, 20])
def test_rows_that_continue_training_are_not_blind(index, split):
    check_continues(indexed(index), split, lags=3, horizon=2, step=2)


@pytest.mark.parametrize("params", [{"lags": 1}, {"lags": 4, "known": ["hour"], "horizon": 3}, {"horizon": 0}])
def test_context_serves_all_parameters(params):
    check_continues(indexed(pd.RangeIndex(30)), 15, **params)


def test_a_gap_in_training_does_not_hide_the_usual_step():
    X = indexed(pd.date_range("2024-01-01", periods=40, freq="h").delete([3, 4, 9, 15, 16, 17, 20, 21, 30, 35]))
    with pytest.warns(TimeGapWarning):
        check_continues(X, 15, lags=2)


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES.keys())
def test_context_is_what_is_remembered_before_the_first_row(index):
    X = indexed(index)
    whole = np.asarray(ShiftFramer(lags=3).fit_transform(X.iloc[10:]))
    framer = ShiftFramer(lags=3).fit(X.iloc[10:20])
    for begin in (17, 18, 19, 20):  # rows 14 to 19 are remembered: of rows 17 on the whole past
        np.testing.assert_array_equal(np.asarray(framer.transform(X.iloc[begin:])), whole[begin - 10 :])
    for other in (X.iloc[10:20], X.iloc[10:], X.iloc[:10], X.iloc[5:]):  # training had nothing before these
        assert blind_rows(framer, other) == 3
    for other, blind in ((X.iloc[21:], 3), (X.iloc[25:], 3), (X.iloc[12:18], 3), (X.iloc[15:], 2)):
        with pytest.warns(ContextWarning, match=f"{blind} rows of X: X begins at"):
            assert blind_rows(framer, other) == blind


def test_indexes_of_another_kind_do_not_continue():
    framer = ShiftFramer(lags=3).fit(indexed(pd.date_range("2024-01-01", periods=10, freq="h")))
    later = pd.date_range("2024-01-01T10", periods=5, freq="h")
    assert blind_rows(framer, indexed(later)) == 0
    others = (later.tz_localize("UTC"), later.to_period("h"), pd.RangeIndex(10, 15), later.astype("int64"))
    for index in others:
        with pytest.warns(ContextWarning, match="the index of X is of another kind"):
            assert blind_rows(framer, indexed(index)) == 3
    with pytest.warns(ContextWarning, match="X has no index of times or whole numbers"):
        assert blind_rows(framer, indexed(pd.Index(list("abcdefgh"))).iloc[3:]) == 3
    framer.fit(indexed(pd.RangeIndex(10)))
    assert blind_rows(framer, indexed(pd.RangeIndex(10, 20))) == 0
    with pytest.warns(ContextWarning, match=r"another kind, datetime64\[\w\w\], that of training of int64"):
        assert blind_rows(framer, indexed(later)) == 3


def test_irregular_times_have_no_next_step():
    index = pd.Timestamp("2024-01-01") + pd.to_timedelta([0, 1, 3, 7, 8, 9, 20, 24, 29, 30, 31], unit="h")
    framer = ShiftFramer().fit(indexed(index[:10]))
    with pytest.warns(ContextWarning, match="the rows seen have no step of time to tell what comes next"):
        assert blind_rows(framer, indexed(index[10:])) == 1
    assert blind_rows(framer, indexed(index[9:])) == 0  # seen in fit, and so was the row before


def test_floats_and_text_have_no_next_step():
    for index, why in (
        (np.arange(30.0), "have no step of time"),
        ([f"row {i:02}" for i in range(30)], "X has no index of times or whole numbers"),
    ):
        X = indexed(pd.Index(index))
        framer = ShiftFramer(lags=2).fit(X.iloc[:20])
        with pytest.warns(ContextWarning, match=why):
            assert blind_rows(framer, X.iloc[20:]) == 2
        assert blind_rows(framer, X.iloc[:20]) == 2


def test_arrays_have_no_context():
    framer = ShiftFramer(lags=2).fit(TABLE[:20])
    with pytest.warns(ContextWarning, match="2 rows of X: X has no index"):
        assert blind_rows(framer, TABLE[20:]) == 2
    with pytest.warns(ContextWarning, match="2 rows of X: the training table has no index"):
        assert blind_rows(framer, pd.DataFrame(TABLE).iloc[20:]) == 2


def test_arrays_that_begin_as_training_did_have_lost_nothing():
    framer = ShiftFramer(lags=2).fit(TABLE[:20])
    for X in (TABLE[:20], TABLE, TABLE[:10], TABLE[:1]):
        assert blind_rows(framer, X) == min(2, len(X))


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
    with pytest.warns(
        ContextWarning, match="2 rows of series 'a': X begins at 2024-01-01 05:00:00, but after the rows"
    ):
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
    np.testing.assert_array_equal(framer.context_.series[None].table, TABLE[-20:])


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
        model.fit(X.iloc[train], y[train])
        with pytest.warns(ContextWarning, match="after the rows seen comes") if blind else nullcontext():
            assert model.predict(X.iloc[test]).sum() == blind


def test_folds_before_the_training_rows_are_blind():
    X, y = indexed(pd.RangeIndex(30)), np.zeros(30)
    model = make_pipeline(ShiftFramer(lags=3), CountBlind())
    with (
        pytest.warns(TimeGapWarning, match="a gap before row 10: 20 comes after 9, but the usual step is 1"),
        pytest.warns(ContextWarning, match="3 rows of X: X begins at 10, but of the rows seen only the newest 6"),
    ):
        predicted = cross_val_predict(model, X, y, cv=KFold(3))
    assert predicted[:10].sum() == predicted[10:20].sum() == 6
    assert predicted[20:].sum() == 0


def test_a_context_that_is_given_is_used_once():
    framer = ShiftFramer(lags=3).fit(TABLE[:20])
    expected = np.asarray(framer.transform(TABLE))
    assert framer.set_context(TABLE[5:20]) is framer
    np.testing.assert_array_equal(np.asarray(framer.transform(TABLE[20:])), expected[20:])
    with pytest.warns(ContextWarning, match="no index"):
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
