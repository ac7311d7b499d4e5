"""From an estimator's parameters to a skorch net, and training it."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pandas as pd
import torch

from .._data.holdout import Part
from .._data.sequences import Sequences
from .._networks.losses import WeightedMean
from .batches import Batches, SequenceData
from .callbacks import callbacks_of
from .carried import Carried, left_by, resume_from
from .convergence import warn_of_few_updates
from .inference import Evaluations
from .lanes import Truncation
from .net import SequenceNet
from .optimizers import optimizer_arguments
from .tbptt import TruncatedBatches

# What batch_size="auto" chooses from: the largest that leaves an epoch so many updates.
BATCH_SIZES, LEAST_UPDATES = (1, 2, 4, 8, 16, 32), 16


def build_net(estimator: Any, part: Part, seed: int, *, stopping: bool, continuing: bool) -> SequenceNet:
    """Make the net that an estimator's parameters describe, with new weights.

    With `stopping` training stops early; `continuing` is as in `train`.
    """
    module, arguments = estimator._network(part.sequences.n_features, estimator._codec.n_units)
    net = SequenceNet(
        module,
        WeightedMean,
        **{f"module__{name}": value for name, value in arguments.items()},
        criterion__loss=estimator._criterion(),
        **optimizer_arguments(estimator.optimizer, estimator.weight_decay, estimator.optimizer_params),
        lr=estimator.lr,
        max_epochs=estimator.max_epochs,
        batch_size=_batch_size(estimator, part.sequences, continuing=continuing),
        seed=seed,
        dtype=estimator.dtype,
        callbacks=callbacks_of(estimator, stopping=stopping, continuing=continuing),
        verbose=int(estimator.verbose == 2),
        # PrintLog walks through all of the history in each epoch.
        **({} if estimator.verbose == 2 else {"callbacks__print_log": None}),
        device=_device(estimator.device),
    )
    try:
        net.initialize()
    except TypeError as error:
        raise ValueError(f"The net can't be built: {error}; see optimizer_params and callbacks.") from error
    _begin_momentum(net.optimizer_)
    prior = estimator._prior(part.targets)
    if prior is not None:
        net.module_.start_at(torch.as_tensor(prior))
    return net


def _begin_momentum(optimizer: torch.optim.Optimizer) -> None:
    """Give all weights a momentum of zero, with which the first update is the same.

    torch's fused kernel of SGD fails where some of several weights have none yet: those of recurrent layers, if the
    first batch is a sequence without steps, which has no gradient for them.
    """
    for group in optimizer.param_groups:
        if group.get("fused") and group.get("momentum") and not group.get("dampening"):
            for weight in group["params"]:
                optimizer.state[weight]["momentum_buffer"] = torch.zeros_like(weight)


def take_over(net: SequenceNet, earlier: SequenceNet, *, optimizer: bool) -> None:
    """Continue from the weights, random numbers and history of an earlier net, on demand from its optimizer's state.

    All of it is copied, so that the earlier net stays as it is.
    """
    structure = net.module_.structure()
    try:
        # Weights of another structure may happen to have the same shapes.
        if structure != earlier.module_.structure():
            raise RuntimeError("the structure differs")
        net.module_.load_state_dict(earlier.module_.state_dict())
    except RuntimeError as error:
        changed = ", ".join([*structure, "the number of features, outputs or classes"])
        raise ValueError(
            f"warm_start=True and partial_fit continue from the weights of the last fit, but one of {changed} has "
            "changed since; fit afresh with warm_start=False."
        ) from error
    for generator, before in ((net.generator_, earlier.generator_), (net.module_.generator, earlier.module_.generator)):
        if generator.device == before.device:
            generator.set_state(before.get_state())
    net.history_ = copy.deepcopy(earlier.history_)
    if optimizer and type(net.optimizer_) is type(earlier.optimizer_):
        # The moments are those of before; lr and its like are those that the user has set since.
        state = copy.deepcopy(earlier.optimizer_.state_dict()["state"])
        net.optimizer_.load_state_dict({"state": state, "param_groups": net.optimizer_.state_dict()["param_groups"]})


def train(
    estimator: Any,
    part: Part,
    valid: Part | None,
    *,
    continuing: bool = False,
    carried: Carried | None = None,
    chosen: bool = False,
) -> KeyboardInterrupt | None:
    """Train an estimator's net and record how that went in `history_` and `n_iter_`.

    A stateful estimator keeps the state that each series reaches. With `continuing` (partial_fit) it is trained for
    one epoch, which begins with the state `carried` from the last one. With `chosen` early stopping has chosen the
    number of epochs, which is enough.

    Returns
    -------
    KeyboardInterrupt or None
        What interrupted training after an epoch or more. It is raised if not one was completed.
    """
    net, epochs = estimator.net_, 1 if continuing else estimator.max_epochs
    carried = carried if continuing and estimator.stateful and estimator.return_sequences else None
    batches = _batches(estimator, part, carried, whole=continuing)
    before = len(net.history)
    interruption = _fit_net(estimator, batches, part, valid, epochs)
    if interruption is not None and (len(net.history) == before or not net.is_finite):
        raise interruption  # nothing worth keeping
    net.check_weights()
    net.module_.eval()  # dropout off, for whoever uses module_ directly
    if valid is not None and interruption is None:
        estimator._compare(part, valid, net.history[before:])
    if isinstance(batches, TruncatedBatches) and batches.truncation.carries:
        # The state in hand is of other weights if earlier ones were restored, and Ctrl-C may have cut saving it.
        left = left_by(batches, anew="early_stopping" in dict(net.callbacks_) or interruption is not None)
        estimator._carried = left if carried is None else carried.updated(left)
    estimator.history_ = _history_frame(net.history)
    estimator.n_iter_ = len(net.history)
    rows = net.history[before:]
    if len(rows) == estimator.max_epochs and interruption is None and not chosen:
        warn_of_few_updates(estimator, rows, len(part.sequences))
    return interruption


def epochs_to_best(net: SequenceNet, earlier: SequenceNet | None) -> int:
    """Count the epochs that early stopping found best, without those of the net from which training went on."""
    best = dict(net.callbacks_)["early_stopping"].best_epoch_
    return int(best) - (0 if earlier is None else len(earlier.history))


def _fit_net(estimator: Any, batches: Any, part: Part, valid: Part | None, epochs: int) -> KeyboardInterrupt | None:
    """Run the epochs; scores of scikit-learn watch the estimator meanwhile."""
    net = estimator.net_
    scores = dict(net.callbacks_).get("scores")
    if scores is not None:
        scores.watch(estimator, *((part, "train") if valid is None else (valid, "valid")))
    interruption = net.run_epochs(
        batches, None if valid is None else Evaluations(_data(estimator, valid), net.module_), epochs
    )
    if scores is not None:
        scores.watch(None)
    return interruption


def _batches(estimator: Any, part: Part, carried: Carried | None, *, whole: bool) -> Any:
    """Return the updates of an epoch: of whole sequences, or of chunks of them in lanes."""
    net = estimator.net_
    generator = net.generator_ if estimator.shuffle else None
    truncation = _truncation(estimator, int(part.sequences.lengths.max()))
    if truncation is None:
        return estimator._batches(Batches(_data(estimator, part), net.batch_size, generator))
    seen, origin = None, None
    if carried is not None:
        net.module_.eval()
        sequences, seen, origin = resume_from(carried, part.sequences, net.module_, truncation.overlap)
        part = replace(part, sequences=sequences)
    data = _data(estimator, part)
    return TruncatedBatches(
        data, net.module_, truncation, net.batch_size, generator, origin=origin, seen=seen, whole=whole
    )


def _batch_size(estimator: Any, sequences: Sequences, *, continuing: bool) -> int:
    """Return how many sequences, or lanes, are in an update: with "auto" fewer than usual where updates would be few.

    A call of partial_fit brings only some of the data, which say nothing about the updates of an epoch.
    """
    if estimator.batch_size != "auto":
        return int(estimator.batch_size)
    truncation = _truncation(estimator, int(sequences.lengths.max()))
    places = len(sequences) if truncation is None else int(truncation.chunks(sequences.lengths).sum())
    fitting = [size for size in BATCH_SIZES if size * LEAST_UPDATES <= places]
    return BATCH_SIZES[-1] if continuing else max(fitting, default=1)


def _truncation(estimator: Any, longest: int) -> Truncation | None:
    """Return how an estimator cuts sequences; None if it trains on whole ones."""
    if not estimator.stateful and estimator.tbptt is None:
        return None
    k1, k2 = (longest, longest) if estimator.tbptt is None else estimator._k1_and_k2()
    return Truncation(k1, k2, estimator.stateful, estimator.return_sequences)


def _data(estimator: Any, part: Part) -> SequenceData:
    return SequenceData(
        part.sequences,
        estimator._codec.encode(part.targets),
        dtype=getattr(torch, estimator.dtype),
        device=torch.device(estimator.net_.device),
    )


def _device(device: Any) -> str:
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        if torch.empty(0, device=device).is_meta:
            raise RuntimeError("it holds no numbers")
    # By kind of device torch raises an AssertionError (built without it), an ImportError (a package of its own, such as
    # that of "hpu") or a RuntimeError (there is none).
    except (AssertionError, ImportError, RuntimeError) as error:
        raise ValueError(f"device={device!r} can't be used on this machine; use 'auto', 'cpu' or 'cuda'.") from error
    return str(device)


def _history_frame(history: Any) -> pd.DataFrame:
    """Return a row per epoch; what is recorded per batch is let go, since it grows without bound."""
    rows = []
    for row in history:
        row["batches"].clear()  # a dict per update
        rows.append({k: v for k, v in row.items() if not k.endswith(("batches", "_best", "_batch_count"))})
    frame = pd.DataFrame(rows).set_index("epoch")
    return frame[sorted(frame.columns, key="dur".__eq__)]  # last
