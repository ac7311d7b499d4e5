"""Both engines learn the same: over generated combinations of parameters, in turn, and under the eyes of callbacks.

A combination is a level of each of FACTORS. Their full product has 10^9 members; a greedy function picks some hundred in
which every pair of levels of two factors occurs that estimators take.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose
from skorch.callbacks import Callback
from streams import CLASSIFIERS, REGRESSORS

from sklearn_rnn import ShiftFramer

UPDATES, FEWER = 200, 60  # of a bare fit; where more calls come after it, or training is done twice
# An odd number, and one that no batch size divides: the slopes of half of an even number of absolute errors cancel those of
# the other half, and of what rounding leaves of nothing Adam makes a whole step.
N, STEPS = 19, 6
TOLERANCES = {"float32": 1e-5, "float64": 1e-9}


def log_cosh(output: Any, target: Any) -> Any:
    """A loss that no engine knows."""
    return torch.log(torch.cosh(output - target)).mean(dim=1)


# How the targets of a case are made, and its loss.
TASKS: dict[str, dict[str, Any]] = {
    "squared_error": {"loss": "squared_error"},
    "absolute_error": {"loss": "absolute_error"},
    "huber": {"loss": "huber"},
    "quantile": {"loss": "quantile", "quantile": 0.3},
    "a function": {"loss": log_cosh},
    "a class of torch": {"loss": torch.nn.SmoothL1Loss},
    "two classes": {},
    "three classes": {},
    "labels": {},
}
CLASSES = {"two classes": 2, "three classes": 3}
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "adam": {"optimizer": "adam"},
    "adamw": {"optimizer": "adamw", "weight_decay": 0.01},
    "nesterov": {"optimizer": "sgd", "lr": 0.02, "optimizer_params": {"momentum": 0.9, "nesterov": True}},
    "centred": {"optimizer": "rmsprop", "optimizer_params": {"centered": True}},
    "amsgrad": {"optimizer": "adam", "weight_decay": 0.01, "optimizer_params": {"amsgrad": True}},
    "of torch": {"optimizer": torch.optim.Adagrad},
}
TRUNCATIONS = (None, 2, (2, 4), (3, 2))  # no matter whether k1 differs with a single target, at the end
FACTORS: dict[str, tuple[Any, ...]] = {
    # return_sequences, stateful, tbptt
    "course": (
        *[(False, *rest) for rest in [(False, None), (False, 2), (True, 2)]],
        *[(True, *rest) for rest in itertools.product([False, True], TRUNCATIONS)],
    ),
    "task": tuple(TASKS),
    "optimizer": tuple(OPTIMIZERS),
    "calls": ("fit", "fit, partial_fit", "partial_fit", "taking turns", "warm start", "early stopping"),
    "cell": ("rnn", "relu", "gru", "lstm"),
    "lr_schedule": (None, "cosine", "onecycle", "plateau"),
    "hidden_layer_sizes": ((8,), (7, 5), (33,)),
    "batch_size": (1, 3, 64),
    "weights": ("none", "of samples", "of classes"),
    "form": ("3-D", "list", "windows"),
    "clip_grad_norm": (None, 1.0, 0.01),
    "bidirectional": (False, True),
    "ragged": (False, True),
    "dropout": (0.0, 0.3),
    "recurrent_dropout": (0.0, 0.3),
    "dtype": ("float32", "float64"),
}
Combination = dict[str, Any]


def is_rejected(case: Combination) -> bool:
    """Whether estimators, or the forms of data, don't take such a combination; of a partial one, as far as is known."""
    per_step, stateful, tbptt = case.get("course", (False, False, None))
    windows, task = case.get("form") == "windows", case.get("task", "two classes")
    return (
        (bool(case.get("bidirectional")) and (stateful or isinstance(tbptt, tuple)))  # such layers read whole chunks
        or (windows and (per_step or stateful or bool(case.get("ragged"))))  # one target each; they are ragged as it is
        or (case.get("weights") == "of classes" and task not in CLASSES)
    )


def combinations() -> list[Combination]:
    """Pick combinations until every pair of levels that is taken has occurred, each time the same ones."""

    def levels(chosen: dict[str, int]) -> Combination:
        return {name: FACTORS[name][i] for name, i in chosen.items()}

    def pairs(chosen: dict[str, int]) -> set[Any]:
        return set(itertools.combinations([(name, chosen[name]) for name in FACTORS if name in chosen], 2))

    every = [(name, i) for name in FACTORS for i in range(len(FACTORS[name]))]
    to_come = [
        pair
        for pair in itertools.combinations(every, 2)
        if pair[0][0] != pair[1][0] and not is_rejected(levels(dict(pair)))
    ]
    met: set[Any] = set()
    picked: list[dict[str, int]] = []
    for pair in to_come:
        if pair in met:
            continue
        chosen = dict(pair)
        for name in FACTORS:
            if name not in chosen:
                # The level that brings most new pairs; of several, the one that was picked least.
                scores = {
                    i: (len(pairs(chosen | {name: i}) - met), -sum(other[name] == i for other in picked))
                    for i in range(len(FACTORS[name]))
                    if not is_rejected(levels(chosen | {name: i}))
                }
                chosen[name] = max(scores, key=scores.__getitem__)
        met |= pairs(chosen)
        picked.append(chosen)
    return [levels(chosen) for chosen in picked]


COMBINATIONS = combinations()


def data_of(case: Combination) -> tuple[Any, Any]:
    """Return X and numbers to make targets of: a pair for each sequence, or for each step of each."""
    rng = np.random.default_rng(0)
    lengths = [6, 3, 0, 5, 1, 6, 2, 0, 4, 6, 6, 1, 5, 3, 2, 6, 4, 1, 6] if case["ragged"] else [STEPS] * N
    X = [rng.normal(size=(n, 2)) for n in lengths]
    if case["form"] == "windows":
        table = pd.DataFrame(rng.normal(size=(N, 2)), columns=["u", "v"])
        return ShiftFramer(lags=STEPS).fit_transform(table), np.tanh(table.to_numpy())
    running = [np.tanh(x + x[:, ::-1].cumsum(axis=0) / 2) for x in X]
    values = running if case["course"][0] else np.array([np.tanh(x.sum(axis=0)) for x in X])
    if case["form"] == "3-D":
        padded = np.full((N, STEPS, 2), np.nan)
        targets = np.full((N, STEPS, 2), 0.0)
        for i, x in enumerate(X):
            padded[i, : len(x)], targets[i, : len(x)] = x, running[i]
        X, values = padded, targets if case["course"][0] else values
    return X, values


def targets_of(case: Combination, values: Any) -> Any:
    """Return y: two outputs, codes of classes, or two labels."""
    if isinstance(values, list):
        return [targets_of(case, part) for part in values]
    if case["task"] in CLASSES:
        return np.digitize(values[..., 0], [-0.3, 0.3][: CLASSES[case["task"]] - 1])
    return (values > 0).astype(int) if case["task"] == "labels" else values


def weights_of(case: Combination, values: Any) -> Any:
    """Return weights of samples, some of which are zero."""
    if case["weights"] != "of samples":
        return None
    shapes = [len(part) for part in values] if case["course"][0] else len(values)
    draw = np.random.default_rng(1)
    if isinstance(shapes, int):
        return np.round(draw.uniform(0, 2, size=shapes), 1) * (np.arange(shapes) % 5 > 0)
    weights = [np.round(draw.uniform(0, 2, size=n), 1) * (np.arange(n) % 5 > 0) for n in shapes]
    return np.stack(weights) if case["form"] == "3-D" else weights


def epochs_of(case: Combination) -> int:
    """Return in how many epochs there are as many updates as wanted."""
    updates = UPDATES if case["calls"] == "fit" else FEWER
    per_step, _, tbptt = case["course"]
    chunks = N * (1 if tbptt is None or not per_step else STEPS // 2)
    return -(-updates // -(-chunks // case["batch_size"]))


def estimator_of(case: Combination, backend: str, **params: Any) -> Any:
    """Return an estimator, whose fit makes as many updates as wanted."""
    per_step, stateful, tbptt = case["course"]
    makes = REGRESSORS if "loss" in TASKS[case["task"]] else CLASSIFIERS
    direct = ("hidden_layer_sizes", "bidirectional", "dropout", "recurrent_dropout", "clip_grad_norm", "dtype",
              "lr_schedule", "batch_size")  # fmt: skip
    settings = (
        {name: case[name] for name in direct}
        | TASKS[case["task"]]
        | {"lr": 2e-3}
        | OPTIMIZERS[case["optimizer"]]
        | {"return_sequences": per_step, "stateful": stateful, "tbptt": tbptt, "random_state": 0}
        | {"early_stopping": case["calls"] == "early stopping", "validation_fraction": 0.3, "n_iter_no_change": 5}
        | {"max_epochs": epochs_of(case)}
    )
    if case["weights"] == "of classes":
        settings["class_weight"] = dict(enumerate([0.5, 2.0, 1.0][: CLASSES[case["task"]]]))
    if case["cell"] == "relu":
        settings["nonlinearity"] = "relu"
    return makes["rnn" if case["cell"] == "relu" else case["cell"]](backend=backend, **settings, **params)


def trained(case: Combination, backend: str) -> Any:
    """Return an estimator after all its calls."""
    model, calls = estimator_of(case, backend), case["calls"]
    X, values = data_of(case)
    given = (X, targets_of(case, values), weights_of(case, values))
    if calls in ("partial_fit", "taking turns"):
        for call in range(min(epochs_of(case), 30)):
            turn = "torch" if calls == "taking turns" and call % 2 else backend
            model.set_params(backend=turn).partial_fit(*given)
        return model
    model.fit(*given)
    if calls == "warm start":
        model.set_params(warm_start=True, max_epochs=3).fit(*given)
    for _ in range(3 if calls == "fit, partial_fit" else 0):
        model.partial_fit(*given)
    return model


def outputs_of(model: Any, X: Any) -> Any:
    outputs = getattr(model, "predict_proba", model.predict)(X)
    return np.concatenate(outputs) if isinstance(outputs, list) else outputs


def assert_equal_fits(one: Any, other: Any, X: Any, **near: Any) -> None:
    """Compare weights, losses, predictions and the states in which series were left."""
    weights = other.module_.state_dict()
    for name, value in one.module_.state_dict().items():
        assert_allclose(value, weights[name], err_msg=name, **near)
    assert list(one.history_) == list(other.history_)
    assert_allclose(one.history_.drop(columns="dur"), other.history_.drop(columns="dur"), **near)
    assert_allclose(outputs_of(one, X), outputs_of(other, X), **near)
    assert hasattr(one, "_carried") == hasattr(other, "_carried")
    states = [model._carried.state if hasattr(model, "_carried") else [] for model in (one, other)]
    for parts, others in zip(*states, strict=True):
        for part, expected in zip(parts, others, strict=True):
            assert_allclose(part, expected, **near)


def name_of(case: Combination) -> str:
    return "-".join(str(level).replace(" ", "") for level in (case[name] for name in FACTORS))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn_rnn.exceptions.SkillWarning")
@pytest.mark.filterwarnings("ignore::sklearn_rnn.exceptions.ContextWarning")
@pytest.mark.filterwarnings("ignore:tbptt=.* has k1 > k2")
@pytest.mark.parametrize("case", COMBINATIONS, ids=name_of)
def test_both_engines_learn_the_same(case):
    compiled, torchs = (trained(case, backend) for backend in ("compiled", "torch"))
    assert_equal_fits(compiled, torchs, data_of(case)[0], rtol=0, atol=TOLERANCES[case["dtype"]])


class Watch(Callback):
    """Notes what is seen of every batch."""

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        self.losses, self.norms, self.begun = [], [], 0

    def on_batch_begin(self, net: Any, **kwargs: Any) -> None:
        self.begun += 1

    def on_grad_computed(self, net: Any, named_parameters: Any, **kwargs: Any) -> None:
        self.norms.append([float(p.grad.norm()) for _, p in named_parameters if p.grad is not None])

    def on_batch_end(self, net: Any, loss: Any, training: bool, **kwargs: Any) -> None:
        self.losses.append((training, float(loss.detach())))


@pytest.mark.parametrize("course", [(False, False, None), (True, True, (2, 4))])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_callbacks_see_every_batch(cell, course):
    case = {name: levels[0] for name, levels in FACTORS.items()} | {"cell": cell, "course": course, "batch_size": 3}
    X, values = data_of(case)
    seen = {}
    for backend in ("compiled", "torch"):
        watch = Watch()
        estimator_of(case, backend, callbacks=[watch]).set_params(max_epochs=4).fit(X, values)
        seen[backend] = watch
    compiled, torchs = seen["compiled"], seen["torch"]
    updates = 4 * (14 if course[0] else 5)  # in lanes each sequence of six steps is three chunks
    assert len(compiled.losses) == len(compiled.norms) == compiled.begun == len(torchs.losses) >= updates
    assert_allclose(compiled.losses, torchs.losses, rtol=0, atol=1e-5)
    assert_allclose(compiled.norms, torchs.norms, rtol=1e-3, atol=1e-5)
