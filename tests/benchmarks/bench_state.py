"""Stateful training, streams and long series against hand-written torch, as ratios of times (minimum of repeats).

Training: the loop is what a torch user writes for one or several series with one target per step: chunks in order, the
state detached after each, Adam, clipping of the gradient norm. Both sides run over the same chunks, in turn.
A step of a stream is compared with a call of the torch cell and a linear layer in inference mode.

Run it on an idle machine: python tests/benchmarks/bench_state.py
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from bench_speed import fastest
from torch import nn

from sklearn_rnn import GRURegressor, LSTMRegressor, RNNRegressor

STEPS, FEATURES, UNITS, CHUNK = 20_000, 4, 32, 50
CELLS = {
    "RNN": (RNNRegressor, nn.RNN, nn.RNNCell),
    "LSTM": (LSTMRegressor, nn.LSTM, nn.LSTMCell),
    "GRU": (GRURegressor, nn.GRU, nn.GRUCell),
}


class Bare(nn.Module):
    def __init__(self, cell: type[nn.Module]) -> None:
        super().__init__()
        self.cell = cell(FEATURES, UNITS, batch_first=True)
        self.head = nn.Linear(UNITS, 1)

    def forward(self, x: torch.Tensor, state: object) -> tuple[torch.Tensor, object]:
        outputs, state = self.cell(x, state)
        return self.head(outputs), state


def bare_fit(module: Bare, x: torch.Tensor, y: torch.Tensor, epochs: int) -> None:
    """Train on x (lanes, steps, features), chunk after chunk of all lanes."""
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
    loss = nn.MSELoss()
    for _ in range(epochs):
        state = None
        for part, target in zip(x.split(CHUNK, dim=1), y.split(CHUNK, dim=1), strict=True):
            optimizer.zero_grad()
            output, state = module(part, state)
            loss(output, target).backward()
            nn.utils.clip_grad_norm_(module.parameters(), 1.0)
            optimizer.step()
            state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


def time_training(repeats: int, epochs: int) -> None:
    """Time the same number of updates with 1 and with 16 lanes: 16 times as many epochs, each with 1/16 of the updates."""
    print(f"{'fit':5} {'lanes':>5} {'ours s':>8} {'loop s':>8} {'ratio':>6}")
    rng = np.random.default_rng(0)
    for name, lanes in itertools.product(CELLS, (1, 16)):
        estimator, cell, _ = CELLS[name]
        X = rng.normal(size=(lanes, STEPS // lanes // CHUNK * CHUNK, FEATURES)).astype(np.float32)
        y = np.cumsum(X[:, :, 0], axis=1) / 10
        n = epochs * lanes
        model = estimator(return_sequences=True, stateful=True, tbptt=CHUNK, batch_size=lanes, max_epochs=n)
        bare, x, target = Bare(cell), torch.from_numpy(X), torch.from_numpy(y)[:, :, None]
        ours, loop = fastest(
            lambda model=model, X=X, y=y: model.fit(X, y),
            lambda bare=bare, x=x, target=target, n=n: bare_fit(bare, x, target, n),
            repeats,
        )
        print(f"{name:5} {lanes:5} {ours:8.3f} {loop:8.3f} {ours / loop:6.2f}")


def percentiles(call: Callable[[], object], repeats: int) -> np.ndarray:
    """Return the median and the 99th percentile of the time of a call, in microseconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return np.percentile(times[repeats // 10 :], [50, 99]) * 1e6


def time_steps(repeats: int) -> None:
    print(f"\n{'step':5} {'p50 us':>8} {'p99 us':>8} {'cell p50':>8} {'cell p99':>8} {'ratio of p50':>12}")
    X = np.random.default_rng(0).normal(size=(500, FEATURES)).astype(np.float32)
    for name, (estimator, _, cell) in CELLS.items():
        stream = estimator(return_sequences=True, max_epochs=1).fit(X, X[:, 0]).stream()
        bare, head, x = cell(FEATURES, UNITS), nn.Linear(UNITS, 1), torch.from_numpy(X[:1])
        held = [None]

        def step(bare=bare, head=head, x=x, held=held) -> torch.Tensor:
            with torch.inference_mode():
                held[0] = bare(x, held[0])
                return head(held[0][0] if isinstance(held[0], tuple) else held[0])

        ours, theirs = percentiles(lambda stream=stream: stream.step(X[0]), repeats), percentiles(step, repeats)
        print(f"{name:5} {ours[0]:8.1f} {ours[1]:8.1f} {theirs[0]:8.1f} {theirs[1]:8.1f} {ours[0] / theirs[0]:12.2f}")


MEMORY = """
import resource, numpy as np
from sklearn_rnn import LSTMRegressor
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
small = np.zeros((200, {features}), dtype="{dtype}")
model = LSTMRegressor(return_sequences=True, stateful=True, tbptt=500, batch_size={lanes}, max_epochs=1)
model.fit(small, small[:, 0]).predict(small)
fixed = peak()
X = np.random.default_rng(0).standard_normal((1_000_000, {features}), dtype="{dtype}")
y = X[:, 0].copy()
data = (X.nbytes + y.nbytes) / 2**20
model.fit(X, y)
fitted = peak()
model.predict(X)
print(f"{features} x {dtype}, {lanes:2} lanes: data {{data:3.0f}} MB; peak above the fixed {{fixed:.0f}} MB: fit "
      f"{{fitted - fixed:3.0f}} MB = {{(fitted - fixed) / data:.2f}} x data, with predict {{(peak() - fixed) / data:.2f}} x")
"""


def measure_memory() -> None:
    print("\nOne series of 1,000,000 steps in chunks of 500; the memory of X and y is included.")
    for features, dtype, lanes in [(8, "float32", 1), (8, "float64", 1), (8, "float32", 32), (1, "float64", 1)]:
        code = MEMORY.format(features=features, dtype=dtype, lanes=lanes)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        print(done.stdout.strip())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=12)
    parser.add_argument("--epochs", type=int, default=1, help="of 400 updates with one lane")
    options = parser.parse_args()
    time_training(options.repeats, options.epochs)
    time_steps(5000)
    measure_memory()


if __name__ == "__main__":
    main()
