"""The encoder-decoder network as a torch module: one stack of recurrent layers reads, another one answers. Torch only.

Lengths of the input are exact, as they are in `_modules`: the decoder begins with the state that each sequence has at
its own end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from .recurrent import ROWS, Recurrence, RecurrentLayer, State, dropout_mask

# Without a gradient so many steps are decoded at once, so that memory is that of the answers alone.
DECODED = 32_768

Stepper = Callable[[Tensor, tuple[Tensor, ...]], tuple[Tensor, ...]]


class EncoderDecoder(nn.Module):
    """Recurrent layers that read a sequence, and as many that answer another from the state they end in.

    Parameters
    ----------
    cell : {"rnn", "lstm", "gru"}
        Kind of the recurrent layers.
    n_features, n_outputs : int
        Features per step of the input; outputs per step of the answer.
    hidden_layer_sizes : sequence of int
        Units of each recurrent layer, first to last, of the encoder and of the decoder.
    output_steps : int
        Steps of the answer.
    decoder : {"repeat", "feedback"}, default="repeat"
        What the decoder reads in each step: the last output of the encoder, or its own last output.
    teacher_forcing : float, default=0.5
        Probability that decoder="feedback" reads the true output of the last step where it is told.
    nonlinearity : {"tanh", "relu"}, default="tanh"
        Activation of "rnn" cells.
    dropout : float, default=0.0
        Share of each recurrent layer's outputs that is dropped in training, the same at every step.
    recurrent_dropout : float, default=0.0
        Share of the hidden state that is dropped on its way to the next step, the same at every step.

    References
    ----------
    Cho et al. (2014), Learning phrase representations using RNN encoder-decoder, EMNLP.
    Sutskever et al. (2014), Sequence to sequence learning with neural networks, NeurIPS.
    Bengio et al. (2015), Scheduled sampling for sequence prediction with recurrent neural networks, NeurIPS.
    """

    return_sequences = False  # one answer per sequence, even though it has steps of its own
    bidirectional = False

    def __init__(
        self,
        cell: str,
        n_features: int,
        n_outputs: int,
        hidden_layer_sizes: Sequence[int] = (32,),
        *,
        output_steps: int,
        decoder: str = "repeat",
        teacher_forcing: float = 0.5,
        nonlinearity: str = "tanh",
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.output_steps = output_steps
        self.feedback = decoder == "feedback"
        self.teacher_forcing = teacher_forcing
        self.dropout = dropout
        self.generator: torch.Generator | None = None  # of dropout and teacher forcing; None: the global one
        options: dict[str, Any] = {"nonlinearity": nonlinearity} if cell == "rnn" else {}

        def stack(width: int) -> nn.ModuleList:
            widths = [width, *hidden_layer_sizes]
            return nn.ModuleList(
                RecurrentLayer(cell, before, units, False, recurrent_dropout, options)
                for before, units in zip(widths[:-1], hidden_layer_sizes, strict=True)
            )

        self.encoder = stack(n_features)
        self.decoder = stack(n_outputs if self.feedback else hidden_layer_sizes[-1])
        self.head = nn.Linear(hidden_layer_sizes[-1], n_outputs)

    def forward(
        self,
        x: Tensor,
        state: State | None = None,
        lengths: Tensor | None = None,
        truth: Tensor | None = None,
        *,
        ragged_state: bool = True,
    ) -> tuple[Tensor, State]:
        """Read sequences and answer each by a sequence.

        Parameters
        ----------
        x : Tensor of shape (batch, steps, n_features)
            Sequences, each at the front of its row.
        state : list of tuples of Tensors, optional
            State of the encoder before the first step, as an earlier call returned it; zero by default.
        lengths : Tensor of shape (batch,), optional
            Steps of each sequence; all by default.
        truth : Tensor of shape (batch, output_steps, n_outputs), optional
            True outputs, of which teacher forcing feeds some to the decoder; all are its own by default.
        ragged_state : bool, default=True
            There for networks that may leave the state of shorter sequences wrong; the decoder needs it right.

        Returns
        -------
        output : Tensor of shape (batch, output_steps, n_outputs)
            Answers.
        state : list of tuples of Tensors
            State of the encoder after the last step of each sequence.
        """
        after = self._through(self.encoder, x, state, lengths)[1]
        return self.decode(after, truth), after

    def decode(self, state: State, truth: Tensor | None = None) -> Tensor:
        """Answer from the states of the encoder: outputs of shape (batch, output_steps, n_outputs)."""
        if truth is not None or torch.is_grad_enabled():
            return self._decode(state, truth)
        rows = max(DECODED // self.output_steps // ROWS, 1) * ROWS
        return torch.cat([self._decode(part, None) for part in _split(state, rows)])

    def _decode(self, state: State, truth: Tensor | None) -> Tensor:
        if not self.feedback:
            context = self._drop(state[-1][0])
            inputs = context[:, None].expand(-1, self.output_steps, -1)
        elif truth is not None and self.teacher_forcing == 1:
            inputs = nn.functional.pad(truth[:, :-1], (0, 0, 1, 0))
        else:
            return self._decode_by_steps(state, truth)
        outputs, _ = self._through(self.decoder, inputs, state, None)
        return self.head(self._drop(outputs))

    def _decode_by_steps(self, state: State, truth: Tensor | None) -> Tensor:
        """Decode where a step needs the output of the one before; gradients flow back through it, too."""
        h = state[0][0]
        forced = [False] * self.output_steps
        if truth is not None and self.teacher_forcing:
            draws = torch.rand(self.output_steps, generator=self.generator, device=h.device)
            forced = (draws < self.teacher_forcing).tolist()
        layers = [self._stepper(layer.recurrences[0], len(h)) for layer in _layers(self.decoder)]
        state = list(state)
        output = h.new_zeros((len(h), self.head.out_features))
        outputs: list[Tensor] = []
        for t in range(self.output_steps):
            x = truth[:, t - 1] if truth is not None and t > 0 and forced[t] else output
            for i, (step, mask) in enumerate(layers):
                state[i] = step(x, state[i])
                x = state[i][0] if mask is None else state[i][0] * mask
            output = self.head(x)
            outputs.append(output)
        return torch.stack(outputs, dim=1)

    def _stepper(self, cell: Recurrence, batch: int) -> tuple[Stepper, Tensor | None]:
        """Return what runs one step of a cell, and the mask of its outputs; masks are the same in all steps."""
        nothing = self.head.weight.new_empty((batch, cell.units))
        dropped = dropout_mask(nothing, self.dropout, self.generator) if self.dropout and self.training else None
        if cell.recurrent_dropout and self.training:
            mask = dropout_mask(nothing, cell.recurrent_dropout, self.generator)
            weight_ih, weight_hh, bias_ih, bias_hh = cell.tensors()

            def step(x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
                from_input = nn.functional.linear(x, weight_ih, bias_ih)
                return cell.next_state(from_input, nn.functional.linear(state[0] * mask, weight_hh, bias_hh), state)

            return step, dropped
        fused, weights = cell.single_step()

        def fused_step(x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            new = fused(x, state if len(state) > 1 else state[0], *weights)
            return new if isinstance(new, tuple) else (new,)

        return fused_step, dropped

    def _through(
        self, layers: nn.ModuleList, x: Tensor, state: State | None, lengths: Tensor | None
    ) -> tuple[Tensor, State]:
        """Return the outputs of the last of some layers, and the state after each layer."""
        after: State = []
        for i, layer in enumerate(_layers(layers)):
            x = self._drop(x) if i > 0 else x
            before = None if state is None else [state[i]]
            x, finals = layer(x, before, lengths, True, True, self.generator)
            after.extend(finals)
        return x, after

    def _drop(self, x: Tensor) -> Tensor:
        """Drop outputs of a recurrent layer on their way to the next one."""
        return x * dropout_mask(x, self.dropout, self.generator) if self.dropout and self.training else x

    def initial_state(self, batch: int) -> State:
        """Return the zero state of the encoder for a batch of sequences."""
        cells = [layer.recurrences[0] for layer in _layers(self.encoder)]
        return [cell.zero_state(self.head.weight.new_zeros((batch, cell.units))) for cell in cells]

    def initialize(self, generator: torch.Generator) -> None:
        """Draw all weights afresh, as those of `RecurrentNetwork`."""
        for layer in (*_layers(self.encoder), *_layers(self.decoder)):
            layer.recurrences[0].initialize(generator)
        nn.init.xavier_uniform_(self.head.weight, generator=generator)
        nn.init.zeros_(self.head.bias)


def _layers(stack: nn.ModuleList) -> list[RecurrentLayer]:
    return cast("list[RecurrentLayer]", list(stack))


def _split(state: State, rows: int) -> list[State]:
    """Split a state into groups of so many sequences."""
    firsts = range(0, len(state[0][0]), rows)
    return [[tuple(part[first : first + rows] for part in parts) for parts in state] for first in firsts]
