"""The recurrent network: stacked recurrent layers and a linear output layer. Torch only.

Padding is never run through a mask inside a cell: sequences stand at the front of their row and `lengths` says
where they end. What lies behind the end can't reach back, so the functions of torch serve unequal lengths
exactly; the backward direction reads each row reversed within its own length.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from .contract import ArrayStep, Network, Part, SingleStep, State, count_parameters, dropout_mask
from .kernels import why_unavailable
from .layers import RecurrentLayer, StackStep, stack_layers, use_kernels


class RecurrentNetwork(Network):
    """Stacked recurrent layers and a linear output layer.

    Parameters
    ----------
    cell : {"rnn", "lstm", "gru"}
        Kind of the recurrent layers.
    n_features, n_outputs : int
        Features per step; units of the output layer.
    hidden_layer_sizes : sequence of int
        Units of each recurrent layer, first to last.
    nonlinearity : {"tanh", "relu"}, default="tanh"
        Activation of "rnn" cells.
    bidirectional : bool, default=False
        Whether a second set of cells reads each sequence from its end.
    dropout : float, default=0.0
        Share of each recurrent layer's outputs that is dropped in training, the same at every step.
    recurrent_dropout : float, default=0.0
        Share of the hidden state that is dropped on its way to the next step, the same at every step.
    return_sequences : bool, default=False
        Whether there is an output for every step, or for the last one of each sequence.

    Notes
    -----
    The state has one tuple (h,) or, of the LSTM, (h, c) per layer and direction, first layer first.

    References
    ----------
    Hochreiter and Schmidhuber (1997), Long short-term memory, Neural Computation 9(8).
    Cho et al. (2014), Learning phrase representations using RNN encoder-decoder, EMNLP.
    Gal and Ghahramani (2016), A theoretically grounded application of dropout in recurrent networks, NeurIPS.
    """

    def __init__(
        self,
        cell: str,
        n_features: int,
        n_outputs: int,
        hidden_layer_sizes: Sequence[int] = (32,),
        *,
        nonlinearity: str = "tanh",
        bidirectional: bool = False,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
    ) -> None:
        super().__init__()
        self.cell = cell
        self.n_outputs = n_outputs
        self.hidden_layer_sizes = tuple(hidden_layer_sizes)
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.return_sequences = return_sequences
        self.layers = stack_layers(
            cell,
            n_features,
            hidden_layer_sizes,
            bidirectional=bidirectional,
            recurrent_dropout=recurrent_dropout,
            nonlinearity=nonlinearity,
        )
        self._stack = cast("list[RecurrentLayer]", list(self.layers))  # a ModuleList is slow to go through
        self.head = nn.Linear(self._stack[-1].units, n_outputs)

    def forward(
        self,
        x: Tensor,
        state: State | None = None,
        lengths: Tensor | None = None,
        *,
        per_step: bool | None = None,
        ragged_state: bool = True,
    ) -> tuple[Tensor, State]:
        """Run sequences through the network, as `Network.forward` says."""
        after: State = []
        per_step = self.return_sequences if per_step is None else per_step
        directions = 2 if self.bidirectional else 1
        for layer in self._stack:
            before = None if state is None else state[len(after) : len(after) + directions]
            is_top = layer is self._stack[-1]
            # Only what is read needs every step: without a target per step the top layer may return its last one alone.
            x, finals = layer(x, before, lengths, ragged_state, per_step or not is_top, self.generator)
            after.extend(finals)
            if is_top and not per_step:
                x = self._top(after)
            if self.dropout and self.training:  # behind the top layer, too: what comes next is the output layer
                x = x * dropout_mask(x, self.dropout, self.generator)
        return self.head(x), after

    def before_steps(self, state: State) -> Tensor:
        """Return what the output layer makes of the hidden state of the last layer."""
        return self.head(self._top(state))  # of the zero state: the bias, to the last bit

    def _top(self, state: State) -> Tensor:
        """Return the hidden state of the last layer, both directions side by side."""
        return torch.cat([part[0] for part in state[-2:]], dim=1) if self.bidirectional else state[-1][0]

    def initial_state(self, n: int) -> State:
        """Return the zero state of `n` sequences."""
        rows = self.head.weight.new_empty((n, 0))
        return [cell.zero_state(rows) for layer in self._stack for cell in layer.recurrences]

    def single_step(self) -> SingleStep | None:
        """Return what runs one step by torch's functions of one step; none reads sequences from their ends."""
        if self.bidirectional:
            return None
        return StackStep([layer.recurrences[0].single_step() for layer in self._stack], self.head)

    def compiled_step(self) -> ArrayStep | None:
        """Return one step of all layers in one compiled call."""
        if not self.kernels or self.bidirectional or self.device.type != "cpu" or why_unavailable() is not None:
            return None
        from .kernels.step import CompiledStep

        return CompiledStep([layer.recurrences[0] for layer in self._stack], self.head)

    def use_kernels(self) -> bool:
        """Let all layers run as compiled kernels."""
        self.kernels = use_kernels(self.layers)
        return self.kernels

    @property
    def whole_sequences(self) -> bool:
        """Whether sequences are read from their ends, too."""
        return self.bidirectional

    @property
    def why_whole(self) -> str:
        """What makes it so, as a clause for error messages."""
        return "bidirectional=True reads sequences from their ends, too"

    @property
    def draws(self) -> bool:
        """Whether training draws masks of dropout."""
        return bool(self.dropout or self.recurrent_dropout)

    def structure(self) -> dict[str, Any]:
        """Return the parameters that the meaning of the weights depends on."""
        return {"hidden_layer_sizes": self.hidden_layer_sizes, "bidirectional": self.bidirectional}

    def parts(self) -> list[Part]:
        """Return a row of the summary per layer."""
        rows = [Part(f"{self.cell}_{i}", layer.units, count_parameters(layer)) for i, layer in enumerate(self._stack)]
        return [*rows, Part("output", self.n_outputs, count_parameters(self.head))]

    def initialize(self, generator: torch.Generator) -> None:
        """Draw all weights afresh.

        Input weights: Glorot uniform (Glorot and Bengio, 2010); recurrent weights: orthogonal (Saxe et al., 2014);
        biases: zero, but one for the forget gate of LSTM (Jozefowicz et al., 2015).
        """
        for layer in self._stack:
            for cell in layer.recurrences:
                cell.initialize(generator)
        nn.init.xavier_uniform_(self.head.weight, generator=generator)
        nn.init.zeros_(self.head.bias)

    @torch.no_grad()
    def start_at(self, output: Tensor) -> None:
        """Set the bias of the output layer."""
        self.head.bias.copy_(output)
