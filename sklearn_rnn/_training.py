"""From an estimator's parameters to a skorch net, and training it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer
from skorch.callbacks import Callback, EarlyStopping, GradientNormClipping, ProgressBar

from ._losses import WeightedMean
from ._modules import RecurrentNetwork
from ._net import SequenceData, SequenceNet
from ._validation import Part

OPTIMIZERS: dict[str, type[torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
}
FUSED = (
    "adam",
    "adamw",
    "sgd",
)  # these have one kernel for all weights, which makes small updates a tenth cheaper


def build_net(estimator: Any, n_features: int, seed: int) -> SequenceNet:
    """Make the net that an estimator's parameters describe, with new weights."""
    loss, n_outputs = estimator._criterion()
    module = {
        "cell": estimator._cell,
        "n_features": n_features,
        "n_outputs": n_outputs,
        "hidden_layer_sizes": tuple(int(size) for size in np.atleast_1d(estimator.hidden_layer_sizes)),
        "nonlinearity": getattr(estimator, "nonlinearity", "tanh"),
        "bidirectional": estimator.bidirectional,
        "dropout": estimator.dropout,
        "recurrent_dropout": estimator.recurrent_dropout,
        "return_sequences": estimator.return_sequences,
    }
    net = SequenceNet(
        RecurrentNetwork,
        WeightedMean,
        **{f"module__{name}": value for name, value in module.items()},
        criterion__loss=loss,
        **_optimizer(estimator),
        lr=estimator.lr,
        max_epochs=estimator.max_epochs,
        batch_size=estimator.batch_size,
        shuffle=estimator.shuffle,
        seed=seed,
        dtype=estimator.dtype,
        callbacks=_callbacks(estimator),
        verbose=int(estimator.verbose == 2),
        device=_device(estimator.device),
    )
    return net.initialize()


def take_over(net: SequenceNet, earlier: SequenceNet) -> None:
    """Go on from the weights, the random numbers and the history of an earlier net."""
    try:
        net.module_.load_state_dict(earlier.module_.state_dict())
    except RuntimeError as error:
        raise ValueError(
            "warm_start=True goes on from the weights of the last fit, but hidden_layer_sizes, bidirectional or the "
            "number of features, outputs or classes have changed since; use warm_start=False to start afresh."
        ) from error
    net.generator_ = earlier.generator_
    net.history_ = earlier.history_


def go_on_with(estimator: Any, net: SequenceNet) -> None:
    """Train the same net further, with parameters that were set since."""
    if net.lr != estimator.lr:
        net.set_params(lr=estimator.lr)
    net.batch_size = estimator.batch_size
    net.shuffle = estimator.shuffle
    net.callbacks = _callbacks(estimator)
    net.initialize_callbacks()


def train(estimator: Any, part: Part, valid: Part | None, epochs: int) -> None:
    """Train an estimator's net and record how that went in `history_` and `n_iter_`."""
    net = estimator.net_
    before = len(net.history)
    scores = dict(net.callbacks_).get("scores")
    if scores is not None:
        scores.watch(estimator, *((part, "train") if valid is None else (valid, "valid")))
    net.partial_fit((_data(estimator, part), None if valid is None else _data(estimator, valid)), epochs=epochs)
    if scores is not None:
        scores.watch(None)
    net.module_.eval()
    estimator.history_ = _history_frame(net.history)
    estimator.n_iter_ = len(net.history)
    run = len(net.history) - before
    if run < epochs and not estimator.early_stopping and not estimator.callbacks:
        warnings.warn(
            f"Training was interrupted after {run} of {epochs} epochs; the weights reached are kept.",
            ConvergenceWarning,
            stacklevel=4,
        )


class EpochScores(Callback):
    """Scores of scikit-learn after each epoch, on the validation part or, without one, on the training part.

    Parameters
    ----------
    scorers : dict of callables
        Scorers with signature (estimator, X, y, sample_weight=None), by name.
    """

    def __init__(self, scorers: dict[str, Any]) -> None:
        self.scorers = scorers

    def watch(self, estimator: Any, part: Part | None = None, prefix: str = "") -> None:
        """Set the estimator and the data to score, or let go of them."""
        self.estimator, self.part, self.prefix = estimator, part, prefix

    def on_epoch_end(self, net: SequenceNet, *args: Any, **kwargs: Any) -> None:
        """Record the scores of this epoch."""
        if self.part is None:
            return
        weights = self.part.targets.weights
        weighted = {} if weights is None else {"sample_weight": weights}
        y = self.estimator._score_values(self.part.targets)
        for name, scorer in self.scorers.items():
            score = scorer(self.estimator, self.part.sequences, y, **weighted)
            net.history.record(f"{self.prefix}_{name}", float(score))


def _data(estimator: Any, part: Part) -> SequenceData:
    net = estimator.net_
    return SequenceData(
        part.sequences,
        estimator._encode(part.targets),
        per_step=estimator.return_sequences,
        dtype=getattr(torch, estimator.dtype),
        device=torch.device(net.device),
    )


def _optimizer(estimator: Any) -> dict[str, Any]:
    """Return the optimizer and its parameters as a skorch net takes them."""
    optimizer, params = estimator.optimizer, {}
    if isinstance(optimizer, str) or estimator.weight_decay:  # not every class of optimizer knows weight decay
        params["weight_decay"] = estimator.weight_decay
    if isinstance(optimizer, str):
        params |= {"fused": True} if optimizer in FUSED else {}
        optimizer = OPTIMIZERS[optimizer]
    params |= estimator.optimizer_params or {}
    return {"optimizer": optimizer, **{f"optimizer__{name}": value for name, value in params.items()}}


def _callbacks(estimator: Any) -> list[Any]:
    callbacks: list[Any] = []
    if estimator.clip_grad_norm is not None:
        callbacks.append(("clip", GradientNormClipping(estimator.clip_grad_norm)))
    if estimator.scoring is not None:
        callbacks.append(("scores", EpochScores(_scorers(estimator.scoring))))
    if estimator.early_stopping:
        stop = EarlyStopping(
            patience=estimator.n_iter_no_change, threshold=estimator.tol, threshold_mode="abs", load_best=True
        )
        callbacks.append(("early_stopping", stop))
    if estimator.verbose == 1:
        callbacks.append(("progress", ProgressBar()))
    return callbacks + list(estimator.callbacks or [])


def _scorers(scoring: Any) -> dict[str, Any]:
    if isinstance(scoring, dict):
        return {name: get_scorer(scorer) for name, scorer in scoring.items()}
    if isinstance(scoring, list | tuple):
        return {name: get_scorer(name) for name in scoring}
    return {scoring if isinstance(scoring, str) else "score": get_scorer(scoring)}


def _device(device: Any) -> str:
    if device != "auto":
        try:
            return str(torch.device(device))
        except RuntimeError as error:
            raise ValueError(f"device={device!r} is no device of torch; use 'auto', 'cpu' or 'cuda'.") from error
    return "cuda" if torch.cuda.is_available() else "cpu"


def _history_frame(history: Any) -> pd.DataFrame:
    """Return a row per epoch; what is recorded per batch is let go, since it grows without bound."""
    rows = []
    for row in history:
        row["batches"].clear()
        rows.append({k: v for k, v in row.items() if not k.endswith(("batches", "_best", "_batch_count"))})
    frame = pd.DataFrame(rows).set_index("epoch")
    return frame[[*frame.columns.drop("dur"), "dur"]]
