"""
The temperature in Jena, a day ahead
====================================

Weather records of every ten minutes from 2009 to 2016, by the Max Planck Institute for Biogeochemistry in Jena,
Germany, are a standard exercise for recurrent networks. From five days of 14 hourly quantities, a GRU predicts the
temperature 24 hours ahead. The file isn't part of this package, so pass its path::

    python examples/weather.py jena_climate_2009_2016.csv
    python examples/weather.py jena_climate_2009_2016.csv --rows 50000 --epochs 3 --every 12   # a first look
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.pipeline import Pipeline, make_pipeline

from sklearn_rnn import GRURegressor, SequenceScaler, ShiftFramer

TIME, TARGET = "Date Time", "T (degC)"
COLUMNS = [
    "p (mbar)", "T (degC)", "Tpot (K)", "Tdew (degC)", "rh (%)", "VPmax (mbar)", "VPact (mbar)", "VPdef (mbar)",
    "sh (g/kg)", "H2OC (mmol/mol)", "rho (g/m**3)", "wv (m/s)", "max. wv (m/s)", "wd (deg)",
]  # fmt: skip
NOT_MEASURED = -9999  # marks missing wind speeds in the file

# In rows, of ten minutes each.
LAGS, STEP = 120, 6  # five days, one row an hour
AHEAD = 144
REACH = AHEAD + STEP * (LAGS - 1)  # from a row back to the oldest row in its window
# Where training and validation end in the full file of this many rows; in other files they end in proportion.
TRAIN_END, VALID_END, FULL = 200_000, 300_000, 420_551
RIDGE_ROWS = 10_000  # a lag table has 1680 columns: this many rows of it take 130 MB


def main(arguments: Sequence[str] | None = None) -> pd.DataFrame:
    """Compare forecasts of the table named on the command line; return their errors in degrees Celsius."""
    options = parse(arguments)

    # 1. The table, cut in time order.
    table = read_weather(options.path, options.rows)
    y = table[TARGET].to_numpy(dtype=np.float64)
    train, valid, test = cut(len(table), options.every)
    print(f"windows: {len(train)} for training, {len(valid)} for validation, {len(test)} for testing\n")

    # 2. The scaler is fitted on the training rows alone. The target of row t stays in row t: the framer gives that row
    # the rows up to t - 144. All windows together are a view of the scaled table; so is a selection of every k-th.
    model = weather_model(options.epochs, valid_share=len(valid) / (len(train) + len(valid)))
    windows = model[:-1].fit(table[: train[-1] + 1]).transform(table)

    # 3. The network holds out the end of its rows, which are those for validation, and keeps the best epoch.
    begin = time.perf_counter()
    seen = np.concatenate([train, valid])
    network = model[-1].fit(windows[seen], y[seen])
    seconds = time.perf_counter() - begin
    print(f"GRU: {network.n_iter_} epochs in {seconds:.0f} s")

    # 4. Compare with the temperature of a day before, and with a linear model of the same windows.
    ridge = fit_ridge(windows, y, train, valid)
    forecasts = {
        "last value": lambda rows: y[rows - AHEAD],
        "Ridge on the lag table": lambda rows: in_pieces(ridge, windows[rows]),
        "GRU": lambda rows: network.predict(windows[rows]),
    }
    errors = pd.DataFrame(
        [[mean_absolute_error(y[rows], forecast(rows)) for rows in (valid, test)] for forecast in forecasts.values()],
        index=list(forecasts),
        columns=["validation", "test"],
    )
    print("\nTemperature 24 hours ahead, mean absolute error in degrees Celsius")
    print(errors.to_string(float_format="{:.2f}".format))
    return errors


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The temperature in Jena, a day ahead.")
    parser.add_argument("path", help="CSV file of the weather in Jena, such as jena_climate_2009_2016.csv")
    parser.add_argument("--rows", type=int, help="read only this many rows of the file")
    parser.add_argument("--epochs", type=int, default=10, help="most passes over the training windows (10)")
    parser.add_argument("--every", type=int, default=6, help="use the window of every k-th row (6: one an hour)")
    return parser.parse_args(arguments)


def read_weather(path: str, n_rows: int | None = None) -> pd.DataFrame:
    """Read the columns in single precision; gaps are filled with the value before.

    Rows are numbered instead of indexed by time, because some times are missing or repeated in the file. Lags count
    rows, so windows over a gap span a little more than five days.
    """
    missing = [name for name in (TIME, *COLUMNS) if name not in pd.read_csv(path, nrows=0).columns]
    if missing:
        raise SystemExit(f"{path} is not the table of the weather in Jena: it has no column {', '.join(missing)}.")
    table = pd.read_csv(path, usecols=[TIME, *COLUMNS], nrows=n_rows, na_values=[NOT_MEASURED])
    times = pd.to_datetime(table[TIME], format="%d.%m.%Y %H:%M:%S")
    uneven = (times.diff()[1:] != pd.Timedelta(minutes=10)).sum()
    print(f"{len(table)} rows, {times.iloc[0]} to {times.iloc[-1]}; {uneven} are not ten minutes after the row before")
    return table[COLUMNS].astype(np.float32).ffill()


def cut(n_rows: int, every: int) -> list[np.ndarray]:
    """Return the rows to train, validate and test on: every k-th of those with a whole window before them."""
    rows = np.arange(REACH, n_rows, every)
    parts = np.split(rows, np.searchsorted(rows, [n_rows * end // FULL for end in (TRAIN_END, VALID_END)]))
    if any(len(part) == 0 for part in parts):
        raise SystemExit(f"{n_rows} rows are too few: a window reaches {REACH} rows back; 3000 would do.")
    return parts


def weather_model(epochs: int, valid_share: float) -> Pipeline:
    return make_pipeline(
        ShiftFramer(lags=LAGS, step=STEP, horizon=AHEAD),
        SequenceScaler(),
        GRURegressor(
            hidden_layer_sizes=(32,), loss="absolute_error", batch_size=128, max_epochs=epochs, early_stopping=True,
            validation_fraction=valid_share, n_iter_no_change=3, random_state=0,
        ),
    )  # fmt: skip


def fit_ridge(windows, y: np.ndarray, train: np.ndarray, valid: np.ndarray) -> Ridge:
    """Fit on evenly spaced windows laid out as rows; choose the penalty with the smallest validation error."""
    some = train[:: -(-len(train) // RIDGE_ROWS)]
    lag_table = as_rows(windows[some])
    candidates = [Ridge(alpha).fit(lag_table, y[some]) for alpha in (1.0, 100.0, 10_000.0)]
    return min(candidates, key=lambda ridge: mean_absolute_error(y[valid], in_pieces(ridge, windows[valid])))


def in_pieces(ridge: Ridge, windows) -> np.ndarray:
    """Predict from some windows at a time, so that they are never all laid out at once."""
    pieces = (windows[i : i + RIDGE_ROWS] for i in range(0, len(windows), RIDGE_ROWS))
    return np.concatenate([ridge.predict(as_rows(piece)) for piece in pieces])


def as_rows(windows) -> np.ndarray:
    """Lay out the steps of a window side by side, in double precision because neighbouring lags are nearly equal."""
    return np.asarray(windows, dtype=np.float64).reshape(len(windows), -1)


if __name__ == "__main__":
    main()
