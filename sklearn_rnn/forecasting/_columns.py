"""Which columns of a table are forecast and which are known ahead, and reading tables of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from .._data.checks import quoted
from .._data.frames import as_pandas
from .._data.numbers import finite_numbers
from .._data.pitfalls import lost_series
from .._data.sequences import Array, Ints
from .._data.tables import Panel, column_positions, read_panel


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns that a forecaster was fitted on.

    Parameters
    ----------
    names : list
        Names of the columns of X, and of y where it is no column of X.
    n_inputs : int
        Columns of X.
    targets, known : ndarray
        Positions of what is forecast, and of what is known ahead.
    flat : bool
        Whether a forecast is one number per row, and not a row of numbers.
    """

    names: list[Any]
    n_inputs: int
    targets: Ints
    known: Ints
    flat: bool

    @property
    def target_names(self) -> list[Any]:
        """Names of what is forecast."""
        return [self.names[i] for i in self.targets]

    def read(self, estimator: Any, X: Any, series: Any) -> Panel:
        """Read a table of the same columns; targets that are no part of X are unknown, NaN.

        Raises
        ------
        ValueError
            If X has other columns, lost its series, or has NaN.
        """
        panel = read_panel(estimator, X, series)
        if estimator._has_series and panel.ids is None:
            raise lost_series(type(estimator).__name__)
        self.check_finite(panel)
        # In place of y behind X, so that positions of targets are those of fit.
        unknown = np.full((len(panel.table), len(self.names) - self.n_inputs), np.nan)
        return replace(panel, table=np.column_stack([panel.table, unknown])) if unknown.size else panel

    def with_y(self, panel: Panel, y: Any) -> Panel:
        """Put y where targets that are no part of X are unknown; y that is columns of X must equal them.

        Raises
        ------
        ValueError
            If y is missing, has another shape, or differs from the columns that it was in fit.
        """
        outside = bool((self.targets >= self.n_inputs).any())
        if y is None:
            if outside:
                raise ValueError("partial_fit needs y: what was forecast in fit is no column of X.")
            return panel
        values = panel.arranged(_read_y(y, panel)[0])
        if values.shape[1] != len(self.targets):
            raise ValueError(f"y must have {len(self.targets)} columns, as in fit; got {values.shape[1]}.")
        if outside:
            return replace(panel, table=np.column_stack([panel.table[:, : self.n_inputs], values]))
        if not np.array_equal(panel.table[:, self.targets], values.astype(panel.table.dtype)):
            raise ValueError(f"y is not columns {self.target_names} of X, as it was in fit; leave it out.")
        return panel

    def check_finite(self, panel: Panel) -> None:
        """Raise an error if there is NaN or infinity, which names the first row of X that has it."""
        bad = ~np.isfinite(panel.table)
        if not bad.any():
            return
        row, column = (int(i) for i in np.argwhere(bad[panel.positions])[0])
        place = int(panel.positions[row])
        is_nan = np.isnan(panel.table[place, column])
        what, how = ("NaN", "fill it in") if is_nan else ("infinity", "replace it by NaN and fill that in")
        ids = panel.ids_of_X
        whose = "" if ids is None else f" of series {quoted(ids[row])}"
        where = f"row {row}{whose}" + ("" if panel.times is None else f" (index {panel.times[place]})")
        role = ", a target" if column in self.targets else ""
        raise ValueError(
            f"X has {what} in column {quoted(self.names[column])}{role}, {where}. Windows need every row: {how} before "
            "the forecaster, for example with SequenceImputer."
        )


def as_table(X: Any) -> Any:
    """Take a Series as a table of one column, and a table of another package as one of pandas."""
    X = as_pandas(X)
    return X.to_frame() if isinstance(X, pd.Series) else X


def find_columns(panel: Panel, names: Array | None, y: Any, target: Any, known: Any) -> tuple[Columns, Panel]:
    """Find what is forecast: y, the columns of `target`, or all columns that are not known ahead.

    Parameters
    ----------
    panel : Panel
        The table of X.
    names : ndarray of str or None
        Names of its columns.
    y : array-like or None
        If its columns equal columns of X, these are forecast.
    target, known : str, int, list of them, or None
        Parameters of the forecaster.

    Returns
    -------
    columns : Columns
    panel : Panel
        The table, with y behind it where y is no part of X.

    Raises
    ------
    ValueError
        If a column is not there, or both known ahead and forecast, or y does not fit.
    """
    n_inputs = panel.table.shape[1]
    labels = [f"x{i}" for i in range(n_inputs)] if names is None else list(names)
    known = column_positions("known", _as_list(known), names, n_inputs)
    flat = target is None or np.ndim(target) == 0  # one name gives one number per row, a list of one a row of one
    if target is None:
        targets = np.setdiff1d(np.arange(n_inputs), known)
        flat = len(targets) == 1
    else:
        targets = column_positions("target", _as_list(target), names, n_inputs)
    if y is not None:
        values, y_names, flat = _read_y(y, panel)
        values = panel.arranged(values)
        # Users give y as scikit-learn wants it, often a column of X: then its past is in the windows, too.
        found = _places_in(values, panel.table, targets if target is not None else np.arange(n_inputs))
        if found is None and target is not None:
            raise ValueError(
                f"y is not what target={quoted(target)} names in X; leave out one of the two, or give y as that column."
            )
        if found is None:
            found, labels = n_inputs + np.arange(values.shape[1]), labels + y_names
            panel = replace(panel, table=np.column_stack([panel.table, values]))
        targets = found
    _check_roles(labels, targets, known)
    return Columns(labels, n_inputs, targets, known, flat), panel


def _check_roles(labels: list[Any], targets: Ints, known: Ints) -> None:
    both = np.intersect1d(targets, known)
    if len(both):
        raise ValueError(
            f"Columns {quoted([labels[i] for i in both])} are both forecast and known ahead; known columns are those "
            "whose future is certain, such as the calendar."
        )
    if len(targets) == 0:
        raise ValueError(
            "No column is left to forecast: target names none, or all are known ahead. Name one in target, give y, or "
            "name fewer in known."
        )


def _as_list(given: Any) -> Any:
    return given if given is None or np.ndim(given) else [given]


def _read_y(y: Any, panel: Panel) -> tuple[Array, list[Any], bool]:
    """Return y as a table, the names of its columns, and whether it had no second dimension."""
    y = as_pandas(y)
    names = list(y.columns) if isinstance(y, pd.DataFrame) else [getattr(y, "name", None)]
    values, n_rows = np.asarray(y), len(panel.table)
    ids = panel.ids_of_X
    if values.ndim not in (1, 2):
        raise ValueError(f"y must give one number per row, or one per row and target; got shape {values.shape}.")
    if len(values) != n_rows:
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: X has {n_rows} rows, y has {len(values)}."
        )
    flat = values.ndim == 1
    values = values.reshape(n_rows, -1)
    if len(names) != values.shape[1] or None in names:
        names = ["y"] if values.shape[1] == 1 else [f"y{i}" for i in range(values.shape[1])]
    numbers = finite_numbers(
        "y",
        values,
        place=lambda at: f"in row {at[0]}" + ("" if ids is None else f" of series {quoted(ids[at[0]])}"),
        hint="expected a number per row, or one per row and target.",
        remedy="fill it in, for example with SequenceImputer, or drop the rows before or after it.",
    )
    return numbers, names, flat


def _places_in(values: Array, table: Array, among: Ints) -> Ints | None:
    """Find each column of `values` among columns of the table; None unless all are there."""
    found = []
    for column in values.T:
        # X may have been read as float32: y is that column if it is after the same rounding.
        places = [i for i in among if np.array_equal(table[:, i], column.astype(table.dtype))]
        if not places:
            return None
        found.append(places[0])
    return np.array(found)
