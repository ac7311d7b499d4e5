"""Shifting of columns in time: the framing as one function, and the names of its columns."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from .._data.frames import as_pandas
from .._data.tables import Panel


def series_to_supervised(data: Any, n_in: int = 1, n_out: int = 1, dropnan: bool = True) -> pd.DataFrame:
    """Frame a series as a supervised learning table, by shifting its columns.

    Parameters
    ----------
    data : array-like of shape (n_rows,) or (n_rows, n_variables)
        Observations in time order. Variables are called var1, var2, ... unless data is a DataFrame, which has
        names. With an index of two or more levels, every value of all levels but the last is a series of its
        own.
    n_in : int, default=1
        Steps before: columns ``var1(t-n_in)``, ..., ``var1(t-1)``.
    n_out : int, default=1
        Steps from now on: columns ``var1(t)``, ``var1(t+1)``, ..., ``var1(t+n_out-1)``.
    dropnan : bool, default=True
        Leave out rows with missing values, which shifting makes at both ends.

    Returns
    -------
    table : DataFrame of shape (n_rows - n_in - n_out + 1, (n_in + n_out) * n_variables)
        The shifted columns, oldest first, with the index of data; n_rows rows if not `dropnan`.

    Raises
    ------
    ValueError
        If `n_in` is negative, `n_out` is not positive, data is no table in time order, or no row is left.

    See Also
    --------
    ShiftFramer : The same as a transformer, which keeps rows and never copies.

    Examples
    --------
    >>> from sklearn_rnn.preprocessing import series_to_supervised
    >>> series_to_supervised(range(4))
       var1(t-1)  var1(t)
    1        0.0        1
    2        1.0        2
    3        2.0        3
    """
    for name, value, least in (("n_in", n_in, 0), ("n_out", n_out, 1)):
        if not isinstance(value, Integral) or value < least:
            raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}.")
    frame = _as_frame(data)
    Panel.of(frame, np.empty((len(frame), 0)))  # checks that rows are in time order, which shift takes for granted
    levels = list(range(frame.index.nlevels - 1))  # all but the time: a shift must not cross from series to series
    shifting = frame.groupby(level=levels, sort=False) if levels else frame
    shifted = {k: shifting.shift(-k) for k in range(-n_in, n_out)}
    table = pd.concat(list(shifted.values()), axis=1)
    table.columns = pd.Index([lagged(name, k) for k in shifted for name in frame.columns])
    table = table.dropna() if dropnan else table
    if len(table) == 0:
        raise ValueError(
            f"No row is left: n_in={n_in} and n_out={n_out} need {n_in + n_out} rows on end without missing "
            f"values, and data has {len(frame)} rows. Use fewer steps, more data, or dropnan=False."
        )
    return table


def _as_frame(data: Any) -> pd.DataFrame:
    data = as_pandas(data)
    if isinstance(data, pd.DataFrame):
        return data
    array = np.asarray(data)
    if array.ndim not in (1, 2):
        raise ValueError(f"data must be a series or a table, 1-D or 2-D, got {array.ndim} dimensions.")
    array = array[:, None] if array.ndim == 1 else array
    names = [f"var{i + 1}" for i in range(array.shape[1])]
    return pd.DataFrame(array, columns=names, index=data.index if isinstance(data, pd.Series) else None)


def lagged(name: Any, k: int) -> str:
    """Name a column k steps after row t, as ``temp(t-3)``."""
    return f"{name}(t{k:+d})" if k else f"{name}(t)"
