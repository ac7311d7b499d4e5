"""Windows are the array that a naive loop builds, without its memory."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold, train_test_split
from sklearn.utils import _safe_indexing

from sklearn_rnn._data.windows import Windows

TABLE = np.arange(40.0).reshape(20, 2)
# Two series of 12 and 8 rows, one step ahead.
ENDS = np.arange(20) - 1
BEGINS = np.repeat([0, 12], [12, 8])


def make_windows(lags=3, step=2, **kwargs):
    return Windows(TABLE, ENDS, BEGINS, lags=lags, step=step, **kwargs)


def build(windows):
    """Build the equal array one value at a time."""
    array = np.full(windows.shape, np.nan, dtype=windows.dtype)
    for i, (end, begin) in enumerate(zip(windows.ends, windows.begins, strict=True)):
        for slot in range(windows.lags):
            row = end - (windows.lags - 1 - slot) * windows.step
            if row >= begin:
                array[i, slot] = windows.table[row]
    return array


@pytest.mark.parametrize("lags", [1, 2, 5, 30])
@pytest.mark.parametrize("step", [1, 3])
def test_equals_the_naive_array(lags, step):
    windows = make_windows(lags, step)
    assert windows.shape == (20, lags, 2)
    assert (windows.ndim, windows.size, len(windows), windows.dtype) == (3, 40 * lags, 20, np.float64)
    np.testing.assert_array_equal(np.asarray(windows), build(windows))


def test_a_float32_table_stays_float32():
    windows = Windows(TABLE.astype(np.float32), ENDS, BEGINS, lags=2)
    assert np.asarray(windows).dtype == windows.dtype == np.float32
    assert np.asarray(windows, dtype=np.float64).dtype == np.float64


@pytest.mark.parametrize(
    "key",
    [
        slice(5, 12),
        slice(None, None, 3),
        slice(None, None, -1),
        slice(3, 3),
        [3, 0, 0, 17],
        [],
        np.arange(20) % 3 == 0,
        np.array([-1, 2]),
        pd.Index([4, 5]),
    ],
)
def test_selections_are_windows_on_the_same_table(key):
    windows = make_windows(index=pd.RangeIndex(100, 120), columns=np.array(["a", "b"]))
    selected = windows[key]
    positions = np.asarray(key, dtype=None if np.size(key) else int) if not isinstance(key, slice) else key
    assert isinstance(selected, Windows)
    assert selected.table is TABLE
    assert list(selected.index) == list(np.arange(100, 120)[positions])
    assert list(selected.columns) == ["a", "b"]
    np.testing.assert_array_equal(np.asarray(selected), build(windows)[positions])


MASK = np.arange(20) < 4
ONE = np.ones((20, 3, 2), dtype=bool)


@pytest.mark.parametrize(
    "key",
    [
        0,
        -1,
        np.int64(7),
        (),
        ...,
        None,
        ONE,
        (slice(None), -1),
        (slice(2, 9), 0),
        (slice(None), slice(1, None)),
        (slice(None), -1, 1),
        (slice(None), slice(None), 0),
        (slice(None), ..., 0),
        (slice(None), [0, 2]),
        (slice(None), None),
        (4, 1),
        (4, 1, 1),
        (4, ..., 0),
        ([1, 2, 3], -1),
        ([1, 2], [0, 1]),
        ([1, 2], slice(None), 1),
        (MASK, 2),
        (..., 1),
    ],
)
def test_other_keys_return_arrays(key):
    result = make_windows()[key]
    assert isinstance(result, np.ndarray | np.floating)
    np.testing.assert_array_equal(result, build(make_windows())[key])


def test_a_row_or_slot_that_is_not_there_is_an_index_error():
    for key in (20, -21, (slice(None), 3), [20]):
        with pytest.raises(IndexError):
            make_windows()[key]


def test_iteration_ends():
    assert len(list(make_windows())) == 20
    np.testing.assert_array_equal(list(make_windows()), build(make_windows()))


@pytest.mark.parametrize("rows", [slice(5, 12), slice(11, 5, -1), slice(5, 12, 3), slice(7, 8)])
def test_unpadded_windows_are_a_view(rows):
    view = np.asarray(make_windows()[rows])
    assert np.shares_memory(view, TABLE)
    assert not view.flags.writeable
    np.testing.assert_array_equal(view, build(make_windows()[rows]))


def test_windows_across_two_series_are_never_a_view_of_both():
    array = np.asarray(make_windows(lags=2, step=1)[10:15])
    assert not np.shares_memory(array, TABLE)
    assert np.isnan(array[2]).all()


def test_copies_are_made_where_asked_for():
    windows = make_windows()[5:12]
    copied = windows.__array__(copy=True)
    assert not np.shares_memory(copied, TABLE)
    assert copied.flags.writeable
    assert np.shares_memory(windows.__array__(copy=False), TABLE)
    for bare in (lambda: make_windows().__array__(copy=False), lambda: windows.__array__(np.float32, copy=False)):
        with pytest.raises(ValueError, match="no view without a copy"):
            bare()


def test_pickle_and_copy():
    windows = make_windows(index=pd.RangeIndex(20))
    for twin in (pickle.loads(pickle.dumps(windows)), copy.copy(windows), copy.deepcopy(windows)):
        assert isinstance(twin, Windows)
        assert twin.index.equals(windows.index)
        np.testing.assert_array_equal(np.asarray(twin), np.asarray(windows))


def test_numpy_works_on_the_equal_array():
    windows, array = make_windows(), build(make_windows())
    np.testing.assert_array_equal(windows * 2 + 1, array * 2 + 1)
    np.testing.assert_array_equal(array - windows, array - array)
    np.testing.assert_array_equal(windows == windows, array == array)
    np.testing.assert_array_equal(np.isnan(windows), np.isnan(array))
    np.testing.assert_array_equal(np.nanmean(windows, axis=(0, 1)), np.nanmean(array, axis=(0, 1)))
    np.testing.assert_array_equal(windows.reshape(20, -1), array.reshape(20, -1))
    np.testing.assert_array_equal(windows.max(axis=2), array.max(axis=2))
    np.testing.assert_array_equal(windows.T, array.T)


def test_what_no_array_has_is_missing():
    with pytest.raises(AttributeError, match="'Windows' object has no attribute 'iloc'"):
        _ = make_windows().iloc


def test_scikit_learn_selects_without_copying():
    windows = make_windows(index=pd.RangeIndex(20))
    for rows in (slice(2, 5), np.array([2, 9]), [1, 3], windows.index > 12):
        selected = _safe_indexing(windows, rows)
        assert isinstance(selected, Windows)
        assert selected.table is TABLE
        np.testing.assert_array_equal(np.asarray(selected), build(windows)[rows])
    train, test = train_test_split(windows, shuffle=False, test_size=5)
    assert (len(train), len(test)) == (15, 5)
    assert train.table is test.table is TABLE
    for train_rows, test_rows in KFold(4).split(windows):
        assert _safe_indexing(windows, train_rows).shape == (15, 3, 2)
        np.testing.assert_array_equal(np.asarray(_safe_indexing(windows, test_rows)), build(windows)[test_rows])


@pytest.mark.parametrize(("lags", "step"), [(1, 1), (3, 2), (25, 1), (4, 5)])
def test_sequences_are_the_steps_that_exist(lags, step):
    windows = make_windows(lags, step)
    read = windows.sequences()
    assert read.overlapping
    assert read.table is TABLE
    for i, expected in enumerate(build(windows)):
        steps = TABLE[read.starts[i] + read.stride * np.arange(read.lengths[i])]
        np.testing.assert_array_equal(steps, expected[~np.isnan(expected).all(axis=1)])


def test_repr():
    assert repr(make_windows()) == "Windows(shape=(20, 3, 2), step=2, dtype=float64)"
