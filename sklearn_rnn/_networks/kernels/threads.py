"""Threads for large pieces of work. They wait without spinning, and there are none where the work is small."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

import torch

# Waking a core costs some 0.1 ms on a virtual machine: a slice of a batch should take several times as long. So many
# multiply-adds take about 0.5 ms (found empirically, as the most slices: each has gradients of its own to add up).
LEAST_WORK = 15_000_000
MOST_SLICES = 8

# A fork has the memory of torch's threads, but not the threads, and its first operation on several of them waits for
# ever. torch's own DataLoader sets its workers to one thread, too.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))

_current = threading.local()  # its team: the one in whose context a thread is


def slices(lanes: int, work: float, least: int = 8) -> list[slice]:
    """Cut lanes for threads: a cut by the work alone, in multiply-adds, so that results don't depend on the threads.

    Of `least` lanes or more each, so that matrix products stay efficient.
    """
    most = max(1, int(min(work / LEAST_WORK, lanes / least, MOST_SLICES)))
    return cut(lanes, 1 << (most.bit_length() - 1))  # a power of two, so that two or four threads have equal shares


def cut(lanes: int, parts: int) -> list[slice]:
    """Cut lanes into so many slices of about one size."""
    bounds = [lanes * i // parts for i in range(parts + 1)]
    return [slice(begin, end) for begin, end in itertools.pairwise(bounds)]


class Team:
    """As many threads as torch may use, this one among them, for as long as the context lasts.

    They are begun when first needed. None outlives its fit or prediction, so that a process may fork in between.
    Within the context of one team others are that team: beginning a thread takes long where cores are busy.
    """

    def __enter__(self) -> Team:
        self.outer: Team | None = getattr(_current, "team", None)
        if self.outer is not None:
            return self.outer
        _current.team = self
        self.pool: ThreadPoolExecutor | None = None
        self.size = torch.get_num_threads()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.outer is not None:
            return
        del _current.team
        if self.pool is not None:
            self.pool.shutdown()

    def run(self, work: Callable[[int], None], n: int) -> None:
        """Call ``work(i)`` for all i below n, each by whichever thread is free."""
        if n == 1 or self.size == 1:
            for i in range(n):
                work(i)
            return
        if self.pool is None:
            self.pool = ThreadPoolExecutor(self.size - 1)
        left = iter(range(n))  # next() on it is atomic

        def take() -> None:
            for i in left:
                work(i)

        others = [self.pool.submit(take) for _ in range(min(self.size, n) - 1)]
        take()
        for other in others:
            if not other.cancel():  # it has begun
                other.result()
