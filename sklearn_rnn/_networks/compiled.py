"""Whether a layer can run as compiled kernels, on a CPU and without numba's being needed anywhere else. Torch only."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .kernels import why_unavailable

PLAIN = (nn.RNN, nn.LSTM, nn.GRU)


def can_run(module: nn.RNNBase, weights: list[Tensor], x: Tensor, state: tuple[Tensor, ...] | None) -> bool:
    """Return whether kernels can run a layer of torch as it runs itself; what they can't is left to it, errors too.

    Parameters
    ----------
    module : RNN, LSTM or GRU
        The layer.
    weights : list of Tensors
        Its weights.
    x : Tensor
        What it is to read.
    state : tuple of Tensors or None
        State before.
    """
    return (
        type(module) in PLAIN  # neither quantized nor parametrized
        and not (module._forward_pre_hooks or module._forward_hooks)
        and x.dtype in (torch.float32, torch.float64)
        and all(type(t) in (Tensor, nn.Parameter) and _is_like(t, x) for t in (x, *weights, *(state or ())))
        and x.ndim == 3
        and x.shape[2] == module.input_size
        and (state is None or all(part.shape == (len(x), module.hidden_size) for part in state))
        and not _is_watched()
        and why_unavailable() is None
    )


def _is_like(tensor: Tensor, x: Tensor) -> bool:
    return tensor.is_cpu and tensor.layout == torch.strided and tensor.dtype == x.dtype


def _is_watched() -> bool:
    """Return whether torch looks at single operations: to trace, compile or export them, or to transform a function."""
    return (
        torch._C._get_tracing_state() is not None
        or torch.compiler.is_compiling()
        or torch._C._functorch.peek_interpreter_stack() is not None  # vmap, grad, jvp
        or torch._C._len_torch_dispatch_stack() > 0  # fake tensors, counters of operations
        or torch.autograd.forward_ad._current_level >= 0
    )
