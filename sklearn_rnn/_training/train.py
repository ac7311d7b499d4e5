"""From an estimator's parameters to a skorch net, and training it."""

from __future__ import annotations

import copy
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer
from skorch.callbacks import Callback, EarlyStopping, ProgressBar

from .._data.holdout import Part
from .._data.sequences import Layout
from .._networks.losses import WeightedMean
from .batches import Batches, SequenceData
from .carried import Carried, left_by, resume_from
from .inference import Evaluations
from .lanes import Truncation
from .net import SequenceNet
from .tbptt import TruncatedBatches

OPTIMIZERS: dict[str, type[torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
}
# These have one kernel for all weights, which makes small updates a tenth cheaper (measured, LSTM of 32 units).
FUSED = ("adam", "adamw", "sgd")
TAKEN = ("loss", "batch_size", "batch_count")  # skorch records these for training and validation


def build_net(estimator: Any, n_features: int, seed: int) -> SequenceNet:
    """Make the net that an estimator's parameters describe, with new weights."""
    loss, n_outputs = estimator._criterion()
    module, arguments = estimator._network()
    arguments |= {
        "n_features": n_features,
        "n_outputs": n_outputs,
        "hidden_layer_sizes": tuple(int(size) for size in np.atleast_1d(estimator.hidden_layer_sizes)),
        "dropout": estimator.dropout,
        "recurrent_dropout": estimator.recurrent_dropout,
    }
    net = SequenceNet(
        module,
        WeightedMean,
        **{f"module__{name}": value for name, value in arguments.items()},
        criterion__loss=loss,
        **_optimizer(estimator),
        lr=estimator.lr,
        max_epochs=estimator.max_epochs,
        batch_size=int(estimator.batch_size),
        seed=seed,
        dtype=estimator.dtype,
        callbacks=_callbacks(estimator),
        verbose=int(estimator.verbose == 2),
        **({} if estimator.verbose == 2 else {"callbacks__print_log": None}),  # it makes a table even of what it hides
        device=_device(estimator.device),
    )
    try:
        return net.initialize()
    except TypeError as error:
        raise ValueError(f"The net can't be built: {error}; see optimizer_params and callbacks.") from error


def take_over(net: SequenceNet, earlier: SequenceNet, structure: tuple[str, ...], *, optimizer: bool) -> None:
    """Go on from the weights, random numbers and history of an earlier net, and on demand from its optimizer's state.

    All of it is copied, so that the earlier net stays as it is. `structure` names the parameters that both must share.
    """
    try:
        # Weights of another structure may happen to have the same shapes.
        if any(getattr(net, f"module__{name}") != getattr(earlier, f"module__{name}") for name in structure):
            raise RuntimeError("the structure differs")
        net.module_.load_state_dict(earlier.module_.state_dict())
    except RuntimeError as error:
        raise ValueError(
            f"warm_start=True and partial_fit go on from the weights of the last fit, but {', '.join(structure)} or "
            "the number of features, outputs or classes have changed since; fit afresh with warm_start=False."
        ) from error
    for generator, before in ((net.generator_, earlier.generator_), (net.module_.generator, earlier.module_.generator)):
        if generator.device == before.device:
            generator.set_state(before.get_state())
    net.history_ = copy.deepcopy(earlier.history_)
    if optimizer and type(net.optimizer_) is type(earlier.optimizer_):
        state = copy.deepcopy(earlier.optimizer_.state_dict()["state"])
        net.optimizer_.load_state_dict({"state": state, "param_groups": net.optimizer_.state_dict()["param_groups"]})


def train(
    estimator: Any, part: Part, valid: Part | None, *, go_on: bool = False, carried: Carried | None = None
) -> None:
    """Train an estimator's net and record how that went in `history_` and `n_iter_`.

    A stateful estimator keeps the state that each series reaches. With `go_on` (partial_fit) it is trained for one
    epoch, which begins with the state `carried` from the last one.
    """
    net, epochs = estimator.net_, 1 if go_on else estimator.max_epochs
    carried = carried if go_on and estimator.stateful and estimator.return_sequences else None
    batches = _batches(estimator, part, carried, whole=go_on)
    before = len(net.history)
    scores = dict(net.callbacks_).get("scores")
    if scores is not None:
        scores.watch(estimator, *((part, "train") if valid is None else (valid, "valid")))
    net.partial_fit((batches, None if valid is None else Evaluations(_data(estimator, valid))), epochs=epochs)
    if scores is not None:
        scores.watch(None)
    net.check_weights()
    net.module_.eval()
    if isinstance(batches, TruncatedBatches) and batches.truncation.carries:
        left = left_by(batches, anew=estimator.early_stopping)
        estimator._carried = left if carried is None else carried.updated(left)
    estimator.history_ = _history_frame(net.history)
    estimator.n_iter_ = len(net.history)
    run = len(net.history) - before
    if run < epochs and not estimator.early_stopping and not estimator.callbacks:
        warnings.warn(
            f"Training was interrupted after {run} of {epochs} epochs; the weights reached are kept.",
            ConvergenceWarning,
            stacklevel=4,
        )


class ClipGradient(Callback):
    """Shorten gradients to a norm; skorch's own callback walks through all modules again in each update.

    Parameters
    ----------
    max_norm : float
        Greatest norm, over all weights.
    """

    def __init__(self, max_norm: float) -> None:
        self.max_norm = max_norm

    def on_train_begin(self, net: SequenceNet, *args: Any, **kwargs: Any) -> None:
        """Find the weights, once."""
        self.weights = [p for p in net.module_.parameters() if p.requires_grad]

    def on_grad_computed(self, net: SequenceNet, *args: Any, **kwargs: Any) -> None:
        """Clip the gradients of an update."""
        torch.nn.utils.clip_grad_norm_(self.weights, self.max_norm)

    def on_train_end(self, net: SequenceNet, *args: Any, **kwargs: Any) -> None:
        """Let go of the weights."""
        self.weights = []


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
        estimator, sequences, targets = self.estimator._for_scorers(), self.part.sequences, self.part.targets
        if estimator.return_sequences:  # as a table with a row per step that is not padding
            sequences = replace(sequences, layout=Layout("rows", sequences.lengths))
        weighted = {} if targets.weights is None else {"sample_weight": targets.weights}
        y = estimator._score_values(targets)
        for name, scorer in self.scorers.items():
            score = scorer(estimator, sequences, y, **weighted)
            net.history.record(f"{self.prefix}_{name}", float(score))


def truncation_of(estimator: Any, longest: int) -> Truncation | None:
    """Return how an estimator cuts sequences; None if it trains on whole ones."""
    if not estimator.stateful and estimator.tbptt is None:
        return None
    k1, k2 = (longest, longest) if estimator.tbptt is None else estimator._k1_and_k2()
    return Truncation(k1, k2, estimator.stateful, estimator.return_sequences)


def _batches(estimator: Any, part: Part, carried: Carried | None, *, whole: bool) -> Any:
    net = estimator.net_
    generator = net.generator_ if estimator.shuffle else None
    truncation = truncation_of(estimator, int(part.sequences.lengths.max()))
    if truncation is None:
        return estimator._taught(Batches(_data(estimator, part), net.batch_size, generator))
    seen, origin = None, None
    if carried is not None:
        net.module_.eval()
        sequences, seen, origin = resume_from(carried, part.sequences, net.module_, truncation.overlap)
        part = replace(part, sequences=sequences)
    data = _data(estimator, part)
    return TruncatedBatches(
        data, net.module_, truncation, net.batch_size, generator, origin=origin, seen=seen, whole=whole
    )


def _data(estimator: Any, part: Part) -> SequenceData:
    return SequenceData(
        part.sequences,
        estimator._encode(part.targets),
        per_step=estimator.return_sequences,
        dtype=getattr(torch, estimator.dtype),
        device=torch.device(estimator.net_.device),
    )


def _optimizer(estimator: Any) -> dict[str, Any]:
    """Return the optimizer and its parameters as a skorch net takes them."""
    optimizer, params = estimator.optimizer, {}
    if isinstance(optimizer, str) or estimator.weight_decay:  # not every class of optimizer knows weight decay
        params["weight_decay"] = estimator.weight_decay
    if isinstance(optimizer, str):
        params |= {"fused": True} if optimizer in FUSED else {}
        optimizer = OPTIMIZERS[optimizer]
    elif not issubclass(optimizer, torch.optim.Optimizer):
        raise ValueError(
            f"optimizer={optimizer!r} is no class of torch.optim.Optimizer, nor one of {list(OPTIMIZERS)}."
        )
    given = estimator.optimizer_params or {}
    twice = sorted(set(given) & {"lr", *params})
    if twice:
        raise ValueError(f"optimizer_params sets {twice}, which are parameters of their own; set them there.")
    params |= given
    return {"optimizer": optimizer, **{f"optimizer__{name}": value for name, value in params.items()}}


def _callbacks(estimator: Any) -> list[Any]:
    callbacks: list[Any] = []
    if estimator.clip_grad_norm is not None:
        callbacks.append(("clip", ClipGradient(estimator.clip_grad_norm)))
    if estimator.scoring is not None:
        callbacks.append(("scores", EpochScores(_scorers(estimator.scoring))))
    if estimator.early_stopping:
        stop = EarlyStopping(
            patience=estimator.n_iter_no_change, threshold=estimator.tol, threshold_mode="abs", load_best=True
        )
        callbacks.append(("early_stopping", stop))
    if estimator.verbose == 1:
        callbacks.append(("progress", ProgressBar()))
    for callback in estimator.callbacks or []:
        own = callback[-1] if isinstance(callback, tuple) else callback
        if not (isinstance(own, Callback) or (isinstance(own, type) and issubclass(own, Callback))):
            raise ValueError(f"callbacks must be callbacks of skorch, or pairs of a name and one; got {callback!r}.")
    return callbacks + list(estimator.callbacks or [])


def _scorers(scoring: Any) -> dict[str, Any]:
    if isinstance(scoring, list | tuple):
        scoring = dict(zip(scoring, scoring, strict=True))
    elif not isinstance(scoring, dict):
        scoring = {scoring if isinstance(scoring, str) else "score": scoring}
    for name, scorer in scoring.items():
        if not (isinstance(scorer, str) or callable(scorer)):
            raise ValueError(f"scoring must name scorers of scikit-learn or be callable; got {scorer!r}.")
        if name in TAKEN:
            raise ValueError(f"scoring must not be named {name!r}, which history_ has already.")
    return {name: get_scorer(scorer) for name, scorer in scoring.items()}


def _device(device: Any) -> str:
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        if torch.empty(0, device=device).is_meta:
            raise RuntimeError("it holds no numbers")
    except (AssertionError, NotImplementedError, RuntimeError) as error:  # torch raises each, by kind of device
        raise ValueError(f"device={device!r} can't be used on this machine; use 'auto', 'cpu' or 'cuda'.") from error
    return str(device)


def _history_frame(history: Any) -> pd.DataFrame:
    """Return a row per epoch; what is recorded per batch is let go, since it grows without bound."""
    rows = []
    for row in history:
        row["batches"].clear()
        rows.append({k: v for k, v in row.items() if not k.endswith(("batches", "_best", "_batch_count"))})
    frame = pd.DataFrame(rows).set_index("epoch")
    return frame[sorted(frame.columns, key="dur".__eq__)]  # last; an epoch that was interrupted may have none
