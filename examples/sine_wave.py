"""
A sine wave, and its future
===========================

The classic first exercise of forecasting with recurrent networks: an LSTM reads 20 periods of a sine wave and continues
it. It learns to predict one value. Each prediction is appended to the values it reads, and so on, 250 times. In five
lines::

    from sklearn_rnn import SequenceForecaster
    from sklearn_rnn.datasets import make_sine

    X, _ = make_sine(1000, period=50)
    forecaster = SequenceForecaster(lags=50, random_state=0).fit(X)
    print(forecaster.forecast(250))

Below, the end of the wave is held out first, to measure the errors of several forecasters. Then the best one is trained
on the whole wave and continues it beyond the data::

    python examples/sine_wave.py
    python examples/sine_wave.py --plot sine_wave.png
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import pandas as pd
from sklearn.base import clone
from sklearn.metrics import root_mean_squared_error
from sklearn.pipeline import make_pipeline

from sklearn_rnn import LSTMRegressor, SequenceForecaster, SequenceScaler
from sklearn_rnn.datasets import make_sine

AHEAD = 5  # periods


def main(
    period: int = 50, n_periods: int = 20, max_epochs: int = 30, seeds: Sequence[int] = (0, 1, 2),
    plot: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Choose a forecaster on the end of the wave, forecast beyond it; return the errors there, one row per seed."""
    begin = time.perf_counter()
    steps = AHEAD * period
    whole = wave(0, n_periods * period, period)
    future = wave(len(whole), steps, period)

    # 1. Train on all but the last five periods, and forecast these.
    candidates = candidate_forecasters(period, max_epochs)
    past, end = whole[:-steps], whole[-steps:]
    tried = {
        name: errors_by_period(end, forecaster.set_params(random_state=0).fit(past).forecast(steps), period)
        for name, forecaster in candidates.items()
    }
    print(f"The last {AHEAD} of {n_periods} periods, held out\n{in_words(tried)}\n")
    best = min(tried, key=lambda name: tried[name]["all"])

    # 2. Learn from everything, and forecast what comes after. Only here do we look at that.
    forecasters = {seed: clone(candidates[best]).set_params(random_state=seed).fit(whole) for seed in seeds}
    errors = {
        f"seed {seed}": errors_by_period(future, forecaster.forecast(steps), period)
        for seed, forecaster in forecasters.items()
    }
    print(f"{AHEAD} periods beyond the data, {best}\n{in_words(errors)}\n")
    if plot is not None:
        draw(forecasters[seeds[0]], whole, future, plot)
    print(f"{time.perf_counter() - begin:.0f} s in all")
    return pd.DataFrame(errors).T


def wave(begin: int, n_steps: int, period: int) -> pd.DataFrame:
    """Return some steps of the wave, numbered from its beginning."""
    X, _ = make_sine(begin + n_steps, period=period)
    return pd.DataFrame(X, columns=["sine"])[begin:]


def candidate_forecasters(period: int, max_epochs: int) -> dict[str, SequenceForecaster]:
    """Return forecasters that read windows of one period.

    A forecaster learns changes. With ``relative=True`` windows contain differences from their newest value, too, so
    that the level doesn't matter. This suits series that drift. But a wave returns to its mean, and such a forecaster
    can't see how far it is from the mean, so small errors add up. By default, windows of a series that doesn't drift
    contain its values.

    The remaining error comes from training. With a constant learning rate the weights still fluctuate at the end, so
    the third forecaster lowers the rate to zero.
    """
    falling = {"lr_schedule": "cosine", "lr": 0.01, "max_epochs": max_epochs, "early_stopping": False}
    network = make_pipeline(SequenceScaler(), LSTMRegressor(**falling, batch_size=32))
    return {
        "relative=True": SequenceForecaster(lags=period, relative=True, validation_fraction=None),
        "defaults": SequenceForecaster(lags=period, validation_fraction=None),
        "falling learning rate": SequenceForecaster(network, lags=period, validation_fraction=None),
    }


def errors_by_period(truth: pd.DataFrame, forecast: pd.DataFrame, period: int) -> dict:
    """Return the root mean squared error of each period ahead, and of all."""
    pairs = [(truth[i : i + period], forecast[i : i + period]) for i in range(0, len(truth), period)]
    by_period = {k: root_mean_squared_error(*pair) for k, pair in enumerate(pairs, start=1)}
    return {**by_period, "all": root_mean_squared_error(truth, forecast)}


def in_words(errors: dict[str, dict]) -> str:
    table = pd.DataFrame(errors).T.rename_axis(columns="period ahead")
    return f"Root mean squared error, where the wave goes from -1 to 1\n{table.to_string(float_format='{:.4f}'.format)}"


def draw(forecaster: SequenceForecaster, whole: pd.DataFrame, future: pd.DataFrame, path: str) -> None:
    from sklearn_rnn.display import ForecastDisplay

    display = ForecastDisplay.from_estimator(
        forecaster, whole, steps=len(future), truth=future, last=len(future), truth_kw={"zorder": 3, "color": "orange"}
    )
    display.ax_.set(title="A sine wave and its future", ylabel="sine")
    display.figure_.savefig(path, dpi=120)
    print(f"plot: {path}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A sine wave, and its future.")
    parser.add_argument("--plot", metavar="FILE", help="draw the forecast to this file")
    main(plot=parser.parse_args().plot)
