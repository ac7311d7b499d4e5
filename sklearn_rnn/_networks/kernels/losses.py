"""Losses of a batch, weighted, with their gradients."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from torch import nn

from ..losses import Pinball
from .jit import compiled, inner
from .sizes import part

SQUARED, ABSOLUTE, HUBER, PINBALL, BINARY, CLASSES = range(6)

# Of each class the kind, the attribute that is its parameter, and how to make one with all else as by default.
KNOWN: dict[type, tuple[int, str | None, Callable[..., nn.Module]]] = {
    nn.MSELoss: (SQUARED, None, lambda: nn.MSELoss(reduction="none")),
    nn.L1Loss: (ABSOLUTE, None, lambda: nn.L1Loss(reduction="none")),
    nn.HuberLoss: (HUBER, "delta", lambda delta: nn.HuberLoss(reduction="none", delta=delta)),
    Pinball: (PINBALL, "quantile", Pinball),
    nn.BCEWithLogitsLoss: (BINARY, None, lambda: nn.BCEWithLogitsLoss(reduction="none")),
    nn.CrossEntropyLoss: (CLASSES, None, lambda: nn.CrossEntropyLoss(reduction="none")),
}


def loss_kernel(loss: Any) -> tuple[int, float] | None:
    """Return kind and parameter of a loss for `loss_and_gradient`; None if it isn't exactly one of those compiled."""
    if type(loss) not in KNOWN:
        return None
    kind, name, make = KNOWN[type(loss)]
    parameters = [getattr(loss, name)] if name else []
    if not all(isinstance(parameter, int | float) and parameter > 0 for parameter in parameters):
        return None
    return (kind, float(*parameters)) if _options(loss) == _options(make(*parameters)) else None


def _options(loss: nn.Module) -> dict[str, Any]:
    # All that sets one instance apart from another: arguments, weights of classes, hooks.
    return {name: value for name, value in vars(loss).items() if name != "training"}


@compiled
def loss_and_gradient(
    kind: int, parameter: float, outputs: Any, targets: Any, weights: Any, total: float, gradient: Any, n: int
) -> float:
    """Return the weighted mean of a loss, or the part of it that some targets bring, and write its gradient.

    Parameters
    ----------
    kind, parameter : int, float
        What `loss_kernel` returns.
    outputs : array of n * k
        Outputs of the network, target after target.
    targets : array of n * k, or of n integers
        Numbers; for `CLASSES` the code of a class per target.
    weights : array of n, or an empty one
        Weights of the targets; without them each weighs 1.
    total : float
        Sum of the weights of the whole batch, of which this may be a part; not zero.
    gradient : array of n * k
        Is overwritten.
    n : int
        Number of targets.

    Returns
    -------
    float
        Sum of weight / total * loss over the targets; the loss of a target is the mean of those of its outputs.
    """
    number = outputs.dtype.type
    k = outputs.size // max(n, 1)
    loss = 0.0
    for i in range(n):
        share = (weights[i] if weights.size > 0 else 1.0) / total
        if kind == CLASSES:
            loss += share * _cross_entropy(part(outputs, i * k, k), int(targets[i]), share, part(gradient, i * k, k))
        else:
            for j in range(i * k, (i + 1) * k):
                value, slope = _of_output(kind, number(parameter), outputs[j], number(targets[j]))
                loss += share / k * value
                gradient[j] = number(share / k) * slope
    return loss


# Where all comparisons fail, a number is NaN, and is returned.


@inner
def _of_output(kind: int, parameter: Any, output: Any, target: Any) -> Any:
    """Return the loss of one output, and its derivative."""
    error = output - target
    if kind == SQUARED:
        return error * error, error + error
    if kind == ABSOLUTE:
        return _absolute(error)
    if kind == HUBER:
        return _huber(error, parameter)
    if kind == PINBALL:
        return _pinball(error, parameter)
    return _binary_cross_entropy(output, target)


@inner
def _absolute(error: Any) -> Any:
    one = type(error)(1)
    if error > 0:
        return error, one
    if error < 0:
        return -error, -one
    return error, error


@inner
def _huber(error: Any, delta: Any) -> Any:
    half = type(error)(0.5)
    if error >= delta:
        return delta * (error - half * delta), delta
    if error <= -delta:
        return delta * (-error - half * delta), -delta
    return half * error * error, error


@inner
def _pinball(error: Any, quantile: Any) -> Any:
    one, half = type(error)(1), type(error)(0.5)
    if error > 0:  # from above
        return (one - quantile) * error, one - quantile
    if error < 0:
        return -quantile * error, -quantile
    return error, error + half - quantile  # the mean of both slopes, as torch has it


@inner
def _binary_cross_entropy(logit: Any, target: Any) -> Any:
    one = type(logit)(1)
    small = math.exp(-abs(logit))
    if logit >= 0:
        return (one - target) * logit + math.log1p(small), one / (one + small) - target
    return -target * logit + math.log1p(small), small / (one + small) - target


@inner
def _cross_entropy(logits: Any, code: int, share: float, gradient: Any) -> Any:
    """Return the loss of one target, and write the gradient of its share."""
    if code < 0 or code >= logits.size:
        raise IndexError("Codes of classes must be at least 0 and less than the number of outputs.")
    largest = logits[0]
    for logit in logits:
        largest = logit if logit > largest else largest
    total = type(largest)(0)
    for j in range(logits.size):
        gradient[j] = math.exp(logits[j] - largest)
        total += gradient[j]
    scale = type(largest)(share)
    loss = math.log(total) + largest - logits[code]
    for j in range(logits.size):
        gradient[j] *= scale / total
    gradient[code] -= scale
    return loss
