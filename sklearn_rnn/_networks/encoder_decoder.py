"""The encoder-decoder network: one stack of recurrent layers reads a sequence, another one writes one. Torch only.

Lengths of the input are exact, as they are in `recurrent`: the decoder begins with the state that each sequence has at
its own end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from .contract import ROWS, Network, Part, State, count_parameters, dropout_mask
from .layers import RecurrentLayer, StackStep, stack_layers, use_kernels

# Without a gradient so many steps are decoded at once, so that memory is that of the outputs alone.
DECODED = 32_768


class EncoderDecoder(Network):
    """Recurrent layers that read a sequence, and as many that write another one from the state they end in.

    Parameters
    ----------
    cell : {"rnn", "lstm", "gru"}
        Kind of the recurrent layers.
    n_features, n_outputs : int
        Features per step of the input; outputs per step of the output.
    hidden_layer_sizes : sequence of int
        Units of each recurrent layer, first to last, of the encoder and of the decoder.
    output_steps : int
        Steps of the output.
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
        self.cell = cell
        self.n_outputs = n_outputs
        self.hidden_layer_sizes = tuple(hidden_layer_sizes)
        self.output_steps = output_steps
        self.feedback = decoder == "feedback"
        self.teacher_forcing = teacher_forcing
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        options: dict[str, Any] = {"recurrent_dropout": recurrent_dropout, "nonlinearity": nonlinearity}
        read_by_decoder = n_outputs if self.feedback else hidden_layer_sizes[-1]
        self.encoder = stack_layers(cell, n_features, hidden_layer_sizes, **options)
        self.decoder = stack_layers(cell, read_by_decoder, hidden_layer_sizes, **options)
        self.head = nn.Linear(hidden_layer_sizes[-1], n_outputs)

    def forward(
        self,
        x: Tensor,
        state: State | None = None,
        lengths: Tensor | None = None,
        *,
        per_step: bool | None = None,
        ragged_state: bool = True,
        truth: Tensor | None = None,
    ) -> tuple[Tensor, State]:
        """Read sequences and write one for each.

        Parameters
        ----------
        x, state, lengths
            As `Network.forward` says; the state is that of the encoder.
        per_step : bool, optional
            There is no output per step of the input, so this can't be True.
        ragged_state : bool, default=True
            Without effect: the decoder needs the state of each sequence right.
        truth : Tensor of shape (batch, output_steps, n_outputs), optional
            True outputs, of which teacher forcing feeds some to the decoder; it reads its own alone by default.

        Returns
        -------
        output : Tensor of shape (batch, output_steps, n_outputs)
            A sequence for each.
        state : State
            State of the encoder after the last step of each sequence.
        """
        if per_step:
            raise ValueError("EncoderDecoder returns one output per sequence, none per step of the input.")
        after = self._run(self.encoder, x, state, lengths)[1]
        return self.decode(after, truth), after

    def before_steps(self, state: State) -> Tensor:
        """Return what the decoder writes from this state of the encoder."""
        return self.decode(state)

    def decode(self, state: State, truth: Tensor | None = None) -> Tensor:
        """Write from the states of the encoder: outputs of shape (batch, output_steps, n_outputs)."""
        if truth is not None or torch.is_grad_enabled():
            return self._decode(state, truth)
        rows = max(DECODED // self.output_steps // ROWS, 1) * ROWS
        return torch.cat([self._decode(part, None) for part in _split(state, rows)])

    def _decode(self, state: State, truth: Tensor | None) -> Tensor:
        if not self.feedback:
            context = self._drop(state[-1][0])
            inputs = context[:, None].expand(-1, self.output_steps, -1)  # a view: repeated without a copy
        elif truth is not None and self.teacher_forcing == 1:
            inputs = nn.functional.pad(truth[:, :-1], (0, 0, 1, 0))  # all that is read is known: one fused run
        else:
            return self._decode_by_steps(state, truth)
        outputs, _ = self._run(self.decoder, inputs, state, None)
        return self.head(self._drop(outputs))

    def _decode_by_steps(self, state: State, truth: Tensor | None) -> Tensor:
        """Decode where a step needs the output of the one before; gradients flow back through it, too."""
        h = state[0][0]
        forced = [False] * self.output_steps
        if truth is not None and self.teacher_forcing:
            # One draw per step, for all sequences: they can then be run side by side.
            draws = torch.rand(self.output_steps, generator=self.generator, device=h.device)
            forced = (draws < self.teacher_forcing).tolist()
        step = self._decoder_step(len(h))
        output = h.new_zeros((len(h), self.n_outputs))  # what the decoder reads first, in training and in prediction
        outputs: list[Tensor] = []
        for t in range(self.output_steps):
            x = truth[:, t - 1] if truth is not None and t > 0 and forced[t] else output
            output, state = step(x, state)
            outputs.append(output)
        return torch.stack(outputs, dim=1)

    def _decoder_step(self, batch: int) -> StackStep:
        """Return what runs one step of the decoder; masks are the same in all steps."""
        steps, masks = [], []
        for layer in _layers(self.decoder):
            like = self.head.weight.new_empty((batch, layer.units))
            masks.append(self._mask(like, self.dropout))
            steps.append(layer.recurrences[0].single_step(self._mask(like, self.recurrent_dropout)))
        return StackStep(steps, self.head, masks)

    def _run(
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
        mask = self._mask(x, self.dropout)
        return x if mask is None else x * mask

    def _mask(self, x: Tensor, share: float) -> Tensor | None:
        return dropout_mask(x, share, self.generator) if share and self.training else None

    def initial_state(self, n: int) -> State:
        """Return the zero state of the encoder for `n` sequences."""
        rows = self.head.weight.new_empty((n, 0))
        return [layer.recurrences[0].zero_state(rows) for layer in _layers(self.encoder)]

    def use_kernels(self) -> bool:
        """Let all layers run as compiled kernels, but where each step of the decoder reads the output before it."""
        self.kernels = use_kernels(self.encoder) and use_kernels(self.decoder)
        return self.kernels

    @property
    def keeps_steps(self) -> bool:
        """No step of the input has an output of its own."""
        return False

    @property
    def draws(self) -> bool:
        """Whether training draws masks of dropout, or which steps are told the truth."""
        return bool(self.dropout or self.recurrent_dropout or (self.feedback and 0 < self.teacher_forcing < 1))

    def structure(self) -> dict[str, Any]:
        """Return the parameters that the meaning of the weights depends on."""
        decoder = "feedback" if self.feedback else "repeat"
        return {"cell": self.cell, "decoder": decoder, "hidden_layer_sizes": self.hidden_layer_sizes}

    def parts(self) -> list[Part]:
        """Return a row of the summary per layer."""
        rows = [
            Part(f"{stack}_{self.cell}_{i}", layer.units, count_parameters(layer))
            for stack, layers in (("encoder", self.encoder), ("decoder", self.decoder))
            for i, layer in enumerate(_layers(layers))
        ]
        return [*rows, Part("output", self.n_outputs, count_parameters(self.head))]

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
