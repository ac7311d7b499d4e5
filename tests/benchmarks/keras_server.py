"""Keras on JAX, in an environment of its own: reads a task per line and writes its seconds. Imports nothing of this project.

Started by `keras_client.py`. A task is a JSON object: what to do ("fit", "fit_stateful" or "predict"), the cell, its units, the
shape of X, the size of batches and the epochs. The model is the same as everywhere: one recurrent layer, Dense(1), Adam
with the norm of the whole gradient clipped at 1, squared error.

What counts, in favour of Keras: JAX compiles the step of a model when it first sees a shape, in seconds, so that a first epoch
over all batches (a first prediction) is left out. Then the clock runs from the start of the first epoch to the end of the
last one, when Keras has read the loss, which waits for all that JAX does in the background. What `fit` does before its first epoch
is left out, too.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np


def main() -> None:
    replies, sys.stdout = sys.stdout, sys.stderr  # whatever Keras prints is no reply
    os.environ["KERAS_BACKEND"] = "jax"
    import jax  # here, since pytest imports this file where neither is installed
    import keras

    print(f"Keras {keras.__version__} on JAX {jax.__version__}", file=replies, flush=True)
    last, run = None, None
    for line in sys.stdin:
        if line != last:
            last, run = line, prepared(keras, **json.loads(line))
        print(run(), file=replies, flush=True)


def prepared(
    keras: Any, work: str, cell: str, units: int, shape: list[int], batch_size: int, epochs: int = 1
) -> Callable[[], float]:
    """Return a function that does the work and returns its seconds; what it needs is compiled."""
    keras.utils.clear_session()
    stateful = work == "fit_stateful"
    model = built(keras, cell, units, (batch_size if stateful else None, *shape[1:]), stateful)
    X = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    y = X[:, :, :1] if stateful else X[:, :, 0].mean(axis=1, keepdims=True)

    def predict() -> float:
        start = time.perf_counter()
        model.predict(X, batch_size=batch_size, verbose=0)
        return time.perf_counter() - start

    def fit(epochs: int = epochs) -> float:
        clock = clock_of(keras, model.layers[0] if stateful else None)
        model.fit(X, y, batch_size=batch_size, epochs=epochs, shuffle=not stateful, verbose=0, callbacks=[clock])
        return clock.end - clock.start

    if work == "predict":
        predict()
        return predict
    fit(epochs=1)
    return fit


def built(keras: Any, cell: str, units: int, shape: tuple[int | None, ...], stateful: bool) -> Any:
    layer = {"RNN": keras.layers.SimpleRNN, "GRU": keras.layers.GRU, "LSTM": keras.layers.LSTM}[cell]
    recurrent = layer(units, stateful=stateful, return_sequences=stateful)
    model = keras.Sequential([keras.Input(batch_shape=shape), recurrent, keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(1e-3, global_clipnorm=1.0), loss="mse")
    return model


def clock_of(keras: Any, stateful_layer: Any) -> Any:
    """Return a callback with the start of the first epoch and the end of the last; each begins with a state of zero."""

    class Clock(keras.callbacks.Callback):
        start = end = None

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if self.start is None:
                self.start = time.perf_counter()
            if stateful_layer is not None:
                stateful_layer.reset_state()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.end = time.perf_counter()

    return Clock()


if __name__ == "__main__":
    main()
