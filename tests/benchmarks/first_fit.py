"""Print the seconds of the first fit of a process beyond those of the second: what is imported and compiled in it.

Started by `bench_speed.py`, in a process of its own: first_fit.py CELL [BACKEND]
"""

from __future__ import annotations

import sys

import numpy as np
from timing import clocked

import sklearn_rnn


def main(cell: str, backend: str | None = None) -> None:
    X = np.random.default_rng(0).normal(size=(640, 24, 4)).astype(np.float32)
    options = {"max_epochs": 1, "batch_size": 32, "early_stopping": False}
    model = getattr(sklearn_rnn, f"{cell}Regressor")(**options, **({} if backend is None else {"backend": backend}))
    fit = clocked(lambda: model.fit(X, X[:, -1, 0]))
    print(fit() - fit())


if __name__ == "__main__":
    main(*sys.argv[1:])
