"""Which defaults win: settings x tasks x seeds, each trained on the earlier part of a task and tested on the later one.

Every fit adds a line to ``defaults.csv`` beside this file, so that a run that was cut goes on where it was; then the
tables of ``defaults.md`` are written. A full run takes hours: OMP_NUM_THREADS=1 python tests/benchmarks/study_defaults.py
"""

from __future__ import annotations

import argparse
import csv
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss
from tasks import TASKS, Task

from sklearn_rnn import LSTMClassifier, LSTMRegressor

RESULTS, TABLES = (Path(__file__).with_name(f"defaults.{kind}") for kind in ("csv", "md"))
COLUMNS = ["setting", "task", "seed", "loss", "score", "epochs", "cpu_s"]

TITLE = """# Defaults by evidence

Written by `study_defaults.py`, from `defaults.csv`. The loss is the root of the mean squared error of regressors and the
log-loss of classifiers, on the later part of each task of `tasks.py`: 0.90 is a tenth less than by the defaults before
the study ("today": lr=0.001, 100 epochs at a constant rate, batch_size=32, no bias of the output layer). "lr 3" is
lr=0.003, "stop" early_stopping=True, "cosine 30" lr_schedule="cosine" with max_epochs=30, "bias" an output layer that
begins with the frequencies of classes, "proposed" lr=0.003, batch_size="auto", early_stopping="auto", refit=True and,
of classifiers, that bias. Time is that of a CPU. Tasks have one to six hundred targets (lanes 5,000): all of this is about
small data. Those with fewer than 100 are few_sequences, basic_motions, power_demand and gun_point.
The first rows of "proposed" were copied from the settings that it comes to, "lr 3, batch auto, stop, refit" from 100
targets on and "lr 3, batch auto" below."""

# The defaults before the study. A setting is what differs from them: its name, and parameters.
TODAY = {"lr": 1e-3, "max_epochs": 100, "early_stopping": False, "refit": False, "lr_schedule": None, "batch_size": 32}
STOP, REFIT, BIAS = {"early_stopping": True}, {"early_stopping": True, "refit": True}, {"bias": True}
LR_3, LR_10, AUTO = {"lr": 3e-3}, {"lr": 1e-2}, {"batch_size": "auto"}
COSINE_30 = {"lr_schedule": "cosine", "max_epochs": 30}
SETTINGS: dict[str, dict[str, Any]] = {
    "today": {},
    "proposed": {**LR_3, **AUTO, "early_stopping": "auto", "refit": True, **BIAS},
    "proposed without bias": {**LR_3, **AUTO, "early_stopping": "auto", "refit": True},
    "lr 3, stop": {**LR_3, **STOP},
    "lr 3, stop, refit": {**LR_3, **REFIT},
    "lr 3, cosine 30": {**LR_3, **COSINE_30},
    "lr 3, batch auto": {**LR_3, **AUTO},
    "lr 3, batch auto, stop": {**LR_3, **AUTO, **STOP},
    "lr 3, batch auto, stop, refit": {**LR_3, **AUTO, **REFIT},
    "lr 3, batch auto, bias, stop, refit": {**LR_3, **AUTO, **REFIT, **BIAS},
    "lr 3, batch auto, cosine 30": {**LR_3, **AUTO, **COSINE_30},
    "bias": BIAS,
    "stop, refit": REFIT,
    "lr 10, cosine 30": {**LR_10, **COSINE_30},
    "lr 10, stop, refit": {**LR_10, **REFIT},
}


class WithoutBias(LSTMClassifier):
    """As classifiers were before the study: the output layer has no bias at the start."""

    def _prior(self, targets: Any) -> None:
        return None


class WithBias(LSTMClassifier):
    """With it, also without early stopping."""

    def _prior(self, targets: Any) -> np.ndarray:
        return self._codec.prior(targets)


def run(task: Task, params: dict[str, Any], seed: int) -> dict[str, Any]:
    """Train and test once."""
    params = {**TODAY, **task.params, **params}
    bias = params.pop("bias", False)
    kind = LSTMRegressor if not task.classes else WithBias if bias else WithoutBias
    estimator = kind(random_state=seed, device="cpu", **params)
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(task.X_train, task.y_train)
    spent = time.process_time() - began
    loss = _log_loss(estimator, task) if task.classes else _rmse(estimator, task)
    score = estimator.score(task.X_test, task.y_test)
    return {"loss": loss, "score": score, "epochs": estimator.n_iter_, "cpu_s": round(spent, 2)}


def _rmse(estimator: Any, task: Task) -> float:
    return float(np.sqrt(np.mean((estimator.predict(task.X_test) - task.y_test) ** 2)))


def _log_loss(estimator: Any, task: Task) -> float:
    """Return the log-loss; with several labels, their mean."""
    p, y = estimator.predict_proba(task.X_test), np.asarray(task.y_test)
    if y.ndim == 1:
        return float(log_loss(y, p, labels=estimator.classes_))
    return float(np.mean([log_loss(y[:, i], p[:, i], labels=[0, 1]) for i in range(y.shape[1])]))


def missing(tasks: dict[str, Task], seeds: int) -> Iterator[tuple[str, str, int]]:
    """Yield what the results lack."""
    done = pd.read_csv(RESULTS) if RESULTS.exists() else pd.DataFrame(columns=COLUMNS)
    known = set(zip(done["setting"], done["task"], done["seed"], strict=True))
    for seed in range(seeds):
        for setting, params in SETTINGS.items():
            for name, task in tasks.items():
                if (task.classes or "bias" not in params or setting == "proposed") and (
                    setting,
                    name,
                    seed,
                ) not in known:
                    yield setting, name, seed


def record(setting: str, name: str, seed: int, row: dict[str, Any]) -> None:
    if not RESULTS.exists():
        RESULTS.write_text(",".join(COLUMNS) + "\n")
    with RESULTS.open("a", newline="") as file:
        csv.DictWriter(file, COLUMNS).writerow({"setting": setting, "task": name, "seed": seed, **row})


# ---------------------------------------------------------------------------------------------------------------------
# Tables


def ratios(results: pd.DataFrame) -> pd.DataFrame:
    """Return the mean loss of each setting on each task as a share of today's, over the seeds that both have."""
    losses = results.pivot_table(index="seed", columns=["setting", "task"], values="loss")
    today = losses["today"]
    table = {}
    for setting in results["setting"].unique():
        own = losses[setting]
        both = own.notna() & today[own.columns].notna()
        table[setting] = own.where(both).mean() / today[own.columns].where(both).mean()
    return pd.DataFrame(table).T


def summary(results: pd.DataFrame) -> pd.DataFrame:
    """Return a row per setting that was run on every task, the best mean rank first."""
    of_task = ratios(results)
    of_task = of_task[[name for name in TASKS if name in of_task]].dropna()
    times = results.groupby("setting")["cpu_s"].mean()
    table = pd.DataFrame(
        {
            "mean rank": of_task.rank().mean(axis=1),
            "loss / today's": np.exp(np.log(of_task).mean(axis=1)),
            "time / today's": times / times["today"],
            "tasks lost > 2 %": (of_task > 1.02).sum(axis=1),
            "worst": of_task.max(axis=1),
            "on": of_task.idxmax(axis=1),
            "seeds": results.groupby("setting")["seed"].nunique(),
        }
    )
    return table.dropna().sort_values("mean rank")


def write_tables() -> None:
    """Write what the results say."""
    results = pd.read_csv(RESULTS)
    classes = results["task"].isin([name for name, make in TASKS.items() if make().classes])
    parts = [TITLE]
    for heading, part in (("Regressors", results[~classes]), ("Classifiers", results[classes])):
        parts += [f"## {heading}", summary(part).pipe(_markdown, ".2f"), "Loss on each task as a share of today's:"]
        parts += [_markdown(ratios(part)[list(part["task"].unique())].T, ".2f")]
    TABLES.write_text("\n\n".join(parts) + "\n")


def _markdown(table: pd.DataFrame, digits: str) -> str:
    def cell(value: Any) -> str:
        if isinstance(value, float):
            return "" if np.isnan(value) else format(value, digits)
        return str(value)

    rows = [["", *map(str, table.columns)], ["---"] * (len(table.columns) + 1)]
    rows += [[str(name), *map(cell, row)] for name, row in zip(table.index, table.to_numpy(object), strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tables", action="store_true", help="write the tables of what there is, and run nothing")
    options = parser.parse_args()
    if not options.tables:
        tasks = {name: make() for name, make in TASKS.items()}
        for setting, name, seed in missing(tasks, options.seeds):
            record(setting, name, seed, run(tasks[name], SETTINGS[setting], seed))
    write_tables()


if __name__ == "__main__":
    main()
