"""The displays draw what they are given, on the axes they are given, and say what is wrong with it."""

import re
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_rnn import GRURegressor
from sklearn_rnn.datasets import load_co2, load_sunspots, make_adding_problem
from sklearn_rnn.display import BacktestDisplay, CorrelogramDisplay, ForecastDisplay, HistoryDisplay
from sklearn_rnn.lags import autocorrelations, suggest_lags

mpl.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def _no_figure_is_left():
    plt.close("all")
    yield
    plt.close("all")


def exactly(message):
    return f"^{re.escape(message)}$"


def texts(legend):
    return [text.get_text() for text in legend.get_texts()]


# HistoryDisplay


@pytest.fixture(scope="module")
def data():
    X, y = make_adding_problem(120, n_steps=5, random_state=0)
    return X, y


@pytest.fixture(scope="module")
def stopped(data):
    model = GRURegressor(
        hidden_layer_sizes=(4,), max_epochs=30, early_stopping=True, n_iter_no_change=2, lr=0.1, random_state=0
    )
    return model.fit(*data)


def test_history_is_drawn(stopped):
    display = HistoryDisplay.from_estimator(stopped)
    assert [line.get_label() for line in display.lines_] == ["train_loss", "valid_loss"]
    for line in display.lines_:
        np.testing.assert_array_equal(line.get_xdata(), stopped.history_.index)
        np.testing.assert_array_equal(line.get_ydata(), stopped.history_[line.get_label()])
    assert display.ax_.get_xlabel() == "epoch"
    assert display.ax_.get_ylabel() == "loss (squared error)"
    assert display.ax_.get_title() == "GRURegressor"
    assert display.ax_.get_yscale() == "linear"
    assert texts(display.ax_.get_legend()) == [
        "train_loss",
        "valid_loss",
        f"weights kept: epoch {display.best_epoch}",
    ]


def test_the_epoch_is_marked_whose_weights_are_kept(data, stopped):
    display = HistoryDisplay.from_estimator(stopped)
    assert display.best_epoch == stopped.history_["valid_loss"].idxmin()
    assert display.best_epoch < stopped.n_iter_
    assert list(display.best_line_.get_xdata()) == [display.best_epoch] * 2
    # With a tolerance that nothing reaches, only the first epoch counts.
    first = GRURegressor(max_epochs=3, early_stopping=True, tol=1e6, random_state=0).fit(*data)
    assert HistoryDisplay.from_estimator(first).best_epoch == 1


def test_without_early_stopping_no_epoch_is_marked(data):
    model = GRURegressor(max_epochs=1, random_state=0).fit(*data)
    display = HistoryDisplay.from_estimator(model)
    assert [line.get_label() for line in display.lines_] == ["train_loss"]
    assert display.lines_[0].get_marker() == "o"  # a line of one epoch has no length
    assert display.best_epoch is None
    assert display.best_line_ is None


def test_columns_scale_name_and_styles(data):
    model = GRURegressor(max_epochs=2, scoring="r2", random_state=0).fit(*data)
    ax = plt.figure().add_subplot()
    display = HistoryDisplay.from_estimator(
        model, columns=["train_r2"], ax=ax, name="mine", log_scale=True, line_kw={"lw": 5, "c": "red"}
    )
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    assert len(plt.get_fignums()) == 1
    assert ax.get_ylabel() == "score"
    assert ax.get_title() == "mine"
    assert ax.get_yscale() == "log"
    assert display.lines_[0].get_linewidth() == 5
    assert display.lines_[0].get_color() == "red"
    both = HistoryDisplay.from_estimator(model, columns=["train_loss", "train_r2"])
    assert both.ax_.get_ylabel() == "loss (squared error), score"


class Holder:
    def __init__(self, **attributes):
        vars(self).update(attributes)

    def fit(self):
        """Only for show."""


def test_what_holds_an_estimator_is_looked_into(data, stopped):
    X, y = data
    pipeline = make_pipeline(StandardScaler(), GRURegressor(max_epochs=1, random_state=0)).fit(X[:, :, 0], y)
    search = GridSearchCV(pipeline, {"gruregressor__lr": [0.1]}, cv=2).fit(X[:, :, 0], y)
    holders = {
        "pipeline": (pipeline, pipeline[-1]),
        "search": (search, search.best_estimator_[-1]),
        "forecaster": (Holder(estimator_=pipeline), pipeline[-1]),
        "target": (Holder(regressor_=stopped), stopped),
    }
    for holder, model in holders.values():
        display = HistoryDisplay.from_estimator(holder)
        np.testing.assert_array_equal(display.lines_[0].get_ydata(), model.history_["train_loss"])


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (
            GRURegressor(),
            NotFittedError,
            "GRURegressor is not fitted yet; call fit before HistoryDisplay.from_estimator.",
        ),
        (
            make_pipeline(StandardScaler(), GRURegressor()),
            NotFittedError,
            "GRURegressor, in Pipeline, is not fitted yet; call fit before HistoryDisplay.from_estimator.",
        ),
        (
            GridSearchCV(GRURegressor(), {}),
            NotFittedError,
            "GridSearchCV is not fitted yet; call fit before HistoryDisplay.from_estimator.",
        ),
        (
            LinearRegression().fit([[0], [1]], [0, 1]),
            ValueError,
            "LinearRegression has no history_; expected a fitted recurrent estimator, such as GRURegressor, or what "
            "holds one: a pipeline, a search or a forecaster.",
        ),
        (
            GridSearchCV(LinearRegression(), {}, cv=2, refit=False).fit([[0], [1], [2], [3]], [0, 1, 2, 3]),
            ValueError,
            "GridSearchCV has no history_; expected a fitted recurrent estimator, such as GRURegressor, or what "
            "holds one: a pipeline, a search or a forecaster. A search needs refit=True.",
        ),
        (
            Holder(estimators_=[None, None]),
            ValueError,
            "Holder holds several fitted estimators; pass one of them, such as estimators_[0].",
        ),
        (
            make_pipeline(StandardScaler(), "passthrough"),
            ValueError,
            "str, in Pipeline, has no history_; expected a fitted recurrent estimator, such as GRURegressor, or what "
            "holds one: a pipeline, a search or a forecaster.",
        ),
    ],
)
def test_no_history(estimator, error, message):
    with pytest.raises(error) as raised:
        HistoryDisplay.from_estimator(estimator)
    assert str(raised.value) == message
    assert not plt.get_fignums()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["train_loss", "x"], "history_ has no column 'x'; choose from 'train_loss', 'valid_loss', 'dur'."),
        ([], "columns is empty; choose from 'train_loss', 'valid_loss', 'dur'."),
    ],
)
def test_bad_columns(stopped, columns, message):
    with pytest.raises(ValueError, match=exactly(message)):
        HistoryDisplay.from_estimator(stopped, columns=columns)


# CorrelogramDisplay


def test_correlogram_is_drawn():
    y = load_sunspots(frequency="yearly", return_X_y=True)[1]
    display = CorrelogramDisplay.from_series(y, max_lags=30)
    for values, stems, heads in zip(autocorrelations(y, 30), display.stems_, display.heads_, strict=True):
        np.testing.assert_array_equal(heads.get_xdata(), np.arange(1, 31))
        np.testing.assert_array_equal(heads.get_ydata(), values[1:])
        ends = [[[lag, 0], [lag, value]] for lag, value in enumerate(values[1:], 1)]
        np.testing.assert_array_equal(stems.get_segments(), ends)
    assert [list(mark.get_xdata()) for mark in display.marks_] == [[10, 10]] * 2
    assert [ax.get_ylabel() for ax in display.axes_] == ["autocorrelation", "partial autocorrelation"]
    assert display.axes_[1].get_xlabel() == "lag (steps)"
    legend = display.axes_[0].get_legend()
    assert legend.get_title().get_text() == "sunspots"
    assert texts(legend) == ["95 % of noise, at one lag", "95 % of noise, at all lags", "suggested lags: 10"]


def test_bands_are_those_of_noise():
    display = CorrelogramDisplay.from_series(np.random.RandomState(0).normal(size=100), max_lags=10)
    for band in display.bands_:
        box = band.get_extents().transformed(band.axes.transData.inverted())
        assert [box.y0, box.y1] == pytest.approx([-0.1959964, 0.1959964], abs=1e-6)
    outer = [line.get_ydata()[0] for line in display.outer_lines_]
    assert outer == pytest.approx([-0.2807034, 0.2807034] * 2, abs=1e-6)


def test_band_of_all_lags_is_that_of_the_lags_looked_at_not_of_those_drawn():
    y = np.random.RandomState(0).normal(size=900)
    display = CorrelogramDisplay.from_series(y)
    assert len(display.acf) == 41
    assert display.n_compared == 300


def test_differences_are_drawn_where_the_series_drifts():
    y = load_co2(return_X_y=True)[1]
    display = CorrelogramDisplay.from_series(y)
    assert display.suggested == suggest_lags(y) == 53
    assert len(display.acf) == 2 * 53 + 1
    np.testing.assert_array_equal(display.acf, autocorrelations(np.diff(y), 106)[0])
    assert display.axes_[0].get_legend().get_title().get_text() == "differences of co2"
    unnamed = CorrelogramDisplay.from_series(y.to_numpy())
    assert unnamed.axes_[0].get_legend().get_title().get_text() == "differences of the series"
    table = CorrelogramDisplay.from_series(y.to_frame("ppm"), name="carbon dioxide")
    assert table.axes_[0].get_legend().get_title().get_text() == "differences of carbon dioxide"


def test_correlogram_on_given_axes():
    figure, axes = plt.subplots(1, 2)
    y = np.random.RandomState(0).normal(size=100)
    display = CorrelogramDisplay.from_series(
        y, ax=axes, head_kw={"ms": 9}, stem_kw={"color": "red"}, band_kw={"alpha": 0.5}, mark_kw={"ls": ":"}
    )
    assert list(display.axes_) == list(axes)
    assert display.figure_ is figure
    assert plt.get_fignums() == [figure.number]
    assert display.heads_[0].get_markersize() == 9
    assert to_hex(display.stems_[0].get_color()[0]) == "#ff0000"
    assert display.bands_[0].get_alpha() == 0.5
    assert display.marks_[0].get_linestyle() == ":"


def test_one_axes_is_no_pair():
    message = (
        "ax must be a pair of axes, for the ACF and the PACF, got 1; make them, for example, with plt.subplots(2, 1)."
    )
    with pytest.raises(ValueError, match=exactly(message)):
        CorrelogramDisplay.from_series(np.random.RandomState(0).normal(size=100), ax=plt.figure().add_subplot())


def test_correlogram_without_a_suggestion():
    acf, pacf = autocorrelations(np.random.RandomState(0).normal(size=100), 5)
    display = CorrelogramDisplay(acf, pacf, n_steps=100).plot()
    assert display.marks_ == []
    assert display.axes_[0].get_legend().get_title().get_text() == ""


# ForecastDisplay


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
    display = ForecastDisplay.from_forecaster(forecaster, X, steps=5, known=known, truth=truth)
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
    display = ForecastDisplay.from_forecaster(Forecaster(["sales"]), days(), steps=3, coverage=0.9)
    dates = mpl.dates.date2num(display.forecast.index)
    expected = np.array([[date, 99 + side * 0.9] for date in dates for side in (-1, 1)])
    np.testing.assert_allclose(corners(display.band_), expected)
    np.testing.assert_array_equal(display.line_.get_ydata(), [99] * 3)
    assert texts(display.ax_.get_legend()) == ["past", "forecast", "90 % interval"]


@pytest.mark.parametrize("coverage", [None, 0.5])
def test_target_is_chosen(coverage):
    X = days(columns=("sales", "price", "visits"))
    forecaster = Forecaster(["sales", "visits"])
    display = ForecastDisplay.from_forecaster(forecaster, X, steps=2, coverage=coverage, target="visits")
    np.testing.assert_array_equal(display.line_.get_ydata(), [2099] * 2)
    np.testing.assert_array_equal(display.past_line_.get_ydata(), X["visits"][-50:])
    assert display.ax_.get_ylabel() == "visits"
    for target, message in {
        None: "target is needed to choose one of 2: 'sales', 'visits'.",
        "price": "target='price' is not there; choose from 'sales', 'visits'.",
    }.items():
        with pytest.raises(ValueError, match=exactly(message)):
            ForecastDisplay.from_forecaster(forecaster, X, steps=2, coverage=coverage, target=target)


def test_target_of_an_interval_is_known_or_asked_for():
    X = days(columns=("price", "sales"))
    forecaster = Forecaster(["sales"])
    with pytest.raises(ValueError, match=exactly("target is needed to choose one of 2: 'price', 'sales'.")):
        ForecastDisplay.from_forecaster(forecaster, X, steps=2, coverage=0.5)
    by_hand = ForecastDisplay.from_forecaster(forecaster, X, steps=2, coverage=0.5, target="sales")
    forecaster.target_ = ["sales"]
    by_itself = ForecastDisplay.from_forecaster(forecaster, X, steps=2, coverage=0.5)
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
    display = ForecastDisplay.from_forecaster(
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
            ForecastDisplay.from_forecaster(Forecaster(["sales"]), X, steps=2, coverage=coverage, series=series)
    with pytest.raises(ValueError, match=r"^truth has no rows of series "):
        ForecastDisplay.from_forecaster(Forecaster(["sales"]), X, steps=2, series=ids[1], truth=truth)


def test_a_single_series_needs_no_choice():
    display = ForecastDisplay.from_forecaster(Forecaster(["sales"]), panel(("a",)), steps=2)
    assert display.name == "sales, a"


@pytest.mark.parametrize("last", [None, 1, 1000])
def test_last_rows(last):
    display = ForecastDisplay.from_forecaster(Forecaster(["sales"]), days(200), steps=30, last=last)
    assert len(display.past) == {None: 90, 1: 1, 1000: 200}[last]


def test_forms_of_history():
    X = days().reset_index(drop=True)
    for form, targets in ((X, ["sales"]), (X["sales"], ["sales"]), (X.to_numpy(), [0])):
        display = ForecastDisplay.from_forecaster(Forecaster(targets), form, steps=1, truth=pd.Series([5.0], [100]))
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
    display = ForecastDisplay.from_forecaster(
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
        ForecastDisplay.from_forecaster(Forecaster(["sales"]), days(), steps=2, **arguments)
    assert str(raised.value) == message
    assert not plt.get_fignums()


def test_half_an_interval():
    values = pd.Series([1.0, 2.0])
    with pytest.raises(ValueError, match=r"^Only one of lower and upper is given; an interval needs both\.$"):
        ForecastDisplay(values, values, lower=values).plot()
    assert ForecastDisplay(values, values, lower=values, upper=values).plot().band_.get_label() == "interval"


# BacktestDisplay


def backtested(scale=1.0, steps=3, targets=("sales",), series=(None,)):
    """Errors are +step at the first cutoff and -3 * step at the second, times scale; naive ones 5 * step."""
    rows = [
        {
            "cutoff": cutoff,
            "series": one,
            "target": target,
            "time": cutoff + step,
            "step": step,
            "y_true": 10.0,
            "y_pred": 10.0 + error * step * scale * (i + 1) * (j + 1),
            "y_naive": 10.0 - 5 * step,
            "lower": np.nan,
            "upper": np.nan,
        }
        for i, target in enumerate(targets)
        for j, one in enumerate(series)
        for cutoff, error in ((10, 1), (20, -3))
        for step in range(1, steps + 1)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("metric", "expected"), [("mae", 2.0), ("rmse", np.sqrt(5))])
def test_errors_are_drawn_by_step(metric, expected):
    display = BacktestDisplay.from_backtest(backtested(), metric=metric)
    line, naive = display.lines_["model"], display.naive_lines_["naive forecast"]
    np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3])
    np.testing.assert_allclose(line.get_ydata(), expected * np.arange(1, 4))
    np.testing.assert_allclose(naive.get_ydata(), [5, 10, 15])
    assert naive.get_linestyle() == "--"
    assert display.ax_.get_xlabel() == "steps ahead"
    assert display.ax_.get_ylabel() == f"{metric.upper()} of sales"
    overall = {"mae": (4, 10), "rmse": (np.sqrt(5 * 14 / 3), 5 * np.sqrt(14 / 3))}[metric]
    assert list(display.totals.values()) == pytest.approx(list(overall))
    assert texts(display.ax_.get_legend()) == [f"model: {overall[0]:.3g}", f"naive forecast: {overall[1]:.3g}"]


def test_several_backtests_share_axes_and_a_naive_forecast():
    display = BacktestDisplay.from_backtest({"GRU": backtested(), "LSTM": backtested(2.0)})
    assert list(display.lines_) == ["GRU", "LSTM"]
    np.testing.assert_allclose(display.lines_["LSTM"].get_ydata(), [4, 8, 12])
    assert display.lines_["GRU"].get_color() != display.lines_["LSTM"].get_color()
    assert list(display.naive_lines_) == ["naive forecast"]


def test_naive_forecasts_that_differ_are_all_drawn():
    display = BacktestDisplay.from_backtest({"short": backtested(steps=2), "long": backtested()})
    assert list(display.naive_lines_) == ["naive forecast (short)", "naive forecast (long)"]
    for label in ("short", "long"):
        naive = display.naive_lines_[f"naive forecast ({label})"]
        assert naive.get_color() == display.lines_[label].get_color()


def test_target_and_series_of_a_backtest():
    table = backtested(targets=("sales", "visits"), series=("a", ("b", 1)))
    display = BacktestDisplay.from_backtest(table, target="visits", series=("b", 1))
    np.testing.assert_allclose(display.lines_["model"].get_ydata(), [8, 16, 24])
    assert display.ax_.get_ylabel() == "MAE of visits, b, 1"
    pooled = BacktestDisplay.from_backtest(table, target="visits")
    np.testing.assert_allclose(pooled.lines_["model"].get_ydata(), [6, 12, 18])


def test_rows_without_a_truth_are_left_out():
    table = backtested()
    table.loc[table["cutoff"] == 20, "y_true"] = np.nan
    display = BacktestDisplay.from_backtest(table)
    np.testing.assert_allclose(display.lines_["model"].get_ydata(), [1, 2, 3])
    assert display.totals["model"] == pytest.approx(2)


def test_a_single_step_is_seen():
    display = BacktestDisplay.from_backtest(backtested(steps=1))
    assert display.lines_["model"].get_marker() == "o"
    assert display.naive_lines_["naive forecast"].get_marker() == "o"


def test_table_is_left_as_it_is():
    table = backtested()
    before = table.copy()
    BacktestDisplay.from_backtest(table)
    pd.testing.assert_frame_equal(table, before)


def test_backtest_on_given_axes():
    figure, axes = plt.subplots(1, 2)
    display = BacktestDisplay.from_backtest(backtested(), ax=axes[0], line_kw={"lw": 4}, naive_kw={"ls": ":"})
    assert display.ax_ is axes[0]
    assert display.figure_ is figure
    assert plt.get_fignums() == [figure.number]
    assert display.lines_["model"].get_linewidth() == 4
    assert display.naive_lines_["naive forecast"].get_linestyle() == ":"


@pytest.mark.parametrize(
    ("table", "arguments", "error", "message"),
    [
        (
            backtested().drop(columns=["y_naive", "step"]),
            {},
            ValueError,
            "Backtest 'model' has no column 'step', 'y_naive'; expected the result of backtest, with the columns "
            "'cutoff', 'series', 'target', 'time', 'step', 'y_true', 'y_pred', 'y_naive', 'lower', 'upper'.",
        ),
        ({}, {}, ValueError, "table is an empty dict; expected at least one backtest, as {label: table}."),
        ({"GRU": None}, {}, TypeError, "Backtest 'GRU' is of type NoneType; expected a DataFrame."),
        ([1], {}, TypeError, "table is of type list; expected a DataFrame, or several as {label: table}."),
        (backtested()[:0], {}, ValueError, "Backtest 'model' has no rows."),
        (backtested(), {"metric": "mape"}, ValueError, "metric must be one of 'mae', 'rmse', got 'mape'."),
        (
            backtested(targets=("sales", "visits")),
            {},
            ValueError,
            "target is needed to choose one of 2: 'sales', 'visits'.",
        ),
        (
            backtested(),
            {"target": "x"},
            ValueError,
            "target='x' is not in backtest 'model'; choose from 'sales'.",
        ),
        (
            backtested(series=("a", "b")),
            {"series": "c"},
            ValueError,
            "series='c' is not in backtest 'model'; choose from 'a', 'b'.",
        ),
    ],
)
def test_bad_backtests(table, arguments, error, message):
    with pytest.raises(error) as raised:
        BacktestDisplay.from_backtest(table, **arguments)
    assert str(raised.value) == message
    assert not plt.get_fignums()


# All of them


@pytest.mark.parametrize(
    "draw",
    [
        lambda: HistoryDisplay(pd.DataFrame({"train_loss": [1.0]})).plot(),
        lambda: HistoryDisplay.from_estimator(None),
        lambda: CorrelogramDisplay(np.ones(2), np.ones(2), n_steps=9).plot(),
        lambda: CorrelogramDisplay.from_series(None),
        lambda: ForecastDisplay(pd.Series([1.0]), pd.Series([1.0])).plot(),
        lambda: ForecastDisplay.from_forecaster(None, None, steps=1),
        lambda: BacktestDisplay({}, {}).plot(),
        lambda: BacktestDisplay.from_backtest(None),
    ],
)
def test_without_matplotlib(draw, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    message = r"^\w+Display\.\w+ requires matplotlib\. You can install matplotlib with `pip install matplotlib`$"
    with pytest.raises(ImportError, match=message):
        draw()


def test_import_needs_no_matplotlib():
    code = "import sys, sklearn_rnn.display; print(any(name.startswith('matplotlib') for name in sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.strip() == "False"


def test_axes_of_a_subfigure_belong_to_its_figure():
    figure = plt.figure()
    ax = figure.subfigures(1, 2)[0].add_subplot()
    assert BacktestDisplay.from_backtest(backtested(), ax=ax).figure_ is figure


def test_plot_returns_the_display_and_draws_anew():
    display = BacktestDisplay.from_backtest(backtested())
    first = display.ax_
    assert display.plot() is display
    assert display.ax_ is not first
