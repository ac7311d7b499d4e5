"""The embedded data are those of their sources, and the makers do what their definitions say."""

import inspect
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Bunch

from sklearn_rnn import datasets
from sklearn_rnn.datasets import (
    load_beijing_pm25,
    load_co2,
    load_japanese_vowels,
    load_names,
    load_sunspots,
    make_adding_problem,
    make_copy_memory,
    make_sine,
)

SERIES = {
    "sunspots, monthly": (load_sunspots, {}),
    "sunspots, yearly": (load_sunspots, {"frequency": "yearly"}),
    "co2": (load_co2, {}),
    "co2, raw": (load_co2, {"raw": True}),
    "beijing_pm25": (load_beijing_pm25, {}),
    "beijing_pm25, raw": (load_beijing_pm25, {"raw": True}),
}
LABELLED = [load_japanese_vowels, load_names]
LOADERS = [load_sunspots, load_co2, load_beijing_pm25, *LABELLED]
MAKERS = [make_sine, make_adding_problem, make_copy_memory]


@pytest.fixture(params=SERIES.values(), ids=SERIES.keys())
def series(request):
    return request.param


# The embedded files


def test_files_are_small():
    assert sum(len(file.read_bytes()) for file in _embedded_files()) < 1_500_000


def test_files_are_readable_text():
    assert {"".join(file.name.partition(".")[1:]) for file in _embedded_files()} == {".csv.gz", ".rst"}


def test_files_carry_no_date():
    headers = [file.read_bytes()[:8] for file in _embedded_files() if file.name.endswith(".gz")]
    assert {header[4:] for header in headers} == {bytes(4)}


def _embedded_files():
    return [file for file in files("sklearn_rnn.datasets").joinpath("data").iterdir() if file.is_file()]


# All loaders


def test_public_names():
    assert datasets.__all__ == sorted(function.__name__ for function in [*LOADERS, *MAKERS])


@pytest.mark.parametrize("load", LOADERS)
def test_bunch(load):
    bunch = load()
    assert isinstance(bunch, Bunch)
    assert {"data", "target", "frame", "feature_names", "target_names", "DESCR"} <= set(bunch)
    assert len(bunch.data) == len(bunch.target)
    for word in (":Source:", ":Licence:", ":Missing values:", ":Changes:"):
        assert word in bunch.DESCR


@pytest.mark.parametrize("load", LOADERS)
def test_loaders_take_keywords_only(load):
    kinds = {parameter.kind for parameter in inspect.signature(load).parameters.values()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize(
    ("load", "argument"),
    [
        (load_sunspots, {"frequency": "weekly"}),
        (load_co2, {"raw": "yes"}),
        (load_beijing_pm25, {"as_frame": "auto"}),
        (load_japanese_vowels, {"subset": "validation"}),
        (load_names, {"return_X_y": None}),
    ],
)
def test_wrong_argument(load, argument):
    (name,) = argument
    with pytest.raises(ValueError, match=f"The '{name}' parameter of {load.__name__} must be"):
        load(**argument)


# Time series


def test_series_as_frame(series):
    load, arguments = series
    bunch = load(**arguments)
    assert isinstance(bunch.data, pd.DataFrame)
    assert isinstance(bunch.target, pd.Series)
    assert bunch.feature_names == list(bunch.data.columns)
    assert bunch.target_names == [bunch.target.name]
    pd.testing.assert_series_equal(bunch.target, bunch.data[bunch.target.name])
    pd.testing.assert_frame_equal(bunch.frame, bunch.data)


def test_series_as_arrays(series):
    load, arguments = series
    frames, arrays = load(**arguments), load(**arguments, as_frame=False)
    assert type(arrays.data) is type(arrays.target) is np.ndarray
    assert arrays.frame is None
    assert arrays.feature_names == frames.feature_names
    np.testing.assert_array_equal(arrays.target, frames.target)
    assert arrays.data.flags.writeable
    assert arrays.target.flags.writeable


@pytest.mark.parametrize("as_frame", [True, False])
def test_series_return_X_y(series, as_frame):
    load, arguments = series
    X, y = load(**arguments, return_X_y=True, as_frame=as_frame)
    bunch = load(**arguments, as_frame=as_frame)
    assert type(X) is type(bunch.data)
    assert type(y) is type(bunch.target)
    pd.testing.assert_frame_equal(pd.DataFrame(X), pd.DataFrame(bunch.data))
    np.testing.assert_array_equal(y, bunch.target)


def test_series_parts_are_independent(series):
    load, arguments = series
    bunch = load(**arguments)
    bunch.target.iloc[0] = -1.0
    bunch.data.loc[bunch.data.index[1], bunch.target.name] = -1.0
    bunch.frame.loc[bunch.data.index[2], bunch.target.name] = -1.0
    table = load(**arguments).data[bunch.target.name]
    for column, changed in [(bunch.target, 0), (bunch.data[table.name], 1), (bunch.frame[table.name], 2)]:
        np.testing.assert_array_equal(column.drop(column.index[changed]), table.drop(table.index[changed]))


@pytest.mark.parametrize("load", [load_sunspots, load_co2, load_beijing_pm25])
def test_series_is_ready_for_a_scaler(load):
    X, y = load(return_X_y=True)
    assert (X.dtypes == np.float64).all()
    assert y.dtype == np.float64
    assert np.isfinite(StandardScaler().fit_transform(X)).all()
    assert y.notna().all()


@pytest.mark.parametrize(
    ("load", "arguments", "n_rows", "first", "last", "freq"),
    [
        (load_sunspots, {}, 3126, "1749-01-01", "2009-06-01", "MS"),
        (load_sunspots, {"frequency": "yearly"}, 309, "1700-01-01", "2008-01-01", "YS-JAN"),
        (load_co2, {}, 2284, "1958-03-29", "2001-12-29", "W-SAT"),
        (load_beijing_pm25, {}, 43824, "2010-01-01 00:00", "2014-12-31 23:00", "h"),
        (load_beijing_pm25, {"raw": True}, 43824, "2010-01-01 00:00", "2014-12-31 23:00", "h"),
    ],
)
def test_series_index(load, arguments, n_rows, first, last, freq):
    index = load(**arguments).data.index
    assert len(index) == n_rows
    assert (index[0], index[-1]) == (pd.Timestamp(first), pd.Timestamp(last))
    assert index.freqstr == freq
    assert index.name == "time"


def test_sunspots_values():
    monthly = load_sunspots().target
    assert monthly.loc["1749"].tolist() == [
        *(58.0, 62.6, 70.0, 55.7, 85.0, 83.5),
        *(94.8, 66.3, 75.9, 75.5, 158.6, 85.2),
    ]
    assert monthly.loc["2009"].tolist() == [1.5, 1.4, 0.7, 1.2, 2.9, 2.6]
    yearly = load_sunspots(frequency="yearly").target
    assert yearly.iloc[[0, 1, -1]].tolist() == [5.0, 11.0, 2.9]


def test_sunspots_years_are_the_means_of_their_months():
    months = load_sunspots().target
    years = load_sunspots(frequency="yearly").target.loc["1749":"2008"]
    means = months.loc[:"2008"].groupby(months.loc[:"2008"].index.year).mean()
    # The source rounds both, and its two files differ a little more in some years: 0.42 at most.
    np.testing.assert_allclose(means, years, atol=0.5)


def test_co2_values():
    raw, filled = load_co2(raw=True).target, load_co2().target
    assert raw.isna().sum() == 59
    assert raw.iloc[:4].tolist() == [316.1, 317.3, 317.6, 317.5]
    assert raw.iloc[-1] == 371.5
    pd.testing.assert_series_equal(filled[raw.notna()], raw.dropna(), check_freq=False)
    # 1958-05-10 is missing between 316.9 and 317.5.
    assert filled.loc["1958-05-10"] == pytest.approx(317.2)


def test_beijing_raw_columns():
    bunch = load_beijing_pm25(raw=True)
    assert bunch.feature_names == ["pm2.5", "DEWP", "TEMP", "PRES", "cbwd", "Iws", "Is", "Ir"]
    assert bunch.data.isna().sum().sum() == bunch.target.isna().sum() == 2067
    assert bunch.target.iloc[:24].isna().all()
    assert bunch.data["cbwd"].value_counts().to_dict() == {"SE": 15290, "NW": 14150, "cv": 9387, "NE": 4997}
    assert bunch.data.iloc[-1].tolist() == [12, -21, -3, 1034, "NW", 249.85, 0, 0]
    assert bunch.data["Iws"].max() == 585.6
    assert bunch.target.mean() == pytest.approx(98.613215)


def test_beijing_gaps_hold_the_last_value_measured():
    raw, filled = load_beijing_pm25(raw=True).target, load_beijing_pm25().target
    assert (filled.iloc[:24] == 129).all()
    last = np.nan
    for before, after in zip(raw.iloc[24:3000], filled.iloc[24:3000], strict=True):
        last = last if np.isnan(before) else before
        assert after == last


def test_beijing_wind_is_one_hot():
    raw, filled = load_beijing_pm25(raw=True).data, load_beijing_pm25().data
    directions = ["NE", "NW", "SE", "cv"]
    assert list(filled.columns) == [
        *("pm2.5", "DEWP", "TEMP", "PRES", "Iws", "Is", "Ir"),
        *(f"cbwd_{direction}" for direction in directions),
    ]
    one_hot = filled[[f"cbwd_{direction}" for direction in directions]].to_numpy()
    assert (one_hot.sum(axis=1) == 1).all()
    assert (np.array(directions)[one_hot.argmax(axis=1)] == raw["cbwd"].to_numpy()).all()


# Labelled sequences


@pytest.mark.parametrize(
    ("subset", "per_speaker"),
    [
        ("train", [30] * 9),
        ("test", [31, 35, 88, 44, 29, 24, 40, 50, 29]),
        ("all", [61, 65, 118, 74, 59, 54, 70, 80, 59]),
    ],
)
def test_japanese_vowels_subsets(subset, per_speaker):
    X, y = load_japanese_vowels(subset=subset, return_X_y=True)
    assert len(X) == len(y) == {"train": 270, "test": 370, "all": 640}[subset]
    speakers, counts = np.unique(y, return_counts=True)
    assert speakers.tolist() == list(range(1, 10))
    assert counts.tolist() == per_speaker
    lengths = [len(utterance) for utterance in X]
    assert (min(lengths), max(lengths)) == ((7, 26) if subset == "train" else (7, 29))
    assert {utterance.shape[1] for utterance in X} == {12}
    assert {utterance.dtype for utterance in X} == {np.dtype(np.float64)}


def test_japanese_vowels_bunch():
    bunch = load_japanese_vowels()
    assert bunch.frame is None
    assert bunch.feature_names == [f"cepstrum_{number}" for number in range(1, 13)]
    assert bunch.target_names == [f"speaker {number}" for number in range(1, 10)]
    assert bunch.target.dtype == np.int64
    assert bunch.data[0][:2, 0].tolist() == [1.860936, 1.891651]


def test_japanese_vowels_train_comes_before_test():
    X, y = load_japanese_vowels(subset="all", return_X_y=True)
    parts = [load_japanese_vowels(subset=subset, return_X_y=True) for subset in ("train", "test")]
    for whole, part in zip(X, parts[0][0] + parts[1][0], strict=True):
        np.testing.assert_array_equal(whole, part)
    np.testing.assert_array_equal(y, np.concatenate([parts[0][1], parts[1][1]]))


def test_japanese_vowels_documented_accuracy():
    def summary(utterances):
        return [np.concatenate([steps.mean(axis=0), steps.std(axis=0)]) for steps in utterances]

    X_train, y_train = load_japanese_vowels(subset="train", return_X_y=True)
    X_test, y_test = load_japanese_vowels(subset="test", return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cg"))
    score = model.fit(summary(X_train), y_train).score(summary(X_test), y_test)
    assert score == pytest.approx(0.962, abs=0.002)


def test_names():
    bunch = load_names()
    assert len(bunch.data) == 5494
    assert bunch.frame is None
    sexes, counts = np.unique(bunch.target, return_counts=True)
    assert dict(zip(sexes.tolist(), counts.tolist(), strict=True)) == {"female": 4275, "male": 1219}
    assert bunch.target_names == sexes.tolist()
    assert bunch.data[4275] == "James"
    assert bunch.frequency[4275] == 3.318


def test_names_are_capitalised_words():
    X, _ = load_names(return_X_y=True)
    assert all(type(name) is str and name.isascii() and name.isalpha() for name in X)
    assert all(name == name.capitalize() for name in X)
    assert {len(name) for name in X} == set(range(2, 12))
    assert {"Na", "Nan"} <= set(X)


def test_names_on_both_lists_occur_twice():
    X, y = load_names(return_X_y=True)
    both = set(np.array(X)[y == "female"]) & set(np.array(X)[y == "male"])
    assert len(X) - len(set(X)) == len(both) == 331
    assert "James" in both


@pytest.mark.parametrize("sex", ["female", "male"])
def test_names_are_ordered_by_frequency(sex):
    bunch = load_names()
    frequency = bunch.frequency[bunch.target == sex]
    assert (np.diff(frequency) <= 0).all()
    assert frequency.sum() == pytest.approx(90, abs=0.1)


# Makers


def test_sine_without_noise():
    X, y = make_sine(200, period=12.5)
    assert X.shape == (200, 1)
    np.testing.assert_allclose(y, np.sin(2 * np.pi * np.arange(200) / 12.5))
    np.testing.assert_array_equal(X[:, 0], y)
    np.testing.assert_allclose(y[25:], y[:-25], atol=1e-12)


def test_sine_with_noise():
    _, clean = make_sine(20_000)
    X, noisy = make_sine(20_000, noise=0.3, random_state=0)
    assert (noisy - clean).std() == pytest.approx(0.3, rel=0.02)
    np.testing.assert_array_equal(X[:, 0], noisy)


def test_sine_parts_are_independent():
    X, y = make_sine(10)
    X[:] = 7.0
    assert (y < 7.0).all()


@pytest.mark.parametrize("n_steps", [2, 3, 50])
def test_adding_problem(n_steps):
    X, y = make_adding_problem(500, n_steps=n_steps, random_state=0)
    assert X.shape == (500, n_steps, 2)
    assert X[..., 0].min() >= 0
    assert X[..., 0].max() < 1
    half = n_steps // 2
    for sequence, target in zip(X, y, strict=True):
        first, second = np.flatnonzero(sequence[:, 1])
        assert first < half <= second
        assert sequence[[first, second], 1].tolist() == [1.0, 1.0]
        assert target == sequence[first, 0] + sequence[second, 0]


def test_adding_problem_marks_every_step():
    X, _ = make_adding_problem(2000, n_steps=9, random_state=0)
    assert (X[..., 1].sum(axis=0) > 0).all()


def test_adding_problem_documented_error():
    _, y = make_adding_problem(100_000, n_steps=2, random_state=0)
    assert np.mean((y - 1) ** 2) == pytest.approx(1 / 6, rel=0.02)


@pytest.mark.parametrize(("delay", "n_symbols", "n_memory"), [(100, 8, 10), (1, 2, 3), (7, 1, 1)])
def test_copy_memory(delay, n_symbols, n_memory):
    X, y = make_copy_memory(300, delay=delay, n_symbols=n_symbols, n_memory=n_memory, random_state=0)
    assert X.shape == (300, delay + 2 * n_memory, 1)
    assert X.dtype == y.dtype == np.int64
    symbols, zeros, delimiters = np.split(X[..., 0], [n_memory, n_memory + delay - 1], axis=1)
    assert set(np.unique(symbols)) == set(range(1, n_symbols + 1))
    assert (zeros == 0).all()
    assert delimiters.shape[1] == n_memory + 1
    assert (delimiters == n_symbols + 1).all()
    np.testing.assert_array_equal(y[:, -n_memory:], symbols)
    assert (y[:, :-n_memory] == 0).all()


@pytest.mark.parametrize(
    ("make", "arguments"),
    [(make_sine, {"noise": 0.1}), (make_adding_problem, {}), (make_copy_memory, {})],
)
def test_makers_are_deterministic(make, arguments):
    X, y = make(50, **arguments, random_state=3)
    X_again, y_again = make(50, **arguments, random_state=np.random.RandomState(3))
    np.testing.assert_array_equal(X, X_again)
    np.testing.assert_array_equal(y, y_again)
    X_other, _ = make(50, **arguments, random_state=4)
    assert not np.array_equal(X_other, X)


@pytest.mark.parametrize("make", MAKERS)
def test_makers_default_to_1000_samples(make):
    X, y = make()
    assert len(X) == len(y) == 1000


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (make_sine, {"n_samples": 0}),
        (make_sine, {"period": 0}),
        (make_sine, {"noise": -0.1}),
        (make_sine, {"random_state": "seed"}),
        (make_adding_problem, {"n_samples": 1.5}),
        (make_adding_problem, {"n_steps": 1}),
        (make_copy_memory, {"delay": 0}),
        (make_copy_memory, {"n_symbols": 0}),
        (make_copy_memory, {"n_memory": 0}),
    ],
)
def test_makers_raise_an_error(make, argument):
    (name,) = argument
    with pytest.raises(ValueError, match=f"The '{name}' parameter of {make.__name__} must be"):
        make(**argument)
