"""A cell over the steps of some lanes: its weights, and its passes over memory that is used again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from .cells import CELLS
from .linear import pack_weights, unpack_gradients
from .sizes import Sizes, sizes_of
from .steps import carry

Array = NDArray[Any]
Call = tuple[Callable[..., None], tuple[Any, ...]]


class Weights:
    """The weights of a cell, as kernels read them.

    Parameters
    ----------
    equations : {"tanh", "relu", "lstm", "gru"}
        What the cell computes.
    tensors : sequence of Tensors
        weight_ih, weight_hh, bias_ih, bias_hh, on a CPU. Their memory is shared, so that `pack` sees what training has
        made of them.
    """

    def __init__(self, equations: str, tensors: Sequence[Tensor]) -> None:
        self.cell = CELLS[equations]
        self.flat = [tensor.detach().numpy().reshape(-1) for tensor in tensors]
        self.features, self.units = tensors[0].shape[1], tensors[1].shape[1]
        self.dtype = self.flat[0].dtype
        self._sizes: dict[int, Sizes] = {}
        self.packed = np.empty(self.sizes(1).weights, self.dtype)
        self.pack()

    def sizes(self, lanes: int) -> Sizes:
        """Return the sizes of passes over so many lanes."""
        if lanes not in self._sizes:  # to make such a tuple takes longer than a short pass
            self._sizes[lanes] = sizes_of(self.cell.blocks, lanes, self.features, self.units, self.dtype.itemsize)
        return self._sizes[lanes]

    def pack(self) -> None:
        """Read the weights anew."""
        pack_weights(self.packed, *self.flat, self.cell.blocks, self.cell.splits)

    def work(self, steps: int) -> int:
        """Return the multiply-adds of a forward pass over so many steps of all lanes together."""
        return steps * self.cell.blocks * self.units * (self.features + self.units)

    def unpack(self, gradients: Array, into: Sequence[Array]) -> None:
        """Write gradients in torch's order into flat arrays of the sizes of the tensors."""
        unpack_gradients(gradients, *into, self.cell.blocks)


class Pass:
    """A forward pass over some lanes, and the backward pass after it.

    Lanes are in order of their lengths, the longest first, so that those that have a step t are the first `active[t]`.

    Parameters
    ----------
    weights : Weights
        The weights of the cell.

    Attributes
    ----------
    states : list of ndarray of shape (steps + 1, lanes, across)
        Of the last forward pass: h, and of an LSTM c, before the first step and after each. Only the first `units`
        columns, and the steps that a lane has, mean something.
    mask : ndarray of size lanes * across, or empty
        What h is multiplied by as it is read: to be written to if there is one.
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.tape = self.mask = np.empty(0, weights.dtype)
        self.states: list[Array] = []

    def lay_out(self, steps: int, lanes: int, *, masked: bool) -> None:
        """Make room for passes over so many steps of so many lanes."""
        cell = self.weights.cell
        self.sizes: Sizes = self.weights.sizes(lanes)
        needed, length = cell.tape_size(steps, self.sizes.step, masked), (steps + 1) * self.sizes.step
        if self.tape.size < needed:
            self.tape = np.empty(needed, self.tape.dtype)
        shape = (steps + 1, lanes, self.sizes.across)
        self.states = [self.tape[i * length : (i + 1) * length].reshape(shape) for i in range(cell.states)]
        self.mask = np.zeros(self.sizes.step if masked else 0, self.tape.dtype)

    def begin(self, steps: int, lanes: int, state: Sequence[Array] | None, *, masked: bool = False) -> None:
        """Make room for a pass, and set the state before it."""
        self.lay_out(steps, lanes, masked=masked)
        self.start(state)

    def forward(self, x: Array, active: Array, mask: Array) -> None:
        """Run steps x, flat (steps, lanes, features); h is read through `mask`, flat (lanes, across) or empty."""
        self.mask = mask
        kernel, arguments = self.forward_call(x, active)
        kernel(*arguments)

    def last(self, lengths: Array) -> list[Array]:
        """Return the state after the last step of each lane, arrays of shape (lanes, units)."""
        ends = np.minimum(np.maximum(lengths, 0), len(self.states[0]) - 1)
        return [part[ends, np.arange(len(ends)), : self.weights.units] for part in self.states]

    def go_on(self, lengths: Array) -> None:
        """Begin as many steps again, where each lane has come to."""
        for part in self.states:
            carry(part.reshape(-1), self.sizes.across, lengths, len(part) - 1)

    def backward(self, d_outputs: Array, d_state: Array, dx: Array, gradients: Array) -> None:
        """Flow back, once for each forward pass; see `backward_call`."""
        kernel, arguments = self.backward_call(d_outputs, d_state, dx, gradients)
        kernel(*arguments)

    def start(self, state: Sequence[Array] | None) -> None:
        """Set the state before the first step, arrays of shape (lanes, units); None is zero."""
        for i, part in enumerate(self.states):
            part[0] = 0  # behind the units, too
            if state is not None:
                part[0, :, : self.weights.units] = state[i]

    def forward_call(self, x: Array, active: Array) -> Call:
        """Return the kernel that runs steps x, flat (steps, lanes, features), and its arguments."""
        self.x, self.active = x, active
        weights, cell = self.weights, self.weights.cell
        sizes = (self.sizes.lanes, weights.features, weights.units)
        return cell.forward, (x, weights.packed, self.tape, self.mask, active, *sizes, *cell.options)

    def backward_call(self, d_outputs: Array, d_state: Array, dx: Array, gradients: Array) -> Call:
        """Return the kernel that flows back, once for each forward pass, and its arguments.

        Parameters
        ----------
        d_outputs : ndarray of size steps * lanes * across, or empty
            Gradients of all h.
        d_state : ndarray of size states * lanes * across
            Gradients of the states after the last step of each lane; becomes that of the states before the first.
        dx : ndarray of size steps * lanes * down, or empty
            Becomes the gradient of the input, rows padded, where a lane has steps.
        gradients : ndarray of size sizes.gradients
            To which those of the weights are added.
        """
        weights, cell = self.weights, self.weights.cell
        sizes = (self.sizes.lanes, weights.features, weights.units)
        read = (self.x, weights.packed, self.tape, self.mask, self.active, *sizes)
        return cell.backward, (*read, d_outputs, d_state, dx, gradients, *cell.options)
