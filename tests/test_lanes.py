"""How sequences are cut and queued: every step once, in order, in lanes that are evenly busy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_rnn._training.lanes import Truncation, lanes, updates

PANELS = [[7], [1000], [3, 7, 1, 6, 0, 7, 2], [100] * 10, [5, 400, 20, 1], [0, 3]]


def each_update(segments, n_lanes, order=None):
    which, number, busy = updates(segments.chunks, n_lanes, np.arange(len(segments)) if order is None else order)
    ends = np.cumsum(busy)[:-1]
    return zip(np.split(which, ends), np.split(number, ends), strict=True)


def segments_of(truncation, lengths, n_lanes):
    lengths = np.array(lengths)
    return truncation.segments(lengths, np.zeros_like(lengths), n_lanes)


@pytest.mark.parametrize("n_lanes", [1, 2, 5, 32])
@pytest.mark.parametrize("lengths", PANELS, ids=str)
@pytest.mark.parametrize("k1", [1, 3, 50])
def test_every_step_of_every_sequence_is_in_one_chunk(lengths, k1, n_lanes):
    truncation = Truncation(k1, k1, stateful=True)
    segments = segments_of(truncation, lengths, n_lanes)
    seen = [[] for _ in lengths]
    for which, chunk in each_update(segments, n_lanes):
        assert len(which) == len(set(which)) <= n_lanes
        window = truncation.span(segments, which, chunk)
        for i, begin, end in zip(which, window.begin, window.end, strict=True):
            first = segments.first[i]
            seen[segments.sequence[i]].append((first + begin, first + end))
    for length, spans in zip(lengths, seen, strict=True):
        assert [step for begin, end in sorted(spans) for step in range(begin, end)] == list(range(length))


@pytest.mark.parametrize("n_lanes", [2, 5, 32])
@pytest.mark.parametrize("lengths", PANELS, ids=str)
def test_chunks_of_a_segment_run_one_after_the_other(lengths, n_lanes):
    segments = segments_of(Truncation(3, 3, stateful=True), lengths, n_lanes)
    order = np.random.default_rng(0).permutation(len(segments))
    last = {}
    for which, chunk in each_update(segments, n_lanes, order):
        for i, number in zip(which, chunk, strict=True):
            assert number == last.get(i, -1) + 1
            last[i] = number
    assert_array_equal([last[i] + 1 for i in range(len(segments))], segments.chunks)


@pytest.mark.parametrize("n_lanes", [1, 2, 5, 32])
@pytest.mark.parametrize("lengths", PANELS, ids=str)
def test_lanes_share_the_work(lengths, n_lanes):
    """No lane waits for a long series: the longest is at most a third above what would be fair."""
    segments = segments_of(Truncation(2, 2, stateful=True), lengths, n_lanes)
    load = np.bincount(lanes(segments.chunks, n_lanes, np.arange(len(segments))), segments.chunks, minlength=n_lanes)
    fair = -(-int(segments.chunks.sum()) // n_lanes)
    assert load.max() <= np.ceil(4 / 3 * fair)


def test_one_lane_is_strict_order():
    segments = segments_of(Truncation(2, 2, stateful=True), [6, 3, 4], 1)
    run = [(int(w[0]), int(c[0])) for w, c in each_update(segments, 1)]
    assert run == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (2, 0), (2, 1)]


def test_a_long_series_is_cut_at_multiples_of_a_chunk():
    segments = segments_of(Truncation(50, 50, stateful=True), [1010, 40], 4)
    assert_array_equal(segments.sequence, [0, 0, 0, 0, 1])
    assert_array_equal(segments.first, [0, 300, 550, 800, 0])
    assert_array_equal(segments.length, [300, 250, 250, 210, 40])
    assert_array_equal(segments.continues, [True, True, True, False, False])


def test_windows_reach_back_into_the_segment_before():
    truncation = Truncation(2, 5, stateful=True)
    segments = segments_of(truncation, [13], 3)
    assert_array_equal(segments.first, [0, 3, 7])
    assert_array_equal(segments.seen, [0, 3, 3])
    assert_array_equal(segments.length, [6, 7, 6])
    first = truncation.span(segments, np.array([1, 2]), np.array([0, 0]))
    assert_array_equal(segments.first[1:] + first.begin, [3, 7])
    assert_array_equal(segments.first[1:] + first.counted, [6, 10])
    last = truncation.span(segments, np.array([0, 1]), np.array([2, 1]))
    assert_array_equal(segments.first[:2] + last.cut, [3, 7])  # where the next segment begins


def test_windows_reach_back_from_the_end_of_a_chunk():
    truncation = Truncation(2, 5, stateful=True)
    segments = segments_of(truncation, [9], 1)
    spans = [truncation.span(segments, np.array([0]), np.array([j])) for j in range(5)]
    assert [(int(s.begin[0]), int(s.counted[0]), int(s.end[0])) for s in spans] == [
        (0, 0, 2), (0, 2, 4), (1, 4, 6), (3, 6, 8), (4, 8, 9)
    ]  # fmt: skip
    for now, after in itertools.pairwise(spans):
        assert now.cut[0] == after.begin[0]  # the state there is the one to be kept


@pytest.mark.parametrize(("k1", "k2", "stateful", "expected"), [
    (3, 3, True, (0, 4, 7)), (2, 5, True, (0, 2, 7)), (5, 2, True, (0, 5, 7)),
    (3, 3, False, (4, 4, 7)), (2, 5, False, (2, 2, 7)), (5, 2, False, (5, 5, 7)), (9, 9, False, (0, 0, 7)),
])  # fmt: skip
def test_the_only_target_of_a_sequence_is_learned_from_its_end(k1, k2, stateful, expected):
    truncation = Truncation(k1, k2, stateful=stateful, per_step=False)
    segments = segments_of(truncation, [7], 1)
    window = truncation.span(segments, np.array([0]), np.array([0]))
    assert (int(window.begin[0]), int(window.cut[0]), int(window.end[0])) == expected
