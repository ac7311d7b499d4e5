"""Whole updates by compiled kernels: gather, layers, output layer, loss, and all the way back to the weights.

Imported only where kernels are available.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from skorch.callbacks import Callback
from torch import Tensor, nn

from .._data.sequences import Array
from .._networks.contract import State, dropout_mask
from .._networks.kernels.head import pick
from .._networks.kernels.layer import Weights
from .._networks.kernels.losses import loss_and_gradient, loss_kernel
from .._networks.kernels.optimizers import Optimizer, why_not
from .._networks.kernels.stack import Lanes, Stack, StackPass
from .._networks.kernels.threads import Team, slices
from .._networks.layers import RecurrentLayer
from .._networks.losses import WeightedMean
from .._networks.recurrent import RecurrentNetwork
from .batches import Batch, Batches, Ranges, SequenceData
from .callbacks import ClipGradient
from .progress import Progress
from .schedules import Schedule
from .tbptt import Chunk, TruncatedBatches

# What these do after each update needs neither the batch nor its outputs.
KNOWN = (ClipGradient, Schedule, Progress)
OF_BATCHES = ("on_batch_begin", "on_batch_end", "on_grad_computed")


def can_be_whole(net: Any, batches: Any) -> bool:
    """Tell whether kernels know everything in the updates of a net; else torch makes these of several calls."""
    network = net.module_
    return (
        type(network) is RecurrentNetwork
        and network.kernels
        and type(batches) in (Batches, TruncatedBatches)
        and _fits(net.criterion_, batches.data.values)
        and not any(_sees_batches(callback) for _, callback in net.callbacks_)
        and not any(_has_hooks(module) for module in network.modules())
        and why_not(net.optimizer_) is None
    )


class Targets(NamedTuple):
    """The targets of an update, lane after lane.

    Parameters
    ----------
    values, weights : ndarray
        Flat; weights may be empty.
    ends : ndarray of shape (n_lanes + 1,)
        Where those of each lane begin and end.
    weight : float
        The weight of all.
    """

    values: Array
    weights: Array
    ends: Array
    weight: float


class CompiledUpdates:
    """The updates of a net, whole.

    Parameters
    ----------
    net : SequenceNet
        What is trained. Its tensors, and those of its optimizer, are written to.
    data : SequenceData
        What is learned from.
    team : Team
        Threads for large batches.
    """

    def __init__(self, net: Any, data: SequenceData, team: Team) -> None:
        assert data.values is not None
        self.net = net
        self.network: RecurrentNetwork = net.module_
        self.team = team
        self.optimizer = Optimizer(net.optimizer_)
        self.max_norm = next((c.max_norm for _, c in net.callbacks_ if isinstance(c, ClipGradient)), None)
        self.watching = [c for _, c in net.callbacks_ if isinstance(c, Schedule | Progress)]
        self.loss: Any = loss_kernel(net.criterion_.loss)
        self.stack = _stack(self.network)
        self.into = _gradients_by_cell(self.network, self.optimizer)
        self.stride = data.sequences.stride
        self.table, self.values = data.table.numpy().reshape(-1), data.values.numpy().reshape(-1)
        self.numbers = data.values.shape[1] if data.values.ndim > 1 else 1  # of a target
        self.weights = self.table[:0] if data.weights is None else data.weights.numpy()
        self.tiny = float(np.finfo(self.table.dtype).tiny)
        self.passes: list[StackPass] = []
        self.cuts: dict[tuple[int, int], list[slice]] = {}

    def update(self, batch: Batch | Chunk) -> tuple[float, float]:
        """Learn from a batch; return its loss, and the weight that this has in the mean of an epoch."""
        before, ranges, order = batch.before(self.network), batch.ranges, None
        if not ranges.lengths.any():  # the layers are not run, and torch leaves alone what has no gradient at all
            step = self.net.train_step((batch, batch.targets()))
            return step["loss"].item(), self._targets(ranges).weight
        if (ranges.lengths[1:] > ranges.lengths[:-1]).any():
            order = np.argsort(-ranges.lengths, kind="stable")
            ranges = ranges.take(order)
        state = None if before is None else [tuple(_taken(p.numpy(), order) for p in parts) for parts in before]
        masks = self._masks(len(ranges.starts), order) if self.network.draws else ()
        targets = self._targets(ranges)
        self.stack.pack()
        cut = self._cut(len(ranges.starts), int(ranges.lengths.sum()))
        while len(self.passes) < len(cut):
            self.passes.append(StackPass(self.stack, self.table, self.stride))
        losses = [0.0] * len(cut)

        def learn(i: int) -> None:
            losses[i] = self._learn(self.passes[i], cut[i], ranges, state, masks, targets)

        self.team.run(learn, len(cut))
        if batch.kept is not None:
            batch.after = self._state_after(cut, _taken(batch.kept, order), order)
        self._add_up(len(cut))
        self.optimizer.step(self.max_norm)
        return sum(losses), targets.weight

    def _learn(
        self, run: StackPass, part: slice, ranges: Ranges, state: Any, masks: Sequence[Any], targets: Targets
    ) -> float:
        """Go forward and back through some lanes; return their share of the loss."""
        begin, end = int(targets.ends[part.start]), int(targets.ends[part.stop])
        run.forward(
            Lanes(ranges.starts[part], ranges.lengths[part], ranges.counted[part]),
            end - begin,
            None if state is None else [tuple(values[part] for values in parts) for parts in state],
            [tuple(mask[part] for mask in of_cell) for of_cell in masks],
        )
        values = targets.values[begin * self.numbers : end * self.numbers]
        # A batch whose weights are all zero has a loss of zero, not NaN.
        of_batch = (targets.weights[begin:end], max(targets.weight, self.tiny))
        loss = loss_and_gradient(*self.loss, run.outputs, values, *of_batch, run.d_outputs, end - begin)
        run.backward()
        return float(loss)

    def _cut(self, lanes: int, steps: int) -> list[slice]:
        if (lanes, steps) not in self.cuts:
            self.cuts[lanes, steps] = slices(lanes, self.stack.work * steps)
        return self.cuts[lanes, steps]

    def _targets(self, ranges: Ranges) -> Targets:
        """Pick the targets of all lanes, and their weights."""
        per_step = self.stack.per_step
        ends = np.arange(len(ranges.starts) + 1)
        if per_step:
            (ranges.lengths - ranges.counted).cumsum(out=ends[1:])
        n, lanes = int(ends[-1]), (ranges.targets, ranges.lengths, ranges.counted, per_step)
        values = np.empty(n * self.numbers, self.values.dtype)
        pick(values, self.values, self.numbers, *lanes)
        if self.weights.size == 0:
            return Targets(values, self.weights, ends, float(n))
        weights = np.empty(n, self.weights.dtype)
        pick(weights, self.weights, 1, *lanes)
        return Targets(values, weights, ends, float(weights.sum()))

    def _masks(self, n: int, order: Array | None) -> list[tuple[Array, Array]]:
        """Draw masks of dropout for n lanes, from the numbers and in the order of `RecurrentNetwork.forward`."""
        masks = []
        for layer in self.stack.layers:
            recurrent = [self._mask(n, cell.units, self.network.recurrent_dropout, order) for cell in layer]
            of_outputs = self._mask(n, layer[0].units * len(layer), self.network.dropout, order)
            masks += list(zip(recurrent, np.split(of_outputs, len(layer), axis=1), strict=True))
        return masks

    def _mask(self, n: int, units: int, share: float, order: Array | None) -> Array:
        if not share:
            return np.empty((n, 0), self.table.dtype)
        like = self.network.head.weight.new_empty((n, units))
        return _taken(dropout_mask(like, share, self.network.generator).numpy(), order)

    def _state_after(self, cut: list[slice], steps: Array, order: Array | None) -> State:
        """Return the state after so many steps of each lane, in the order of the batch."""
        parts = [run.state(steps[part]) for run, part in zip(self.passes, cut, strict=False)]
        back = None if order is None else np.argsort(order)
        return [
            tuple(torch.from_numpy(_taken(np.concatenate(arrays), back)) for arrays in zip(*of_cell, strict=True))
            for of_cell in zip(*parts, strict=True)
        ]

    def _add_up(self, n: int) -> None:
        """Add the gradients of all parts, in their order, and hand them to the optimizer."""
        first, *others = self.passes[:n]
        for run in others:
            first.gradients += run.gradients
        *of_cells, of_head = self.into
        for weights, gradient, into in zip(self.stack.cells, first.of_cells, of_cells, strict=True):
            weights.unpack(gradient, into)
        of_head[0][:], of_head[1][:] = first.d_weight, first.d_bias


def _taken(array: Array, order: Array | None) -> Array:
    return array if order is None else array[order]


def _stack(network: RecurrentNetwork) -> Stack:
    """Return the weights of a network, which are shared."""
    layers = [[Weights(cell.equations, cell.tensors()) for cell in layer.recurrences] for layer in _layers(network)]
    weight, bias = (p.detach().numpy().reshape(-1) for p in (network.head.weight, network.head.bias))
    drops, recurrently = bool(network.dropout), bool(network.recurrent_dropout)
    return Stack(layers, weight, bias, per_step=network.return_sequences, drops=drops, recurrently=recurrently)


def _gradients_by_cell(network: RecurrentNetwork, optimizer: Optimizer) -> list[list[Array]]:
    """Return where the gradients of each cell, and of the output layer, go: ranges of those of the optimizer."""
    ends = np.cumsum([p.numel() for p in optimizer.parameters])
    ranges = {id(p): slice(end - p.numel(), end) for p, end in zip(optimizer.parameters, ends, strict=True)}
    tensors = [cell.tensors() for layer in _layers(network) for cell in layer.recurrences]
    tensors.append([network.head.weight, network.head.bias])
    # What is not trained has a gradient, too, for which there is no other use.
    return [
        [
            optimizer.gradients[ranges[id(p)]] if id(p) in ranges else np.empty(p.numel(), optimizer.gradients.dtype)
            for p in of_cell
        ]
        for of_cell in tensors
    ]


def _layers(network: RecurrentNetwork) -> list[RecurrentLayer]:
    return cast("list[RecurrentLayer]", list(network.layers))


def _fits(criterion: Any, values: Tensor | None) -> bool:
    """Tell whether a loss is known, and targets are of its kind."""
    if type(criterion) is not WeightedMean or values is None:
        return False
    kernel = loss_kernel(criterion.loss)
    return kernel is not None and (values.dtype == torch.int64) == isinstance(criterion.loss, nn.CrossEntropyLoss)


def _sees_batches(callback: Any) -> bool:
    return not isinstance(callback, KNOWN) and any(
        getattr(type(callback), name) is not getattr(Callback, name) for name in OF_BATCHES
    )


def _has_hooks(module: nn.Module) -> bool:
    """Tell whether somebody waits for what torch would run."""
    hooks = (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks, module._backward_pre_hooks)
    return any(hooks) or any(p._backward_hooks for p in module.parameters(recurse=False))
