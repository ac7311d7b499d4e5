"""Fit and predict against a hand-written torch loop on the same data, as ratios of times (minimum of repeats).

The loop is what a torch user writes: nn.LSTM or nn.GRU and nn.Linear, tensors indexed by a permutation, Adam, clipping
of the gradient norm. Both sides run the same epochs over the same batches on the same threads, in turn.

Run it on an idle machine: python tests/benchmarks/bench_speed.py
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from sklearn_rnn import GRURegressor, LSTMRegressor

SHAPES = [(20_000, 24, 4), (5_000, 120, 14)]
CELLS = {"LSTM": (LSTMRegressor, nn.LSTM), "GRU": (GRURegressor, nn.GRU)}
UNITS = 32  # the default of the estimators


class Bare(nn.Module):
    def __init__(self, cell: type[nn.Module], n_features: int) -> None:
        super().__init__()
        self.cell = cell(n_features, UNITS, batch_first=True)
        self.head = nn.Linear(UNITS, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.cell(x)[0][:, -1])


def bare_fit(module: nn.Module, x: torch.Tensor, y: torch.Tensor, batch_size: int, epochs: int) -> None:
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
    loss = nn.MSELoss()
    for _ in range(epochs):
        for index in torch.randperm(len(x)).split(batch_size):
            optimizer.zero_grad()
            error = loss(module(x[index]), y[index])
            error.backward()
            nn.utils.clip_grad_norm_(module.parameters(), 1.0)
            optimizer.step()


def bare_predict(module: nn.Module, x: torch.Tensor, batch_size: int) -> np.ndarray:
    with torch.inference_mode():
        return torch.cat([module(part) for part in x.split(batch_size)]).numpy()


def fastest(ours: Callable[[], object], bare: Callable[[], object], repeats: int) -> tuple[float, float]:
    times: dict[Callable[[], object], list[float]] = {ours: [], bare: []}
    for _ in range(repeats):
        for run in (ours, bare):
            start = time.perf_counter()
            run()
            times[run].append(time.perf_counter() - start)
    return min(times[ours]), min(times[bare])


def pairs(
    shape: tuple[int, int, int], name: str, batch_size: int, epochs: int
) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """Return the calls to time, by name: that of the estimator and that of the loop."""
    X = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    y = X[:, :, 0].mean(axis=1)
    x, t = torch.from_numpy(X), torch.from_numpy(y)[:, None]
    estimator, cell = CELLS[name]
    model = estimator(batch_size=batch_size, max_epochs=epochs, random_state=0)
    bare = Bare(cell, shape[2])
    return {
        "fit": (lambda: model.fit(X, y), lambda: bare_fit(bare, x, t, batch_size, epochs)),
        "predict": (lambda: model.predict(X), lambda: bare_predict(bare, x, batch_size)),
        "predict*": (lambda: model.predict(X), lambda: bare_predict(bare, x, len(x))),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    print(f"{'cell':5} {'data':>16} {'batch':>5} {'work':>8} {'ours s':>8} {'loop s':>8} {'ratio':>6}")
    for shape, name, batch_size in itertools.product(SHAPES, CELLS, (32, 128)):
        for work, (ours, loop) in pairs(shape, name, batch_size, options.epochs).items():
            a, b = fastest(ours, loop, options.repeats)
            data = "x".join(map(str, shape))
            print(f"{name:5} {data:>16} {batch_size:5} {work:>8} {a:8.3f} {b:8.3f} {a / b:6.2f}")
    print("predict*: against the bare module on all of X in a single batch.")


if __name__ == "__main__":
    main()
