"""Streams: a trained network that reads step after step, with its state in the user's hands."""

from __future__ import annotations

from copy import copy
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ._forms import as_known_form, kind, naming_text
from ._modules import SingleStep, State
from ._reading import read_sequences
from ._running import run_on
from ._sequences import Array, Sequences
from ._series import match_series


class Stream:
    """A trained network that reads one or many series step after step.

    Made by the method ``stream`` of a fitted estimator. Reading step by step, in pieces or as a whole gives the
    same answers, to rounding, as ``predict`` of the estimator on the whole, which itself never changes a state.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator of this package; the stream keeps its network, even if it is fitted again later.
    n_series : int, optional
        Series that are read side by side; 1, or the series of `history`, by default.
    history : array-like, DataFrame or list of arrays, optional
        Steps to read first, in any form that ``predict`` takes; its series are those of the stream.
    series : array-like of shape (n_rows,), optional
        Series of each row of a 2-D `history`.
    resume : bool, default=False
        Whether to go on from the state in which training left each series, for ``stateful=True`` and a target per
        step. It was reached while weights still changed; ``history=X_train`` reads the steps anew.
    method : str, default="predict"
        What is answered: "predict" or, of classifiers, "predict_proba", "predict_log_proba" or "decision_function".

    Attributes
    ----------
    n_series : int
        Number of series.
    series : pandas.Index
        Their ids, as the index of the history or `series` gave them; else 0, 1, 2, ...

    Raises
    ------
    ValueError
        If the network is bidirectional, or arguments contradict each other.

    Notes
    -----
    The network of an estimator with one target per sequence answers after each step as if the sequence ended there.
    A step of NaN only (or of ``mask_value``) is padding: it leaves the state of its series as it is. Within a
    Pipeline, transform the steps first: ``pipeline[-1].stream().step(pipeline[:-1].transform(x))``.

    A stream is not meant to be used by several threads at once; give each its own `copy`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_rnn import GRURegressor
    >>> wave = np.sin(np.arange(200) / 5)
    >>> model = GRURegressor(return_sequences=True, max_epochs=5, random_state=0).fit(wave[:-1, None], wave[1:])
    >>> stream = model.stream()
    >>> answers = [stream.step(x) for x in wave[:20, None]]
    >>> np.allclose(np.concatenate(answers), model.predict(wave[:20, None]), atol=1e-6)
    True
    >>> model.stream(history=wave[:19, None]).step(wave[19]) == answers[-1]
    array([ True])
    """

    def __init__(
        self,
        estimator: Any,
        n_series: int | None = None,
        *,
        history: Any = None,
        series: Any = None,
        resume: bool = False,
        method: str = "predict",
    ) -> None:
        self._network = estimator.module_
        if self._network.bidirectional:
            raise ValueError("A bidirectional network reads sequences from their ends, too: it can't read a stream.")
        self._estimator = copy(estimator)
        self._single_step = SingleStep(self._network)
        self._answer = estimator._answer_of(method)
        self._form = estimator._fitted_form
        self._dtype = np.dtype(estimator.dtype)
        self._mask_value = estimator.mask_value
        self._device = self._network.head.weight.device
        self.series, self._state = self._begin(n_series, history, series, resume)

    @property
    def n_series(self) -> int:
        """Number of series that are read side by side."""
        return len(self.series)

    def step(self, x: Any) -> Array:
        """Read one step of every series.

        Parameters
        ----------
        x : array-like of shape (n_series, n_features)
            The step of each series; of a single series (n_features,), with a single feature (n_series,) will do.

        Returns
        -------
        ndarray of shape (n_series,) or (n_series, n_outputs)
            The answer for each series.

        Raises
        ------
        ValueError
            If x has another shape, other features, or values that are infinite or partly NaN. The state stays as it
            was.
        """
        rows, padding = self._read_step(x)
        with torch.inference_mode():
            output, state = self._single_step(torch.from_numpy(rows).to(self._device), self._state)
            if padding is not None:
                state = _where(torch.from_numpy(padding).to(self._device), self._state, state)
                output = self._network.head(state[-1][0])
        answer: Array = self._answer(output.cpu().numpy())
        self._state = state
        return answer

    def predict(self, X: Any, *, series: Any = None) -> Any:
        """Read many steps of every series.

        Parameters
        ----------
        X : array-like of shape (steps, n_features) or (n_series, steps, n_features), DataFrame or list of arrays
            The steps of each series; 2-D are those of a single one, unless its index or `series` names several. Those
            that it leaves out stay as they are.
        series : array-like of shape (n_rows,), optional
            Series of each row of a 2-D X.

        Returns
        -------
        ndarray or list of ndarray
            The answer after each step, in the form of X.

        Raises
        ------
        ValueError
            If X can't be read, or has other series. The state stays as it was.
        """
        sequences = self._read(X, series)
        index = torch.from_numpy(self._places(sequences)).to(self._device)
        before: State = [tuple(part[index] for part in parts) for parts in self._state]
        outputs, after = run_on(self._network, sequences, before)
        with torch.inference_mode():
            initial = self._network.head(before[-1][0]).cpu().numpy()
        assert sequences.layout is not None
        answers = sequences.layout.from_steps(self._answer(outputs), self._answer(initial))
        self._state = [
            tuple(old.index_copy(0, index, new) for old, new in zip(olds, news, strict=True))
            for olds, news in zip(self._state, after, strict=True)
        ]
        return answers[0] if _is_one_series(X, series) else answers

    @property
    def state(self) -> list[tuple[Array, ...]]:
        """The state: for each layer (h,), or (h, c) of LSTM, each of shape (n_series, units). Set it to change it."""
        return [tuple(part.cpu().numpy().copy() for part in parts) for parts in self._state]

    @state.setter
    def state(self, state: Any) -> None:
        expected = [[tuple(part.shape) for part in parts] for parts in self._state]
        got = [[np.shape(part) for part in parts] for parts in state]
        if got != expected:
            raise ValueError(f"The state of this stream has the shapes {expected}, layer by layer; got {got}.")
        arrays = [tuple(np.array(part, dtype=self._dtype) for part in parts) for parts in state]
        if not all(np.isfinite(part).all() for parts in arrays for part in parts):
            raise ValueError("The state has NaN or infinity; set finite numbers.")
        self._state = [tuple(torch.from_numpy(part).to(self._device) for part in parts) for parts in arrays]

    def reset(self, series: Any = None) -> Stream:
        """Set the state to zero.

        Parameters
        ----------
        series : id or list of ids, optional
            The series to reset; all by default.

        Returns
        -------
        self : Stream

        Raises
        ------
        ValueError
            If the stream has no such series.
        """
        zero = self._network.initial_state(self.n_series)
        if series is not None:
            wanted = list(series) if isinstance(series, list | np.ndarray | pd.Index) else [series]
            unknown = [one for one in wanted if one not in self.series]
            if unknown:
                raise ValueError(f"The stream has no series {unknown}; it has {list(self.series[:10])}.")
            cleared = torch.from_numpy(np.asarray(self.series.isin(wanted))[:, None]).to(self._device)
            zero = _where(cleared, zero, self._state)
        self._state = zero
        return self

    def copy(self) -> Stream:
        """Return another stream in the same state, which goes its own way from here.

        Returns
        -------
        Stream
        """
        return copy(self)  # tensors of the state are replaced, never written to

    def save(self, file: str | PathLike[str]) -> None:
        """Write the state to a file, as arrays in numpy's ``.npz`` format.

        Parameters
        ----------
        file : path
            Name of the file, taken as it is.
        """
        names = [name for names in self._part_names() for name in names]
        parts: dict[str, Any] = dict(zip(names, [part for parts in self.state for part in parts], strict=True))
        with open(file, "wb") as target:
            np.savez(target, **parts)

    def load(self, file: str | PathLike[str]) -> Stream:
        """Read a state that `save` wrote.

        Parameters
        ----------
        file : path
            Name of the file.

        Returns
        -------
        self : Stream

        Raises
        ------
        ValueError
            If the file holds the state of other layers, or of another number of series.
        """
        names = self._part_names()
        with np.load(file, allow_pickle=False) as parts:
            if sorted(parts.files) != sorted(name for layer in names for name in layer):
                raise ValueError(f"{file} holds {parts.files}, but the state of this network is made of {names}.")
            self.state = [tuple(parts[name] for name in layer) for layer in names]
        return self

    def __repr__(self) -> str:
        return f"Stream({type(self._estimator).__name__}, n_series={self.n_series})"

    def _part_names(self) -> list[list[str]]:
        return [[f"{name}{i}" for name in "hc"[: len(parts)]] for i, parts in enumerate(self._state)]

    def _begin(self, n_series: int | None, history: Any, series: Any, resume: bool) -> tuple[pd.Index, State]:
        """Return the series and the state that they begin with."""
        if resume and history is not None:
            raise ValueError("resume=True and history= both say how the stream begins; give one of them.")
        if history is None and series is not None:
            raise ValueError("series= names the series of the rows of history=, which is not given.")
        ids, state = None, self._network.initial_state(1 if n_series is None else n_series)
        if resume:
            carried = getattr(self._estimator, "_carried", None)
            if carried is None:
                raise ValueError(
                    "resume=True goes on from the state in which training left each series, which is kept with "
                    "stateful=True and return_sequences=True; without them give the training data as history=."
                )
            ids, state = carried.ids, carried.at_end(self._network)
        elif history is not None:
            # What fit would read as several series is not taken for one here.
            read = self._estimator._read if self._estimator.return_sequences else self._read
            sequences = read(history, series)
            ids, state = sequences.ids, run_on(self._network, sequences, self._network.initial_state(len(sequences)))[1]
        n = len(state[0][0])
        if n_series not in (None, n):
            raise ValueError(f"n_series={n_series}, but the stream goes on from {n} series; leave n_series out.")
        return pd.RangeIndex(n) if ids is None else ids, state

    def _read(self, X: Any, series: Any) -> Sequences:
        """Read many steps, from a plain 2-D X those of one series."""
        return read_sequences(
            self._estimator,
            [X] if _is_one_series(X, series) else X,
            per_step=True,
            dtype=self._dtype,
            series=series,
            mask_value=self._mask_value,
        )

    def _places(self, sequences: Sequences) -> Array:
        """Find the series of the stream that each sequence is the next part of."""
        if sequences.ids is not None:
            places = match_series(sequences.ids, self.series)
            if (places < 0).any():
                unknown = list(sequences.ids[places < 0][:10])
                raise ValueError(f"X has the series {unknown}, but the stream has {list(self.series[:10])}.")
            return places
        if len(sequences) != self.n_series:
            raise ValueError(
                f"X has {len(sequences)} series, but the stream has {self.n_series}; give the steps of each, as a 3-D "
                "array or a list, or name those that X has by series= or an index of two levels."
            )
        return np.arange(self.n_series)

    def _read_step(self, x: Any) -> tuple[Array, Array | None]:
        """Read one step of each series, and which of them are padding (None if none is)."""
        names = getattr(x, "columns", getattr(x, "index", None))
        if names is not None and self._form.names is not None and list(names) != self._form.names:
            raise ValueError(f"x has the features {list(names)}, but the network was trained on {self._form.names}.")
        with naming_text("x", x):
            rows = np.array(x, dtype=self._dtype, ndmin=2)
        shape = (self.n_series, self._form.n_step_features)
        if rows.shape != shape:
            if rows.shape != shape[::-1] or np.ndim(x) != 1:
                raise ValueError(
                    f"x has shape {np.shape(x)}; expected {shape}: a row per series, a column per feature."
                )
            rows = rows.T
        masked = (
            None if self._mask_value is None else (rows == self._dtype.type(self._mask_value)).all(1, keepdims=True)
        )
        if np.isfinite(rows).all():
            return rows, masked if masked is not None and masked.any() else None
        padding = np.isnan(rows).all(axis=1, keepdims=True) | (False if masked is None else masked)
        bad = ~(np.isfinite(rows) | padding)
        if bad.any():
            i, j = np.argwhere(bad)[0]
            name = j if self._form.names is None else repr(self._form.names[j])
            what = "NaN" if np.isnan(rows[i, j]) else "infinity"
            raise ValueError(f"x has {what} in series {self.series[i]!r} (feature {name}); impute or replace it first.")
        return np.where(padding, self._dtype.type(0), rows), padding


def _is_one_series(X: Any, series: Any) -> bool:
    """Whether X is a table without a word on series."""
    has_ids = series is not None or isinstance(getattr(X, "index", None), pd.MultiIndex)
    return not has_ids and kind(as_known_form(X)) == "table"


def _where(chosen: Tensor, state: State, other: State) -> State:
    """Take the state of chosen series from the first, that of the rest from the other."""
    return [
        tuple(torch.where(chosen, a, b) for a, b in zip(parts, others, strict=True))
        for parts, others in zip(state, other, strict=True)
    ]
