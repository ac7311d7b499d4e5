"""BacktestDisplay draws errors by step ahead, and says what is wrong with the table."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from drawing import backtested, texts

from sklearn_rnn.display import BacktestDisplay

pytestmark = pytest.mark.usefixtures("no_figure_is_left")


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
