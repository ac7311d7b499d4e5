"""Peak memory against the size of the data: of framing a long table and fitting on its windows, and of one long series.

Frames 2,000,000 rows x 8 float32 features with 168 lags and fits one epoch on every 100th window. If they were
copied, all windows would take 10 GB (21 GB in float64). The cost of importing torch and of a first small fit is measured
in the same process and printed separately.

Run it with python tests/benchmarks/bench_memory.py
"""

from __future__ import annotations

import resource
import subprocess
import sys

import numpy as np

from sklearn_rnn import LSTMRegressor, ShiftFramer

ROWS, FEATURES, LAGS, STRIDE = 2_000_000, 8, 168, 100


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


def peak() -> float:
    """Return the peak resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_windows() -> None:
    model = LSTMRegressor(max_epochs=1, batch_size=128, random_state=0)
    small = np.random.default_rng(0).normal(size=(2_000, FEATURES)).astype(np.float32)
    model.fit(ShiftFramer(lags=LAGS).fit_transform(small), small[:, 0])
    fixed = peak()

    table = np.zeros((ROWS, FEATURES), dtype=np.float32)
    rng = np.random.default_rng(0)
    for first in range(0, ROWS, 10_000):  # in pieces, so that the peak is not that of making the data
        table[first : first + 10_000] = rng.standard_normal((10_000, FEATURES), dtype=np.float32)
    windows = ShiftFramer(lags=LAGS).fit_transform(table)
    model.fit(windows[::STRIDE], table[::STRIDE, 0])
    trained = peak()
    predicted = model.predict(windows[::STRIDE])
    assert np.isfinite(predicted).all()

    size = table.nbytes / 2**20
    print(f"table                      {size:8.0f} MB")
    print(f"windows, if copied         {size * LAGS:8.0f} MB")
    print(f"fixed cost (torch, a fit)  {fixed:8.0f} MB")
    print(f"peak after fit             {trained:8.0f} MB, above the fixed cost {(trained - fixed) / size:.2f} tables")
    print(f"peak after predict         {peak():8.0f} MB, above the fixed cost {(peak() - fixed) / size:.2f} tables")


def measure_series() -> None:
    print("\nOne series of 1,000,000 steps in chunks of 500; the memory of X and y is included.")
    for features, dtype, lanes in [(8, "float32", 1), (8, "float64", 1), (8, "float32", 32), (1, "float64", 1)]:
        code = MEMORY.format(features=features, dtype=dtype, lanes=lanes)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        print(done.stdout.strip())


def main() -> None:
    measure_windows()
    measure_series()


if __name__ == "__main__":
    main()
