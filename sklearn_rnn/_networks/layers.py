"""Recurrent layers, in one or both directions, and one step through a stack of them. Torch only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from .cells import Recurrence, Step
from .contract import State
from .kernels import why_unavailable


class RecurrentLayer(nn.Module):
    """One recurrent layer, in one or both directions.

    Parameters
    ----------
    cell : {"rnn", "lstm", "gru"}
        Kind of the cells.
    n_features, units : int
        Features per step; outputs per step of each direction.
    bidirectional : bool
        Whether a second cell reads each sequence from its end.
    recurrent_dropout : float
        Share of the hidden state that is dropped in training on its way to the next step.
    options : dict
        Further arguments of torch's module.
    """

    def __init__(
        self,
        cell: str,
        n_features: int,
        units: int,
        bidirectional: bool,
        recurrent_dropout: float,
        options: dict[str, Any],
    ) -> None:
        super().__init__()
        directions = 2 if bidirectional else 1
        self.cells = nn.ModuleList(
            Recurrence(cell, n_features, units, recurrent_dropout, options) for _ in range(directions)
        )
        self.recurrences = cast("list[Recurrence]", list(self.cells))  # a ModuleList is slow to go through
        self.units = units * directions

    def forward(
        self,
        x: Tensor,
        state: State | None,
        lengths: Tensor | None,
        ragged_state: bool,
        need_outputs: bool,
        generator: torch.Generator | None,
    ) -> tuple[Tensor, State]:
        """Return the outputs of all steps, directions side by side, and the state of each direction."""
        sides, finals = [], []
        for i, cell in enumerate(self.recurrences):
            # The second cell begins with the last step of each row.
            before = None if state is None else state[i]
            outputs, final = cell(x, before, lengths, ragged_state, generator, back=i > 0, need_outputs=need_outputs)
            sides.append(outputs)
            finals.append(final)
        return torch.cat(sides, dim=2) if len(sides) > 1 else sides[0], finals


def use_kernels(layers: nn.ModuleList) -> bool:
    """Let layers run as compiled kernels on a CPU, and return whether these are there."""
    if why_unavailable() is not None:
        return False
    for layer in layers:
        for cell in cast("RecurrentLayer", layer).recurrences:
            cell.kernels = True
    return True


class StackStep:
    """One step of every sequence of a batch, without the cost of calling modules.

    Parameters
    ----------
    steps : sequence of callables
        One step of each layer, first to last; all are of one direction.
    head : Linear
        Output layer. Its weights are shared.
    masks : sequence of Tensors or None, optional
        What the outputs of each layer are multiplied by; nothing by default.
    """

    def __init__(self, steps: Sequence[Step], head: nn.Linear, masks: Sequence[Tensor | None] | None = None) -> None:
        self.layers = list(zip(steps, [None] * len(steps) if masks is None else masks, strict=True))
        self.head = (head.weight, head.bias)

    def __call__(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Return outputs (batch, n_outputs) for the step x (batch, n_features), and the state after it."""
        after: State = []
        for (step, mask), before in zip(self.layers, state, strict=True):
            new = step(x, before)
            after.append(new)
            x = new[0] if mask is None else new[0] * mask
        return nn.functional.linear(x, *self.head), after


def stack_layers(
    cell: str,
    n_features: int,
    sizes: Sequence[int],
    *,
    bidirectional: bool = False,
    recurrent_dropout: float = 0.0,
    nonlinearity: str = "tanh",
) -> nn.ModuleList:
    """Make recurrent layers, each of which reads the outputs of the one before."""
    options: dict[str, Any] = {"nonlinearity": nonlinearity} if cell == "rnn" else {}
    layers: list[RecurrentLayer] = []
    for units in sizes:
        layers.append(RecurrentLayer(cell, n_features, units, bidirectional, recurrent_dropout, options))
        n_features = layers[-1].units
    return nn.ModuleList(layers)
