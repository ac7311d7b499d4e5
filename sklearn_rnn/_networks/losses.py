"""Losses by name or by torch class, as a weighted mean. Torch only."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

REGRESSION = ("squared_error", "absolute_error", "huber", "quantile")
CLASSIFICATION = ("log_loss",)


class Pinball(nn.Module):
    """Quantile loss: `quantile` times the error from below, 1 - `quantile` times the error from above.

    References
    ----------
    Koenker and Bassett (1978), Regression quantiles, Econometrica 46(1).
    """

    def __init__(self, quantile: float) -> None:
        super().__init__()
        self.quantile = quantile

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each element."""
        error = target - output
        return torch.maximum(self.quantile * error, (self.quantile - 1) * error)


class WeightedMean(nn.Module):
    """The weighted mean of a loss over targets.

    Parameters
    ----------
    loss : Module or function
        Returns a loss per element, or per target; one that returns a single number takes no weights.
    """

    def __init__(self, loss: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, output: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        """Return the mean loss of outputs (n, n_outputs) for targets (n, n_outputs) or (n,)."""
        losses = self._losses(output, target)
        if losses.ndim == 0:  # reduced already: the weights of targets come too late
            if weight is not None:
                raise ValueError(
                    f"{self._name} returns one number for a whole batch, which can't be weighted; use a loss with "
                    "reduction='none', or no sample_weight, class_weight or early stopping on a table."
                )
            return losses
        if weight is None:
            return losses.mean()
        if losses.ndim > 1:  # outputs of a target count equally, whatever its weight
            losses = losses.flatten(1).mean(dim=1)
        # A batch whose weights are all zero has a loss of zero, not NaN.
        return (losses * weight).sum() / weight.sum().clamp(min=torch.finfo(weight.dtype).tiny)

    @property
    def _name(self) -> str:
        return getattr(self.loss, "__name__", type(self.loss).__name__)

    def _losses(self, output: Tensor, target: Tensor) -> Tensor:
        try:
            losses = self.loss(output, target)
        except (RuntimeError, TypeError, ValueError) as error:
            raise ValueError(f"{self._of(output, target)} fails: {error}") from error
        if not isinstance(losses, Tensor) or (losses.ndim > 0 and len(losses) != len(output)):
            got = tuple(losses.shape) if isinstance(losses, Tensor) else type(losses).__name__
            raise ValueError(f"{self._of(output, target)} returns {got}; expected a loss per target, or one for all.")
        return losses

    def _of(self, output: Tensor, target: Tensor) -> str:
        return f"{self._name} of outputs {tuple(output.shape)} and targets {tuple(target.shape)}"


def regression_loss(loss: Any, quantile: float) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the loss of a regressor, per element."""
    named: dict[str, Callable[[], nn.Module]] = {
        "squared_error": lambda: nn.MSELoss(reduction="none"),
        "absolute_error": lambda: nn.L1Loss(reduction="none"),
        "huber": lambda: nn.HuberLoss(reduction="none"),
        "quantile": lambda: Pinball(quantile),
    }
    return named[loss]() if isinstance(loss, str) else _torch_loss(loss)


def classification_loss(loss: Any, one_logit_per_label: bool) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the loss of a classifier, for one logit per label (0 or 1) or for one logit per class (a code)."""
    if not isinstance(loss, str):
        return _torch_loss(loss)
    return (nn.BCEWithLogitsLoss if one_logit_per_label else nn.CrossEntropyLoss)(reduction="none")


def takes_logits(loss: Any) -> bool:
    """Tell whether a loss of classifiers is known to take logits; a function, or another class, may take anything."""
    known = (nn.BCEWithLogitsLoss, nn.CrossEntropyLoss)
    return loss == "log_loss" or isinstance(loss, known) or (isinstance(loss, type) and issubclass(loss, known))


def _torch_loss(loss: Any) -> Callable[[Tensor, Tensor], Tensor]:
    """Build a torch loss, unreduced where torch lets it; an instance or a function is one already."""
    if isinstance(loss, type):
        if not issubclass(loss, nn.Module):
            raise ValueError(f"loss={loss!r} is no class of torch.nn.Module, such as torch.nn.HuberLoss.")
        takes_reduction = "reduction" in inspect.signature(loss).parameters
        try:
            return loss(reduction="none") if takes_reduction else loss()
        except TypeError as error:
            raise ValueError(f"loss={loss.__name__} needs arguments ({error}); give an instance of it.") from error
    return loss
