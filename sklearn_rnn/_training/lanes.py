"""Lanes, chunks and windows: how sequences are cut for truncated back-propagation through time. Numpy only.

A sequence is cut into chunks of `k1` steps; each chunk is an update. Sequences queue in lanes that run side by side,
and long ones are cut into segments first, so that all lanes are busy. Within a segment the window of an update
reaches back `k2` steps from the end of its chunk.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._data.sequences import Ints, offsets

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Segments:
    """Runs of chunks of one sequence each, sequence after sequence and in time order.

    Parameters
    ----------
    sequence : ndarray of shape (n_segments,)
        The sequence that each is a part of.
    first, length : ndarray of shape (n_segments,)
        Its first step within the sequence, and its steps.
    seen : ndarray of shape (n_segments,)
        Steps at its beginning that are learned before it, in the segment before or the last call of partial_fit, and
        that its first windows reach back to.
    chunks : ndarray of shape (n_segments,)
        Updates that it takes.
    continues : ndarray of shape (n_segments,)
        Whether the next segment continues from its end.
    """

    sequence: Ints
    first: Ints
    length: Ints
    seen: Ints
    chunks: Ints
    continues: Flags

    def __len__(self) -> int:
        return len(self.sequence)


@dataclass(frozen=True)
class Span:
    """The steps that an update runs in each lane: ``begin <= cut <= end``, counted within segments.

    Parameters
    ----------
    begin, end : ndarray of shape (n_lanes,)
        First step that is run, and the step after the last.
    cut : ndarray of shape (n_lanes,)
        Where the run is interrupted: with ``k2 > k1`` for the state from which the window after this one begins; else
        for the gradient, which does not flow through the steps before.
    counted : ndarray of shape (n_lanes,)
        First step whose target counts.
    saved : ndarray of shape (n_lanes,)
        Whether the state at the cut (``k2 > k1``) or at the end is where the next window of the lane begins.
    """

    begin: Ints
    cut: Ints
    end: Ints
    counted: Ints
    saved: Flags

    def of_lanes(self, lanes: slice) -> Span:
        """Return the steps of some of the lanes."""
        return Span(self.begin[lanes], self.cut[lanes], self.end[lanes], self.counted[lanes], self.saved[lanes])


@dataclass(frozen=True)
class Truncation:
    """Truncated back-propagation through time, TBPTT(k1, k2).

    Parameters
    ----------
    k1 : int
        Steps from one update to the next.
    k2 : int
        Steps that the gradient of an update flows back from its newest one.
    stateful : bool
        Whether the state is carried from chunk to chunk; else each window starts from zero.
    per_step : bool
        Whether there is a target per step; else one at the end of each sequence, which is a single chunk then.

    References
    ----------
    Williams and Peng (1990), An efficient gradient-based algorithm for on-line training of recurrent network
    trajectories, Neural Computation 2(4).
    """

    k1: int
    k2: int
    stateful: bool
    per_step: bool = True

    @property
    def carries(self) -> bool:
        """Whether a window begins with the state of an earlier one."""
        return self.stateful and self.per_step

    @property
    def overlap(self) -> int:
        """Steps that windows reach back into chunks before their own."""
        return max(self.k2 - self.k1, 0) if self.per_step else 0

    def chunks(self, lengths: Ints) -> Ints:
        """Return in how many chunks, each an update, sequences of these lengths are learned."""
        return -(-lengths // self.k1) if self.per_step else np.ones_like(lengths)

    def segments(self, lengths: Ints, seen: Ints, n_lanes: int | None) -> Segments:
        """Cut long sequences so that all lanes are busy; with no number of lanes they stay whole.

        Parameters
        ----------
        lengths : ndarray of shape (n_sequences,)
            Steps of each sequence.
        seen : ndarray of shape (n_sequences,)
            Of these, the ones at its beginning that were learned before.
        n_lanes : int or None
            Number of lanes.
        """
        # One series of 10 steps with k1=2, k2=5 is five chunks. In two lanes it is cut into the segments of chunks
        # (0, 1, 2) and (3, 4). The second one begins with step 6, but holds the k2 - k1 = 3 steps before it, too, since
        # its first windows reach back to them: first = 3, seen = 3, length = 7.
        chunks = self.chunks(lengths - seen)
        sequence, sizes = _split(chunks, np.minimum(chunks, 1) if n_lanes is None else _parts(chunks, n_lanes))
        begin = seen[sequence] + self.k1 * (offsets(sizes) - offsets(chunks)[sequence])
        continues = np.append(sequence[:-1] == sequence[1:], False)[: len(sequence)]
        end = np.where(continues, begin + self.k1 * sizes, lengths[sequence])
        is_later = np.append(False, continues[:-1])[: len(sequence)]
        first = np.where(is_later, np.maximum(begin - self.overlap, 0), 0)
        return Segments(sequence, first, end - first, begin - first, sizes, continues)

    def span(self, segments: Segments, which: Ints, chunk: Ints) -> Span:
        """Return the steps that chunk number `chunk` of the segments `which` runs."""
        length = segments.length[which]
        if not self.per_step:
            return self._last_span(length)
        new = segments.seen[which] + self.k1 * chunk
        end = np.minimum(new + self.k1, length)
        if self.k2 <= self.k1:
            # k1=3, k2=2: steps 0, 1, 2 of which the gradient reaches 1 and 2, then 3, 4, 5 of which it reaches 4, 5.
            cut = np.maximum(end - self.k2, new)
            return Span(new, cut, end, cut, end - new == self.k1)
        # k1=2, k2=5: [0, 2), [0, 4), [1, 6), [3, 8), ... The state before step 1 is from the run of [0, 4), cut there.
        begin = np.maximum(end - self.k2, 0)
        if not self.stateful:
            return Span(begin, begin, end, new, np.zeros(len(end), dtype=bool))
        # What comes after a segment, in the next one or in partial_fit, is taken to begin with a whole chunk.
        next_end = np.where(end < length, np.minimum(end + self.k1, length), end + self.k1)
        return Span(begin, np.maximum(next_end - self.k2, 0), end, new, np.ones(len(end), dtype=bool))

    def _last_span(self, length: Ints) -> Span:
        """Return the window of the only target, which stands at the end of a sequence."""
        cut = np.maximum(length - self.k2, 0)
        begin = np.zeros_like(length) if self.stateful else cut
        return Span(begin, cut, length, length, np.zeros(len(length), dtype=bool))


def _parts(chunks: Ints, n_lanes: int) -> Ints:
    """Return in how many segments to cut each sequence, so that the lanes are done soonest, in as few as that takes.

    Of chunks (7, 3, 3) and three lanes a fair share is 5. Whole, the lanes take 7 updates; with 5 chunks a segment at
    most, the first sequence is cut into 4 and 3, and one lane takes 3 + 3 = 6.
    """
    fair = max(-(-int(chunks.sum()) // n_lanes), 1)
    at_most = {fair}  # chunks of a segment; with more than fair some sequence has a part less from each of these on
    for count in np.unique(chunks[chunks > fair]):
        at_most.update((-(-count // np.arange(1, -(-count // fair)))).tolist())
    tried = []
    for most in sorted(at_most, reverse=True):
        parts = -(-chunks // most)
        tried.append((n_updates(_split(chunks, parts)[1], n_lanes), parts))
    return min(tried, key=lambda one: one[0])[1]


def _split(chunks: Ints, parts: Ints) -> tuple[Ints, Ints]:
    """Split sequences into parts as equal as can be, longer ones first: the sequence and the chunks of each part.

    Chunks (7, 2) in (3, 1) parts: sequences (0, 0, 0, 1) with chunks (3, 2, 2, 2).
    """
    sequence = np.repeat(np.arange(len(chunks)), parts)
    rank = np.arange(len(sequence)) - np.repeat(offsets(parts), parts)
    share, rest = np.divmod(chunks, np.maximum(parts, 1))
    return sequence, share[sequence] + (rank < rest[sequence])


def lanes(chunks: Ints, n_lanes: int, order: Ints) -> Ints:
    """Hand segments out to lanes: the longest first, each to the lane with the least to do.

    Parameters
    ----------
    chunks : ndarray of shape (n_segments,)
        Updates that each segment takes.
    n_lanes : int
        Number of lanes.
    order : ndarray of shape (n_segments,)
        Segments in the order in which they run within a lane, and are taken where they are equally long.

    Returns
    -------
    ndarray of shape (n_segments,)
        Lane of each segment.

    References
    ----------
    Graham (1969), Bounds on multiprocessing timing anomalies, SIAM Journal on Applied Mathematics 17(2).
    """
    lane_of = np.empty(len(chunks), dtype=np.int64)
    loads = [(0, lane) for lane in range(min(n_lanes, len(chunks)))]
    for segment in order[np.argsort(-chunks[order], kind="stable")]:
        load, lane = loads[0]
        lane_of[segment] = lane
        heapq.heapreplace(loads, (load + int(chunks[segment]), lane))
    return lane_of


def n_updates(chunks: Ints, n_lanes: int) -> int:
    """Count the updates until all lanes are done, whatever the order."""
    lane_of = lanes(chunks, n_lanes, np.arange(len(chunks)))
    return int(np.bincount(lane_of, chunks, minlength=1).max())


def updates(chunks: Ints, n_lanes: int, order: Ints) -> tuple[Ints, Ints, Ints]:
    """Return what the busy lanes run, update after update.

    Returns
    -------
    which, number : ndarray of shape (n_chunks,)
        The segment and the number of each chunk, lane after lane within an update.
    busy : ndarray of shape (n_updates,)
        Lanes that are busy in each update.
    """
    # Chunks (2, 1, 1) in two lanes: lane 0 runs segment 0, lane 1 the segments 1 and 2. Lane after lane that is which =
    # (0, 0, 1, 2), number = (0, 1, 0, 0), in the updates (0, 1, 0, 1); update after update, which = (0, 1, 0, 2).
    lane_of = lanes(chunks, n_lanes, order)
    queue = order[np.argsort(lane_of[order], kind="stable")]
    counts = chunks[queue]
    lane = np.repeat(lane_of[queue], counts)
    loads = np.bincount(lane, minlength=1)
    update = np.arange(len(lane)) - np.repeat(offsets(loads), loads)
    number = np.arange(len(lane)) - np.repeat(offsets(counts), counts)
    in_turn = np.lexsort((lane, update))
    return np.repeat(queue, counts)[in_turn], number[in_turn], np.bincount(update)
