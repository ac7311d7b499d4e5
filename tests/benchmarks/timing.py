"""Times to compare: those who are compared run in turn, and of each the minimum of its repeats counts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np
import torch

PAUSE = 0.1  # seconds in which the threads of the last one stop spinning


def clocked(call: Callable[[], object], *, epochs: int = 1, threads: int | None = None) -> Callable[[], float]:
    """Return a function that runs a call on a number of threads, by default as it finds it, and returns its seconds per epoch."""

    def run() -> float:
        if threads is not None:
            torch.set_num_threads(threads)
        start = time.perf_counter()
        call()
        return (time.perf_counter() - start) / epochs

    return run


def minima(runs: Mapping[str, Callable[[], float]], repeats: int) -> dict[str, float]:
    """Run each in turn, as often as asked for, and return the least that it came to."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            time.sleep(PAUSE)
            times[name].append(run())
    return {name: min(values) for name, values in times.items()}


def percentiles(call: Callable[[], object], n_calls: int) -> np.ndarray:
    """Return the median and the 99th percentile of the time of a call, in microseconds."""
    times = []
    for _ in range(n_calls):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return np.percentile(times[n_calls // 10 :], [50, 99]) * 1e6
