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
from .elementwise import copy, fill_rows
from .jit import OPTIONS, YES, ZERO, compiled, inner
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
        self.step = STEPS[equations]
        self.states = CELLS[equations].states
        self.weights = np.concatenate([*(_packed(layer) for layer in cells), _packed_output(head)])
        self.dtype = self.weights.dtype
        self.units = [layer.units for layer in cells]
        self.sizes = np.array([cells[0].weights.input_size, *self.units, head.out_features])
        self.n_outputs = head.out_features

    def __call__(self, x: Array, padding: Array | None, state: Array) -> tuple[Array, Array]:
        """Return outputs (n_series, n_outputs), and the state after the step x (n_series, n_features)."""
        after, outputs = np.empty_like(state), np.empty((len(x), self.n_outputs), self.dtype)
        padding = NO_PADDING if padding is None else padding.ravel()
        self.step(x.ravel(), padding, state, after, outputs.ravel(), self.weights, self.sizes)
        return outputs, after

    def hold(self, state: State) -> Array:
        """Return a state as one flat array."""
        n = len(state[0][0])
        held = np.zeros(sum(self.states * n * self._across(units) for units in self.units), self.dtype)
        for views, parts in zip(self._views(held, n), state, strict=True):
            for view, values in zip(views, parts, strict=True):
                view[:] = values.numpy()
        return held

    def release(self, held: Array) -> State:
        """Return the state that is held, without a copy."""
        n = held.size // sum(self.states * self._across(units) for units in self.units)
        return [tuple(torch.from_numpy(view) for view in views) for views in self._views(held, n)]

    def _views(self, held: Array, n: int) -> list[list[Array]]:
        views, at = [], 0
        for units in self.units:
            rows = held[at : at + self.states * n * self._across(units)].reshape(self.states, n, -1)
            views.append([values[:, :units] for values in rows])
            at += rows.size
        return views

    def _across(self, units: int) -> int:
        return int(padded(units, self.dtype.itemsize))


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


@inner
def step(kind: Any, x: Any, padding: Any, state: Any, after: Any, outputs: Any, weights: Any, sizes: Any) -> None:
    """Write the state after a step, and its outputs; `sizes` are features, units of each layer, and outputs."""
    lanes = x.size // sizes[0]
    at_state = at_weights = 0
    for i in range(1, sizes.size - 1):
        s = sizes_of(kind.blocks, lanes, sizes[i - 1], sizes[i], x.itemsize)
        n = kind.states * s.step
        old, new = part(state, at_state, n), part(after, at_state, n)
        run(kind, x, part(weights, at_weights, s.weights), old, new, s)
        keep_padded(new, old, padding, s)
        x = without_padding(new, lanes, s.across, s.units)
        at_state += n
        at_weights += s.weights
    put_outputs(outputs, x, weights, at_weights, lanes, sizes[-2], sizes[-1])


@inner
def begun(size: int, old: Any, step: int) -> Any:
    """Return a tape of one step: it begins with each part of the state before and after the step."""
    tape = np.empty(size, old.dtype)
    for first in range(0, old.size, step):
        copy(part(tape, 2 * first, step), part(old, first, step))
    return tape


@inner
def end(new: Any, tape: Any, step: int) -> None:
    """Read the state after the step from such a tape."""
    for first in range(0, new.size, step):
        copy(part(new, first, step), part(tape, 2 * first + step, step))


@inner
def keep_padded(new: Any, old: Any, padding: Any, s: Sizes) -> None:
    """Leave the state of lanes whose step is padding as it was."""
    for lane in range(padding.size):
        if padding[lane]:
            for at in range(lane * s.across, new.size, s.step):
                copy(part(new, at, s.across), part(old, at, s.across))


@inner
def without_padding(rows: Any, lanes: int, across: int, n: int) -> Any:
    """Return the first `n` of `across` numbers of each row."""
    dense = np.empty(lanes * n, rows.dtype)
    for lane in range(lanes):
        copy(part(dense, lane * n, n), part(rows, lane * across, n))
    return dense


@inner
def put_outputs(outputs: Any, h: Any, weights: Any, at: int, lanes: int, units: int, n: int) -> None:
    """Write what the output layer makes of the states of the last layer."""
    across = padded(n, h.itemsize)
    rows = np.empty(lanes * across, h.dtype)
    fill_rows(rows, part(weights, at + units * across, across))
    multiply(rows, ZERO, across, h, ZERO, units, weights, at, lanes, across, units, YES)
    copy(outputs, without_padding(rows, lanes, across, n))


class Rnn(NamedTuple):
    """A simple recurrent layer: its type tells the compiler which cell to run."""

    blocks: int
    states: int
    relu: bool


class Lstm(NamedTuple):
    """An LSTM."""

    blocks: int
    states: int


class Gru(NamedTuple):
    """A GRU."""

    blocks: int
    states: int


def run(kind: Any, x: Any, packed: Any, old: Any, new: Any, s: Sizes) -> None:
    """Run one step of one layer, of the cell that the type of `kind` stands for."""


@overload(run, jit_options=OPTIONS)
def _run(kind: Any, x: Any, packed: Any, old: Any, new: Any, s: Any) -> Any:
    return {Rnn: _run_rnn, Lstm: _run_lstm, Gru: _run_gru}[kind.instance_class]


def _run_rnn(kind: Any, x: Any, packed: Any, old: Any, new: Any, s: Any) -> Any:
    tape = begun(rnn.tape_size(1, s.step, False), old, s.step)
    rnn.forward(x, packed, tape, tape[:0], np.full(1, s.lanes), s.lanes, s.features, s.units, kind.relu)
    end(new, tape, s.step)


def _run_lstm(kind: Any, x: Any, packed: Any, old: Any, new: Any, s: Any) -> Any:
    tape = begun(lstm.tape_size(1, s.step, False), old, s.step)
    lstm.forward(x, packed, tape, tape[:0], np.full(1, s.lanes), s.lanes, s.features, s.units)
    end(new, tape, s.step)


def _run_gru(kind: Any, x: Any, packed: Any, old: Any, new: Any, s: Any) -> Any:
    tape = begun(gru.tape_size(1, s.step, False), old, s.step)
    gru.forward(x, packed, tape, tape[:0], np.full(1, s.lanes), s.lanes, s.features, s.units)
    end(new, tape, s.step)


@compiled
def step_tanh(x: Any, padding: Any, state: Any, after: Any, outputs: Any, weights: Any, sizes: Any) -> None:
    """Run a stack of simple recurrent layers."""
    step(Rnn(rnn.BLOCKS, 1, False), x, padding, state, after, outputs, weights, sizes)


@compiled
def step_relu(x: Any, padding: Any, state: Any, after: Any, outputs: Any, weights: Any, sizes: Any) -> None:
    """Run a stack of simple recurrent layers with the rectifier."""
    step(Rnn(rnn.BLOCKS, 1, True), x, padding, state, after, outputs, weights, sizes)


@compiled
def step_lstm(x: Any, padding: Any, state: Any, after: Any, outputs: Any, weights: Any, sizes: Any) -> None:
    """Run a stack of LSTMs."""
    step(Lstm(lstm.BLOCKS, 2), x, padding, state, after, outputs, weights, sizes)


@compiled
def step_gru(x: Any, padding: Any, state: Any, after: Any, outputs: Any, weights: Any, sizes: Any) -> None:
    """Run a stack of GRUs."""
    step(Gru(gru.BLOCKS, 1), x, padding, state, after, outputs, weights, sizes)


# A kernel for each kind: to hand over a named tuple would cost every call a microsecond.
STEPS = {"tanh": step_tanh, "relu": step_relu, "lstm": step_lstm, "gru": step_gru}
