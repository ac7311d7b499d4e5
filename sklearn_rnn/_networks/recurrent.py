"""The recurrent network as a torch module: forward(x, state) -> (output, state). Torch only.

Padding is never run through a mask inside a cell: sequences stand at the front of their row and `lengths` says
where they end. What lies behind the end can't reach back, so the fused kernels of torch serve unequal lengths
exactly; the backward direction reads each row reversed within its own length.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

# One tuple of tensors (h,) or (h, c) of shape (batch, units) per direction and layer, first layer first.
State = list[tuple[Tensor, ...]]

# Sequences are run in multiples of this many rows: matrix products of fewer rows take other kernels, whose
# rounding differs. So a prediction is the same to the last bit, whatever stands beside it in X.
ROWS = 16

CELLS: dict[str, Any] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
STEPS: dict[str, Any] = {
    "tanh": torch.rnn_tanh_cell,
    "relu": torch.rnn_relu_cell,
    "lstm": torch.lstm_cell,
    "gru": torch.gru_cell,
}


class RecurrentNetwork(nn.Module):
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
        Whether the output layer answers every step, or the last one of each sequence.

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
        self.dropout = dropout
        self.return_sequences = return_sequences
        self.generator: torch.Generator | None = None  # of dropout masks; None: the global one
        options: dict[str, Any] = {"nonlinearity": nonlinearity} if cell == "rnn" else {}
        self.layers = nn.ModuleList()
        width = n_features
        for units in hidden_layer_sizes:
            self.layers.append(RecurrentLayer(cell, width, units, bidirectional, recurrent_dropout, options))
            width = units * (2 if bidirectional else 1)
        self.head = nn.Linear(width, n_outputs)
        self._stack = cast("list[RecurrentLayer]", list(self.layers))  # a ModuleList is slow to go through

    def forward(
        self,
        x: Tensor,
        state: State | None = None,
        lengths: Tensor | None = None,
        *,
        per_step: bool | None = None,
        ragged_state: bool = True,
    ) -> tuple[Tensor, State]:
        """Run sequences through the network.

        Parameters
        ----------
        x : Tensor of shape (batch, steps, n_features)
            Sequences, each at the front of its row.
        state : list of tuples of Tensors, optional
            State before the first step, as an earlier call returned it; zero by default.
        lengths : Tensor of shape (batch,), optional
            Steps of each sequence; all by default.
        per_step : bool, optional
            Whether every step is answered, or the last one of each sequence; as `return_sequences` by default.
        ragged_state : bool, default=True
            Whether the state must be right for sequences of unequal lengths, too; without it they run faster, and
            the state of those that are shorter than the longest means nothing.

        Returns
        -------
        output : Tensor of shape (batch, steps, n_outputs) or (batch, n_outputs)
            For every step (behind the end of a sequence: meaningless but finite), or for the last one.
        state : list of tuples of Tensors
            State after the last step of each sequence.
        """
        after: State = []
        per_step = self.return_sequences if per_step is None else per_step
        layers = self.recurrent_layers
        for layer in layers:
            directions = len(layer.recurrences)
            before = None if state is None else state[len(after) : len(after) + directions]
            is_top = layer is layers[-1]
            x, finals = layer(x, before, lengths, ragged_state, per_step or not is_top, self.generator)
            after.extend(finals)
            if is_top and not per_step:
                x = torch.cat([final[0] for final in finals], dim=1) if directions > 1 else finals[0][0]
            if self.dropout and self.training:
                x = x * dropout_mask(x, self.dropout, self.generator)
        return self.head(x), after

    @property
    def drops(self) -> bool:
        """Whether training draws masks of dropout."""
        return bool(self.dropout) or any(
            cell.recurrent_dropout for layer in self.recurrent_layers for cell in layer.recurrences
        )

    @property
    def bidirectional(self) -> bool:
        """Whether sequences are read from their ends, too."""
        return len(self.recurrent_layers[0].recurrences) > 1

    @property
    def recurrent_layers(self) -> list[RecurrentLayer]:
        """The recurrent layers, first to last."""
        return self._stack

    def initial_state(self, batch: int) -> State:
        """Return the zero state for a batch of sequences."""
        return [
            cell.zero_state(self.head.weight.new_zeros((batch, cell.units)))
            for layer in self.recurrent_layers
            for cell in layer.recurrences
        ]

    def initialize(self, generator: torch.Generator) -> None:
        """Draw all weights afresh.

        Input weights: Glorot uniform (Glorot and Bengio, 2010); recurrent weights: orthogonal (Saxe et al., 2014);
        biases: zero, but one for the forget gate of LSTM (Jozefowicz et al., 2015).
        """
        for layer in self.recurrent_layers:
            for cell in layer.recurrences:
                cell.initialize(generator)
        nn.init.xavier_uniform_(self.head.weight, generator=generator)
        nn.init.zeros_(self.head.bias)


class SingleStep:
    """One step of every sequence of a batch, without the cost of calling modules.

    Parameters
    ----------
    network : RecurrentNetwork
        A network of one direction. Its weights are shared; dropout does not take place.
    """

    def __init__(self, network: RecurrentNetwork) -> None:
        self.cells = [layer.recurrences[0].single_step() for layer in network.recurrent_layers]
        self.head = (network.head.weight, network.head.bias)

    def __call__(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Return outputs (batch, n_outputs) for the step x (batch, n_features), and the state after it."""
        after: State = []
        for (cell, weights), before in zip(self.cells, state, strict=True):
            new = cell(x, before if len(before) > 1 else before[0], *weights)
            after.append(new if isinstance(new, tuple) else (new,))
            x = after[-1][0]
        return nn.functional.linear(x, *self.head), after


class RecurrentLayer(nn.Module):
    """One recurrent layer, in one or both directions."""

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
        self._both = cast("list[Recurrence]", list(self.cells))

    @property
    def recurrences(self) -> list[Recurrence]:
        """The forward recurrence and, if there is one, the backward one."""
        return self._both

    @property
    def units(self) -> int:
        """Outputs per step, of both directions."""
        return sum(recurrence.units for recurrence in self.recurrences)

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
        outputs, finals = [], []
        for i, cell in enumerate(self.recurrences):
            order = None if i == 0 else _reversal(x, lengths)
            read = x if order is None else _reorder(x, order)
            run = cell(read, None if state is None else state[i], lengths, ragged_state, generator)
            outputs.append(run.outputs if order is None or not need_outputs else _reorder(run.outputs, order))
            finals.append(run.state)
        return torch.cat(outputs, dim=2) if len(outputs) > 1 else outputs[0], finals


class Run(NamedTuple):
    """What a recurrence answers: outputs of shape (batch, steps, units) and the state after the last step."""

    outputs: Tensor
    state: tuple[Tensor, ...]


class Recurrence(nn.Module):
    """One cell run over the steps in one direction."""

    def __init__(
        self, cell: str, n_features: int, units: int, recurrent_dropout: float, options: dict[str, Any]
    ) -> None:
        super().__init__()
        self.kind = cell
        self.units = units
        self.recurrent_dropout = recurrent_dropout
        self.weights: nn.RNNBase = CELLS[cell](n_features, units, batch_first=True, **options)
        # torch adds two biases where the equations have one. A GRU alone needs both: its reset gate acts on the
        # recurrent one.
        if cell != "gru":
            self.tensors()[3].requires_grad_(False)

    def tensors(self) -> list[Tensor]:
        """Return the weights and biases of the input, and of the state: weight_ih, weight_hh, bias_ih, bias_hh."""
        return list(self.weights.parameters())

    def zero_state(self, h: Tensor) -> tuple[Tensor, ...]:
        """Return the state for the zero hidden state `h`."""
        return (h, torch.zeros_like(h)) if self.kind == "lstm" else (h,)

    def initialize(self, generator: torch.Generator) -> None:
        """Draw the weights, gate by gate."""
        weight_ih, weight_hh, bias_ih, bias_hh = (tensor.data for tensor in self.tensors())
        gates = len(weight_hh) // self.units
        for block in weight_ih.chunk(gates):
            nn.init.xavier_uniform_(block, generator=generator)
        for block in weight_hh.chunk(gates):
            nn.init.orthogonal_(block, generator=generator)
        nn.init.zeros_(bias_ih)
        nn.init.zeros_(bias_hh)
        if self.kind == "lstm":
            bias_ih.chunk(gates)[1].fill_(1.0)

    def single_step(self) -> tuple[Any, list[Tensor]]:
        """Return torch's function for one step, and its weights."""
        return STEPS[str(self.weights.nonlinearity) if self.kind == "rnn" else self.kind], self.tensors()

    def forward(
        self,
        x: Tensor,
        state: tuple[Tensor, ...] | None,
        lengths: Tensor | None,
        ragged_state: bool,
        generator: torch.Generator | None,
    ) -> Run:
        """Run over the steps; the hidden state that it answers is exact even without `ragged_state`."""
        if x.shape[1] == 0:
            before = self.zero_state(x.new_zeros((len(x), self.units))) if state is None else state
            return Run(x.new_zeros((len(x), 0, self.units)), before)
        if self.recurrent_dropout and self.training:
            return self._run_by_steps(x, state, lengths, generator)
        if lengths is not None and ragged_state and self.kind == "lstm":
            return self._run_packed(x, state, lengths)
        outputs, after = self.weights(x, _to_torch(state))
        final = _from_torch(after)
        if lengths is None:
            return Run(outputs, final)
        h = outputs[torch.arange(len(x), device=x.device), (lengths - 1).clamp(min=0)]
        h = torch.where((lengths > 0)[:, None], h, x.new_zeros(()) if state is None else state[0])
        return Run(outputs, (h, *final[1:]))

    def _run_packed(self, x: Tensor, state: tuple[Tensor, ...] | None, lengths: Tensor) -> Run:
        """Run so that the cell state, too, is that of each sequence's last step."""
        packed = pack_padded_sequence(x, lengths.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False)
        outputs, after = self.weights(packed, _to_torch(state))
        outputs, _ = nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])
        before = self.zero_state(x.new_zeros((len(x), self.units))) if state is None else state
        some = (lengths > 0)[:, None]
        final = tuple(torch.where(some, new, old) for new, old in zip(_from_torch(after), before, strict=True))
        return Run(outputs, final)

    def _run_by_steps(
        self,
        x: Tensor,
        state: tuple[Tensor, ...] | None,
        lengths: Tensor | None,
        generator: torch.Generator | None,
    ) -> Run:
        """Run step by step, which alone allows for recurrent dropout."""
        state = self.zero_state(x.new_zeros((len(x), self.units))) if state is None else state
        mask = dropout_mask(state[0], self.recurrent_dropout, generator)
        weight_ih, weight_hh, bias_ih, bias_hh = self.tensors()
        inputs = nn.functional.linear(x, weight_ih, bias_ih).unbind(dim=1)
        outputs = []
        for t, from_input in enumerate(inputs):
            recurrent = nn.functional.linear(state[0] * mask, weight_hh, bias_hh)
            new = self.next_state(from_input, recurrent, state)
            if lengths is not None:
                runs = (t < lengths)[:, None]
                new = tuple(torch.where(runs, n, s) for n, s in zip(new, state, strict=True))
            state = new
            outputs.append(state[0])
        return Run(torch.stack(outputs, dim=1), state)

    def next_state(self, from_input: Tensor, recurrent: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Combine both halves of the gates' inputs to the next state; gates in torch's order."""
        if self.kind == "rnn":
            return ((torch.tanh if self.weights.nonlinearity == "tanh" else torch.relu)(from_input + recurrent),)
        if self.kind == "lstm":
            i, f, g, o = (from_input + recurrent).chunk(4, dim=1)
            c = torch.sigmoid(f) * state[1] + torch.sigmoid(i) * torch.tanh(g)
            return torch.sigmoid(o) * torch.tanh(c), c
        (ri, zi, ni), (rr, zr, nr) = from_input.chunk(3, dim=1), recurrent.chunk(3, dim=1)
        z = torch.sigmoid(zi + zr)
        n = torch.tanh(ni + torch.sigmoid(ri + rr) * nr)
        return ((1 - z) * n + z * state[0],)


def count_parameters(module: nn.Module) -> int:
    """Count the numbers that training changes."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def _reversal(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Positions that read each row backwards within its length; they are their own inverse."""
    steps = torch.arange(x.shape[1], device=x.device)
    if lengths is None:
        return steps.flip(0)
    backwards = lengths[:, None] - 1 - steps
    return torch.where(backwards >= 0, backwards, steps)


def _reorder(x: Tensor, order: Tensor) -> Tensor:
    if order.ndim == 1:
        return x.flip(1)
    return x.gather(1, order[:, :, None].expand(-1, -1, x.shape[2]))


def dropout_mask(x: Tensor, share: float, generator: torch.Generator | None) -> Tensor:
    """Draw a mask that is the same for all steps of a sequence, scaled so that the expectation stays."""
    shape = (len(x), *([1] * (x.ndim - 2)), x.shape[-1])
    return torch.empty(shape, dtype=x.dtype, device=x.device).bernoulli_(1 - share, generator=generator) / (1 - share)


def _to_torch(state: tuple[Tensor, ...] | None) -> Any:
    if state is None:
        return None
    hx = tuple(part.unsqueeze(0) for part in state)
    return hx if len(hx) > 1 else hx[0]


def _from_torch(hx: Any) -> tuple[Tensor, ...]:
    return tuple(part.squeeze(0) for part in (hx if isinstance(hx, tuple) else (hx,)))
