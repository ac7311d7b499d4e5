"""A network of recurrent layers and a linear output layer: its passes over some lanes, straight from the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .head import collect, flow_through_head, outputs_of, spread
from .layer import Pass, Weights
from .steps import count_active, gather, move

Array = NDArray[Any]
Calls = list[tuple[Callable[..., None], tuple[Any, ...]]]


class Lanes(NamedTuple):
    """Ranges of a table that are read side by side, the longest first.

    Parameters
    ----------
    starts, lengths : ndarray of shape (lanes,)
        Row of the first step, and steps.
    counted : ndarray of shape (lanes,)
        First step with an output, if there is one per step.
    """

    starts: Array
    lengths: Array
    counted: Array

    def take(self, which: Any) -> Lanes:
        """Return some of the lanes, or all in another order."""
        return Lanes(self.starts[which], self.lengths[which], self.counted[which])


class Stack:
    """The weights of all layers, as kernels read them.

    Parameters
    ----------
    layers : list of list of Weights
        For each layer its directions.
    weight, bias : ndarray
        Of the output layer, flat.
    per_step : bool
        Whether there is an output per step.
    drops, recurrently : bool
        Whether outputs of layers are multiplied by masks, and h on its way to the next step.
    """

    def __init__(
        self,
        layers: list[list[Weights]],
        weight: Array,
        bias: Array,
        *,
        per_step: bool,
        drops: bool,
        recurrently: bool,
    ) -> None:
        self.layers = layers
        self.weight, self.bias = weight, bias
        self.per_step = per_step
        self.drops, self.recurrently = drops, recurrently
        self.cells = [weights for layer in layers for weights in layer]  # in the order of a network's state
        self.width = weight.size // bias.size
        # Multiply-adds for a step of a lane, there and back.
        self.work = 3 * sum(weights.work(1) for weights in self.cells)

    def pack(self) -> None:
        """Read the weights anew."""
        for weights in self.cells:
            weights.pack()


class StackPass:
    """A forward pass over some lanes of a table, and the backward pass after it.

    All calls are laid out once for a shape, with the memory that they work in: what changes from pass to pass is copied
    to its place, and the rest is a list of kernels. Small updates would else be made of Python.

    Parameters
    ----------
    stack : Stack
        The weights.
    table : ndarray
        Flat, (rows, features).
    stride : int
        Rows from one step to the next.

    Attributes
    ----------
    gradients : ndarray
        All in one; parts of it are `of_cells`, those of each cell as kernels have them, and `d_weight` and `d_bias` of
        the output layer.
    outputs, d_outputs : ndarray
        Flat, (targets, outputs): what `forward` writes, and what `backward` reads.
    """

    def __init__(self, stack: Stack, table: Array, stride: int) -> None:
        self.stack, self.table, self.stride = stack, table, stride
        self.passes = [[Pass(weights) for weights in layer] for layer in stack.layers]
        ends = np.cumsum([*(w.sizes(1).gradients for w in stack.cells), stack.weight.size, stack.bias.size])
        self.gradients = np.empty(ends[-1], table.dtype)
        *self.of_cells, self.d_weight, self.d_bias = np.split(self.gradients, ends[:-1])
        self._empty = table[:0]
        self._rooms: dict[Any, Array] = {}
        self._shape: tuple[int, int, int] | None = None

    def forward(
        self, lanes: Lanes, targets: int, state: Sequence[Sequence[Array]] | None, masks: Sequence[Any]
    ) -> None:
        """Write `outputs`.

        Parameters
        ----------
        lanes : Lanes
            What is read.
        targets : int
            Number of outputs.
        state : list of tuples of ndarray of shape (lanes, units) or None
            State before the first step of each cell; None is zero.
        masks : list of pairs of ndarray of shape (lanes, units)
            Of each cell what h is multiplied by as it is read, and what its outputs are multiplied by.
        """
        shape = (len(lanes.starts), int(lanes.lengths[0]), targets)
        if shape != self._shape:
            self._shape = shape
            self._lay_out(*shape)
        for place, values in zip(self.lanes, lanes, strict=True):
            place[:] = values
        for i, run in enumerate(self._runs):
            run.start(None if state is None else state[i])
        for places, of_cell in zip(self._masks, masks, strict=False):
            for place, mask in zip(places, of_cell, strict=True):
                if place.size > 0:
                    place.reshape(len(mask), -1)[:, : mask.shape[1]] = mask
        for kernel, arguments in self._forward:
            kernel(*arguments)

    def backward(self) -> None:
        """Flow back from `d_outputs` to `gradients`."""
        self.gradients[:] = 0
        for d_state in self._d_states:
            d_state[:] = 0
        for kernel, arguments in self._backward:
            kernel(*arguments)

    def state(self, steps: Array) -> list[tuple[Array, ...]]:
        """Return the state after so many steps of each lane; of one direction alone."""
        every = np.arange(len(steps))
        return [tuple(part[steps, every, : run.weights.units] for part in run.states) for run in self._runs]

    @property
    def _runs(self) -> list[Pass]:
        return [run for layer in self.passes for run in layer]

    def _lay_out(self, lanes: int, longest: int, targets: int) -> None:
        """Find room for everything, and list the calls of both passes."""
        stack = self.stack
        self.lanes = Lanes(*(self._room(("lanes", i), lanes, np.int64) for i in range(3)))
        self.active = self._room("active", longest, np.int64)
        self.rows, self.d_rows = (self._room(name, targets * stack.width) for name in ("rows", "d_rows"))
        self.outputs, self.d_outputs = (
            self._room(name, targets * stack.bias.size) for name in ("outputs", "d_outputs")
        )
        for run in self._runs:
            run.lay_out(longest, lanes, masked=stack.recurrently)
        self._masks = [
            (run.mask, self._room(("mask", i), lanes * run.weights.units * stack.drops))
            for i, run in enumerate(self._runs)
        ]
        self._d_states = [
            self._room(("d_state", i), run.weights.cell.states * run.sizes.step) for i, run in enumerate(self._runs)
        ]
        self._forward: Calls = [(count_active, (self.active, self.lanes.lengths))]
        self._backward: Calls = []
        for i in range(len(self.passes)):
            self._forward += self._forward_through(i)
        self._forward += self._top(collect, self.rows)
        self._forward.append((outputs_of, (self.outputs, self.rows, stack.weight, stack.bias)))
        through_head = (self.d_rows, self.d_weight, self.d_bias, self.d_outputs, self.rows, stack.weight)
        self._backward.append((flow_through_head, through_head))
        self._backward += self._top(spread, self.d_rows)
        for i in reversed(range(len(self.passes))):
            self._backward += self._backward_through(i)

    def _room(self, name: Any, size: int, dtype: Any = None) -> Array:
        """Return an array of this size, in memory that is used again."""
        room = self._rooms.get(name)
        if room is None or room.size < size:
            # Columns behind the units are never written to, and stay zero.
            room = self._rooms[name] = np.zeros(size, dtype or self.table.dtype)
        return room[:size]

    def _number(self, i: int, back: int) -> int:
        """Return the number of a cell among all."""
        return i * len(self.passes[0]) + back

    def _gradient_of_outputs(self, i: int, back: int) -> Array:
        """Return where the gradients of all outputs of a cell are, if it has any but that of its last state."""
        if i == len(self.passes) - 1 and not self.stack.per_step:
            return self._empty
        return self._room(("of_outputs", i, back), len(self.active) * self.passes[i][back].sizes.step)

    def _forward_through(self, i: int) -> Calls:
        """List the calls that run a layer."""
        lanes, active, calls = self.lanes, self.active, Calls()
        for back, run in enumerate(self.passes[i]):
            features = run.weights.features
            x = self._room(("x", i, back), len(active) * len(lanes.starts) * features)
            if i == 0:
                read = (lanes.starts, self.stride, lanes.lengths, active, bool(back))
                calls.append((gather, (x, features, self.table, features, *read)))
            else:
                for below_back, below in enumerate(self.passes[i - 1]):
                    units, mask = below.weights.units, self._masks[self._number(i - 1, below_back)][1]
                    h = below.tape[below.sizes.step :]  # from the first step on
                    to = (x, features, below_back * units, h, below.sizes.across, 0, units)
                    calls.append((move, (*to, lanes.lengths, active, back != below_back, mask, False)))
            calls.append(run.forward_call(x, active))
        return calls

    def _top(self, kernel: Any, rows: Array) -> Calls:
        """List the calls that move rows from, or to, the outputs of the last layer."""
        stack, lanes, calls = self.stack, self.lanes, Calls()
        for back, run in enumerate(self.passes[-1]):
            number, units = self._number(len(self.passes) - 1, back), run.weights.units
            at = run.tape
            if kernel is spread:
                of_outputs = self._gradient_of_outputs(len(self.passes) - 1, back)
                at = of_outputs if stack.per_step else self._d_states[number][: run.sizes.step]
            of_lanes = (lanes.lengths, lanes.counted, stack.per_step, bool(back), self._masks[number][1])
            calls.append((kernel, (rows, stack.width, back * units, at, run.sizes.across, units, *of_lanes)))
        return calls

    def _backward_through(self, i: int) -> Calls:
        """List the calls that flow back through a layer, and hand on the gradients of what it has read."""
        lanes, active, calls, dx = self.lanes, self.active, Calls(), [self._empty, self._empty]
        for back, run in enumerate(self.passes[i]):
            number, down = self._number(i, back), run.sizes.down
            if i > 0:
                dx[back] = self._room(("dx", back), len(active) * run.sizes.lanes * down)
            of_outputs = self._gradient_of_outputs(i, back)
            calls.append(run.backward_call(of_outputs, self._d_states[number], dx[back], self.of_cells[number]))
            if back and i > 0:  # what both directions bring, in the order of the first
                both = (dx[0], down, 0, dx[1], down, 0, down)
                calls.append((move, (*both, lanes.lengths, active, True, self._empty, True)))
        for back, below in enumerate(self.passes[i - 1] if i > 0 else []):
            units, mask = below.weights.units, self._masks[self._number(i - 1, back)][1]
            to = (self._gradient_of_outputs(i - 1, back), below.sizes.across, 0)
            source = (dx[0], self.passes[i][0].sizes.down, back * units, units)
            calls.append((move, (*to, *source, lanes.lengths, active, bool(back), mask, False)))
        return calls
