"""Tables of polars and Arrow are read, and checked, as those of pandas are; so are indexes of their types."""

import datetime
import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from sklearn_rnn import (
    LSTMClassifier,
    LSTMRegressor,
    SequenceForecaster,
    SequenceImputer,
    SequenceOneHotEncoder,
    SequencePadder,
    SequenceScaler,
    ShiftFramer,
    regularize,
    series_to_supervised,
    suggest_lags,
)

RNG = np.random.default_rng(0)
VALUES = RNG.normal(size=(30, 3))
FRAME = pd.DataFrame(VALUES, columns=["a", "b", "c"])
Y = RNG.normal(size=30)
OTHER_ORDER = ["b", "a", "c"]
TIMES = [datetime.datetime(2024, 1, 1) + datetime.timedelta(days=i) for i in range(30)]
COLUMNS = {
    "times": TIMES,
    "dates": [time.date() for time in TIMES],
    "spans": [datetime.timedelta(days=i) for i in range(30)],
    "texts": ["text"] * 30,
}


def regressor(make=LSTMRegressor, **params):
    return make(hidden_layer_sizes=(2,), max_epochs=1, random_state=0, **params)


def steps():
    return regressor(return_sequences=True)


def forecaster():
    return SequenceForecaster(Ridge(), lags=2, target="a", known=["b"], validation_fraction=None)


def of_polars(columns):
    return pl.DataFrame({name: list(values) for name, values in columns.items()})


PACKAGES = pytest.mark.parametrize(
    ("table", "column"), [(of_polars, pl.Series), (pa.table, pa.array)], ids=["polars", "arrow"]
)


def given(table, **more):
    """The table FRAME of another package, with more columns."""
    return table({name: FRAME[name].tolist() for name in FRAME} | more)


@PACKAGES
def test_result_is_that_of_pandas(table, column):
    X, y, w = given(table), column(Y.tolist()), column(np.arange(30.0).tolist())
    for make in (regressor, steps):
        model, expected = make().fit(X, y, sample_weight=w), make().fit(FRAME, Y, sample_weight=np.arange(30.0))
        np.testing.assert_array_equal(model.predict(X), expected.predict(FRAME))
        assert model.score(X, y) == expected.score(FRAME, Y)
    model = make_pipeline(ShiftFramer(lags=3, context="none"), SequenceScaler(), regressor())
    expected = model.fit(FRAME, Y).predict(FRAME)
    np.testing.assert_array_equal(model.fit(X, y).predict(X), expected)


@PACKAGES
def test_transformers_read_it_as_pandas(table, column):
    X = given(table)
    for transformer in (SequenceScaler(), SequenceImputer(), ShiftFramer(lags=2)):
        np.testing.assert_array_equal(transformer.fit_transform(X), transformer.fit_transform(FRAME))
        assert transformer.fit(X).feature_names_in_.tolist() == ["a", "b", "c"]
    frame = ShiftFramer(lags=2, output="table").set_output(transform="polars").fit_transform(X)
    assert frame.columns[:2] == ["a(t-2)", "b(t-2)"]
    np.testing.assert_array_equal(
        SequencePadder().fit_transform([X, X]), SequencePadder().fit_transform([FRAME, FRAME])
    )
    pd.testing.assert_frame_equal(series_to_supervised(X), series_to_supervised(FRAME))
    words = table({"first": ["u", "v"], "second": ["v", "v"]})
    encoder = SequenceOneHotEncoder().fit(words)
    assert encoder.feature_names_in_.tolist() == ["first", "second"]
    assert encoder.transform(words)[:, :, 0].tolist() == [[1.0, 0.0], [0.0, 0.0]]


@PACKAGES
def test_forecaster_reads_it_as_pandas(table, column):
    two, known = FRAME[["a", "b"]], {"b": [0.5]}
    expected = forecaster().fit(two).forecast(1, known=pd.DataFrame(known, index=[30]))
    X = table({name: two[name].tolist() for name in two})
    pd.testing.assert_frame_equal(forecaster().fit(X).forecast(1, known=np.array([[0.5]])), expected)
    pd.testing.assert_frame_equal(forecaster().fit(X).forecast(1, known=table(known)), expected)
    with pytest.raises(ValueError, match=r"known has columns \['c'\]; expected the columns known ahead, \['b'\]"):
        forecaster().fit(X).forecast(1, known=table({"c": [0.5]}))
    np.testing.assert_array_equal(forecaster().fit(X).predict(X), forecaster().fit(two).predict(two))
    assert suggest_lags(column(Y.tolist())) == suggest_lags(Y)


@PACKAGES
@pytest.mark.parametrize("kind", COLUMNS)
def test_column_that_is_not_numeric_is_named(table, column, kind):
    X = given(table, when=column(COLUMNS[kind]))
    message = re.escape("X has columns that are not numeric: ['when']; encode or drop them first")
    for fit in (
        lambda: steps().fit(X, Y),
        lambda: regressor().fit(X, Y),
        lambda: regressor().fit([X, X], [1.0, 2.0]),
        lambda: ShiftFramer().fit(X),
        lambda: SequenceScaler().fit(X),
        lambda: SequenceForecaster(Ridge(), lags=2).fit(X),
    ):
        with pytest.raises(ValueError, match=message):
            fit()


@PACKAGES
def test_names_are_compared(table, column):
    X = given(table)
    assert steps().fit(X, Y).feature_names_in_.tolist() == ["a", "b", "c"]
    for fitted, other in [(X, FRAME[OTHER_ORDER]), (FRAME, X.select(OTHER_ORDER)), (X, X.select(OTHER_ORDER))]:
        with pytest.raises(ValueError, match="Feature names must be in the same order as they were in fit"):
            steps().fit(fitted, Y).predict(other)
    with pytest.raises(
        ValueError, match=r"Sequence 1 of X has the columns \['b', 'a', 'c'\], sequence 0 has \['a', 'b',"
    ):
        regressor().fit([X, X.select(OTHER_ORDER)], [1.0, 2.0])
    with pytest.raises(ValueError, match=r"X has the features \['b', 'a', 'c'\], but LSTMRegressor was fitted with"):
        regressor().fit([X, X], [1.0, 2.0]).predict([X.select(OTHER_ORDER)])
    with pytest.raises(ValueError, match=r"x has the features \['b', 'a', 'c'\], but LSTMRegressor was fitted with"):
        steps().fit(X, Y).stream().step(X.select(OTHER_ORDER)[:1])


@PACKAGES
def test_missing_values(table, column):
    X = given(table, hole=column([1, None, 3] * 10))
    message = re.escape(
        "X has NaN inside sequence 0 (step 1, feature 'hole'); fill it in, for example with SequenceImputer."
    )
    with pytest.raises(ValueError, match=message):
        steps().fit(X, Y)
    assert SequenceImputer().fit_transform(X)[:4, 3].tolist() == [1.0, 1.0, 3.0, 1.0]
    with pytest.raises(ValueError, match="y has NaN at sample 1; drop or impute"):
        regressor().fit(given(table), column([1.0, None, 3.0] * 10))


@PACKAGES
def test_targets(table, column):
    X = given(table)
    assert regressor(LSTMClassifier).fit(X, column(["u", "v"] * 15)).classes_.tolist() == ["u", "v"]
    np.testing.assert_array_equal(regressor().fit(X, X).predict(X), regressor().fit(FRAME, FRAME).predict(FRAME))
    with pytest.raises(ValueError, match="y is not numeric, its dtype is datetime64"):
        regressor().fit(X, column(TIMES))
    ids = ["u", "v"] * 15
    expected = steps().fit(FRAME, Y, series=ids).predict(FRAME, series=ids)
    np.testing.assert_array_equal(steps().fit(X, Y, series=column(ids)).predict(X, series=column(ids)), expected)


def test_lazy_frames_hold_no_values():
    lazy = given(of_polars).lazy()
    for fit in (lambda: regressor().fit(lazy, Y), lambda: ShiftFramer().fit(lazy), lambda: forecaster().fit(lazy)):
        with pytest.raises(
            TypeError, match=re.escape("X is a LazyFrame of polars, which holds no values yet; give X.col")
        ):
            fit()
    with pytest.raises(TypeError, match="y is of type LazyFrame; expected an array or list"):
        regressor().fit(FRAME, lazy)


DAYS = pd.date_range("2024-01-01", periods=30)
INDEXES = {
    "Arrow timestamps": lambda: DAYS.astype(pd.ArrowDtype(pa.timestamp("us"))),
    "Arrow timestamps of a zone": lambda: DAYS.tz_localize("UTC").astype(pd.ArrowDtype(pa.timestamp("us", "UTC"))),
    "Arrow dates": lambda: pd.Index(DAYS.date).astype(pd.ArrowDtype(pa.date32())),
    "Arrow spans": lambda: (DAYS - DAYS[0]).astype(pd.ArrowDtype(pa.duration("us"))),
    "Arrow integers": lambda: pd.Index(range(30), dtype=pd.ArrowDtype(pa.int64())),
    "nullable integers": lambda: pd.Index(range(30), dtype="Int64"),
    "dates as objects": lambda: pd.Index(DAYS.date),
    "times as objects": lambda: pd.Index(list(DAYS), dtype=object),
}


@pytest.fixture(params=INDEXES)
def timed(request):
    return FRAME[["a", "b"]].set_axis(INDEXES[request.param]())


def test_index_is_a_time(timed):
    with pytest.raises(ValueError, match="X is not in time order: row 1"):
        steps().fit(timed[::-1], Y)
    with pytest.raises(ValueError, match="X has two rows of the same time and series: rows 2 and 3"):
        ShiftFramer().fit(timed.iloc[[0, 1, 2, 2]])
    with pytest.raises(ValueError, match="There is a gap in time: row 7"):
        forecaster().fit(timed.drop(index=timed.index[7]))


def test_index_is_continued(timed):
    whole = np.asarray(ShiftFramer(lags=3).fit_transform(timed))
    np.testing.assert_array_equal(ShiftFramer(lags=3).fit(timed[:20]).transform(timed[20:]), whole[20:])
    forecast = forecaster().fit(timed[:28]).forecast(2, known=timed[28:])
    numbered = timed.reset_index(drop=True)
    expected = forecaster().fit(numbered[:28]).forecast(2, known=numbered[28:])
    np.testing.assert_array_equal(forecast, expected)
    assert list(forecast.index) == list(type(forecast.index)(timed.index[28:]))


def test_index_of_several_series(timed):
    both = pd.concat({"u": timed, "v": timed})
    whole = np.asarray(ShiftFramer(lags=3).fit_transform(timed))
    model = ShiftFramer(lags=3).fit(both.groupby(level=0).head(20))
    np.testing.assert_array_equal(model.transform(both.groupby(level=0).tail(10)), np.vstack([whole[20:]] * 2))
    past, future = both.groupby(level=0).head(28), both.groupby(level=0).tail(2)
    assert forecaster().fit(past).forecast(2, known=future).shape == (4, 1)


def test_index_is_regularized(timed):
    result = regularize(timed.drop(index=timed.index[7]))
    assert result["a"].isna().to_numpy().nonzero()[0].tolist() == [7]
    if timed.index.dtype == object:
        assert list(result.index) == list(pd.DatetimeIndex(timed.index))
    else:
        pd.testing.assert_index_equal(result.index, timed.index)


def test_missing_time_is_named():
    index = pd.Index([1, None, *range(3, 31)], dtype="Int64")
    with pytest.raises(ValueError, match="The index of X has a missing time in row 1; fill it in or drop the row"):
        steps().fit(FRAME.set_axis(index), Y)
