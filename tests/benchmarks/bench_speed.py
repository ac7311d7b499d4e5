"""Speed beside hand-written torch loops (`loops.py`) and Keras on JAX (`keras_server.py`): ratios of times in one run.

All run in turn in one sitting, and the minimum of the repeats counts. Ours is the whole `fit` or `predict` of an estimator,
with its checks; what it compiles is compiled before. The torch loop runs on one thread and on as many as ours, and the
better counts. Keras takes all cores that it finds; its first epoch is left out, in which JAX compiles. Beside each ratio
stands its goal, the greatest that is good enough.

Run it on a quiet machine of two cores: `make bench`, or python tests/benchmarks/bench_speed.py --keras PYTHON. With
--quick it shows within minutes that everything runs; its figures mean nothing. Where others work, add --threads 1:
two threads of torch wait for each other.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grid
import loops
import numpy as np
import torch
from keras_client import Keras
from report import Report, number
from sklearn.exceptions import ConvergenceWarning
from timing import clocked, minima, percentiles

import sklearn_rnn

UNITS = 32  # the default of the estimators
COLUMNS = ("cell", "data", "batch", "ours s", "torch s", "Keras s", "ours / torch", "goal", "ours / Keras", "goal")
Goals = dict[str, float]


def goals(rnn: float, gru: float, lstm: float) -> Goals:
    return {"RNN": rnn, "GRU": gru, "LSTM": lstm}


@dataclass(frozen=True)
class Work:
    """Data and sizes, and the greatest ratios of times that are good enough, by cell."""

    shape: tuple[int, int, int]
    batch_size: int
    torch: Goals
    keras: Goals
    units: int = UNITS


NO_GOAL: Goals = {}
HALF, HALF_OR_LESS = goals(0.5, 0.5, 0.5), goals(0.5, 0.5, 0.75)
EPOCHS = (
    Work((20_000, 24, 4), 32, goals(0.12, 0.10, 0.35), HALF),
    Work((20_000, 24, 4), 128, goals(0.20, 0.20, 0.70), HALF_OR_LESS),
    Work((5_000, 120, 14), 32, goals(0.15, 0.12, 0.50), HALF),
    Work((5_000, 120, 14), 128, goals(0.25, 0.25, 0.80), HALF_OR_LESS),
)
LARGER = (
    Work((640, 64, 65), 32, goals(0.8, 0.8, 1.0), NO_GOAL, units=128),
    Work((1_280, 50, 8), 64, goals(0.8, 0.8, 1.0), NO_GOAL, units=256),
)
# One series in chunks of 50 steps, cut into as many lanes as the batch is large.
CHUNK = 50
STATEFUL = (
    Work((1, 20_000, 4), 1, goals(0.06, 0.06, 0.25), goals(1, 1, 1)),
    Work((16, 1_250, 4), 16, goals(0.4, 0.4, 0.4), NO_GOAL),
)
# Keras is fastest with batches of 256 to 512: all at once takes it two to four times as long.
PREDICT = Work((20_000, 24, 4), 512, NO_GOAL, goals(1, 1, 1))
STEP_P50, STEP_P99 = 10, 25  # microseconds
FIRST_EVER, FIRST_LATER = 8.0, 0.6  # seconds
GRID = 0.2


class Bench:
    """What all sections need: options of the command, Keras if it is there, and the report."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.quick = options.quick
        self.repeats, self.epochs = (1, 1) if options.quick else (options.repeats, options.epochs)
        self.threads = options.threads
        self.backend = {} if options.backend is None else {"backend": options.backend}
        self.keras = Keras(options.keras) if options.keras else None
        self.report = Report()

    def few(self, n: int, least: int = 1) -> int:
        """Return a number of rows, steps or calls, a twentieth of it with --quick."""
        return max(n // 20, least) if self.quick else n

    def model(self, cell: str, **options: Any) -> Any:
        return getattr(sklearn_rnn, f"{cell}Regressor")(
            **{"early_stopping": False, "lr": 1e-3, "random_state": 0} | options | self.backend
        )

    def compare(
        self,
        work: Work,
        cell: str,
        data: str,
        ours: Callable[[], object],
        loop: dict[str, Callable[[], object]],
        task: dict[str, Any],
        *,
        epochs: int = 1,
    ) -> None:
        """Add a row: seconds per epoch of ours, of the best of some torch loops, and of a task of Keras."""
        runs = {"ours": clocked(ours, epochs=epochs, threads=self.threads)}
        for name, call in loop.items():
            for n in sorted({1, self.threads}):
                runs[f"{name}{n} thread{'s' if n > 1 else ''}"] = clocked(call, epochs=epochs, threads=n)
        if self.keras is not None:
            task = {"cell": cell, "units": work.units, **task}
            runs["Keras"] = lambda: self.keras.seconds(**task) / epochs
        runs["ours"]()  # compiles
        times = minima(runs, self.repeats)
        own, keras = times.pop("ours"), times.pop("Keras", None)
        loop_kind = min(times, key=times.get)
        to_torch = own / times[loop_kind]
        to_keras = None if keras is None else own / keras
        what = f"{cell}, {data}, batch {work.batch_size}"
        self.report.row(
            cell,
            data,
            str(work.batch_size),
            f"{own:.3f}",
            f"{times[loop_kind]:.3f} ({loop_kind})",
            number(keras, ".3f"),
            f"{to_torch:.2f}",
            self.report.verdict(f"{what}, to torch", to_torch, work.torch.get(cell)),
            number(to_keras, ".2f"),
            self.report.verdict(f"{what}, to Keras", to_keras, work.keras.get(cell)),
        )


def bench_epochs(bench: Bench) -> None:
    note = f"Seconds per epoch of the whole `fit` of {bench.epochs} epochs without early stopping; {UNITS} units."
    bench.report.table("Epochs", note, COLUMNS)
    for work in EPOCHS:
        _fits(bench, work, bench.epochs)


def bench_larger(bench: Bench) -> None:
    bench.report.table("Larger layers", "Seconds of a `fit` of one epoch without early stopping.", COLUMNS)
    for work in LARGER:
        _fits(bench, work, epochs=1)


def _fits(bench: Bench, work: Work, epochs: int) -> None:
    X, y = _windows(bench, work)
    x, t = torch.from_numpy(X), torch.from_numpy(y)[:, None]
    for cell in loops.LAYERS:
        model = bench.model(
            cell, batch_size=work.batch_size, max_epochs=epochs, hidden_layer_sizes=(work.units,), refit=False
        )
        module = loops.Network(cell, X.shape[2], work.units)
        bench.compare(
            work,
            cell,
            _data(X.shape, work),
            lambda model=model: model.fit(X, y),
            {"": lambda module=module: loops.fit(module, x, t, work.batch_size, epochs)},
            {"work": "fit", "shape": X.shape, "batch_size": work.batch_size, "epochs": epochs},
            epochs=epochs,
        )


def _windows(bench: Bench, work: Work) -> tuple[np.ndarray, np.ndarray]:
    n, *rest = work.shape
    X = np.random.default_rng(0).normal(size=(bench.few(n, 4 * work.batch_size), *rest)).astype(np.float32)
    return X, X[:, :, 0].mean(axis=1)


def _data(shape: tuple[int, ...], work: Work) -> str:
    size = " x ".join(f"{n:,}" for n in shape)
    return size if work.units == UNITS else f"{size}, {work.units} units"


def bench_stateful(bench: Bench) -> None:
    note = f"Seconds of the same number of updates, in chunks of {CHUNK} steps with a target per step; batch: lanes."
    bench.report.table("Stateful training of one series", note, COLUMNS)
    for work in STATEFUL:
        lanes, steps, n_features = work.shape
        steps = bench.few(steps, CHUNK) // CHUNK * CHUNK
        X = np.random.default_rng(0).normal(size=(lanes, steps, n_features)).astype(np.float32)
        y = np.cumsum(X[:, :, 0], axis=1) / 10
        x, t = torch.from_numpy(X), torch.from_numpy(y)[:, :, None]
        epochs = bench.epochs * lanes  # more lanes make fewer updates per epoch
        for cell in loops.LAYERS:
            model = bench.model(
                cell, return_sequences=True, stateful=True, tbptt=CHUNK, batch_size=lanes, max_epochs=epochs
            )
            module = loops.StatefulNetwork(cell, n_features, UNITS)
            bench.compare(
                work,
                cell,
                f"{lanes * steps:,} x {n_features}",
                lambda model=model, X=X, y=y: model.fit(X, y),
                {"": lambda m=module, x=x, t=t, epochs=epochs: loops.fit_stateful(m, x, t, CHUNK, epochs)},
                {
                    "work": "fit_stateful",
                    "shape": (lanes * steps // CHUNK, CHUNK, n_features),
                    "batch_size": lanes,
                    "epochs": epochs,
                },
                epochs=bench.epochs,
            )


def bench_predict(bench: Bench) -> None:
    note = "Seconds of `predict`; Keras in batches, torch in batches or all at once, whichever is the better."
    bench.report.table("Prediction", note, COLUMNS)
    X, y = _windows(bench, PREDICT)
    x = torch.from_numpy(X)
    for cell in loops.LAYERS:
        model = bench.model(cell, max_epochs=1).fit(X[:640], y[:640])
        module = loops.Network(cell, X.shape[2], UNITS)
        bench.compare(
            PREDICT,
            cell,
            _data(X.shape, PREDICT),
            lambda model=model: model.predict(X),
            {
                f"batches of {size:,}, ": lambda module=module, size=size: loops.predict(module, x, size)
                for size in (PREDICT.batch_size, len(x))
            },
            {"work": "predict", "shape": X.shape, "batch_size": PREDICT.batch_size},
        )


def bench_steps(bench: Bench) -> None:
    n_calls, n_features = bench.few(5_000), 4
    note = f"Microseconds of `Stream.step` for one series and of a call of the torch cell and its head; {UNITS} units."
    columns = ("p50", "goal", "p99", "goal", "torch p50", "torch p99", "p50, ours / torch")
    bench.report.table("Streams", note, ("cell", *columns))
    X = np.random.default_rng(0).normal(size=(500, n_features)).astype(np.float32)
    for cell in loops.CELLS:
        stream = bench.model(cell, return_sequences=True, max_epochs=1).fit(X, X[:, 0]).stream()
        step = loops.stepper(cell, torch.from_numpy(X[:1]), UNITS)
        rounds = [(percentiles(lambda s=stream: s.step(X[0]), n_calls), percentiles(step, n_calls)) for _ in range(3)]
        (p50, p99), (torch_p50, torch_p99) = np.min(rounds, axis=0)
        bench.report.row(
            cell,
            f"{p50:.1f}",
            bench.report.verdict(f"Stream.step, {cell}, p50", p50, STEP_P50),
            f"{p99:.1f}",
            bench.report.verdict(f"Stream.step, {cell}, p99", p99, STEP_P99),
            f"{torch_p50:.1f}",
            f"{torch_p99:.1f}",
            f"{p50 / torch_p50:.2f}",
        )


def bench_first(bench: Bench) -> None:
    note = "Seconds of the first fit in a new process beyond those of the second: first with no compiled code on disk."
    bench.report.table("First fits", note, ("cell", "first ever", "goal", "first in a later process", "goal"))
    script = str(Path(__file__).with_name("first_fit.py"))
    for cell in loops.LAYERS:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, script, cell, *bench.backend.values()]
            environment = os.environ | {"NUMBA_CACHE_DIR": folder}

            def first(command: list[str] = command, environment: dict[str, str] = environment) -> float:
                done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
                return float(done.stdout)

            ever, later = first(), min(first() for _ in range(bench.repeats))
        bench.report.row(
            cell,
            f"{ever:.2f}",
            bench.report.verdict(f"first fit ever, {cell}", ever, FIRST_EVER),
            f"{later:.2f}",
            bench.report.verdict(f"first fit in a later process, {cell}", later, FIRST_LATER),
        )


def bench_grid(bench: Bench) -> None:
    units, lags = (grid.UNITS[:2], grid.LAGS[:2]) if bench.quick else (grid.UNITS, grid.LAGS)
    n_rows = bench.few(grid.ROWS)
    note = f"Seconds of a `GridSearchCV` of {len(units) * len(lags)} pipelines on {n_rows:,} rows, n_jobs=2."
    bench.report.table("Grids", note, ("cell", 'backend="auto"', 'backend="torch"', "auto / torch", "goal"))
    for cell in loops.LAYERS:
        if "backend" not in bench.model(cell).get_params():
            bench.report.row(cell, "no parameter `backend`", "", "", "")
            continue
        runs = {}
        for backend in ("auto", "torch"):
            network = bench.model(cell, max_epochs=5).set_params(backend=backend)
            wanted = grid.candidates(network, units, lags)
            runs[backend] = clocked(lambda network=network, wanted=wanted: grid.search(network, n_rows, wanted))
            grid.search(network, 500, grid.candidates(network, units[:1], lags[:2]))  # starts workers, compiles
        times = minima(runs, 1)
        ratio = times["auto"] / times["torch"]
        verdict = bench.report.verdict(f"grid, {cell}", ratio, GRID)
        bench.report.row(cell, f"{times['auto']:.1f}", f"{times['torch']:.1f}", f"{ratio:.2f}", verdict)


SECTIONS = {
    "epochs": bench_epochs,
    "larger": bench_larger,
    "stateful": bench_stateful,
    "predict": bench_predict,
    "steps": bench_steps,
    "first": bench_first,
    "grid": bench_grid,
}


def main() -> None:
    options = _options()
    warnings.simplefilter("ignore", ConvergenceWarning)  # a few epochs are meant to be few
    bench = Bench(options)
    versions = [f"Python {sys.version.split()[0]}", f"torch {torch.__version__}", f"{os.cpu_count()} cores"]
    if bench.keras is not None:
        versions.append(bench.keras.versions)
    print(", ".join(versions))
    chosen = options.only or [name for name in SECTIONS if name != "grid"]
    for name, section in SECTIONS.items():
        if name in chosen or (name == "grid" and options.grid):
            section(bench)
    bench.report.close()
    if bench.keras is not None:
        bench.keras.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2, help="of ours, and the most of the torch loop")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the data, once")
    parser.add_argument("--grid", action="store_true", help="grids, too, which take minutes")
    parser.add_argument("--keras", metavar="PYTHON", help="path of a Python that has Keras and JAX")
    parser.add_argument("--backend", help="of the estimators; by default theirs")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, help="these sections alone")
    return parser.parse_args()


if __name__ == "__main__":
    main()
