"""Every path on a GPU gives what a CPU gives: fits, states, streams, forecasts, and a fit that is loaded without one.

``SKLEARN_RNN_TEST_DEVICE=cpu`` runs the tests with a CPU in the place of the GPU, which checks this file alone.
"""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from streams import CLASSIFIERS, REGRESSORS

from sklearn_rnn import (
    EncoderDecoderRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
    RNNRegressor,
    SequenceForecaster,
)
from sklearn_rnn._training import batches

DEVICE = os.environ.get("SKLEARN_RNN_TEST_DEVICE", "cuda")
pytestmark = [
    pytest.mark.skipif(
        DEVICE.startswith("cuda") and not torch.cuda.is_available(), reason="torch finds no CUDA device on this machine"
    ),
    pytest.mark.filterwarnings("ignore:tbptt=.* has k1 > k2"),
    pytest.mark.filterwarnings("ignore::sklearn_rnn.exceptions.SkillWarning"),
]

RNG = np.random.default_rng(0)
LENGTHS = (9, 4, 0, 7, 9, 1, 6, 3, 8, 5, 2, 9)
DENSE = RNG.normal(size=(44, 9, 3))
RAGGED = [RNG.normal(size=(LENGTHS[i % 12], 3)) for i in range(36)]
SERIES = [RNG.normal(size=(n, 3)) for n in (41, 23, 0, 30)]
PREDICTED = [x for x in RAGGED if len(x)]  # one without steps would warn


def sums(X: Any) -> Any:
    """One target per sequence."""
    return np.array([np.tanh(x[-3:, 0].sum() + x[:, 1].sum() / 4) for x in X])


def running(X: Any) -> Any:
    """One target per step."""
    return [np.tanh(x[:, 0] + x[:, 1].cumsum() / 4) for x in X]


DATA: dict[str, tuple[Any, Any, Any]] = {  # X and y to fit, and X to predict
    "windows": (DENSE, sums(DENSE), DENSE),
    "outputs": (DENSE, np.stack([sums(DENSE), DENSE[:, -1, 2]], axis=1), DENSE),
    "two classes": (DENSE, np.where(sums(DENSE) > 0, "up", "down"), DENSE),
    "classes": (DENSE, np.digitize(sums(DENSE), [-0.4, 0.4]), DENSE),
    "labels": (DENSE, np.stack([sums(DENSE) > 0, DENSE[:, -1, 2] > 0], axis=1).astype(int), DENSE),
    "ragged": (RAGGED, sums(RAGGED), PREDICTED),
    "steps": (RAGGED, running(RAGGED), PREDICTED),
    "step classes": (RAGGED, [np.where(y > 0, "up", "down") for y in running(RAGGED)], PREDICTED),
    "series": (SERIES, running(SERIES), [x for x in SERIES if len(x)]),
    "sequences": (DENSE, DENSE[:, -4:, 0].cumsum(axis=1), DENSE),
    "ragged sequences": (RAGGED, RNG.normal(size=(36, 4, 2)), PREDICTED),
}
DECODERS = {cell: partial(EncoderDecoderRegressor, cell=cell) for cell in REGRESSORS}
SMALL = {"hidden_layer_sizes": (5,), "max_epochs": 3, "batch_size": 8, "lr": 1e-3}
SMALL |= {"early_stopping": False, "random_state": 0}
STATEFUL = {"return_sequences": True, "stateful": True}


@dataclass(frozen=True)
class Case:
    make: Any
    data: str
    params: dict[str, Any] = field(default_factory=dict)
    weighted: bool = False

    def new(self, device: str, **params: Any) -> Any:
        return self.make(**SMALL | self.params | params, device=device)

    def fit(self, device: str, **params: Any) -> Any:
        X, y, _ = DATA[self.data]
        return self.new(device, **params).fit(X, y, self.weights)

    @property
    def weights(self) -> Any:
        if not self.weighted:
            return None
        X, _, _ = DATA[self.data]
        per_step = self.params.get("return_sequences")
        return [np.linspace(0.2, 2.0, len(x)) for x in X] if per_step else np.linspace(0.2, 2.0, len(X))

    @property
    def tolerance(self) -> float:
        return 1e-8 if self.params.get("dtype") == "float64" else 1e-4


STACKED = {"hidden_layer_sizes": (5, 4)}
CENTRED = {"optimizer": "rmsprop", "optimizer_params": {"centered": True}}
NESTEROV = {"optimizer": "sgd", "optimizer_params": {"momentum": 0.9, "nesterov": True}}
AMSGRAD = {"optimizer": "adamw", "optimizer_params": {"amsgrad": True}, "weight_decay": 0.01}
CLASS_LOSS = torch.nn.CrossEntropyLoss(torch.tensor([1.0, 2.0, 0.5]), reduction="none")


def of_cells(name: str, makes: dict[str, Any], data: str, weighted: bool = False, **params: Any) -> dict[str, Case]:
    return {f"{cell} {name}": Case(make, data, params, weighted) for cell, make in makes.items()}


CASES = (
    of_cells("of windows", REGRESSORS, "windows")
    | of_cells("of classes", CLASSIFIERS, "classes")
    | of_cells("in float64", REGRESSORS, "ragged", dtype="float64")
    | of_cells("in both directions", REGRESSORS, "ragged", **STACKED, bidirectional=True)
    | of_cells("per step", CLASSIFIERS, "step classes", weighted=True, **STACKED, return_sequences=True)
    | of_cells("k1 < k2", REGRESSORS, "series", **STATEFUL, tbptt=(3, 6), batch_size=2)
    | of_cells("k1 = k2", REGRESSORS, "series", **STATEFUL, tbptt=(4, 4), batch_size=1)
    | of_cells("k1 = k2 in lanes", REGRESSORS, "series", **STATEFUL, tbptt=(4, 4), batch_size=3)
    | of_cells("k1 > k2", REGRESSORS, "series", **STATEFUL, tbptt=(5, 2), batch_size=8)
    | of_cells("that repeats", DECODERS, "sequences", **STACKED, decoder="repeat")
    | of_cells("that feeds back", DECODERS, "ragged sequences", **STACKED, decoder="feedback", teacher_forcing=0)
    | of_cells("that is taught", DECODERS, "sequences", **STACKED, decoder="feedback", teacher_forcing=1)
    | {
        "absolute error": Case(GRURegressor, "outputs", {"loss": "absolute_error"}, weighted=True),
        "huber": Case(GRURegressor, "outputs", {"loss": "huber"}, weighted=True),
        "quantile": Case(GRURegressor, "outputs", {"loss": "quantile", "quantile": 0.2}, weighted=True),
        "loss of torch": Case(GRURegressor, "outputs", {"loss": torch.nn.SmoothL1Loss}, weighted=True),
        "two classes": Case(GRUClassifier, "two classes", {"class_weight": "balanced"}, weighted=True),
        "labels": Case(GRUClassifier, "labels", weighted=True),
        "loss with weights of its own": Case(LSTMClassifier, "classes", {"loss": CLASS_LOSS}),
        "amsgrad": Case(LSTMRegressor, "ragged", AMSGRAD),
        "nesterov": Case(LSTMRegressor, "ragged", NESTEROV),
        "rmsprop": Case(LSTMRegressor, "ragged", CENTRED),
        "optimizer of torch": Case(LSTMRegressor, "ragged", {"optimizer": torch.optim.Adagrad}),
        "cosine": Case(GRURegressor, "windows", {"lr_schedule": "cosine"}),
        "onecycle": Case(GRURegressor, "windows", {"lr_schedule": "onecycle"}),
        "plateau": Case(GRURegressor, "windows", {"lr_schedule": "plateau"}),
        "no clipping": Case(GRURegressor, "windows", {"clip_grad_norm": None}),
        "relu": Case(RNNRegressor, "windows", {"nonlinearity": "relu"}),
        "early stopping": Case(GRURegressor, "windows", {"early_stopping": True, "scoring": "r2"}),
        "stateful, one target per sequence": Case(LSTMRegressor, "ragged", {"stateful": True, "tbptt": (2, 4)}),
        "windows that begin with zero": Case(GRURegressor, "series", {"return_sequences": True, "tbptt": (3, 5)}),
    }
)
# Masks, and which steps are taught, are drawn on the device: by other numbers than on a CPU.
DRAWN = {
    "dropout": Case(LSTMRegressor, "ragged", STACKED | {"dropout": 0.3}),
    "recurrent dropout": Case(GRURegressor, "steps", STATEFUL | {"recurrent_dropout": 0.3, "tbptt": (2, 3)}),
    "teaching": Case(EncoderDecoderRegressor, "sequences", {"decoder": "feedback", "dropout": 0.3}),
}
STREAMED = [name for name, case in CASES.items() if case.params.get("return_sequences")]
# Early stopping and schedules are no matter of partial_fit, nor can it know how frequent classes will be.
CONTINUED = [
    name for name, case in CASES.items() if not {"early_stopping", "lr_schedule", "class_weight"} & {*case.params}
]
every_case = pytest.mark.parametrize("name", CASES)


@pytest.fixture(autouse=True)
def float32_is_not_shortened(monkeypatch: Any) -> None:
    """Let cuDNN multiply by all bits of float32; by default it takes ten of them."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


@cache
def fitted(name: str, device: str = DEVICE) -> Any:
    """A fitted estimator, which no test may change."""
    return CASES[name].fit(device)


def flat(predictions: Any) -> Any:
    return np.concatenate(predictions) if isinstance(predictions, list) else predictions


def outputs_of(model: Any, data: str) -> Any:
    """Numbers to compare: probabilities of a classifier, which say more than its classes."""
    return flat(getattr(model, "predict_proba", model.predict)(DATA[data][2]))


def assert_same_state(got: Any, want: Any, **near: Any) -> None:
    for parts, others in zip(got, want, strict=True):
        for part, other in zip(parts, others, strict=True):
            assert_allclose(part, other, **near)


def assert_same_fit(got: Any, want: Any, case: Case) -> None:
    near = {"rtol": 0, "atol": case.tolerance}
    weights = want.module_.state_dict()
    for name, value in got.module_.state_dict().items():
        assert_allclose(value.cpu(), weights[name].cpu(), err_msg=name, **near)
    assert_allclose(got.history_.train_loss, want.history_.train_loss, **near)
    assert_allclose(outputs_of(got, case.data), outputs_of(want, case.data), **near)
    if case.params.get("stateful") and case.params.get("return_sequences"):
        assert_same_state(got._carried.state, want._carried.state, **near)


@every_case
def test_a_fit_equals_that_on_a_cpu(name):
    assert fitted(name).module_.device.type == torch.device(DEVICE).type
    assert_same_fit(fitted(name), fitted(name, "cpu"), CASES[name])


@pytest.mark.parametrize("name", CONTINUED)
def test_partial_fit_continues_on_the_device_and_on_another(name):
    case = CASES[name]
    X, y, _ = DATA[case.data]
    got, want = (case.new(device) for device in (DEVICE, "cpu"))
    for model in (got, want):
        for _ in range(2):
            model.partial_fit(X, y, case.weights)
    for device in ("cpu", DEVICE):
        got.set_params(device=device).partial_fit(X, y, case.weights)
        want.partial_fit(X, y, case.weights)
    assert_same_fit(got, want, case)


@every_case
def test_data_that_does_not_fit_on_the_device_stays_on_the_cpu(name, monkeypatch):
    monkeypatch.setattr(batches, "_fits", lambda n_bytes, device: False)
    assert_same_fit(CASES[name].fit(DEVICE), fitted(name, "cpu"), CASES[name])


@pytest.mark.parametrize("name", STREAMED)
def test_streams_equal_those_on_a_cpu(name):
    case = CASES[name]
    method = "predict_proba" if case.make in CLASSIFIERS.values() else "predict"
    x = np.stack([SERIES[0][:12], SERIES[1][:12]])
    got, want = (fitted(name, device).stream(2, method=method) for device in (DEVICE, "cpu"))
    near = {"rtol": 0, "atol": case.tolerance}
    for t in range(5):
        step = np.where(t == 3, [[np.nan], [1.0]], 1.0) * x[:, t]  # one step of padding
        assert_allclose(got.step(step), want.step(step), **near)
    assert_allclose(got.predict(x[:, 5:]), want.predict(x[:, 5:]), **near)
    got.state = [tuple(np.asfortranarray(part) for part in parts) for parts in got.state]
    for stream in (got, want):
        stream.reset(1)
    assert_allclose(got.predict(x), want.predict(x), **near)
    assert_same_state(got.state, want.state, **near)
    if case.params.get("stateful"):
        assert_same_state(*(fitted(name, device).stream(resume=True).state for device in (DEVICE, "cpu")), **near)


def test_fits_are_loaded_without_the_device(tmp_path):
    """A process that sees no GPU predicts the same, and can train on."""
    models = {name: fitted(name) for name in CASES} | {name: case.fit(DEVICE) for name, case in DRAWN.items()}
    data = {name: DATA[case.data] for name, case in (CASES | DRAWN).items()}
    (tmp_path / "models").write_bytes(pickle.dumps((models, data)))
    code = """if True:
        import pickle, sys, torch
        assert not torch.cuda.is_available()
        models, data = pickle.load(open(sys.argv[1] + "/models", "rb"))
        predicted = {name: model.predict(data[name][2]) for name, model in models.items()}
        for name in ("gru k1 < k2", "dropout", "recurrent dropout"):
            X, y, _ = data[name]
            models[name].set_params(device="auto").partial_fit(X, y)
        pickle.dump(predicted, open(sys.argv[1] + "/predicted", "wb"))
    """
    command = [sys.executable, "-c", code, str(tmp_path)]
    blind = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, env=blind, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    predicted = pickle.loads((tmp_path / "predicted").read_bytes())
    for name, model in models.items():
        want = flat(model.predict(data[name][2]))
        if want.dtype.kind == "f":
            assert_allclose(flat(predicted[name]), want, rtol=0, atol=(CASES | DRAWN)[name].tolerance)
        else:
            assert_array_equal(flat(predicted[name]), want)


@every_case
def test_copies_stay_on_the_device_and_predict_without_a_warning(name):
    X = DATA[CASES[name].data][2]
    for copied in (copy.deepcopy(fitted(name)), pickle.loads(pickle.dumps(fitted(name)))):
        assert copied.module_.device == fitted(name).module_.device
        assert_array_equal(flat(copied.predict(X)), flat(fitted(name).predict(X)))


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_drawn_is_drawn_again(name):
    case = DRAWN[name]
    predicted = DATA[case.data][2]
    one, other = (case.fit(DEVICE) for _ in range(2))
    assert_allclose(flat(one.predict(predicted)), flat(other.predict(predicted)), rtol=0, atol=1e-5)
    without = case.fit(DEVICE, **{share: 0.0 for share in case.params if share.endswith("dropout")})
    assert np.abs(flat(one.predict(predicted)) - flat(without.predict(predicted))).max() > 1e-5
    assert copy.deepcopy(one).module_.generator.device == one.module_.generator.device


@pytest.mark.parametrize("strategy", ["recursive", "direct", "joint"])
def test_forecasts_equal_those_on_a_cpu(strategy):
    y = (np.sin(np.arange(120) / 4) + np.arange(120) / 50)[:, None]
    new = CASES["gru of windows"].new
    got, want = (
        SequenceForecaster(new(device), lags=8, horizon=3, strategy=strategy).fit(y[:100]).predict(y[:110])
        for device in (DEVICE, "cpu")
    )
    assert_allclose(got, want, rtol=0, atol=1e-4)
