"""The examples run with small sizes, and their numbers are consistent."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sklearn_rnn import SkillWarning

EXAMPLES = Path(__file__).parents[1] / "examples"


def load(name: str):
    """Import an example by its path."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for it
    spec.loader.exec_module(module)
    return module


def write_weather(path: Path, columns: list[str], n_rows: int) -> Path:
    """Write a table like that of Jena: waves of a year and of a day, and noise that lasts for days."""
    rng = np.random.default_rng(0)
    times = pd.date_range("2009-01-01 00:10", periods=n_rows, freq="10min")
    day = 2 * np.pi * np.arange(n_rows) / 144
    drift = pd.Series(rng.normal(size=n_rows)).ewm(halflife=300).mean().to_numpy()
    temperature = 10 - 9 * np.cos(day / 365.25) - 4 * np.cos(day) + 60 * drift + 0.2 * rng.normal(size=n_rows)
    shares, noise = rng.normal(size=(2, 1, len(columns))), rng.normal(size=(n_rows, len(columns)))
    table = pd.DataFrame(temperature[:, None] * shares[0] + 20 * shares[1] + noise, columns=columns)
    table["T (degC)"] = temperature
    table.loc[n_rows // 3, "wv (m/s)"] = -9999.0  # as the file marks what was not measured
    table.insert(0, "Date Time", times.strftime("%d.%m.%Y %H:%M:%S"))
    table.round(2).to_csv(path, index=False)
    return path


def names_letter_by_letter(tmp_path):
    figures = load("names_letter_by_letter").main(n_names=2000, n_units=48, max_epochs=10, n_drawn=40)
    bits = figures["bits"]
    assert 0 < bits["LSTM"] < bits["letter frequencies"]
    assert bits["triples of letters"] < bits["pairs of letters"] < bits["letter frequencies"] < np.log2(27)
    assert all(name.isalpha() and len(name) <= 15 for drawn in figures["drawn"].values() for name in drawn)
    assert all(0 < len(drawn) <= 40 for drawn in figures["drawn"].values())


def weather(tmp_path):
    example = load("weather")
    path = write_weather(tmp_path / "weather.csv", example.COLUMNS, 3000)
    with pytest.warns(SkillWarning, match="learned nothing"):  # from 95 windows, in two epochs
        errors = example.main([str(path), "--epochs", "2", "--every", "6"])
    assert errors.shape == (3, 2)
    assert np.isfinite(errors.to_numpy()).all()
    temperature = pd.read_csv(path)["T (degC)"]
    parts = np.split(np.arange(858, 3000, 6), np.searchsorted(np.arange(858, 3000, 6), [1426, 2140]))
    last_value = (temperature - temperature.shift(144)).abs()
    np.testing.assert_allclose(errors.loc["last value"], [last_value[part].mean() for part in parts[1:]], rtol=1e-5)


def sine_wave(tmp_path):
    plot = tmp_path / "sine_wave.png"
    errors = load("sine_wave").main(period=25, seeds=(0,), plot=str(plot))
    assert errors.shape == (1, 6)
    assert errors["all"].item() < 0.05
    assert errors[5].item() < errors[1].item() + 0.02  # the last period is about as good as the first
    assert plot.stat().st_size > 0


def seasons(tmp_path):
    example = load("seasons")
    plot = tmp_path / "seasons.png"
    tables = example.main(n_rows=600, steps=3, max_epochs=1, every=5, plot=str(plot))
    for table in tables.values():
        assert table.shape == (8, 4)
        assert np.isfinite(table.to_numpy()).all()
        assert table.loc["last season", "skill"] == 0
    skills = tables["CO2, weekly"]["skill"]
    assert (skills.drop(["last season", "last value"]) > 0).all()  # an epoch does, of changes from the last value
    assert skills["Ridge, direct"] > 0.5
    co2 = example.load_co2().frame["co2"][-600:]
    last_season = (co2 - co2.shift(52))[480:].abs()
    expected = [last_season[k : len(last_season) - 2 + k : 5].mean() for k in (0, 2)]
    np.testing.assert_allclose(tables["CO2, weekly"].loc["last season", ["first step", "last step"]], expected)
    assert plot.stat().st_size > 0


def beijing_24h(tmp_path):
    example = load("beijing_24h")
    plot = tmp_path / "beijing.png"
    small = {"hidden_layer_sizes": (8,), "dropout": 0.0, "max_epochs": 2}
    errors = example.main("2013-11", "2014-01", settings=small, seeds=(0,), plot=str(plot))
    assert errors.shape == (6, 25)
    assert np.isfinite(errors.to_numpy()).all()
    data, raw = example.load_beijing_pm25().data["pm2.5"], example.load_beijing_pm25(raw=True).target
    for hours in (1, 24):
        change = (raw - data.shift(hours))["2014-01"]  # NaN where PM2.5 was not measured
        judged = change[hours - 1 : len(change) - 24 + hours]
        assert errors.loc["last value", hours] == pytest.approx(judged.abs().mean())
    assert errors.loc["GRU, seed 0", "all 24"] < errors.loc["value of a day before", "all 24"]
    assert plot.stat().st_size > 0


def encoder_decoder(tmp_path):
    plot = tmp_path / "encoder_decoder.png"
    errors = load("encoder_decoder").main("2013-07", "2014-01", max_epochs=5, n_units=8, plot=str(plot))
    assert errors.shape == (8, 25)
    assert np.isfinite(errors.to_numpy()).all()
    networks = errors.drop(["last value", "value of a day before"])["all 24"]
    assert (networks < errors.loc["last value", "all 24"]).all()
    assert plot.stat().st_size > 0


# The function named after an example runs it with small sizes and checks the numbers returned; it prints these words.
PRINTED = {
    names_letter_by_letter: ["bits per letter", "pairs of letters", "Temperature 0.5", "of them new"],
    weather: ["windows: ", "degrees Celsius", "last value", "Ridge on the lag table", "GRU"],
    sine_wave: ["held out", "beyond the data", "period ahead", "seed 0"],
    seasons: ["lags suggested", "cross-validated MAE in ppm", "MAE in sunspots", "encoder-decoder, joint"],
    beijing_24h: ["measured", "ug/m3 by hours ahead", "linear median", "GRU, seed 0", "No forecast"],
    encoder_decoder: ["training windows", "degrees Celsius", "one-to-many", "teacher forcing 0.5"],
}


@pytest.mark.parametrize("run", PRINTED, ids=lambda run: run.__name__)
def test_example_runs(run, tmp_path, capsys):
    run(tmp_path)
    printed = capsys.readouterr().out
    assert [words for words in PRINTED[run] if words not in printed] == []


def test_weather_names_missing_columns_of_a_wrong_file(tmp_path):
    example = load("weather")
    path = tmp_path / "other.csv"
    pd.DataFrame(1.0, index=range(5), columns=["Date Time", *example.COLUMNS[2:]]).to_csv(path)
    with pytest.raises(SystemExit, match=r"other\.csv is not .*: it has no column p \(mbar\), T \(degC\)\.$"):
        example.main([str(path)])


def test_weather_raises_for_short_file(tmp_path):
    example = load("weather")
    path = write_weather(tmp_path / "weather.csv", example.COLUMNS, 1000)
    with pytest.raises(SystemExit, match="1000 rows are too few"):
        example.main([str(path)])


def test_weather_fills_gaps_forward(tmp_path):
    example = load("weather")
    wind = example.read_weather(write_weather(tmp_path / "weather.csv", example.COLUMNS, 30))["wv (m/s)"]
    assert wind[10] == wind[9] > -1000
    assert example.read_weather(tmp_path / "weather.csv", 7).shape == (7, 14)


def test_weather_windows_end_a_day_before():
    example = load("weather")
    table = pd.DataFrame({"row": np.arange(1000.0)})
    windows = example.weather_model(epochs=1, valid_share=0.5)[0].fit(table).transform(table)
    assert windows[example.REACH].ravel()[[0, 1, -1]].tolist() == [0.0, 6.0, example.REACH - 144]


def test_of_counts_sums_to_one():
    example = load("names_letter_by_letter")
    letters = [*example.ascii_lowercase, example.END]
    for order in (0, 1, 2):
        p = [example.of_counts(["anna", "ann"], [letter], order)[0] for letter in example.ascii_lowercase]
        end = example.of_counts(["anna", "ann"], [""], order)[0]
        assert len(p) + 1 == len(letters)
        assert sum(p) + end == pytest.approx(1.0)
    assert example.of_counts(["anna", "ann"], ["an"], 1) == pytest.approx([3 / 29, 3 / 30, 2 / 31])
