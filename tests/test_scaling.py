"""SequenceScaler scales the steps of every form of X as scikit-learn's scalers scale a table."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    PolynomialFeatures,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)

from sklearn_rnn._data.windows import Windows
from sklearn_rnn.preprocessing import SequenceScaler

LIST = [1.0, 5.5, 9.0, 2.6, 8.8, 3.0, 4.1, 7.9, 6.3]
SCALERS = [StandardScaler(), MinMaxScaler(), MaxAbsScaler(), RobustScaler(), PowerTransformer()]
LENGTHS = [4, 1, 0, 7]


@pytest.fixture
def steps():
    return np.random.default_rng(0).gamma(2.0, size=(sum(LENGTHS), 2))


def as_list(steps):
    return np.split(steps, np.cumsum(LENGTHS)[:-1])


def padded(steps, side):
    """Pad to 9 steps with NaN, before or after."""
    X = np.full((len(LENGTHS), 9, steps.shape[1]), np.nan)
    for row, sequence in zip(X, as_list(steps), strict=True):
        row[slice(9 - len(sequence), None) if side == "pre" else slice(0, len(sequence))] = sequence
    return X


def panel(steps):
    """Build a table of interleaved series."""
    ids = np.resize(["b", "a", "c"], len(steps))
    return pd.DataFrame(steps, columns=["u", "v"], index=pd.MultiIndex.from_arrays([ids, np.arange(len(steps))]))


# Numbers


def test_min_max_of_tens():
    X = np.arange(10.0, 101.0, 10.0).reshape(-1, 1)
    scaled = SequenceScaler(MinMaxScaler()).fit_transform(X)
    np.testing.assert_allclose(scaled.ravel(), np.arange(10) / 9)


def test_standardised_list():
    scaler = SequenceScaler().fit([np.array(LIST)])
    assert scaler.scaler_.mean_ == pytest.approx([5.355556])
    assert scaler.scaler_.scale_ == pytest.approx([2.712568])
    (scaled,) = scaler.transform([np.array(LIST)])
    assert scaled[0] == pytest.approx(-1.60569456)


def test_values_outside_the_learned_range_can_be_clipped():
    X, later = np.arange(5.0).reshape(-1, 1), np.array([[-1.0], [2.0], [8.0]])
    assert SequenceScaler(MinMaxScaler()).fit(X).transform(later).ravel().tolist() == [-0.25, 0.5, 2.0]
    assert SequenceScaler(MinMaxScaler(clip=True)).fit(X).transform(later).ravel().tolist() == [0.0, 0.5, 1.0]


# Forms


@pytest.mark.parametrize("scaler", SCALERS, ids=lambda scaler: type(scaler).__name__)
def test_table_is_scaled_as_by_the_scaler(steps, scaler):
    expected = clone(scaler).fit_transform(steps)
    np.testing.assert_array_equal(SequenceScaler(scaler).fit_transform(steps), expected)


@pytest.mark.parametrize("scaler", SCALERS, ids=lambda scaler: type(scaler).__name__)
def test_every_form_gives_the_same_steps(steps, scaler):
    expected = clone(scaler).fit_transform(steps)
    ragged = SequenceScaler(scaler).fit_transform(as_list(steps))
    assert [len(sequence) for sequence in ragged] == LENGTHS
    np.testing.assert_allclose(np.concatenate(ragged), expected)
    np.testing.assert_allclose(SequenceScaler(scaler).fit_transform(steps[None]), expected[None])
    for side in ("pre", "post"):
        scaled = SequenceScaler(scaler).fit_transform(padded(steps, side))
        np.testing.assert_allclose(scaled, padded(expected, side))


def test_univariate_sequences_stay_1d():
    X = [np.array([1.0, 2.0]), np.array([3.0])]
    scaler = SequenceScaler(MinMaxScaler()).fit(X)
    assert [sequence.tolist() for sequence in scaler.transform(X)] == [[0.0, 0.5], [1.0]]
    assert [sequence.shape for sequence in scaler.inverse_transform(X)] == [(2,), (1,)]


@pytest.mark.parametrize("container", [list, tuple])
def test_containers_of_sequences(steps, container):
    expected = SequenceScaler().fit_transform(as_list(steps))
    X = np.empty(len(LENGTHS), dtype=object)
    X[:] = as_list(steps)
    for given in (container(as_list(steps)), X):
        result = SequenceScaler().fit_transform(given)
        assert isinstance(result, list)
        for left, right in zip(result, expected, strict=True):
            np.testing.assert_array_equal(left, right)


def test_nested_lists():
    table = SequenceScaler().fit_transform([[1.0, 2.0], [3.0, 6.0]])
    np.testing.assert_array_equal(table, [[-1.0, -1.0], [1.0, 1.0]])
    ragged = SequenceScaler(MinMaxScaler()).fit_transform([[0, 2], [1]])
    assert [sequence.tolist() for sequence in ragged] == [[0.0, 1.0], [0.5]]
    dense = SequenceScaler(MinMaxScaler()).fit_transform([[[0], [2]], [[1], [4]]])
    assert dense.tolist() == [[[0.0], [0.5]], [[0.25], [1.0]]]


def test_forms_may_differ_between_fit_and_transform(steps):
    scaler = SequenceScaler().fit(steps)
    np.testing.assert_array_equal(scaler.transform(steps[None])[0], scaler.transform(steps))
    np.testing.assert_array_equal(np.concatenate(scaler.transform(as_list(steps))), scaler.transform(steps))
    later = SequenceScaler().fit(as_list(steps))
    np.testing.assert_array_equal(later.transform(steps), scaler.transform(steps))


def test_float32_stays_float32(steps):
    X = steps.astype(np.float32)
    assert SequenceScaler().fit_transform(X).dtype == np.float32
    assert SequenceScaler().fit_transform(padded(X, "pre").astype(np.float32)).dtype == np.float32
    assert all(sequence.dtype == np.float32 for sequence in SequenceScaler().fit_transform(as_list(X)))
    assert SequenceScaler().fit_transform(steps).dtype == np.float64


# Padding


@pytest.mark.parametrize("side", ["pre", "post"])
@pytest.mark.parametrize("per", ["feature", "sequence"])
@pytest.mark.parametrize("scaler", [StandardScaler(), Normalizer(), RobustScaler()])
def test_padding_changes_nothing(steps, side, per, scaler):
    scaler = SequenceScaler(scaler, per=per)
    expected = np.concatenate(scaler.fit_transform(as_list(steps)))
    np.testing.assert_allclose(scaler.fit_transform(padded(steps, side)), padded(expected, side))


def test_padding_at_the_ends_of_each_series_of_a_table(steps):
    table = panel(steps)
    table.iloc[[0, 3, 11]] = np.nan  # the first two rows of series b, the last one of c
    scaler = SequenceScaler(Normalizer()).fit(table)  # accepts no NaN
    scaled = scaler.transform(table)
    assert np.flatnonzero(np.isnan(scaled).all(axis=1)).tolist() == [0, 3, 11]
    real = ~table.isna().all(axis=1).to_numpy()
    np.testing.assert_array_equal(scaled[real], Normalizer().fit_transform(table[real].to_numpy()))


def test_padding_alone_is_transformed_to_padding(steps):
    scaler = SequenceScaler(Normalizer()).fit(steps)
    assert np.isnan(scaler.transform(np.full((2, 3, 2), np.nan))).all()
    assert scaler.transform([np.empty((0, 2)), np.empty((0, 2))])[1].shape == (0, 2)


def test_nan_within_a_sequence_is_left_to_the_scaler(steps):
    steps[4, 1] = np.nan
    np.testing.assert_array_equal(SequenceScaler().fit_transform(steps), StandardScaler().fit_transform(steps))


def test_windows_are_scaled_as_their_table():
    table = np.arange(12.0).reshape(6, 2) ** 2
    windows = Windows(table, np.arange(5) - 1, np.zeros(5, dtype=np.int64), lags=3)  # rows 0 to 3
    scaled = SequenceScaler().fit_transform(windows)
    assert isinstance(scaled, Windows)
    expected = StandardScaler().fit(table[:4]).transform(table)
    np.testing.assert_allclose(np.asarray(scaled), np.asarray(Windows(expected, windows.ends, windows.begins, lags=3)))
    back = SequenceScaler().fit(windows).inverse_transform(scaled)
    np.testing.assert_allclose(np.asarray(back), np.asarray(windows))


def test_windows_scaled_one_by_one():
    table = np.arange(6.0).reshape(-1, 1) ** 2
    windows = Windows(table, np.arange(6), np.zeros(6, dtype=np.int64), lags=3)
    scaled = SequenceScaler(MinMaxScaler(), per="sequence").fit_transform(windows)
    assert isinstance(scaled, np.ndarray)
    assert scaled[3].ravel().tolist() == [0.0, 0.375, 1.0]
    assert np.isnan(scaled[0, :2]).all()


# One scaler per sequence


def test_sequences_are_scaled_by_themselves(steps):
    scaler = SequenceScaler(per="sequence").fit(as_list(steps))
    for scaled, sequence in zip(scaler.transform(as_list(steps)), as_list(steps), strict=True):
        expected = StandardScaler().fit_transform(sequence) if len(sequence) else sequence
        np.testing.assert_array_equal(scaled, expected)
    np.testing.assert_array_equal(scaler.transform(steps[None, 4:])[0], StandardScaler().fit_transform(steps[4:]))


def test_table_without_series_is_one_series(steps):
    scaler = SequenceScaler(per="sequence").fit(steps[:8])
    expected = StandardScaler().fit(steps[:8])
    np.testing.assert_array_equal(scaler.transform(steps[8:]), expected.transform(steps[8:]))
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(steps[8:])), steps[8:])


@pytest.mark.parametrize("by", ["index", "series"])
def test_series_of_a_table_keep_their_scaler(steps, by):
    table = panel(steps)
    ids = table.index.get_level_values(0).to_numpy()
    X, params = (table, {}) if by == "index" else (steps, {"series": ids})
    later, later_params = (table[3:5], {}) if by == "index" else (steps[3:5], {"series": ids[3:5]})
    scaler = SequenceScaler(per="sequence").fit(X, **params)
    assert list(scaler.scalers_) == ["b", "a", "c"]
    expected = {name: StandardScaler().fit(steps[ids == name]) for name in "abc"}
    scaled = scaler.transform(later, **later_params)
    np.testing.assert_array_equal(scaled[:1], expected["b"].transform(steps[3:4]))
    np.testing.assert_array_equal(scaled[1:], expected["a"].transform(steps[4:5]))
    scaled = scaled if by == "series" else later * 0 + scaled
    np.testing.assert_allclose(scaler.inverse_transform(scaled, **later_params), steps[3:5])


def test_index_of_several_levels_names_series_by_tuples(steps):
    index = pd.MultiIndex.from_product([["x", "y"], [1, 2], range(3)])
    scaler = SequenceScaler(per="sequence").fit(pd.DataFrame(steps, index=index))
    assert list(scaler.scalers_) == [("x", 1), ("x", 2), ("y", 1), ("y", 2)]


def test_new_series_are_scaled_by_themselves(steps):
    ids = np.repeat(["a", "b"], 6)
    scaler = SequenceScaler(per="sequence").fit(steps[:6], series=ids[:6])
    np.testing.assert_array_equal(scaler.transform(steps, series=ids)[6:], StandardScaler().fit_transform(steps[6:]))
    message = "The scale of series 'b' is not known: with per=\"sequence\" fit learns that of the series of a table"
    with pytest.raises(ValueError, match=message):
        scaler.inverse_transform(steps, series=ids)
    scaled = scaler.transform(steps, series=ids)
    np.testing.assert_allclose(scaler.inverse_transform(scaled, series=ids, like=steps), steps)


@pytest.mark.parametrize("form", [as_list, lambda steps: padded(steps, "pre")])
def test_sequences_are_inverted_like_those_they_were(steps, form):
    X = form(steps)
    scaler = SequenceScaler(per="sequence").fit(X)
    scaled = scaler.transform(X)
    for left, right in zip(scaler.inverse_transform(scaled, like=X), X, strict=True):
        np.testing.assert_allclose(left, right)


def test_sequences_without_identity_are_not_inverted(steps):
    scaler = SequenceScaler(per="sequence").fit(as_list(steps))
    message = (
        'The scale of sequence 0 is not known: with per="sequence" fit learns that of the series of a table, and '
        "no other. Name the series of each row, by series= or the index, or pass the sequences as they were "
        "before transform: inverse_transform(X, like=X_before)."
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        scaler.inverse_transform(as_list(steps))


def test_like_must_have_the_sequences_of_x(steps):
    scaler = SequenceScaler(per="sequence").fit(steps[None])
    with pytest.raises(ValueError, match="same order, as they were before transform; X has 1 sequences, like has 4"):
        scaler.inverse_transform(steps[None], like=as_list(steps))
    table = panel(steps)
    with pytest.raises(ValueError, match=r"X has series \['b', 'a', 'c'\], like has series \['a', 'b', 'c'\]"):
        scaler.inverse_transform(table, like=table.sort_index())
    with pytest.raises(ValueError, match=r"X has series .* like has 3 sequences"):
        scaler.inverse_transform(table, like=[steps[:4]] * 3)
    with pytest.raises(ValueError, match="The scale of sequence 0 is not known"):
        scaler.inverse_transform(steps[None], like=np.full((1, 2, 2), np.nan))


def test_like_belongs_to_scaling_per_sequence(steps):
    with pytest.raises(ValueError, match='like= belongs to per="sequence"; with per="feature" fit has learned'):
        SequenceScaler().fit(steps).inverse_transform(steps, like=steps)


# Inverse and partial_fit


@pytest.mark.parametrize("scaler", SCALERS, ids=lambda scaler: type(scaler).__name__)
def test_inverse_round_trip(steps, scaler):
    scaler = SequenceScaler(scaler).fit(steps)
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(steps)), steps)
    for left, right in zip(scaler.inverse_transform(scaler.transform(as_list(steps))), as_list(steps), strict=True):
        np.testing.assert_allclose(left, right)
    X = padded(steps, "post")
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(X)), X)


def test_inverse_does_not_ask_for_names(steps):
    table = pd.DataFrame(steps, columns=["u", "v"])
    scaler = SequenceScaler().fit(table)
    expected = StandardScaler().fit(steps).inverse_transform(steps)
    np.testing.assert_array_equal(scaler.inverse_transform(steps), expected)
    np.testing.assert_array_equal(scaler.inverse_transform(table.add_prefix("predicted_")), expected)
    np.testing.assert_array_equal(SequenceScaler().fit(steps).inverse_transform(table), expected)
    with pytest.raises(ValueError, match="X has 1 features, but SequenceScaler is expecting 2 features as input"):
        scaler.inverse_transform(steps[:, :1])


def test_partial_fit_equals_fit(steps):
    parts = SequenceScaler()
    for sequence in as_list(steps):
        if len(sequence):
            parts.partial_fit([sequence])
    whole = SequenceScaler().fit(steps)
    np.testing.assert_allclose(parts.transform(steps), whole.transform(steps))


def test_partial_fit_per_series(steps):
    table = panel(steps)
    parts = SequenceScaler(per="sequence").partial_fit(table[:2]).partial_fit(table[2:])
    np.testing.assert_allclose(parts.transform(table), SequenceScaler(per="sequence").fit_transform(table))


def test_methods_are_those_of_the_scaler():
    for scaler, has in [(None, True), (MinMaxScaler(), True), (RobustScaler(), False)]:
        assert hasattr(SequenceScaler(scaler), "partial_fit") == has
    assert hasattr(SequenceScaler(RobustScaler()), "inverse_transform")
    assert not hasattr(SequenceScaler(Normalizer()), "inverse_transform")


# As a scikit-learn estimator


def test_pandas_output(steps):
    table = panel(steps)
    scaler = SequenceScaler().set_output(transform="pandas")
    result = scaler.fit_transform(table)
    pd.testing.assert_index_equal(result.index, table.index)
    assert list(result.columns) == ["u", "v"]
    pd.testing.assert_frame_equal(scaler.transform(table), result)
    assert isinstance(scaler.inverse_transform(result), np.ndarray)


def test_pandas_output_leaves_other_forms_alone(steps):
    windows = Windows(steps, np.arange(5), np.zeros(5, dtype=np.int64), lags=2)
    with sklearn.config_context(transform_output="pandas"):
        for scaler in (SequenceScaler(), clone(SequenceScaler().set_output(transform="pandas"))):
            assert isinstance(scaler.fit_transform(steps), pd.DataFrame)
            assert isinstance(scaler.fit_transform(padded(steps, "pre")), np.ndarray)
            assert isinstance(scaler.fit_transform(as_list(steps)), list)
            assert isinstance(scaler.fit_transform(windows), Windows)


def test_names(steps):
    assert SequenceScaler().fit(steps[None]).get_feature_names_out().tolist() == ["x0", "x1"]
    scaler = SequenceScaler().fit(pd.DataFrame(steps, columns=["u", "v"]))
    assert scaler.get_feature_names_out().tolist() == ["u", "v"]
    assert scaler.n_features_in_ == 2


def test_metadata_routing_of_series(steps):
    ids = np.repeat(["a", "b"], 6)
    expected = SequenceScaler(per="sequence").fit_transform(steps, series=ids)
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = SequenceScaler(per="sequence").set_fit_request(series=True).set_transform_request(series=True)
        pipe = make_pipeline(FunctionTransformer(), scaler).fit(steps, series=ids)
        np.testing.assert_array_equal(pipe.transform(steps, series=ids), expected)


def test_clone_params_and_pickle(steps):
    scaler = SequenceScaler(MinMaxScaler(), per="sequence")
    assert clone(scaler).get_params()["scaler__clip"] is False
    assert scaler.set_params(scaler__clip=True).scaler.clip
    scaler.fit(panel(steps))
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(scaler)).transform(panel(steps)), scaler.transform(panel(steps))
    )


def test_wrapped_scaler_is_not_changed(steps):
    wrapped = StandardScaler()
    SequenceScaler(wrapped).fit(steps)
    SequenceScaler(wrapped, per="sequence").fit_transform(as_list(steps))
    assert not hasattr(wrapped, "mean_")


# Messages


def test_unfitted(steps):
    with pytest.raises(NotFittedError):
        SequenceScaler().transform(steps)
    with pytest.raises(NotFittedError):
        SequenceScaler().inverse_transform(steps)


NAN = "X has NaN inside sequence 1 (step 2, feature {}); fill it in, for example with SequenceImputer."
BAD = {
    "empty list": ([], "Found array with 0 sample(s)"),
    "no steps": ([np.empty((0, 2))], "X has no steps to learn from: every sequence is empty or all padding (NaN)."),
    "all padding": (np.full((3, 2), np.nan), "X has no steps to learn from"),
    "1-D": (np.arange(3.0), "Expected 2D array, got 1D array instead"),
    "4-D": (np.zeros((2, 2, 2, 2)), "X has 4 dimensions; expected a 2-D table"),
    "3-D items": ([np.zeros((2, 2, 2))], "Sequence 0 of X has 3 dimensions; expected (steps, features), or (steps,)"),
    "features": ([np.zeros((2, 2)), np.zeros((2, 3))], "X has ragged features: sequence 1 has 3, sequence 0 has 2"),
    "text": ([["a", "b"], ["c"]], "Sequence 0 of X is not numeric"),
    "infinity": ([np.zeros(2), np.array([0.0, np.inf])], "X has infinity, or a value too large for float64, inside"),
    "frame of text": (pd.DataFrame({"u": ["a"]}), "X has columns that are not numeric: ['u']"),
}


@pytest.mark.parametrize(("X", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input_of_fit(X, message):
    scaler = SequenceScaler().fit(np.arange(6.0).reshape(3, 2))
    before = dict(vars(scaler))
    with pytest.raises(ValueError, match=re.escape(message)):
        scaler.fit(X)
    assert vars(scaler) == before


def test_scaler_without_nan_says_where():
    X = np.ones((2, 4, 2))
    X[1, 2, 1] = np.nan
    with pytest.raises(ValueError, match=re.escape(NAN.format(1))):
        SequenceScaler(Normalizer()).fit(X)
    table = pd.DataFrame(X.reshape(8, 2), columns=["u", "v"])
    with pytest.raises(ValueError, match=re.escape("X has NaN inside series 8 (row 6, feature 'v'); fill")):
        SequenceScaler(Normalizer()).fit(table, series=np.repeat([7, 8], 4))


def test_other_features_than_in_fit(steps):
    scaler = SequenceScaler().fit(steps)
    with pytest.raises(ValueError, match="X has 3 features, but SequenceScaler is expecting 2 features as input"):
        scaler.transform(np.zeros((4, 3)))
    with pytest.raises(ValueError, match="as input per step: X is a list of sequences, in fit it was 2-D"):
        scaler.transform([np.zeros(3)])
    with pytest.raises(ValueError, match="X has 1 features"):
        scaler.partial_fit([np.zeros(3)])
    assert scaler.scaler_.n_samples_seen_ == len(steps)


def test_series_of_a_list():
    with pytest.raises(ValueError, match="series= belongs to a 2-D X, a table with one row per step; X is a list"):
        SequenceScaler().fit([np.zeros(3)], series=[0])


def test_series_of_wrong_length(steps):
    with pytest.raises(
        ValueError, match=r"series must give one id per row of a 2-D X, shape \(12,\); got shape \(1,\)"
    ):
        SequenceScaler().fit(steps, series=[0])


@pytest.mark.parametrize("params", [{"per": "step"}, {"scaler": "standard"}])
def test_bad_parameters(steps, params):
    with pytest.raises(ValueError, match=f"The '{next(iter(params))}' parameter of SequenceScaler must be"):
        SequenceScaler(**params).fit(steps)


def test_scaler_must_keep_features(steps):
    scaler = SequenceScaler(PolynomialFeatures()).fit(steps)
    message = (
        "scaler must return a dense array with a column per feature; PolynomialFeatures made ndarray of shape "
        "(12, 6) from shape (12, 2)."
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        scaler.transform(steps)
