"""How y and sample_weight are read: one value per sequence or per step that is not padding. Never torch."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _num_samples, check_array, column_or_1d

from .checks import as_array, check_array_like, quoted
from .frames import as_pandas
from .numbers import as_numbers, finite_numbers
from .sequences import Array, Layout, Sequences

CLASSES = "a regressor needs numbers, classes need a classifier."
LARGEST = float(np.sqrt(np.finfo(np.float64).max))  # a greater number has no square, and so y no variance


@dataclass(frozen=True)
class Targets:
    """Targets and weights, aligned with the sequences, or with all their steps one after the other.

    Parameters
    ----------
    values : ndarray of shape (n, n_outputs) or (n,)
        Numbers, or codes of classes.
    weights : ndarray of shape (n,) or None
        Weight of each; None means equal.
    last : ndarray of the shape of values, or None
        The newest values that are known when each is predicted, NaN where there are none; None if that is not known.
    """

    values: Array
    weights: Array | None = None
    last: Array | None = None

    def take(self, index: Array) -> Targets:
        """Return some of the targets."""
        beside = (None if each is None else each[index] for each in (self.weights, self.last))
        return Targets(self.values[index], *beside)


def read_numbers(y: Any, sequences: Sequences, reader: str) -> Array:
    """Read the targets of a regressor, whose name is `reader`.

    Returns
    -------
    ndarray of shape (n,) or (n, n_outputs)
        One row per sequence, or per step that is not padding.
    """
    y = finite_numbers(
        "y",
        _one_per_target(y, sequences, reader),
        place=lambda at: _place(at[0], sequences),
        hint=CLASSES,
        remedy="drop or impute targets that are missing.",
    )
    if np.abs(y).max() > LARGEST:
        place = int(np.argwhere(np.abs(y) > LARGEST)[0][0])
        raise ValueError(f"y has a value beyond +-{LARGEST:.0e} {_place(place, sequences)}; scale y first.")
    return y


def read_labels(y: Any, sequences: Sequences, reader: str) -> Array:
    """Read the targets of a classifier, whose name is `reader`.

    Returns
    -------
    ndarray of shape (n,) or (n, n_labels)
        Labels, or 0/1 indicators where a sequence, or step, may have several labels.
    """
    y = _one_per_target(y, sequences, reader)
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    bad = ~np.isfinite(y) if y.dtype.kind == "f" else np.asarray(pd.isna(y))
    if bad.any():
        place = int(np.argwhere(bad)[0][0])
        raise ValueError(f"y has NaN, None or infinity {_place(place, sequences)}; every sample needs a class.")
    # numpy would make texts of all labels, so that 1 and "1" were one class.
    is_text = {isinstance(label, str) for label in y.flat} if y.dtype == object else {True}
    if len(is_text) > 1:
        raise ValueError("y mixes texts and numbers, which can't be sorted as classes; make all of them texts.")
    check_classification_targets(y)
    # A row of several labels is read as indicators; columns of several classes each would need a loss per column.
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
        One weight per sequence, or per step that is not padding, of which the greatest is 1.
    """
    if sample_weight is None:
        return None
    layout = sequences.layout
    _check_count("sample_weight", sample_weight, sequences)
    # With a target per step, one weight per sequence will do as well: it is that of all its steps.
    per_step = layout is not None and (layout.form == "rows" or _is_per_step(sample_weight))
    weights = _slots("sample_weight", sample_weight, sequences, per_step)
    weights = as_numbers("sample_weight", weights, "give a number per sample.")
    if weights.ndim != 1:
        unit = _unit(sequences, per_step)
        raise ValueError(f"sample_weight must be one number per {unit}; got shape {weights.shape[1:]} for each {unit}.")
    if layout is not None:
        weights = layout.to_steps(weights) if per_step else np.repeat(weights, sequences.lengths)
    bad = ~np.isfinite(weights) | (weights < 0)
    if bad.any():
        place = int(np.argmax(bad))
        raise ValueError(
            f"sample_weight is {weights[place]} {_place(place, sequences)}; it must be finite and not negative."
        )
    return _scaled(weights, "sample_weight")


def class_weights(
    class_weight: Any, classes: Array, codes: Array, weights: Array | None, counted: Array | None = None
) -> Array | None:
    """Multiply the weights of samples by the weights of their classes.

    Parameters
    ----------
    class_weight : None, dict or "balanced"
        As of the classifiers.
    classes : ndarray of shape (n_classes,)
        Labels in the order of their codes.
    codes : ndarray of shape (n,)
        Classes of the samples.
    weights : ndarray of shape (n,) or None
        Weights of the samples.
    counted : ndarray of shape (n_counted,), optional
        What "balanced" counts classes in: codes of training, where samples are those of validation.
    """
    if class_weight is None:
        return weights
    counted = codes if counted is None else counted
    if codes.ndim == 2:
        raise ValueError("class_weight is not defined for multilabel y; pass sample_weight instead.")
    absent = np.setdiff1d(np.arange(len(classes)), counted)
    if class_weight == "balanced" and len(absent):
        raise ValueError(
            f"class_weight='balanced' needs samples of every class, but y has none of {classes[absent].tolist()}; give "
            "the weights as a dict."
        )
    given = {} if class_weight == "balanced" else class_weight
    bad = {
        label: weight
        for label, weight in given.items()
        if not (isinstance(weight, Real) and 0 <= float(weight) < np.inf)
    }
    if bad:
        raise ValueError(f"class_weight must be numbers that are finite and not negative; got {quoted(bad)}.")
    # compute_class_weight counts samples, not their weights, as it does within scikit-learn's classifiers.
    per_class = compute_class_weight(class_weight, classes=classes, y=classes[counted])
    return _scaled(per_class[codes] * (1.0 if weights is None else weights), "class_weight")


def _scaled(weights: Array, name: str) -> Array:
    """Divide weights by the greatest: their ratios alone matter, and so the numbers are within float32."""
    if not (weights > 0).any():
        raise ValueError(f"{name} is zero everywhere; at least one sample must count.")
    return np.asarray(weights / weights.max())


def _one_per_target(y: Any, sequences: Sequences, reader: str) -> Array:
    """Read y as an array with a row per sequence, or per step that is not padding."""
    if y is None:
        raise ValueError(f"This {reader} estimator requires y to be passed, but the target y is None.")
    _check_count("y", y, sequences)
    if sequences.per_step and sequences.n_steps == 0:
        raise ValueError("y has no step to belong to: every sequence of X is empty or all padding.")
    values = _slots("y", y, sequences, sequences.per_step)
    values = values if sequences.layout is None else sequences.layout.to_steps(values)
    if values.ndim > 2:
        raise ValueError(
            f"y has too many dimensions: the target of a {_unit(sequences, sequences.per_step)} has shape "
            f"{values.shape[1:]}; expected a number or class, or one per output."
        )
    return values


def _check_count(name: str, values: Any, sequences: Sequences) -> None:
    """Check that there is an item for each row of a table, or for each sequence."""
    layout = sequences.layout
    unit = "row" if layout is not None and layout.form == "rows" else "sequence"
    check_array_like(name, values, f"an array or list with one item per {unit} of X")
    expected = layout.n_slots if layout is not None and layout.form == "rows" else len(sequences)
    if _num_samples(values) != expected:
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: X has {expected} {unit}s, but {name} has "
            f"{_num_samples(values)} items; give one for each."
        )


def _slots(name: str, values: Any, sequences: Sequences, per_step: bool) -> Array:
    """Read one value per sequence, or per slot of X if `per_step`."""
    layout = sequences.layout
    if layout is None or not per_step:
        return _array(name, values, sequences, per_step)
    if layout.form == "ragged":
        return _array(name, _joined(name, values, layout), sequences, per_step)
    values = _array(name, values, sequences, per_step)
    shape = (len(layout.widths), int(layout.widths[0]))
    if layout.form == "dense" and values.shape[:2] != shape:
        raise ValueError(
            f"{name} must give a value per step, shape {shape} or more, because return_sequences=True; got shape "
            f"{values.shape}."
        )
    return layout.to_slots(values)


def _joined(name: str, values: Any, layout: Layout) -> Array:
    """Join the values of all sequences; an empty one has none, of any type."""
    parts = [as_array(f"Sequence {i} of {name}", value) for i, value in enumerate(values)]
    for i, (part, width) in enumerate(zip(parts, layout.widths, strict=True)):
        if part.ndim == 0 or len(part) != width:
            got = "a single value" if part.ndim == 0 else f"{len(part)} values"
            raise ValueError(f"{name} must give a value per step: sequence {i} of X has {width} steps, got {got}.")
    # An empty list has shape (0,), whatever the others have: it says nothing about the outputs.
    first = int(np.argmax(layout.widths > 0))
    for i, part in enumerate(parts):
        if len(part) and part.shape[1:] != parts[first].shape[1:]:
            raise ValueError(
                f"{name} must have the same outputs in every sequence: sequence {i} has shape {part.shape}, sequence "
                f"{first} has {parts[first].shape}."
            )
    return np.concatenate([part for part in parts if len(part)])


def _array(name: str, values: Any, sequences: Sequences, per_step: bool) -> Array:
    values = as_pandas(values)
    # An object array of arrays is what pandas and np.array(..., dtype=object) make of a list of arrays.
    if isinstance(values, np.ndarray) and values.dtype == object and values.ndim == 1 and np.ndim(values[0]) > 0:
        values = list(values)
    try:
        return check_array(values, ensure_2d=False, allow_nd=True, dtype=None, ensure_all_finite=False, input_name=name)
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        raise ValueError(
            f"{name} has items of unequal lengths; expected one per {_unit(sequences, per_step)} of X "
            f"(return_sequences={sequences.per_step})."
        ) from error


def _is_per_step(weights: Any) -> bool:
    return np.ndim(weights[0] if isinstance(weights, list | tuple) else np.asarray(weights)[0]) > 0


def _unit(sequences: Sequences, per_step: bool) -> str:
    """Say what a target belongs to."""
    if sequences.layout is None or not per_step:
        return "sequence"
    return "row" if sequences.layout.form == "rows" else "step"


def _place(i: int, sequences: Sequences) -> str:
    layout = sequences.layout
    if layout is None:
        return f"at sample {i}"
    # From the number of a step, padding left out, to its slot in what the user gave, and from there to row or step.
    slot = i if layout.step_slots is None else int(layout.step_slots[i])
    if layout.form == "rows":
        whose = "" if sequences.ids is None else f" (series {quoted(sequences.ids.repeat(layout.widths)[slot])})"
        return f"in row {layout.rows[slot]}{whose}"
    ends = np.cumsum(layout.widths)
    sequence = int(np.searchsorted(ends, slot, side="right"))
    return f"in sequence {sequence} (step {slot - int(ends[sequence] - layout.widths[sequence])})"
