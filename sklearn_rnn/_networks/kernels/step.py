"""One step of every series of a batch through a stack of layers and the output layer, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numba.extending import overload
from torch import nn

from ..cells import Recurrence
from ..contract import Array, State
from . import gru, lstm, rnn
from .cells import CELLS
from .elementwise import fill_rows
from .jit import OPTIONS, compiled
from .linear import pack_weights
from .products import multiply, pack
from .sizes import Sizes, padded, part, sizes_of


class CompiledStep:
    """One step of every series, as `ArrayStep` says. All states lie in one flat array, their rows padded.

    Parameters
    ----------
    cells : sequence of Recurrence
        The cell of each layer, first to last; all are of one kind and one direction.
    head : Linear
        Output layer. Weights are copied.
    """

    def __init__(self, cells: Sequence[Recurrence], head: nn.Linear) -> None:
        equations = cells[0].equations
        cell = CELLS[equations]
        common = (cell.blocks, cell.states, cell.tape_size(1, 1, False))
        self.kind = KINDS[equations](*common, *cell.options)
        self.weights = np.concatenate([*(_packed(layer) for layer in cells), _packed_output(head)])
        self.dtype = self.weights.dtype
        self.units = [layer.units for layer in cells]
        self.sizes = np.array([cells[0].weights.input_size, *self.units, head.out_features])
        self.n_outputs = head.out_features

    def __call__(self, x: Array, padding: Array | None, state: Array) -> tuple[Array, Array]:
        """Return outputs (n_series, n_outputs), and the state after the step x (n_series, n_features)."""
        after, outputs = np.empty_like(state), np.empty((len(x), self.n_outputs), self.dtype)
        padding = NO_PADDING if padding is None else padding.ravel()
        step(self.kind, x.ravel(), padding, state, after, outputs.ravel(), self.weights, self.sizes)
        return outputs, after

    def hold(self, state: State) -> Array:
        """Return a state as one flat array."""
        n = len(state[0][0])
        held = np.zeros(sum(self.kind.parts * n * self._across(units) for units in self.units), self.dtype)
        for views, parts in zip(self._views(held, n), state, strict=True):
            for view, values in zip(views, parts, strict=True):
                view[:] = values.numpy()
        return held

    def release(self, held: Array) -> State:
        """Return the state that is held, without a copy."""
        n = held.size // sum(self.kind.parts * self._across(units) for units in self.units)
        return [tuple(torch.from_numpy(view) for view in views) for views in self._views(held, n)]

    def _views(self, held: Array, n: int) -> list[list[Array]]:
        views, at = [], 0
        for units in self.units:
            rows = held[at : at + self.kind.parts * n * self._across(units)].reshape(self.kind.parts, n, -1)
            views.append([values[:, :units] for values in rows])
            at += rows.size
        return views

    def _across(self, units: int) -> int:
        return int(padded(units, self.dtype.itemsize))


# The types of these are what tells the compiler which cell to run: blocks of gates, parts of the state, and numbers of
# a tape of one step of one unit.
class Rnn(NamedTuple):
    blocks: int
    parts: int
    tape: int
    relu: bool


class Lstm(NamedTuple):
    blocks: int
    parts: int
    tape: int


class Gru(NamedTuple):
    blocks: int
    parts: int
    tape: int


KINDS: dict[str, Any] = {"tanh": Rnn, "relu": Rnn, "lstm": Lstm, "gru": Gru}
NO_PADDING = np.empty(0, bool)


def _packed(layer: Recurrence) -> Array:
    weights = [tensor.detach().numpy().ravel() for tensor in layer.tensors()]
    cell, dtype = CELLS[layer.equations], weights[0].dtype
    packed = np.empty(sizes_of(cell.blocks, 1, layer.weights.input_size, layer.units, dtype.itemsize).weights, dtype)
    pack_weights(packed, *weights, cell.blocks, cell.splits)
    return packed


def _packed_output(head: nn.Linear) -> Array:
    """Return the weights of the output layer in panels, and behind them its biases."""
    weight, bias = head.weight.detach().numpy(), head.bias.detach().numpy()
    n, units = weight.shape
    across = padded(n, weight.itemsize)
    packed = np.zeros((units + 1) * across, weight.dtype)
    pack(packed, 0, weight.ravel(), 0, 1, units, units, n)
    packed[units * across : units * across + n] = bias
    return packed


@compiled
def step(kind: Any, x: Any, padding: Any, state: Any, after: Any, outputs: Any, weights: Any, sizes: Any) -> None:
    """Write the state after a step, and its outputs; `sizes` are features, units of each layer, and outputs."""
    lanes = x.size // sizes[0]
    active, mask = np.full(1, lanes), np.empty(0, x.dtype)
    at_state = at_weights = 0
    for i in range(1, sizes.size - 1):
        s = sizes_of(kind.blocks, lanes, sizes[i - 1], sizes[i], x.itemsize)
        n = kind.parts * s.step
        old, new = part(state, at_state, n), part(after, at_state, n)
        tape = np.empty(kind.tape * s.step, x.dtype)
        for first in range(0, n, s.step):  # a tape of one step begins with each part before it and after it
            tape[2 * first : 2 * first + s.step] = part(old, first, s.step)
        run(kind, x, part(weights, at_weights, s.weights), tape, mask, active, lanes, s.features, s.units)
        for first in range(0, n, s.step):
            new[first : first + s.step] = part(tape, 2 * first + s.step, s.step)
        keep_padded(new, old, padding, s)
        x = without_padding(new, lanes, s.across, s.units)
        at_state += n
        at_weights += s.weights
    put_outputs(outputs, x, weights, at_weights, lanes, sizes[-2], sizes[-1])


@compiled
def keep_padded(new: Any, old: Any, padding: Any, s: Sizes) -> None:
    """Leave the state of lanes whose step is padding as it was."""
    for lane in range(padding.size):
        if padding[lane]:
            for at in range(lane * s.across, new.size, s.step):
                new[at : at + s.across] = part(old, at, s.across)


@compiled
def without_padding(rows: Any, lanes: int, across: int, n: int) -> Any:
    """Return the first `n` of `across` numbers of each row."""
    dense = np.empty(lanes * n, rows.dtype)
    for lane in range(lanes):
        dense[lane * n : (lane + 1) * n] = part(rows, lane * across, n)
    return dense


@compiled
def put_outputs(outputs: Any, h: Any, weights: Any, at: int, lanes: int, units: int, n: int) -> None:
    """Write what the output layer makes of the states of the last layer."""
    across = padded(n, h.itemsize)
    rows = np.empty(lanes * across, h.dtype)
    fill_rows(rows, part(weights, at + units * across, across))
    multiply(rows, 0, across, h, 0, units, weights, at, lanes, across, units, True)
    outputs[:] = without_padding(rows, lanes, across, n)


def run(
    kind: Any, x: Any, packed: Any, tape: Any, mask: Any, active: Any, lanes: int, features: int, units: int
) -> None:
    """Run the cell that the type of `kind` stands for."""


@overload(run, jit_options=OPTIONS)
def _run(
    kind: Any, x: Any, packed: Any, tape: Any, mask: Any, active: Any, lanes: Any, features: Any, units: Any
) -> Any:
    return {Rnn: _run_rnn, Lstm: _run_lstm, Gru: _run_gru}[kind.instance_class]


def _run_rnn(
    kind: Any, x: Any, packed: Any, tape: Any, mask: Any, active: Any, lanes: Any, features: Any, units: Any
) -> Any:
    rnn.forward(x, packed, tape, mask, active, lanes, features, units, kind.relu)


def _run_lstm(
    kind: Any, x: Any, packed: Any, tape: Any, mask: Any, active: Any, lanes: Any, features: Any, units: Any
) -> Any:
    lstm.forward(x, packed, tape, mask, active, lanes, features, units)


def _run_gru(
    kind: Any, x: Any, packed: Any, tape: Any, mask: Any, active: Any, lanes: Any, features: Any, units: Any
) -> Any:
    gru.forward(x, packed, tape, mask, active, lanes, features, units)
