"""Learning rates that change over the epochs of a fit: schedules by name, or of torch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from skorch import NeuralNet
from skorch.callbacks import Callback
from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, OneCycleLR, ReduceLROnPlateau

EACH_UPDATE = ("cosine", "onecycle")


def cosine(optimizer: Optimizer, n_updates: int) -> LRScheduler:
    """Let the rate fall to zero along half a wave."""
    return CosineAnnealingLR(optimizer, T_max=n_updates)


def onecycle(optimizer: Optimizer, n_updates: int) -> LRScheduler:
    """Let the rate rise to that of the optimizer, and then fall to nearly zero; momentum goes the other way."""
    group = optimizer.param_groups[0]
    cycles = "betas" in group or group.get("momentum", 0) > 0  # never gives momentum to an optimizer without
    return OneCycleLR(optimizer, max_lr=group["lr"], total_steps=n_updates, cycle_momentum=cycles)


def plateau(optimizer: Optimizer, n_updates: int, *, patience: int, tol: float) -> LRScheduler:
    """Divide the rate by five after so many epochs without a better loss."""
    # Scikit-learn's "adaptive" rate divides by five, too. torch reduces in the epoch after its patience is used up.
    return ReduceLROnPlateau(optimizer, factor=0.2, patience=patience - 1, threshold=tol, threshold_mode="abs")


def from_torch(make: Callable[[Optimizer], LRScheduler], optimizer: Optimizer, n_updates: int) -> LRScheduler:
    """Make the scheduler of torch that a class or function stands for."""
    try:
        scheduler = make(optimizer)
    except TypeError as error:
        raise ValueError(
            f"lr_schedule={make!r} can't be made of an optimizer alone: {error}; give it the rest by "
            "functools.partial, such as partial(StepLR, step_size=10)."
        ) from error
    if not isinstance(scheduler, LRScheduler):
        raise ValueError(
            f"lr_schedule={make!r} returned a {type(scheduler).__name__}; expected one of {list(SCHEDULES)}, or a "
            "callable that takes an optimizer and returns a scheduler of torch.optim.lr_scheduler."
        )
    return scheduler


SCHEDULES: dict[str, Callable[..., LRScheduler]] = {"cosine": cosine, "onecycle": onecycle, "plateau": plateau}


def schedule_of(estimator: Any) -> Schedule:
    """Return the callback for the schedule that an estimator's parameters name."""
    asked = estimator.lr_schedule
    if not isinstance(asked, str):
        return Schedule(partial(from_torch, asked), each_update=False)
    make = SCHEDULES[asked]
    if asked == "plateau":  # twice as patient as that, early stopping would end training before it matters
        make = partial(make, patience=max(estimator.n_iter_no_change // 2, 1), tol=estimator.tol)
    return Schedule(make, each_update=asked in EACH_UPDATE)


class Schedule(Callback):
    """Change the learning rate after each update or epoch, and record that of the last update of each epoch.

    Parameters
    ----------
    make : callable
        Takes an optimizer and the number of updates of the whole fit, and returns a scheduler of torch.
    each_update : bool
        Whether the rate changes after each update, and not after each epoch.
    """

    def __init__(self, make: Callable[[Optimizer, int], LRScheduler], *, each_update: bool) -> None:
        self.make = make
        self.each_update = each_update
        self.scheduler: Any = None

    def on_train_begin(self, net: NeuralNet, X: Any = None, y: Any = None, **kwargs: Any) -> None:
        """Begin the schedule; X is the pair of training and validation batches."""
        self.scheduler = self.make(net.optimizer_, X[0].n_updates * net.max_epochs)

    def on_batch_end(self, net: NeuralNet, training: bool = False, **kwargs: Any) -> None:
        """Note the rate of this update, and set that of the next."""
        if training:
            self.lr = net.optimizer_.param_groups[0]["lr"]
            if self.each_update:
                self.scheduler.step()

    def on_epoch_end(self, net: NeuralNet, *args: Any, **kwargs: Any) -> None:
        """Record the rate, and set that of the next epoch."""
        net.history.record("lr", self.lr)
        if isinstance(self.scheduler, ReduceLROnPlateau):
            row = net.history[-1]
            self.scheduler.step(row["valid_loss"] if "valid_loss" in row else row["train_loss"])
        elif not self.each_update:
            self.scheduler.step()

    def on_train_end(self, net: NeuralNet, *args: Any, **kwargs: Any) -> None:
        """Let go of the scheduler, and with it of the optimizer."""
        self.scheduler = None
