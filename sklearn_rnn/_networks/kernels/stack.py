"""A network of recurrent layers and a linear output layer: its passes over some lanes, straight from the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .head import collect, flow_through_head, outputs_of, spread
from .layer import Pass, Weights
from .steps import count_active, gather, move

Array = NDArray[Any]
Masks = list[list[Array]]  # for each layer and direction, flat or empty


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
    """

    def __init__(self, layers: list[list[Weights]], weight: Array, bias: Array, *, per_step: bool) -> None:
        self.layers = layers
        self.weight, self.bias = weight, bias
        self.per_step = per_step
        self.width = weight.size // bias.size
        self.dtype = weight.dtype
        # Multiply-adds for a step of a lane, there and back.
        self.work = sum(3 * w.cell.blocks * w.units * (w.features + w.units) for w in self.cells)

    @property
    def cells(self) -> list[Weights]:
        """The weights of all cells, in the order of a network's state."""
        return [weights for layer in self.layers for weights in layer]

    def pack(self) -> None:
        """Read the weights anew."""
        for weights in self.cells:
            weights.pack()


class StackPass:
    """A forward pass over some lanes, and the backward pass after it.

    Parameters
    ----------
    stack : Stack
        The weights.

    Attributes
    ----------
    gradients : ndarray
        All in one; parts of it are `of_cells`, those of each cell as kernels have them, and `d_weight` and `d_bias` of
        the output layer.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.passes = [[Pass(weights) for weights in layer] for layer in stack.layers]
        ends = np.cumsum([*(w.sizes(1).gradients for w in stack.cells), stack.weight.size, stack.bias.size])
        self.gradients = np.empty(ends[-1], stack.dtype)
        *self.of_cells, self.d_weight, self.d_bias = np.split(self.gradients, ends[:-1])
        self._empty = np.empty(0, stack.dtype)
        self._rooms: dict[Any, Array] = {}

    def forward(
        self,
        table: Array,
        stride: int,
        lanes: Lanes,
        state: Sequence[Sequence[Array]] | None,
        recurrent_masks: Masks,
        masks: Masks,
    ) -> Array:
        """Return outputs, flat (targets, outputs).

        Parameters
        ----------
        table : ndarray
            Flat, (rows, features).
        stride : int
            Rows from one step to the next.
        lanes : Lanes
            What is read.
        state : list of tuples of ndarray of shape (lanes, units), optional
            State before the first step.
        recurrent_masks, masks : list of list of ndarray
            For each layer and direction what h is multiplied by as it is read, flat (lanes, across), and what its
            outputs are multiplied by, flat (lanes, units); each may be empty.
        """
        self.lanes, self.masks = lanes, masks
        n, longest = len(lanes.starts), int(lanes.lengths[0])
        self.active = self._room("active", longest, np.int64)
        count_active(self.active, lanes.lengths)
        number = 0
        for i, layer in enumerate(self.passes):
            for back, run in enumerate(layer):
                run.begin(
                    longest, n, None if state is None else state[number], masked=recurrent_masks[i][back].size > 0
                )
                run.forward(self._input(table, stride, i, bool(back)), self.active, recurrent_masks[i][back])
                number += 1
        return self._head()

    def backward(self, d_outputs: Array) -> None:
        """Flow back from the gradients of the outputs, flat (targets, outputs), to those of all weights."""
        self.gradients[:] = 0
        d_rows = self._room("d_rows", self.rows.size)
        flow_through_head(d_rows, self.d_weight, self.d_bias, d_outputs, self.rows, self.stack.weight)
        d_layer = self._empty  # the gradient of the outputs of a layer, from the second last on
        number = len(self.of_cells)
        for i in reversed(range(len(self.passes))):
            number -= len(self.passes[i])
            d_layer = self._backward_through(i, number, d_rows, d_layer)

    def state(self, steps: Array) -> list[tuple[Array, ...]]:
        """Return the state after so many steps of each lane; of one direction alone."""
        every = np.arange(len(steps))
        return [tuple(part[steps, every, : run.weights.units] for part in run.states) for (run,) in self.passes]

    def _room(self, name: Any, size: int, dtype: Any = None) -> Array:
        """Return an array of this size, in memory that is used again."""
        room = self._rooms.get(name)
        if room is None or room.size < size:
            room = self._rooms[name] = np.zeros(size, dtype or self.stack.dtype)  # columns behind the units stay zero
        return room[:size]

    def _input(self, table: Array, stride: int, i: int, back: bool) -> Array:
        """Return the steps that a cell reads: of the table, or of the layer below."""
        lanes, features = self.lanes, self.passes[i][0].weights.features
        x = self._room(("x", i, back), len(self.active) * len(lanes.starts) * features)
        if i == 0:
            gather(x, table, features, lanes.starts, stride, lanes.lengths, self.active, back)
            return x
        for below_back, run in enumerate(self.passes[i - 1]):
            units, across = run.weights.units, run.sizes.across
            h = run.tape[run.sizes.step :]  # from the first step on
            turned = back != bool(below_back)
            mask = self.masks[i - 1][below_back]
            column = below_back * units
            move(x, features, column, h, across, 0, units, lanes.lengths, self.active, turned, mask, False)
        return x

    def _head(self) -> Array:
        """Return the outputs, and keep the rows that they are made of."""
        stack, lanes = self.stack, self.lanes
        n = int((lanes.lengths - lanes.counted).sum()) if stack.per_step else len(lanes.starts)
        self.rows = self._room("rows", n * stack.width)
        for back, run in enumerate(self.passes[-1]):
            units, across = run.weights.units, run.sizes.across
            collect(
                self.rows, stack.width, back * units, run.tape, across, units, lanes.lengths, lanes.counted,
                stack.per_step, bool(back), self.masks[-1][back],
            )  # fmt: skip
        outputs = self._room("outputs", n * stack.bias.size)
        outputs_of(outputs, self.rows, stack.weight, stack.bias)
        return outputs

    def _backward_through(self, i: int, number: int, d_rows: Array, d_layer: Array) -> Array:
        """Flow back through a layer, and return the gradient of its input: flat (steps, lanes, down), in time order."""
        d_input = self._empty
        for back, run in enumerate(self.passes[i]):
            d_state = self._room(("d_state", i, back), run.weights.cell.states * run.sizes.step)
            d_state[:] = 0
            d_outputs = self._d_outputs(i, bool(back), d_state, d_rows, d_layer)
            dx = self._empty
            if i > 0:
                dx = self._room(("dx", i, back), len(self.active) * run.sizes.lanes * run.sizes.down)
            run.backward(d_outputs, d_state, dx, self.of_cells[number + back])
            if back and i > 0:  # what both directions bring, in the order of the first
                down, lengths = run.sizes.down, self.lanes.lengths
                move(d_input, down, 0, dx, down, 0, down, lengths, self.active, True, self._empty, True)
            else:
                d_input = dx
        return d_input

    def _d_outputs(self, i: int, back: bool, d_state: Array, d_rows: Array, d_layer: Array) -> Array:
        """Return the gradients of the outputs of a cell, in the order of its reading, or write to that of its state."""
        run, stack, lanes = self.passes[i][back], self.stack, self.lanes
        units, across, width = run.weights.units, run.sizes.across, run.weights.units * len(self.passes[i])
        top = i == len(self.passes) - 1
        mask = self.masks[i][back]
        d_outputs = self._empty
        if not top or stack.per_step:
            d_outputs = self._room(("d_outputs", i, back), len(self.active) * run.sizes.step)
        if top:
            to = d_outputs if stack.per_step else d_state[: run.sizes.step]
            spread(
                d_rows, width, back * units, to, across, units, lanes.lengths, lanes.counted, stack.per_step, back, mask
            )
        else:
            down = self.passes[i + 1][0].sizes.down
            column = back * units
            move(d_outputs, across, 0, d_layer, down, column, units, lanes.lengths, self.active, back, mask, False)
        return d_outputs
