"""Open tasks on which defaults are compared: small real sets and generated ones, each with a later part held out.

Some sets come with other packages: ``pip install statsmodels aeon``. Tasks whose package is missing say so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sklearn_rnn import SequenceOneHotEncoder, SequenceScaler, ShiftFramer
from sklearn_rnn.datasets import (
    load_beijing_pm25,
    load_co2,
    load_japanese_vowels,
    load_names,
    load_sunspots,
    make_adding_problem,
)


@dataclass(frozen=True)
class Task:
    """Training and test data of a regressor or a classifier.

    Parameters
    ----------
    X_train, y_train, X_test, y_test : Any
        The test part is the later one wherever there is an order.
    classes : bool
        Whether y holds labels.
    params : dict
        What the estimator must be told to read the data at all.
    """

    X_train: Any
    y_train: Any
    X_test: Any
    y_test: Any
    classes: bool = False
    params: dict[str, Any] = field(default_factory=dict)


TASKS: dict[str, Callable[[], Task]] = {}


def task(function: Callable[[], Task]) -> Callable[[], Task]:
    TASKS[function.__name__] = function
    return function


# ---------------------------------------------------------------------------------------------------------------------
# Regression: series in windows


@task
def sunspots() -> Task:
    return _windows(load_sunspots(return_X_y=True)[0].iloc[-600:], lags=24, n_test=250)


@task
def co2() -> Task:
    """The change of carbon dioxide over four weeks, from those of a year."""
    return _windows(load_co2(return_X_y=True)[0].iloc[::4].diff().iloc[1:], lags=13, n_test=250)


@task
def pm25() -> Task:
    """Particles in 24 hours, from every second hour of a day of weather: every 89th hour of four years, tested on the fifth."""
    X, y = load_beijing_pm25(return_X_y=True)
    windows = ShiftFramer(lags=12, step=2, horizon=24).fit_transform(X)
    rows, first_test = np.arange(48, len(X), 89), len(X) - 365 * 24
    train, test = rows[rows < first_test], rows[rows >= first_test]
    return _scaled(windows[train], y.to_numpy()[train], windows[test], y.to_numpy()[test])


@task
def elnino() -> Task:
    """The temperature of the sea half a year ahead."""
    months = _statsmodels("elnino").set_index("YEAR").to_numpy().ravel()
    return _windows(pd.DataFrame({"sea": months}), lags=12, horizon=6, n_test=350)


@task
def macrodata() -> Task:
    """The change of unemployment in a quarter, from that of six figures in the eight quarters before."""
    table = _statsmodels("macrodata")
    table[["realgdp", "realcons", "realinv"]] = np.log(table[["realgdp", "realcons", "realinv"]])
    names = ["unemp", "realgdp", "realcons", "realinv", "tbilrate", "infl"]
    return _windows(table[names].diff().iloc[1:], lags=8, n_test=60)


@task
def trend() -> Task:
    rng = np.random.default_rng(0)
    return _windows(pd.DataFrame({"y": 0.01 * np.arange(300) + _ar(rng, 300, [0.7]) * 0.3}), lags=10, n_test=90)


@task
def season() -> Task:
    rng, t = np.random.default_rng(1), np.arange(600)
    y = np.sin(2 * np.pi * t / 12) + 0.6 * np.sin(2 * np.pi * t / 31) + rng.normal(0, 0.3, len(t))
    return _windows(pd.DataFrame({"y": y}), lags=12, n_test=300)


@task
def random_walk() -> Task:
    return _windows(pd.DataFrame({"y": np.cumsum(np.random.default_rng(2).normal(size=500))}), lags=10, n_test=250)


@task
def mean_returning() -> Task:
    y = _ar(np.random.default_rng(3), 600, [1.2, -0.5])
    return _windows(pd.DataFrame({"y": y}), lags=10, n_test=350)


# ---------------------------------------------------------------------------------------------------------------------
# Regression: sequences


@task
def many_sequences() -> Task:
    """Sequences of unequal lengths: a fading sum of one feature, gated by the sign of the other."""
    return _fading_sums(np.random.default_rng(4), n_train=500)


@task
def few_sequences() -> Task:
    return _fading_sums(np.random.default_rng(5), n_train=60)


@task
def lanes() -> Task:
    """A long series with a target per step, learned in chunks that carry the state."""
    rng = np.random.default_rng(6)
    u = rng.normal(size=(6000, 2))
    level = np.zeros(len(u))
    for t in range(1, len(u)):
        level[t] = 0.9 * level[t - 1] + u[t, 0] * (u[t - 1, 1] > 0)
    y = level + rng.normal(0, 0.2, len(u))
    return Task(
        u[:5000], y[:5000], u[5000:], y[5000:], params={"return_sequences": True, "stateful": True, "tbptt": 20}
    )


@task
def adding() -> Task:
    X, y = make_adding_problem(1000, n_steps=10, random_state=0)
    return Task(X[:500], y[:500], X[500:], y[500:])


# ---------------------------------------------------------------------------------------------------------------------
# Classification


@task
def vowels() -> Task:
    train, test = (load_japanese_vowels(subset=subset, return_X_y=True) for subset in ("train", "test"))
    return _scaled(*train, *test, classes=True)


@task
def names() -> Task:
    X, y = load_names(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))[:1400]
    letters = SequenceOneHotEncoder().fit_transform([X[i] for i in order])
    return Task(letters[:400], y[order[:400]], letters[400:], y[order[400:]], classes=True)


@task
def basic_motions() -> Task:
    train, test = (_aeon("BasicMotions", part) for part in ("TRAIN", "TEST"))
    return _scaled(train[0][:, ::2], train[1], test[0][:, ::2], test[1], classes=True)


@task
def power_demand() -> Task:
    return _scaled(*_aeon("ItalyPowerDemand", "TRAIN"), *_aeon("ItalyPowerDemand", "TEST"), classes=True)


@task
def gun_point() -> Task:
    train, test = (_aeon("GunPoint", part) for part in ("TRAIN", "TEST"))
    return _scaled(train[0][:, ::3], train[1], test[0][:, ::3], test[1], classes=True)


@task
def rare_labels() -> Task:
    """Twelve labels, each on in 1 to 10 per cent of the sequences: where its feature stays high for long."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(1600, 10, 6))
    scores = np.concatenate([X.mean(axis=1), X[:, -3:].mean(axis=1)], axis=1) + rng.normal(0, 0.2, (len(X), 12))
    y = (scores > np.quantile(scores, 1 - np.linspace(0.01, 0.1, 12), axis=0).diagonal()).astype(int)
    return Task(X[:400], y[:400], X[400:], y[400:], classes=True)


@task
def imbalanced() -> Task:
    """Six per cent of the sequences have a burst."""
    rng = np.random.default_rng(8)
    X, y = rng.normal(size=(2000, 12, 2)), (rng.random(2000) < 0.06).astype(int)
    X[y == 1, 4:8, 0] += 1.5
    return Task(X[:400], y[:400], X[400:], y[400:], classes=True)


# ---------------------------------------------------------------------------------------------------------------------
# Parts of them


def _windows(table: pd.DataFrame, *, lags: int, n_test: int, horizon: int = 1) -> Task:
    """Frame a table whose first column is the target; windows without their whole past are left out."""
    framed = ShiftFramer(lags=lags, horizon=horizon).fit_transform(table.reset_index(drop=True))
    X, y = framed[lags + horizon - 1 :], table.iloc[lags + horizon - 1 :, 0].to_numpy()
    return _scaled(X[:-n_test], y[:-n_test], X[-n_test:], y[-n_test:])


def _scaled(X_train: Any, y_train: Any, X_test: Any, y_test: Any, *, classes: bool = False) -> Task:
    scaler = SequenceScaler().fit(X_train)
    return Task(scaler.transform(X_train), y_train, scaler.transform(X_test), y_test, classes)


def _ar(rng: np.random.Generator, n: int, weights: list[float]) -> np.ndarray:
    y = np.zeros(n + 50)
    for t in range(len(weights), len(y)):
        y[t] = sum(w * y[t - 1 - i] for i, w in enumerate(weights)) + rng.normal()
    return y[50:]


def _fading_sums(rng: np.random.Generator, n_train: int) -> Task:
    X = [rng.normal(size=(rng.integers(4, 15), 2)) for _ in range(n_train + 500)]
    y = np.array([(x[:, 0] * (x[:, 1] > 0) * 0.8 ** np.arange(len(x))[::-1]).sum() for x in X])
    y += rng.normal(0, 0.2, len(y))
    return Task(X[:n_train], y[:n_train], X[n_train:], y[n_train:])


def _statsmodels(name: str) -> pd.DataFrame:
    _needs("statsmodels")
    from statsmodels import datasets

    return getattr(datasets, name).load_pandas().data


def _aeon(name: str, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Read a set that aeon ships, of shape (cases, steps, channels), without importing aeon's many dependencies."""
    lines = (_needs("aeon") / f"datasets/data/{name}/{name}_{part}.ts").read_text().splitlines()
    lines = lines[next(i for i, line in enumerate(lines) if line.strip().lower() == "@data") + 1 :]
    cases = [line.strip().split(":") for line in lines if line.strip()]
    X = np.array([[np.array(channel.split(","), dtype=float) for channel in case[:-1]] for case in cases])
    return X.swapaxes(1, 2), np.array([case[-1] for case in cases])


def _needs(package: str) -> Path:
    """Return where a package is installed."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"This task's data come with the package {package}: pip install {package}")
    return Path(spec.origin).parent
