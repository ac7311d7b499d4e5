"""ForecastDisplay: the end of a series and what is forecast to follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils._optional_dependencies import check_matplotlib_support

from ._drawing import BLACK, BLUE, FAINT, GREY, Style, axes_for, listed, places, styled, write_dates_briefly, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BOUNDS = ["forecast", "lower", "upper"]
# Past rows drawn by default: enough to see what the forecast continues, and not to make it small.
LAST_STEPS, LAST_LEAST = 3, 50


class ForecastDisplay:
    """A forecast after the past that it continues, with its interval and the truth if they are known.

    It is recommended to use :meth:`from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    past : Series of length n_past
        The last values known, in time order.
    forecast : Series of length n_steps
        The values forecast, on the index that continues that of `past`.
    truth : Series, default=None
        What came in fact.
    lower, upper : Series of length n_steps, default=None
        Bounds of the interval; both or neither.
    coverage : float, default=None
        Share of the truth that the interval is to hold, between 0 and 1, for the legend.
    name : str, default=None
        What was forecast, for the axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the curves.
    figure_ : matplotlib Figure
        The figure that holds them.
    past_line_, line_ : matplotlib Line2D
        The past and the forecast.
    truth_line_ : matplotlib Line2D or None
        The truth.
    band_ : matplotlib PolyCollection or None
        The interval.
    border_ : matplotlib Line2D or None
        The mark of the last value known.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_rnn.display import ForecastDisplay
    >>> past = pd.Series([1.0, 2.0, 3.0])
    >>> forecast = pd.Series([4.0, 5.0], index=[3, 4])
    >>> display = ForecastDisplay(past, forecast, lower=forecast - 1, upper=forecast + 1, coverage=0.9).plot()
    >>> display.band_.get_label()
    '90 % interval'
    """

    def __init__(
        self,
        past: pd.Series,
        forecast: pd.Series,
        truth: pd.Series | None = None,
        lower: pd.Series | None = None,
        upper: pd.Series | None = None,
        coverage: float | None = None,
        name: str | None = None,
    ) -> None:
        self.past = past
        self.forecast = forecast
        self.truth = truth
        self.lower = lower
        self.upper = upper
        self.coverage = coverage
        self.name = name

    def plot(
        self,
        ax: Axes | None = None,
        *,
        past_kw: Style = None,
        line_kw: Style = None,
        truth_kw: Style = None,
        band_kw: Style = None,
    ) -> ForecastDisplay:
        """Draw the forecast.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; by default those of a new figure.
        past_kw : dict, default=None
            Arguments for matplotlib's ``plot`` of the past.
        line_kw : dict, default=None
            Arguments for matplotlib's ``plot`` of the forecast.
        truth_kw : dict, default=None
            Arguments for matplotlib's ``plot`` of the truth.
        band_kw : dict, default=None
            Arguments for matplotlib's ``fill_between`` of the interval.

        Returns
        -------
        display : ForecastDisplay
            This object, with the drawn parts as attributes.

        Raises
        ------
        ValueError
            If only one of `lower` and `upper` is there.
        """
        if (self.lower is None) != (self.upper is None):
            raise ValueError("Only one of lower and upper is given; an interval needs both.")
        self.ax_, self.figure_ = axes_for(self, ax, figsize=(8.0, 3.6))
        usual = {"color": BLACK, "linewidth": 1.2, "label": "past"}
        self.past_line_ = self._draw_line(self.past, styled(past_kw, **usual))
        self.line_ = self._draw_line(self.forecast, styled(line_kw, color=BLUE, linewidth=1.8, label="forecast"))
        self.truth_line_ = None  # drawn over the forecast, which would hide it where it is good
        if self.truth is not None:
            usual = {"color": GREY, "linewidth": 1.2, "linestyle": "--", "label": "truth"}
            self.truth_line_ = self._draw_line(self.truth, styled(truth_kw, **usual))
        self.band_ = None
        if self.lower is not None and self.upper is not None:
            label = "interval" if self.coverage is None else f"{100 * self.coverage:.4g} % interval"
            usual = {"color": BLUE, "alpha": 0.2, "linewidth": 0, "label": label}
            lower, upper = self.lower.to_numpy(dtype=np.float64), self.upper.to_numpy(dtype=np.float64)
            self.band_ = self.ax_.fill_between(
                self._places(self.forecast), lower, upper, **{**usual, **(band_kw or {})}
            )
        self.border_ = None  # without a past there is nothing to be told apart
        if len(self.past):
            self.border_ = self.ax_.axvline(self._places(self.past)[-1], **styled(FAINT, linestyle=":"))
        self._label()
        return self

    def _draw_line(self, values: pd.Series, style: dict[str, Any]) -> Any:
        # A single step would be a line of no length.
        style.setdefault("marker", "o" if len(values) == 1 else None)
        return self.ax_.plot(self._places(values), values.to_numpy(dtype=np.float64), **style)[0]

    def _places(self, values: pd.Series) -> Any:
        return places(values.index, self.past.index.append(self.forecast.index))

    def _label(self) -> None:
        index = self.forecast.index
        if isinstance(index, pd.DatetimeIndex | pd.PeriodIndex):
            write_dates_briefly(self.ax_)
            time = "time"
        else:
            time = "step"
        self.ax_.set(xlabel=time if index.name is None else str(index.name), ylabel=self.name or "")
        self.ax_.legend()

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        steps: int,
        known: Any = None,
        truth: pd.Series | pd.DataFrame | None = None,
        coverage: float | None = None,
        target: Any = None,
        series: Any = None,
        last: int | None = None,
        ax: Axes | None = None,
        past_kw: Style = None,
        line_kw: Style = None,
        truth_kw: Style = None,
        band_kw: Style = None,
    ) -> ForecastDisplay:
        """Forecast what follows a table and draw it.

        Parameters
        ----------
        estimator : fitted forecaster
            Such as :class:`~sklearn_rnn.SequenceForecaster`: ``forecast`` returns a table of the targets, and
            ``predict_interval`` one of the forecast and its bounds.
        X : DataFrame, Series or array-like of shape (n_rows, n_columns)
            The history that is continued; what is forecast is one of its columns.
        steps : int
            Steps to forecast.
        known : DataFrame, default=None
            Columns known ahead, for the steps to forecast, passed on to the forecaster.
        truth : Series or DataFrame, default=None
            What came in fact: a table with the target as a column, or the target itself.
        coverage : float, default=None
            Share of the truth that an interval is to hold, between 0 and 1. By default none is drawn.
        target : str or int, default=None
            The column to draw; needed if several are forecast.
        series : object, default=None
            The series to draw, a tuple where several levels of the index name it; needed if X holds several.
        last : int, default=None
            Rows of X to draw, at least 1; by default three times `steps`, and at least 50.
        ax : matplotlib Axes, default=None
            Axes to draw on; by default those of a new figure.
        past_kw : dict, default=None
            Arguments for matplotlib's ``plot`` of the past.
        line_kw : dict, default=None
            Arguments for matplotlib's ``plot`` of the forecast.
        truth_kw : dict, default=None
            Arguments for matplotlib's ``plot`` of the truth.
        band_kw : dict, default=None
            Arguments for matplotlib's ``fill_between`` of the interval.

        Returns
        -------
        display : ForecastDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `target` or `series` is needed, or is not there; if `last` is not positive; and what the forecaster
            raises.

        Examples
        --------
        >>> import pandas as pd
        >>> from sklearn_rnn.display import ForecastDisplay
        >>> class LastValue:
        ...     def forecast(self, steps, known=None, *, history):
        ...         index = range(len(history), len(history) + steps)
        ...         return pd.DataFrame({"sales": history["sales"].iloc[-1]}, index=index)
        >>> X = pd.DataFrame({"sales": [3.0, 1.0, 2.0], "price": [1.0, 1.5, 1.0]})
        >>> display = ForecastDisplay.from_estimator(LastValue(), X, steps=2)
        >>> display.forecast
        3    2.0
        4    2.0
        Name: sales, dtype: float64
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        last = max(LAST_STEPS * steps, LAST_LEAST) if last is None else last
        if last < 1:
            raise ValueError(f"last must be at least 1, got {last!r}.")
        table = _as_frame(X)
        series = _which(table, series)
        bounds, target = _ask(estimator, X, table, steps, known, coverage, target)
        bounds = _one_series(bounds, series, "The forecast")
        name = str(target) if series is None else f"{target}, {written(series)}"
        display = cls(
            past=_column(_one_series(table, series, "X"), target, "X").iloc[-last:],
            forecast=bounds["forecast"].rename(target),
            truth=None if truth is None else _column(_one_series(truth, series, "truth"), target, "truth"),
            lower=bounds.get("lower"),
            upper=bounds.get("upper"),
            coverage=coverage,
            name=name,
        )
        return display.plot(ax, past_kw=past_kw, line_kw=line_kw, truth_kw=truth_kw, band_kw=band_kw)


def _as_frame(X: Any) -> pd.DataFrame:
    if isinstance(X, pd.DataFrame):
        return X
    return X.to_frame() if isinstance(X, pd.Series) else pd.DataFrame(np.asarray(X))


def _ask(
    forecaster: Any, X: Any, table: pd.DataFrame, steps: int, known: Any, coverage: float | None, target: Any
) -> tuple[pd.DataFrame, Any]:
    """Return the forecast of one target, with its bounds if a coverage is asked for, and the target."""
    if coverage is None:
        table_ahead = forecaster.forecast(steps, known=known, history=X)
        target = _choose("target", target, list(table_ahead.columns))
        return table_ahead[[target]].set_axis(["forecast"], axis=1), target
    bounds = forecaster.predict_interval(steps, known=known, history=X, coverage=coverage)
    if bounds.columns.nlevels > 1:
        target = _choose("target", target, list(bounds.columns.get_level_values(0).unique()))
        return bounds[target], target
    # The bounds of a single target do not name it.
    names = np.atleast_1d(getattr(forecaster, "target_", [])).tolist()
    names = names if len(names) == 1 and names[0] in table else list(table.columns)
    return bounds[BOUNDS], _choose("target", target, names)


def _choose(what: str, asked: Any, there: list[Any]) -> Any:
    if asked is None and len(there) == 1:
        return there[0]
    if asked is None:
        raise ValueError(f"{what} is needed to choose one of {len(there)}: {listed(there)}.")
    if asked not in there:
        raise ValueError(f"{what}={asked!r} is not there; choose from {listed(there)}.")
    return asked


def _which(table: pd.DataFrame, series: Any) -> Any:
    """Return the series to draw, or None if the table is a single one without a name."""
    if isinstance(table.index, pd.MultiIndex):
        return _choose("series", series, list(table.index.droplevel(-1).unique()))
    if series is not None:
        raise ValueError(f"series={series!r} needs an index of two levels, the series and the time, which X has not.")
    return None


def _one_series(table: Any, series: Any, what: str) -> Any:
    """Return the rows of a series on the index of their times."""
    if not isinstance(table, pd.Series | pd.DataFrame):
        raise TypeError(f"{what} is of type {type(table).__name__}; expected a Series or a DataFrame.")
    if not isinstance(table.index, pd.MultiIndex):
        return table
    ids = table.index.droplevel(-1)
    if series is None:
        raise ValueError(f"{what} tells series apart, and X does not; give X an index of two levels, too.")
    rows = table[ids.isin([series])]  # ids may be tuples, which == would compare as several values
    if len(rows) == 0:
        raise ValueError(f"{what} has no rows of series {series!r}; it has {listed(ids.unique())}.")
    return rows.set_axis(rows.index.get_level_values(-1))


def _column(table: pd.Series | pd.DataFrame, target: Any, what: str) -> pd.Series:
    if isinstance(table, pd.Series):
        return table
    if target in table:
        return table[target]
    # A truth of one column is that of the target, whatever the user called it.
    if table.shape[1] == 1:
        return table.iloc[:, 0]
    raise ValueError(f"{what} has no column {target!r}, which is forecast; it has {listed(table.columns)}.")
