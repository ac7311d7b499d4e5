"""The skorch net: the training epoch, and running a trained network.

skorch is used upside down here. Usually X and y go in, skorch makes a Dataset and a DataLoader of them, and each batch
is an argument of the module. Here the pair (training batches, validation batches) travels as X, and a batch is an
object that applies the network to itself (`Batch`, `Chunk`, `Evaluation`), since an update may take several calls of
the network, with a state in between. What skorch gives is all around: optimizer, history, callbacks, early stopping.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from skorch import NeuralNet
from torch import Tensor

from .._data.sequences import Array, Sequences
from .._networks.kernels.threads import Team
from .inference import run_network
from .interruption import CtrlC, Stop


class SequenceNet(NeuralNet):
    """A skorch net for a network of this package that takes its data as iterables of batches.

    A batch is a pair: what goes in, whose method ``apply(network)`` returns an output per target, and the pair of
    targets and their weights.

    Parameters
    ----------
    *args, **kwargs
        Of `skorch.NeuralNet`.
    seed : int, default=0
        Of weights, order and dropout.
    dtype : {"float32", "float64"}, default="float32"
        Of weights and data.
    """

    def __init__(self, *args: Any, seed: int = 0, dtype: str = "float32", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seed = seed
        self.dtype = dtype

    def initialize_module(self) -> SequenceNet:
        """Build the network and draw its weights, leaving torch's global generator alone."""
        # On the meta device torch's modules draw no weights, which would come from the global generator and be lost.
        with torch.device("meta"):
            super().initialize_module()
        self.module_.to_empty(device="cpu").to(getattr(torch, self.dtype))
        self.generator_ = torch.Generator().manual_seed(self.seed)
        self.module_.initialize(self.generator_)
        # A generator belongs to a device; on a CPU one serves weights, order and dropout, in this order.
        on_cpu = torch.device(self.device).type == "cpu"
        self.module_.generator = self.generator_ if on_cpu else torch.Generator(self.device).manual_seed(self.seed)
        return self

    def run_epochs(self, batches: Any, valid: Any, epochs: int) -> KeyboardInterrupt | None:
        """Train for some epochs, or until a callback ends training.

        Returns
        -------
        KeyboardInterrupt or None
            What interrupted training, with Ctrl-C or anywhere but at the end of an epoch. Epochs that were not
            completed are not in the history.
        """
        before = len(self.history)
        interruption: KeyboardInterrupt | None = None
        self.notify("on_train_begin", X=(batches, valid), y=None)
        with CtrlC() as ctrl_c:
            try:
                self.fit_loop((batches, valid), epochs=epochs)
            except Stop as stop:
                interruption = stop.raised if ctrl_c.pressed else None
            except KeyboardInterrupt as error:
                interruption = error
        if len(self.history) > before:  # callbacks look at the last epoch
            self.notify("on_train_end", X=(batches, valid), y=None)
            losses = ("train_loss",) if valid is None else ("train_loss", "valid_loss")
            if not all(name in self.history[-1] for name in losses):
                self.history.pop()
        return interruption

    def notify(self, method_name: str, **cb_kwargs: Any) -> None:
        """Tell callbacks what happens; skorch lets them end training by a KeyboardInterrupt."""
        try:
            super().notify(method_name, **cb_kwargs)
        except KeyboardInterrupt as error:
            if method_name == "on_epoch_end":
                raise Stop(error) from error
            raise

    @property
    def is_finite(self) -> bool:
        """Whether all weights are finite, which the loss shows only one batch later."""
        return all(bool(torch.isfinite(p).all()) for p in self.module_.parameters())

    def check_weights(self) -> None:
        """Raise an error for weights that are not finite."""
        if not self.is_finite:
            raise ValueError(f"Weights became infinite or NaN in epoch {len(self.history)}. {self._remedy}")

    def outputs_of(self, sequences: Sequences) -> Array:
        """Run sequences through the network: an output per sequence, or per step that is not padding."""
        return run_network(self.module_, sequences, torch.device(self.device))

    def get_split_datasets(self, X: Any, y: Any = None, **fit_params: Any) -> Any:
        """Take X as the pair of training and validation batches that the estimator made."""
        return X

    def get_iterator(self, dataset: Any, training: bool = False) -> Any:
        """Return the batches of an epoch, as they are."""
        return dataset

    def run_single_epoch(self, iterator: Any, training: bool, prefix: str, step_fn: Any, **fit_params: Any) -> None:
        """Run the batches; record each loss with the weight that it has in the mean of the epoch."""
        if training and self._updates_are_whole(iterator):
            self._run_whole_updates(iterator)
            return
        n_batches = 0
        for batch in () if iterator is None else iterator:
            self.notify("on_batch_begin", batch=batch, training=training)
            step = step_fn(batch, **fit_params)
            loss = step["loss"].item()
            if not math.isfinite(loss):
                self._raise_for_loss(prefix, loss)
            values, weights = batch[1]
            self.history.record_batch(f"{prefix}_loss", loss)
            self.history.record_batch(f"{prefix}_batch_size", len(values) if weights is None else weights.sum().item())
            self.notify("on_batch_end", batch=batch, training=training, **step)
            n_batches += 1
        if n_batches:
            self.history.record(f"{prefix}_batch_count", n_batches)

    def _updates_are_whole(self, batches: Any) -> bool:
        """Tell whether kernels make whole updates of these batches."""
        if not self.module_.kernels:
            return False
        from .compiled import can_be_whole  # numba is imported where there are kernels alone

        return can_be_whole(self, batches)

    def _run_whole_updates(self, batches: Any) -> None:
        """Run an epoch by kernels; record its mean loss like that of a single batch."""
        from .compiled import CompiledUpdates

        self._set_training(True)
        n_batches, total, weights = 0, 0.0, 0.0
        with Team() as team:
            updates = CompiledUpdates(self, batches.data, team)
            for batch in batches.updates():
                loss, weight = updates.update(batch)
                if not math.isfinite(loss):
                    self._raise_for_loss("train", loss)
                n_batches, total, weights = n_batches + 1, total + loss * weight, weights + weight
                for callback in updates.watching:
                    callback.on_batch_end(self, training=True)
        self.history.new_batch()
        self.history.record_batch("train_loss", total / weights if weights else 0.0)
        self.history.record_batch("train_batch_size", weights)
        self.history.record("train_batch_count", n_batches)

    def _set_training(self, training: bool = True) -> None:
        # Called once per batch: changing nothing should cost nothing.
        if self.module_.training != training:
            super()._set_training(training)

    def infer(self, x: Any, **fit_params: Any) -> Tensor:
        """Return one output per target."""
        return x.apply(self.module_)

    def get_loss(self, y_pred: Tensor, y_true: Any, X: Any = None, training: bool = False) -> Tensor:
        """Return the weighted mean loss of a batch."""
        return self.criterion_(y_pred, *y_true)

    def _raise_for_loss(self, prefix: str, loss: float) -> None:
        raise ValueError(
            f"The {'training' if prefix == 'train' else 'validation'} loss became {loss} in epoch {len(self.history)}. "
            f"{self._remedy}"
        )

    @property
    def _remedy(self) -> str:
        return f"Lower lr (it is {self.lr}), clip gradients (clip_grad_norm), or scale X and y."
