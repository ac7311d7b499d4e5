"""Recurrent cells: their equations, one step of them, and a run over the steps in one direction. Torch only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from .compiled import can_run
from .contract import dropout_mask

CellState = tuple[Tensor, ...]  # (h,) or, of the LSTM, (h, c)
Step = Callable[[Tensor, CellState], CellState]

CELLS: dict[str, Any] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
# torch's functions of one step.
CELL_STEPS: dict[str, Any] = {
    "tanh": torch.rnn_tanh_cell,
    "relu": torch.rnn_relu_cell,
    "lstm": torch.lstm_cell,
    "gru": torch.gru_cell,
}


def _rnn(activation: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor, CellState], CellState]:
    return lambda from_input, from_state, state: (activation(from_input + from_state),)


def _lstm(from_input: Tensor, from_state: Tensor, state: CellState) -> CellState:
    i, f, g, o = (from_input + from_state).chunk(4, dim=1)
    c = torch.sigmoid(f) * state[1] + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def _gru(from_input: Tensor, from_state: Tensor, state: CellState) -> CellState:
    (ri, zi, ni), (rs, zs, ns) = from_input.chunk(3, dim=1), from_state.chunk(3, dim=1)
    z = torch.sigmoid(zi + zs)
    n = torch.tanh(ni + torch.sigmoid(ri + rs) * ns)  # torch's reset gate acts behind the matrix product
    return ((1 - z) * n + z * state[0],)


# From W_ih x + b_ih and W_hh h + b_hh, whose gates lie side by side in torch's order, to the next state.
EQUATIONS: dict[str, Callable[[Tensor, Tensor, CellState], CellState]] = {
    "tanh": _rnn(torch.tanh),
    "relu": _rnn(torch.relu),
    "lstm": _lstm,
    "gru": _gru,
}


class FusedStep:
    """One step of a cell by torch's own function, without dropout.

    Parameters
    ----------
    equations : {"tanh", "relu", "lstm", "gru"}
        What the cell computes.
    weights : list of Tensors
        weight_ih, weight_hh, bias_ih, bias_hh.
    """

    def __init__(self, equations: str, weights: list[Tensor]) -> None:
        self.function = CELL_STEPS[equations]
        self.weights = weights

    def __call__(self, x: Tensor, state: CellState) -> CellState:
        """Return the state after the step x of shape (batch, n_features)."""
        new = self.function(x, state if len(state) > 1 else state[0], *self.weights)
        return new if isinstance(new, tuple) else (new,)


class MaskedStep:
    """One step of a cell with recurrent dropout, which torch's own functions don't know.

    Parameters
    ----------
    equations : {"tanh", "relu", "lstm", "gru"}
        What the cell computes.
    weights : list of Tensors
        weight_ih, weight_hh, bias_ih, bias_hh.
    mask : Tensor of shape (batch, units)
        What the hidden state is multiplied by on its way to the next step.
    """

    def __init__(self, equations: str, weights: list[Tensor], mask: Tensor) -> None:
        self.equations = EQUATIONS[equations]
        self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh = weights
        self.mask = mask

    def __call__(self, x: Tensor, state: CellState) -> CellState:
        """Return the state after the step x of shape (batch, n_features)."""
        return self.after_input(self.read(x), state)

    def read(self, x: Tensor) -> Tensor:
        """Return what the gates get from x, of one step or of many at once."""
        return nn.functional.linear(x, self.weight_ih, self.bias_ih)

    def after_input(self, from_input: Tensor, state: CellState) -> CellState:
        """Return the state after a step that `read` has read."""
        from_state = nn.functional.linear(state[0] * self.mask, self.weight_hh, self.bias_hh)
        return self.equations(from_input, from_state, state)


class Recurrence(nn.Module):
    """One cell run over the steps in one direction.

    Parameters
    ----------
    cell : {"rnn", "lstm", "gru"}
        Kind of the cell.
    n_features, units : int
        Features and outputs per step.
    recurrent_dropout : float
        Share of the hidden state that is dropped in training on its way to the next step.
    options : dict
        Further arguments of torch's module.

    Attributes
    ----------
    kernels : bool, default=False
        Whether it runs as compiled kernels where these can.
    """

    kernels: bool = False

    def __init__(
        self, cell: str, n_features: int, units: int, recurrent_dropout: float, options: dict[str, Any]
    ) -> None:
        super().__init__()
        self.kind = cell
        self.units = units
        self.recurrent_dropout = recurrent_dropout
        self.weights: nn.RNNBase = CELLS[cell](n_features, units, batch_first=True, **options)
        self.equations = str(self.weights.nonlinearity) if cell == "rnn" else cell
        # torch adds two biases where the equations have one. A GRU alone needs both: its reset gate acts on the
        # recurrent one.
        if cell != "gru":
            self.tensors()[3].requires_grad_(False)

    def tensors(self) -> list[Tensor]:
        """Return the weights and biases of the input, and of the state: weight_ih, weight_hh, bias_ih, bias_hh."""
        return list(self.weights.parameters())

    def zero_state(self, x: Tensor) -> CellState:
        """Return the zero state for a batch `x`."""
        h = x.new_zeros((len(x), self.units))
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
            bias_ih.chunk(gates)[1].fill_(1.0)  # the forget gate is open, so that early gradients reach far back

    def single_step(self, mask: Tensor | None = None) -> Step:
        """Return what runs one step: (x, state) -> the state after it; `mask` is that of recurrent dropout."""
        if mask is None:
            return FusedStep(self.equations, self.tensors())
        return MaskedStep(self.equations, self.tensors(), mask)

    def forward(
        self,
        x: Tensor,
        state: CellState | None,
        lengths: Tensor | None,
        ragged_state: bool,
        generator: torch.Generator | None,
        *,
        back: bool = False,
        need_outputs: bool = True,
    ) -> tuple[Tensor, CellState]:
        """Run over the steps of a batch.

        Parameters
        ----------
        x, state, lengths, ragged_state
            As `Network.forward` says; the state is that of this cell. Its h is right even without `ragged_state`.
        generator : torch.Generator or None
            Source of masks.
        back : bool, default=False
            Whether each row is read backwards within its own length, so that the cell begins with its last step.
        need_outputs : bool, default=True
            Whether the outputs are wanted, or the state alone.

        Returns
        -------
        outputs : Tensor of shape (batch, steps, units)
            In the order of x; meaningless unless they are wanted.
        state : tuple of Tensors of shape (batch, units)
            State after the last step that is read of each row.
        """
        if x.shape[1] == 0:  # torch's modules want at least one step
            return x.new_zeros((len(x), 0, self.units)), self.zero_state(x) if state is None else state
        mask = None
        if self.recurrent_dropout and self.training:
            mask = dropout_mask(x.new_empty((len(x), self.units)), self.recurrent_dropout, generator)
        if self.kernels and can_run(self.weights, tensors := self.tensors(), x, state):
            from .kernels.autograd import run  # numba takes half a second to import

            return run(self.equations, tensors, x, state, lengths, mask, back=back, need_outputs=need_outputs)
        order = reversal(x, lengths) if back else None
        read = x if order is None else reorder(x, order)
        outputs, final = self._run_by_torch(read, state, lengths, ragged_state, mask)
        return outputs if order is None or not need_outputs else reorder(outputs, order), final

    def _run_by_torch(
        self, x: Tensor, state: CellState | None, lengths: Tensor | None, ragged_state: bool, mask: Tensor | None
    ) -> tuple[Tensor, CellState]:
        if mask is not None:
            return self._run_by_steps(x, state, lengths, mask)
        # The h of the last step stands among the outputs. The c of the LSTM does not: only torch's packed sequences
        # stop each row at its end.
        if lengths is not None and ragged_state and self.kind == "lstm":
            return self._run_packed(x, state, lengths)
        outputs, after = self.weights(x, _to_torch(state))
        final = _from_torch(after)
        if lengths is None:
            return outputs, final
        h = outputs[torch.arange(len(x), device=x.device), (lengths - 1).clamp(min=0)]
        h = torch.where((lengths > 0)[:, None], h, x.new_zeros(()) if state is None else state[0])
        return outputs, (h, *final[1:])

    def _run_packed(self, x: Tensor, state: CellState | None, lengths: Tensor) -> tuple[Tensor, CellState]:
        """Run so that the cell state, too, is that of each sequence's last step."""
        # Packed sequences must have steps: one without is given one, and its state is put back below.
        packed = pack_padded_sequence(x, lengths.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False)
        outputs, after = self.weights(packed, _to_torch(state))
        outputs, _ = pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])
        before = self.zero_state(x) if state is None else state
        some = (lengths > 0)[:, None]
        final = tuple(torch.where(some, new, old) for new, old in zip(_from_torch(after), before, strict=True))
        return outputs, final

    def _run_by_steps(
        self, x: Tensor, state: CellState | None, lengths: Tensor | None, mask: Tensor
    ) -> tuple[Tensor, CellState]:
        """Run step by step, which alone allows for recurrent dropout."""
        state = self.zero_state(x) if state is None else state
        step = MaskedStep(self.equations, self.tensors(), mask)
        outputs = []
        # The input of all steps is multiplied at once: one large product is faster than one per step.
        for t, from_input in enumerate(step.read(x).unbind(dim=1)):
            new = step.after_input(from_input, state)
            if lengths is not None:
                runs = (t < lengths)[:, None]
                new = tuple(torch.where(runs, n, s) for n, s in zip(new, state, strict=True))
            state = new
            outputs.append(state[0])
        return torch.stack(outputs, dim=1), state


def _to_torch(state: CellState | None) -> Any:
    """Return a state as torch's modules take it: with an axis of layers, and a bare tensor where it is a single one."""
    if state is None:
        return None
    hx = tuple(part.unsqueeze(0) for part in state)
    return hx if len(hx) > 1 else hx[0]


def _from_torch(hx: Any) -> CellState:
    return tuple(part.squeeze(0) for part in (hx if isinstance(hx, tuple) else (hx,)))


def reversal(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Return positions that read each row backwards within its length; they are their own inverse.

    Of rows with five slots, one with three steps is read in the order 2, 1, 0, 3, 4: what lies behind its end stays
    there, so that the backward direction, too, reads it last.
    """
    steps = torch.arange(x.shape[1], device=x.device)
    if lengths is None:
        return steps.flip(0)
    backwards = lengths[:, None] - 1 - steps
    return torch.where(backwards >= 0, backwards, steps)


def reorder(x: Tensor, order: Tensor) -> Tensor:
    """Return the steps of x in an order of `reversal`."""
    if order.ndim == 1:
        return x.flip(1)
    return x.gather(1, order[:, :, None].expand(-1, -1, x.shape[2]))
