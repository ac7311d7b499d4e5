"""Learning day by day: rows that come next are learned from with their past, and become the newest."""

import copy
import itertools
import pickle
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import QuantileRegressor, Ridge, SGDRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_rnn import LSTMRegressor, NaiveForecaster, SequenceForecaster, SequenceScaler

# Walks are hard to forecast, and skill is not what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn_rnn.forecasting.SkillWarning")
STRATEGIES = ("recursive", "direct", "joint")


class Recorder(Ridge):
    """A regressor that keeps the samples that it was given."""

    def fit(self, X, y):
        self.seen_ = [(X.copy(), y.copy())]
        return super().fit(X, y)

    def partial_fit(self, X, y):
        self.seen_ = [*self.seen_, (X.copy(), y.copy())]
        return self


NETWORK = make_pipeline(SequenceScaler(), LSTMRegressor(hidden_layer_sizes=(4,), max_epochs=2, random_state=0))


def walks(n, n_columns=2, seed=0):
    return np.cumsum(np.random.default_rng(seed).normal(size=(n, n_columns)), axis=0)


def daily(n, seed=0, freq="D"):
    index = pd.date_range("2024-01-01", periods=n, freq=freq, name="time")
    return pd.DataFrame(walks(n, seed=seed), columns=["a", "b"], index=index)


X = daily(80)
SHOPS = pd.concat({name: daily(80, seed) for seed, name in enumerate("xy")}, names=["shop"])


def forecaster(estimator=None, **params):
    return SequenceForecaster(
        estimator or Recorder(), **({"lags": 3, "horizon": 2, "validation_fraction": None} | params)
    )


def between(table, begin, end):
    """Rows of each shop from one to another."""
    return table[table.groupby(level=0).cumcount().between(begin, end - 1)]


@pytest.mark.parametrize("chunks", [[60, 61, 80], [60, 80], [60, 67, 74, 80]])
@pytest.mark.parametrize("anchor", [None, "last", 7])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_new_rows_are_learned_from_with_their_past(strategy, anchor, chunks):
    params = {"strategy": strategy, "anchor": anchor, "relative": False}
    ours, whole = forecaster(**params).fit(X[: chunks[0]]), forecaster(**params).fit(X)
    for begin, end in itertools.pairwise(chunks):
        ours.partial_fit(X[begin:end])
    for mine, theirs in zip(ours.estimators_, whole.estimators_, strict=True):
        assert len(mine.seen_) == len(chunks)
        for part in range(2):
            seen = np.concatenate([each[part] for each in mine.seen_])
            np.testing.assert_allclose(seen, theirs.seen_[0][part])


@pytest.mark.parametrize(
    "table",
    [
        X,
        X.to_numpy(),
        X.reset_index(drop=True),
        X.set_axis(X.index.to_period()),
        daily(80, freq="B"),
        daily(80, freq="MS"),
    ],
)
def test_new_rows_become_the_newest(table):
    ours = forecaster(NETWORK).fit(table[:60])
    at_once = copy.deepcopy(ours)
    for row in range(60, 66):
        ours.partial_fit(table[row : row + 1])
    at_once.partial_fit(table[60:66])
    forecast = ours.forecast(3)
    pd.testing.assert_index_equal(forecast.index, at_once.forecast(3).index)
    pd.testing.assert_index_equal(forecast.index, forecaster(NETWORK).fit(table[:66]).forecast(3).index)
    pd.testing.assert_frame_equal(forecast, ours.forecast(3, history=table[:66]))
    if isinstance(table, pd.DataFrame):
        np.testing.assert_allclose(ours.predict(table[66:]), ours.predict(table)[66:], rtol=1e-5)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_estimator_learns_by_its_own_partial_fit(strategy):
    pipeline = make_pipeline(StandardScaler(), SGDRegressor(random_state=0))
    ours = forecaster(pipeline, strategy=strategy, horizon=1, target="a").fit(X[:60])
    before = pickle.dumps(ours)
    scaler, expected = ours.estimator_[0], copy.deepcopy(ours.estimator_[1])
    ours.partial_fit(X[60:70])
    table = X.to_numpy().copy()
    windows = np.stack([table[t - 3 : t] for t in range(60, 70)])
    if ours.relative_:
        windows[:, :, 0] -= windows[:, -1:, 0].copy()
    expected.partial_fit(scaler.transform(windows.reshape(10, -1)), table[60:70, 0] - table[59:69, 0])
    np.testing.assert_allclose(ours.estimator_[1].coef_, expected.coef_)
    np.testing.assert_array_equal(ours.estimator_[0].mean_, scaler.mean_)
    assert not np.allclose(pickle.loads(before).estimator_[1].coef_, expected.coef_)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_network_goes_on_from_its_weights_and_learns(strategy):
    n = 400
    table = pd.DataFrame({"a": np.sin(np.arange(n) / 3)}, index=pd.date_range("2024-01-01", periods=n, freq="h"))
    stopping = make_pipeline(
        SequenceScaler(), LSTMRegressor(hidden_layer_sizes=(8,), lr=0.01, max_epochs=2, early_stopping=True)
    )
    ours = forecaster(stopping, lags=6, strategy=strategy, random_state=0).fit(table[:200])
    before = ours.score(table)
    for begin in range(200, 400, 20):
        ours.partial_fit(table[begin : begin + 20])
    assert ours.score(table) > before
    assert all(each[-1].early_stopping for each in ours.estimators_)  # as it was given


def test_the_default_estimator_learns_on():
    ours = SequenceForecaster(lags=3, random_state=0).fit(X[:60])
    before = ours.forecast(1)
    ours.partial_fit(X[60:61])
    assert ours.forecast(1).index[0] == X.index[61]
    assert not np.allclose(ours.forecast(1, history=X[:60]), before)


def test_the_first_call_is_fit():
    ours = forecaster(NETWORK).partial_fit(X[:60])
    pd.testing.assert_frame_equal(ours.forecast(2), forecaster(NETWORK).fit(X[:60]).forecast(2))


def test_series_go_on_by_themselves_and_new_ones_begin():
    ours = forecaster(anchor=None, relative=False).fit(between(SHOPS, 0, 60))
    other = pd.concat({"w": daily(20, seed=9)}, names=["shop"])
    ours.partial_fit(pd.concat([other[:10], between(SHOPS, 60, 63)]))
    ours.partial_fit(pd.concat([SHOPS.loc[["y"]].iloc[63:70], other[10:]]))
    forecast = ours.forecast(2)
    newest = {"x": "2024-03-03", "y": "2024-03-10", "w": "2024-01-20"}
    expected = [(name, pd.Timestamp(last) + pd.Timedelta(days=k)) for name, last in newest.items() for k in (1, 2)]
    assert list(forecast.index) == expected
    history = pd.concat([SHOPS.loc[["x"]][:63], SHOPS.loc[["y"]][:70], other])
    pd.testing.assert_frame_equal(forecast, ours.forecast(2, history=history))
    seen = np.concatenate([each[0] for each in ours.estimator_.seen_])
    whole = forecaster(anchor=None, relative=False).fit(history)
    rows, theirs = ({tuple(row) for row in each.round(9)} for each in (seen, whole.estimator_.seen_[0][0]))
    assert rows == theirs


def test_interleaved_rows_with_series():
    ids = np.array(["x", "y"] * 40)
    table = walks(80)
    ours = forecaster(anchor=None, relative=False).fit(table[:60], series=ids[:60])
    ours.partial_fit(table[60:], series=ids[60:])
    whole = forecaster(anchor=None, relative=False).fit(table, series=ids)
    pd.testing.assert_frame_equal(ours.forecast(2, history=table, series=ids), ours.forecast(2))
    assert list(ours.forecast(2).index) == list(whole.forecast(2).index)


def test_y_that_is_no_column_is_needed():
    y = walks(80, 1, seed=5)[:, 0]
    ours = forecaster(strategy="joint").fit(X[:60], y[:60])
    ours.partial_fit(X[60:62], y[60:62])
    whole = forecaster(strategy="joint").fit(X[:62], y[:62])
    for part in range(2):
        seen = np.concatenate([each[part] for each in ours.estimator_.seen_])
        np.testing.assert_allclose(seen, whole.estimator_.seen_[0][part])
    column = forecaster(horizon=1).fit(X[:60], X["a"][:60])
    column.partial_fit(X[60:61], X["a"][60:61]).partial_fit(X[61:62])
    assert column.forecast(1).index[0] == X.index[62]


@pytest.mark.parametrize("strategy", ["last", "seasonal", "drift", "mean"])
def test_naive_forecasts_remember(strategy):
    ours = NaiveForecaster(strategy, season=7 if strategy == "seasonal" else None, validation_fraction=None)
    whole = clone(ours).fit(X[:63])
    ours.partial_fit(X[:60])
    for row in range(60, 63):
        ours.partial_fit(X[row : row + 1])
    pd.testing.assert_frame_equal(ours.forecast(3), whole.forecast(3))


# Intervals.


@pytest.mark.parametrize("steps", [1, 7, 20])
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("interval", ["split", "rolling"])
def test_errors_of_new_rows_join_those_held_out(interval, strategy, steps):
    """Of a model that learns nothing new, intervals are those of a history of the same rows."""
    held = {"interval": interval, "validation_fraction": 0.4, "strategy": strategy}
    ours = forecaster(**held).fit(X[:60])
    expected = ours.predict_interval(2, history=X[60:])
    for begin in range(60, 80, steps):
        ours.partial_fit(X[begin : min(begin + steps, 80)])
    got = ours.predict_interval(2)
    pd.testing.assert_index_equal(got.index, expected.index)
    if interval == "rolling":
        pd.testing.assert_frame_equal(got, expected)
    band = ours._band.scores[0]
    assert len(band) == 24 - 2 + 1 + 20  # 20 more origins
    forecasts = np.array([forecaster(**held).fit(X[:60]).forecast(2, history=X[: t + 1]) for t in (58, 70, 77)])
    truth = np.array([X[t + 1 : t + 3] for t in (58, 70, 77)])
    np.testing.assert_allclose(band[[23, 35, 42], ..., 1], truth - forecasts)


def test_new_errors_are_those_of_the_model_before_it_learned():
    ours = forecaster(SGDRegressor(random_state=0), interval="split", validation_fraction=0.4, horizon=1, target="a")
    ours.fit(X[:60])
    before = ours.forecast(1)["a"].iloc[0]
    ours.partial_fit(X[60:61])
    error = X["a"].iloc[60] - before
    np.testing.assert_allclose(ours._band.scores[0][-1].ravel(), [-error, error])


def test_estimators_of_quantiles_learn_on():
    class Quantiles(QuantileRegressor):
        def partial_fit(self, X, y):
            self.n_more_ = getattr(self, "n_more_", 0) + len(X)
            return self

    params = {"interval": "split", "validation_fraction": 0.4, "horizon": 1, "quantiles": (0.1, 0.9), "target": "a"}
    ours = forecaster(Quantiles(), **params).fit(X[:60]).partial_fit(X[60:63])
    for learner in (ours._learner, ours._band.low, ours._band.high):
        assert learner.models[0].estimator.n_more_ == 3
    ours.predict_interval(1)


# Mistakes.

EARLY = between(SHOPS, 0, 60)
WRONG = {
    "a gap": (X[:60], X[61:], "X does not continue the rows that the forecaster has read: its row of 2024-03-02 00:00:00 comes first, and the rows read so far end at 2024-02-29 00:00:00, where 2024-03-01 00:00:00 was expected. partial_fit takes the rows that come next, all of them, and each once: fill gaps, for example with regularize; to leave rows out, fit anew."),
    "rows again": (X[:60], X[59:62], "X does not continue the rows that the forecaster has read: its row of 2024-02-29 00:00:00 comes first, and the rows read so far end at 2024-02-29 00:00:00, where 2024-03-01 00:00:00 was expected."),
    "a gap within": (X[:60], X[60:70].drop(X.index[63]), "X does not continue the rows that the forecaster has read: its row of 2024-03-05 00:00:00 comes right after 2024-03-03 00:00:00, where 2024-03-04 00:00:00 was expected."),
    "another step": (X[:60], X[60:70:2], "X does not continue the rows that the forecaster has read: its row of 2024-03-03 00:00:00 comes right after 2024-03-01 00:00:00, where 2024-03-02 00:00:00 was expected."),
    "a gap of a series": (EARLY, between(SHOPS, 60, 70).drop(("y", X.index[60])), "X does not continue the rows of series 'y' that the forecaster has read: its row of 2024-03-02 00:00:00 comes first, and"),
    "a gap of a new series": (EARLY, pd.concat({"w": X.drop(X.index[20])}, names=["shop"]), "There is a gap in time: row 20 of series 'w' (index 2024-01-22 00:00:00) comes 2 days 00:00:00 after row 19,"),
    "an array": (X[:60], X[60:].to_numpy(), "X had no index of times or numbers, but the rows of fit had, so nothing shows whether X continues them; give X with an index of the same kind."),
    "an index": (X[:60].to_numpy(), X[60:], "The rows of fit had no index of times or numbers, but X had, so nothing shows whether X continues them; give X with an index of the same kind."),
    "numbers": (X[:60], X[60:].reset_index(drop=True), "X does not continue the rows that the forecaster has read: its row of 0 comes first, and the rows read so far end at 2024-02-29 00:00:00, where 2024-03-01 00:00:00 was expected."),
    "lost series": (EARLY, X[60:], "X has lost its series: SequenceForecaster was fitted on series that an index or series= tells apart,"),
    "series out of one": (X[:60], between(SHOPS, 60, 70), "X tells series apart, but the rows of fit were one series; give rows of that one alone."),
    "NaN": (X[:60], X[60:70] * np.nan, "X has NaN in column 'a', a target, row 0 (index 2024-03-01 00:00:00)."),
    "other columns": (X[:60], X[["b", "a"]][60:70], "The feature names should match those that were passed during fit."),
}  # fmt: skip


@pytest.mark.filterwarnings(
    "ignore:X has feature names:UserWarning", "ignore:X does not have valid feature names:UserWarning"
)
@pytest.mark.parametrize("name", WRONG)
def test_rows_that_do_not_continue_raise_and_change_nothing(name):
    rows, wrong, message = WRONG[name]
    ours = forecaster(SGDRegressor(random_state=0), target="a" if isinstance(rows, pd.DataFrame) else 0, horizon=1)
    ours.fit(rows)
    before, state, forecast = pickle.dumps(ours), dict(ours.__dict__), ours.forecast(1)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        ours.partial_fit(wrong)
    assert ours.__dict__ == state
    pd.testing.assert_frame_equal(ours.forecast(1), forecast)
    pd.testing.assert_frame_equal(pickle.loads(before).forecast(1), forecast)


def test_y_that_does_not_fit():
    y = walks(80, 1, seed=5)[:, 0]
    with pytest.raises(ValueError, match=r"^partial_fit needs y: what was forecast in fit is no column of X\.$"):
        forecaster(strategy="joint").fit(X[:60], y[:60]).partial_fit(X[60:])
    with pytest.raises(ValueError, match=r"^y must have 1 columns, as in fit; got 2\.$"):
        forecaster(strategy="joint").fit(X[:60], y[:60]).partial_fit(X[60:], X[60:])
    with pytest.raises(ValueError, match=r"^y is not columns \['a'\] of X, as it was in fit; leave it out\.$"):
        forecaster(strategy="joint").fit(X[:60], X["a"][:60]).partial_fit(X[60:], X["b"][60:])


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("estimator", [Ridge(), make_pipeline(StandardScaler(), make_pipeline(Ridge()))])
def test_an_estimator_without_partial_fit_is_named(estimator, is_first):
    ours = forecaster(estimator, horizon=1)
    if not is_first:
        ours.fit(X[:60])
    message = (
        r"^Ridge has no partial_fit, so it can't go on learning from new rows\. Use one that has, such as SGDRegressor or "
        r"an estimator of this package; or fit anew on all rows; or read the new rows without learning from them, by "
        r"forecast\(history=\)\.$"
    )
    with pytest.raises(AttributeError) as raised:
        ours.partial_fit(X[60:] if not is_first else X)
    assert re.match(message, str(raised.value.__cause__))
    assert not hasattr(forecaster(HistGradientBoostingRegressor(), horizon=1), "partial_fit")
    assert hasattr(forecaster(SGDRegressor(), horizon=1), "partial_fit")


def test_an_estimator_that_fails_leaves_all_as_it_was():
    class Failing(SGDRegressor):
        def partial_fit(self, X, y):
            self.coef_ += 1
            raise KeyboardInterrupt

    ours = forecaster(Failing(random_state=0), strategy="direct", target="a").fit(X[:60])
    forecast = ours.forecast(2)
    with pytest.raises(KeyboardInterrupt):
        ours.partial_fit(X[60:])
    pd.testing.assert_frame_equal(ours.forecast(2), forecast)


def test_an_interrupt_ends_a_fit_at_once_and_an_earlier_one_stays():
    fits = []

    class Interrupted(Ridge):
        def fit(self, X, y):
            fits.append(len(X))
            if len(fits) == 4:
                raise KeyboardInterrupt
            return super().fit(X, y)

    ours = forecaster(Interrupted(), strategy="direct").fit(X[:60])
    forecast = ours.forecast(2)
    with pytest.raises(KeyboardInterrupt):
        ours.fit(X)
    assert len(fits) == 4  # none after the one that was interrupted
    pd.testing.assert_frame_equal(ours.forecast(2), forecast)
