"""Whether a network predicts held-out targets better than what is known without one."""

from __future__ import annotations

import math
from typing import Any

import torch

from .._data.caller import warn_caller
from .._data.holdout import Part
from .._data.naive import naive_predictions
from .._data.targets import Targets
from ..exceptions import SkillWarning

WORDS = {"last_value": "the last value of y known by then", "mean": "the mean of y"}


def compare(estimator: Any, part: Part, valid: Part, epochs: list[dict[str, Any]]) -> None:
    """Record the losses of naive predictions of the held-out part in each epoch, and warn if the network's is no lower.

    Parameters
    ----------
    estimator : SequenceRegressor
        A regressor whose net was trained.
    part, valid : Part
        What it has learned from, and what was held out.
    epochs : list of dict
        The history of these epochs.
    """
    naive = _losses(estimator, part.targets, valid.targets)
    for epoch in epochs:
        epoch |= {f"{name}_loss": loss for name, loss in naive.items()}
    own = min((epoch["valid_loss"] for epoch in epochs if "valid_loss" in epoch), default=None)
    finite = [name for name, loss in naive.items() if math.isfinite(loss)]  # a loss may not take just any number
    best = min(finite, key=naive.__getitem__, default=None)
    if own is None or best is None or own < naive[best]:
        return
    losses = " and ".join(f"that of {WORDS[name]} {loss:.4g}" for name, loss in naive.items())
    remedy = "Train longer, with another lr, or on more data."
    if best == "last_value":
        remedy = (
            "Use SequenceForecaster, which learns changes from the last value, or give y as such changes; or train "
            "longer, or on more data."
        )
    warn_caller(
        f"{type(estimator).__name__} has learned nothing that is better than a naive prediction: on held-out data its "
        f"best valid_loss is {own:.4g}, {losses}. {remedy}",
        SkillWarning,
    )


def _losses(estimator: Any, train: Targets, held: Targets) -> dict[str, float]:
    """Return the loss of each naive prediction, on the scale that the network learns on."""
    net, codec = estimator.net_, estimator._codec

    def tensor(values: Any) -> torch.Tensor:
        return torch.as_tensor(values, dtype=getattr(torch, net.dtype), device=net.device)

    truth = tensor(codec.encode(held).values)
    weights = None if held.weights is None else tensor(held.weights)
    with torch.no_grad():
        return {
            name: net.criterion_(tensor(codec.encode(Targets(values)).values), truth, weights).item()
            for name, values in naive_predictions(train, held).items()
        }
