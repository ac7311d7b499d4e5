"""SequenceImputer fills in what is missing from the past alone, as a loop over steps does, in every form of X."""

import pickle
import re
import tracemalloc

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_rnn import LSTMRegressor, SequenceImputer, SequenceScaler, ShiftFramer
from sklearn_rnn._data.windows import Windows

NAN = np.nan
LENGTHS = [6, 1, 5, 8]
STRATEGIES = ["last", "mean", "median", "most_frequent", "constant"]


@pytest.fixture
def steps():
    """Steps of four sequences, a third of whose values are missing, but for the first and last step of each."""
    rng = np.random.default_rng(0)
    steps = rng.integers(0, 9, size=(sum(LENGTHS), 3)).astype(float)
    inner = np.ones(len(steps), dtype=bool)
    ends = np.cumsum(LENGTHS)
    inner[[*ends - 1, *ends - LENGTHS]] = False
    steps[inner[:, None] & (rng.random(steps.shape) < 0.4)] = NAN
    steps[0, 1] = steps[12, 0] = NAN  # nothing seen before, in a step that is no padding
    return steps


def as_list(steps):
    return np.split(steps, np.cumsum(LENGTHS)[:-1])


def padded(steps, side):
    """Pad to 9 steps with NaN, before or after."""
    X = np.full((len(LENGTHS), 9, steps.shape[1]), NAN)
    for row, sequence in zip(X, as_list(steps), strict=True):
        row[slice(9 - len(sequence), None) if side == "pre" else slice(0, len(sequence))] = sequence
    return X


def panel(steps):
    """The same sequences as series of one table, whose rows take turns."""
    ids = np.repeat(list("dbca"), LENGTHS)
    times = np.concatenate([np.arange(length) for length in LENGTHS])
    index = pd.MultiIndex.from_arrays([ids, times], names=["shop", "day"])
    return pd.DataFrame(steps, columns=["u", "v", "w"], index=index).sort_index(level="day", sort_remaining=False)


def naive(sequence, before):
    """Fill in, flag and count step by step; `before` holds what is filled in as long as no value has been seen."""
    last, count = list(before), [0] * len(before)
    filled, missing, elapsed = [], [], []
    for step in sequence:
        for j, value in enumerate(step):
            if np.isnan(value):
                count[j] += 1
            else:
                last[j], count[j] = value, 0
        filled.append(list(last))
        missing.append(np.isnan(step).astype(float))
        elapsed.append(list(count))
    return np.hstack([np.array(part, dtype=float).reshape(len(sequence), -1) for part in (filled, missing, elapsed)])


def everything(**params):
    return SequenceImputer(add_indicator=True, add_elapsed=True, **params)


def expected_of(steps):
    means = np.nanmean(steps, axis=0)
    return [naive(sequence, means) for sequence in as_list(steps)]


# Numbers


def test_list_is_filled_in_as_by_a_loop(steps):
    result = everything().fit_transform(as_list(steps))
    for one, other in zip(result, expected_of(steps), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("side", ["pre", "post"])
def test_padding_stays_padding(steps, side):
    result = everything().fit_transform(padded(steps, side))
    np.testing.assert_array_equal(result, padded_like(expected_of(steps), side))


def padded_like(sequences, side):
    X = np.full((len(LENGTHS), 9, 9), NAN)
    for row, sequence in zip(X, sequences, strict=True):
        row[slice(9 - len(sequence), None) if side == "pre" else slice(0, len(sequence))] = sequence
    return X


@pytest.mark.parametrize("by", ["index", "series"])
def test_series_of_a_table_never_mix(steps, by):
    table = panel(steps)
    expected = panel(np.vstack(expected_of(steps))[:, :3])
    ids = table.index.get_level_values(0).to_numpy()
    imputer = SequenceImputer()
    result = imputer.fit_transform(table) if by == "index" else imputer.fit_transform(table.to_numpy(), series=ids)
    np.testing.assert_array_equal(result, expected)


def test_table_is_one_series(steps):
    np.testing.assert_array_equal(everything().fit_transform(steps), naive(steps, np.nanmean(steps, axis=0)))


@pytest.mark.parametrize("strategy", STRATEGIES[1:])
def test_statistics_are_those_of_scikit_learn(steps, strategy):
    value = {"fill_value": -1.0} if strategy == "constant" else {}
    expected = SimpleImputer(strategy=strategy, **value).fit_transform(steps)
    np.testing.assert_array_equal(SequenceImputer(strategy, **value).fit_transform(steps), expected)
    for one, other in zip(
        SequenceImputer(strategy, **value).fit_transform(as_list(steps)), as_list(expected), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    # Columns that are added depend on what was missing alone.
    added = everything(strategy=strategy, **value).fit_transform(steps)[:, 3:]
    np.testing.assert_array_equal(added, everything().fit_transform(steps)[:, 3:])


def test_constant_is_zero_by_default():
    assert SequenceImputer("constant").fit_transform([[1.0], [NAN]]).ravel().tolist() == [1.0, 0.0]


def test_statistics_leave_padding_out():
    X = np.array([[[NAN, NAN], [1.0, NAN], [3.0, 5.0]]])
    assert SequenceImputer("mean").fit(X).imputer_.statistics_.tolist() == [2.0, 5.0]


def test_statistics_are_those_of_fit():
    imputer = SequenceImputer().fit(np.array([[1.0], [3.0]]))
    assert imputer.transform(np.array([[NAN], [9.0], [NAN]])).ravel().tolist() == [2.0, 9.0, 9.0]


def test_feature_that_is_never_seen_stays_a_column():
    assert SequenceImputer().fit_transform([[1.0, NAN], [NAN, NAN]]).tolist() == [[1.0, 0.0], [1.0, 0.0]]


def test_no_value_depends_on_later_ones(steps):
    imputer = everything().fit(steps)
    whole = imputer.transform(steps)
    for n in range(1, len(steps)):
        np.testing.assert_array_equal(imputer.transform(steps[:n]), whole[:n])


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_rows_of_a_table_that_are_all_missing_are_filled_in(strategy):
    table = np.array([[NAN, NAN], [1.0, 2.0], [NAN, NAN], [3.0, NAN], [NAN, NAN]])
    result = SequenceImputer(strategy).fit_transform(table)
    assert np.isfinite(result).all()
    assert result.shape == (5, 2)
    assert np.isfinite(SequenceImputer(strategy).fit(table).transform(np.full((2, 2), NAN))).all()


def test_a_step_that_is_all_missing_within_a_sequence_is_filled_in():
    X = np.array([[[NAN, NAN], [1.0, 2.0], [NAN, NAN], [3.0, 4.0], [NAN, NAN]]])
    assert SequenceImputer().fit_transform(X)[0, 1:4].tolist() == [[1.0, 2.0], [1.0, 2.0], [3.0, 4.0]]


def test_elapsed_is_the_interval_of_gru_d_where_a_value_is_missing():
    # Figure 1 of Che et al. (2018): the second variable is seen at steps 1, 4 and 5 of 5; times here are steps.
    x = np.array([NAN, 40.0, NAN, NAN, 38.0])
    delta = [0]
    for t in range(1, len(x)):
        delta.append(1 if not np.isnan(x[t - 1]) else 1 + delta[-1])
    elapsed = SequenceImputer(add_elapsed=True).fit_transform(x[:, None])[:, 1]
    missing = np.isnan(x) & (np.arange(5) > 1)
    assert elapsed[missing].tolist() == np.array(delta)[missing].tolist() == [1, 2]


# Forms


def test_univariate_sequences():
    X = [np.array([1.0, NAN, 3.0]), np.array([5.0])]
    assert [part.tolist() for part in SequenceImputer().fit_transform(X)] == [[1.0, 1.0, 3.0], [5.0]]
    (first, _) = SequenceImputer(add_indicator=True).fit_transform(X)
    assert first.tolist() == [[1.0, 0.0], [1.0, 1.0], [3.0, 0.0]]


def test_float32_stays_float32(steps):
    X = steps.astype(np.float32)
    for form in (X, as_list(X), padded(steps, "pre").astype(np.float32), ShiftFramer(lags=2).fit_transform(X)):
        result = everything().fit_transform(form)
        assert (result[0] if isinstance(result, list) else result).dtype == np.float32


def test_what_is_given_stays_as_it_is(steps):
    before = steps.copy()
    everything().fit_transform(steps)
    np.testing.assert_array_equal(steps, before)


@pytest.mark.parametrize("known", [None, ["w"]])
@pytest.mark.parametrize("params", [{}, {"add_indicator": True, "add_elapsed": True}], ids=["plain", "added"])
def test_before_framing_or_after_is_the_same(steps, params, known):
    table = panel(steps)
    after = make_pipeline(ShiftFramer(lags=3, known=known), SequenceImputer("last", **params)).fit(table)
    filled = SequenceImputer("last", **params).fit(table)
    filled.imputer_ = after[-1].imputer_  # windows hold other rows, of which the mean is another
    before = filled.set_output(transform="pandas").transform(table)
    framed = after.transform(table)
    assert isinstance(framed, Windows)
    assert framed.columns.tolist() == list(before.columns)
    if known is None:
        np.testing.assert_array_equal(framed, ShiftFramer(lags=3).fit_transform(before))
    else:  # columns that are known ahead are carried on from the rows after, which the window may see
        np.testing.assert_array_equal(framed[:, :, :2], ShiftFramer(lags=3).fit_transform(before)[:, :, :2])


def test_windows_fill_in_from_before_they_begin():
    windows = ShiftFramer(lags=2).fit_transform(np.array([[1.0], [NAN], [NAN], [NAN], [5.0]]))
    filled = SequenceImputer().fit_transform(windows)
    assert filled[4].ravel().tolist() == [1.0, 1.0]
    assert np.isnan(filled[0]).all()  # padding: no row lies there
    np.testing.assert_array_equal(SequenceImputer().fit(windows).transform(windows[4:]), filled[4:])


def test_windows_stay_a_view():
    table = np.random.default_rng(0).normal(size=(5000, 2))
    table[::7] = NAN
    windows = ShiftFramer(lags=500, step=3).fit_transform(table)
    tracemalloc.start()
    filled = SequenceImputer().fit_transform(windows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(filled, Windows)
    assert peak < 20 * table.nbytes < filled.nbytes / 10


@pytest.mark.parametrize("step", [1, 3])
def test_statistics_are_over_the_rows_that_windows_hold(step):
    table = np.arange(20.0)[:, None] ** 2
    windows = ShiftFramer(lags=2, step=step).fit_transform(table)[[4, 9, 10]]
    held = sorted({float(value) for window in windows for value in window.ravel()})
    assert SequenceImputer("mean").fit(windows).imputer_.statistics_ == pytest.approx(np.mean(held))
    assert SequenceScaler().fit(windows).scaler_.n_samples_seen_ == len(held)


def test_windows_know_the_past_of_training_that_the_framer_keeps():
    table = pd.DataFrame({"u": [1.0, 5.0, NAN, NAN, NAN, 8.0]}, index=pd.date_range("2024-01-01", periods=6))
    model = make_pipeline(ShiftFramer(lags=3), SequenceImputer()).fit(table[:4])
    assert np.asarray(model.transform(table[4:]))[:, :, 0].tolist() == [[5.0, 5.0, 5.0], [5.0, 5.0, 5.0]]


# The past of training


def test_table_that_continues_training_carries_its_last_values_on(steps):
    table = pd.DataFrame(steps, index=pd.date_range("2024-01-01", periods=len(steps)), columns=["u", "v", "w"])
    for cut in range(3, len(table)):
        imputer = everything().fit(table[:cut])
        np.testing.assert_array_equal(imputer.transform(table[cut:]), imputer.transform(table)[cut:])
        if cut + 1 < len(table):  # a row is missing between
            expected = naive(steps[cut + 1 :], np.nanmean(steps[:cut], axis=0))
            np.testing.assert_array_equal(imputer.transform(table[cut + 1 :]), expected)


def test_series_carry_on_their_own_values():
    days = pd.MultiIndex.from_product([["a", "b"], pd.date_range("2024-01-01", periods=4)]).sort_values()
    table = pd.DataFrame({"u": [1.0, 2.0, NAN, NAN, 10.0, NAN, NAN, NAN]}, index=days)
    late = days.get_level_values(1) > "2024-01-02"
    imputer = SequenceImputer(add_elapsed=True).fit(table[~late])
    assert imputer.transform(table[late][::-1].sort_index(level=1)).tolist() == [[2, 1], [10, 2], [2, 2], [10, 3]]
    new = table[late].rename(index={"b": "c"})
    assert imputer.transform(new)[:, 0].tolist() == [2.0, 2.0, 13 / 3, 13 / 3]


def test_folds_of_a_time_series_are_filled_in_from_training():
    index = pd.date_range("2024-01-01", periods=40)
    table = pd.DataFrame({"u": np.arange(40.0)}, index=index)
    table.iloc[[10, 20, 30]] = NAN
    y = np.arange(40.0)
    model = make_pipeline(SequenceImputer(), Ridge(alpha=1e-6))
    for train, test in TimeSeriesSplit(3).split(table):
        assert model.fit(table.iloc[train], y[train]).predict(table.iloc[test])[0] == pytest.approx(
            test[0] - 1, abs=0.2
        )


# As a scikit-learn estimator


def test_pandas_output(steps):
    table = panel(steps)
    imputer = everything().set_output(transform="pandas")
    result = imputer.fit_transform(table)
    pd.testing.assert_index_equal(result.index, table.index)
    names = [f"{prefix}{name}" for prefix in ("", "missingindicator_", "elapsed_") for name in "uvw"]
    assert list(result.columns) == imputer.get_feature_names_out().tolist() == names
    assert not result.isna().any(axis=None)


def test_names_without_columns(steps):
    assert SequenceImputer(add_elapsed=True).fit(steps[:, :1]).get_feature_names_out().tolist() == ["x0", "elapsed_x0"]
    assert SequenceImputer().fit(as_list(steps)).get_feature_names_out().tolist() == ["x0", "x1", "x2"]


def test_other_forms_are_no_tables(steps):
    with sklearn.config_context(transform_output="pandas"):
        assert isinstance(SequenceImputer().fit_transform(as_list(steps)), list)
        assert isinstance(SequenceImputer().fit_transform(padded(steps, "pre")), np.ndarray)


def test_metadata_routing_of_series(steps):
    ids = np.repeat(list("dbca"), LENGTHS)
    expected = SequenceImputer().fit_transform(steps, series=ids)
    with sklearn.config_context(enable_metadata_routing=True):
        imputer = SequenceImputer().set_fit_request(series=True).set_transform_request(series=True)
        pipe = make_pipeline(FunctionTransformer(), imputer).fit(steps, series=ids)
        np.testing.assert_array_equal(pipe.transform(steps, series=ids), expected)


def test_clone_and_pickle(steps):
    imputer = everything(strategy="median")
    assert clone(imputer).get_params() == imputer.get_params()
    again = pickle.loads(pickle.dumps(imputer.fit(panel(steps))))
    np.testing.assert_array_equal(again.transform(panel(steps)), imputer.transform(panel(steps)))


def test_in_a_pipeline_with_a_network():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 2)), columns=["u", "v"], index=pd.date_range("2024-01-01", periods=60))
    X = X.mask(rng.random(X.shape) < 0.2)
    y = rng.normal(size=60)
    model = make_pipeline(
        ShiftFramer(lags=4, context="none"),
        everything(),
        SequenceScaler(),
        LSTMRegressor(hidden_layer_sizes=(3,), max_epochs=2, random_state=0),
    )
    predictions = cross_val_predict(
        model, X, y, cv=[(np.arange(30), np.arange(30, 60)), (np.arange(30, 60), np.arange(30))]
    )
    assert np.isfinite(predictions).all()


# Messages


def test_unfitted():
    with pytest.raises(NotFittedError):
        SequenceImputer().transform([[1.0]])
    with pytest.raises(NotFittedError):
        SequenceImputer().get_feature_names_out()


BAD = {
    "no steps": (
        np.full((2, 3, 1), NAN),
        "X has no steps to learn from: every sequence is empty or all padding (NaN).",
    ),
    "no rows": (np.full((3, 1), NAN), "X has no steps to learn from: every sequence is empty or all padding (NaN)."),
    "infinity": ([np.array([1.0, NAN]), np.array([2.0, np.inf])], "X has infinity, or a value too large for float64"),
    "disorder": (pd.DataFrame({"u": [1.0, 2.0]}, index=[1, 0]), "X is not in time order: row 1 (index 0) comes after"),
    "text": (pd.DataFrame({"u": ["a", "b"]}), "X has columns that are not numeric: ['u']"),
}


@pytest.mark.parametrize(("X", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input_leaves_what_was_learned(X, message):
    imputer = SequenceImputer().fit(np.ones((3, 2)))
    before = dict(vars(imputer))
    with pytest.raises(ValueError, match=re.escape(message)):
        imputer.fit(X)
    assert vars(imputer) == before


def test_series_that_are_lost(steps):
    table = panel(steps)
    imputer = SequenceImputer().fit(table)
    with pytest.raises(
        ValueError, match="X has lost its series: SequenceImputer was fitted on series that an index or"
    ):
        imputer.transform(table.reset_index(drop=True))
    with pytest.raises(ValueError, match="y has 4 series in its index, but X has lost them"):
        SequenceImputer().fit(table.to_numpy(), table["u"])
    # A statistic is the same whatever the series.
    assert SequenceImputer("mean").fit(table, table["u"]).transform(table.reset_index(drop=True)).shape == table.shape


def test_order_matters_only_where_values_are_carried_on():
    X = pd.DataFrame({"u": [1.0, NAN]}, index=[1, 0])
    assert SequenceImputer("mean").fit_transform(X).ravel().tolist() == [1.0, 1.0]
    imputer = SequenceImputer().fit(X.sort_index())
    with pytest.raises(ValueError, match="X is not in time order"):
        imputer.transform(X)
    with pytest.raises(ValueError, match="X is not in time order"):
        SequenceImputer("mean", add_elapsed=True).fit(X)


def test_other_features(steps):
    with pytest.raises(ValueError, match="X has 2 features, but SequenceImputer is expecting 3 features as input"):
        SequenceImputer().fit(steps).transform(steps[:, :2])


@pytest.mark.parametrize(
    "params", [{"strategy": "linear"}, {"fill_value": "a"}, {"add_indicator": "yes"}, {"add_elapsed": 2}], ids=str
)
def test_bad_parameters(params):
    with pytest.raises(ValueError, match=f"The '{next(iter(params))}' parameter of SequenceImputer must be"):
        SequenceImputer(**params).fit([[1.0]])
