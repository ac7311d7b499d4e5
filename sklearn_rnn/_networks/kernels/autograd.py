"""A layer in one direction, as a function that torch differentiates: gradients by the backward pass of the kernels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .batch import Array, Lanes
from .layer import Pass, Weights
from .threads import Team, cut, slices

# Without a gradient a pass takes few steps at a time, so that its tape has so many bytes at most. More than the nearest
# caches hold (found empirically): between calls threads wait for Python, so that calls should be long.
CACHE = 2**22
# Steps for which that cache should do: lanes are cut accordingly.
PIECE = 4


def run(
    equations: str,
    tensors: Sequence[Tensor],
    x: Tensor,
    state: Sequence[Tensor] | None = None,
    lengths: Tensor | None = None,
    mask: Tensor | None = None,
    *,
    back: bool = False,
    need_outputs: bool = True,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run a cell over the steps of a batch.

    Parameters
    ----------
    equations : {"tanh", "relu", "lstm", "gru"}
        What the cell computes.
    tensors : sequence of Tensors
        weight_ih, weight_hh, bias_ih, bias_hh, all on the CPU and of one floating type, as are x, state and mask.
    x : Tensor of shape (batch, steps, n_features)
        What it reads.
    state : sequence of Tensors of shape (batch, units), optional
        State before the first step; zero by default.
    lengths : Tensor of shape (batch,), optional
        Steps of each row; all by default.
    mask : Tensor of shape (batch, units), optional
        What h is multiplied by on its way to the next step.
    back : bool, default=False
        Whether each row is read from its last step to its first.
    need_outputs : bool, default=True
        Whether the outputs are wanted, or the state alone.

    Returns
    -------
    outputs : Tensor of shape (batch, steps, units)
        The h of each step, zero behind the end of a row; of no steps unless they are wanted.
    state : tuple of Tensors of shape (batch, units)
        State after the last step of each row that is read.
    """
    before = () if state is None else tuple(state)
    layer = _Layer(Weights(equations, tensors), Lanes.of_batch(len(x), x.shape[1], lengths, back), mask, need_outputs)
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in (x, *tensors, *before)):
        # torch has not annotated `apply`.
        outputs, *after = _Differentiable.apply(layer, x, *tensors, *before)  # type: ignore[no-untyped-call]
    else:
        outputs, *after = layer.forward(x, before)
    return outputs, tuple(after)


class _Differentiable(torch.autograd.Function):
    """A layer as torch wants it. The weights are arguments so that gradients flow to them."""

    @staticmethod
    def forward(ctx: Any, layer: _Layer, x: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.set_materialize_grads(False)
        ctx.layer, ctx.shapes = layer, [tensor.shape for tensor in (x, *tensors[:4])]
        return layer.forward_to_learn(x, tensors[4:])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_outputs: Tensor | None, *d_after: Tensor | None) -> tuple[Tensor | None, ...]:
        _, needs_x, *needs = ctx.needs_input_grad
        dtype = ctx.layer.dtype
        d_x = torch.zeros(ctx.shapes[0], dtype=dtype) if needs_x else None
        d_weights = [torch.empty(shape, dtype=dtype) for shape in ctx.shapes[1:]]
        d_before = ctx.layer.backward(d_outputs, d_after, d_x, d_weights)
        # Without a state before there are fewer tensors than gradients.
        wanted = [grad if need else None for grad, need in zip((*d_weights, *d_before), needs, strict=False)]
        return None, d_x, *wanted


class _Layer:
    """A cell over the rows of a batch, in slices for threads.

    Parameters
    ----------
    weights : Weights
        Of the cell.
    lanes : Lanes
        The rows.
    mask : Tensor of shape (batch, units) or None
        That of recurrent dropout.
    need_outputs : bool
        Whether outputs are wanted.
    """

    def __init__(self, weights: Weights, lanes: Lanes, mask: Tensor | None, need_outputs: bool) -> None:
        self.weights = weights
        self.lanes = lanes
        self.mask = None if mask is None else mask.detach().numpy()
        self.need_outputs = need_outputs
        self.parts = [lanes.take(part) for part in slices(len(lanes), weights.work(int(lanes.lengths.sum())))]
        self.passes: list[Pass] = []
        self.flowed_back = False

    @property
    def dtype(self) -> torch.dtype:
        """Floating type."""
        return torch.float32 if self.weights.dtype == np.float32 else torch.float64

    def forward(self, x: Tensor, state: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Return outputs and the state after them."""
        results = self._results(x)
        step = self.weights.sizes(1).step
        bytes_of_step = self.weights.cell.tape_size(1, step, self.mask is not None) * self.weights.dtype.itemsize

        def work(i: int) -> None:
            run, lanes = Pass(self.weights), self.parts[i]
            for part in cut(len(lanes), max(len(lanes) * PIECE * bytes_of_step // CACHE, 1)):
                some = lanes.take(part)
                self._run(run, some, x, state, results, max(CACHE // (bytes_of_step * max(len(some), 1)), 1))

        self._side_by_side(work)
        return results

    def forward_to_learn(self, x: Tensor, state: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Return the same, and keep what `backward` needs."""
        results = self._results(x)
        self.passes = [Pass(self.weights) for _ in self.parts]
        self._side_by_side(
            lambda i: self._run(self.passes[i], self.parts[i], x, state, results, max(self.parts[i].longest, 1))
        )
        return results

    def backward(
        self,
        d_outputs: Tensor | None,
        d_after: Sequence[Tensor | None],
        d_x: Tensor | None,
        d_weights: Sequence[Tensor],
    ) -> list[Tensor]:
        """Return the gradients of the state before, write those of the weights, and those of x where it has steps."""
        sizes = self.weights.sizes(1)
        gradients = np.zeros((len(self.parts), sizes.gradients), self.weights.dtype)
        d_before = [torch.empty((len(self.lanes), sizes.units), dtype=self.dtype) for _ in d_after]

        def work(i: int) -> None:
            run, lanes = self.passes[i], self.parts[i]
            if self.flowed_back:  # which has written over the tape, but not over the state before
                run.forward(run.x, run.active, run.mask)
            _flow_back(run, lanes, d_outputs if self.need_outputs else None, d_after, d_x, d_before, gradients[i])

        self._side_by_side(work)
        self.flowed_back = True
        for more in gradients[1:]:  # in order, so that sums don't depend on the threads
            gradients[0] += more
        self.weights.unpack(gradients[0], [gradient.view(-1).numpy() for gradient in d_weights])
        return d_before

    def _results(self, x: Tensor) -> tuple[Tensor, ...]:
        """Make room for outputs and the state after them."""
        units = self.weights.units
        shape = (len(x), x.shape[1] if self.need_outputs else 0, units)
        is_full = self.lanes.lengths.min(initial=x.shape[1]) == x.shape[1]
        outputs = x.new_empty(shape) if is_full else x.new_zeros(shape)
        return outputs, *(x.new_empty((len(x), units)) for _ in range(self.weights.cell.states))

    def _run(
        self, run: Pass, lanes: Lanes, x: Tensor, state: Sequence[Tensor], results: Sequence[Tensor], at_once: int
    ) -> None:
        """Run some lanes, so many steps at once, and write their outputs and the state after them."""
        outputs, *after = results
        sizes, places = self.weights.sizes(len(lanes)), lanes.places(outputs)
        mask = np.empty(0, self.weights.dtype) if self.mask is None else lanes.of_rows(self.mask, sizes.across)
        before = [part.detach().numpy()[lanes.rows] for part in state] or None
        steps = min(at_once, lanes.longest)
        read, active = lanes.read(x, sizes.features), np.append(lanes.active, np.zeros(steps, np.int64))
        run.begin(steps, len(lanes), before, masked=mask.size > 0)
        left = lanes.lengths
        for first in range(0, max(lanes.longest, 1), at_once):  # the last piece may end with steps of no lane
            if first > 0:
                run.go_on(left)
                left = left - steps
            run.forward(read[first * len(lanes) * sizes.features :], active[first : first + steps], mask)
            if self.need_outputs:
                lanes.write(places, run.states[0][1:].reshape(-1), sizes.across, first)
        for to, values in zip(after, run.last(left), strict=True):
            to.numpy()[lanes.rows] = values

    def _side_by_side(self, work: Callable[[int], None]) -> None:
        with Team() as team:
            team.run(work, len(self.parts))


def _flow_back(
    run: Pass,
    lanes: Lanes,
    d_outputs: Tensor | None,
    d_after: Sequence[Tensor | None],
    d_x: Tensor | None,
    d_before: Sequence[Tensor],
    gradients: Array,
) -> None:
    """Flow back through some lanes; what is given as None is zero, or not wanted."""
    sizes, none = run.sizes, np.empty(0, gradients.dtype)
    d_state = np.zeros((len(d_after), len(lanes), sizes.across), gradients.dtype)
    for part, gradient in zip(d_state, d_after, strict=True):
        if gradient is not None:
            part[:, : sizes.units] = gradient.numpy()[lanes.rows]
    of_outputs = none if d_outputs is None else lanes.read(d_outputs, sizes.across)
    of_x = none if d_x is None else np.empty(lanes.longest * len(lanes) * sizes.down, gradients.dtype)
    run.backward(of_outputs, d_state.reshape(-1), of_x, gradients)
    if d_x is not None:
        lanes.write(lanes.places(d_x), of_x, sizes.down)
    for to, part in zip(d_before, d_state, strict=True):
        to.numpy()[lanes.rows] = part[:, : sizes.units]
