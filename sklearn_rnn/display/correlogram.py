"""CorrelogramDisplay: the autocorrelation and the partial autocorrelation of a series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils._optional_dependencies import check_matplotlib_support

from ..lags import Floats, correlogram, critical_value
from ._drawing import BLUE, FAINT, ORANGE, Style, root_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Lags drawn by default: enough to see what follows the suggestion, few enough to tell stems apart.
LEAST_DRAWN, DRAWN_BEYOND = 40, 2


class CorrelogramDisplay:
    """Correlogram: the autocorrelation (ACF) above the partial autocorrelation (PACF), lag by lag.

    It is recommended to use :meth:`from_series`. All parameters are stored as attributes.

    Parameters
    ----------
    acf, pacf : ndarray of shape (n_lags + 1,)
        Correlations at lags 0, 1, ..., from :func:`~sklearn_rnn.lags.autocorrelations`. Lag 0 is not drawn.
    n_steps : int
        Steps of the series that they were computed from, which decides how wide the bands are.
    alpha : float, default=0.05
        Level of significance of the bands, between 0 and 1.
    n_compared : int, default=None
        Lags that are compared with the outer band; by default those that are given.
    suggested : int, default=None
        Number of lags to mark; None for no mark.
    differenced : bool, default=False
        Whether the correlations are those of the differences between steps.
    name : str, default=None
        Name of the series, for the heading.

    Attributes
    ----------
    axes_ : ndarray of 2 matplotlib Axes
        The axes of the ACF and of the PACF.
    figure_ : matplotlib Figure
        The figure that holds them.
    stems_ : list of 2 matplotlib LineCollection
        The stems of either.
    heads_ : list of 2 matplotlib Line2D
        The points at their ends.
    bands_ : list of 2 matplotlib Patch
        The bands within which a correlation is not significant by itself.
    outer_lines_ : list of 4 matplotlib Line2D
        The limits that the largest of all lags is compared with, lower and upper, of the ACF and of the PACF.
    marks_ : list of matplotlib Line2D
        The suggested number of lags on either axes, or nothing.

    Examples
    --------
    >>> from sklearn_rnn.datasets import load_sunspots
    >>> from sklearn_rnn.display import CorrelogramDisplay
    >>> from sklearn_rnn.lags import autocorrelations
    >>> _, y = load_sunspots(frequency="yearly", return_X_y=True)
    >>> acf, pacf = autocorrelations(y, 30)
    >>> display = CorrelogramDisplay(acf, pacf, n_steps=len(y)).plot()
    >>> [ax.get_ylabel() for ax in display.axes_]
    ['autocorrelation', 'partial autocorrelation']
    """

    def __init__(
        self,
        acf: Floats,
        pacf: Floats,
        *,
        n_steps: int,
        alpha: float = 0.05,
        n_compared: int | None = None,
        suggested: int | None = None,
        differenced: bool = False,
        name: str | None = None,
    ) -> None:
        self.acf = acf
        self.pacf = pacf
        self.n_steps = n_steps
        self.alpha = alpha
        self.n_compared = n_compared
        self.suggested = suggested
        self.differenced = differenced
        self.name = name

    def plot(
        self,
        ax: Sequence[Axes] | None = None,
        *,
        stem_kw: Style = None,
        head_kw: Style = None,
        band_kw: Style = None,
        mark_kw: Style = None,
    ) -> CorrelogramDisplay:
        """Draw both.

        Parameters
        ----------
        ax : pair of matplotlib Axes, default=None
            Axes for the ACF and for the PACF; by default those of a new figure.
        stem_kw : dict, default=None
            Arguments for matplotlib's ``vlines`` of the stems.
        head_kw : dict, default=None
            Arguments for matplotlib's ``plot`` of the points at their ends.
        band_kw : dict, default=None
            Arguments for matplotlib's ``axhspan`` of the bands.
        mark_kw : dict, default=None
            Arguments for matplotlib's ``axvline`` of the suggested number of lags.

        Returns
        -------
        display : CorrelogramDisplay
            This object, with the drawn parts as attributes.

        Raises
        ------
        ValueError
            If `ax` is not a pair of axes.
        """
        self.axes_ = self._axes(ax)
        self.figure_ = root_figure(self.axes_[0])
        self.stems_: list[Any] = []
        self.heads_: list[Any] = []
        self.bands_: list[Any] = []
        self.outer_lines_: list[Any] = []
        self.marks_: list[Any] = []
        names = ["autocorrelation", "partial autocorrelation"]
        for panel, values, name in zip(self.axes_, [self.acf, self.pacf], names, strict=True):
            self._draw_bands(panel, band_kw)
            self._draw_stems(panel, values, stem_kw, head_kw)
            if self.suggested is not None:
                usual = {"color": ORANGE, "linewidth": 1.5, "label": f"suggested lags: {self.suggested}", "zorder": 1.5}
                self.marks_.append(panel.axvline(self.suggested, **styled(mark_kw, **usual)))
            panel.set(ylabel=name)
        self._label()
        return self

    def _axes(self, ax: Sequence[Axes] | None) -> Any:
        check_matplotlib_support(f"{type(self).__name__}.plot")
        import matplotlib.pyplot as plt

        if ax is None:
            return plt.subplots(2, 1, figsize=(6.4, 4.8), sharex=True, layout="constrained")[1]
        axes = np.ravel(np.array(ax, dtype=object))
        if len(axes) != 2:
            raise ValueError(
                f"ax must be a pair of axes, for the ACF and the PACF, got {len(axes)}; make them, for example, with "
                "plt.subplots(2, 1)."
            )
        return axes

    def _draw_bands(self, panel: Axes, band_kw: Style) -> None:
        level = f"{100 * (1 - self.alpha):.4g} %"
        # The standard error of a correlation of n steps of noise is about 1 / sqrt(n). Of 40 lags two are beyond the
        # inner limits by chance, so the outer ones are those of the largest of all.
        inner, outer = (critical_value(self.alpha, n) / np.sqrt(self.n_steps) for n in (1, self._compared()))
        usual = {"color": BLUE, "alpha": 0.15, "linewidth": 0, "label": f"{level} of noise, at one lag"}
        self.bands_.append(panel.axhspan(-inner, inner, **styled(band_kw, **usual)))
        for limit, label in ((-outer, "_lower"), (outer, f"{level} of noise, at all lags")):
            style = styled(FAINT, linestyle="--", label=label)
            self.outer_lines_.append(panel.axhline(limit, **style))

    def _compared(self) -> int:
        return len(self.acf) - 1 if self.n_compared is None else self.n_compared

    def _draw_stems(self, panel: Axes, values: Floats, stem_kw: Style, head_kw: Style) -> None:
        lags = np.arange(1, len(values))
        thin = len(lags) > 80  # wide stems would touch each other on axes of the usual width
        usual = {"color": BLUE, "linewidth": 0.8 if thin else 1.2}
        self.stems_.append(panel.vlines(lags, 0, values[1:], **{**usual, **(stem_kw or {})}))
        usual = {"color": BLUE, "linestyle": "none", "marker": "o", "markersize": 2 if thin else 3.5}
        self.heads_ += panel.plot(lags, values[1:], **styled(head_kw, **usual))
        panel.axhline(0, color="black", linewidth=0.8)

    def _label(self) -> None:
        title = " of ".join(["differences"] * self.differenced + [self.name or "the series"])
        self.axes_[1].set(xlabel="lag (steps)")
        # Above the axes, since stems may be high anywhere.
        place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": 3, "frameon": False}
        self.axes_[0].legend(title=title if self.differenced or self.name else None, fontsize="small", **place)

    @classmethod
    def from_series(
        cls,
        y: Any,
        *,
        max_lags: int | None = None,
        alpha: float = 0.05,
        ax: Sequence[Axes] | None = None,
        name: str | None = None,
        stem_kw: Style = None,
        head_kw: Style = None,
        band_kw: Style = None,
        mark_kw: Style = None,
    ) -> CorrelogramDisplay:
        """Draw the correlogram of a series, with the number of lags that it suggests for a window.

        It shows what :func:`~sklearn_rnn.suggest_lags` looks at: if the series drifts, its differences.

        Parameters
        ----------
        y : array-like of shape (n_steps,) or (n_steps, 1)
            One series in time order, of at least 10 steps, without missing values.
        max_lags : int, default=None
            Lags to look at and to draw. By default a third of the series is looked at, at most 400, and what is drawn
            ends at twice the suggestion, though not before lag 40.
        alpha : float, default=0.05
            Level of significance of the bands, between 0 and 1. Of white noise that share of the correlations is
            outside the inner band. In that share of such series any is outside the outer one, which decides.
        ax : pair of matplotlib Axes, default=None
            Axes for the ACF and for the PACF; by default those of a new figure.
        name : str, default=None
            Name of the series, for the heading; by default that of a Series.
        stem_kw : dict, default=None
            Arguments for matplotlib's ``vlines`` of the stems.
        head_kw : dict, default=None
            Arguments for matplotlib's ``plot`` of the points at their ends.
        band_kw : dict, default=None
            Arguments for matplotlib's ``axhspan`` of the bands.
        mark_kw : dict, default=None
            Arguments for matplotlib's ``axvline`` of the suggested number of lags.

        Returns
        -------
        display : CorrelogramDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            As for :func:`~sklearn_rnn.suggest_lags`.

        Examples
        --------
        >>> from sklearn_rnn.datasets import load_co2
        >>> from sklearn_rnn.display import CorrelogramDisplay
        >>> _, y = load_co2(return_X_y=True)
        >>> display = CorrelogramDisplay.from_series(y)
        >>> display.suggested, display.differenced
        (53, True)
        """
        check_matplotlib_support(f"{cls.__name__}.from_series")
        read = correlogram(y, max_lags=max_lags, alpha=alpha)
        drawn = max(LEAST_DRAWN, DRAWN_BEYOND * read.n_lags) if max_lags is None else max_lags
        display = cls(
            read.acf[: drawn + 1],
            read.pacf[: drawn + 1],
            n_steps=read.n_steps,
            alpha=alpha,
            n_compared=len(read.acf) - 1,
            suggested=read.n_lags,
            differenced=read.differenced,
            name=_name_of(y) if name is None else name,
        )
        return display.plot(ax, stem_kw=stem_kw, head_kw=head_kw, band_kw=band_kw, mark_kw=mark_kw)


def _name_of(y: Any) -> str | None:
    if isinstance(y, pd.DataFrame):
        return str(y.columns[0])
    name = getattr(y, "name", None)
    return None if name is None else str(name)
