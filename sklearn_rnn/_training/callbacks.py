"""The callbacks of skorch that an estimator's parameters ask for."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import torch
from sklearn.metrics import get_scorer, get_scorer_names
from skorch import NeuralNet
from skorch.callbacks import Callback, EarlyStopping

from .._data.holdout import Part
from .._data.names import did_you_mean
from .._data.sequences import Layout
from .progress import Progress
from .schedules import schedule_of

TAKEN = ("loss", "batch_size", "batch_count")  # skorch records these for training and validation


def callbacks_of(estimator: Any, *, stopping: bool, continuing: bool) -> list[Any]:
    """Return the callbacks, with those of the user last.

    With `stopping` there is one that stops training early. With `continuing` (partial_fit, which runs one epoch at a
    time) there is neither a schedule nor a progress bar.
    """
    callbacks: list[Any] = []
    if estimator.clip_grad_norm is not None:
        callbacks.append(("clip", ClipGradient(estimator.clip_grad_norm)))
    if estimator.scoring is not None:
        callbacks.append(("scores", EpochScores(_scorers(estimator.scoring))))
    if estimator.lr_schedule is not None and not continuing:
        callbacks.append(("lr_schedule", schedule_of(estimator)))
    if estimator.verbose == 1 and not continuing:
        callbacks.append(("progress", Progress()))
    if stopping:
        stop = EarlyStopping(
            patience=estimator.n_iter_no_change, threshold=estimator.tol, threshold_mode="abs", load_best=True
        )
        callbacks.append(("early_stopping", stop))  # behind those that have something to do in the last epoch, too
    for callback in estimator.callbacks or []:
        own = callback[-1] if isinstance(callback, tuple) else callback
        if not (isinstance(own, Callback) or (isinstance(own, type) and issubclass(own, Callback))):
            raise ValueError(f"callbacks must be callbacks of skorch, or pairs of a name and one; got {callback!r}.")
    return callbacks + list(estimator.callbacks or [])  # last, so that they see what the others have done


class ClipGradient(Callback):
    """Shorten gradients to a norm; skorch's own callback walks through all modules again in each update.

    Parameters
    ----------
    max_norm : float
        Greatest norm, over all weights.
    """

    def __init__(self, max_norm: float) -> None:
        self.max_norm = max_norm

    def on_train_begin(self, net: NeuralNet, *args: Any, **kwargs: Any) -> None:
        """Find the weights, once."""
        self.weights = [p for p in net.module_.parameters() if p.requires_grad]

    def on_grad_computed(self, net: NeuralNet, *args: Any, **kwargs: Any) -> None:
        """Clip the gradients of an update."""
        torch.nn.utils.clip_grad_norm_(self.weights, self.max_norm)

    def on_train_end(self, net: NeuralNet, *args: Any, **kwargs: Any) -> None:
        """Let go of the weights."""
        self.weights = []  # they would be pickled a second time


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

    def on_epoch_end(self, net: NeuralNet, *args: Any, **kwargs: Any) -> None:
        """Record the scores of this epoch."""
        if self.part is None:
            return
        scored = copy.copy(self.estimator)
        scored._codec = self.estimator._codec.for_scorers()
        targets = self.part.targets
        sequences = self.part.sequences
        if sequences.per_step:  # as a table, with a row per step that is not padding: targets are such rows, too
            sequences = replace(sequences, layout=Layout("rows", sequences.lengths))
        weighted = {} if targets.weights is None else {"sample_weight": targets.weights}
        y = scored._codec.restore(targets.values)
        for name, scorer in self.scorers.items():
            score = scorer(scored, sequences, y, **weighted)
            net.history.record(f"{self.prefix}_{name}", float(score))


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
    return {name: _scorer(scorer) for name, scorer in scoring.items()}


def _scorer(scorer: Any) -> Any:
    names = get_scorer_names()
    if isinstance(scorer, str) and scorer not in names:
        raise ValueError(
            f"scoring={scorer!r} is no scorer of scikit-learn.{did_you_mean('scoring', scorer, names)} "
            "sklearn.metrics.get_scorer_names() lists all."
        )
    return get_scorer(scorer)
