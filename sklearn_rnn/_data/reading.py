"""How X and series are read: every form that a user may type becomes `Sequences`, or a message that helps.

==================================  ================================  =================================
X                                   one target per sequence           one target per step
==================================  ================================  =================================
2-D array or DataFrame (n, f)       n univariate sequences, f steps   one sequence of n steps
the same with ``series=`` or an     n univariate sequences, f steps   one sequence per series
index of two or more levels
3-D array (n, steps, f), Windows    n sequences                       n sequences
Windows of one lag                  n sequences of one step           one sequence per series
list of (steps_i, f), (steps_i,)    n sequences                       n sequences
==================================  ================================  =================================
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array, validate_data

from .forms import (
    as_known_form,
    check_columns,
    checked,
    kind,
    names_of_columns,
    names_of_frames,
    naming_text,
    refuse_dates,
)
from .sequences import Array, Ints, Layout, Sequences, count_within, flat_rows, offsets, trim
from .series import check_order, first_within, group_series, lost_series, read_series, times_of
from .windows import Windows

IMPUTE = "impute it before framing, for example with sklearn.impute.SimpleImputer."
AS_STEPS = (
    "give the table in time order, or frame it with ShiftFramer(lags=1), and set return_sequences=True: the state is "
    "then the memory, in place of lags. Or use stateful=False."
)
# Neighbours are compared in blocks of about this many values, so that no copy of X is ever made.
BLOCK = 65_536


@dataclass(frozen=True)
class FittedForm:
    """What fit saw, for the checks of later calls.

    Parameters
    ----------
    kind : {"table", "dense", "ragged"}
        Form of X.
    n_step_features : int
        Features of one step.
    names : list or None
        Their names.
    has_series : bool, default=False
        Whether steps were read as those of several series, or of one with a name.
    """

    kind: str
    n_step_features: int
    names: list[Any] | None = None
    has_series: bool = False


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
        If X has no such form, has NaN within a sequence, infinity, or other features than in fit; if its steps are
        not in time order, or tell no series apart although those of fit did.
    """
    if isinstance(X, Sequences):  # read before
        return X
    names, X = names_of_frames(X), as_known_form(X)
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # a number that is too large becomes infinity, which is refused where it is
        raw, names_read = raw_sequences(estimator, X, per_step, dtype, series, reset)
        names = names_read if names is None else names
        has_series = per_step and (X.tells_series if isinstance(X, Windows) else raw.ids is not None)
        if reset:
            names_kept = None if names is None else list(names)
            estimator._fitted_form = FittedForm(kind(X), raw.n_features, names_kept, has_series)
        else:
            _check_names(estimator, names)
            if per_step and not has_series:
                _check_series(estimator, X)
        raw = _in_time_order(X, raw) if per_step else raw
        return _without_padding(raw, mask_value, names, per_step)


def refuse_overlap(X: Any, sequences: Sequences) -> None:
    """Refuse X whose sequences are no series of their own, for an estimator that carries states over.

    Parameters
    ----------
    X : array-like, DataFrame, Windows or list of arrays
        What the user gave. Tables and lists pass: they say themselves what a series is.
    sequences : Sequences
        What was read from it.

    Raises
    ------
    ValueError
        If X is windows that are not read as the steps of their series, an array of such windows, or an array of
        several sequences of a single step.
    """
    if isinstance(X, Windows):
        if sequences.overlapping:
            raise ValueError(
                "stateful=True reads every sequence of X as a series of its own, but X is windows of the same table "
                f"(lags={X.lags}); {AS_STEPS}"
            )
        return
    X = as_known_form(X)
    if kind(X) != "dense" or len(X) < 2:
        return
    if X.shape[1] == 1:
        raise ValueError(
            f"stateful=True reads every sequence of X as a series of its own, but the {len(X)} sequences of X have one "
            "step each, with no state to carry. If they are the steps of one series, give the 2-D table X[:, 0] and "
            "set return_sequences=True; or use stateful=False."
        )
    if _are_windows(X):
        raise ValueError(
            "stateful=True reads every sequence of X as a series of its own, but each one is the one before moved on "
            f"by one step: they are windows of the same table; {AS_STEPS} If they are independent series all the same, "
            "give them as a list of arrays."
        )


def _are_windows(X: Array) -> bool:
    """Whether each sequence of a 3-D array is the one before moved on by one step, and steps differ at all."""
    n, steps, n_features = X.shape
    block = max(BLOCK // (steps * max(n_features, 1)), 1)
    blocks = [slice(first, first + block) for first in range(0, n - 1, block)]
    if steps < 2 or not all(_equal(X[1:][rows, :-1], X[:-1][rows, 1:]) for rows in blocks):
        return False
    return not all(_equal(X[rows, :-1], X[rows, 1:]) for rows in [*blocks, slice(n - 1, n)])


def _equal(a: Array, b: Array) -> bool:
    return np.array_equal(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64), equal_nan=True)


def raw_sequences(
    estimator: Any, X: Any, per_step: bool, dtype: Any, series: Any, reset: bool
) -> tuple[Sequences, Array | None]:
    """Read any form, padding still included (but for windows, whose padding is not stored)."""
    if kind(X) == "table":
        return _read_table(estimator, X, per_step, dtype, series, reset)
    if series is not None and per_step:
        raise ValueError(_not_a_table(X))
    names = None
    if isinstance(X, Windows):
        read, names = _read_windows(X, per_step, dtype), X.columns
    elif isinstance(X, list):
        read = read_ragged(X, dtype)
    else:
        read = read_dense(estimator, X, dtype)
    codes, _ = read_series(X, series, len(read))
    read = read if codes is None else replace(read, series=codes)
    check_step_features(estimator, X, read.n_features, reset)
    return read, names


def _not_a_table(X: Any) -> str:
    if isinstance(X, Windows):
        return "series= belongs to a 2-D X, a table with one row per step; X is windows, so pass it to ShiftFramer."
    what = "a list of sequences" if isinstance(X, list) else "3-D"
    return (
        f"series= belongs to a 2-D X, a table with one row per step; X is {what}, in which every item is a sequence "
        "already."
    )


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
    codes, ids = read_series(given, series, n)
    if per_step:
        widths, order = group_series(codes, n)
        names = names_of_columns(given)
        names = getattr(estimator, "feature_names_in_", None) if names is None else names
        table = X if order is None else X[order]
        layout = Layout("rows", widths, row_order=order)
        return Sequences(table, offsets(widths), widths, layout=layout, ids=ids), names
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
        array = np.asarray(checked(name, sequence), dtype=dtype, order="C")
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
    series = None if X.one_series else np.unique(X.begins, return_inverse=True)[1].astype(np.int64)
    return replace(read, table=table, layout=layout, series=series)


def _in_time_order(X: Any, raw: Sequences) -> Sequences:
    """Refuse steps that are not in time order; read windows of one lag as the steps of their series."""
    if isinstance(X, Windows):
        return _rows_of_windows(X, raw) if X.lags == 1 else raw
    if raw.layout is not None and raw.layout.form == "rows":
        check_order(times_of(X), raw.layout.widths, raw.layout.row_order)
    return raw


def _rows_of_windows(X: Windows, raw: Sequences) -> Sequences:
    """Read windows of one lag as a range of the table for each series; one that holds no step is padding."""
    widths, order = group_series(raw.series, len(X))
    ends, begins = (X.ends, X.begins) if order is None else (X.ends[order], X.begins[order])
    found = first_within(np.diff(ends) != 1, widths, order)
    if found is not None:
        before, row = found
        raise ValueError(
            "X is windows of one lag, which with return_sequences=True are the steps of their series, but window "
            f"{row} does not directly follow window {before} of the same series: they were shuffled or picked. Take "
            "slices, or split with TimeSeriesSplit or shuffle=False."
        )
    first = offsets(widths)
    starts = np.maximum(ends[first], begins[first])
    lengths = np.maximum(ends[first] + widths - starts, 0)
    slots = None if (lengths == widths).all() else flat_rows(first + widths - lengths, lengths)
    ids = None if X.ids is None else X.ids[first if order is None else order[first]]
    layout = Layout("rows", widths, step_slots=slots, row_order=order)
    return Sequences(raw.table, starts, lengths, layout=layout, ids=ids)


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


def _check_series(estimator: Any, X: Any) -> None:
    """Refuse steps that tell no series apart if those of fit did; sequences of a 3-D array or list are told apart."""
    could_tell = kind(X) == "table" or isinstance(X, Windows)
    if could_tell and estimator._fitted_form.has_series:
        raise lost_series(estimator, " to ShiftFramer" if isinstance(X, Windows) else "")


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
