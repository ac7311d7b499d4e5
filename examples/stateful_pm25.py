"""
PM2.5 in Beijing in the next hour: one long series, or windows of it
====================================================================

Two LSTMs of the same size are compared. One reads the table as a single series, with the state carried from hour to
hour and truncated gradients. The other reads a window of 24 hours for every hour.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from sklearn.metrics import mean_absolute_error
from sklearn.pipeline import make_pipeline

from sklearn_rnn import LSTMRegressor, PipelineStream, SequenceScaler, ShiftFramer
from sklearn_rnn.datasets import load_beijing_pm25

# Units, epochs, optimiser (Adam) and loss are the same for both. The learning rate, batches and cuts were chosen for
# each model: of those tried, the ones with the smallest error in 2013 after training on 2010 to 2012.
SHARED = {"hidden_layer_sizes": (32,), "loss": "absolute_error", "max_epochs": 20, "random_state": 0}
LANES, K1, K2 = 32, 24, 72  # a chunk is a day, and gradients flow back three days
BATCH, LAGS = 128, 24


def main() -> None:
    X, y = load_beijing_pm25(return_X_y=True)
    measured = load_beijing_pm25(raw=True).target.notna().to_numpy()  # the others are filled forward
    n_train = len(X[:"2013"])
    counted = measured[n_train:]
    print(f"{n_train} training hours, {len(X) - n_train} held out, {counted.sum()} of them measured\n")

    stateful, windows = stateful_model(), windows_model()
    seconds = [fit_time(model, X[:n_train], y[:n_train]) for model in (stateful, windows)]
    forecasts = [
        stateful.predict(X)[n_train:],  # from the beginning, so that the state is carried into the held-out year
        windows.predict(X[n_train:]),  # the framer keeps the last training hours
        y.shift(1).to_numpy()[n_train:],
    ]
    rows = {
        f"stateful, tbptt=({K1}, {K2}), {LANES} lanes": (seconds[0], stateful_updates(n_train)),
        f"windows of {LAGS}, batches of {BATCH}": (seconds[1], -(-n_train // BATCH)),
        "last value": (np.nan, np.nan),
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["fit time (s)", "updates per epoch"])
    truth = y[n_train:][counted]
    table.insert(0, "MAE (ug/m3)", [mean_absolute_error(truth, forecast[counted]) for forecast in forecasts])
    formats = ["{:.2f}".format, "{:.1f}".format, "{:.0f}".format]
    print(table.to_string(formatters=dict(zip(table.columns, formats, strict=True)), na_rep="-"))

    stepwise = first_day_hour_by_hour(stateful, X, n_train)
    difference = np.abs(stepwise - forecasts[0][:24]).max()
    print(f"\nStream: 24 held-out hours, one step each, differ from predict by {difference:.1g} ug/m3 at most")


def stateful_model():
    """Return the model of one long series: each row is a step, and the state carries the rows before it."""
    return make_pipeline(
        ShiftFramer(lags=1, horizon=1),  # the row before, because the row itself contains the target
        SequenceScaler(),
        LSTMRegressor(return_sequences=True, stateful=True, tbptt=(K1, K2), batch_size=LANES, lr=5e-3, **SHARED),
    )


def windows_model():
    """Return the model of windows: for each row, a sequence of the rows before it, read from a state of zero."""
    return make_pipeline(
        ShiftFramer(lags=LAGS, horizon=1),
        SequenceScaler(),
        LSTMRegressor(batch_size=BATCH, lr=1e-3, **SHARED),
    )


def fit_time(model, X, y) -> float:
    start = time.perf_counter()
    model.fit(X, y)
    return time.perf_counter() - start


def stateful_updates(n_rows: int) -> int:
    """Count the updates of an epoch: the series is cut into chunks, which are divided among the lanes."""
    chunks = -(-n_rows // K1)
    return -(-chunks // LANES)


def first_day_hour_by_hour(model, X: pd.DataFrame, n_train: int) -> np.ndarray:
    """Read the training rows, then the first held-out day one step at a time, as in production."""
    stream = PipelineStream(model, history=X[:n_train])
    return np.concatenate([stream.step(X.iloc[row]) for row in range(n_train, n_train + 24)])


if __name__ == "__main__":
    main()
