"""What is held out for validation: the end of ordered data, a random part, or data of one's own. Numpy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.model_selection import train_test_split

from .sequences import Array, Ints, Sequences, flat_rows, offsets
from .targets import Targets


@dataclass(frozen=True)
class Part:
    """Sequences and their targets."""

    sequences: Sequences
    targets: Targets


class Given(NamedTuple):
    """Validation data of one's own, as they are given to `fit`."""

    X: Any
    y: Any
    sample_weight: Any
    series: Any

    @classmethod
    def of(cls, X: Any, y: Any, sample_weight: Any, series: Any) -> Self | None:
        """Return the data, or None where there are none; raise if they are not whole."""
        if X is not None and y is not None:
            return cls(X, y, sample_weight, series)
        parts = {"X_val": X, "y_val": y, "sample_weight_val": sample_weight, "series_val": series}
        given = [name for name, value in parts.items() if value is not None]
        if given:
            missing = " and ".join(name for name in ("X_val", "y_val") if name not in given)
            raise ValueError(f"{' and '.join(given)} came without {missing}; give both X_val and y_val, or neither.")
        return None


def split(part: Part, how: str, fraction: float, *, stratify: bool, random_state: Any) -> tuple[Part, Part]:
    """Hold out a part of the data.

    Parameters
    ----------
    part : Part
        All data.
    how : {"end", "random"}
        "end": of one or several series with a target per row, the last rows of each; of other data the last
        sequences (of each series, where they are known). "random": sequences drawn at random.
    fraction : float
        Share that is held out.
    stratify : bool
        Whether a random part keeps the shares of classes.
    random_state : int or RandomState
        Draws the random part.

    Returns
    -------
    train, valid : Part
        For rows of a series, `valid` holds the whole series with weight on its end only, so that the network
        arrives there with the state of what came before.
    """
    layout = part.sequences.layout
    if layout is not None and layout.form == "rows":
        if how == "random":
            raise ValueError(
                "validation='random' would tear series apart: X is a table with one target per row. Use "
                "validation='end' (or 'auto')."
            )
        return _check_both_count(_split_steps(part, fraction), fraction)
    n = len(part.sequences)
    if how == "random":
        train, valid = _draw(part, n, fraction, stratify, random_state)
    else:
        train, valid = _ends(part.sequences, fraction)
    if len(train) == 0 or len(valid) == 0:
        raise ValueError(_too_few(n, "sequences", fraction))
    return _check_both_count((_take(part, train), _take(part, valid)), fraction)


def _check_both_count(parts: tuple[Part, Part], fraction: float) -> tuple[Part, Part]:
    """Return both parts; raise if nothing counts in one of them."""
    for name, part in zip(("the rest", "this part"), parts, strict=True):
        weights = part.targets.weights
        if len(part.targets.values) == 0 or (weights is not None and not (weights > 0).any()):
            raise ValueError(
                f"early_stopping=True holds out validation_fraction={fraction} of the data, but in {name} nothing "
                "counts: every step is padding, or sample_weight is zero. Give another validation_fraction or "
                "validation."
            )
    return parts


def _split_steps(part: Part, fraction: float) -> tuple[Part, Part]:
    sequences, targets = part.sequences, part.targets
    # Series of 10 and 4 rows, fraction 0.2: 2 and 1 rows are held, 8 and 3 kept. Rounding up, so that each holds one.
    held = np.ceil(fraction * sequences.lengths).astype(np.int64)
    kept = sequences.lengths - held
    if not (kept > 0).any():
        raise ValueError(_too_few(sequences.n_steps, "rows", fraction))
    # The held rows are read with the state of those before them, which therefore stay in the validation part, with a
    # weight of zero.
    first = flat_rows(sequences.offsets, kept)
    weights = np.ones(sequences.n_steps) if targets.weights is None else targets.weights.copy()
    weights[first] = 0.0
    return (
        Part(sequences.keep_first(kept), targets.take(first)),
        Part(sequences.take(np.arange(len(sequences))), Targets(targets.values, weights)),
    )


def _draw(part: Part, n: int, fraction: float, stratify: bool, random_state: Any) -> tuple[Ints, Ints]:
    labels = part.targets.values if stratify else None
    try:
        train, valid = train_test_split(np.arange(n), test_size=fraction, random_state=random_state, stratify=labels)
    except ValueError as error:
        raise ValueError(f"{_too_few(n, 'sequences', fraction)} ({error})") from error
    return np.sort(train), np.sort(valid)  # the split is random, the order of samples is not


def _ends(sequences: Sequences, fraction: float) -> tuple[Ints, Ints]:
    """Split off the last sequences of each series."""
    codes = np.zeros(len(sequences), dtype=np.int64) if sequences.series is None else sequences.series
    # The rank of a sequence is its place within its series: for codes [0, 1, 0, 0] it is [0, 0, 1, 2]. The last ranks
    # of each series are held out.
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes)
    rank = np.empty(len(codes), dtype=np.int64)
    rank[order] = np.arange(len(codes)) - np.repeat(offsets(counts), counts)
    held = rank >= (counts - np.ceil(fraction * counts).astype(np.int64))[codes]
    return np.flatnonzero(~held), np.flatnonzero(held)


def _take(part: Part, index: Array) -> Part:
    """Return some of the sequences with their targets."""
    sequences, targets = part.sequences, part.targets
    chosen = flat_rows(sequences.offsets[index], sequences.lengths[index]) if sequences.per_step else index
    return Part(sequences.take(index), targets.take(chosen))


def _too_few(n: int, what: str, fraction: float) -> str:
    return (
        f"early_stopping=True holds out validation_fraction={fraction} of {n} {what}, which leaves too few to train or "
        "to validate on; give more data, another validation_fraction, or early_stopping=False."
    )
