"""The compiled engine gives the same bits in every run: with any number of threads, in threads, processes and forks."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from streams import REGRESSORS


def large(backend: str = "compiled", cell: str = "gru", **params: Any) -> Any:
    """An estimator whose updates are large enough for several threads."""
    params = {"hidden_layer_sizes": (32,), "batch_size": 256, "max_epochs": 2, "early_stopping": False} | params
    return REGRESSORS[cell](backend=backend, dropout=0.1, random_state=0, **params)


def large_data() -> tuple[Any, Any]:
    X = np.random.default_rng(0).normal(size=(600, 24, 4))
    return X, np.tanh(X[:, -5:, 0].sum(axis=1))


def numbers(model: Any) -> Any:
    """Weights, losses and predictions of a fit on `large_data`, to compare to the last bit."""
    weights = np.concatenate([value.numpy().ravel() for value in model.module_.state_dict().values()])
    return np.concatenate([weights, model.history_.train_loss, model.predict(large_data()[0])])


@pytest.fixture
def threads_of_torch():
    """Give torch the number of threads back that it had."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("threads_of_torch")
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_no_bit_depends_on_the_run_or_on_the_number_of_threads(cell):
    results = []
    for n_threads in (1, 1, 2, 8):
        torch.set_num_threads(n_threads)
        results.append(numbers(large(cell=cell).fit(*large_data())))
    for result in results[1:]:
        assert_array_equal(result, results[0])


@pytest.mark.usefixtures("threads_of_torch")
@pytest.mark.parametrize("backend", ["compiled", "torch"])
def test_sixteen_threads_predict_what_one_does(backend):
    torch.set_num_threads(2)
    X, y = large_data()
    model = large(backend, "lstm").fit(X, y)
    expected = model.predict(X)
    with ThreadPoolExecutor(16) as pool:
        for predicted in pool.map(lambda _: model.predict(X), range(64)):
            assert_array_equal(predicted, expected)


IN_WORKERS = """
import numpy as np, torch
from joblib import Parallel, delayed
from test_engine_workers import large, large_data, numbers

def fitted(cell):
    return numbers(large(cell=cell).fit(*large_data()))

if __name__ == "__main__":
    torch.set_num_threads(2)
    cells = ["gru", "lstm"] * 2
    here = [fitted(cell) for cell in cells]  # threads are at work before workers begin
    there = Parallel(n_jobs=2, backend="{kind}")(delayed(fitted)(cell) for cell in cells)
    for one, other in zip(here, there, strict=True):
        np.testing.assert_array_equal(one, other)
"""


@pytest.mark.parametrize("kind", ["loky", "threading", "multiprocessing"])
def test_workers_learn_the_same_to_the_last_bit(kind, tmp_path):
    """A process of "multiprocessing" is a fork on Linux: it has the memory of the threads, but not the threads."""
    script = tmp_path / "in_workers.py"
    script.write_text(IN_WORKERS.format(kind=kind))
    path = os.pathsep.join([os.path.dirname(__file__), *sys.path])
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, script], env=environment | {"PYTHONPATH": path, "JOBLIB_TEMP_FOLDER": str(tmp_path)},
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
