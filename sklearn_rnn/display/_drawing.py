"""What the displays share: axes to draw on, colours, and names in messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pandas as pd
from sklearn.utils._optional_dependencies import check_matplotlib_support

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# The palette of Okabe and Ito (2008), whose colours are told apart with any kind of colour vision.
BLUE, ORANGE, GREEN, RED, PINK, SKY = COLOURS = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"]
BLACK, GREY = "#000000", "#666666"
FAINT = {"color": GREY, "linewidth": 0.8}

Style = Mapping[str, Any] | None


def colours() -> Iterable[str]:
    """Colours for any number of lines; the seventh is the first again."""
    return cycle(COLOURS)


def axes_for(display: Any, ax: Axes | None, figsize: tuple[float, float] = (6.4, 3.6)) -> tuple[Axes, Figure]:
    """Return the user's axes, or those of a new figure."""
    check_matplotlib_support(f"{type(display).__name__}.plot")
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots(figsize=figsize, layout="constrained")
    return ax, root_figure(ax)


def root_figure(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("ax belongs to no figure, it was removed; pass axes of a figure, or None for new ones.")
    return figure


def number_whole(ax: Axes) -> None:
    """Put only integers on the horizontal axis: there is no epoch 1.5."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def write_dates_briefly(ax: Axes) -> None:
    """Leave out what dates have in common: in full they would overlap."""
    from matplotlib import dates

    formatter: Any = dates.ConciseDateFormatter  # without types
    ax.xaxis.set_major_formatter(formatter(ax.xaxis.get_major_locator()))


def styled(given: Style, **usual: Any) -> dict[str, Any]:
    """Arguments of matplotlib: the usual ones, and over them those that the user gave."""
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    # Spelled out, since matplotlib raises an error for `lw` beside the usual `linewidth`.
    return usual | dict(normalize_kwargs(dict(given or {}), Line2D))


def places(index: pd.Index, whole: pd.Index) -> Any:
    """Where to draw the rows of a part of a table: at their times or numbers, else at their rows in the whole."""
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex):
        # matplotlib would draw the clock of Greenwich; that of the data is what a reader expects.
        return index.tz_localize(None).to_numpy()
    if pd.api.types.is_numeric_dtype(index.dtype):
        return index.to_numpy()
    return whole.get_indexer(index)


def listed(names: Iterable[Any], most: int = 10) -> str:
    """Join names for a message, not too many of them."""
    names = list(names)
    return ", ".join(repr(name) for name in names[:most]) + (", ..." if len(names) > most else "")


def written(series: Any) -> str:
    """Write the name of a series, which may have several parts."""
    return ", ".join(map(str, series)) if isinstance(series, tuple) else str(series)
