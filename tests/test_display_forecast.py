"""ForecastDisplay draws a forecast behind its past, and says what is wrong with what it is given."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from drawing import exactly, texts

from sklearn_rnn.display import ForecastDisplay

pytestmark = pytest.mark.usefixtures("no_figure_is_left")


class Forecaster:
    """Continues each column by its last value, with bounds one below and above."""

    def __init__(self, targets):
        self.targets = targets
        self.calls = []

    def forecast(self, steps, known=None, *, history):
        self.calls.append({"steps": steps, "known": known, "history": history})
        if isinstance(history, pd.Series):
            history = history.to_frame()
        if not isinstance(history, pd.DataFrame):
            history = pd.DataFrame(history)
        if not isinstance(history.index, pd.MultiIndex):
            return self._one(history, steps)
        levels = list(range(history.index.nlevels - 1))
        parts = {
            key: self._one(part.droplevel(levels), steps) for key, part in history.groupby(level=levels, sort=False)
        }
        if len(levels) == 1:
            parts = {key[0]: part for key, part in parts.items()}
        return pd.concat(parts, names=history.index.names[:-1])

    def _one(self, history, steps):
        if isinstance(history.index, pd.DatetimeIndex):
            index = pd.date_range(history.index[-1], periods=steps + 1, freq="D", name=history.index.name)[1:]
        else:
            index = pd.RangeIndex(history.index[-1] + 1, history.index[-1] + 1 + steps)
        values = np.tile(history[self.targets].to_numpy()[-1], (steps, 1))
        return pd.DataFrame(values, index=index, columns=self.targets)

    def predict_interval(self, steps, known=None, *, history, coverage):
        point = self.forecast(steps, known, history=history)
        tables = {
            name: pd.DataFrame({"forecast": values, "lower": values - coverage, "upper": values + coverage})
            for name, values in point.items()
        }
        return pd.concat(tables, axis=1) if len(tables) > 1 else next(iter(tables.values()))


def days(n=100, start="2020-01-01", columns=("sales",)):
    index = pd.date_range(start, periods=n, freq="D", name="day")
    values = {name: np.arange(n) + 1000.0 * i for i, name in enumerate(columns)}
    return pd.DataFrame(values, index=index)


def test_forecast_is_drawn():
    X, truth = days(), days(5, "2020-04-10")
    forecaster, known = Forecaster(["sales"]), object()
    display = ForecastDisplay.from_estimator(forecaster, X, steps=5, known=known, truth=truth)
    assert forecaster.calls == [{"steps": 5, "known": known, "history": X}]
    np.testing.assert_array_equal(display.past_line_.get_ydata(), X["sales"][-50:])
    np.testing.assert_array_equal(display.past_line_.get_xdata(), X.index[-50:].to_numpy())
    np.testing.assert_array_equal(display.line_.get_ydata(), [99] * 5)
    np.testing.assert_array_equal(display.line_.get_xdata(), truth.index.to_numpy())
    np.testing.assert_array_equal(display.truth_line_.get_ydata(), truth["sales"])
    assert display.band_ is None
    assert display.border_.get_xdata()[0] == X.index[-1]
    assert display.ax_.get_xlabel() == "day"
    assert display.ax_.get_ylabel() == "sales"
    assert texts(display.ax_.get_legend()) == ["past", "forecast", "truth"]


def corners(band):
    return np.unique(band.get_paths()[0].vertices, axis=0)


def test_interval_is_drawn():
    display = ForecastDisplay.from_estimator(Forecaster(["sales"]), days(), steps=3, coverage=0.9)
    dates = mpl.dates.date2num(display.forecast.index)
    expected = np.array([[date, 99 + side * 0.9] for date in dates for side in (-1, 1)])
    np.testing.assert_allclose(corners(display.band_), expected)
    np.testing.assert_array_equal(display.line_.get_ydata(), [99] * 3)
    assert texts(display.ax_.get_legend()) == ["past", "forecast", "90 % interval"]


@pytest.mark.parametrize("coverage", [None, 0.5])
def test_target_is_chosen(coverage):
    X = days(columns=("sales", "price", "visits"))
    forecaster = Forecaster(["sales", "visits"])
    display = ForecastDisplay.from_estimator(forecaster, X, steps=2, coverage=coverage, target="visits")
    np.testing.assert_array_equal(display.line_.get_ydata(), [2099] * 2)
    np.testing.assert_array_equal(display.past_line_.get_ydata(), X["visits"][-50:])
    assert display.ax_.get_ylabel() == "visits"
    for target, message in {
        None: "target is needed to choose one of 2: 'sales', 'visits'.",
        "price": "target='price' is not there; choose from 'sales', 'visits'.",
    }.items():
        with pytest.raises(ValueError, match=exactly(message)):
            ForecastDisplay.from_estimator(forecaster, X, steps=2, coverage=coverage, target=target)


def test_target_of_an_interval_is_known_or_asked_for():
    X = days(columns=("price", "sales"))
    forecaster = Forecaster(["sales"])
    with pytest.raises(ValueError, match=exactly("target is needed to choose one of 2: 'price', 'sales'.")):
        ForecastDisplay.from_estimator(forecaster, X, steps=2, coverage=0.5)
    by_hand = ForecastDisplay.from_estimator(forecaster, X, steps=2, coverage=0.5, target="sales")
    forecaster.target_ = ["sales"]
    by_itself = ForecastDisplay.from_estimator(forecaster, X, steps=2, coverage=0.5)
    for display in (by_hand, by_itself):
        assert display.name == "sales"
        np.testing.assert_array_equal(display.past_line_.get_ydata(), X["sales"][-50:])


def panel(ids=("a", "b")):
    tables = {name: days() + 10_000 * i for i, name in enumerate(ids)}
    names = ["shop"] if not isinstance(ids[0], tuple) else ["country", "shop"]
    return pd.concat(tables, names=names)


@pytest.mark.parametrize("coverage", [None, 0.5])
@pytest.mark.parametrize(("ids", "name"), [(("a", "b"), "sales, b"), ((("x", 1), ("x", 2)), "sales, x, 2")])
def test_series_is_chosen(coverage, ids, name):
    X, truth = panel(ids), panel(ids)[:0]
    later = pd.concat({key: days(2, "2020-04-10") + i for i, key in enumerate(ids)}, names=X.index.names[:-1])
    display = ForecastDisplay.from_estimator(
        Forecaster(["sales"]), X, steps=2, coverage=coverage, series=ids[1], truth=later, last=7
    )
    np.testing.assert_array_equal(display.past_line_.get_ydata(), X.loc[ids[1], "sales"][-7:])
    np.testing.assert_array_equal(display.line_.get_ydata(), [10_099] * 2)
    np.testing.assert_array_equal(display.truth_line_.get_ydata(), [1, 2])
    assert display.ax_.get_ylabel() == name
    for series, message in {
        None: f"series is needed to choose one of 2: {ids[0]!r}, {ids[1]!r}.",
        "c": f"series='c' is not there; choose from {ids[0]!r}, {ids[1]!r}.",
    }.items():
        with pytest.raises(ValueError, match=exactly(message)):
            ForecastDisplay.from_estimator(Forecaster(["sales"]), X, steps=2, coverage=coverage, series=series)
    with pytest.raises(ValueError, match=r"^truth has no rows of series "):
        ForecastDisplay.from_estimator(Forecaster(["sales"]), X, steps=2, series=ids[1], truth=truth)


def test_a_single_series_needs_no_choice():
    display = ForecastDisplay.from_estimator(Forecaster(["sales"]), panel(("a",)), steps=2)
    assert display.name == "sales, a"


@pytest.mark.parametrize("last", [None, 1, 1000])
def test_last_rows(last):
    display = ForecastDisplay.from_estimator(Forecaster(["sales"]), days(200), steps=30, last=last)
    assert len(display.past) == {None: 90, 1: 1, 1000: 200}[last]


def test_forms_of_history():
    X = days().reset_index(drop=True)
    for form, targets in ((X, ["sales"]), (X["sales"], ["sales"]), (X.to_numpy(), [0])):
        display = ForecastDisplay.from_estimator(Forecaster(targets), form, steps=1, truth=pd.Series([5.0], [100]))
        np.testing.assert_array_equal(display.past_line_.get_xdata(), np.arange(50, 100))
        assert list(display.line_.get_xdata()) == [100]
        assert display.line_.get_marker() == "o"
        assert list(display.truth_line_.get_ydata()) == [5]
        assert display.ax_.get_xlabel() == "step"


@pytest.mark.parametrize(
    ("index", "places"),
    [
        (pd.period_range("2020-01", periods=4, freq="M"), pd.date_range("2020-01-01", periods=4, freq="MS")),
        (pd.date_range("2020", periods=4, tz="Asia/Tokyo"), pd.date_range("2020", periods=4)),
        (pd.Index(["a", "b", "c", "d"]), range(4)),
        (pd.timedelta_range("1h", periods=4, freq="h"), range(4)),
        (pd.Index([0.5, 1.0, 1.5, 2.0]), [0.5, 1.0, 1.5, 2.0]),
    ],
)
def test_kinds_of_index(index, places):
    values = pd.Series([1.0, 2.0, 3.0, 4.0], index=index)
    display = ForecastDisplay(values[:2], values[2:], truth=values[3:]).plot()
    places = np.asarray(places)
    np.testing.assert_array_equal(display.past_line_.get_xdata(), places[:2])
    np.testing.assert_array_equal(display.line_.get_xdata(), places[2:])
    np.testing.assert_array_equal(display.truth_line_.get_xdata(), places[3:])
    display.figure_.canvas.draw()


def test_forecast_on_given_axes():
    figure, axes = plt.subplots(1, 2)
    display = ForecastDisplay.from_estimator(
        Forecaster(["sales"]),
        days(),
        steps=2,
        coverage=0.9,
        truth=days(2, "2020-04-10"),
        ax=axes[1],
        past_kw={"lw": 3},
        line_kw={"c": "red"},
        truth_kw={"marker": "x"},
        band_kw={"alpha": 0.7},
    )
    assert display.ax_ is axes[1]
    assert display.figure_ is figure
    assert plt.get_fignums() == [figure.number]
    assert display.past_line_.get_linewidth() == 3
    assert display.line_.get_color() == "red"
    assert display.truth_line_.get_marker() == "x"
    assert display.band_.get_alpha() == 0.7


def test_forecast_without_a_past():
    values = pd.Series([1.0, 2.0])
    display = ForecastDisplay(values[:0], values).plot()
    assert display.border_ is None


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"last": 0}, ValueError, "last must be at least 1, got 0."),
        (
            {"series": "a"},
            ValueError,
            "series='a' needs an index of two levels, the series and the time, which X has not.",
        ),
        ({"truth": [1.0, 2.0]}, TypeError, "truth is of type list; expected a Series or a DataFrame."),
        (
            {"truth": days(2, columns=("a", "b"))},
            ValueError,
            "truth has no column 'sales', which is forecast; it has 'a', 'b'.",
        ),
        (
            {"truth": panel()},
            ValueError,
            "truth tells series apart, and X does not; give X an index of two levels, too.",
        ),
    ],
)
def test_bad_arguments_of_a_forecast(arguments, error, message):
    with pytest.raises(error) as raised:
        ForecastDisplay.from_estimator(Forecaster(["sales"]), days(), steps=2, **arguments)
    assert str(raised.value) == message
    assert not plt.get_fignums()


def test_half_an_interval():
    values = pd.Series([1.0, 2.0])
    with pytest.raises(ValueError, match=r"^Only one of lower and upper is given; an interval needs both\.$"):
        ForecastDisplay(values, values, lower=values).plot()
    assert ForecastDisplay(values, values, lower=values, upper=values).plot().band_.get_label() == "interval"
