"""BacktestDisplay: how the error of forecasts grows with the steps ahead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils._optional_dependencies import check_matplotlib_support

from ._drawing import GREY, Style, axes_for, colours, listed, number_whole, styled, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = ["cutoff", "series", "target", "time", "step", "y_true", "y_pred", "y_naive", "lower", "upper"]
METRICS: dict[str, Callable[[pd.Series], float]] = {
    "mae": lambda errors: float(errors.abs().mean()),
    "rmse": lambda errors: float(np.sqrt((errors**2).mean())),
}


class BacktestDisplay:
    """The error of a backtest by the number of steps ahead, beside that of the naive forecast.

    It is recommended to use :meth:`from_backtest`. All parameters are stored as attributes.

    Parameters
    ----------
    errors : dict of str to Series
        Error of each model: label to values, on an index of steps ahead.
    naive_errors : dict of str to Series
        Likewise for naive forecasts, drawn dashed.
    totals : dict of str to float, default=None
        Error over all steps, for the legend: label to number, of either.
    metric : {"mae", "rmse"}, default="mae"
        What the errors are, for the axis: mean absolute error or root mean squared error, in the units of the target.
    name : str, default=None
        The target, for the axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the curves.
    figure_ : matplotlib Figure
        The figure that holds them.
    lines_ : dict of str to matplotlib Line2D
        A curve per model.
    naive_lines_ : dict of str to matplotlib Line2D
        A curve per naive forecast.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_rnn.display import BacktestDisplay
    >>> steps = pd.Index([1, 2, 3], name="step")
    >>> errors = {"GRU": pd.Series([0.2, 0.3, 0.5], steps)}
    >>> naive = {"naive": pd.Series([0.3, 0.6, 0.9], steps)}
    >>> display = BacktestDisplay(errors, naive).plot()
    >>> list(display.lines_), list(display.naive_lines_)
    (['GRU'], ['naive'])
    """

    def __init__(
        self,
        errors: Mapping[str, pd.Series],
        naive_errors: Mapping[str, pd.Series],
        *,
        totals: Mapping[str, float] | None = None,
        metric: str = "mae",
        name: str | None = None,
    ) -> None:
        self.errors = errors
        self.naive_errors = naive_errors
        self.totals = totals
        self.metric = metric
        self.name = name

    def plot(self, ax: Axes | None = None, *, line_kw: Style = None, naive_kw: Style = None) -> BacktestDisplay:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; by default those of a new figure.
        line_kw : dict, default=None
            Arguments for matplotlib's ``plot`` of the models.
        naive_kw : dict, default=None
            Arguments for matplotlib's ``plot`` of the naive forecasts.

        Returns
        -------
        display : BacktestDisplay
            This object, with the drawn parts as attributes.
        """
        self.ax_, self.figure_ = axes_for(self, ax)
        shades = dict(zip(self.errors, colours(), strict=False))
        self.lines_ = {
            label: self._draw_line(label, values, styled(line_kw, color=shades[label], marker="o", markersize=3))
            for label, values in self.errors.items()
        }
        # A model's own naive forecast has its colour; one that is common to all has none.
        own = dict(zip(self.naive_errors, shades.values(), strict=False)) if len(self.naive_errors) > 1 else {}
        self.naive_lines_ = {
            label: self._draw_line(label, values, styled(naive_kw, color=own.get(label, GREY), linestyle="--"))
            for label, values in self.naive_errors.items()
        }
        of = "" if self.name is None else f" of {self.name}"
        self.ax_.set(xlabel="steps ahead", ylabel=f"{self.metric.upper()}{of}")
        self.ax_.set_ylim(bottom=0)  # so that half the error is half as high
        number_whole(self.ax_)
        self.ax_.legend()
        return self

    def _draw_line(self, label: str, values: pd.Series, style: dict[str, Any]) -> Any:
        total = (self.totals or {}).get(label)
        style.setdefault("label", label if total is None else f"{label}: {total:.3g}")
        # A single step would be a line of no length.
        style.setdefault("marker", "o" if len(values) == 1 else None)
        return self.ax_.plot(values.index, values, **style)[0]

    @classmethod
    def from_backtest(
        cls,
        table: pd.DataFrame | Mapping[str, pd.DataFrame],
        *,
        metric: str = "mae",
        target: Any = None,
        series: Any = None,
        ax: Axes | None = None,
        line_kw: Style = None,
        naive_kw: Style = None,
    ) -> BacktestDisplay:
        """Draw the errors of one or several backtests.

        The legend gives the error over all rows, which weighs steps by how often they were forecast. Rows without a
        truth or a forecast are left out.

        Parameters
        ----------
        table : DataFrame or dict of str to DataFrame
            The result of :func:`~sklearn_rnn.backtest`, a row per forecast; or several, by the names of the models. If
            their naive forecasts have the same errors, as they have on the same data, these are drawn once.
        metric : {"mae", "rmse"}, default="mae"
            Mean absolute error or root mean squared error.
        target : object, default=None
            The target whose errors are drawn; needed if there are several, which may differ in their units.
        series : object, default=None
            The series whose errors are drawn; by default all together.
        ax : matplotlib Axes, default=None
            Axes to draw on; by default those of a new figure.
        line_kw : dict, default=None
            Arguments for matplotlib's ``plot`` of the models.
        naive_kw : dict, default=None
            Arguments for matplotlib's ``plot`` of the naive forecasts.

        Returns
        -------
        display : BacktestDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there is no table, one lacks a column, the metric is unknown, or `target` is needed, or `target` or
            `series` is not there.

        Examples
        --------
        >>> import pandas as pd
        >>> from sklearn_rnn.display import BacktestDisplay
        >>> row = {"cutoff": 9, "series": None, "target": "sales", "lower": None, "upper": None}
        >>> table = pd.DataFrame(
        ...     [
        ...         {**row, "time": 10, "step": 1, "y_true": 3.0, "y_pred": 2.5, "y_naive": 2.0},
        ...         {**row, "time": 11, "step": 2, "y_true": 5.0, "y_pred": 3.5, "y_naive": 2.0},
        ...     ]
        ... )
        >>> display = BacktestDisplay.from_backtest(table)
        >>> display.totals
        {'model': 1.0, 'naive forecast': 2.0}
        """
        check_matplotlib_support(f"{cls.__name__}.from_backtest")
        if metric not in METRICS:
            raise ValueError(f"metric must be one of {listed(METRICS)}, got {metric!r}.")
        tables = _as_dict(table)
        target = _common_target(tables, target)
        rows = {label: _chosen(label, item, target, series) for label, item in tables.items()}
        model = {label: _errors(item, "y_pred", metric) for label, item in rows.items()}
        naive = _naive_errors(rows, metric)
        both = model | naive
        display = cls(
            {label: by_step for label, (by_step, _) in model.items()},
            {label: by_step for label, (by_step, _) in naive.items()},
            totals={label: total for label, (_, total) in both.items()},
            metric=metric,
            name=str(target) if series is None else f"{target}, {written(series)}",
        )
        return display.plot(ax, line_kw=line_kw, naive_kw=naive_kw)


def _as_dict(table: Any) -> dict[str, Any]:
    if isinstance(table, pd.DataFrame):
        return {"model": table}
    if not isinstance(table, Mapping):
        what = type(table).__name__
        raise TypeError(f"table is of type {what}; expected a DataFrame, or several as {{label: table}}.")
    if not table:
        raise ValueError("table is an empty dict; expected at least one backtest, as {label: table}.")
    return {str(label): item for label, item in table.items()}


def _common_target(tables: Mapping[str, Any], target: Any) -> Any:
    """Check the tables and return the target that all of them have."""
    for label, table in tables.items():
        if not isinstance(table, pd.DataFrame):
            raise TypeError(f"Backtest {label!r} is of type {type(table).__name__}; expected a DataFrame.")
        missing = [column for column in COLUMNS if column not in table]
        if missing:
            raise ValueError(
                f"Backtest {label!r} has no column {listed(missing)}; expected the result of backtest, with the "
                f"columns {listed(COLUMNS)}."
            )
    there = list(dict.fromkeys(name for table in tables.values() for name in table["target"]))
    if target is None and len(there) > 1:
        raise ValueError(f"target is needed to choose one of {len(there)}: {listed(there)}.")
    return there[0] if target is None and there else target


def _chosen(label: str, table: pd.DataFrame, target: Any, series: Any) -> pd.DataFrame:
    for column, value in {"target": target, "series": series}.items():
        if value is None:
            continue
        there = table[column]
        # A series may be a tuple, which pandas would compare as several values.
        table = table[[item == value for item in there]]
        if len(table) == 0:
            raise ValueError(f"{column}={value!r} is not in backtest {label!r}; choose from {listed(there.unique())}.")
    if len(table) == 0:
        raise ValueError(f"Backtest {label!r} has no rows.")
    return table


def _errors(table: pd.DataFrame, forecast: str, metric: str) -> tuple[pd.Series, float]:
    """Errors by step ahead, and over all rows."""
    errors = table[forecast].astype(float) - table["y_true"].astype(float)
    return errors.groupby(table["step"]).agg(METRICS[metric]), METRICS[metric](errors)


def _naive_errors(rows: Mapping[str, pd.DataFrame], metric: str) -> dict[str, tuple[pd.Series, float]]:
    """Errors of the naive forecasts: one for all models if they are the same."""
    each = {f"naive forecast ({label})": _errors(table, "y_naive", metric) for label, table in rows.items()}
    first, *others = each.values()
    # Models tested on the same cutoffs share one naive forecast; others, one line each, would hide the models.
    same = all(
        first[0].index.equals(by_step.index) and np.allclose(first[0], by_step, equal_nan=True) for by_step, _ in others
    )
    return {"naive forecast": first} if same else each
