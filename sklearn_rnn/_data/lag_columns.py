"""How the columns of a table are steps, where each row is a sequence: by the names of lag tables, or so many each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .sequences import Array, Sequences, offsets

# What a column is called that holds a variable some steps before its row (or after it), and the sign of its numbers.
# A table of a single series names no variable; it is called "lag". Anything else, such as rolling_mean_lag1 of
# mlforecast, is no lag: an exogenous column.
SCHEMES = [
    (re.compile(r"(?P<variable>.+)\(t(?P<ahead>[+-]\d+)?\)"), 1),  # temp(t-3): ShiftFramer, series_to_supervised
    (re.compile(r"(?P<ahead>(?:lag_\d+__)+)(?P<variable>.+)"), -1),  # lag_0__temp, lag_1__lag_0__temp: sktime
    (re.compile(r"lag_?(?P<ahead>\d+)"), -1),  # lag_3: skforecast; lag3: mlforecast
    (re.compile(r"(?P<variable>.+)_lag_(?P<ahead>\d+)"), -1),  # temp_lag_3: skforecast's several series, feature-engine
]
UNNAMED = "lag"


@dataclass(frozen=True)
class StepColumns:
    """Which columns of a table make up each step of the sequences that its rows are: plain values alone.

    Parameters
    ----------
    n_features : int, default=1
        Features of a step.
    order : list of int or None
        Column of each feature of each step, step after step; None where the columns are in that order.
    names : list of str or None
        Names of the features, if columns have names of lags.
    repeated : tuple of int
        Features that have one column for all steps, where there are several steps.
    """

    n_features: int = 1
    order: list[int] | None = None
    names: list[str] | None = None
    repeated: tuple[int, ...] = ()

    @classmethod
    def learn(cls, columns: Any, names: Any, n_columns: int) -> StepColumns:
        """Read a table's columns as steps.

        Parameters
        ----------
        columns : "auto", int or list of str
            The parameter of the estimators.
        names : array-like of str or None
            Names of the columns, where X has any.
        n_columns : int
            Columns of X.

        Raises
        ------
        ValueError
            If columns can't be cut into steps of so many features, names are not those of as many columns, or their
            lags don't agree.
        """
        if isinstance(columns, str):
            return _from_names(list(names)) if names is not None and any(map(_parse, names)) else cls()
        if not np.iterable(columns):
            return _so_many_per_step(int(columns), n_columns)
        given = _expanded([str(name) for name in columns], n_columns)
        if not any(map(_parse, given)):
            raise ValueError(
                f"columns={_short(given)} names no lag; call the columns as lag tables do, such as 'temp(t-3)' or "
                "'lag_3'."
            )
        return _from_names(given)

    def group(self, values: Sequences) -> Sequences:
        """Return sequences of these steps, padding included; a view where columns are in their order already.

        Parameters
        ----------
        values : Sequences
            The rows of a table, each with as many steps as there are columns.
        """
        n = len(values)
        rows = values.table.reshape(n, -1)
        if self.order is not None:
            rows = rows[:, self.order]
        widths = np.full(n, rows.shape[1] // self.n_features, dtype=np.int64)
        table = rows.reshape(-1, self.n_features)
        if self.repeated:
            _pad_repeated(table, list(self.repeated))
        # Names of lags say that rows are windows of one table, which share steps.
        return replace(values, table=table, starts=offsets(widths), lengths=widths, overlapping=self.names is not None)

    def layout(self, n_columns: int) -> Array:
        """Return the column of each feature of each step, shape (n_steps, n_features)."""
        order = np.arange(n_columns) if self.order is None else np.asarray(self.order)
        return order.reshape(-1, self.n_features)


def _so_many_per_step(n_features: int, n_columns: int) -> StepColumns:
    if n_columns % n_features:
        raise ValueError(
            f"columns={n_features} cuts each row of X into steps of {n_features} features, but X has {n_columns} "
            f"features (columns), no multiple of {n_features}; X.reshape(len(X), -1) of a 3-D array has them so."
        )
    return StepColumns(n_features)


def _from_names(names: list[str]) -> StepColumns:
    """Read names of which at least one is that of a lag."""
    variables: dict[str, dict[int, int]] = {}  # for each variable the column of each of its steps ahead
    for column, name in enumerate(names):
        variable, ahead = _parse(name) or (name, 0)
        other = variables.setdefault(variable, {}).setdefault(ahead, column)
        if other != column:
            raise ValueError(
                f"X is a lag table by its names, but {names[other]!r} and {name!r} are the same lag of the same "
                "variable; leave one of them out."
            )
    # What is known ahead, such as the hour, has its lags moved on: step -1 of it goes with step -2 of the others.
    # So variables have their newest steps in common, the one before these, and so on.
    spans = {variable: _span(columns) for variable, columns in variables.items() if len(columns) > 1}
    first = next(iter(spans), "")
    for variable, span in spans.items():
        if span != spans[first]:
            raise ValueError(_unequal(variables, first, variable))
    n_steps = max(len(columns) for columns in variables.values())
    sorted_columns = [[columns[ahead] for ahead in sorted(columns)] for columns in variables.values()]
    layout = np.array([columns if len(columns) == n_steps else columns * n_steps for columns in sorted_columns]).T
    repeated = tuple(i for i, columns in enumerate(sorted_columns) if len(columns) < n_steps)
    order = layout.ravel()
    in_order = np.array_equal(order, np.arange(len(names)))
    return StepColumns(len(variables), None if in_order else order.tolist(), list(variables), repeated)


def _parse(name: str) -> tuple[str, int] | None:
    """Read the variable and how many steps ahead of its row from the name of a column; None if it is no lag."""
    for scheme, sign in SCHEMES:
        found = scheme.fullmatch(name)
        if found:
            parts = found.groupdict()
            ahead = sum(int(number) for number in re.findall(r"[+-]?\d+", parts["ahead"] or ""))
            return parts.get("variable", UNNAMED), sign * ahead
    return None


def _span(columns: Iterable[int]) -> list[int]:
    """Return the distances between steps, which tell whether two variables have the same steps but for a shift."""
    return np.diff(sorted(columns)).tolist()


def _unequal(variables: dict[str, dict[int, int]], first: str, other: str) -> str:
    lags = [_short(sorted(-ahead for ahead in variables[name])) for name in (first, other)]
    return (
        f"X is a lag table by its names, whose variables have unequal lags: {first!r} {lags[0]}, {other!r} {lags[1]}. "
        "Every step needs a value of each variable: give all the same lags, frame the table with ShiftFramer (known= "
        "takes columns up to the row itself), or set columns=1 to read one univariate step per column."
    )


def _expanded(names: list[str], n_columns: int) -> list[str]:
    """Replace each name with an asterisk by as many lags as there are columns for, in the order of its library."""
    patterns = [name for name in names if "*" in name]
    free = n_columns - len(names) + len(patterns)
    n_lags = max(free // len(patterns), 1) if patterns else 0
    if n_lags * len(patterns) != free:
        wanted = f"{len(names)} columns" + (", some of them with as many lags (*) as there are" if patterns else "")
        raise ValueError(
            f"columns={_short(names)} names {wanted}, but X has {n_columns} features (columns); name all of them, in "
            "the order of X."
        )
    every: list[str] = []
    for name in names:
        newest_first = "(t" not in name
        lags = range(1, n_lags + 1) if newest_first else range(n_lags, 0, -1)
        every += [name.replace("*", str(lag)) for lag in lags] if "*" in name else [name]
    return every


def _pad_repeated(table: Array, repeated: list[int]) -> None:
    """Make a step all padding whose lags are: what is repeated has a value in every step."""
    lagged = np.delete(np.arange(table.shape[1]), repeated)
    gone = np.isnan(table[:, lagged]).all(axis=1)
    table[gone] = np.nan


def _short(values: list[Any], most: int = 6) -> str:
    """Show a list, a long one by its ends."""
    if len(values) <= most:
        return str(values)
    return f"[{', '.join(map(repr, values[:2]))}, ..., {', '.join(map(repr, values[-2:]))}]"
