"""Sequences and targets as tensors, and batches of whole sequences."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from .._data.sequences import Array, Ints, Sequences
from .._data.targets import Targets
from .._networks.contract import Network, State

Pair = tuple[Tensor | None, Tensor | None]


class SequenceData:
    """Sequences and targets as tensors, from which batches are gathered.

    Parameters
    ----------
    sequences : Sequences
        What goes in.
    targets : Targets or None
        What is learned; None to predict.
    dtype : torch.dtype
        Floating type of steps, targets and weights.
    device : torch.device
        Where batches are wanted. Data that fits is moved there once.
    """

    def __init__(
        self,
        sequences: Sequences,
        targets: Targets | None,
        *,
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        self.sequences = sequences
        self.device = device
        store = device if _fits(sequences.table.nbytes, device) else torch.device("cpu")
        self.table = _to_tensor(sequences.table).to(store, dtype)
        self.starts = torch.from_numpy(sequences.starts).to(store)
        self.lengths = torch.from_numpy(sequences.lengths).to(store)
        self.offsets = torch.from_numpy(sequences.offsets).to(store)
        self.longest = int(sequences.lengths.max(initial=0))
        self.even = bool((sequences.lengths == self.longest).all())
        self.values = None if targets is None else _targets_tensor(targets.values, dtype).to(store)
        weights = None if targets is None else targets.weights
        self.weights = None if weights is None else torch.as_tensor(weights, dtype=dtype).to(store)
        self._views: dict[int, Tensor | None] = {}

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def targeted(self) -> Tensor:
        """The sequences that have a target: all, or those that have steps if there is a target per step."""
        if not self.sequences.per_step:
            return torch.arange(len(self), device=self.starts.device)
        return torch.nonzero(self.lengths)[:, 0]

    def gather(self, starts: Tensor, steps: int, lengths: Tensor | None = None) -> Tensor:
        """Return the steps from the rows `starts` on, of shape (batch, steps, n_features); zero behind `lengths`."""
        if lengths is None:
            view = self._view(steps)
            if view is not None:  # copies whole ranges instead of single rows
                return view.index_select(0, starts).to(self.device)
        offsets = torch.arange(steps, device=starts.device)
        rows = starts[:, None] + self.sequences.stride * offsets
        if lengths is None:
            return torch.embedding(self.table, rows).to(self.device)
        real = offsets < lengths[:, None]
        x = torch.embedding(self.table, torch.where(real, rows, 0))
        # Zero, not whatever stands there: it may be NaN, and NaN times a gradient of zero is NaN.
        return x.masked_fill_(~real[:, :, None], 0.0).to(self.device)

    def gather_ranges(self, starts: Ints, lengths: Ints) -> tuple[Tensor, Tensor | None]:
        """Return the steps of ranges, and their lengths where they are unequal."""
        longest = int(lengths.max())
        rows = torch.from_numpy(starts).to(self.starts.device)
        if int(lengths.min()) == longest:
            return self.gather(rows, longest), None
        unequal = torch.from_numpy(lengths).to(rows.device)
        return self.gather(rows, longest, unequal), unequal.to(self.device)

    def targets(self, wanted: Tensor) -> Pair:
        """Return the targets at these positions, and their weights."""
        return self._at(self.values, wanted), self._at(self.weights, wanted)

    def _view(self, steps: int) -> Tensor | None:
        """All ranges of so many steps as a view of the table, to take whole ones from.

        Of the rows 0, 1, 2, 3 the ranges of two steps are (0, 1), (1, 2), (2, 3), or with a stride of 2 (0, 2), (1, 3);
        the range that begins at row i is the i-th.
        """
        if steps not in self._views:
            rows, n_features = self.table.shape
            stride = self.sequences.stride
            span = stride * (steps - 1) + 1
            shape = (rows - span + 1, steps, n_features)
            fits = 0 < span <= rows
            self._views[steps] = self.table.as_strided(shape, (n_features, stride * n_features, 1)) if fits else None
        return self._views[steps]

    def _at(self, values: Tensor | None, wanted: Tensor) -> Tensor | None:
        return None if values is None else values.index_select(0, wanted).to(self.device)


class Ranges(NamedTuple):
    """What updates learn from: a range of steps and of targets for each lane.

    Parameters
    ----------
    starts, lengths : ndarray of shape (n_lanes,)
        Row of the table of the first step, and steps.
    targets : ndarray of shape (n_lanes,)
        Position of the target of the first step; of the only target, if there is none per step.
    counted : ndarray of shape (n_lanes,)
        First step whose target counts, if there is one per step.
    """

    starts: Ints
    lengths: Ints
    targets: Ints
    counted: Ints

    def take(self, which: Any) -> Ranges:
        """Return some of the lanes, or all in another order."""
        return Ranges(self.starts[which], self.lengths[which], self.targets[which], self.counted[which])


@dataclass(frozen=True)
class Batch:
    """Whole sequences, to be read from the initial state.

    Parameters
    ----------
    data : SequenceData
        Where they are.
    index : Tensor of shape (batch,)
        Which they are.
    ranges : Ranges
        The same in numbers of rows and targets.
    """

    data: SequenceData
    index: Tensor
    ranges: Ranges

    kept: ClassVar[None] = None  # the next batch begins from the initial state

    def apply(self, network: Network) -> Tensor:
        """Return one output per sequence, or per step that is not padding."""
        x, lengths = self.steps()
        output: Tensor = network(x, None, lengths, ragged_state=False)[0]
        if not network.return_sequences:
            return output
        if lengths is None:
            return output.flatten(0, 1)
        return output[torch.arange(x.shape[1], device=x.device) < lengths[:, None]]

    def steps(self) -> tuple[Tensor, Tensor | None]:
        """Return the steps of all sequences, (batch, steps, n_features), and their lengths where they are unequal."""
        data, starts = self.data, self.data.starts.index_select(0, self.index)
        if data.even:
            return data.gather(starts, data.longest), None
        lengths = data.lengths.index_select(0, self.index)
        steps = int(lengths.max())
        if int(lengths.min()) == steps:
            return data.gather(starts, steps), None
        return data.gather(starts, steps, lengths), lengths.to(data.device)

    def targets(self) -> Pair:
        """Return the targets, in the order of the outputs, and their weights."""
        if not self.data.sequences.per_step:
            return self.data.targets(self.index)
        lengths = self.data.lengths[self.index]
        places = torch.arange(int(lengths.max()), device=lengths.device)
        return self.data.targets((self.data.offsets[self.index][:, None] + places)[places < lengths[:, None]])

    def before(self, network: Network) -> State | None:
        """Return the state before the first steps; None is the initial one."""
        return None


class Batches:
    """Batches of whole sequences, drawn anew in each epoch if `generator` is given."""

    def __init__(self, data: SequenceData, batch_size: int, generator: torch.Generator | None = None) -> None:
        self.data = data
        self.batch_size = batch_size
        self.generator = generator

    def __len__(self) -> int:
        return len(self.data)

    @property
    def n_updates(self) -> int:
        """Updates of an epoch."""
        return math.ceil(len(self.data.targeted) / self.batch_size)

    def __iter__(self) -> Iterator[tuple[Batch, Pair]]:
        return ((batch, batch.targets()) for batch in self.updates())

    def updates(self) -> Iterator[Batch]:
        """Draw the batches of an epoch."""
        index = self.data.targeted
        if self.generator is not None:  # on the CPU, so that the order is the same on every device
            index = index[torch.randperm(len(index), generator=self.generator).to(index.device)]
        every = self._ranges(index.cpu().numpy())
        for first in range(0, len(index), self.batch_size):
            part = slice(first, first + self.batch_size)
            yield Batch(self.data, index[part], every.take(part))

    def _ranges(self, index: Ints) -> Ranges:
        sequences = self.data.sequences
        targets = sequences.offsets[index] if sequences.per_step else index
        return Ranges(sequences.starts[index], sequences.lengths[index], targets, np.zeros_like(index))


def _targets_tensor(values: Array, dtype: torch.dtype) -> Tensor:
    return torch.as_tensor(values, dtype=torch.int64 if values.dtype.kind in "iu" else dtype)


def _to_tensor(array: Array) -> Tensor:
    """Share the memory of an array in C order, even of one that is read-only: nothing here writes to it.

    An array in any other order is copied, because `SequenceData._view` counts on rows that follow each other.
    """
    flat = array.ravel()  # without the strides of axes of length one either, which torch may not take
    return torch.from_numpy(flat if flat.flags.writeable else np.asarray(_Writeable(flat))).view(array.shape)


class _Writeable:
    """Another view of an array, without its read-only flag, which torch would warn of."""

    def __init__(self, array: Array) -> None:
        interface = dict(array.__array_interface__)
        interface["data"] = (interface["data"][0], False)
        self.__array_interface__ = interface
        self.array = array  # keeps the memory alive


def _fits(n_bytes: int, device: torch.device) -> bool:
    """Whether data may live on the device; on a GPU half of what is free is left to the network."""
    if device.type != "cuda":
        return True
    free, _ = torch.cuda.mem_get_info(device)
    return n_bytes < free // 2
