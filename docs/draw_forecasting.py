"""Draw the picture of forecasting.md with the displays of the package: ``python docs/draw_forecasting.py [folder]``."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from sklearn.linear_model import Ridge

from sklearn_rnn import BacktestDisplay, ForecastDisplay, NaiveForecaster, SequenceForecaster, backtest
from sklearn_rnn.datasets import load_co2

IMAGES = Path(__file__).parent / "images"
# The salt makes the ids in the SVG files the same in every run.
STYLE = {"svg.hashsalt": "sklearn_rnn", "font.size": 10}
YEAR = 52


def draw(folder: Path = IMAGES) -> list[Path]:
    """Draw all pictures into a folder and return their files."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "forecast.svg"
    with mpl.rc_context(STYLE):
        draw_co2().savefig(file, metadata={"Date": None}, facecolor="white")
    return [file]


def draw_co2() -> Figure:
    """Draw a forecast of the last year of CO2, and errors by step ahead from each week of the last fifth."""
    co2 = load_co2().frame[["co2"]]
    naive = NaiveForecaster("seasonal", season=YEAR)
    options = {"lags": 53, "horizon": YEAR, "anchor": YEAR, "naive": naive, "validation_fraction": 0.3}
    forecaster = SequenceForecaster(Ridge(), strategy="direct", interval="rolling", **options)
    figure = Figure(figsize=(10, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    past, truth = co2[:-YEAR], co2[-YEAR:]
    forecaster.fit(past)
    ForecastDisplay.from_estimator(forecaster, past, steps=YEAR, truth=truth, coverage=0.9, ax=left)
    left.set_ylabel("CO2 (ppm)")
    BacktestDisplay.from_backtest({"Ridge, direct": backtest(forecaster, co2, initial=0.8)}, ax=right)
    right.set(xlabel="weeks ahead", ylabel="mean absolute error (ppm)")
    return figure


if __name__ == "__main__":
    for path in draw(*map(Path, sys.argv[1:2])):
        print(path)
