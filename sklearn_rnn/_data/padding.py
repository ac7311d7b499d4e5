"""Padding: where it is found, cut off and told apart from values that are missing. Numpy only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .checks import quoted
from .sequences import Array, Ints, Layout, Sequences, flat_rows, offsets

IMPUTE = "fill it in, for example with SequenceImputer"
OF_SEQUENCES = " (of X[:, :, None] where X is 2-D, a sequence per row)"

Flags = NDArray[np.bool_]


def without_padding(padded: Sequences, mask_value: float | None, names: Array | None) -> Sequences:
    """Leave padding out of sequences.

    Parameters
    ----------
    padded : Sequences
        Sequences that may have padding: steps of NaN at either end, and steps of `mask_value` anywhere.
    mask_value : float or None
        A step whose features all have this value is padding.
    names : ndarray of str or None
        Names of the features, for messages.

    Returns
    -------
    Sequences
        Of the same table, unless steps within a sequence are left out.

    Raises
    ------
    ValueError
        If a step that is not padding has NaN or infinity.
    """
    table = padded.table
    nowhere: Flags = np.zeros(len(table), dtype=bool)
    masked = nowhere if mask_value is None else all_features(table == table.dtype.type(mask_value))
    # One pass without a copy. The sum of finite numbers may overflow, too, which only takes the longer way.
    finite = bool(np.isfinite(np.sum(table)))
    if finite and not masked.any():
        return padded
    missing = nowhere if finite else all_features(np.isnan(table))
    starts, lengths = trim(padded.starts, padded.lengths, padded.stride, missing | masked)
    if not finite:
        check_finite(padded, starts, lengths, names)
    trimmed = replace(padded, starts=starts, lengths=lengths)
    if padded.layout is not None:
        # Steps are numbered through all padded sequences; those of a trimmed one are a range of these numbers.
        kept = flat_rows(padded.offsets + (starts - padded.starts) // padded.stride, lengths)
        trimmed = replace(trimmed, layout=_with_steps(padded.layout, kept))
    inside = count_within(starts, lengths, padded.stride, masked) > 0
    return _without_masked(trimmed, masked) if inside.any() else trimmed


def _without_masked(sequences: Sequences, masked: Flags) -> Sequences:
    """Leave masked rows out, in a table of its own: what is left of a sequence is no range of the old one."""
    rows = flat_rows(sequences.starts, sequences.lengths, sequences.stride)
    real = ~masked[rows]
    sequence_of = np.repeat(np.arange(len(sequences)), sequences.lengths)
    lengths = np.bincount(sequence_of[real], minlength=len(sequences)).astype(np.int64)
    layout = None if sequences.layout is None else _with_steps(sequences.layout, np.flatnonzero(real))
    table = sequences.table[rows[real]]
    return replace(sequences, table=table, starts=offsets(lengths), lengths=lengths, stride=1, layout=layout)


def _with_steps(layout: Layout, kept: Ints) -> Layout:
    """Return the layout of those steps that are kept."""
    return replace(layout, step_slots=kept if layout.step_slots is None else layout.step_slots[kept])


def check_finite(padded: Sequences, starts: Ints, lengths: Ints, names: Array | None) -> None:
    """Raise an error if a step has NaN or infinity; `starts` and `lengths` say which steps are no padding."""
    flagged = ~all_features(np.isfinite(padded.table))
    bad = count_within(starts, lengths, padded.stride, flagged) > 0
    if not bad.any():
        return
    i = int(np.argmax(bad))
    rows = starts[i] + padded.stride * np.arange(lengths[i])
    row = rows[np.argmax(flagged[rows])]
    feature = int(np.argmax(~np.isfinite(padded.table[row])))
    name = feature if names is None else quoted(str(names[feature]))
    place = f"{_place(padded, i, row)}, feature {name})"
    if np.isnan(padded.table[row, feature]):
        # Rows that are sequences of one feature are no steps of a table, as which the imputer would read them.
        rows_are_steps = padded.per_step or padded.n_features > 1
        raise ValueError(f"X has NaN {place}; {IMPUTE}{'' if rows_are_steps else OF_SEQUENCES}.")
    raise ValueError(
        f"X has infinity, or a value too large for {padded.table.dtype}, {place}; replace or clip it, or scale X first."
    )


def _place(padded: Sequences, i: int, row: int) -> str:
    """Say where a row of the table is for the user: by the name of its series, if that is known."""
    step = int((row - padded.starts[i]) // padded.stride)
    layout = padded.layout
    if padded.ids is not None and layout is not None and layout.form == "rows":
        slot = int(padded.offsets[i]) + step
        slot = slot if layout.step_slots is None else int(layout.step_slots[slot])
        return f"inside series {quoted(padded.ids[i])} (row {layout.rows[slot]}"
    whose = "" if padded.ids is None else f" of series {quoted(padded.ids[i])}"
    return f"inside sequence {i}{whose} (step {step + padded.lead(i)}"  # as the user counts, padding included


def trim(starts: Ints, widths: Ints, stride: int, padding: Flags) -> tuple[Ints, Ints]:
    """Cut padding rows off both ends of every range.

    Parameters
    ----------
    starts, widths : ndarray of shape (n_sequences,)
        The ranges, of rows `stride` apart.
    stride : int
        Rows from one step to the next.
    padding : ndarray of shape (n_rows,)
        Whether a row is padding.

    Returns
    -------
    starts, lengths : ndarray of shape (n_sequences,)
        The ranges without padding at either end; an empty one keeps its start.
    """
    # For every row: the next one at or after it that is no padding, and the last one at or before it. With these two
    # lists each range, of which windows have thousands, is trimmed by looking up its first and its last row:
    #   row      0  1  2  3  4
    #   padding  x  x  .  .  x
    #   after    2  2  2  3  6 (none)      so the range 0...4 begins at after[0] = 2
    #   before  -1 -1  2  3  3             and ends at before[4] = 3: start 2, length 2
    if len(padding) == 0:  # no row to look up: all ranges are empty
        return starts, np.zeros_like(widths)
    rows = np.arange(len(padding))
    after = _strided(np.where(padding, len(rows) + stride, rows), stride, len(rows) + stride)
    after = np.minimum.accumulate(after[::-1])[::-1].ravel()
    before = _strided(np.where(padding, -1, rows), stride, -1)
    before = np.maximum.accumulate(before).ravel()
    ends = starts + stride * (widths - 1)
    some = widths > 0  # an empty range may start beyond the table
    first = np.where(some, after[np.where(some, starts, 0)], 0)
    last = np.where(some, before[np.where(some, ends, 0)], -1)
    real = some & (first <= ends) & (last >= first)
    lengths = np.where(real, (last - first) // stride + 1, 0)
    return np.where(real, first, starts), lengths


def count_within(starts: Ints, lengths: Ints, stride: int, flagged: Flags) -> Ints:
    """Count the flagged rows in each range."""
    # Differences of running totals, so that overlapping ranges cost one look-up at each end. With stride 1:
    #   row      0  1  2  3  4
    #   flagged  .  x  x  .  .
    #   totals   0  0  1  2  2  2     (of the rows before)
    # The range of 3 rows from row 1 on has totals[4] - totals[1] = 2.
    counts = _strided(flagged.astype(np.int64), stride, 0)
    totals = np.concatenate([np.zeros((1, stride), dtype=np.int64), np.cumsum(counts, axis=0)]).ravel()
    ends = starts + stride * lengths
    return np.where(lengths > 0, totals[np.minimum(ends, len(totals) - 1)] - totals[starts], 0)


def covered(starts: Ints, lengths: Ints, stride: int, n_rows: int) -> Flags:
    """Flag the rows of a table that lie in some range."""
    # Ranges that have begun and not ended, so that memory is that of the rows, however many ranges share them.
    some = lengths > 0
    begun = np.bincount(starts[some], minlength=n_rows + stride)
    ended = np.bincount((starts + stride * lengths)[some], minlength=n_rows + stride)
    return np.asarray(np.cumsum(_strided(begun - ended, stride, 0), axis=0).ravel()[:n_rows] > 0)


def _strided(values: Array, stride: int, fill: int) -> Array:
    """Arrange one value per row so that rows `stride` apart follow each other down a column."""
    missing = -len(values) % stride
    return np.concatenate([values, np.full(missing, fill, dtype=values.dtype)]).reshape(-1, stride)


def all_features(flags: Array) -> Flags:
    """Whether all features of each row are flagged."""
    return np.asarray(flags.all(axis=1))
