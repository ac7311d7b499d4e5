"""How y is coded for a network, and outputs of the network are decoded into predictions.

A codec holds what `fit` learned of y, as plain arrays and scalars: `to_dict` is all there is to store of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.utils.validation import column_or_1d

from .._data.checks import quoted
from .._data.sequences import Array
from .._data.targets import Targets, class_weights

# Frequency of a class that is rarer, or absent: from log-odds of -7 a network still learns when the class comes.
RAREST = 1e-3


@dataclass(frozen=True, eq=False)
class Codec(ABC):
    """What all codecs share.

    Parameters
    ----------
    n_outputs : int
        Targets per sequence or step; outputs per step of a sequence.
    """

    n_outputs: int

    methods: ClassVar[tuple[str, ...]] = ("predict",)  # the methods of an estimator whose results can be decoded

    @property
    def n_units(self) -> int:
        """Units of the output layer."""
        return self.n_outputs

    @abstractmethod
    def code(self, y: Array) -> Array:
        """Return y as numbers or codes, with its first axis as it is; raise if y is unlike that of `fit`."""

    @abstractmethod
    def encode(self, targets: Targets) -> Targets:
        """Return what the network is trained on."""

    @abstractmethod
    def decode(self, outputs: Array, method: str = "predict") -> Array:
        """Return what a method of the estimator returns for outputs of the network."""

    @abstractmethod
    def restore(self, codes: Array) -> Array:
        """Return y, as the user gave it, from what `code` returned."""

    def for_scorers(self) -> Self:
        """Return a codec whose predictions scorers of scikit-learn take."""
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return all that there is to store: arrays, numbers, flags, and tuples of them."""
        return dict(vars(self))


@dataclass(frozen=True, eq=False)
class Numbers(Codec):
    """Numbers, which a network learns on a standard scale.

    Parameters
    ----------
    n_outputs : int
        Numbers per target.
    mean, scale : ndarray of shape (n_outputs,)
        What is subtracted from each number, and by what the rest is divided.
    flat : bool
        Whether a target is one number, without an axis of its own.
    """

    mean: Array
    scale: Array
    flat: bool

    @classmethod
    def of(cls, y: Array) -> Self:
        """Learn the shape of y; its scale is one."""
        n_outputs = 1 if y.ndim == 1 else y.shape[1]
        return cls(n_outputs, np.zeros(n_outputs), np.ones(n_outputs), flat=y.ndim == 1)

    def scaled_to(self, targets: Targets) -> Self:
        """Learn the mean and the standard deviation of targets; of a constant one the scale is one."""
        values, weights = targets.values, targets.weights
        mean = np.average(values, axis=0, weights=weights)
        scale = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=weights))
        # A constant target has no scale; its standardised values are all zero, and so is what is learned.
        return replace(self, mean=mean, scale=np.where(scale > 0, scale, 1.0))

    def code(self, y: Array) -> Array:
        """Return y with an axis for its outputs."""
        values = y.reshape(len(y), -1)
        if values.shape[1] != self.n_outputs:
            raise ValueError(f"y has {values.shape[1]} outputs, but in the last fit it had {self.n_outputs}.")
        return values

    def encode(self, targets: Targets) -> Targets:
        """Return targets on the standard scale."""
        return Targets((targets.values - self.mean) / self.scale, targets.weights)

    def decode(self, outputs: Array, method: str = "predict") -> Array:
        """Return predictions in the units of y."""
        return self.restore(outputs * self.scale + self.mean)  # of float64, as scale and mean are

    def restore(self, codes: Array) -> Array:
        """Return numbers in the shape of y."""
        return codes[:, 0] if self.flat else codes


@dataclass(frozen=True, eq=False)
class NumberSequences(Numbers):
    """Sequences of numbers, all of as many steps; each output has one scale for all steps.

    Parameters
    ----------
    n_outputs, mean, scale, flat
        As of `Numbers`.
    shape : tuple of int
        Shape of a target as the user gave it: (), (steps,) or (steps, n_outputs).
    """

    shape: tuple[int, ...]

    @classmethod
    def of(cls, y: Array) -> Self:
        """Learn the shape of y, (n,), (n, steps) or (n, steps, n_outputs); its scale is one."""
        n_outputs = _steps_and_outputs(y.shape[1:])[1]
        return cls(n_outputs, np.zeros(n_outputs), np.ones(n_outputs), flat=y.ndim < 3, shape=y.shape[1:])

    @property
    def steps(self) -> int:
        """Steps of a target."""
        return _steps_and_outputs(self.shape)[0]

    def scaled_to(self, targets: Targets) -> Self:
        """Learn the mean and the standard deviation of each output over all its steps."""
        # Steps become rows, each with the weight of its sequence: two sequences of three steps and weights [1, 2]
        # are six rows of weights [1, 1, 1, 2, 2, 2].
        weights = None if targets.weights is None else np.repeat(targets.weights, self.steps)
        return super().scaled_to(Targets(targets.values.reshape(-1, self.n_outputs), weights))

    def code(self, y: Array) -> Array:
        """Return y of shape (n, steps, n_outputs)."""
        given, learned = _steps_and_outputs(y.shape[1:]), _steps_and_outputs(self.shape)
        if given != learned:
            raise ValueError(
                f"y has shape {y.shape}, which is {given[0]} output steps of {given[1]} outputs, but in the last fit "
                f"it had {learned[0]} of {learned[1]}; give y that shape, or fit afresh with warm_start=False."
            )
        return y.reshape(len(y), *given)

    def restore(self, codes: Array) -> Array:
        """Return numbers in the shape of y."""
        return codes.reshape(len(codes), *self.shape)

    def for_scorers(self) -> Self:
        """Return a codec of two dimensions, more than which scorers don't take."""
        return self if len(self.shape) < 2 else replace(self, shape=(self.steps * self.n_outputs,))


@dataclass(frozen=True, eq=False)
class Labels(Codec):
    """Labels of classes, or 0/1 indicators of several labels at once.

    Parameters
    ----------
    n_outputs : int
        Labels per target: one, or the columns of a multilabel y.
    classes : ndarray of shape (n_classes,)
        Labels in the order of their codes.
    multilabel : bool
        Whether a target is a row of indicators.
    one_logit_per_label : bool
        Whether an output unit stands for one label, by a sigmoid, and not for one of several classes, by a softmax.
    """

    classes: Array
    multilabel: bool
    one_logit_per_label: bool

    methods: ClassVar[tuple[str, ...]] = ("predict", "predict_proba", "predict_log_proba", "decision_function")

    @classmethod
    def of(cls, y: Array, classes: Any, *, one_logit_for_two: bool) -> Self:
        """Learn the classes of y, or take those that the user says will come.

        Parameters
        ----------
        y : ndarray of shape (n,) or (n, n_labels)
            Labels or indicators.
        classes : array-like or None
            All classes that will ever come.
        one_logit_for_two : bool
            Whether the loss takes one logit for two classes, and not one for each.
        """
        given = None if classes is None else column_or_1d(classes)
        if y.ndim == 2:
            codes = np.arange(y.shape[1])
            if given is not None and not np.array_equal(given, codes):
                raise ValueError(f"classes of a multilabel y are the numbers of its columns, {codes.tolist()}.")
            return cls(y.shape[1], codes, multilabel=True, one_logit_per_label=True)
        labels = np.unique(y if given is None else given)
        if len(labels) < 2:
            raise ValueError(f"y has one class only, {quoted(labels.tolist()[0])}; a classifier needs at least two.")
        return cls(1, labels, multilabel=False, one_logit_per_label=len(labels) == 2 and one_logit_for_two)

    @property
    def n_units(self) -> int:
        """Units of the output layer."""
        return self.n_outputs if self.one_logit_per_label else len(self.classes)

    def code(self, y: Array) -> Array:
        """Return the code of each label, or the indicators."""
        if self.multilabel != (y.ndim == 2) or (self.multilabel and y.shape[1] != self.n_outputs):
            learned = f"(n, {self.n_outputs})" if self.multilabel else "(n,)"
            raise ValueError(f"y has shape {y.shape}, but in the last fit it had {learned}.")
        if self.multilabel:
            return y.astype(np.int64)
        unknown = np.setdiff1d(y, self.classes)
        if len(unknown):
            raise ValueError(f"y has classes {unknown.tolist()} that are not among classes {self.classes.tolist()}.")
        return np.searchsorted(self.classes, y)  # classes are sorted, as np.unique returns them

    def weigh(self, codes: Array, weights: Array | None, class_weight: Any) -> Array | None:
        """Return the weights of targets to learn from, times those of their classes."""
        counting = codes if weights is None else codes[weights > 0]
        if not self.multilabel and len(np.unique(counting)) < 2 <= len(np.unique(codes)):
            raise ValueError("sample_weight leaves one class only with weight; a classifier needs at least two.")
        return class_weights(class_weight, self.classes, codes, weights)

    def prior(self, targets: Targets) -> Array:
        """Return the outputs that fit targets best if they are the same for all: log-odds, or log-frequencies."""
        # Of frequencies alone, so that samples of weight zero, or given twice, mean what they should.
        if self.multilabel:
            positive = np.clip(np.average(targets.values, axis=0, weights=targets.weights), RAREST, 1 - RAREST)
            return np.asarray(np.log(positive) - np.log(1 - positive))
        counts = np.bincount(targets.values, targets.weights, len(self.classes))
        logs = np.log(np.maximum(counts / counts.sum(), RAREST))
        # One logit for two classes stands for the difference of two.
        return np.diff(logs) if self.one_logit_per_label else logs - logs.mean()

    def encode(self, targets: Targets) -> Targets:
        """Return codes of classes, or for one logit per label numbers of shape (n, n_outputs)."""
        if not self.one_logit_per_label:
            return targets
        return Targets(targets.values.reshape(len(targets.values), -1).astype(np.float64), targets.weights)

    def decode(self, outputs: Array, method: str = "predict") -> Array:
        """Return labels, probabilities, their logarithms, or logits."""
        if method == "predict":
            return self._labels(outputs)
        # float32 rounds probabilities near one to one, and their sum away from it.
        logits = outputs.astype(np.float64)
        if method == "decision_function":
            return self._decisions(logits)
        by_softmax, by_sigmoid = (softmax, expit) if method == "predict_proba" else (log_softmax, log_expit)
        if not self.one_logit_per_label:
            return np.asarray(by_softmax(logits, axis=1))
        # One logit for two classes: the sigmoid of its negative is the probability of the first.
        return np.asarray(by_sigmoid(logits if self.multilabel else np.hstack([-logits, logits])))

    def restore(self, codes: Array) -> Array:
        """Return labels, or indicators."""
        return codes if self.multilabel else self.classes[codes]

    def _labels(self, logits: Array) -> Array:
        if self.multilabel:
            return (logits > 0).astype(np.int64)
        # A logit above zero is a probability above one half, without the rounding of a sigmoid.
        codes = logits[:, 0] > 0 if self.one_logit_per_label else logits.argmax(axis=1)
        return self.restore(codes.astype(np.int64))

    def _decisions(self, logits: Array) -> Array:
        if self.multilabel or len(self.classes) > 2:
            return logits
        # Of two logits the difference is that of the one: softmax([a, b])[1] = sigmoid(b - a).
        return logits[:, 0] if self.one_logit_per_label else logits[:, 1] - logits[:, 0]


def _steps_and_outputs(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the steps of a target of this shape, and its outputs per step."""
    steps, outputs = (*shape, 1, 1)[:2]  # () is (1, 1), (4,) is (4, 1), (4, 3) is itself
    return steps, outputs
