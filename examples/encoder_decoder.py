"""
From one sequence to another: encoder and decoder
=================================================

From a day of weather in Beijing, predict the temperature of the next 24 hours: the input is a sequence of 24 steps, the
output another one of 24 steps. `EncoderDecoderRegressor` reads the input with one recurrent network, the encoder. A
second one, the decoder, starts from the last state of the encoder and runs for 24 steps. You choose what it reads:

- ``decoder="repeat"``: the last output of the encoder, at every step;
- ``decoder="feedback"``: its own output of the previous step. In training this is replaced by the true value with the
  probability ``teacher_forcing``. That trains faster, but `predict` has no true values to feed.

For comparison, an `LSTMRegressor` predicts all 24 numbers at once from its last state, with separate weights for each
hour. A decoder can also start from a single hour and predict a day, which is called one-to-many::

    python examples/encoder_decoder.py
    python examples/encoder_decoder.py --plot encoder_decoder.png
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.pipeline import Pipeline, make_pipeline
from skorch.callbacks import LRScheduler

from sklearn_rnn import EncoderDecoderRegressor, LSTMRegressor, SequenceScaler
from sklearn_rnn.datasets import load_beijing_pm25

HOURS = AHEAD = 24  # read, and predicted
SHOWN = [1, 6, 12, 24]


def main(
    begin: str = "2011", held_out: str = "2014", every: int = 7, max_epochs: int = 12, n_units: int = 32,
    plot: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Train from `begin` up to `held_out`, on every k-th hour; return mean absolute errors by hours ahead."""
    start = time.perf_counter()
    table = read_table()
    X, y = windows(table[begin:held_out], every)
    n_learn = int((table[begin:held_out].index < held_out).sum())
    first = every * np.arange(len(X))
    learn, held = first + HOURS + AHEAD <= n_learn, first + HOURS >= n_learn  # by the hours that are predicted
    print(f"{learn.sum()} training windows, X {X[learn].shape} and y {y[learn].shape}; {held.sum()} held out\n")

    # Naive forecasts of the change from the newest temperature: zero, or the change to the temperature of a day before.
    newest = X[held, -1:, 0]
    predictions = {"last value": np.zeros_like(y[held]), "value of a day before": X[held, :, 0] - newest}
    for name, (model, n_hours) in models(max_epochs, n_units).items():
        begin_fit = time.perf_counter()
        model.fit(X[learn, -n_hours:], y[learn])
        predictions[name] = model.predict(X[held, -n_hours:])
        print(f"{name:32} {n_hours:2} hours read, fitted in {time.perf_counter() - begin_fit:4.1f} s", flush=True)

    errors = pd.DataFrame({name: np.abs(each - y[held]).mean(axis=0) for name, each in predictions.items()}).T
    errors.columns = pd.RangeIndex(1, AHEAD + 1, name="hours ahead")
    errors["all 24"] = errors.mean(axis=1)
    print("\nTemperature in Beijing, mean absolute error in degrees Celsius by hours ahead")
    print(errors[[*SHOWN, "all 24"]].to_string(float_format="{:.2f}".format))
    if plot is not None:
        draw(newest + y[held], {name: newest + each for name, each in predictions.items()}, plot)
    print(f"\n{time.perf_counter() - start:.0f} s in all")
    return errors


def read_table() -> pd.DataFrame:
    """Return temperature, dew point and pressure, and the hour of the day as a place on a circle."""
    X = load_beijing_pm25().data[["TEMP", "DEWP", "PRES"]]
    hour = 2 * np.pi * X.index.hour / 24
    return X.assign(hour_sin=np.sin(hour), hour_cos=np.cos(hour))


def windows(table: pd.DataFrame, every: int) -> tuple[np.ndarray, np.ndarray]:
    """Return sequences of shape (n, 24, 5), and the changes of temperature that follow, of shape (n, 24).

    Changes are measured from the newest temperature of each window, so that they are alike in all seasons.
    """
    values = sliding_window_view(table.to_numpy(), HOURS + AHEAD, axis=0)[::every].transpose(0, 2, 1)
    X, following = values[:, :HOURS], values[:, HOURS:, 0]
    return X, following - X[:, -1:, 0]


def models(max_epochs: int, n_units: int) -> dict[str, tuple[Pipeline, int]]:
    """Return each model, and how many of the last hours it reads."""

    def model(kind: type, **options: Any) -> Pipeline:
        falling = LRScheduler(policy="CosineAnnealingLR", T_max=max_epochs)
        network = kind(
            hidden_layer_sizes=n_units, loss="absolute_error", lr=5e-3, batch_size=64, max_epochs=max_epochs,
            callbacks=[falling], random_state=0, **options,
        )  # fmt: skip
        return make_pipeline(SequenceScaler(), network)

    feedback = {
        f"feedback, teacher forcing {share:g}": (
            model(EncoderDecoderRegressor, decoder="feedback", teacher_forcing=share), HOURS,
        )
        for share in (0.0, 0.5, 1.0)
    }  # fmt: skip
    return {
        "LSTM, 24 outputs at once": (model(LSTMRegressor), HOURS),
        "repeat": (model(EncoderDecoderRegressor), HOURS),
        **feedback,
        "repeat, one-to-many": (model(EncoderDecoderRegressor), 1),
    }


def draw(truth: np.ndarray, predictions: dict[str, np.ndarray], path: str) -> None:
    """Plot a few days, each with the forecasts made at its beginning."""
    import matplotlib.pyplot as plt

    hours = np.arange(1, AHEAD + 1)
    figure, axes = plt.subplots(2, 3, figsize=(11, 6), sharex=True, layout="constrained")
    for ax, i in zip(axes.flat, np.linspace(0, len(truth) - 1, axes.size).astype(int), strict=True):
        ax.plot(hours, truth[i], color="black", label="truth")
        for name in ("LSTM, 24 outputs at once", "repeat", "feedback, teacher forcing 0.5"):
            ax.plot(hours, predictions[name][i], label=name)
    figure.supxlabel("hours ahead")
    figure.supylabel("temperature (°C)")
    axes.flat[0].legend(fontsize="small")
    figure.savefig(path, dpi=120)
    print(f"plot: {path}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="From one sequence to another: encoder and decoder.")
    parser.add_argument("--plot", metavar="FILE", help="draw a few days and their forecasts to this file")
    main(plot=parser.parse_args().plot)
