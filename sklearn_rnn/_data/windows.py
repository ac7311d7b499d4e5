"""Windows over a table: an array-like of shape (n, lags, features) that costs no memory of its own."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.lib.stride_tricks import as_strided
from sklearn.utils._array_api import get_namespace

from .sequences import Array, Ints, Sequences


class Windows(NDArrayOperatorsMixin):
    """An array-like of shape (n_windows, lags, n_features): a view on the table that it frames.

    Window ``i`` ends with row ``ends[i]`` of the table and holds `lags` rows that are `step` apart. Rows
    before ``begins[i]``, where the series of the window starts, are padding and read as NaN. Selecting
    windows (slice, mask or positions) returns Windows again; everything else that numpy does
    (``np.asarray(windows)``, arithmetic, ``windows[:, -1]``) works on the equal array, which is a strided
    view of the table wherever one exists: where no window is padded and the windows are evenly spaced.

    Parameters
    ----------
    table : ndarray of floats of shape (n_rows, n_features)
        Rows in time order, series after series.
    ends : ndarray of shape (n_windows,)
        Row of the newest step of each window; may lie before ``begins``: the window is then all padding.
    begins : ndarray of shape (n_windows,)
        First row of the series of each window.
    lags : int
        Steps of a window.
    step : int, default=1
        Rows from one step to the next.
    horizon : int or None
        Rows from the newest step of a window to the row that it belongs to, as of `ShiftFramer`; None if not known.
    index : pandas.Index or None
        Index of the row of X that each window belongs to.
    columns : ndarray of str or None
        Names of the features.
    ids : pandas.Index or None
        What the user calls the series of each window; None where series have no names.
    padding_is_known : bool, default=False
        Whether windows that hold nothing but padding are meant, or the user has been warned of them.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_rnn.preprocessing import ShiftFramer
    >>> windows = ShiftFramer(lags=2, horizon=1).fit_transform(np.arange(4.0).reshape(-1, 1))
    >>> windows
    Windows(shape=(4, 2, 1), step=1, dtype=float64)
    >>> windows[2:][:, :, 0]
    array([[0., 1.],
           [1., 2.]])
    """

    def __init__(
        self,
        table: Array,
        ends: Ints,
        begins: Ints,
        *,
        lags: int,
        step: int = 1,
        horizon: int | None = None,
        index: pd.Index | None = None,
        columns: Array | None = None,
        ids: pd.Index | None = None,
        padding_is_known: bool = False,
    ) -> None:
        self.table = table
        self.ends = ends
        self.begins = begins
        self.lags = lags
        self.step = step
        self.horizon = horizon
        self.index = index
        self.columns = columns
        self.ids = ids
        self.padding_is_known = padding_is_known

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of windows, lags and features."""
        return len(self.ends), self.lags, self.table.shape[1]

    @property
    def ndim(self) -> int:
        """Always three."""
        return 3

    @property
    def size(self) -> int:
        """Number of values of the equal array."""
        n, lags, n_features = self.shape
        return n * lags * n_features

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the table."""
        return self.table.dtype

    @property
    def one_series(self) -> bool:
        """Whether all windows are of the same series."""
        return len(self) == 0 or bool(self.begins.min() == self.begins.max())

    @property
    def tells_series(self) -> bool:
        """Whether the series of windows are known: several always, a single one if it has a name."""
        return self.ids is not None or not self.one_series

    def sequences(self) -> Sequences:
        """Read the windows as sequences of the steps that exist."""
        # A window that ends at row 7 of a series that begins at row 6 knows 2 steps at most; one that ends
        # before its series begins knows none, and starts anywhere.
        known = np.clip((self.ends - self.begins) // self.step + 1, 0, self.lags)
        starts = np.where(known > 0, self.ends - (known - 1) * self.step, 0)
        return Sequences(self.table, starts, known, self.step, width=self.lags, overlapping=True)

    def earlier(self) -> Ints | None:
        """Find for each window the one whose target is the newest that is known when its own is predicted.

        Returns
        -------
        ndarray of shape (n_windows,) or None
            Its position, or -1 where it is not among these windows; None if `horizon` is not known.
        """
        if self.horizon is None or len(self) == 0:
            return None
        rows = self.ends + self.horizon
        known = rows - max(self.horizon, 1)  # with a horizon of 0 a window holds its own row, but not its own target
        order = np.argsort(rows, kind="stable")
        found = order[np.minimum(np.searchsorted(rows, known, sorter=order), len(rows) - 1)]
        return np.where((rows[found] == known) & (self.begins[found] == self.begins), found, -1)

    def __len__(self) -> int:
        return len(self.ends)

    def __iter__(self) -> Iterator[Array]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        parts: tuple[Any, ...] = key if isinstance(key, tuple) else (key,)
        rows: Any = parts[0] if parts else ...
        rest = parts[1:]
        if isinstance(rows, int | np.integer):
            return np.asarray(self._take(np.array([rows])))[(0, *rest)]
        if not isinstance(rows, slice):
            rows = np.asarray(rows) if np.size(rows) else np.zeros(0, dtype=np.intp)
            if rows.ndim != 1 or rows.dtype.kind not in "bui":
                return np.asarray(self)[key]  # Ellipsis, newaxis, a mask of values
        if rest in ((), (Ellipsis,)):  # windows[rows, ...] is how scikit-learn selects samples
            return self._take(rows)
        return self._within(rows, rest, key)

    def _take(self, rows: Any) -> Windows:
        """Select windows, without a copy of the table."""
        some = copy(self)
        some.ends, some.begins = self.ends[rows], self.begins[rows]
        some.index = None if self.index is None else self.index[rows]
        some.ids = None if self.ids is None else self.ids[rows]
        return some

    def on(self, table: Array) -> Windows:
        """Return the same windows over another table of as many rows."""
        other = copy(self)
        other.table = table
        return other

    def _within(self, rows: Any, rest: tuple[Any, ...], key: Any) -> Array:
        """Select within windows, without building more of the equal array than needed."""
        if any(part is None or np.ndim(part) > 0 for part in rest):
            return np.asarray(self)[key]  # positions that numpy pairs up with those of the windows
        some = self._take(rows)
        if not isinstance(rest[0], int | np.integer):
            return np.asarray(some)[(slice(None), *rest)]
        slot = range(self.lags)[rest[0]]
        one = Windows(some.table, some.ends - self.step * (self.lags - 1 - slot), some.begins, lags=1)
        return np.asarray(one)[(slice(None), 0, *rest[1:])]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        view = self._view()
        if copy is False and (view is None or view.dtype != (dtype or view.dtype)):
            raise ValueError(
                "These windows are padded, a selection, or of another dtype: no view without a copy exists."
            )
        if view is None:
            return np.asarray(self._copy(), dtype=dtype)
        return np.array(view, dtype=dtype) if copy else np.asarray(view, dtype=dtype)

    def __array_namespace__(self, api_version: str | None = None) -> Any:
        return get_namespace(self.table)[0]  # what scikit-learn picks for an ndarray

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        arrays = [np.asarray(value) if isinstance(value, Windows) else value for value in inputs]
        return getattr(ufunc, method)(*arrays, **kwargs)

    def _view(self) -> Array | None:
        """Build the strided view, if no window is padded and the windows are evenly spaced."""
        # Windows of 3 lags that end at rows 4, 6, 8 are a view whose first axis moves on by 2 rows and whose second
        # moves on by `step` rows; its memory is that of the table, from row 2 on.
        first = self.ends - (self.lags - 1) * self.step
        gaps = np.diff(self.ends)
        if len(self) == 0 or (gaps != gaps[:1]).any() or (first < self.begins).any():
            return None
        row, column = self.table.strides
        strides = (row * int(gaps[0]) if len(gaps) else 0, row * self.step, column)
        return as_strided(self.table[first[0] :], shape=self.shape, strides=strides, writeable=False)

    def _copy(self) -> Array:
        values = np.empty(self.shape, dtype=self.dtype)
        for slot in range(self.lags):
            rows = self.ends - self.step * (self.lags - 1 - slot)
            values[:, slot] = self.table[np.maximum(rows, 0)]
            values[rows < self.begins, slot] = np.nan
        return values

    def __getattr__(self, name: str) -> Any:
        # Whatever else an ndarray can do is done by the equal array. Dunder names are left out so that
        # copying, pickling and array protocols see this class as it is.
        if name.startswith("__") or not hasattr(np.ndarray, name):
            raise AttributeError(f"'Windows' object has no attribute '{name}'")
        return getattr(np.asarray(self), name)

    def __repr__(self) -> str:
        return f"Windows(shape={self.shape}, step={self.step}, dtype={self.dtype})"
