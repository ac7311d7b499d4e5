"""Every form of X is read as the same sequences, and predictions come back in its form."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from framed import predict_all
from sklearn import config_context
from sklearn.model_selection import TimeSeriesSplit, cross_val_predict, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_rnn import GRURegressor, LSTMRegressor, RNNRegressor, SequenceScaler, ShiftFramer
from sklearn_rnn._data.forms import as_form
from sklearn_rnn._data.pitfalls import check_no_overlap, check_series_kept
from sklearn_rnn._data.reading import Reader
from sklearn_rnn._data.series import index_of, match_series, read_series
from sklearn_rnn._data.windows import Windows

LENGTHS = (6, 3, 1, 5, 4)
nan = np.nan


def read(X, *, per_step=False, dtype=np.float64, series=None, mask_value=None):
    return Reader("Model", per_step, dtype, mask_value).learn(X, series)[1]


def steps_of(sequences):
    return [
        sequences.table[start + sequences.stride * np.arange(length)].tolist()
        for start, length in zip(sequences.starts, sequences.lengths, strict=True)
    ]


def make_ragged(n_features=2, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(length, n_features)) for length in LENGTHS]


def pad(sequences, side, value=nan, width=8):
    padded = np.full((len(sequences), width, *np.shape(sequences[0])[1:]), value)
    for row, sequence in zip(padded, sequences, strict=True):
        place = slice(width - len(sequence), None) if side == "pre" else slice(len(sequence))
        row[place] = sequence
    return padded


@pytest.mark.parametrize(
    "form",
    [
        lambda X: X,
        tuple,
        lambda X: [x.tolist() for x in X],
        lambda X: [pd.DataFrame(x) for x in X],
        lambda X: pad(X, "pre"),
        lambda X: pad(X, "post"),
        lambda X: pad(X, "pre").tolist(),
        lambda X: pad(X, "post").astype(object),
    ],
)
def test_ragged_and_padded_forms_are_the_same_sequences(form):
    X = make_ragged()
    assert steps_of(read(form(X))) == [x.tolist() for x in X]


def test_object_array_of_sequences():
    X = np.empty(len(LENGTHS), dtype=object)
    X[:] = make_ragged()
    assert steps_of(read(X)) == [x.tolist() for x in X]


def test_univariate_forms():
    X = [np.array([1.0, 2, 3]), np.array([4.0]), np.array([5.0, 6])]
    rows = np.array([[1, 2, 3], [4, nan, nan], [5, 6, nan]])
    expected = [[[1.0], [2.0], [3.0]], [[4.0]], [[5.0], [6.0]]]
    for form in (X, [x.tolist() for x in X], rows, pd.DataFrame(rows), rows[:, :, None]):
        assert steps_of(read(form)) == expected


def test_list_of_arrays_of_equal_length_is_a_list_of_sequences():
    sequences = read([np.arange(3.0), np.arange(3.0)], per_step=True)
    assert sequences.layout.form == "ragged"
    assert read([[0.0, 1, 2], [0.0, 1, 2]], per_step=True).layout.form == "rows"


def test_table_is_one_sequence_with_a_target_per_row():
    X = np.arange(8.0).reshape(4, 2)
    assert steps_of(read(X, per_step=True)) == [X.tolist()]


def test_series_of_a_table():
    X = np.arange(12.0).reshape(6, 2)
    ids = ["b", "a", "b", "a", "a", "b"]
    expected = [X[[0, 2, 5]].tolist(), X[[1, 3, 4]].tolist()]
    by_metadata = read(X, per_step=True, series=ids)
    index = pd.MultiIndex.from_arrays([ids, [0, 0, 1, 1, 2, 2]])
    by_index = read(pd.DataFrame(X, index=index), per_step=True)
    for sequences in (by_metadata, by_index):
        assert steps_of(sequences) == expected
        values = sequences.table[:, 0]
        assert sequences.layout.from_steps(values, np.array(nan)).tolist() == X[:, 0].tolist()


@pytest.mark.parametrize("mask_value", [0.0, -7.5])
def test_mask_value_skips_steps_anywhere(mask_value):
    X = pad(make_ragged(), "pre", mask_value)
    X[0, 4] = mask_value  # within the sequence
    X[3, :, 0] = mask_value  # one feature alone masks nothing
    assert steps_of(read(X, mask_value=mask_value)) == [
        [step for step in sequence if step != [mask_value, mask_value]] for sequence in X.tolist()
    ]


def test_sequence_of_padding_is_empty():
    X = pad(make_ragged(), "pre")
    X[2] = nan
    assert read(X).lengths.tolist() == [6, 3, 0, 5, 4]


def test_windows_are_read_without_a_copy():
    table = np.random.default_rng(0).normal(size=(50, 3))
    windows = ShiftFramer(lags=4, step=2, horizon=3).fit_transform(table)
    sequences = read(windows)
    assert np.shares_memory(sequences.table, table)
    expected = [[row.tolist() for row in window if not np.isnan(row).any()] for window in np.asarray(windows)]
    assert steps_of(sequences) == expected
    assert steps_of(read(windows[10:20])) == expected[10:20]


def test_padding_within_the_table_of_windows():
    table = np.arange(10.0)[:, None]
    table[:3] = nan
    windows = ShiftFramer(lags=3, step=1, horizon=1).fit_transform(table)
    assert read(windows).lengths.tolist() == [0, 0, 0, 0, 1, 2, 3, 3, 3, 3]


def test_memory_is_shared_with_read_only_input():
    X = np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32)
    X.setflags(write=False)
    y = X.sum(axis=1)
    model = RNNRegressor(max_epochs=1, random_state=0).fit(X, y)
    assert np.isfinite(model.predict(X)).all()
    assert np.shares_memory(read(X, dtype=np.float32).table, X)


MODELS = (RNNRegressor, LSTMRegressor, GRURegressor)


@pytest.mark.parametrize(
    ("model", "sizes", "bidirectional", "side", "return_sequences", "dtype"),
    list(
        itertools.product(MODELS, ((4,), (4, 3)), (False, True), ("pre", "post"), (False, True), ("float32", "float64"))
    ),
)
def test_masked_equals_unpadded(model, sizes, bidirectional, side, return_sequences, dtype):
    tolerance = {"float32": 1e-6, "float64": 1e-12}[dtype]
    X = make_ragged()
    y = [x[:, 0] for x in X] if return_sequences else np.array([x.sum() for x in X])
    padded_y = pad(y, side) if return_sequences else y
    options = {"hidden_layer_sizes": sizes, "bidirectional": bidirectional, "return_sequences": return_sequences}
    options |= {"dtype": dtype, "max_epochs": 3, "batch_size": 3, "random_state": 0}
    unpadded, nan_padded = model(**options).fit(X, y), model(**options).fit(pad(X, side), padded_y)
    zeros = model(**options, mask_value=0.0).fit(pad(X, side, 0.0), padded_y)
    alone = [unpadded.predict([x])[0] for x in X]  # each sequence by itself, where nothing is padded
    for fitted, form in (
        (nan_padded, pad(X, side)),
        (zeros, pad(X, side, 0.0)),
        (unpadded, pad(X, side)),
    ):
        predicted = fitted.predict(form)
        for i, expected in enumerate(alone):
            place = slice(8 - LENGTHS[i], None) if side == "pre" else slice(LENGTHS[i])
            got = predicted[i][place] if return_sequences else predicted[i]
            assert np.abs(got - expected).max() <= tolerance


@pytest.mark.parametrize("return_sequences", [False, True])
def test_predictions_have_the_form_of_x(return_sequences):
    X = make_ragged()
    y = list(X) if return_sequences else np.array([x.sum(axis=0) for x in X])
    model = GRURegressor(return_sequences=return_sequences, max_epochs=1).fit(X, y)
    ragged, dense = model.predict(X), model.predict(pad(X, "post"))
    if return_sequences:
        assert [p.shape for p in ragged] == [(length, 2) for length in LENGTHS]
        assert dense.shape == (5, 8, 2)
    else:
        assert ragged.shape == dense.shape == (5, 2)


def test_padded_steps_repeat_the_step_before():
    X = make_ragged()
    model = LSTMRegressor(return_sequences=True, max_epochs=1).fit(X, [x[:, 0] for x in X])
    post, pre = model.predict(pad(X, "post")), model.predict(pad(X, "pre"))
    initial = predict_all(model, np.full((1, 2, 2), nan))
    for i, length in enumerate(LENGTHS):
        assert (post[i, length:] == post[i, length - 1]).all()
        assert (pre[i, : 8 - length] == initial[0, 0]).all()


def test_rows_of_series_get_their_own_predictions():
    rng = np.random.default_rng(0)
    X, ids = rng.normal(size=(30, 2)), rng.integers(0, 3, size=30)
    model = GRURegressor(return_sequences=True, max_epochs=2, dtype="float64").fit(X, X[:, 0], series=ids)
    predicted = model.predict(X, series=ids)
    for i in range(3):
        alone = model.predict(X[ids == i], series=ids[ids == i])
        np.testing.assert_allclose(predicted[ids == i], alone, rtol=0, atol=1e-12)
    changed = X.copy()
    changed[ids == 1] += 10
    np.testing.assert_array_equal(model.predict(changed, series=ids)[ids != 1], predicted[ids != 1])


# Series: what the user calls them, their order in time, and what has lost them

INTERLEAVED = np.array(list("babbabaaab"))
ROWS = np.random.default_rng(1).normal(size=(10, 2))


def panel(ids=INTERLEAVED, values=ROWS):
    """A table whose index names the series of each row, and its time."""
    levels = ids if isinstance(ids, list) else [ids]
    times = pd.Series(range(len(values))).groupby(levels).cumcount()
    return pd.DataFrame(values, columns=["u", "v"], index=pd.MultiIndex.from_arrays([*levels, times]))


@pytest.mark.parametrize(
    ("X", "series"),
    [
        (ROWS, INTERLEAVED),
        (ROWS, list(INTERLEAVED)),
        (ROWS, pd.Series(INTERLEAVED).astype("category")),
        (panel(), None),
    ],
)
def test_series_keep_their_names(X, series):
    sequences = read(X, per_step=True, series=series)
    assert list(sequences.ids) == ["b", "a"]
    assert list(sequences.take(np.array([1])).ids) == ["a"]
    assert list(sequences.keep_first(np.array([2, 2])).ids) == ["b", "a"]
    assert sequences.series is None
    assert match_series(pd.Index(["a", "c", "b"]), sequences.ids).tolist() == [1, -1, 0]
    padded = read(X * np.where(np.arange(10) < 2, nan, 1)[:, None], per_step=True, series=series, mask_value=7.0)
    assert list(padded.ids) == ["b", "a"]


@pytest.mark.parametrize("by", ["index", "MultiIndex", "array of tuples"])
def test_series_of_several_levels_are_named_by_tuples(by):
    X = panel([np.repeat(["x", "y"], 5), np.tile([2, 1], 5)])
    labels = X.index.droplevel(-1)
    series = {"index": None, "MultiIndex": labels, "array of tuples": labels.to_numpy()}[by]
    sequences = read(X if series is None else ROWS, per_step=True, series=series)
    assert list(sequences.ids) == [("x", 2), ("x", 1), ("y", 1), ("y", 2)]
    wanted = pd.MultiIndex.from_tuples([("y", 2), ("y", 3), ("x", 2)])
    assert match_series(wanted, sequences.ids).tolist() == [3, -1, 0]
    assert match_series(pd.Index(["x", "y"]), sequences.ids).tolist() == [-1, -1]
    assert sequences.ids.get_loc(("y", 1)) == 2


@pytest.mark.parametrize("X", [ROWS, pd.DataFrame(ROWS), make_ragged(), ShiftFramer().fit_transform(ROWS)])
def test_what_has_no_names_gets_none(X):
    assert read(X, per_step=True).ids is None
    assert read_series(index_of(X), None, len(X)) == (None, None)


def test_a_single_series_may_have_a_name():
    assert list(read(ROWS, per_step=True, series=["a"] * 10).ids) == ["a"]


def test_many_to_one_tables_are_not_asked_for_time_order():
    read(pd.DataFrame(ROWS)[::-1])
    with pytest.raises(ValueError, match=r"X is not in time order: row 1 \(index 8\) comes after row 0 \(index 9\)"):
        read(pd.DataFrame(ROWS)[::-1], per_step=True)


def test_time_order_counts_within_series():
    X = panel()
    read(X, per_step=True)
    read(X.droplevel(0), per_step=True, series=INTERLEAVED)
    with pytest.raises(ValueError, match=r"row 2 \(index 1\) comes after row 0 \(index 2\)"):
        read(X.iloc[[3, 1, 2]], per_step=True)
    with pytest.raises(ValueError, match=r"two rows of the same time and series: rows 0 and 1 \(index 0\)"):
        read(X.droplevel(0), per_step=True)


STEPS = {"return_sequences": True, "max_epochs": 2, "dtype": "float64", "random_state": 0}


@pytest.mark.parametrize("X", [panel(), panel([np.repeat(["x", "y"], 5), np.tile([2, 1], 5)])])
@pytest.mark.parametrize("framer", [[], [ShiftFramer(horizon=0)]])
def test_a_pipeline_that_keeps_the_index_keeps_series_apart(X, framer):
    model = make_pipeline(StandardScaler(), *framer, GRURegressor(**STEPS)).set_output(transform="pandas")
    predicted = model.fit(X, X["u"]).predict(X)
    for _, rows in X.groupby(level=list(range(X.index.nlevels - 1))):
        places = X.index.get_indexer(rows.index)
        np.testing.assert_allclose(model.predict(rows), predicted[places], rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match=r"X has lost its series: .* set_output\(transform='pandas'\)"):
        model.predict(X.reset_index(drop=True))


def test_series_once_known_must_stay_known():
    nameless = panel().set_axis([0, 1], axis=1)
    model = GRURegressor(**STEPS).fit(nameless, ROWS[:, 0])
    for forget in (ROWS, nameless.reset_index(drop=True), ShiftFramer().fit_transform(ROWS)):
        for call in (model.predict, lambda X: model.score(X, X), lambda X: model.partial_fit(X, X)):
            with pytest.raises(ValueError, match="X has lost its series: GRURegressor was fitted on series"):
                call(forget)
    windows = ShiftFramer(context="none").fit_transform(ROWS, series=["c"] * 10)
    for kept in (nameless, windows, [ROWS], ROWS[None]):
        assert np.isfinite(np.asarray(model.predict(kept))).all()
    assert np.isfinite(model.predict(ROWS, series=INTERLEAVED)).all()
    other = GRURegressor(**STEPS).fit(ROWS, ROWS[:, 0])  # knows no series: more is welcome
    assert np.isfinite(other.predict(nameless)).all()


def test_many_to_one_has_no_series_to_lose():
    model = GRURegressor(max_epochs=1).fit(panel(), ROWS[:, 0])
    assert np.isfinite(model.predict(pd.DataFrame(ROWS, columns=["u", "v"]))).all()
    framer = ShiftFramer(lags=2, context="none")
    model.fit(framer.fit_transform(panel()), ROWS[:, 0])
    assert np.isfinite(model.predict(framer.fit_transform(ROWS))).all()


LOST = (
    "y has 2 series in its index, but X has lost them (a transformer returned a plain array); either keep the index of "
    "X, by set_output(transform='pandas') on the pipeline or the transformer, or pass series={} (one id per row)."
)


@pytest.mark.parametrize("y", [panel(), panel()["u"]])
def test_x_must_not_lose_the_series_of_y(y):
    windows = ShiftFramer(lags=2).fit_transform(ROWS)
    lost = [(ROWS, True, ""), (ROWS.tolist(), True, ""), (pd.DataFrame(ROWS), True, "")]
    lost += [(windows, True, " to ShiftFramer"), (windows, False, " to ShiftFramer")]
    for X, per_step, to in lost:
        with pytest.raises(ValueError, match="y has 2 series") as raised:
            check_series_kept(as_form(X), y, None, per_step=per_step)
        assert str(raised.value) == LOST.format(to)


def test_what_has_not_lost_series_passes():
    y = panel()["u"]
    framed = [ShiftFramer().fit_transform(ROWS, series=ids) for ids in (INTERLEAVED, ["a"] * 10)]
    for X in (panel(), [ROWS] * 10, ROWS[:, :, None], *framed):
        check_series_kept(as_form(X), y, None, per_step=True)
    check_series_kept(as_form(ROWS), y, INTERLEAVED, per_step=True)
    check_series_kept(as_form(ROWS), y, None, per_step=False)
    for one_series in (y.to_numpy(), list(y), y.droplevel(0), y.loc[["a"]], None):
        check_series_kept(as_form(ROWS), one_series, None, per_step=True)


def test_a_framer_keeps_the_names_of_series():
    for X, series in ((panel().set_axis([0, 1], axis=1), None), (ROWS, INTERLEAVED)):
        framer = ShiftFramer(lags=2).fit(X, series=series)
        windows = framer.transform(X, series=series)
        scaled = SequenceScaler().fit_transform(windows)
        for kept in (windows, scaled):
            assert isinstance(kept, Windows)
            assert list(kept.ids) == list(INTERLEAVED)
            assert list(kept[2:5].ids) == list("bba")
        for call, lost in ((framer.transform, ROWS), (framer.inverse_transform, np.asarray(windows))):
            with pytest.raises(ValueError, match="X has lost its series: ShiftFramer was fitted on series"):
                call(lost)
    assert ShiftFramer().fit_transform(ROWS).ids is None


def test_scaling_per_series_needs_the_series_of_rows():
    scaler = SequenceScaler(per="sequence").fit(ROWS, series=INTERLEAVED)
    for call in (scaler.transform, scaler.partial_fit):
        with pytest.raises(ValueError, match="X has lost its series: SequenceScaler was fitted on series"):
            call(ROWS)
    assert list(scaler.scalers_) == ["b", "a"]
    assert SequenceScaler().fit(ROWS, series=INTERLEAVED).transform(ROWS).shape == ROWS.shape
    assert SequenceScaler(per="sequence").fit(ROWS).transform(ROWS).shape == ROWS.shape


# Windows of one lag are the steps of their series


@pytest.mark.parametrize("horizon", [0, 1, 3])
@pytest.mark.parametrize("series", [None, INTERLEAVED])
def test_windows_of_one_lag_are_rows(horizon, series):
    windows = ShiftFramer(horizon=horizon).fit_transform(ROWS, series=series)
    ids = np.repeat("b", 10) if series is None else series
    sequences = read(windows, per_step=True)
    seen = [ROWS[ids == name][: max((ids == name).sum() - horizon, 0)] for name in pd.unique(ids)]
    assert steps_of(sequences) == [rows.tolist() for rows in seen]
    assert not sequences.overlapping
    assert sequences.layout.form == "rows"
    assert (None if sequences.ids is None else list(sequences.ids)) == (None if series is None else ["b", "a"])
    results = sequences.layout.from_steps(np.concatenate(seen)[:, 0], np.array(nan))
    expected = pd.Series(ROWS[:, 0]).groupby(ids).shift(horizon)
    np.testing.assert_array_equal(results, expected)
    assert steps_of(read(windows)) == [
        [row.tolist() for row in window if not np.isnan(row).any()] for window in windows
    ]


def test_windows_of_one_lag_are_read_without_a_copy():
    sequences = read(ShiftFramer(horizon=2).fit_transform(ROWS)[3:7], per_step=True)
    assert np.shares_memory(sequences.table, ROWS)
    assert steps_of(sequences) == [ROWS[1:5].tolist()]


def test_padding_within_the_table_of_windows_of_one_lag():
    table = ROWS.copy()
    table[:2] = table[9] = nan
    sequences = read(ShiftFramer(horizon=1).fit_transform(table), per_step=True)
    assert steps_of(sequences) == [table[2:9].tolist()]
    assert sequences.layout.step_slots.tolist() == list(range(3, 10))
    table[5, 1] = nan
    with pytest.raises(ValueError, match=r"X has NaN inside sequence 0 \(step 5, feature 1\)"):
        read(ShiftFramer(horizon=1).fit_transform(table), per_step=True)


def test_a_series_shorter_than_the_horizon_is_all_padding():
    ids = np.array(list("aaaaaaaabb"))
    model = GRURegressor(**STEPS)
    windows = ShiftFramer(horizon=3).fit_transform(ROWS, series=ids)
    assert read(windows, per_step=True).lengths.tolist() == [5, 0]
    predicted = predict_all(model.fit(windows, ROWS[:, 0]), windows)
    assert (predicted[[0, 1, 2, 8, 9]] == predicted[0]).all()


@pytest.mark.parametrize("horizon", [0, 1, 2])
def test_a_pipeline_with_one_lag_learns_from_shifted_rows(horizon):
    y = ROWS[:, 0].cumsum()
    framer = ShiftFramer(horizon=horizon, context="none")
    model = make_pipeline(framer, LSTMRegressor(**STEPS)).fit(ROWS, y)
    by_hand = LSTMRegressor(**STEPS).fit(ROWS[: 10 - horizon], y[horizon:])
    predicted = model.predict(ROWS)
    assert predicted.shape == (10,)
    np.testing.assert_array_equal(predicted[horizon:], by_hand.predict(ROWS[: 10 - horizon]))
    np.testing.assert_array_equal(predicted[:horizon], predict_all(by_hand, np.full((1, 1, 2), nan))[0, 0])
    assert model.score(ROWS, y) == pytest.approx(by_hand.score(ROWS[: 10 - horizon], y[horizon:]))


def test_one_lag_keeps_series_apart_and_rows_in_place():
    with config_context(enable_metadata_routing=True):
        framer = ShiftFramer(context="none").set_fit_request(series=True).set_transform_request(series=True)
        network = GRURegressor(**STEPS).set_fit_request(series=False).set_predict_request(series=False)
        model = make_pipeline(framer, network).fit(ROWS, ROWS[:, 0], series=INTERLEAVED)
        predicted = model.predict(ROWS, series=INTERLEAVED)
        for name in "ab":
            own = name == INTERLEAVED
            np.testing.assert_allclose(model.predict(ROWS[own], series=INTERLEAVED[own]), predicted[own], atol=1e-12)


def test_rows_of_a_test_fold_with_one_lag_are_not_blind():
    X = pd.DataFrame(ROWS)
    model = make_pipeline(ShiftFramer(), GRURegressor(**STEPS)).fit(X[:6], ROWS[:6, 0])
    np.testing.assert_array_equal(model.predict(X[6:]), model[-1].predict(ROWS[5:9]))
    y = ROWS[:, 0]
    assert np.isfinite(cross_val_score(model, X, y, cv=TimeSeriesSplit(2))).all()
    assert np.isfinite(cross_val_score(model[-1], model[0].transform(X), y, cv=TimeSeriesSplit(2))).all()


def test_windows_of_one_lag_must_follow_each_other():
    windows = ShiftFramer().fit_transform(ROWS, series=INTERLEAVED)
    read(windows[INTERLEAVED == "a"], per_step=True)
    read(windows[2:9], per_step=True)
    shuffled = train_test_split(windows, random_state=0)[0]
    for picked in (windows[::-1], windows[::2], windows[[0, 0]], shuffled):
        with pytest.raises(ValueError, match=r"window \d+ does not directly follow window \d+ of the same series"):
            read(picked, per_step=True)
        read(picked)
    with pytest.raises(ValueError, match="window 4 does not directly follow window 1 of the same series"):
        read(windows[[0, 1, 2, 3, 6]], per_step=True)
    with pytest.raises(ValueError, match="they were shuffled or picked"):
        cross_val_predict(GRURegressor(**STEPS), ShiftFramer(context="none").fit_transform(ROWS), ROWS[:, 0], cv=3)


# What overlaps can't be series of their own

AS_STEPS = (
    "give the table in time order, or frame it with ShiftFramer(lags=1), and set return_sequences=True: the state is "
    "then the memory, in place of lags. Or use stateful=False."
)
SERIES_EACH = "stateful=True reads every sequence of X as a series of its own, but "


def overlap(X, per_step=True):
    check_no_overlap(as_form(X), read(X, per_step=per_step))


def sliding(table, steps):
    return np.moveaxis(np.lib.stride_tricks.sliding_window_view(table, steps, axis=0), -1, 1)


@pytest.mark.parametrize(("lags", "per_step"), [(3, False), (3, True), (1, False)])
def test_windows_are_no_series(lags, per_step):
    with pytest.raises(ValueError, match="stateful") as raised:
        overlap(ShiftFramer(lags=lags).fit_transform(ROWS), per_step)
    assert str(raised.value) == f"{SERIES_EACH}X is windows of the same table (lags={lags}); {AS_STEPS}"


@pytest.mark.parametrize("per_step", [False, True])
@pytest.mark.parametrize(
    "X",
    [
        sliding(ROWS, 3),
        sliding(ROWS, 3).tolist(),
        sliding(ROWS, 2)[:2],
        sliding(np.round(ROWS * 9).astype(int), 3).astype(object),
        np.asarray(ShiftFramer(lags=3).fit_transform(ROWS)),
        sliding(np.random.default_rng(0).normal(size=(3000, 8)), 24),
    ],
    ids=["windows", "lists", "two", "objects", "padded", "many"],
)
def test_overlapping_arrays_are_no_series(X, per_step):
    with pytest.raises(ValueError, match="stateful") as raised:
        overlap(X, per_step)
    assert str(raised.value) == (
        f"{SERIES_EACH}each one is the one before moved on by one step: they are windows of the same table; {AS_STEPS} "
        "If they are independent series all the same, give them as a list of arrays."
    )


def test_rows_as_sequences_of_one_step_are_no_series():
    with pytest.raises(ValueError, match="stateful") as raised:
        overlap(ROWS[:, None, :])
    assert str(raised.value) == (
        f"{SERIES_EACH}the 10 sequences of X have one step each, with no state to carry. If they are the steps of one "
        "series, give the 2-D table X[:, 0] and set return_sequences=True; or use stateful=False."
    )


def test_independent_series_pass():
    last_differs = sliding(np.random.default_rng(0).normal(size=(3000, 8)), 24).copy()
    last_differs[-1, 3, 2] += 1
    for X in (
        ROWS,
        panel(),
        ShiftFramer().fit_transform(ROWS),
        list(sliding(ROWS, 3)),
        ROWS.reshape(5, 2, 2),
        ROWS[None],
        ROWS[:1, None],
        np.ones((4, 3, 2)),
        np.repeat(ROWS[:, None], 3, axis=1),
        last_differs,
    ):
        overlap(X)
