"""Optimizers of torch with compiled steps, on torch's own tensors: both engines can take turns on one optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, RMSprop
from torch.optim import optimizer as base

from . import descent

Group = dict[str, Any]


class Optimizer:
    """An optimizer of torch with compiled steps; `why_not` tells which have none.

    Steps write to the memory of parameters and states as it was at the first of them: make a new one where other
    tensors may have taken their place (`load_state_dict`), as between epochs.

    Parameters
    ----------
    optimizer : Adam, AdamW, SGD or RMSprop
        Its hyperparameters are read at each step. Its state is made as torch makes it.

    Attributes
    ----------
    parameters : list of Parameter
        Those that require a gradient.
    gradients : array
        Room for the gradients of all of them, one after another; a step overwrites them.
    """

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.parameters = _trained(optimizer)
        self.gradients = np.zeros(sum(p.numel() for p in self.parameters), self.parameters[0].detach().numpy().dtype)
        self._optimizer = optimizer
        self._rule = RULES[type(optimizer)]
        self._memory: Memory | None = None

    def step(self, max_norm: float | None) -> None:
        """Clip the gradients by the norm of them all, unless it is None, and take a step."""
        group = self._optimizer.param_groups[0]
        parts = self._rule.parts(group)
        if self._memory is None or self._memory.parts != parts:
            self._memory = _memory(self._optimizer, self.parameters, parts)
        if max_norm is not None:
            descent.clip(self.gradients, float(max_norm))
        self._rule.step(group, self._memory, self.gradients)
        self._optimizer._opt_called = True  # type: ignore[attr-defined] # or schedulers warn that no step was taken


def why_not(optimizer: Any) -> str | None:
    """Return why the steps of an optimizer of torch are not compiled, as a clause for messages; None if they are."""
    if type(optimizer) not in RULES:  # a subclass may do anything
        names = ", ".join(cls.__name__ for cls in RULES)
        return f"{type(optimizer).__name__} is none of the compiled optimizers ({names})"
    if len(optimizer.param_groups) != 1:
        return f"the optimizer has {len(optimizer.param_groups)} groups of parameters, not one"
    group = optimizer.param_groups[0]
    trained = _trained(optimizer)
    return (
        _why_not_options(group)
        or _why_not_hooks(optimizer)
        or (None if trained else "no parameter of the optimizer requires a gradient")
        or next(filter(None, (_why_not_parameter(p, trained[0].dtype) for p in trained)), None)
        or next(filter(None, (_why_not_state(optimizer, group, p) for p in trained)), None)
    )


def _why_not_options(group: Group) -> str | None:
    for name, value in group.items():
        if name != "params" and any(isinstance(v, Tensor) for v in (value if isinstance(value, tuple) else [value])):
            return f"{name} of the optimizer is a tensor"
        if name in ("capturable", "differentiable") and value:
            return f"the optimizer is {name}"
    return None


def _why_not_hooks(optimizer: Any) -> str | None:
    hooks = (optimizer._optimizer_step_pre_hooks, optimizer._optimizer_step_post_hooks,
             base._global_optimizer_pre_hooks, base._global_optimizer_post_hooks)  # fmt: skip
    if any(hooks):
        return "the optimizer has hooks"
    own = vars(optimizer).get("step")  # schedulers put one there, which tells them that a step was taken
    if own is not None and not hasattr(own, "_wrapped_by_lr_sched"):
        return "the optimizer has a step of its own"
    return None


def _why_not_parameter(p: Tensor, dtype: torch.dtype) -> str | None:
    if type(p) is not nn.Parameter and type(p) is not Tensor:  # a subclass may keep its numbers elsewhere
        return f"a parameter is a {type(p).__name__}"
    if p.device.type != "cpu":
        return f"a parameter is on {p.device}"
    if p.layout != torch.strided or not p.is_contiguous():
        return "a parameter is not contiguous"
    if p.dtype != dtype or p.dtype not in (torch.float32, torch.float64):
        return f"parameters are of {dtype} and {p.dtype}, not all of float32 or all of float64"
    return None


def _why_not_state(optimizer: torch.optim.Optimizer, group: Group, p: Tensor) -> str | None:
    parts = [part for part in RULES[type(optimizer)].parts(group) if part is not None]
    state = optimizer.state.get(p, {})
    if not _has_any(state, parts):
        return None  # the first step makes it
    for part in parts:
        tensor = state.get(part)
        if tensor is None:
            return f"the state of the optimizer has no {part}"
        if not isinstance(tensor, Tensor) or _form(tensor) != _form(_zeros(part, p)):
            return f"{part} in the state of the optimizer is not as torch makes it"
    return None


def _form(tensor: Tensor) -> tuple[Any, ...]:
    return tensor.shape, tensor.dtype, tensor.device, tensor.layout == torch.strided and tensor.is_contiguous()


class Memory(NamedTuple):
    """Where parameters and their states lie.

    Parameters
    ----------
    parts : tuple of str or None
        Parts of the state, in the order of the rows of addresses; None in place of those that aren't in use.
    addresses : array (1 + parts, parameters)
        Of the parameters, and of the parts of their states.
    sizes : array
        Numbers of each parameter.
    new : array of bool
        Which states were made here, and have seen no step: SGD's momentum begins with the whole gradient.
    tensors : list
        All that is written to, which therefore must live.
    """

    parts: tuple[str | None, ...]
    addresses: Any
    sizes: Any
    new: Any
    tensors: list[list[Tensor | None]]


def _memory(optimizer: torch.optim.Optimizer, parameters: list[nn.Parameter], parts: tuple[str | None, ...]) -> Memory:
    """Find all tensors, and make the states that aren't there yet."""
    reason = why_not(optimizer)
    if reason is not None:  # a stranger's memory would be written to
        raise ValueError(f"The optimizer has changed, and can't go on with compiled steps: {reason}.")
    used = [part for part in parts if part is not None]
    new = np.array([bool(used) and not _has_any(optimizer.state.get(p, {}), used) for p in parameters])
    for p, is_new in zip(parameters, new, strict=True):
        if is_new:
            optimizer.state[p].update({part: _zeros(part, p) for part in used})
    tensors: list[list[Tensor | None]] = [[p.detach() for p in parameters]]
    tensors += [[optimizer.state[p][part] if part else None for p in parameters] for part in parts]
    addresses = np.array([[0 if t is None else t.data_ptr() for t in row] for row in tensors], dtype=np.int64)
    sizes = np.array([p.numel() for p in parameters], dtype=np.int64)
    return Memory(parts, addresses, sizes, new, tensors)


def _zeros(part: str, p: Tensor) -> Tensor:
    return torch.tensor(0.0, dtype=torch.float32) if part == "step" else torch.zeros_like(p.detach())


def _has_any(state: dict[str, Any], parts: list[str]) -> bool:
    return any(state.get(part) is not None for part in parts)


def _trained(optimizer: torch.optim.Optimizer) -> list[nn.Parameter]:
    return [p for group in optimizer.param_groups for p in group["params"] if p.requires_grad]


class Rule(NamedTuple):
    """What a kind of optimizer needs, from the hyperparameters in its group.

    Parameters
    ----------
    parts : callable
        Returns the parts of its state in torch's order, with None in place of those that aren't in use.
    step : callable
        Takes a step.
    """

    parts: Callable[[Group], tuple[str | None, ...]]
    step: Callable[[Group, Memory, Any], None]


def _adam_parts(group: Group) -> tuple[str | None, ...]:
    return "step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq" if group["amsgrad"] else None


# Numbers are converted, since a kernel would be compiled once more for an integer.


def _step_adam(group: Group, memory: Memory, gradients: Any, decoupled: bool = False) -> None:
    beta1, beta2 = group["betas"]
    descent.adam(
        memory.addresses, memory.sizes, gradients, float(group["lr"]), float(beta1), float(beta2), float(group["eps"]),
        float(group["weight_decay"]), decoupled or bool(group.get("decoupled_weight_decay", False)),
        bool(group["amsgrad"]), bool(group["maximize"]),
    )  # fmt: skip


def _step_adamw(group: Group, memory: Memory, gradients: Any) -> None:
    _step_adam(group, memory, gradients, decoupled=True)


def _sgd_parts(group: Group) -> tuple[str | None, ...]:
    return ("momentum_buffer" if group["momentum"] != 0 else None,)


def _step_sgd(group: Group, memory: Memory, gradients: Any) -> None:
    descent.sgd(
        memory.addresses, memory.sizes, gradients, memory.new, float(group["lr"]), float(group["momentum"]),
        float(group["dampening"]), float(group["weight_decay"]), bool(group["nesterov"]), bool(group["maximize"]),
    )  # fmt: skip


def _rmsprop_parts(group: Group) -> tuple[str | None, ...]:
    momentum = "momentum_buffer" if group["momentum"] > 0 else None
    return "step", "square_avg", momentum, "grad_avg" if group["centered"] else None


def _step_rmsprop(group: Group, memory: Memory, gradients: Any) -> None:
    descent.rmsprop(
        memory.addresses, memory.sizes, gradients, float(group["lr"]), float(group["alpha"]), float(group["eps"]),
        float(group["weight_decay"]), float(group["momentum"]), bool(group["centered"]), bool(group["maximize"]),
    )  # fmt: skip


RULES: dict[type, Rule] = {
    Adam: Rule(_adam_parts, _step_adam),
    AdamW: Rule(_adam_parts, _step_adamw),
    SGD: Rule(_sgd_parts, _step_sgd),
    RMSprop: Rule(_rmsprop_parts, _step_rmsprop),
}
