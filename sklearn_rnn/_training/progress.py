"""A progress bar for a fit."""

from __future__ import annotations

from typing import Any

from skorch import NeuralNet
from skorch.callbacks import Callback
from tqdm.auto import tqdm


class Progress(Callback):
    """Show one bar for all epochs: which of them runs, the losses of the one before, and the time left."""

    bar: Any = None

    def on_train_begin(self, net: NeuralNet, X: Any = None, y: Any = None, **kwargs: Any) -> None:
        """Begin the bar, which counts updates, since an epoch may take long; X holds the training batches."""
        self.before = len(net.history)
        self.bar = tqdm(total=net.max_epochs * X[0].n_updates, unit="update")

    def on_epoch_begin(self, net: NeuralNet, *args: Any, **kwargs: Any) -> None:
        """Say which epoch begins."""
        self.bar.set_description(f"epoch {len(net.history) - self.before}/{net.max_epochs}")

    def on_batch_end(self, net: NeuralNet, training: bool = False, **kwargs: Any) -> None:
        """Move on by an update."""
        self.bar.update(int(training))

    def on_epoch_end(self, net: NeuralNet, *args: Any, **kwargs: Any) -> None:
        """Show the losses."""
        row = net.history[-1]
        self.bar.set_postfix({name: row[name] for name in ("train_loss", "valid_loss") if name in row})

    def on_train_end(self, net: NeuralNet, *args: Any, **kwargs: Any) -> None:
        """Leave the bar where it is, and let go of it."""
        self.bar.close()
        self.bar = None
