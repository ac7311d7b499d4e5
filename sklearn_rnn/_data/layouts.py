"""X and y that look as if their axes or values mean something else than is read: warnings, each with a remedy."""

from __future__ import annotations

import numpy as np

from ..exceptions import LayoutWarning
from .caller import warn_caller
from .forms import Form, Table
from .panels import Dense, Framed
from .sequences import Array

# Sequences and steps of each that are looked at: the cost of a look does not grow with X.
SAMPLE, STEPS = 200, 500
ENOUGH = 30  # pairs of neighbours: chance rarely makes a correlation of 0.3 of as many
# Channels first: of the multivariate sets of the UEA archive most have over four times more steps than channels. Below
# that a few steps of many features are as likely.
FAR_MORE = 4
# Correlation of neighbours in time. The roughest of the series that sktime ships, BasicMotions, has 0.5; neighbouring
# features in no order, and the ids of neighbouring words, are about 0.
SMOOTH = 0.3
MANY_IDS = 1000  # Keras' examples keep 1,000 to 20,000 words; pixels end at 255
# Standard deviation over mean: 0.58 where ids are equally likely, above 1 for words of a language; counts that keep a
# level, such as visits per hour, stay below.
SPREAD = 0.5


def warn_of_layout(form: Form, n_features: int) -> None:
    """Warn if X looks like word ids that are read as magnitudes, or has its channels before its steps.

    Parameters
    ----------
    form : Table, Dense, Ragged or Framed
        What X is.
    n_features : int
        Features of a step, as it was read.
    """
    if isinstance(form, Dense):
        _warn_of_channels_first(form.values)
    if n_features == 1 and not isinstance(form, Framed) and _looks_like_ids(_some_sequences(form)):
        warn_caller(
            "X holds whole numbers that jump over a thousand values and more from step to step, as word ids do. They "
            "are read as magnitudes, so that word 40 lies between 39 and 41: one-hot them, for example with "
            "SequenceOneHotEncoder as the step before. If they are magnitudes, give floats: X.astype(float).",
            LayoutWarning,
        )


def warn_of_one_hot(labels: Array) -> None:
    """Warn if 0/1 indicators, one column per label, are one class per row.

    Parameters
    ----------
    labels : ndarray of shape (n, n_labels)
        Of several labels per sequence, or step, as they were read.
    """
    if labels.shape[1] < 2 or not (np.asarray(labels, dtype=np.float64).sum(axis=1) == 1).all():
        return
    warn_caller(
        f"y looks one-hot: each row has a single 1 in its {labels.shape[1]} columns. It is read as multilabel, any "
        "number of labels per row, whose probabilities don't sum to one. For one class per row give labels: "
        "y.argmax(axis=-1), or y.idxmax(axis=1) of a DataFrame.",
        LayoutWarning,
    )


def _warn_of_channels_first(X: Array) -> None:
    _, steps, n_features = X.shape
    if n_features < FAR_MORE * max(steps, 1) or X.dtype.kind not in "fiu":
        return
    sample = _standardised(X[:: max(len(X) // SAMPLE, 1), :STEPS, :STEPS])
    along = _neighbours(sample)
    if along > SMOOTH and not along < _neighbours(sample.swapaxes(1, 2)):
        warn_caller(
            f"X has the shape {X.shape}, read as (sequences, steps, features): steps={steps}, features={n_features}. "
            "But neighbours along the last axis are alike, as in time: if X is (sequences, channels, steps), as in "
            "aeon and sktime, give X.transpose(0, 2, 1).",
            LayoutWarning,
        )


def _standardised(sample: Array) -> Array:
    """Take away what sequences have in common in each place: features differ in level and scale in any order."""
    with np.errstate(all="ignore"):  # infinity, for the reader to name
        sample = np.asarray(sample, dtype=np.float64)
        centred = sample - _mean(sample, 0)
        return centred / np.sqrt(np.maximum(_mean(centred**2, 0), np.finfo(np.float64).tiny))


def _neighbours(values: Array) -> float:
    """Correlation of neighbours along the last axis, each series less its mean."""
    with np.errstate(all="ignore"):
        centred = values - _mean(values, -1)
        before, after = centred[..., :-1], centred[..., 1:]
        both = np.isfinite(before) & np.isfinite(after)
        return _correlation(before[both], after[both])


def _mean(values: Array, axis: int) -> Array:
    """Mean over an axis without NaN, which is padding; zero where there is nothing else."""
    there = np.isfinite(values)
    total = np.where(there, values, 0).sum(axis=axis, keepdims=True)
    return np.asarray(total / np.maximum(there.sum(axis=axis, keepdims=True), 1))


def _some_sequences(form: Form) -> list[Array]:
    """Return some sequences of one feature per step as they were given, which shows their dtype."""
    values = form.values
    if isinstance(form, Table) and not hasattr(values, "iloc"):
        values = np.asarray(values)
    some = getattr(values, "iloc", values)[:: max(len(values) // SAMPLE, 1)]
    rows = np.asarray(some) if isinstance(form, Table) else some  # a DataFrame would give its columns
    return [np.asarray(row)[:STEPS].ravel() for row in rows]


def _looks_like_ids(sequences: list[Array]) -> bool:
    if any(sequence.dtype.kind not in "iu" for sequence in sequences):
        return False
    values = np.concatenate(sequences).astype(np.float64)
    sequence = np.repeat(np.arange(len(sequences)), [len(item) for item in sequences])
    words = values[values != 0]  # zero is padding as a rule
    if len(words) == 0 or words.min() < 0 or words.max() < MANY_IDS or words.std() < SPREAD * words.mean():
        return False
    pairs = (sequence[1:] == sequence[:-1]) & (values[1:] != 0) & (values[:-1] != 0)
    before, after = (values[side][pairs] - words.mean() for side in (slice(-1), slice(1, None)))
    return _correlation(before, after) < SMOOTH


def _correlation(before: Array, after: Array) -> float:
    """Correlation of centred values; NaN, which compares as neither more nor less, where there are too few."""
    size = np.sqrt((before @ before) * (after @ after))
    if len(before) < ENOUGH:
        return float("nan")
    return float(before @ after / size) if size > 0 else 0.0
