"""Row by row through a fitted pipeline with windows: the predictions are those for the whole table."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from sklearn_rnn import (
    ContextWarning,
    GRUClassifier,
    GRURegressor,
    LSTMRegressor,
    PipelineStream,
    SequenceScaler,
    ShiftFramer,
    TimeGapWarning,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn_rnn.SkillWarning")  # of a few epochs

SMALL = {"hidden_layer_sizes": (4,), "max_epochs": 1, "random_state": 0}
TRAINED = 300
RNG = np.random.default_rng(0)
TIMES = pd.date_range("2024-01-01", periods=1300, freq="h", name="time")
TABLE = pd.DataFrame(RNG.normal(size=(1300, 2)).cumsum(axis=0), index=TIMES, columns=["load", "wind"]).assign(
    hour=np.sin(2 * np.pi * TIMES.hour / 24)
)
Y = TABLE["load"] + TABLE["hour"]
SKY = np.array(["clear", "rain", "snow"])[np.arange(1300) % 3]


def windows(**framer):
    return make_pipeline(ShiftFramer(**framer), SequenceScaler(), LSTMRegressor(**SMALL))


def per_step(horizon=1, **params):
    options = SMALL | {"return_sequences": True, "stateful": True, "tbptt": 20, "batch_size": 4} | params
    network = LSTMRegressor(**options)
    return make_pipeline(ShiftFramer(lags=1, horizon=horizon), SequenceScaler(), network)


def encoder():
    encode = OneHotEncoder(sparse_output=False)
    return ColumnTransformer([("sky", encode, ["sky"]), ("rest", StandardScaler(), ["load", "wind", "hour"])])


PIPELINES = {
    "windows": windows(lags=24),
    "horizon": windows(lags=12, horizon=6),
    "itself": windows(lags=12, horizon=0),
    "step": windows(lags=5, horizon=3, step=4),
    "known": windows(lags=12, horizon=6, known=["hour"]),
    "known, step": windows(lags=4, horizon=6, step=3, known=["hour"]),
    "scaled before": make_pipeline(StandardScaler(), ShiftFramer(lags=8), GRURegressor(**SMALL)).set_output(
        transform="pandas"
    ),
    "encoded": make_pipeline(encoder(), ShiftFramer(lags=8), GRURegressor(**SMALL)).set_output(transform="pandas"),
    "lag table": make_pipeline(ShiftFramer(lags=8, output="table"), SimpleImputer(), Ridge()),
    "nested": make_pipeline(Pipeline([("frame", windows(lags=8)[:2])]), "passthrough", GRURegressor(**SMALL)),
    "state": per_step(),
    "state, horizon": per_step(horizon=5),
    "no framer, state": make_pipeline(StandardScaler(), per_step()[-1]).set_output(transform="pandas"),
    "no framer": make_pipeline(StandardScaler(), Ridge()),
}


def in_context(model, X, method="predict"):
    """What a pipeline predicts for the whole table, whose first rows may have no past, as a warning says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ContextWarning)
        return getattr(model, method)(X)


def fitted(name):
    X = TABLE.assign(sky=SKY) if name == "encoded" else TABLE
    return PIPELINES[name].fit(X[:TRAINED], Y[:TRAINED]), X


THOUSAND = {"windows", "state"}  # of the others 60 rows will do


@pytest.mark.parametrize("name", PIPELINES)
def test_rows_are_predicted_as_in_the_table(name):
    model, X = fitted(name)
    n = 1000 if name in THOUSAND else 60
    expected = in_context(model, X)[TRAINED : TRAINED + n]
    stream = PipelineStream(model, history=X[:TRAINED])
    stepped = np.concatenate([stream.step(X.iloc[row]) for row in range(TRAINED, TRAINED + n)])
    assert stepped.shape == (n,)
    assert_allclose(stepped, expected, rtol=1e-6, atol=1e-6)
    assert len(stream.rows) <= 24


@pytest.mark.parametrize("name", ["windows", "known, step", "encoded", "state, horizon", "no framer, state"])
def test_pieces_of_any_size(name):
    model, X = fitted(name)
    expected = in_context(model, X)
    stream = PipelineStream(model, history=X[:TRAINED])
    pieces = [stream.predict(X[begin:end]) for begin, end in ((300, 301), (301, 310), (310, 700), (700, 1300))]
    assert_allclose(np.concatenate(pieces), expected[TRAINED:], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["windows", "state"])
def test_every_form_of_a_row(name):
    model, X = fitted(name)
    expected = in_context(model, X)[TRAINED : TRAINED + 1]
    stream = PipelineStream(model, history=X[:TRAINED])
    row = X.iloc[TRAINED]
    forms = [row.to_numpy(), [row.tolist()], row, row[::-1], dict(row), X[TRAINED : TRAINED + 1]]
    for form in [*forms, X[["wind", "hour", "load"]][TRAINED : TRAINED + 1]]:
        another = stream.copy()
        assert_allclose(another.step(form), expected, rtol=1e-6)
        if name == "windows":
            assert another.rows.index[-1] == X.index[TRAINED]  # what has no time comes one step later
    assert stream.rows.index[-1] == X.index[TRAINED - 1]


def test_plain_arrays():
    values = TABLE.to_numpy()
    for model in (
        make_pipeline(FunctionTransformer(lambda x: x[:, ::-1]), ShiftFramer(lags=6), GRURegressor(**SMALL)),
        make_pipeline(StandardScaler(), *per_step()),
    ):
        model.fit(values[:TRAINED], Y[:TRAINED])
        stream = PipelineStream(model, history=values[:TRAINED])
        stepped = np.concatenate([stream.step(row) for row in values[TRAINED : TRAINED + 50]])
        assert_allclose(stepped, in_context(model, values[: TRAINED + 50])[TRAINED:], rtol=1e-5)


def test_one_column_and_several_targets():
    model = windows(lags=3).fit(TABLE[["load"]], np.column_stack([Y, Y]))
    stream = PipelineStream(model, history=TABLE[["load"]])
    assert stream.step([1.0]).shape == (1, 2)
    assert stream.predict([[1.0], [2.0]]).shape == (2, 2)
    assert stream.step(3.0).shape == (1, 2)


def test_classifiers_with_any_method():
    labels = np.where(Y > 0, "up", "down")
    for model in (
        make_pipeline(ShiftFramer(lags=6), SequenceScaler(), GRUClassifier(**SMALL)),
        make_pipeline(ShiftFramer(), SequenceScaler(), GRUClassifier(return_sequences=True, **SMALL)),
        make_pipeline(ShiftFramer(lags=6, output="table"), SimpleImputer(), LogisticRegression(max_iter=1000)),
    ):
        model.fit(TABLE[:TRAINED], labels[:TRAINED])
        for method in ("predict", "predict_proba"):
            stream = PipelineStream(model, history=TABLE[:TRAINED], method=method)
            stepped = np.concatenate([stream.step(TABLE.iloc[row]) for row in range(TRAINED, TRAINED + 20)])
            expected = in_context(model, TABLE, method)[TRAINED : TRAINED + 20]
            if method == "predict":
                assert_array_equal(stepped, expected)
            else:
                assert_allclose(stepped, expected, rtol=1e-5)


PANEL = pd.concat(
    {name: TABLE[i : 400 + 7 * i] * (i + 1) for i, name in enumerate(["oak", "ash", "elm"])}, names=["site"]
)


def split(panel, n):
    """The first n rows of each series, and the rest by time."""
    early = panel.groupby("site", sort=False).cumcount() < n
    return panel[early], panel[~early].sort_index(level="time", kind="stable", sort_remaining=False)


@pytest.mark.parametrize("model", [windows(lags=6, horizon=2), per_step(horizon=2)], ids=["windows", "state"])
def test_series_side_by_side(model):
    past, later = split(PANEL, 350)
    model = model.fit(past, past["load"])
    expected = pd.Series(in_context(model, PANEL), PANEL.index)
    stream = PipelineStream(model, history=past)
    assert list(stream.series) == ["oak", "ash", "elm"]
    assert stream.n_series == 3
    pieces = [stream.copy().predict(later), []]
    assert_allclose(pieces[0], expected[later.index], rtol=1e-5, atol=1e-6)
    for _, rows in later.groupby("time"):  # of some of the series alone, in an order of their own
        assert_allclose(stream.step(rows[::-1]), expected[rows.index][::-1], rtol=1e-5, atol=1e-6)


def test_a_row_of_each_series_as_an_array():
    past = pd.concat([PANEL.loc[[name]].iloc[:50] for name in ("elm", "oak")])
    model = windows(lags=6, horizon=2).fit(PANEL, PANEL["load"])
    stream = PipelineStream(model, history=past)
    row = pd.concat([PANEL.loc[[name]].iloc[50:51] for name in ("elm", "oak")])
    expected = stream.copy().step(row)
    assert_array_equal(stream.step(row.to_numpy()), expected)
    assert_array_equal(stream.rows.index[-2:], row.index)
    with pytest.raises(ValueError, match="may be of any of the 2 series"):
        stream.step({"load": 1.0, "wind": 0.0, "hour": 0.0})


@pytest.mark.parametrize("name", ["windows", "horizon", "step", "encoded", "state", "state, horizon", "lag table"])
def test_forecasts_are_the_predictions_of_rows_to_come(name):
    model, X = fitted(name)
    expected = in_context(model, X)
    stream = PipelineStream(model, history=X[:TRAINED])
    horizon = next(step.horizon for step in model.get_params().values() if isinstance(step, ShiftFramer))
    for row in range(TRAINED, TRAINED + 20):
        newest = row - 1
        assert_allclose(stream.forecast(), expected[[newest + horizon]], rtol=1e-6, atol=1e-6)
        stream.step(X.iloc[row])


@pytest.mark.parametrize("name", ["known", "known, step"])
def test_forecasts_with_columns_known_ahead(name):
    model, X = fitted(name)
    expected = in_context(model, X)
    stream = PipelineStream(model, history=X[:TRAINED])
    ahead = X[["hour"]][TRAINED : TRAINED + 6]
    assert_allclose(stream.forecast(ahead), expected[[TRAINED + 5]], rtol=1e-6)
    assert_allclose(stream.forecast({"hour": ahead["hour"].tolist()}), expected[[TRAINED + 5]], rtol=1e-6)
    for known, message in (
        (None, r"The columns \['hour'\] are known ahead: give their values in the next 6 rows"),
        ({"wind": np.zeros(6)}, r"The columns \['hour'\] are known ahead"),
        (ahead[:5], "known has 5 rows; expected 6"),
        (ahead.assign(rain=0.0), r"known has the columns \['rain'\]"),
    ):
        with pytest.raises(ValueError, match=message):
            stream.forecast(known)


def test_forecasts_of_series_in_their_order():
    past, later = split(PANEL, 350)
    model = windows(lags=6, horizon=2, known=["hour"]).fit(past, past["load"])
    stream = PipelineStream(model, history=past)
    ahead = later.groupby("site", sort=False).head(2)[["hour"]]
    expected = pd.Series(in_context(model, PANEL), PANEL.index)
    last = [expected[name].iloc[351] for name in stream.series]
    assert_allclose(stream.forecast(ahead), last, rtol=1e-6)
    assert_allclose(stream.forecast(ahead[::-1].sort_index(level="time")), last, rtol=1e-6)


def test_the_pipeline_stays_as_it_was():
    model, X = fitted("windows")
    predictions, attributes = in_context(model, X), [set(vars(step)) for step in model]
    stream = PipelineStream(model, history=X[:TRAINED])
    first = stream.copy().step(X.iloc[TRAINED])
    assert [set(vars(step)) for step in model] == attributes
    assert model[0].context == "auto"
    assert_array_equal(in_context(model, X), predictions)
    model.fit(3 * X[:200], Y[:200])  # the stream keeps what it was given
    assert_array_equal(stream.step(X.iloc[TRAINED]), first)


@pytest.mark.parametrize("name", ["windows", "state"])
def test_copies_pickles_and_resets(name):
    model, X = fitted(name)
    stream = PipelineStream(model, history=X[:TRAINED])
    others = [stream.copy(), pickle.loads(pickle.dumps(stream))]
    first = stream.step(X.iloc[TRAINED])
    second = stream.step(X.iloc[TRAINED + 1])
    for other in others:
        assert_array_equal(other.step(X.iloc[TRAINED]), first)
        assert_array_equal(other.step(X.iloc[TRAINED + 1]), second)
    assert len(stream.reset().rows) == 0
    rest = X[TRAINED + 2 :]
    assert_allclose(stream.predict(rest), in_context(model.set_params(shiftframer__context="none"), rest), rtol=1e-5)


def test_rows_kept_continue_windows():
    model, X = fitted("known, step")
    stream = PipelineStream(model, history=X[:TRAINED])
    assert_array_equal(PipelineStream(model, history=stream.rows).step(X.iloc[TRAINED]), stream.step(X.iloc[TRAINED]))


def test_one_series_is_reset_alone():
    past, later = split(PANEL, 350)
    for model in (windows(lags=6), per_step()):
        stream = PipelineStream(model.fit(past, past["load"]), history=past)
        whole = stream.copy()
        rows = later.groupby("site", sort=False).head(1)
        reset = pd.Series(stream.reset("ash").step(rows), rows.index.droplevel("time"))
        kept = pd.Series(whole.step(rows), rows.index.droplevel("time"))
        assert reset["oak"] == kept["oak"]
        assert reset["ash"] != kept["ash"]
        with pytest.raises(ValueError, match=r"The stream has no series \['yew'\]"):
            stream.reset("yew")


def test_a_short_history_warns():
    model, X = fitted("windows")
    expected = in_context(model.set_params(shiftframer__context="none"), X)
    assert_allclose(PipelineStream(model, history=X[:5]).predict(X[5:]), expected[5:], rtol=1e-5)  # meant
    model.set_params(shiftframer__context="auto")
    for history, n in ((None, 0), (X[:5], 5)):
        with pytest.warns(ContextWarning, match=f"windows reach 24 rows back, but the history has {n} rows"):
            stream = PipelineStream(model, history=history)
        assert_allclose(stream.predict(X[n:]), expected[n:], rtol=1e-5)


class Lagging(TransformerMixin, BaseEstimator):
    """A step that looks back: the mean of the last rows, as far as they are there."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X.rolling(4, min_periods=1).mean()

    def __sklearn_is_fitted__(self):
        return True


def test_steps_that_look_back():
    model = make_pipeline(Lagging(), ShiftFramer(lags=5), GRURegressor(**SMALL)).fit(TABLE[:TRAINED], Y[:TRAINED])
    stream = PipelineStream(model, history=TABLE[:TRAINED], lookback=3)
    stepped = np.concatenate([stream.step(TABLE.iloc[row]) for row in range(TRAINED, TRAINED + 30)])
    assert_allclose(stepped, in_context(model, TABLE)[TRAINED : TRAINED + 30], rtol=1e-5)
    with pytest.raises(ValueError, match="look back further than the lookback=2 rows kept for them"):
        PipelineStream(model, history=TABLE[:TRAINED], lookback=2)


def test_gaps_and_disorder_in_time():
    model, X = fitted("windows")
    stream = PipelineStream(model, history=X[:TRAINED])
    with pytest.warns(TimeGapWarning, match=f"gap before the new row of {X.index[302]}: the row of {X.index[300]} was"):
        assert stream.copy().step(X.iloc[302]).shape == (1,)
    with pytest.warns(TimeGapWarning, match=f"gap before the new row of {X.index[304]}: the row of {X.index[302]} was"):
        stream.copy().predict(X.iloc[[300, 301, 304, 305]])
    for row in (299, 10):
        with pytest.raises(ValueError, match="does not come after the newest one read"):
            stream.step(X.iloc[row])
    with pytest.raises(ValueError, match="X is not in time order: row 1"):
        stream.predict(X.iloc[[301, 300]])
    with pytest.raises(ValueError, match="has the index 0, but the row before it Timestamp"):
        stream.step(pd.DataFrame([dict(X.iloc[300])]))
    assert stream.rows.index[-1] == X.index[299]
    assert_allclose(stream.step(X.iloc[300]), in_context(model, X)[[300]], rtol=1e-6)


def test_errors_leave_the_stream_as_it_was():
    model, X = fitted("state")
    stream = PipelineStream(model, history=X[:TRAINED])
    expected = stream.copy().predict(X[TRAINED:])
    for bad, message in (
        ({"load": 1.0}, r"lacks \['wind', 'hour'\]"),
        ({"load": 1.0, "wind": 0.0, "hour": 0.0, "sky": 1.0}, r"has \['sky'\] besides"),
        ([1.0, 2.0], r"The rows have shape \(2,\); expected \(1, 3\)"),
        (X.iloc[300:302], "step reads one row of each series, but got 2; predict reads several"),
        (X.iloc[300:300], "There is no row to read"),
        (["a", 1.0, 2.0], "not numeric"),
        (PANEL[:1], "index of the rows has 2 level"),
    ):
        with pytest.raises(ValueError, match=message):
            stream.step(bad)
    assert_array_equal(stream.predict(X[TRAINED:]), expected)


def test_unknown_series_are_refused():
    model = windows(lags=6).fit(PANEL, PANEL["load"])
    stream = PipelineStream(model, history=PANEL.loc[["oak", "ash"]])
    with pytest.raises(ValueError, match=r"The rows have the series \['elm'\], but the stream has \['oak', 'ash'\]"):
        stream.step(PANEL.loc[["elm"]].iloc[:1])
    for history in (None, TABLE):
        with pytest.raises(ValueError, match="fitted on several series: give a history whose index names them"):
            PipelineStream(model, history=history)


def test_what_cannot_be_followed():
    network = GRURegressor(**SMALL)
    framed, _ = fitted("windows")
    within = make_pipeline(
        make_column_transformer((ShiftFramer(lags=3, output="table"), ["load"])), SimpleImputer(), Ridge()
    ).fit(TABLE, Y)
    target = TransformedTargetRegressor(framed)
    bidirectional = per_step(stateful=False, bidirectional=True, tbptt=None).fit(TABLE[:50], Y[:50])
    for make, error, message in (
        (lambda: PipelineStream(network), TypeError, "reads a fitted Pipeline, got GRURegressor"),
        (lambda: PipelineStream(target), TypeError, "got TransformedTargetRegressor"),
        (lambda: PipelineStream(within), ValueError, "one ShiftFramer that is a step of the pipeline"),
        (lambda: PipelineStream(windows(lags=3)), ValueError, "not fitted"),
        (lambda: PipelineStream(framed, method="predict_proba"), ValueError, "is none of LSTMRegressor"),
        (lambda: PipelineStream(framed, history=TABLE[:0]), ValueError, "history has no rows"),
        (lambda: PipelineStream(framed, history=np.zeros((2, 3, 4))), ValueError, "history has 3 dimensions"),
        (lambda: PipelineStream(framed, lookback=-1), ValueError, "lookback must be a whole number"),
        (lambda: PipelineStream(bidirectional, history=TABLE), ValueError, "can't read a stream"),
    ):
        with pytest.raises(error, match=message):
            make()


@pytest.mark.parametrize("name", ["itself", "no framer"])
def test_no_forecast_where_the_row_itself_is_needed(name):
    model, X = fitted(name)
    with pytest.raises(ValueError, match="needs the row itself"):
        PipelineStream(model, history=X[:TRAINED]).forecast()


def test_no_forecast_before_the_first_row():
    model, X = fitted("windows")
    stream = PipelineStream(model, history=X[:TRAINED]).reset()
    with pytest.raises(ValueError, match="has no row yet from which to forecast"):
        stream.forecast()


def test_rows_without_a_time_need_a_step():
    model, X = fitted("windows")
    irregular = X.iloc[np.cumsum(np.arange(1, 45))]
    stream = PipelineStream(model, history=irregular)
    with pytest.raises(ValueError, match="times of rows without an index are not known"):
        stream.step(X.iloc[0].to_numpy())
    assert stream.step(X.iloc[-1]).shape == (1,)
