"""Truncated back-propagation through time: the updates of an epoch, with the state carried from chunk to chunk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from .._data.sequences import Ints, flat_rows
from .._networks.contract import Network, State
from .batches import Pair, Ranges, SequenceData
from .inference import advance
from .lanes import Segments, Span, Truncation, n_updates, updates


class Chunk:
    """One update: the window of each lane, and the state in which it begins.

    Parameters
    ----------
    data : SequenceData
        Where the steps are.
    rows, positions : ndarray of shape (n_lanes,)
        Row of the first step of each lane's segment, and position of its target; of its only target if there is none
        per step.
    span : Span
        What is run of each segment.
    state : State or None
        State before the first step of each window; None is zero.
    truncation : Truncation
        How gradients are cut.
    ranges : Ranges
        What the gradient flows through, in numbers of rows and targets.
    kept : ndarray of shape (n_lanes,) or None
        Steps of `ranges` after which the next windows begin; None if these begin from zero.

    Attributes
    ----------
    after : State or None
        Once it has run, the state where the next windows begin, for lanes whose state is `saved`.
    """

    def __init__(
        self,
        data: SequenceData,
        rows: Ints,
        positions: Ints,
        span: Span,
        state: State | None,
        truncation: Truncation,
        ranges: Ranges,
        kept: Ints | None,
    ) -> None:
        self.data = data
        self.rows = rows
        self.positions = positions
        self.span = span
        self.state = state
        self.truncation = truncation
        self.ranges = ranges
        self.kept = kept
        self.after: State | None = None

    def apply(self, network: Network) -> Tensor:
        """Return one output per target that counts, lane after lane."""
        # With an overlap both parts have gradients, and the run is cut for the state in between alone, where the next
        # window begins. Without it the first part only brings the state to the cut.
        span, overlap = self.span, self.truncation.overlap
        outputs, at_cut = [], self.before(network)
        if overlap and (span.cut > span.begin).any():
            with _same_masks_after(network):
                output, at_cut = self._apply(network, span.begin, span.cut, at_cut)
                outputs.append(output)
        at_end = at_cut
        if not self.truncation.per_step or (span.end > span.cut).any():
            output, at_end = self._apply(network, span.cut, span.end, at_cut, ragged_state=False)
            outputs.append(output)
        self.after = _detached(at_cut if overlap else at_end) if self.truncation.carries else None
        return torch.cat(outputs) if len(outputs) > 1 else outputs[0]

    def before(self, network: Network) -> State | None:
        """Return the state where the gradient begins to flow, which steps without one may have to bring."""
        span = self.span
        if self.truncation.overlap or not (span.cut > span.begin).any():
            return self.state
        with _same_masks_after(network):
            return advance(network, self.data, self._at(span.begin), span.cut - span.begin, self.state)

    def targets(self) -> Pair:
        """Return the targets that count, in the order of the outputs, and their weights."""
        span, wanted = self.span, self.positions
        if self.truncation.per_step:
            parts = [(np.maximum(span.counted, span.cut), span.end)]
            if self.truncation.overlap:
                parts.insert(0, (span.counted, span.cut))
            rows = [flat_rows(self.positions + first, np.maximum(end - first, 0)) for first, end in parts]
            wanted = np.concatenate(rows)
        return self.data.targets(torch.from_numpy(wanted).to(self.data.starts.device))

    def _apply(
        self, network: Network, begin: Ints, end: Ints, state: State | None, *, ragged_state: bool = True
    ) -> tuple[Tensor, State]:
        """Run a part of the windows and select the outputs that count."""
        x, lengths = self.data.gather_ranges(self._at(begin), end - begin)
        output, state = network(x, state, lengths, ragged_state=ragged_state)
        if not self.truncation.per_step:
            return output, state
        # Usually the same steps count in all lanes; else a mask selects them, in the order of `wanted`.
        skipped = np.clip(self.span.counted - begin, 0, end - begin)
        if lengths is None and (skipped == skipped[0]).all():
            first = int(skipped[0])
            return (output[:, first:] if first else output).flatten(0, 1), state
        places = torch.arange(x.shape[1])
        counts = (places >= torch.from_numpy(skipped)[:, None]) & (places < torch.from_numpy(end - begin)[:, None])
        return output[counts.to(output.device)], state

    def _at(self, steps: Ints) -> Ints:
        return self.rows + self.data.sequences.stride * steps


class TruncatedBatches:
    """The updates of an epoch, lane beside lane; iterate once per epoch.

    The state belongs to segments and not to lanes, so a lane that moves on to its next segment can't take it along.

    Parameters
    ----------
    data : SequenceData
        Sequences and targets.
    network : Network
        The network that is trained.
    truncation : Truncation
        How sequences are cut.
    n_lanes : int
        Segments that run side by side.
    generator : torch.Generator or None
        Draws the order of segments anew in each epoch; None keeps the order.
    origin : State, optional
        State in which each sequence begins; zero by default.
    seen : ndarray of shape (n_sequences,), optional
        Steps at the beginning of each sequence that were learned before and have no target; zero by default.
    whole : bool, default=False
        Whether sequences are kept in one segment each.
    """

    def __init__(
        self,
        data: SequenceData,
        network: Network,
        truncation: Truncation,
        n_lanes: int,
        generator: torch.Generator | None,
        *,
        origin: State | None = None,
        seen: Ints | None = None,
        whole: bool = False,
    ) -> None:
        self.data = data
        self.network = network
        self.truncation = truncation
        self.n_lanes = n_lanes
        self.generator = generator
        sequences = data.sequences
        seen = np.zeros(len(sequences), dtype=np.int64) if seen is None else seen
        self.segments: Segments = truncation.segments(sequences.lengths, seen, None if whole else n_lanes)
        of = self.segments.sequence
        self.rows = sequences.starts[of] + sequences.stride * self.segments.first
        self.positions = of
        if truncation.per_step:
            self.positions = (sequences.offsets - np.cumsum(seen))[of] + self.segments.first
        self.origin = network.initial_state(len(sequences)) if origin is None else origin
        self.state: State | None = None  # of each segment, at step `at`
        self.at = np.zeros(len(self.segments), dtype=np.int64)
        self._in_lanes: tuple[Ints, State] | None = None  # segments, and their state that is newer than that

    def __len__(self) -> int:
        """Count the places in all updates, so that as many batches of `n_lanes` are an epoch."""
        return self.n_updates * self.n_lanes

    @property
    def n_updates(self) -> int:
        """Updates of an epoch."""
        return n_updates(self.segments.chunks, self.n_lanes)

    def __iter__(self) -> Iterator[tuple[Chunk, Pair]]:
        return ((chunk, chunk.targets()) for chunk in self.updates())

    def updates(self) -> Iterator[Chunk]:
        """Go through the updates of an epoch; each must have run before the next."""
        segments, truncation = self.segments, self.truncation
        if truncation.carries:
            self.state, self._in_lanes = self._initial_state(), None
            self.at[:] = 0
        n = len(segments)
        order = np.arange(n) if self.generator is None else torch.randperm(n, generator=self.generator).numpy()
        which_of_all, number, busy = updates(segments.chunks, self.n_lanes, order)
        spans = truncation.span(segments, which_of_all, number)
        every, kept = self._ranges(which_of_all, spans)
        ends = np.cumsum(busy)
        for begin, end in zip((ends - busy).tolist(), ends.tolist(), strict=True):
            lanes = slice(begin, end)
            which, span = which_of_all[lanes], spans.of_lanes(lanes)
            places = (self.rows[which], self.positions[which])
            of_lanes = None if kept is None else kept[lanes]
            chunk = Chunk(self.data, *places, span, self._state_of(which), truncation, every.take(lanes), of_lanes)
            yield chunk
            if chunk.after is not None:
                self._save(which, span, chunk.after)
        self.put_down()

    def _ranges(self, which: Ints, spans: Span) -> tuple[Ranges, Ints | None]:
        """Return what gradients flow through in all updates, and after how many steps the next windows begin."""
        truncation = self.truncation
        first = spans.begin if truncation.overlap else spans.cut
        starts = self.rows[which] + self.data.sequences.stride * first
        targets = self.positions[which] + first if truncation.per_step else self.positions[which]
        kept = (spans.cut if truncation.overlap else spans.end) - first if truncation.carries else None
        return Ranges(starts, spans.end - first, targets, spans.counted - first), kept

    def _initial_state(self) -> State:
        """Begin sequences where they begin, and later segments where the one before ended in the epoch before."""
        follows = np.flatnonzero(self.segments.continues) + 1
        sequence = torch.from_numpy(self.segments.sequence)
        initial = [tuple(part[sequence.to(part.device)] for part in parts) for parts in self.origin]
        later = torch.from_numpy(follows)
        for i, parts in enumerate(initial):
            for j, part in enumerate(parts):
                part[later] = 0.0 if self.state is None else self.state[i][j][later - 1]
        return initial

    def _state_of(self, which: Ints) -> State | None:
        if self.state is None:
            return None
        # The same segments as in the update before, as nearly always: their state needs no gathering.
        if self._in_lanes is not None and np.array_equal(self._in_lanes[0], which):
            return self._in_lanes[1]
        self.put_down()
        index = torch.from_numpy(which).to(self.state[0][0].device)
        return [tuple(part.index_select(0, index) for part in parts) for parts in self.state]

    def _save(self, which: Ints, span: Span, after: State) -> None:
        """Keep the state where the next windows begin, in the lanes as long as the same segments are run."""
        self.at[which] = np.where(span.saved, span.cut if self.truncation.overlap else span.end, self.at[which])
        if not span.saved.all():
            self.put_down()
            lanes = torch.from_numpy(np.flatnonzero(span.saved)).to(after[0][0].device)
            after = [tuple(part.index_select(0, lanes) for part in parts) for parts in after]
        self._in_lanes = (which[span.saved], after)

    def put_down(self) -> None:
        """Give the state that is in the lanes back to its segments."""
        if self.state is None or self._in_lanes is None:
            return
        which, after = self._in_lanes
        index = torch.from_numpy(which).to(after[0][0].device)
        for parts, new in zip(self.state, after, strict=True):
            for part, values in zip(parts, new, strict=True):
                part.index_copy_(0, index, values)
        self._in_lanes = None


@contextmanager
def _same_masks_after(network: Network) -> Iterator[None]:
    """Let both halves of a window drop the same units."""
    generator = network.generator if network.draws else None
    before = None if generator is None else generator.get_state()
    yield
    if generator is not None and before is not None:
        generator.set_state(before)


def _detached(state: State | None) -> State | None:
    return None if state is None else [tuple(part.detach() for part in parts) for parts in state]
