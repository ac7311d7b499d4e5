"""Streams of fitted pipelines: one row of a table in, one prediction out, from a window of the rows before."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ._data.caller import warn_caller
from ._data.checks import quoted
from ._data.newest import NewestRows, series_labels
from ._data.sequences import Array
from .exceptions import ContextWarning
from .preprocessing import ShiftFramer


class PipelineStream:
    """A fitted pipeline that reads one row of a table after the other, and returns the prediction for each.

    The prediction is the one that ``pipeline.predict`` returns for the row in the whole table, but only the newest
    rows are kept: as many as a window of ``ShiftFramer`` reaches back. Where the estimator has a target per step and
    windows of one lag, its own `Stream` carries the state instead. The pipeline itself is never changed.

    Parameters
    ----------
    pipeline : Pipeline
        A fitted pipeline with one `ShiftFramer` among its steps, or none. The steps before it must make each row from
        that row alone, or from `lookback` rows before it.
    history : array-like or DataFrame of shape (n_rows, n_features), optional
        The rows that come right before the first new one, in time order; the training table will do. An index of two
        or more levels tells several series apart, which are then read side by side.
    method : str, default="predict"
        The method whose results are returned, such as "predict_proba".
    lookback : int, default=0
        Rows before a row that the steps before the framer read, such as those over which an imputer carries the last
        value. A `history` longer than what is kept shows it, and raises an error, if there are more.

    Attributes
    ----------
    series : pandas.Index
        What the index of the history calls each series; of a single one without a name 0.
    n_series : int
        Number of series.
    rows : DataFrame
        The newest rows, that are kept; as `history` of another stream they continue windows.

    Raises
    ------
    TypeError, ValueError
        If `pipeline` is no fitted pipeline, holds a framer where rows can't be followed, or `history` can't be read.

    Warns
    -----
    ContextWarning
        If the history is shorter than the windows reach back, so that the first ones are partly empty;
        ``context="none"`` of the framer is the way to mean it.
    TimeGapWarning
        Whenever a row does not come one step of time after the row before it.

    See Also
    --------
    Stream : One estimator that reads steps, with its state in hand.

    Notes
    -----
    A row is an array of values, a dict or Series of them by name, or a DataFrame of one row. The time of a row is its
    index, or the name of the Series. What has none comes one step after the row before; a number by default.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_rnn import LSTMRegressor, PipelineStream, SequenceScaler, ShiftFramer
    >>> from sklearn_rnn.datasets import load_sunspots
    >>> X, y = load_sunspots(return_X_y=True)
    >>> model = make_pipeline(ShiftFramer(lags=12), SequenceScaler(), LSTMRegressor(max_epochs=2, random_state=0))
    >>> stream = PipelineStream(model.fit(X[:600], y[:600]), history=X[:600])
    >>> next_month = stream.forecast()  # before the row is there
    >>> stream.step(X.iloc[600]) == next_month
    array([ True])
    >>> abs(stream.step({"sunspots": 64.6}) - model.predict(X[600:602])[-1:]) < 1e-4
    array([ True])
    """

    def __init__(self, pipeline: Any, *, history: Any = None, method: str = "predict", lookback: int = 0) -> None:
        if not isinstance(lookback, int | np.integer) or lookback < 0:
            raise ValueError(f"lookback must be a whole number of rows, 0 or more; got {quoted(lookback)}.")
        steps = _checked_steps(pipeline, method)
        places = [i for i, step in enumerate(steps) if isinstance(step, ShiftFramer)]
        framer = steps[places[0]] if places else None
        split = places[0] if places else len(steps) - 1
        self._before, self._after, self._estimator = steps[:split], steps[split + 1 : -1], steps[-1]
        self._framer = None if framer is None else _without_context(framer)
        self._method = method
        self._reach = 0 if framer is None else framer._reach
        self._n_kept = self._reach + int(lookback)
        names = getattr(pipeline, "feature_names_in_", None)
        self._as_array = names is None and not isinstance(history, pd.DataFrame)
        rows = self._begin(pipeline, history, names)
        self._rows = rows.kept(self._n_kept)
        self._check_lookback(rows)
        self._stream = self._stream_of_estimator(rows)
        if framer is not None and framer.context != "none":
            self._warn_if_short(rows)

    @property
    def series(self) -> pd.Index:
        """What the index of the history calls each series."""
        return pd.RangeIndex(1) if self._rows.ids is None else self._rows.ids

    @property
    def n_series(self) -> int:
        """Number of series that are read side by side."""
        return self._rows.n_series

    @property
    def rows(self) -> pd.DataFrame:
        """The newest rows, that are kept; as `history` of another stream they continue windows."""
        return self._rows.table.copy()

    def step(self, row: Any) -> Array:
        """Read one row, or one of each of several series.

        Parameters
        ----------
        row : array-like of shape (n_features,) or (n_series, n_features), dict, Series or DataFrame
            The row; of several series an array has the row of each, in the order of `series`, and a DataFrame those
            of any of them, which its index names.

        Returns
        -------
        ndarray of shape (n_rows,) or (n_rows, n_outputs)
            The prediction for each row, of a row of features a single one.

        Raises
        ------
        ValueError
            If the row has other columns or series, does not come after the rows before it, or can't be read by the
            pipeline. The stream stays as it was.
        """
        rows = self._rows.read(row)
        if len(set(self._rows.places_of(rows))) < len(rows):
            raise ValueError(f"step reads one row of each series, but got {len(rows)}; predict reads several.")
        return self._read(rows)

    def predict(self, rows: Any) -> Array:
        """Read several rows.

        Parameters
        ----------
        rows : array-like or DataFrame of shape (n_rows, n_features)
            The rows in time order; those of several series have an index that names these.

        Returns
        -------
        ndarray of shape (n_rows,) or (n_rows, n_outputs)
            The prediction for each row.

        Raises
        ------
        ValueError
            As in `step`.
        """
        return self._read(self._rows.read(rows))

    def forecast(self, known: Any = None) -> Array:
        """Predict the row `horizon` rows after the newest one, which is not there yet; nothing is read.

        Parameters
        ----------
        known : DataFrame or dict, optional
            The columns of the table that are known ahead, for the next `horizon` rows of each series. A DataFrame has
            their times as index; a dict has the values by column. Needed where the framer has ``known=``.

        Returns
        -------
        ndarray of shape (n_series,) or (n_series, n_outputs)
            What `step` will return for that row of each series, in the order of `series`.

        Raises
        ------
        ValueError
            If windows hold the row itself, the known columns are missing, or a series has no row yet.
        """
        if self._framer is None or self._framer.horizon == 0:
            raise ValueError(
                "The prediction for a row needs the row itself: the pipeline has no ShiftFramer with a horizon of at "
                "least 1. Use step."
            )
        self._check_known(known)
        rows = self._rows.ahead(self._framer.horizon, known)
        predictions, _ = self._predictions(self._rows.joined(rows), len(rows))
        # The last row of each series, in their order, wherever known has them.
        last = pd.Series(np.arange(len(rows))).groupby(self._rows.places_of(rows)).last().to_numpy()
        return np.asarray(predictions[last])

    def reset(self, series: Any = None) -> PipelineStream:
        """Forget the rows read; times still go on.

        Parameters
        ----------
        series : id or list of ids, optional
            The series to forget; all by default.

        Returns
        -------
        self : PipelineStream

        Raises
        ------
        ValueError
            If the stream has no such series.
        """
        self._rows = self._rows.without(series)
        if self._stream is not None:
            self._stream.reset(series)
        return self

    def copy(self) -> PipelineStream:
        """Return another stream in the same state, which is independent of this one from here on.

        Returns
        -------
        PipelineStream
        """
        other = copy(self)  # the rows are replaced, never written to
        other._stream = None if self._stream is None else self._stream.copy()
        return other

    def __repr__(self) -> str:
        return f"PipelineStream({type(self._estimator).__name__}, n_series={self.n_series})"

    def _read(self, rows: pd.DataFrame) -> Array:
        """Predict rows and remember them; not before everything has worked, so that an error changes nothing."""
        table = self._rows.joined(rows)
        predictions, stream = self._predictions(table, len(rows))
        self._rows, self._stream = self._rows.after(table, rows, self._n_kept), stream
        return predictions

    def _predictions(self, table: pd.DataFrame, n: int) -> tuple[Array, Any]:
        """Return predictions for the last `n` rows of a table, and the stream of the estimator after them."""
        frames = self._frames(table, n)
        if self._stream is None:
            return np.asarray(getattr(self._estimator, self._method)(frames)), None
        stream = self._stream.copy()
        series = None if self._framer is not None else self._series_of(table[-n:])
        return np.asarray(stream.predict(frames, series=series)), stream

    def _frames(self, table: pd.DataFrame, n: int) -> Any:
        """Return what the estimator reads for the last `n` rows of a table."""
        frames = self._transformed(table)
        if self._framer is not None:
            if isinstance(frames, pd.DataFrame):  # times have been compared: labels without an order
                frames = frames.set_axis([""] * len(frames))
            frames = self._framer.transform(frames, series=self._series_of(table))
        frames = frames[len(table) - n :]
        for step in self._after:
            frames = step.transform(frames)
        return frames

    def _transformed(self, table: pd.DataFrame) -> Any:
        """Return a table after the steps before the framer."""
        result: Any = table.to_numpy() if self._as_array else table
        for step in self._before:
            result = step.transform(result)
        if len(result) != len(table):
            raise ValueError(f"The steps before the framer made {len(result)} rows of {len(table)}; rows must be kept.")
        return result

    def _series_of(self, table: pd.DataFrame) -> Array | None:
        return None if self._rows.ids is None else np.asarray(series_labels(table.index))

    def _begin(self, pipeline: Any, history: Any, names: Any) -> NewestRows:
        panel = self._framer is not None and self._framer._has_series
        rows = None if history is None else NewestRows.of(history, names)
        if panel and (rows is None or rows.ids is None):
            raise ValueError(
                "The pipeline was fitted on several series: give a history whose index names them in all levels but "
                "the last, with a row of each at least."
            )
        if rows is not None:
            return rows
        if names is None and not hasattr(pipeline, "n_features_in_"):
            raise ValueError("The columns are not known, since the first step does not keep them; give a history.")
        return NewestRows.none_yet(range(pipeline.n_features_in_) if names is None else names)

    def _check_lookback(self, rows: NewestRows) -> None:
        """Raise an error if the steps before the framer make other rows of the history when fewer come before them."""
        part = rows.kept(self._n_kept + 1)  # as if the newest row had just come in
        if not self._before or len(part.table) == len(rows.table):
            return
        whole, cut = (_numbers(self._transformed(some.table))[some.newest(self._reach + 1)] for some in (rows, part))
        if not np.allclose(whole, cut, rtol=1e-4, atol=1e-6, equal_nan=True):
            raise ValueError(
                f"The steps before the framer look back further than the lookback={self._n_kept - self._reach} rows "
                "kept for them: the newest rows of the history come out otherwise without the rows before. Give a "
                "larger lookback=, or put such steps after the framer."
            )

    def _stream_of_estimator(self, rows: NewestRows) -> Any:
        """Return the stream of an estimator that has a target per step, with the history read; None of others."""
        per_step = getattr(self._estimator, "return_sequences", False)
        if not per_step or (self._framer is not None and self._framer.lags > 1):
            return None
        if len(rows.table) == 0:
            return self._estimator.stream(method=self._method)
        series = None if self._framer is not None else self._series_of(rows.table)
        frames = self._frames(rows.table, len(rows.table))
        return self._estimator.stream(history=frames, series=series, method=self._method)

    def _warn_if_short(self, rows: NewestRows) -> None:
        counts = rows.counts()
        if counts.min() >= self._reach:
            return
        place = int(np.argmin(counts))
        whose = "" if rows.ids is None else f" of series {quoted(rows.ids.tolist()[place])}"
        warn_caller(
            f"The windows reach {self._reach} rows back, but the history has {counts[place]} rows{whose}: the first "
            "predictions come from windows that are partly empty. Give the rows before as history=, or set "
            "context='none' in the framer if this is meant.",
            ContextWarning,
        )

    def _check_known(self, known: Any) -> None:
        """Raise an error if columns that the framer takes as known ahead are not given."""
        assert self._framer is not None
        names = getattr(self._framer, "feature_names_in_", np.arange(self._framer.n_features_in_))
        wanted = list(names[self._framer.known_])
        given = () if known is None else tuple(known)
        missing = [name for name in wanted if name in self._rows.table.columns and name not in given]
        if wanted and (known is None or missing):
            raise ValueError(
                f"The columns {quoted(missing or wanted)} are known ahead: give their values in the next "
                f"{self._framer.horizon} rows of each series as known=, a DataFrame or dict by column."
            )


def _checked_steps(pipeline: Any, method: str) -> list[Any]:
    """Return copies of the steps of a fitted pipeline, nested ones opened."""
    if not isinstance(pipeline, Pipeline):
        raise TypeError(
            f"PipelineStream reads a fitted Pipeline, got {type(pipeline).__name__}; of a search give best_estimator_, "
            "of a single network use its method stream."
        )
    check_is_fitted(pipeline)
    steps = list(_open(pipeline))
    inside = [value for value in pipeline.get_params().values() if isinstance(value, ShiftFramer)]
    if len(inside) > 1 or len(inside) > sum(isinstance(step, ShiftFramer) for step in steps[:-1]):
        raise ValueError(
            "The rows of a table can be followed through one ShiftFramer that is a step of the pipeline, not one "
            "within another transformer, nor several."
        )
    if not hasattr(steps[-1], method):
        raise ValueError(f"method={quoted(method)} is none of {type(steps[-1]).__name__}.")
    return steps


def _open(pipeline: Pipeline) -> Iterator[Any]:
    for _, step in pipeline.steps:
        if isinstance(step, Pipeline):
            yield from _open(step)
        elif step not in (None, "passthrough"):
            yield copy(step)  # another fit of the pipeline leaves what these have learned


def _without_context(framer: ShiftFramer) -> ShiftFramer:
    """Return a framer that frames each table by itself: the stream has put the rows before in front of it."""
    framer = copy(framer)
    framer.context = "none"
    framer.__dict__.pop("_context_once", None)
    return framer


def _numbers(table: Any) -> Array:
    return np.asarray(table, dtype=float)
