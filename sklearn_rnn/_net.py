"""The skorch net: batches of sequences, the training epoch, and running a trained network."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from skorch import NeuralNet
from torch import Tensor
from torch.utils.data import Dataset

from ._modules import RecurrentNetwork
from ._sequences import Array, Sequences
from ._targets import Targets

# Sequences are predicted in multiples of this many rows: matrix products of fewer rows take other kernels, whose
# rounding differs. So a prediction is the same to the last bit, whatever stands beside it in X.
ROWS = 16
# Steps in a batch of predictions: enough to keep two cores busy, few enough for their caches (found empirically).
PREDICT_STEPS = 32_768


class SequenceData(Dataset[Any]):
    """Sequences and targets as tensors, answered batch by batch.

    Parameters
    ----------
    sequences : Sequences
        What goes in.
    targets : Targets or None
        What is learned; None to predict.
    per_step : bool
        Whether there is a target per step.
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
        per_step: bool,
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        self.per_step = per_step
        self.device = device
        store = device if _fits(sequences.table.nbytes, device) else torch.device("cpu")
        self.table = _to_tensor(sequences.table).to(store, dtype)
        self.starts = torch.from_numpy(sequences.starts).to(store)
        self.lengths = torch.from_numpy(sequences.lengths).to(store)
        self.offsets = torch.from_numpy(sequences.offsets).to(store)
        self.stride = sequences.stride
        self.longest = int(sequences.lengths.max(initial=0))
        self.even = bool((sequences.lengths == self.longest).all())
        self.values = None if targets is None else _targets_tensor(targets.values, dtype).to(store)
        weights = None if targets is None else targets.weights
        self.weights = None if weights is None else torch.as_tensor(weights, dtype=dtype).to(store)
        self.windows = self._windows()

    def __len__(self) -> int:
        return len(self.starts)

    def batch(self, index: Tensor) -> tuple[dict[str, Tensor], tuple[Tensor | None, Tensor | None]]:
        """Return the sequences at `index`, with `lengths` where they are unequal, and their targets and weights."""
        lengths = None if self.even else self.lengths[index]
        longest = self.longest if lengths is None else int(lengths.max())
        if lengths is not None and int(lengths.min()) == longest:
            lengths = None
        steps = torch.arange(longest, device=index.device)
        real = None if lengths is None else steps < lengths[:, None]
        starts = self.starts.index_select(0, index)
        if real is None and self.windows is not None and longest == self.longest:
            x = self.windows.index_select(0, starts)
        else:
            x = self._gather(starts, steps, real)
        inputs = {"x": x.to(self.device)}
        if lengths is not None:
            inputs["lengths"] = lengths.to(self.device)
        wanted = index
        if self.per_step:
            wanted = self.offsets[index][:, None] + steps
            wanted = wanted.flatten() if real is None else wanted[real]
        return inputs, (self._at(self.values, wanted), self._at(self.weights, wanted))

    def _gather(self, starts: Tensor, steps: Tensor, real: Tensor | None) -> Tensor:
        rows = starts[:, None] + self.stride * steps
        if real is None:
            return torch.embedding(self.table, rows)
        x = torch.embedding(self.table, torch.where(real, rows, 0))
        return x.masked_fill_(~real[:, :, None], 0.0)

    def _windows(self) -> Tensor | None:
        """All windows of the greatest length as a view of the table, to take whole sequences from."""
        rows, n_features = self.table.shape
        span = self.stride * (self.longest - 1) + 1
        if not 0 < span <= rows:
            return None
        shape = (rows - span + 1, self.longest, n_features)
        return self.table.as_strided(shape, (n_features, self.stride * n_features, 1))

    def _at(self, values: Tensor | None, wanted: Tensor) -> Tensor | None:
        return None if values is None else values.index_select(0, wanted).to(self.device)


class Batches:
    """Batches of a data set, drawn anew in each epoch if `generator` is given."""

    def __init__(self, data: SequenceData, batch_size: int, generator: torch.Generator | None = None) -> None:
        self.data = data
        self.batch_size = batch_size
        self.generator = generator

    def __iter__(self) -> Iterator[Any]:
        n = len(self.data)
        order = torch.arange(n) if self.generator is None else torch.randperm(n, generator=self.generator)
        for index in torch.split(order.to(self.data.starts.device), self.batch_size):
            yield self.data.batch(index)


class SequenceNet(NeuralNet):
    """A skorch net for `RecurrentNetwork` on `SequenceData`.

    Parameters
    ----------
    *args, **kwargs
        Of `skorch.NeuralNet`.
    shuffle : bool, default=True
        Whether batches are drawn anew in each epoch.
    seed : int, default=0
        Of weights, order and dropout.
    dtype : {"float32", "float64"}, default="float32"
        Of weights and data.
    """

    def __init__(self, *args: Any, shuffle: bool = True, seed: int = 0, dtype: str = "float32", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shuffle = shuffle
        self.seed = seed
        self.dtype = dtype

    def initialize_module(self) -> SequenceNet:
        """Build the network and draw its weights, leaving torch's global generator alone."""
        with torch.device("meta"):
            super().initialize_module()
        self.module_.to_empty(device="cpu").to(getattr(torch, self.dtype))
        self.generator_ = torch.Generator().manual_seed(self.seed)
        self.module_.initialize(self.generator_)
        on_cpu = torch.device(self.device).type == "cpu"
        self.module_.generator = self.generator_ if on_cpu else torch.Generator(self.device).manual_seed(self.seed)
        return self

    def check_weights(self) -> None:
        """Refuse weights that are not finite, which the loss shows only one batch later."""
        if not all(bool(torch.isfinite(p).all()) for p in self.module_.parameters()):
            raise ValueError(f"Weights became infinite or NaN in epoch {len(self.history)}. {self._remedy}")

    def run(self, sequences: Sequences) -> Array:
        """Run sequences through the network: an output per sequence, or per step that is not padding."""
        return run_network(self.module_, sequences, torch.device(self.device))

    def get_split_datasets(self, X: Any, y: Any = None, **fit_params: Any) -> Any:
        """Take X as the pair of training and validation data that the estimator made."""
        return X

    def get_iterator(self, dataset: SequenceData, training: bool = False) -> Batches:
        """Return the batches of an epoch."""
        size = self.batch_size if training else max(self.batch_size, predict_batch_size(dataset.longest))
        return Batches(dataset, size, self.generator_ if training and self.shuffle else None)

    def run_single_epoch(self, iterator: Any, training: bool, prefix: str, step_fn: Any, **fit_params: Any) -> None:
        """Run the batches; record each loss with the weight that it has in the mean of the epoch."""
        for i, batch in enumerate(iterator or ()):
            self.notify("on_batch_begin", batch=batch, training=training)
            step = step_fn(batch, **fit_params)
            loss = step["loss"].item()
            if not math.isfinite(loss):
                self._refuse_loss(prefix, loss)
            values, weights = batch[1]
            self.history.record_batch(f"{prefix}_loss", loss)
            self.history.record_batch(f"{prefix}_batch_size", len(values) if weights is None else weights.sum().item())
            self.notify("on_batch_end", batch=batch, training=training, **step)
            self.history.record(f"{prefix}_batch_count", i + 1)

    def _set_training(self, training: bool = True) -> None:
        # Called once per batch: changing nothing should cost nothing.
        if self.module_.training != training:
            super()._set_training(training)

    def infer(self, x: dict[str, Tensor], **fit_params: Any) -> Tensor:
        """Return one output per target: per sequence, or per step that is not padding."""
        return outputs_of(self.module_, x)

    def get_loss(self, y_pred: Tensor, y_true: Any, X: Any = None, training: bool = False) -> Tensor:
        """Return the weighted mean loss of a batch."""
        return self.criterion_(y_pred, *y_true)

    def _refuse_loss(self, prefix: str, loss: float) -> None:
        raise ValueError(
            f"The {'training' if prefix == 'train' else 'validation'} loss became {loss} in epoch {len(self.history)}. "
            f"{self._remedy}"
        )

    @property
    def _remedy(self) -> str:
        return f"Lower lr (it is {self.lr}), clip gradients (clip_grad_norm), or scale X and y."


def outputs_of(network: RecurrentNetwork, inputs: dict[str, Tensor]) -> Tensor:
    """Run a batch: one output per sequence, or per step that is not padding."""
    x, lengths = inputs["x"], inputs.get("lengths")
    output: Tensor = network(x, None, lengths, need_state=False)[0]
    if not network.return_sequences:
        return output
    if lengths is None:
        return output.flatten(0, 1)
    return output[torch.arange(x.shape[1], device=x.device) < lengths[:, None]]


def run_network(network: RecurrentNetwork, sequences: Sequences, device: torch.device) -> Array:
    """Run all sequences through a trained network.

    Returns
    -------
    ndarray of shape (n, n_outputs)
        One row per sequence, or per step that is not padding.
    """
    network.eval()
    dtype = network.head.weight.dtype
    data = SequenceData(sequences, None, per_step=network.return_sequences, dtype=dtype, device=device)
    size = predict_batch_size(data.longest)
    outputs = []
    with torch.inference_mode():
        for index in torch.split(torch.arange(len(data), device=data.starts.device), size):
            inputs, _ = data.batch(index)
            inputs, n_outputs = _fill_rows(inputs, network.return_sequences)
            outputs.append(outputs_of(network, inputs)[:n_outputs].cpu())
    return torch.cat(outputs).numpy()


def predict_batch_size(longest: int) -> int:
    """Sequences in a batch of predictions."""
    return max(PREDICT_STEPS // max(longest, 1) // ROWS, 1) * ROWS


def _fill_rows(inputs: dict[str, Tensor], per_step: bool) -> tuple[dict[str, Tensor], int]:
    """Repeat the last sequence up to a multiple of ROWS, and count the outputs of those that were there."""
    x, lengths = inputs["x"], inputs.get("lengths")
    n_outputs = len(x) if not per_step else (x.shape[0] * x.shape[1] if lengths is None else int(lengths.sum()))
    missing = -len(x) % ROWS
    if missing == 0:
        return inputs, n_outputs
    return {k: torch.cat([v, v[-1:].expand(missing, *v.shape[1:])]) for k, v in inputs.items()}, n_outputs


def _targets_tensor(values: Array, dtype: torch.dtype) -> Tensor:
    return torch.as_tensor(values, dtype=torch.int64 if values.dtype.kind in "iu" else dtype)


def _to_tensor(array: Array) -> Tensor:
    """Share the memory of an array, even of one that is read-only: nothing here writes to it."""
    return torch.from_numpy(array if array.flags.writeable else np.asarray(_Writeable(array)))


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
