"""What the estimators share: fit, partial_fit and running the network, around a skorch net."""

from __future__ import annotations

import copy
import warnings
from abc import abstractmethod
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from .._data.forms import as_form
from .._data.holdout import Part, split
from .._data.pitfalls import check_no_overlap, check_series_kept
from .._data.reading import FittedForm, Reader
from .._data.sequences import Array, Sequences
from .._data.targets import Targets, read_weights
from .._networks.recurrent import RecurrentLayer, RecurrentNetwork, count_parameters
from .._training.batches import Batches
from .._training.inference import Network
from .._training.train import OPTIMIZERS, build_net, take_over, train
from ..stream import Stream


class SequenceEstimator(BaseEstimator):
    """Base of all estimators; subclasses say which network it is, how targets are read and outputs are answered."""

    # One target per sequence, read as a whole, unless a subclass makes parameters of these.
    return_sequences: bool = False
    stateful: bool = False
    tbptt: Any = None

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "recurrent_dropout": [Interval(Real, 0, 1, closed="left")],
        "optimizer": [StrOptions(set(OPTIMIZERS)), type],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "optimizer_params": [None, dict],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "clip_grad_norm": [None, Interval(Real, 0, None, closed="neither")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "validation": [StrOptions({"auto", "end", "random"})],
        "mask_value": [None, Real],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": [Interval(Integral, 0, 2, closed="both"), "boolean"],
        "scoring": [None, str, callable, list, tuple, dict],
        "callbacks": [None, list],
        "device": [str, torch.device],
        "dtype": [StrOptions({"float32", "float64"})],
    }

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, series: Any = None) -> Any:
        """Train the network from new weights, or with ``warm_start=True`` from those of the last fit.

        Parameters
        ----------
        X : array-like of shape (n, steps) or (n, steps, n_features), DataFrame, or list of arrays
            Sequences. With ``return_sequences=True`` a 2-D X is a table of one step per row.
        y : array-like or list of arrays
            One target per sequence, shape (n,) or (n, n_outputs); with ``return_sequences=True`` one per step.
        sample_weight : array-like of shape (n,) or list of arrays, optional
            Weight of each sequence or, with ``return_sequences=True``, of each step.
        series : array-like of shape (n,), optional
            Series that each row of X belongs to.

        Returns
        -------
        self : object
            The fitted estimator. If anything fails, what an earlier fit learned is still there.

        Raises
        ------
        ValueError
            If X or y can't be read, parameters contradict each other, or the loss is no longer finite.
        """
        self.__dict__ = self._fitted(X, y, sample_weight, series).__dict__
        return self

    def summary(self) -> pd.DataFrame:
        """Count the parameters of each layer.

        Returns
        -------
        DataFrame
            A row per layer: its kind, units and parameters, and the total in the last row.
        """
        check_is_fitted(self)
        network = self.module_
        rows = [(name, layer.units, count_parameters(layer)) for name, layer in self._layers().items()]
        rows.append(("output", network.head.out_features, count_parameters(network.head)))
        rows.append(("total", sum(units for _, units, _ in rows), count_parameters(network)))
        return pd.DataFrame(rows, columns=["layer", "units", "parameters"]).set_index("layer")

    @property
    def module_(self) -> Network:
        """The trained torch module."""
        check_is_fitted(self)
        return self.net_.module_

    def _fitted(self, X: Any, y: Any, sample_weight: Any, series: Any, *, go_on: bool = False, **y_params: Any) -> Any:
        """Return a trained copy, so that an error leaves this estimator as it was.

        With `go_on` (partial_fit) it is trained for one more epoch, from the state of the optimizer too.
        """
        self._validate_params()  # scikit-learn skips this in later calls of partial_fit
        new = copy.copy(self)
        new._check_options()
        if go_on and self.early_stopping:
            raise ValueError("partial_fit holds out no data; use early_stopping=False with it, or fit.")
        earlier = getattr(self, "net_", None) if go_on or self.warm_start else None
        carried = new.__dict__.pop("_carried", None)
        form = as_form(X)
        check_series_kept(form, y, series, per_step=self.return_sequences)
        if earlier is None:
            new._form, sequences = new._reader().learn(form, series, columns_of=new)
        else:
            sequences = new._read(form, series)
        if self.stateful:
            check_no_overlap(form, sequences)
        if sequences.n_steps == 0:
            raise ValueError(
                "X has no steps to learn from: every sequence is empty or all padding (NaN, or mask_value)."
            )
        values = new._read_targets(y, sequences, reset=earlier is None, **y_params)
        weights = new._weights(values, read_weights(sample_weight, sequences))
        random_state = check_random_state(self.random_state)
        part, valid = Part(sequences, Targets(values, weights)), None
        if self.early_stopping and not go_on:
            part, valid = new._split(part, random_state)
        if earlier is None:
            new._learn_scale(part.targets)
        new.net_ = build_net(new, sequences.n_features, int(random_state.randint(2**31 - 1)))
        if earlier is not None:
            take_over(new.net_, earlier, self._structure, optimizer=go_on)
        train(new, part, valid, go_on=go_on, carried=carried)
        return new

    def _check_options(self) -> None:
        """Refuse parameters that can't be, alone or together."""
        sizes = np.atleast_1d(self.hidden_layer_sizes)
        if sizes.ndim != 1 or len(sizes) == 0 or sizes.dtype.kind not in "iu" or (sizes < 1).any():
            raise ValueError(
                f"hidden_layer_sizes must name the units of at least one layer, as in (32,) or (64, 32); got "
                f"{self.hidden_layer_sizes!r}."
            )

    def _reader(self, fitted: FittedForm | None = None) -> Reader:
        name, dtype = type(self).__name__, np.dtype(self.dtype)
        return Reader(name, self.return_sequences, dtype, self.mask_value, fitted)

    def _read(self, X: Any, series: Any) -> Sequences:
        if isinstance(X, Sequences):  # scorers give what was read before
            return X
        return self._reader(self._form).read(X, series, columns_of=self)

    def _split(self, whole: Part, random_state: np.random.RandomState) -> tuple[Part, Part]:
        in_order = self._ordered or self.return_sequences or whole.sequences.overlapping
        how = ("end" if in_order else "random") if self.validation == "auto" else self.validation
        stratify = not self._ordered and not self.return_sequences and whole.targets.values.ndim == 1
        return split(whole, how, self.validation_fraction, stratify=stratify, random_state=random_state)

    def _read_for(self, X: Any, series: Any) -> Sequences:
        """Read X for a prediction."""
        check_is_fitted(self)
        if self.return_sequences != self.module_.return_sequences:
            raise ValueError(f"return_sequences was set to {self.return_sequences} after fit; call fit again.")
        return self._read(X, series)

    def _predict(self, X: Any, series: Any, method: str = "predict") -> Any:
        """Run the network, turn outputs into answers, and give them the form of X."""
        sequences, answer = self._read_for(X, series), self._answer_of(method)
        answers = answer(self.net_.run(sequences))
        if sequences.layout is None:
            return answers
        # Before the first step the state is zero, which leaves the bias of the output layer.
        initial = self.module_.head.bias.detach().cpu().numpy()
        return sequences.layout.from_steps(answers, answer(initial[None])[0])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True  # NaN at the ends of a sequence is padding
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        return tags

    def _answer_of(self, method: str) -> Callable[[Array], Array]:
        """Return what turns outputs of the network into the answers of a method."""
        if method not in self._answers:
            raise ValueError(f"method={method!r} is none of {list(self._answers)}.")
        return getattr(self, self._answers[method])

    def _taught(self, batches: Batches) -> Any:
        """Return training batches in the form that the network learns from."""
        return batches

    def _for_scorers(self) -> Any:
        """Return the estimator as scorers take it, whose answers have the shape of `_score_values`."""
        return self

    _form: FittedForm  # what fit saw of X
    _structure: ClassVar[tuple[str, ...]]  # parameters of the network that weights depend on
    _answers: ClassVar[dict[str, str]]  # what turns outputs (n, n_outputs) into the answers of each method
    _ordered: ClassVar[bool]  # whether samples are taken to be in time order

    @abstractmethod
    def _network(self) -> tuple[type[torch.nn.Module], dict[str, Any]]:
        """Return the class of the network and those of its arguments that not all networks share."""

    @abstractmethod
    def _layers(self) -> dict[str, RecurrentLayer]:
        """Return the recurrent layers of the trained network by name."""

    @abstractmethod
    def _read_targets(self, y: Any, sequences: Sequences, *, reset: bool, **params: Any) -> Array:
        """Read y and set what is fitted from it; codes for classes, numbers else."""

    @abstractmethod
    def _weights(self, values: Array, weights: Array | None) -> Array | None:
        """Return the weights of targets."""

    @abstractmethod
    def _learn_scale(self, targets: Targets) -> None:
        """Learn the scale of training targets."""

    @abstractmethod
    def _encode(self, targets: Targets) -> Targets:
        """Return what the network is trained on."""

    @abstractmethod
    def _score_values(self, targets: Targets) -> Array:
        """Return targets as the user gave them, for scorers."""

    @abstractmethod
    def _criterion(self) -> tuple[torch.nn.Module, int]:
        """Return the loss and the number of units of the output layer."""


class RecurrentEstimator(SequenceEstimator):
    """Base of the estimators of one recurrent network, which may answer every step and carry its state."""

    _cell: ClassVar[str]
    _structure = ("hidden_layer_sizes", "bidirectional")
    bidirectional: bool

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **SequenceEstimator._parameter_constraints,
        "bidirectional": ["boolean"],
        "return_sequences": ["boolean"],
        "stateful": ["boolean"],
        "tbptt": [None, tuple, Interval(Integral, 1, None, closed="left")],
    }

    def stream(
        self,
        n_series: int | None = None,
        *,
        history: Any = None,
        series: Any = None,
        resume: bool = False,
        method: str = "predict",
    ) -> Stream:
        """Read series step after step, with the state in hand.

        Parameters
        ----------
        n_series : int, optional
            Series that are read side by side; 1, or those of `history`, by default.
        history : array-like, DataFrame or list of arrays, optional
            Steps to read first, in any form that `predict` takes. A 2-D X is one series unless it tells several apart.
        series : array-like of shape (n_rows,), optional
            Series of each row of a 2-D `history`.
        resume : bool, default=False
            Whether to go on from the state in which training left each series (``stateful=True`` with a target per
            step).
        method : str, default="predict"
            What the stream answers: "predict" or, of classifiers, "predict_proba", "predict_log_proba" or
            "decision_function".

        Returns
        -------
        Stream
            See there for `step`, `predict`, `state`, `reset`, `copy`, `save` and `load`.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If the network is bidirectional, or arguments contradict each other.
        """
        check_is_fitted(self)
        return Stream(self, n_series, history=history, series=series, resume=resume, method=method)

    def _network(self) -> tuple[type[torch.nn.Module], dict[str, Any]]:
        return RecurrentNetwork, {
            "cell": self._cell,
            "nonlinearity": getattr(self, "nonlinearity", "tanh"),
            "bidirectional": self.bidirectional,
            "return_sequences": self.return_sequences,
        }

    def _layers(self) -> dict[str, RecurrentLayer]:
        return {f"{self._cell}_{i}": layer for i, layer in enumerate(self.net_.module_.recurrent_layers)}

    def _check_options(self) -> None:
        self._check_truncation()
        super()._check_options()

    def _check_truncation(self) -> None:
        """Refuse, or warn of, ways to cut sequences that can't be or that waste data."""
        k1, k2 = self._k1_and_k2()
        if self.stateful and self.bidirectional:
            raise ValueError(
                "bidirectional=True reads sequences from their ends, too, so no state can be carried forward; use "
                "stateful=False, or bidirectional=False."
            )
        if self.stateful and self.tbptt is None and not self.return_sequences:
            raise ValueError(
                "stateful=True carries the state over the cuts of tbptt, but tbptt=None cuts nothing: with one target "
                "per sequence each of them begins with a state of zero. Set tbptt, such as tbptt=50, use "
                "return_sequences=True for a target per step of a series, or stateful=False."
            )
        if self.bidirectional and k1 != k2:
            raise ValueError(
                f"tbptt={self.tbptt!r} lets gradients and updates differ in length, but bidirectional=True reads whole "
                "chunks; use one number for both."
            )
        if k1 > k2 and self.return_sequences:
            warnings.warn(
                f"tbptt={self.tbptt!r} has k1 > k2: of every {k1} targets only the newest {k2} are learned from. Use "
                f"tbptt=({k2}, {k2}) or a longer k2, such as ({k1}, {k1}), to learn from all.",
                UserWarning,
                stacklevel=5,
            )

    def _k1_and_k2(self) -> tuple[int, int]:
        """Return the numbers of `tbptt`, both zero without it."""
        least, given = (0, 0) if self.tbptt is None else (1, self.tbptt)
        pair = given if isinstance(given, tuple) else (given, given)
        if len(pair) != 2 or not all(isinstance(k, Integral) and int(k) >= least for k in pair):
            raise ValueError(
                f"tbptt must be (k1, k2), two numbers of steps of at least one, or one number for both; got "
                f"{self.tbptt!r}."
            )
        return int(pair[0]), int(pair[1])
