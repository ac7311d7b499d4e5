"""The state in which training leaves each series, from which `partial_fit` and streams continue."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch

from .._data.sequences import Array, Ints, Sequences, flat_rows, offsets
from .._data.series import match_series
from .._networks.contract import Network, State
from .inference import advance, run_on
from .tbptt import TruncatedBatches


@dataclass(frozen=True)
class Carried:
    """State of several series.

    Parameters
    ----------
    ids : pandas.Index or None
        What the user calls each series; None if they have no names and are known by their order.
    state : State
        State of all series, as tensors of shape (n_series, units).
    tails : list of ndarray of shape (steps, n_features)
        Steps of each series that were learned but come after its state, for later windows to reach back to.
    """

    ids: pd.Index | None
    state: State
    tails: list[Array]

    def __len__(self) -> int:
        return len(self.tails)

    def sources(self, sequences: Sequences) -> Ints:
        """Find the series that each sequence continues: its number here, or -1 for a new one."""
        n = len(sequences)
        if self.ids is None and sequences.ids is None and n == len(self):
            return np.arange(n)
        if self.ids is None or sequences.ids is None or self.ids.nlevels != sequences.ids.nlevels:
            raise ValueError(
                f"X has {_count(sequences.ids, n)}, but the state that training left is that of "
                f"{_count(self.ids, len(self))}; give partial_fit the series that it continues in the same way and "
                "order, name them by series= or an index of two levels from the first call on, or start anew with fit."
            )
        return match_series(sequences.ids, self.ids)

    def at_end(self, network: Network) -> State:
        """Return the state after the last step that was learned of each series."""
        device = network.device
        return _read_on(network, self.tails, [tuple(part.to(device) for part in parts) for parts in self.state])

    def updated(self, new: Carried) -> Carried:
        """Take over the series of `new`; others stay as they are."""
        if self.ids is None or new.ids is None:
            return new
        kept = np.flatnonzero(match_series(self.ids, new.ids) < 0)
        state = [
            tuple(torch.cat([after, before[kept]]) for after, before in zip(afters, befores, strict=True))
            for afters, befores in zip(new.state, self.state, strict=True)
        ]
        return Carried(new.ids.append(self.ids[kept]), state, new.tails + [self.tails[i] for i in kept])


def resume_from(
    carried: Carried, sequences: Sequences, network: Network, overlap: int
) -> tuple[Sequences, Ints, State]:
    """Let sequences continue from where training left them.

    Parameters
    ----------
    carried : Carried
        Where training left each series.
    sequences : Sequences
        What comes next of some of them, or of new ones.
    network : Network
        The trained network.
    overlap : int
        Steps that windows reach back to.

    Returns
    -------
    sequences : Sequences
        With the steps before that later windows reach back to.
    seen : ndarray of shape (n_sequences,)
        How many those are.
    state : State
        State before the first step of each.
    """
    sources = carried.sources(sequences)
    old = torch.from_numpy(np.flatnonzero(sources >= 0))
    # The state of new series stays the initial one; that of others is copied in, from the CPU where it is kept.
    state = network.initial_state(len(sequences))
    for parts, kept in zip(state, carried.state, strict=True):
        for part, values in zip(parts, kept, strict=True):
            part[old] = values[torch.from_numpy(sources)[old]].to(part)
    tails = [carried.tails[i] if i >= 0 else sequences.table[:0] for i in sources]
    if any(len(tail) > overlap for tail in tails):  # windows reached back further when training left
        passed = [tail[: max(len(tail) - overlap, 0)] for tail in tails]
        state = _read_on(network, passed, state)
        tails = [tail[len(steps) :] for tail, steps in zip(tails, passed, strict=True)]
    seen = np.array([len(tail) for tail in tails], dtype=np.int64)
    return (sequences if not seen.any() else _behind(tails, sequences)), seen, state


def _read_on(network: Network, tails: list[Array], state: State) -> State:
    """Return the state after tails."""
    lengths = np.array([len(tail) for tail in tails], dtype=np.int64)
    return run_on(network, Sequences(np.concatenate(tails), offsets(lengths), lengths, per_step=True), state)[1]


def _behind(tails: list[Array], sequences: Sequences) -> Sequences:
    """Put the steps of sequences behind tails, in a table of their own."""
    pieces = []
    for tail, start, length in zip(tails, sequences.starts, sequences.lengths, strict=True):
        pieces += [tail, sequences.table[start + sequences.stride * np.arange(length)]]
    lengths = sequences.lengths + np.array([len(tail) for tail in tails], dtype=np.int64)
    table = np.concatenate(pieces).astype(sequences.table.dtype, copy=False)
    return replace(sequences, table=table, starts=offsets(lengths), lengths=lengths, stride=1, layout=None)


def left_by(batches: TruncatedBatches, *, anew: bool) -> Carried:
    """Return the state in which training left each series.

    Parameters
    ----------
    batches : TruncatedBatches
        What was trained on.
    anew : bool
        Whether it is found by reading the series again, since the weights are no longer those of the last epoch.
    """
    batches.put_down()  # an interrupted epoch has not done so
    data, segments = batches.data, batches.segments
    sequences = data.sequences
    last = np.flatnonzero(~segments.continues)
    state = [tuple(part.clone() for part in parts) for parts in batches.origin]
    at = np.zeros(len(sequences), dtype=np.int64)
    if batches.state is not None and not anew:
        of = segments.sequence[last]
        at[of] = segments.first[last] + batches.at[last]  # steps within segments become steps of the sequence
        for parts, reached in zip(state, batches.state, strict=True):
            for part, values in zip(parts, reached, strict=True):
                part[torch.from_numpy(of)] = values[torch.from_numpy(last)]
    # Windows to come reach back `overlap` steps: the state is left before these, and they are kept as tails. With 10
    # steps, an overlap of 3 and a state after step 6, one more step is read and the last three are the tail.
    end = np.maximum(sequences.lengths - batches.truncation.overlap, at)
    state = advance(batches.network, data, sequences.starts + sequences.stride * at, end - at, state)
    rows = flat_rows(sequences.starts + sequences.stride * end, sequences.lengths - end, sequences.stride)
    tails = np.split(sequences.table[rows], np.cumsum(sequences.lengths - end)[:-1])
    return Carried(sequences.ids, [tuple(part.cpu() for part in parts) for parts in state], tails)


def _count(ids: pd.Index | None, n: int) -> str:
    return f"{n} {'sequence' if n == 1 else 'sequences'} {'without names' if ids is None else 'with series ids'}"
