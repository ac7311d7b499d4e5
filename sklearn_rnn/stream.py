"""Streams: a trained network that reads one step at a time, with its state in the user's hands."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from functools import partial
from numbers import Integral, Real
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
import torch

from ._data.checks import quoted
from ._data.forms import Table, as_form
from ._data.one_step import StepReader
from ._data.reading import Reader
from ._data.sequences import Array, Sequences
from ._data.series import match_series
from ._networks.contract import Network, State
from ._training.inference import run_on
from ._training.stepping import array_step


class Stream:
    """A trained network that reads one or many series step after step.

    Made by the method ``stream`` of a fitted estimator. Reading step by step, in pieces or as a whole gives the
    same outputs, to rounding, as ``predict`` of the estimator on the whole, which itself never changes a state.

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
        Whether to continue from the state in which training left each series, for ``stateful=True`` and a target per
        step. It was reached while weights still changed, and with early stopping it stands before the rows held out;
        ``history=X_train`` reads the steps anew.
    method : str, default="predict"
        What is returned: what "predict" returns or, of classifiers, "predict_proba", "predict_log_proba" or
        "decision_function".

    Attributes
    ----------
    n_series : int
        Number of series.
    series : pandas.Index
        Their ids, as the index of the history or `series` gave them; else 0, 1, 2, ...

    Raises
    ------
    ValueError
        If the network can't read a stream, as a bidirectional one, or arguments contradict each other.

    Notes
    -----
    The network of an estimator with one target per sequence predicts after each step as if the sequence ended there.
    A step of NaN only (or of ``mask_value``) is padding: it leaves the state of its series as it is. Within a
    Pipeline, transform the steps first: ``pipeline[-1].stream().step(pipeline[:-1].transform(x))``.

    A stream reads with the weights that the network has when it is made: if you change those of ``module_`` by hand,
    make another.

    A stream is not meant to be used by several threads at once; give each its own `copy`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_rnn import GRURegressor
    >>> wave = np.sin(np.arange(200) / 5)
    >>> model = GRURegressor(return_sequences=True, max_epochs=20, random_state=0).fit(wave[:-1, None], wave[1:])
    >>> stream = model.stream()
    >>> predictions = [stream.step(x) for x in wave[:20, None]]
    >>> np.allclose(np.concatenate(predictions), model.predict(wave[:20, None]), atol=1e-6)
    True
    >>> model.stream(history=wave[:19, None]).step(wave[19]) == predictions[-1]
    array([ True])
    """

    _held: Any  # the state, in the form that `_step` takes

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
        _check_can_stream(self._network)
        self._estimator = copy(estimator)
        self._step = array_step(self._network)
        self._decode = _decoder(estimator._codec, method)
        self._dtype = np.dtype(estimator.net_.dtype)
        fitted = estimator._form if self._network.return_sequences else estimator._form.as_steps()
        self._reader = Reader(type(estimator).__name__, True, self._dtype, estimator.mask_value, fitted)
        self._n_features = fitted.n_step_features
        self._device = self._network.device
        self.series, self._state = self._begin(n_series, history, series, resume)
        self._read_step = StepReader(self._reader, self.series)
        # Only a history must tell the series of fit apart; from here on a plain table is one series.
        self._reader = replace(self._reader, fitted=replace(fitted, has_series=False))

    @property
    def n_series(self) -> int:
        """Number of series that are read side by side."""
        return len(self.series)

    def step(self, x: Any) -> Array:
        """Read one step of every series.

        Parameters
        ----------
        x : array-like of shape (n_series, n_features)
            The step of each series, in the order of `series`; of a single series (n_features,), with a single feature
            (n_series,) will do. Names of pandas are compared, those of features and those of series.

        Returns
        -------
        ndarray of shape (n_series,) or (n_series, n_outputs)
            The prediction for each series.

        Raises
        ------
        TypeError, ValueError
            If x is no array of numbers, has another shape, other features or series, or values that are infinite or
            partly NaN. The state stays as it was.
        """
        rows, padding = self._read_step(x)
        outputs, held = self._step(rows, padding, self._held)
        prediction: Array = self._decode(outputs)
        self._held = held  # not before everything has worked, so that an error leaves it as it was
        return prediction

    def predict(self, X: Any, *, series: Any = None) -> Any:
        """Read many steps of every series.

        Parameters
        ----------
        X : array-like of shape (steps, n_features) or (n_series, steps, n_features), DataFrame or list of arrays
            The steps of each series; 2-D are those of a single one, unless its index or `series` names several. Those
            that it leaves out stay as they are, and a table without rows changes nothing.
        series : array-like of shape (n_rows,), optional
            Series of each row of a 2-D X.

        Returns
        -------
        ndarray or list of ndarray
            The prediction after each step, in the form of X.

        Raises
        ------
        TypeError, ValueError
            If X can't be read, or has other series. The state stays as it was.
        """
        form = as_form(X)
        if isinstance(form, Table) and len(form) == 0:  # nothing new
            return self._decode(np.empty((0, self._network.n_outputs), dtype=self._dtype))
        sequences = self._reader.read(form, series, columns_of=self._estimator)
        # X may hold some of the series alone, in any order: read on with their states, and put these back in place.
        index = torch.from_numpy(self._places(sequences)).to(self._device)
        before: State = [tuple(part[index] for part in parts) for parts in self._state]
        outputs, after = run_on(self._network, sequences, before)
        # Padding that comes first repeats the last prediction, to the last bit: that of a step of padding.
        nothing = np.zeros((len(sequences), self._n_features), self._dtype)
        initial, _ = self._step(nothing, np.ones((len(sequences), 1), bool), self._step.hold(before))
        assert sequences.layout is not None
        predictions = sequences.layout.from_steps(self._decode(outputs), self._decode(initial))
        self._state = [
            tuple(old.index_copy(0, index, new) for old, new in zip(olds, news, strict=True))
            for olds, news in zip(self._state, after, strict=True)
        ]
        return predictions

    @property
    def state(self) -> list[tuple[Array, ...]]:
        """The state: for each layer (h,), or (h, c) of LSTM, each of shape (n_series, units). Set it to change it."""
        return [tuple(part.cpu().numpy().copy() for part in parts) for parts in self._state]

    @state.setter
    def state(self, state: Any) -> None:
        shapes = [[tuple(part.shape) for part in parts] for parts in self._state]
        expected = f"The state must be a list with a tuple of arrays per layer, of the shapes {shapes}"
        try:
            arrays = [[np.asarray(part) for part in parts] for parts in state]
        except (TypeError, ValueError) as error:
            raise ValueError(f"{expected}; {str(error).rstrip('.')}.") from error
        got = [[part.shape for part in parts] for parts in arrays]
        if got != shapes:
            raise ValueError(f"{expected}; got {got}.")
        dtypes = [str(part.dtype) for parts in arrays for part in parts if part.dtype.kind not in "fiu"]
        if dtypes:
            raise ValueError(f"The state must be real numbers; got dtype {dtypes[0]}.")
        with np.errstate(over="ignore"):
            arrays = [[part.astype(self._dtype, order="C") for part in parts] for parts in arrays]  # as cuDNN wants it
        if not all(np.isfinite(part).all() for parts in arrays for part in parts):
            raise ValueError(f"The state has NaN, infinity or a value too large for {self._dtype}; set finite numbers.")
        self._state = self._on_device(arrays)

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
        if series is None:
            self._state = self._network.initial_state(self.n_series)
            return self
        several = pd.api.types.is_list_like(series) and not isinstance(series, tuple)
        ids = pd.Index(series if several else [series])
        places = match_series(ids, self.series)
        if (places < 0).any():
            raise ValueError(
                f"The stream has no series {quoted(list(ids[places < 0][:10]))}; it has "
                f"{quoted(list(self.series[:10]))}."
            )
        index = torch.from_numpy(places).to(self._device)
        self._state = [tuple(part.index_fill(0, index, 0.0) for part in parts) for parts in self._state]
        return self

    def copy(self) -> Stream:
        """Return another stream in the same state, which is independent of this one from here on.

        Returns
        -------
        Stream
        """
        return copy(self)  # the state is replaced, never written to

    def save(self, file: str | PathLike[str]) -> None:
        """Write the state to a file, as arrays in numpy's ``.npz`` format.

        Parameters
        ----------
        file : path
            Name of the file, taken as it is. The names of the series are not in it.
        """
        parts: dict[str, Any] = {}
        for names, layer in zip(self._part_names(), self.state, strict=True):
            parts |= dict(zip(names, layer, strict=True))
        with open(file, "wb") as target:
            np.savez(target, **parts)

    def load(self, file: str | PathLike[str]) -> Stream:
        """Read a state that `save` wrote, into a stream of the same series in the same order.

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

    @property
    def _state(self) -> State:
        return self._step.release(self._held)

    @_state.setter
    def _state(self, state: State) -> None:
        self._held = self._step.hold(state)

    def __copy__(self) -> Stream:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        return other

    def __getstate__(self) -> dict[str, Any]:
        # Another machine may have no compiler: what runs a step, and the form in which it holds states, is found anew.
        return self.__dict__ | {"_step": None, "_held": self.state}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._step = array_step(self._network)
        self._state = self._on_device(state["_held"])

    def _on_device(self, arrays: Any) -> State:
        return [tuple(torch.from_numpy(part).to(self._device) for part in parts) for parts in arrays]

    def _part_names(self) -> list[list[str]]:
        return [[f"{name}{i}" for name in "hc"[: len(parts)]] for i, parts in enumerate(self._state)]

    def _begin(self, n_series: int | None, history: Any, series: Any, resume: bool) -> tuple[pd.Index, State]:
        """Return the series and the state that they begin with."""
        if n_series is not None and not (isinstance(n_series, Integral) and n_series >= 1):
            what = repr(n_series) if isinstance(n_series, Real | str) else f"type {type(n_series).__name__}"
            raise ValueError(
                f"n_series must be a whole number of at least one, got {what}; steps to read first are history=."
            )
        if resume and history is not None:
            raise ValueError("resume=True and history= both say how the stream begins; give one of them.")
        if history is None and series is not None:
            raise ValueError("series= names the series of the rows of history=, which is not given.")
        if resume:
            ids, state = self._left_by_training()
        elif history is not None:
            sequences = self._reader.read(history, series, columns_of=self._estimator)
            ids, state = sequences.ids, run_on(self._network, sequences, self._network.initial_state(len(sequences)))[1]
        else:
            ids, state = None, self._network.initial_state(int(n_series or 1))
        n = len(state[0][0])
        if n_series not in (None, n):
            raise ValueError(f"n_series={n_series}, but the stream continues from {n} series; leave n_series out.")
        return pd.RangeIndex(n) if ids is None else ids, state

    def _left_by_training(self) -> tuple[pd.Index | None, State]:
        carried = getattr(self._estimator, "_carried", None)
        if carried is None:
            raise ValueError(
                "resume=True continues from the state in which training left each series, which is kept with "
                "stateful=True and return_sequences=True; without them give the training data as history=."
            )
        return carried.ids, carried.at_end(self._network)

    def _places(self, sequences: Sequences) -> Array:
        """Find the series of the stream that each sequence is the next part of."""
        if sequences.ids is not None:
            places = match_series(sequences.ids, self.series)
            if (places < 0).any():
                unknown = list(sequences.ids[places < 0][:10])
                raise ValueError(
                    f"X has the series {quoted(unknown)}, but the stream has "
                    f"{quoted(list(self.series[:10]))}; it has those of its history or, without one, 0, 1, 2, ..."
                )
            return places
        if len(sequences) != self.n_series:
            raise ValueError(
                f"X has {len(sequences)} series, but the stream has {self.n_series}; give the steps of each, as a 3-D "
                "array or a list, or name those that X has by series= or an index of two levels."
            )
        return np.arange(self.n_series)


def _check_can_stream(network: Network) -> None:
    """Raise an error that names what the network lacks."""
    if network.whole_sequences:
        raise ValueError(f"A network that reads sequences as a whole can't read a stream: {network.why_whole}.")
    name = type(network).__name__
    if not network.keeps_steps:
        raise ValueError(f"{name} has no output per step of its input, so it can't read a stream.")
    if not network.initial_state(1):
        raise ValueError(f"{name} has no state to carry from one step to the next, which is what a stream does.")


def _decoder(codec: Any, method: str) -> Callable[[Array], Array]:
    """Return what makes the results of a method of outputs of the network."""
    if method not in codec.methods:
        raise ValueError(f"method={method!r} is none of {list(codec.methods)}.")
    return partial(codec.decode, method=method)
