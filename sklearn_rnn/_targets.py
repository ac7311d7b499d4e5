"""How y and sample_weight are read: one value per sequence or per step that is not padding. Numpy only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_array, check_consistent_length, column_or_1d

from ._sequences import Array, Layout, Sequences


@dataclass(frozen=True)
class Targets:
    """Targets and weights, aligned with the sequences, or with all their steps one after the other.

    Parameters
    ----------
    values : ndarray of shape (n, n_outputs) or (n,)
        Numbers, or codes of classes.
    weights : ndarray of shape (n,) or None
        Weight of each; None means equal.
    """

    values: Array
    weights: Array | None = None

    def take(self, index: Array) -> Targets:
        """Return some of the targets."""
        return replace(self, values=self.values[index], weights=None if self.weights is None else self.weights[index])


def read_numbers(estimator: Any, y: Any, sequences: Sequences) -> Array:
    """Read the targets of a regressor.

    Returns
    -------
    ndarray of shape (n,) or (n, n_outputs)
        One row per sequence, or per step that is not padding.
    """
    y = _one_per_target(estimator, y, sequences)
    try:
        y = np.asarray(y, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"y is not numeric ({error}); a regressor needs numbers, classes need a classifier."
        ) from error
    if y.ndim > 2:
        raise ValueError(f"y has too many dimensions for a target: each is of shape {y.shape[1:]}, expected ().")
    bad = ~np.isfinite(y)
    if bad.any():
        place = int(np.argwhere(bad)[0][0])
        what = "NaN" if np.isnan(y[bad][0]) else "infinity"
        raise ValueError(f"y has {what} {_place(place, sequences)}; drop or impute targets that are missing.")
    return y


def read_labels(estimator: Any, y: Any, sequences: Sequences) -> Array:
    """Read the targets of a classifier.

    Returns
    -------
    ndarray of shape (n,) or (n, n_labels)
        Labels, or 0/1 indicators where a sequence, or step, may have several labels.
    """
    y = _one_per_target(estimator, y, sequences)
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        place = int(np.argwhere(~np.isfinite(y))[0][0])
        raise ValueError(f"y has NaN or infinity {_place(place, sequences)}; every sample needs a class.")
    check_classification_targets(y)
    if y.ndim == 2 and type_of_target(y) != "multilabel-indicator":
        raise ValueError(
            f"y of shape (n, {y.shape[1]}) must be a 0/1 indicator of labels; several multiclass targets at once are "
            "not supported, use sklearn.multioutput.MultiOutputClassifier."
        )
    return y


def read_weights(sample_weight: Any, sequences: Sequences) -> Array | None:
    """Read weights, given per sequence or per step.

    Returns
    -------
    ndarray of shape (n,) or None
        One weight per sequence, or per step that is not padding.
    """
    if sample_weight is None:
        return None
    layout = sequences.layout
    if np.isscalar(sample_weight):
        raise ValueError("sample_weight must be an array with a weight per sample, got a number.")
    check_consistent_length(sample_weight, _Sized(_n_samples(sequences)))
    if layout is not None and (layout.form == "rows" or _is_per_step(sample_weight)):
        weights = _steps(sample_weight, layout, "sample_weight")
    else:
        weights = check_array(sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight")
        if layout is not None and weights.ndim == 1:
            weights = np.repeat(weights, sequences.lengths)
    weights = np.asarray(weights, dtype=np.float64)
    if weights.ndim != 1:
        raise ValueError(f"Sample weights must be 1D array or scalar, got an array of shape {weights.shape}.")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("sample_weight must be finite and not negative.")
    if not (weights > 0).any():
        raise ValueError("sample_weight is zero everywhere; at least one sample must count.")
    return weights


def class_weights(class_weight: Any, classes: Array, codes: Array, weights: Array | None) -> Array | None:
    """Multiply the weights of samples by the weights of their classes."""
    if class_weight is None:
        return weights
    if codes.ndim == 2:
        raise ValueError("class_weight is not defined for multilabel y; pass sample_weight instead.")
    per_class = compute_class_weight(class_weight, classes=classes, y=classes[codes])
    return per_class[codes] * (1.0 if weights is None else weights)


def _one_per_target(estimator: Any, y: Any, sequences: Sequences) -> Array:
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the target y is None."
        )
    check_consistent_length(_Sized(_n_samples(sequences)), y)
    if sequences.layout is not None:
        return _steps(y, sequences.layout, "y")
    return check_array(
        y,
        ensure_2d=False,
        allow_nd=True,
        dtype=None,
        ensure_all_finite=False,
        input_name="y",
        estimator=estimator,
    )


def _steps(values: Any, layout: Layout, name: str) -> Array:
    """Check that there is a value for each slot of X, and answer those of steps."""
    if layout.form == "ragged":
        for i, (value, width) in enumerate(zip(values, layout.widths, strict=True)):
            if np.ndim(value) == 0 or len(value) != width:
                got = "a single value" if np.ndim(value) == 0 else f"{len(value)} values"
                raise ValueError(f"{name} must give a value per step: sequence {i} of X has {width} steps, got {got}.")
    elif layout.form == "dense":
        steps = int(layout.widths[0])
        if np.ndim(values) < 2 or np.shape(values)[1] != steps:
            raise ValueError(
                f"{name} must give a value per step, shape ({len(layout.widths)}, {steps}) or more, because "
                f"return_sequences=True; got shape {np.shape(values)}."
            )
    return layout.to_steps(layout.to_slots(values))


def _is_per_step(weights: Any) -> bool:
    return np.ndim(weights[0] if isinstance(weights, list | tuple) else np.asarray(weights)[0]) > 0


def _n_samples(sequences: Sequences) -> int:
    layout = sequences.layout
    return layout.n_slots if layout is not None and layout.form == "rows" else len(sequences)


def _place(i: int, sequences: Sequences) -> str:
    layout = sequences.layout
    if layout is None:
        return f"at sample {i}"
    slot = i if layout.step_slots is None else int(layout.step_slots[i])
    if layout.form == "rows":
        return f"in row {slot if layout.row_order is None else int(layout.row_order[slot])}"
    ends = np.cumsum(layout.widths)
    sequence = int(np.searchsorted(ends, slot, side="right"))
    return f"in sequence {sequence} (step {slot - int(ends[sequence] - layout.widths[sequence])})"


class _Sized:
    """Something of a length, for check_consistent_length."""

    def __init__(self, length: int) -> None:
        self.shape = (length,)

    def __len__(self) -> int:
        return self.shape[0]
