"""Windows over a table: an array-like of shape (n, lags, features) that costs no memory of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import as_strided

from ._sequences import Array, Ints, Sequences


class Windows:
    """An array-like of shape (n_windows, lags, n_features): a view on the table that it frames.

    Window ``i`` ends with row ``ends[i]`` of the table and holds `lags` rows that are `step` apart. Rows before
    ``begins[i]``, where the series of the window starts, are padding and read as NaN. Selecting windows (slice,
    mask or positions) answers Windows again; everything else that numpy does (``np.asarray(windows)``,
    arithmetic, ``windows[:, -1]``) works on the equal array, which is a strided view of the table wherever one
    exists.

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
    index : pandas.Index or None
        Index of the row of X that each window belongs to.
    columns : ndarray of str or None
        Names of the features.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_rnn import ShiftFramer
    >>> windows = ShiftFramer(lags=2, horizon=1).fit_transform(np.arange(4.0).reshape(-1, 1))
    >>> windows.shape
    (4, 2, 1)
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
        index: pd.Index | None = None,
        columns: Array | None = None,
    ) -> None:
        self.table = table
        self.ends = ends
        self.begins = begins
        self.lags = lags
        self.step = step
        self.index = index
        self.columns = columns

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of windows, lags and features."""
        return len(self.ends), self.lags, self.table.shape[1]

    @property
    def ndim(self) -> int:
        """Always three."""
        return 3

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the table."""
        return self.table.dtype

    def sequences(self) -> Sequences:
        """Read the windows as sequences of the steps that exist."""
        known = np.clip((self.ends - self.begins) // self.step + 1, 0, self.lags)
        starts = np.where(known > 0, self.ends - (known - 1) * self.step, 0)
        return Sequences(self.table, starts, known, self.step, width=self.lags, overlapping=True)

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple):
            return self._select_within(key[0], key[1:])
        if isinstance(key, int | np.integer):
            return np.asarray(self[[int(key)]])[0]
        key = key if isinstance(key, slice) else np.asarray(key)
        return Windows(
            self.table,
            self.ends[key],
            self.begins[key],
            lags=self.lags,
            step=self.step,
            index=None if self.index is None else self.index[key],
            columns=self.columns,
        )

    def _select_within(self, rows: Any, rest: tuple[Any, ...]) -> Any:
        if rest == (Ellipsis,):  # how scikit-learn selects samples
            return self[rows]
        if isinstance(rows, slice):
            return np.asarray(self[rows])[(slice(None), *rest)]
        return np.asarray(self)[(rows, *rest)]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        view = self._view()
        if view is not None:
            return np.array(view, dtype=dtype) if copy else np.asarray(view, dtype=dtype)
        if copy is False:
            raise ValueError("These windows have padding or are a selection, so that no view without a copy exists.")
        return np.asarray(self._copy(), dtype=dtype)

    def _view(self) -> Array | None:
        """The strided view, if no window is padded and the windows are evenly spaced."""
        gaps = np.unique(np.diff(self.ends))
        first = self.ends - (self.lags - 1) * self.step
        if len(self) == 0 or len(gaps) > 1 or (first < self.begins).any():
            return None
        row, column = self.table.strides
        strides = (row * int(gaps[0]) if len(gaps) else 0, row * self.step, column)
        return as_strided(self.table[first[0] :], shape=self.shape, strides=strides, writeable=False)

    def _copy(self) -> Array:
        rows = self.ends[:, None] - self.step * np.arange(self.lags - 1, -1, -1)
        padding = rows < self.begins[:, None]
        values = self.table[np.where(padding, 0, rows)]
        if padding.any():
            values[padding] = np.nan
        return values

    def __getattr__(self, name: str) -> Any:
        # Whatever else an ndarray can do is done by the equal array. Dunder names are left out so that copying,
        # pickling and array protocols see this class as it is.
        if name.startswith("__") or not hasattr(np.ndarray, name):
            raise AttributeError(f"'Windows' object has no attribute '{name}'")
        return getattr(np.asarray(self), name)

    def __repr__(self) -> str:
        return f"Windows(shape={self.shape}, step={self.step}, dtype={self.dtype})"
