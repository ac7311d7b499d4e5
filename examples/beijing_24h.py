"""
PM2.5 in Beijing, each of the next 24 hours
===========================================

At every hour of 2014: how much fine dust will there be in one hour, in two, ... in 24? A GRU that reads the last day of
PM2.5 and weather predicts all 24 hours at once. It is trained on 2010 to 2013, and compared with naive forecasts and
with linear models on the same lags.

The calendar is known ahead: the hour of the day and the time of the year. The weather isn't, so no forecast uses the
weather of the hours to come. For comparison, the script ends with the error of a model that is given this weather::

    python examples/beijing_24h.py
    python examples/beijing_24h.py --choose             # the settings tried, on 2013
    python examples/beijing_24h.py --plot beijing.png
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import Ridge, SGDRegressor
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import LRScheduler

from sklearn_rnn import GRURegressor, NaiveForecaster, SequenceForecaster, SequenceScaler, backtest
from sklearn_rnn.datasets import load_beijing_pm25

AHEAD = LAGS = 24
TARGET = "pm2.5"
CALENDAR = ["hour_sin", "hour_cos", "year_sin", "year_cos"]
SKEWED = [TARGET, "Iws", "Is", "Ir"]  # PM2.5, wind, hours of snow and of rain: most are small, some are huge
TOTAL = "all 24"
SHOWN = [1, 6, 12, 24]

# Of the settings that `choose` tries, those with the smallest error in 2013, after training on 2010 to 2012.
SETTINGS: dict[str, Any] = {"hidden_layer_sizes": (64,), "dropout": 0.2, "max_epochs": 5}


def main(
    begin: str = "2010", held_out: str = "2014", settings: dict = SETTINGS, seeds: Sequence[int] = (0, 1, 2),
    plot: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Train from `begin` up to `held_out`, forecast within `held_out`; return mean absolute errors by hours ahead."""
    start = time.perf_counter()
    table, measured = read_table(begin, held_out)
    n_learn = int((table.index < held_out).sum())
    counted = int(measured[n_learn:].sum())
    print(f"{n_learn} training hours, {len(table) - n_learn} held out, {counted} of them measured\n")

    tests = {}
    for name, (forecaster, scale) in forecasters(settings, seeds).items():
        tests[name] = test(forecaster, table, n_learn, measured, scale)
        print(f"{name:>32} {time.perf_counter() - start:4.0f} s", flush=True)
    errors = errors_by_hour(tests)
    print(f"\nPM2.5, mean absolute error in ug/m3 by hours ahead\n{in_words(errors)}")

    foresight = network(settings, seeds[0]).set_params(known=list(table.columns.drop(TARGET)))
    seer = errors_by_hour({"GRU": test(foresight, table, n_learn, measured, scale="log")}).loc["GRU", TOTAL]
    print(f"\nNo forecast: a GRU that is given the true weather of the next 24 hours has {seer:.1f} ug/m3 over all 24.")
    if plot is not None:
        draw(tests, plot)
    print(f"{time.perf_counter() - start:.0f} s in all")
    return errors


def choose() -> None:
    """Print the errors of some settings in 2013, after training on 2010 to 2012."""
    table, measured = read_table("2010", "2013")
    n_learn = int((table.index < "2013").sum())
    grid = [
        {"hidden_layer_sizes": (units,), "dropout": dropout, "max_epochs": epochs}
        for units in (32, 64)
        for dropout in (0.2, 0.4)
        for epochs in (5, 8)
    ]
    tests = {str(each): test(network(each, 0), table, n_learn, measured, scale="log") for each in grid}
    print(in_words(errors_by_hour(tests)))


# The table


def read_table(begin: str, held_out: str) -> tuple[pd.DataFrame, pd.Series]:
    """Return the table with the calendar, up to the end of the held-out rows, and which hours were measured.

    The other hours contain the last value before them. Forecasts may use this value, but errors don't count it.
    """
    X = load_beijing_pm25().data
    hour, day = 2 * np.pi * X.index.hour / 24, 2 * np.pi * X.index.day_of_year / 365.25
    X = X.assign(hour_sin=np.sin(hour), hour_cos=np.cos(hour), year_sin=np.sin(day), year_cos=np.cos(day))
    measured = load_beijing_pm25(raw=True).target.notna()
    return X[begin:held_out], measured[begin:held_out]


def with_logs(table: pd.DataFrame) -> pd.DataFrame:
    """Take logarithms of the skewed columns, including PM2.5.

    A model that minimises absolute errors predicts the median, and the logarithm of the median is the median of the
    logarithms. So the prediction can be transformed back.
    """
    return table.assign(**{name: np.log1p(table[name]) for name in SKEWED})


# The forecasters


def forecasters(settings: dict, seeds: Sequence[int]) -> dict[str, tuple[Any, str]]:
    """Return each forecaster, and the scale of PM2.5 that it works in."""
    naive = {"target": TARGET, "known": CALENDAR, "horizon": AHEAD, "validation_fraction": None}
    ridge = make_pipeline(StandardScaler(), Ridge(1000))
    # Linear regression of the median: absolute errors in place of squared ones. It needs targets of order one.
    absolute = SGDRegressor(
        loss="epsilon_insensitive", epsilon=0, alpha=1e-3, eta0=3e-3, average=True, max_iter=10, tol=None,
        random_state=0,
    )  # fmt: skip
    median = make_pipeline(StandardScaler(), MultiOutputRegressor(absolute))
    median = TransformedTargetRegressor(median, transformer=StandardScaler())
    return {
        "last value": (NaiveForecaster("last", **naive), "linear"),
        "value of a day before": (NaiveForecaster("seasonal", season=24, **naive), "linear"),
        "Ridge": (joint(ridge, anchor=None), "linear"),
        "Ridge on logarithms": (joint(ridge, anchor=None), "log"),
        "linear median on logarithms": (joint(median, anchor=None), "log"),
        **{f"GRU, seed {seed}": (network(settings, seed), "log") for seed in seeds},
    }


def network(settings: dict, seed: int) -> SequenceForecaster:
    """Return the network: it reads the levels of a day, and predicts 24 changes from the newest one."""
    return joint(gru(**settings, random_state=seed), anchor="last", relative=False)


def gru(max_epochs: int, **settings: Any) -> Pipeline:
    falling = LRScheduler(policy="CosineAnnealingLR", T_max=max_epochs)
    regressor = GRURegressor(
        loss="absolute_error", lr=2e-3, batch_size=256, max_epochs=max_epochs, callbacks=[falling], **settings
    )
    return make_pipeline(SequenceScaler(), regressor)


def joint(regressor: Any, **options: Any) -> SequenceForecaster:
    """Forecast all 24 hours at once from the last 24. Errors are measured below, so `fit` need not measure them."""
    return SequenceForecaster(
        regressor, lags=LAGS, horizon=AHEAD, strategy="joint", target=TARGET, known=CALENDAR, validation_fraction=None,
        **options,
    )  # fmt: skip


# Errors


def test(forecaster: Any, table: pd.DataFrame, n_learn: int, measured: pd.Series, scale: str) -> pd.DataFrame:
    """Forecast 24 hours from every hour held out, in one pass; return the forecasts of measured hours, in ug/m3."""
    result = backtest(forecaster, with_logs(table) if scale == "log" else table, initial=n_learn)
    values = ["y_true", "y_pred", "y_naive"]
    if scale == "log":
        result[values] = np.expm1(result[values])
    return result[measured.loc[result["time"]].to_numpy()]


def errors_by_hour(tests: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return mean absolute errors, a row per forecaster and a column per hour ahead, and those over all hours."""
    errors = {name: (each["y_true"] - each["y_pred"]).abs() for name, each in tests.items()}
    table = pd.DataFrame({name: each.groupby(tests[name]["step"]).mean() for name, each in errors.items()}).T
    table[TOTAL] = pd.Series({name: each.mean() for name, each in errors.items()})
    return table


def in_words(errors: pd.DataFrame) -> str:
    shown = errors[[*SHOWN, TOTAL]].rename_axis(columns="hours ahead")
    if "last value" in errors.index:
        shown = shown.assign(skill=1 - errors[TOTAL] / errors.loc["last value", TOTAL])
    return shown.to_string(float_format="{:.2f}".format)


def draw(tests: dict[str, pd.DataFrame], path: str) -> None:
    from sklearn_rnn.display import BacktestDisplay

    models = {name: tests[name] for name in tests if name not in ("last value", "value of a day before")}
    display = BacktestDisplay.from_backtest(models)
    display.ax_.set(title="PM2.5 in Beijing", xlabel="hours ahead", ylabel="mean absolute error (µg/m³)")
    display.figure_.savefig(path, dpi=120)
    print(f"plot: {path}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="PM2.5 in Beijing, each of the next 24 hours.")
    parser.add_argument("--choose", action="store_true", help="try settings on 2013, without using 2014")
    parser.add_argument("--plot", metavar="FILE", help="draw the errors by hours ahead to this file")
    options = parser.parse_args()
    if options.choose:
        choose()
    else:
        main(plot=options.plot)
