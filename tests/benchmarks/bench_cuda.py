"""Fit and predict on a GPU against a hand-written loop on cuDNN, as ratios of times (minimum of repeats).

The loop is what a torch user writes who knows GPUs: data on the device once, indexed there by a permutation, nn.LSTM or
nn.GRU and nn.Linear, fused Adam, clipping of the gradient norm, no loss read in between. Both sides run the same epochs
over the same batches, in turn; the clock stops when the GPU has finished. The goal is 1.10 for batches of 512.

Run it on an idle machine: python tests/benchmarks/bench_cuda.py
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Callable

import loops
import numpy as np
import torch

from sklearn_rnn import GRURegressor, LSTMRegressor

SHAPES = [(20_000, 24, 4), (5_000, 120, 14)]
ESTIMATORS = {"LSTM": LSTMRegressor, "GRU": GRURegressor}
UNITS = 32
BATCHES = (128, 512, 2048)
GOALS = {512: 1.10}


def fastest(ours: Callable[[], object], bare: Callable[[], object], repeats: int) -> tuple[float, float]:
    times: dict[Callable[[], object], list[float]] = {ours: [], bare: []}
    for repeat in range(repeats + 1):
        for run in (ours, bare):
            torch.cuda.synchronize()
            start = time.perf_counter()
            run()
            torch.cuda.synchronize()
            if repeat > 0:  # the first of each chooses its kernels
                times[run].append(time.perf_counter() - start)
    return min(times[ours]), min(times[bare])


def pairs(
    shape: tuple[int, int, int], name: str, batch_size: int, epochs: int
) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """Return the calls to time, by name: that of the estimator and that of the loop."""
    X = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    y = X[:, :, 0].mean(axis=1)
    x, t = torch.from_numpy(X).cuda(), torch.from_numpy(y)[:, None].cuda()
    model = ESTIMATORS[name](
        batch_size=batch_size, max_epochs=epochs, early_stopping=False, device="cuda", random_state=0
    )
    bare = loops.Network(name, shape[2], UNITS).cuda()
    return {
        "fit": (lambda: model.fit(X, y), lambda: loops.fit(bare, x, t, batch_size, epochs)),
        # The data of a prediction are new to the GPU, whoever predicts.
        "predict": (lambda: model.predict(X), lambda: loops.predict(bare, torch.from_numpy(X).cuda(), batch_size)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("bench_cuda.py needs a GPU that torch can use: torch.cuda.is_available() is False here.")
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}")
    print(f"{'cell':5} {'data':>16} {'batch':>5} {'work':>8} {'ours s':>8} {'loop s':>8} {'ratio':>6} {'goal':>5}")
    for shape, name, batch_size in itertools.product(SHAPES, ESTIMATORS, BATCHES):
        for work, (ours, loop) in pairs(shape, name, batch_size, options.epochs).items():
            a, b = fastest(ours, loop, options.repeats)
            data, goal = "x".join(map(str, shape)), GOALS.get(batch_size, "")
            print(f"{name:5} {data:>16} {batch_size:5} {work:>8} {a:8.3f} {b:8.3f} {a / b:6.2f} {goal:>5}")


if __name__ == "__main__":
    main()
