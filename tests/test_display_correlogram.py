"""CorrelogramDisplay draws autocorrelations with their bands."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from drawing import exactly, texts
from matplotlib.colors import to_hex

from sklearn_rnn.datasets import load_co2, load_sunspots
from sklearn_rnn.display import CorrelogramDisplay
from sklearn_rnn.lags import autocorrelations, suggest_lags

pytestmark = pytest.mark.usefixtures("no_figure_is_left")


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
