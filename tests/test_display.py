"""What all displays have in common."""

import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from drawing import backtested

from sklearn_rnn.display import BacktestDisplay, CorrelogramDisplay, ForecastDisplay, HistoryDisplay

pytestmark = pytest.mark.usefixtures("no_figure_is_left")


@pytest.mark.parametrize(
    "draw",
    [
        lambda: HistoryDisplay(pd.DataFrame({"train_loss": [1.0]})).plot(),
        lambda: HistoryDisplay.from_estimator(None),
        lambda: CorrelogramDisplay(np.ones(2), np.ones(2), n_steps=9).plot(),
        lambda: CorrelogramDisplay.from_series(None),
        lambda: ForecastDisplay(pd.Series([1.0]), pd.Series([1.0])).plot(),
        lambda: ForecastDisplay.from_estimator(None, None, steps=1),
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
