"""How X and series are read: every form that a user may type becomes `Sequences`, or a message that helps.

==================================  ================================  =================================
X                                   one target per sequence           one target per step
==================================  ================================  =================================
2-D array or DataFrame (n, f)       n univariate sequences, f steps   one sequence of n steps
the same with ``series=`` or an     n univariate sequences, f steps   one sequence per series
index of two or more levels
3-D array (n, steps, f), Windows    n sequences                       n sequences
list of (steps_i, f), (steps_i,)    n sequences                       n sequences
==================================  ================================  =================================
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_array, validate_data

from ._sequences import Array, Ints, Layout, Sequences, count_within, flat_rows, offsets, trim
from ._windows import Windows

IMPUTE = "impute it before framing, for example with sklearn.impute.SimpleImputer."


@dataclass(frozen=True)
class FittedForm:
    """What fit saw, for the checks of later calls: the kind of X and the features of one step."""

    kind: str
    n_step_features: int


def read_sequences(
    estimator: Any,
    X: Any,
    *,
    per_step: bool,
    dtype: Any,
    series: Any = None,
    mask_value: float | None = None,
    reset: bool = False,
) -> Sequences:
    """Read X as sequences without padding.

    Parameters
    ----------
    estimator : estimator
        Receives `n_features_in_`, `feature_names_in_` and the form of X if `reset`; is compared with them if not.
    X : array-like, DataFrame, Windows or list of arrays
        See the table at the top of this module.
    per_step : bool
        Whether there is one target per step, so that a 2-D X is a table of steps.
    dtype : numpy dtype
        Floating type of the steps.
    series : array-like of shape (n_rows,), optional
        Series of each row of a 2-D X.
    mask_value : float, optional
        Steps whose features all have this value are left out.
    reset : bool, default=False
        Whether this is a fit.

    Returns
    -------
    Sequences

    Raises
    ------
    ValueError
        If X has no such form, has NaN within a sequence, infinity, or other features than in fit.
    """
    if isinstance(X, Sequences):  # read before
        return X
    X = as_known_form(X)
    if getattr(X, "ndim", 2) > 3:
        raise ValueError(
            f"X has {X.ndim} dimensions; expected 2-D, 3-D of shape (sequences, steps, features), or a list of "
            "sequences."
        )
    raw, names = _raw_sequences(estimator, X, per_step, dtype, series, reset)
    if reset:
        estimator._fitted_form = FittedForm(kind(X), raw.n_features)
    return _without_padding(raw, mask_value, names, per_step)


def as_known_form(X: Any) -> Any:
    """Return X as Windows, something 2-D for scikit-learn to check, a 3-D array, or a list of arrays."""
    if isinstance(X, list | tuple) or (isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1):
        return _from_list(list(X))
    if isinstance(X, Windows | pd.DataFrame) or not hasattr(X, "__array__"):
        return X
    return np.asarray(X) if getattr(X, "ndim", 2) == 3 else X


def _from_list(X: list[Any]) -> Any:
    """Return arrays as a list of sequences; nested lists, too, if their lengths differ, else as one array."""
    if X and all(getattr(sequence, "ndim", 0) > 0 for sequence in X):
        return [np.asarray(sequence) for sequence in X]
    try:
        return np.asarray(X)
    except ValueError:  # lists of unequal lengths
        return [np.asarray(sequence) for sequence in X]


def kind(X: Any) -> str:
    """Name the form of X: "table", "dense" or "ragged"."""
    if isinstance(X, list):
        return "ragged"
    return "dense" if getattr(X, "ndim", 2) == 3 else "table"


def series_codes(X: Any, series: Any, n_rows: int) -> Ints | None:
    """Return the number of each row's series, in order of appearance; None if there is just one."""
    if series is not None:
        series = np.asarray(series)
        if series.shape != (n_rows,):
            raise ValueError(
                f"series must give one id per row of a 2-D X, shape ({n_rows},); got shape {series.shape}."
            )
        if pd.isna(series).any():
            raise ValueError(f"series has a missing id in row {int(np.argmax(pd.isna(series)))}; give every row one.")
        return np.asarray(pd.factorize(series)[0], dtype=np.int64)
    if isinstance(getattr(X, "index", None), pd.MultiIndex):
        return np.asarray(pd.factorize(X.index.droplevel(-1))[0], dtype=np.int64)
    return None


def group_series(codes: Ints | None, n_rows: int) -> tuple[Ints, Ints | None]:
    """Bring the rows of each series together.

    Returns
    -------
    widths : ndarray of shape (n_series,)
        Rows of each series.
    order : ndarray of shape (n_rows,) or None
        Rows, series after series and otherwise in their own order; None if they already are.
    """
    if codes is None:
        return np.array([n_rows], dtype=np.int64), None
    order = np.argsort(codes, kind="stable").astype(np.int64)
    widths = np.bincount(codes).astype(np.int64)
    return widths, None if (np.diff(order) == 1).all() else order


def _raw_sequences(
    estimator: Any, X: Any, per_step: bool, dtype: Any, series: Any, reset: bool
) -> tuple[Sequences, Array | None]:
    """Read any form, padding still included (but for windows, whose padding is not stored)."""
    if kind(X) == "table":
        return _read_table(estimator, X, per_step, dtype, series, reset)
    if series is not None and per_step:
        raise ValueError(
            "series= belongs to a 2-D X, a table with one row per step; X is "
            f"{'a list of sequences' if isinstance(X, list) else '3-D'}, in which every item is a sequence already."
        )
    if isinstance(X, Windows):
        read, names = _read_windows(X, per_step, dtype), X.columns
    else:
        read, names = (
            (_read_ragged(X, dtype, per_step) if isinstance(X, list) else _read_dense(estimator, X, dtype)),
            None,
        )
    codes = series_codes(X, series, len(read)) if read.series is None else read.series
    read = replace(read, series=codes)
    _check_step_features(estimator, X, read.n_features, reset)
    return read, names


def _read_table(
    estimator: Any, X: Any, per_step: bool, dtype: Any, series: Any, reset: bool
) -> tuple[Sequences, Array | None]:
    fitted = getattr(estimator, "_fitted_form", None)
    index_carrier = X
    if reset or fitted is None or fitted.kind == "table":
        _check_columns(X)
        X = validate_data(estimator, X, reset=reset, dtype=dtype, ensure_all_finite=False, order="C")
    else:
        X = check_array(X, dtype=dtype, ensure_all_finite=False, order="C", input_name="X", estimator=estimator)
        _check_step_features(estimator, X, X.shape[1] if per_step else 1, reset)
    n, width = X.shape
    codes = series_codes(index_carrier, series, n)
    if per_step:
        widths, order = group_series(codes, n)
        names = getattr(estimator, "feature_names_in_", None)
        table = X if order is None else X[order]
        return Sequences(table, offsets(widths), widths, layout=Layout("rows", widths, row_order=order)), names
    widths = np.full(n, width, dtype=np.int64)
    return Sequences(X.reshape(-1, 1), offsets(widths), widths, series=codes), None


def _read_dense(estimator: Any, X: Array, dtype: Any) -> Sequences:
    X = check_array(
        X, dtype=dtype, allow_nd=True, ensure_2d=False, ensure_all_finite=False, order="C", input_name="X",
        estimator=estimator,
    )  # fmt: skip
    if X.shape[2] == 0:
        raise ValueError(f"X has 0 features per step (shape={X.shape}); a minimum of 1 is required.")
    n, steps, n_features = X.shape
    widths = np.full(n, steps, dtype=np.int64)
    return Sequences(X.reshape(-1, n_features), offsets(widths), widths, layout=Layout("dense", widths))


def _read_ragged(X: list[Any], dtype: Any, per_step: bool) -> Sequences:
    arrays = [_read_one(i, sequence, dtype) for i, sequence in enumerate(X)]
    n_features = arrays[0].shape[1]
    for i, array in enumerate(arrays):
        if array.shape[1] != n_features:
            raise ValueError(
                f"X has ragged features: sequence {i} has {array.shape[1]}, sequence 0 has {n_features}; every "
                "sequence is an array of shape (steps, features) with the same features."
            )
    widths = np.array([len(array) for array in arrays], dtype=np.int64)
    return Sequences(np.concatenate(arrays), offsets(widths), widths, layout=Layout("ragged", widths))


def _read_one(i: int, sequence: Any, dtype: Any) -> Array:
    if np.ndim(sequence) not in (1, 2):
        raise ValueError(
            f"Sequence {i} of X has {np.ndim(sequence)} dimensions; expected (steps, features), or (steps,) for a "
            "univariate sequence."
        )
    if np.iscomplexobj(sequence):
        raise ValueError(f"Complex data not supported: sequence {i} of X is complex.")
    try:
        array = np.asarray(sequence, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Sequence {i} of X is not numeric ({error}); encode categories first, for example with "
            "SequenceOneHotEncoder."
        ) from error
    return array.reshape(-1, 1) if array.ndim == 1 else array


def _read_windows(X: Windows, per_step: bool, dtype: Any) -> Sequences:
    if len(X) == 0:
        raise ValueError(f"Found array with 0 sample(s) (shape={X.shape}) while a minimum of 1 is required.")
    read = X.sequences()
    table = np.ascontiguousarray(read.table, dtype=dtype)
    layout = None
    if per_step:
        widths = np.full(len(X), X.lags, dtype=np.int64)
        slots = flat_rows(offsets(widths) + widths - read.lengths, read.lengths)
        layout = Layout("dense", widths, step_slots=slots)
    one = X.begins.min() == X.begins.max()
    series = None if one else np.unique(X.begins, return_inverse=True)[1].astype(np.int64)
    return replace(read, table=table, layout=layout, series=series)


def _check_columns(X: Any) -> None:
    if not isinstance(X, pd.DataFrame):
        return
    text = [str(name) for name, column in X.items() if not _is_numeric(column)]
    if text:
        raise ValueError(
            f"X has columns that are not numeric: {text}; encode or drop them first, for example with "
            "sklearn.compose.make_column_transformer and sklearn.preprocessing.OneHotEncoder."
        )


def _is_numeric(column: pd.Series) -> bool:
    if column.dtype == object:
        return not column.map(lambda value: isinstance(value, str)).any()
    return pd.api.types.is_numeric_dtype(column.dtype)


def _check_step_features(estimator: Any, X: Any, n_features: int, reset: bool) -> None:
    """Keep, or compare, the number of features of forms that scikit-learn does not know."""
    if reset:
        estimator.n_features_in_ = n_features
        if hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_
        return
    fitted = estimator._fitted_form
    if n_features == fitted.n_step_features:
        return
    words = {"table": "2-D", "dense": "3-D", "ragged": "a list of sequences"}
    note = "" if kind(X) == fitted.kind else f" per step: X is {words[kind(X)]}, in fit it was {words[fitted.kind]}"
    raise ValueError(
        f"X has {n_features} features, but {type(estimator).__name__} is expecting "
        f"{fitted.n_step_features} features as input{note}."
    )


def _without_padding(raw: Sequences, mask_value: float | None, names: Array | None, per_step: bool) -> Sequences:
    """Cut NaN at both ends of every sequence and steps equal to `mask_value` anywhere; refuse other NaN."""
    table = raw.table
    nowhere: Array = np.zeros(len(table), dtype=bool)
    masked = nowhere if mask_value is None else _all_features(table == mask_value)
    finite = bool(np.isfinite(np.sum(table, dtype=np.float64)))
    if finite and not masked.any():
        return raw if per_step else replace(raw, layout=None)
    padding = nowhere if finite else _all_features(np.isnan(table))
    starts, lengths = trim(raw.starts, raw.lengths, raw.stride, padding | masked)
    if not finite:
        _refuse_nonfinite(raw, starts, lengths, names)
    kept = flat_rows(raw.offsets + (starts - raw.starts) // raw.stride, lengths) if per_step else None
    if count_within(starts, lengths, raw.stride, masked).any():
        rows = flat_rows(starts, lengths, raw.stride)
        real = ~masked[rows]
        lengths = np.bincount(np.repeat(np.arange(len(raw)), lengths)[real], minlength=len(raw)).astype(np.int64)
        raw = replace(raw, table=table[rows[real]], starts=offsets(lengths), stride=1)
        starts, kept = raw.starts, kept[real] if kept is not None else None
    layout = None
    if kept is not None and raw.layout is not None:
        slots = raw.layout.step_slots
        layout = replace(raw.layout, step_slots=kept if slots is None else slots[kept])
    return replace(raw, starts=starts, lengths=lengths, layout=layout)


def _refuse_nonfinite(raw: Sequences, starts: Ints, lengths: Ints, names: Array | None) -> None:
    flagged = ~_all_features(np.isfinite(raw.table))
    bad = count_within(starts, lengths, raw.stride, flagged) > 0
    if not bad.any():
        return
    i = int(np.argmax(bad))
    rows = starts[i] + raw.stride * np.arange(lengths[i])
    row = rows[np.argmax(flagged[rows])]
    feature = int(np.argmax(~np.isfinite(raw.table[row])))
    step = int((row - raw.starts[i]) // raw.stride) + raw.lead(i)
    name = feature if names is None else repr(str(names[feature]))
    place = f"inside sequence {i} (step {step}, feature {name})"
    if np.isnan(raw.table[row, feature]):
        raise ValueError(f"X has NaN {place}; {IMPUTE}")
    raise ValueError(
        f"X has infinity, or a value too large for {raw.table.dtype}, {place}; replace or clip it, or scale X first."
    )


def _all_features(flags: Array) -> Array:
    """Whether all features of each row are flagged."""
    return np.asarray(flags.all(axis=1))
