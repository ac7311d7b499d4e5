"""HistoryDisplay: the losses of training, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from sklearn.exceptions import NotFittedError
from sklearn.utils._optional_dependencies import check_matplotlib_support

from ._drawing import FAINT, GREY, Style, axes_for, colours, listed, number_whole, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

LOSSES = ["train_loss", "valid_loss"]
# What regressors compare their validation loss with, the same in each epoch: how a line is drawn, and its label.
NAIVE = {"last_value_loss": ("--", "last value known"), "mean_loss": (":", "mean of y")}
# Where estimators that hold another one keep it once it is fitted.
INNER = ["best_estimator_", "regressor_", "estimator_"]


class HistoryDisplay:
    """Learning curves: losses, or other columns of the history, against epochs.

    It is recommended to use :meth:`from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    history : DataFrame of shape (n_epochs, n_columns)
        A row per epoch, with the number of the epoch as index and a curve per column.
    best_epoch : int, default=None
        The epoch to mark, whose weights the estimator has; None for no mark.
    loss : str, default=None
        What the losses are, such as ``"squared_error"``, for the axis.
    name : str, default=None
        Title of the plot.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the curves.
    figure_ : matplotlib Figure
        The figure that holds them.
    lines_ : list of matplotlib Line2D
        A curve per column.
    best_line_ : matplotlib Line2D or None
        The mark of the best epoch.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_rnn.display import HistoryDisplay
    >>> losses = {"train_loss": [0.9, 0.5, 0.4], "valid_loss": [0.8, 0.6, 0.7]}
    >>> history = pd.DataFrame(losses, index=pd.Index([1, 2, 3], name="epoch"))
    >>> display = HistoryDisplay(history, best_epoch=2).plot()
    >>> [line.get_label() for line in display.lines_]
    ['train_loss', 'valid_loss']
    """

    def __init__(
        self, history: pd.DataFrame, *, best_epoch: int | None = None, loss: str | None = None, name: str | None = None
    ) -> None:
        self.history = history
        self.best_epoch = best_epoch
        self.loss = loss
        self.name = name

    def plot(
        self,
        ax: Axes | None = None,
        *,
        log_scale: bool = False,
        line_kw: Style = None,
        best_kw: Style = None,
    ) -> HistoryDisplay:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; by default those of a new figure.
        log_scale : bool, default=False
            Whether the losses are on a logarithmic scale.
        line_kw : dict, default=None
            Arguments for matplotlib's ``plot`` of every curve.
        best_kw : dict, default=None
            Arguments for matplotlib's ``axvline`` of the mark.

        Returns
        -------
        display : HistoryDisplay
            This object, with the drawn parts as attributes.
        """
        self.ax_, self.figure_ = axes_for(self, ax)
        self.lines_ = [
            self._draw(column, colour, line_kw) for column, colour in zip(self.history.columns, colours(), strict=False)
        ]
        self.best_line_ = None
        if self.best_epoch is not None:
            usual = {**FAINT, "linestyle": "--", "label": f"weights kept: epoch {self.best_epoch}"}
            self.best_line_ = self.ax_.axvline(self.best_epoch, **styled(best_kw, **usual))
        self.ax_.set(xlabel="epoch", ylabel=self._quantity(), yscale="log" if log_scale else "linear")
        number_whole(self.ax_)
        if self.name is not None:
            self.ax_.set_title(self.name)
        self.ax_.legend()
        return self

    def _draw(self, column: Any, colour: str, line_kw: Style) -> Line2D:
        usual = {"color": colour, "label": str(column)}
        if column in NAIVE:
            dashes, label = NAIVE[column]
            usual = {"color": GREY, "label": label, "linestyle": dashes}
        # A single epoch would be a line of no length.
        marker = "o" if len(self.history) == 1 else None
        return self.ax_.plot(self.history.index, self.history[column], **styled(line_kw, marker=marker, **usual))[0]

    def _quantity(self) -> str:
        loss = "loss" if self.loss is None else f"loss ({self.loss.replace('_', ' ')})"
        are_losses = [str(column).endswith("_loss") for column in self.history.columns]
        if all(are_losses):
            return loss
        return f"{loss}, score" if any(are_losses) else "score"

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        columns: Sequence[str] | None = None,
        ax: Axes | None = None,
        name: str | None = None,
        log_scale: bool = False,
        line_kw: Style = None,
        best_kw: Style = None,
    ) -> HistoryDisplay:
        """Draw the history of a fitted estimator.

        With early stopping the epoch is marked whose weights were restored: the one with the lowest validation loss,
        apart from improvements below the estimator's `tol`, which do not count.

        Parameters
        ----------
        estimator : estimator
            A fitted recurrent estimator, or what holds one: a pipeline that ends in it, a search over either, a
            forecaster.
        columns : list of str, default=None
            Columns of ``history_`` to draw; by default ``train_loss`` and, where there are, ``valid_loss`` and the
            losses of naive predictions on the same data, as horizontal lines.
        ax : matplotlib Axes, default=None
            Axes to draw on; by default those of a new figure.
        name : str, default=None
            Title of the plot; by default the name of the estimator's class.
        log_scale : bool, default=False
            Whether the losses are on a logarithmic scale.
        line_kw : dict, default=None
            Arguments for matplotlib's ``plot`` of every curve.
        best_kw : dict, default=None
            Arguments for matplotlib's ``axvline`` of the mark.

        Returns
        -------
        display : HistoryDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If there is no recurrent estimator in it, or no such column in its history.

        Examples
        --------
        >>> from sklearn_rnn import GRURegressor
        >>> from sklearn_rnn.datasets import make_adding_problem
        >>> from sklearn_rnn.display import HistoryDisplay
        >>> X, y = make_adding_problem(200, n_steps=10, random_state=0)
        >>> model = GRURegressor(max_epochs=3, early_stopping=True, random_state=0).fit(X, y)
        >>> display = HistoryDisplay.from_estimator(model)
        >>> display.ax_.get_ylabel()
        'loss (squared error)'
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        fitted = _with_history(estimator)
        history: pd.DataFrame = fitted.history_
        wanted = [column for column in (*LOSSES, *NAIVE) if column in history] if columns is None else list(columns)
        missing = [column for column in wanted if column not in history]
        if missing or not wanted:
            what = f"history_ has no column {listed(missing)}" if missing else "columns is empty"
            raise ValueError(f"{what}; choose from {listed(history.columns)}.")
        loss = getattr(fitted, "loss", None)
        display = cls(
            history[wanted],
            best_epoch=_restored_epoch(fitted),
            loss=loss if isinstance(loss, str) else None,
            name=type(fitted).__name__ if name is None else name,
        )
        return display.plot(ax, log_scale=log_scale, line_kw=line_kw, best_kw=best_kw)


def _with_history(estimator: Any) -> Any:
    """Reach through pipelines and other estimators that hold one to the one that was trained by epochs."""
    reached = estimator
    while not hasattr(reached, "history_"):
        inner = [getattr(reached, name) for name in INNER if hasattr(reached, name)]
        if hasattr(reached, "steps"):
            inner = [reached.steps[-1][1]]  # a pipeline keeps its fitted steps under the names of its parameters
        if not inner:
            raise _no_history(estimator, reached)
        reached = inner[0]
    return reached


def _no_history(estimator: Any, reached: Any) -> Exception:
    name = type(reached).__name__
    where = "" if reached is estimator else f", in {type(estimator).__name__},"
    # As check_is_fitted has it, which can't be asked about what is no estimator.
    fitted = [item for item in getattr(reached, "__dict__", {}) if item.endswith("_") and not item.startswith("_")]
    if hasattr(reached, "fit") and not fitted:
        return NotFittedError(f"{name}{where} is not fitted yet; call fit before HistoryDisplay.from_estimator.")
    if hasattr(reached, "estimators_"):
        return ValueError(f"{name}{where} holds several fitted estimators; pass one of them, such as estimators_[0].")
    hint = " A search needs refit=True." if hasattr(reached, "cv_results_") else ""
    return ValueError(
        f"{name}{where} has no history_; expected a fitted recurrent estimator, such as GRURegressor, or what holds "
        f"one: a pipeline, a search or a forecaster.{hint}"
    )


def _restored_epoch(estimator: Any) -> int | None:
    """Return the epoch whose weights early stopping kept, as its callback noted it."""
    if not getattr(estimator, "early_stopping", False):
        return None
    callbacks = dict(getattr(getattr(estimator, "net_", None), "callbacks_", []))
    return getattr(callbacks.get("early_stopping"), "best_epoch_", None) or None
