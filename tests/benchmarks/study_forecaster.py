"""Which `relative` and `strategy` a SequenceForecaster should have by default: all choices on open tasks, five times each.

A table of relative errors, with what each rule for "auto" would choose, is written to forecaster_defaults.md, beside this
script. Sets of statsmodels and sktime are read from the files that these packages bring; where one is not installed, its
tasks are left out, and the table says so. Nothing is downloaded.

Run it: OMP_NUM_THREADS=1 python tests/benchmarks/study_forecaster.py (about an hour on one core)
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from sklearn_rnn import LSTMRegressor, SequenceForecaster, SequenceScaler, backtest
from sklearn_rnn.datasets import load_beijing_pm25, load_co2, load_sunspots
from sklearn_rnn.forecasting import _strategies

SEEDS = 5
TRAINED = 0.75  # share of the rows that is learned from; forecasts are made from each row after it
STRATEGIES = ("recursive", "direct", "joint")
ESTIMATORS = ("network", "ridge")
REPORT = Path(__file__).with_name("forecaster_defaults.md")


@dataclass(frozen=True)
class Task:
    """A table to forecast: where it comes from, and what of it is measured.

    `make` returns the table of a seed. Generated tables differ by seed; those of real sets end earlier with each, by 4 %
    of the rows, and the weights are others, too.
    """

    source: str
    make: Callable[[int], pd.DataFrame]
    lags: int = 12
    horizon: int = 4
    target: str | None = None  # the column that is measured; all that are not known if None
    known: str | None = None


def earlier(table: pd.DataFrame, rows: int) -> Callable[[int], pd.DataFrame]:
    """Return tables of so many rows, the newest first."""
    shift = max(int(len(table) * 0.04), 1)
    rows = min(rows, len(table) - SEEDS * shift)
    return lambda seed: table.iloc[len(table) - seed * shift - rows : len(table) - seed * shift]


def read(package: str, path: str, **options: Any) -> pd.DataFrame | None:
    """Read a file that an installed package brings; None without the package."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return pd.read_csv(Path(spec.submodule_search_locations[0]) / path, **options).reset_index(drop=True)


def real_tasks() -> Iterator[tuple[str, str, Any, dict[str, Any]]]:
    """Name, source, table (None where the package is missing) and options of each real task."""
    yield "sunspots", "embedded", load_sunspots().frame, {"lags": 24}
    yield "co2", "embedded", load_co2().frame[["co2"]], {"lags": 24}
    pm25 = load_beijing_pm25().frame
    wide = pm25.select_dtypes("number")
    yield "pm2.5, six columns", "embedded", wide.iloc[:, :6], {"lags": 24, "target": wide.columns[0]}
    data = "datasets/data"
    yield "airline", "sktime", read("sktime", f"{data}/Airline/Airline.csv", usecols=["Passengers"]), {}
    yield "lynx", "sktime", read("sktime", f"{data}/Lynx/Lynx.csv", usecols=[1]), {}
    yield "PBS scripts", "sktime", read("sktime", f"{data}/PBS_dataset/PBS_dataset.csv", usecols=["Scripts"]), {}
    us = ["Consumption", "Income", "Production", "Savings", "Unemployment"]
    yield "US changes, five columns", "sktime", read("sktime", f"{data}/Uschange/Uschange.csv", usecols=us), {"lags": 8}
    yield "seat belts", "sktime", read("sktime", f"{data}/seatbelts/seatbelts.csv", usecols=["KSI"]), {}
    yield "solar", "sktime", read("sktime", f"{data}/solar/solar.csv", usecols=["solar_gen"]), {"lags": 48}
    macro = read("statsmodels", "datasets/macrodata/macrodata.csv")
    columns = ["realgdp", "realcons", "realinv", "cpi", "tbilrate", "unemp"]
    macro = None if macro is None else macro[columns]
    yield "US macro, six columns", "statsmodels", macro, {"lags": 8}
    yield "unemployment of six", "statsmodels", macro, {"lags": 8, "target": "unemp"}
    yield "Nile", "statsmodels", read("statsmodels", "datasets/nile/nile.csv", usecols=["volume"]), {"lags": 8}
    el_nino = read("statsmodels", "datasets/elnino/elnino.csv")
    if el_nino is not None:
        el_nino = pd.DataFrame({"temperature": el_nino.iloc[:, 1:].to_numpy().ravel()})
    yield "El Nino", "statsmodels", el_nino, {}
    equipment = read("statsmodels", "datasets/elec_equip/elec_equip.csv", usecols=[1])
    yield "electrical equipment", "statsmodels", equipment, {}


def ar(rng: np.random.Generator, n: int, phi: float = 0.8) -> np.ndarray:
    """Return a series that returns to its mean, zero."""
    values = rng.normal(size=n)
    for i in range(1, n):
        values[i] += phi * values[i - 1]
    return values


def season(n: int, rows: int = 12) -> np.ndarray:
    return np.sin(2 * np.pi * np.arange(n) / rows)


def table_of(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns)


def trend(seed: int, n: int = 320) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return table_of(y=0.05 * np.arange(n) + 3 * season(n) + rng.normal(scale=0.5, size=n))


def walk(seed: int, n: int = 320) -> pd.DataFrame:
    return table_of(y=np.cumsum(np.random.default_rng(seed).normal(size=n)))


def returning(seed: int, n: int = 320) -> pd.DataFrame:
    return table_of(y=ar(np.random.default_rng(seed), n))


def swing(seed: int, n: int = 320) -> pd.DataFrame:
    """A level that is away in the middle of training and back at its end, and that swings on."""
    level = 20 * np.sin(2 * np.pi * np.arange(n) / (n * TRAINED) - 0.5 * np.pi)
    return table_of(y=level + 3 * season(n) + ar(np.random.default_rng(seed), n, 0.5))


def many(seed: int, n: int = 50, n_series: int = 10) -> pd.DataFrame:
    """Short series of one season, each at a level of its own."""
    rng = np.random.default_rng(seed)
    tables = [
        table_of(y=rng.normal(scale=5) + 3 * season(n, 7) + 0.3 * np.cumsum(rng.normal(size=n)))
        for _ in range(n_series)
    ]
    return pd.concat(dict(enumerate(tables)), names=["series", "time"])


def long(seed: int, n: int = 1000) -> pd.DataFrame:
    return table_of(y=3 * season(n, 24) + season(n, 168) + ar(np.random.default_rng(seed), n, 0.9))


def wide(seed: int, n: int = 320) -> pd.DataFrame:
    """A target that follows two other columns some rows later, among four that mean nothing."""
    rng = np.random.default_rng(seed)
    others = {f"x{i}": ar(rng, n, 0.9) for i in range(6)}
    y = np.roll(others["x0"], 6) - np.roll(others["x1"], 3) + rng.normal(scale=0.5, size=n)
    return table_of(y=y, **others).iloc[6:]


def planned(seed: int, n: int = 320) -> pd.DataFrame:
    """A target that follows a plan known ahead, besides two columns that are not."""
    rng = np.random.default_rng(seed)
    plan, other = ar(rng, n, 0.5), ar(rng, n, 0.9)
    return table_of(y=2 * plan + np.roll(other, 2) + ar(rng, n), plan=plan, other=other, noise=rng.normal(size=n)).iloc[
        2:
    ]


GENERATED = {
    "trend and season": Task("generated", trend),
    "random walk": Task("generated", walk),
    "returning, AR(1)": Task("generated", returning),
    "swinging level": Task("generated", swing),
    "10 short series": Task("generated", many, lags=7),
    "one long series": Task("generated", long, lags=24),
    "wide, exogenous": Task("generated", wide, target="y"),
    "wide, a known plan": Task("generated", planned, target="y", known="plan"),
}


def all_tasks() -> tuple[dict[str, Task], list[str]]:
    """Return the tasks, and those that are left out."""
    tasks, missing = dict(GENERATED), []
    for name, source, table, options in real_tasks():
        if table is None:
            missing.append(f"{name} ({source})")
        else:
            tasks[name] = Task(source, earlier(table.reset_index(drop=True).astype(float), 320), **options)
    return tasks, missing


# Rules of relative="auto": whether a column drifts, from its values in training, one array per series.


def thirds(parts: list[np.ndarray]) -> bool:
    """First against last third, as far apart as a standard deviation within."""
    cut = [(own[: len(own) // 3], own[-(len(own) // 3) :]) for own in parts if len(own) >= 3]
    apart = sum((last.mean() - first.mean()) ** 2 for first, last in cut)
    return bool(apart > sum((first.var() + last.var()) / 2 for first, last in cut))


def blocks(n: int) -> Callable[[list[np.ndarray]], bool]:
    """Return the rule of `n` blocks: their means vary more than the values within them."""

    def rule(parts: list[np.ndarray]) -> bool:
        apart = within = 0.0
        for own in parts:
            each = np.array_split(own, min(n, max(len(own) // 2, 1)))
            apart += np.var([block.mean() for block in each])
            within += np.mean([block.var() for block in each])
        return bool(apart > within)

    return rule


RULES: dict[str, Callable[[list[np.ndarray]], bool]] = {
    "thirds": thirds,
    "4 blocks": blocks(4),
    "10 blocks": blocks(10),
    "True": lambda parts: True,
}


def estimator_of(name: str) -> Any:
    if name == "ridge":
        return Ridge()
    network = LSTMRegressor(hidden_layer_sizes=(16,), lr=0.02, max_epochs=20, early_stopping=True, n_iter_no_change=4)
    return make_pipeline(SequenceScaler(), network)


def parts_of(table: pd.DataFrame, column: str) -> list[np.ndarray]:
    if table.index.nlevels == 1:
        return [table[column].to_numpy()]
    return [own.to_numpy() for _, own in table[column].groupby(level=0)]


def targets_of(task: Task, table: pd.DataFrame, strategy: str) -> list[str]:
    """Columns that are forecast: to feed forecasts back takes all, other ways need the one alone."""
    if task.target is not None and strategy != "recursive":
        return [task.target]
    return [column for column in table if column != task.known]


def relative_error(
    task: Task, table: pd.DataFrame, strategy: str, estimator: str, mask: tuple[bool, ...], seed: int
) -> float:
    """Return the mean absolute error of all steps ahead over that of the last value, the mean of the measured columns."""
    targets = targets_of(task, table, strategy)
    forecaster = SequenceForecaster(
        estimator_of(estimator),
        lags=task.lags,
        horizon=task.horizon,
        strategy=strategy,
        target=targets,
        known=task.known,
        relative="auto",
        validation_fraction=None,
        random_state=seed,
    )
    with mock.patch.object(_strategies, "drifts", return_value=np.array(mask)):
        tested = backtest(forecaster, table, initial=initial_of(table))
    measured = tested if task.target is None else tested[tested["target"] == task.target]
    errors = measured[["y_pred", "y_naive"]].sub(measured["y_true"], axis=0).abs().groupby(measured["target"]).mean()
    return float((errors["y_pred"] / errors["y_naive"]).mean())


def initial_of(table: pd.DataFrame) -> int:
    longest = len(table) if table.index.nlevels == 1 else table.groupby(level=0).size().max()
    return int(longest * TRAINED)


def masks_of(task: Task, table: pd.DataFrame, strategy: str) -> dict[str, tuple[bool, ...]]:
    """Return, for each rule, which of the targets windows hold as differences."""
    n = initial_of(table)
    past = table.iloc[:n] if table.index.nlevels == 1 else table.groupby(level=0).head(n)
    targets = targets_of(task, table, strategy)
    return {name: tuple(rule(parts_of(past, column)) for column in targets) for name, rule in RULES.items()}


def measure(store: Path, seeds: int) -> None:
    """Run all that is not in the store yet; rules that choose the same share a run."""
    tasks, _ = all_tasks()
    results = json.loads(store.read_text()) if store.exists() else {}
    # A network for each step ahead takes longest and is no candidate for a default, so it comes last.
    for strategies in (("recursive", "joint"), ("direct",)):
        for seed, (name, task) in itertools.product(range(seeds), tasks.items()):
            table, began = task.make(seed), time.time()
            for strategy, estimator in itertools.product(strategies, ESTIMATORS):
                masks = masks_of(task, table, strategy)
                for mask in {masks["thirds"]} if strategy == "direct" else set(masks.values()):
                    key = json.dumps([name, seed, strategy, estimator, mask])
                    if key not in results:
                        results[key] = relative_error(task, table, strategy, estimator, mask, seed)
            store.write_text(json.dumps(results))
            print(f"seed {seed} {name:28} {time.time() - began:6.1f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, default=Path("forecaster_study.json"), help="runs done, to go on from")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    measure(options.store, options.seeds)


if __name__ == "__main__":
    main()
