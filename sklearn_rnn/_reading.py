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

from ._forms import (
    as_known_form,
    check_columns,
    checked,
    kind,
    names_of_columns,
    names_of_frames,
    naming_text,
    refuse_dates,
)
from ._sequences import Array, Ints, Layout, Sequences, count_within, flat_rows, offsets, trim
from ._windows import Windows

IMPUTE = "impute it before framing, for example with sklearn.impute.SimpleImputer."


@dataclass(frozen=True)
class FittedForm:
    """What fit saw, for the checks of later calls: the kind of X, and the features of one step with their names."""

    kind: str
    n_step_features: int
    names: list[Any] | None = None


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
    TypeError
        If X is sparse, or no array, table or list.
    ValueError
        If X has no such form, has NaN within a sequence, infinity, or other features than in fit.
    """
    if isinstance(X, Sequences):  # read before
        return X
    names, X = names_of_frames(X), as_known_form(X)
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # a number that is too large becomes infinity, which is refused where it is
        raw, names_read = raw_sequences(estimator, X, per_step, dtype, series, reset)
        names = names_read if names is None else names
        if reset:
            estimator._fitted_form = FittedForm(kind(X), raw.n_features, None if names is None else list(names))
        else:
            _check_names(estimator, names)
        return _without_padding(raw, mask_value, names, per_step)


def series_codes(X: Any, series: Any, n_rows: int) -> Ints | None:
    """Return the number of each row's series, in order of appearance; None if there is just one."""
    if series is not None:
        name, ids = "series", np.asarray(series)
        if ids.shape != (n_rows,):
            of = "row of a 2-D X" if kind(X) == "table" else "sequence of X"
            raise ValueError(f"series must give one id per {of}, shape ({n_rows},); got shape {ids.shape}.")
        missing = pd.isna(ids)
    elif isinstance(getattr(X, "index", None), pd.MultiIndex):
        name, ids = "The index of X", X.index.droplevel(-1)
        missing = np.any([codes < 0 for codes in X.index.codes[:-1]], axis=0)
    else:
        return None
    if missing.any():
        raise ValueError(f"{name} has a missing id in row {int(np.argmax(missing))}; give every row one.")
    return np.asarray(pd.factorize(ids)[0], dtype=np.int64)


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


def raw_sequences(
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
    names = None
    if isinstance(X, Windows):
        read, names = _read_windows(X, per_step, dtype), X.columns
    elif isinstance(X, list):
        read = read_ragged(X, dtype)
    else:
        read = read_dense(estimator, X, dtype)
    codes = series_codes(X, series, len(read))
    read = read if codes is None else replace(read, series=codes)
    check_step_features(estimator, X, read.n_features, reset)
    return read, names


def _read_table(
    estimator: Any, X: Any, per_step: bool, dtype: Any, series: Any, reset: bool
) -> tuple[Sequences, Array | None]:
    check_columns(X)
    given, fitted = X, getattr(estimator, "_fitted_form", None)
    with naming_text("X", X):
        if reset or fitted is None or fitted.kind == "table":
            X = validate_data(estimator, X, reset=reset, dtype=dtype, ensure_all_finite=False, order="C")
        else:
            X = check_array(X, dtype=dtype, ensure_all_finite=False, order="C", input_name="X", estimator=estimator)
            check_step_features(estimator, X, X.shape[1] if per_step else 1, reset)
    n, width = X.shape
    codes = series_codes(given, series, n)
    if per_step:
        widths, order = group_series(codes, n)
        names = names_of_columns(given)
        names = getattr(estimator, "feature_names_in_", None) if names is None else names
        table = X if order is None else X[order]
        return Sequences(table, offsets(widths), widths, layout=Layout("rows", widths, row_order=order)), names
    widths = np.full(n, width, dtype=np.int64)
    return Sequences(X.reshape(-1, 1), offsets(widths), widths, series=codes), None


def read_dense(estimator: Any, X: Array, dtype: Any) -> Sequences:
    with naming_text("X", X):
        X = check_array(
            X, dtype=dtype, allow_nd=True, ensure_2d=False, ensure_all_finite=False, order="C", input_name="X",
            estimator=estimator,
        )  # fmt: skip
    if X.shape[2] == 0:
        raise ValueError(f"X has 0 features per step (shape={X.shape}); a minimum of 1 is required.")
    n, steps, n_features = X.shape
    widths = np.full(n, steps, dtype=np.int64)
    return Sequences(X.reshape(-1, n_features), offsets(widths), widths, layout=Layout("dense", widths))


def read_ragged(X: list[Any], dtype: Any) -> Sequences:
    arrays = [_read_one(i, sequence, dtype) for i, sequence in enumerate(X)]
    widths = np.array([len(array) for array in arrays], dtype=np.int64)
    first = int(np.argmax(widths > 0))  # an empty sequence takes the features of the others
    n_features = arrays[first].shape[1]
    for i, array in enumerate(arrays):
        if len(array) and array.shape[1] != n_features:
            raise ValueError(
                f"X has ragged features: sequence {i} has {array.shape[1]}, sequence {first} has {n_features}; every "
                "sequence is an array of shape (steps, features) with the same features."
            )
    if n_features == 0:
        raise ValueError(f"X has 0 features per step (sequence {first}); a minimum of 1 is required.")
    table = np.concatenate([array if len(array) else array.reshape(0, n_features) for array in arrays])
    return Sequences(table, offsets(widths), widths, layout=Layout("ragged", widths))


def _read_one(i: int, sequence: Any, dtype: Any) -> Array:
    name = f"Sequence {i} of X"
    if np.ndim(sequence) not in (1, 2):
        raise ValueError(
            f"{name} has {np.ndim(sequence)} dimensions; expected (steps, features), or (steps,) for a univariate "
            "sequence."
        )
    refuse_dates(name, sequence)
    with naming_text(name, sequence):
        array = np.asarray(checked(name, sequence), dtype=dtype)
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


def check_step_features(estimator: Any, X: Any, n_features: int, reset: bool) -> None:
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


def _check_names(estimator: Any, names: Array | None) -> None:
    """Compare the names of the features of a step with those of fit, where both are known."""
    fitted = estimator._fitted_form.names
    if names is not None and fitted is not None and list(names) != fitted:
        raise ValueError(
            f"X has the features {list(names)}, but {type(estimator).__name__} was fitted with {fitted}; give the same "
            "features in the same order."
        )


def _without_padding(raw: Sequences, mask_value: float | None, names: Array | None, per_step: bool) -> Sequences:
    """Cut NaN at both ends of every sequence and steps equal to `mask_value` anywhere; refuse other NaN."""
    table = raw.table
    nowhere: Array = np.zeros(len(table), dtype=bool)
    masked = nowhere if mask_value is None else _all_features(table == table.dtype.type(mask_value))
    finite = bool(np.isfinite(np.sum(table)))  # one pass without a copy; a sum that overflows only takes the long way
    if finite and not masked.any():
        return raw if per_step else replace(raw, layout=None)
    padding = nowhere if finite else _all_features(np.isnan(table))
    starts, lengths = trim(raw.starts, raw.lengths, raw.stride, padding | masked)
    if not finite:
        refuse_nonfinite(raw, starts, lengths, names)
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


def refuse_nonfinite(raw: Sequences, starts: Ints, lengths: Ints, names: Array | None) -> None:
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
