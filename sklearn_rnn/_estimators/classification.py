"""What the three classifiers share: parameters, targets and answers."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.metrics import accuracy_score
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import column_or_1d

from .._data.sequences import Array, Sequences
from .._data.targets import Targets, class_weights, read_labels, read_weights
from .._networks.losses import CLASSIFICATION, classification_loss
from .base import RecurrentEstimator


class RecurrentClassifier(ClassifierMixin, RecurrentEstimator):
    """What the classifiers share: labels as targets, probabilities as answers."""

    _ordered = False
    _answers: ClassVar[dict[str, str]] = {
        "predict": "_labels",
        "predict_proba": "_probabilities",
        "predict_log_proba": "_log_probabilities",
        "decision_function": "_decisions",
    }

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **RecurrentEstimator._parameter_constraints,
        "loss": [StrOptions(set(CLASSIFICATION)), type, torch.nn.Module],
        "class_weight": [None, dict, StrOptions({"balanced"})],
    }

    def __init__(
        self,
        *,
        hidden_layer_sizes: Any = (32,),
        bidirectional: bool = False,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        stateful: bool = False,
        tbptt: Any = None,
        loss: Any = "log_loss",
        optimizer: Any = "adam",
        lr: float = 1e-3,
        optimizer_params: dict[str, Any] | None = None,
        weight_decay: float = 0.0,
        clip_grad_norm: float | None = 1.0,
        batch_size: int = 32,
        max_epochs: int = 100,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        tol: float = 1e-4,
        validation: str = "auto",
        class_weight: Any = None,
        mask_value: float | None = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: int = 0,
        scoring: Any = None,
        callbacks: list[Any] | None = None,
        device: Any = "auto",
        dtype: str = "float32",
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.return_sequences = return_sequences
        self.stateful = stateful
        self.tbptt = tbptt
        self.loss = loss
        self.optimizer = optimizer
        self.lr = lr
        self.optimizer_params = optimizer_params
        self.weight_decay = weight_decay
        self.clip_grad_norm = clip_grad_norm
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.validation = validation
        self.class_weight = class_weight
        self.mask_value = mask_value
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self.scoring = scoring
        self.callbacks = callbacks
        self.device = device
        self.dtype = dtype

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, *, classes: Any = None, series: Any = None) -> Any:
        """Train for one more epoch on this data, from the weights and the optimizer's state as they are.

        Parameters
        ----------
        X, y, sample_weight, series
            As in `fit`.
        classes : array-like of shape (n_classes,), optional
            All classes that will ever come, for the first call; the classes in y by default.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            As in `fit`, for a class that the first call did not know, and with ``early_stopping=True``.
        """
        self.__dict__ = self._fitted(X, y, sample_weight, series, go_on=True, classes=classes).__dict__
        return self

    def predict(self, X: Any, *, series: Any = None) -> Any:
        """Predict the class of each sequence, or of each step.

        Parameters
        ----------
        X : array-like, DataFrame or list of arrays
            Sequences in a form that `fit` takes.
        series : array-like of shape (n,), optional
            Series of each row of a 2-D X.

        Returns
        -------
        ndarray of shape (n,) or (n, n_labels), or list of arrays
            One label per sequence (0/1 per label for multilabel y); with ``return_sequences=True`` one per step, in
            the form of X. A padded step repeats the prediction of the step before it.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X can't be read or has other features than in `fit`.
        """
        return self._predict(X, series)

    def predict_proba(self, X: Any, *, series: Any = None) -> Any:
        """Predict the probability of each class, in the order of ``classes_``.

        Parameters
        ----------
        X, series
            As in `predict`.

        Returns
        -------
        ndarray of shape (n, n_classes), or list of arrays
            Rows sum to one; for multilabel y each column is the probability of one label.

        Raises
        ------
        NotFittedError, ValueError
            As in `predict`.
        """
        return self._predict(X, series, "predict_proba")

    def predict_log_proba(self, X: Any, *, series: Any = None) -> Any:
        """Predict the logarithm of the probability of each class, without rounding small ones to zero.

        Parameters
        ----------
        X, series
            As in `predict`.

        Returns
        -------
        ndarray of shape (n, n_classes), or list of arrays
            See `predict_proba`.

        Raises
        ------
        NotFittedError, ValueError
            As in `predict`.
        """
        return self._predict(X, series, "predict_log_proba")

    def decision_function(self, X: Any, *, series: Any = None) -> Any:
        """Answer the inputs of the sigmoid or softmax (logits).

        Parameters
        ----------
        X, series
            As in `predict`.

        Returns
        -------
        ndarray of shape (n,), (n, n_classes) or (n, n_labels), or list of arrays
            One number per sequence, positive for ``classes_[1]``, for two classes; else one per class or label.

        Raises
        ------
        NotFittedError, ValueError
            As in `predict`.
        """
        return self._predict(X, series, "decision_function")

    def score(self, X: Any, y: Any, sample_weight: Any = None, *, series: Any = None) -> float:
        """Return the share of correct predictions; for multilabel y all labels must be right.

        Parameters
        ----------
        X, y, sample_weight, series
            As in `fit`. Padding does not count.

        Returns
        -------
        float
            Between 0 and 1.
        """
        sequences = self._read_for(X, series)
        y = read_labels(self, y, sequences)
        predicted = self._labels(self.net_.run(sequences))
        return float(accuracy_score(y, predicted, sample_weight=read_weights(sample_weight, sequences)))

    def _read_targets(self, y: Any, sequences: Sequences, *, reset: bool, classes: Any = None, **params: Any) -> Array:
        labels = read_labels(self, y, sequences)
        if reset:
            self._learn_classes(labels, classes)
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"classes differ from those of the first call, {self.classes_.tolist()}.")
        if self._multilabel != (labels.ndim == 2) or (self._multilabel and labels.shape[1] != self.n_outputs_):
            raise ValueError(
                f"y has shape {labels.shape}, but in the last fit it had "
                f"{'(n, ' + str(self.n_outputs_) + ')' if self._multilabel else '(n,)'}."
            )
        if self._multilabel:
            return labels.astype(np.int64)
        unknown = np.setdiff1d(labels, self.classes_)
        if len(unknown):
            raise ValueError(f"y has classes {unknown.tolist()} that are not among classes {self.classes_.tolist()}.")
        return np.searchsorted(self.classes_, labels)

    def _learn_classes(self, labels: Array, classes: Any) -> None:
        self._multilabel = labels.ndim == 2
        self.n_outputs_ = labels.shape[1] if self._multilabel else 1
        given = None if classes is None else column_or_1d(classes)
        if self._multilabel:
            self.classes_ = np.arange(self.n_outputs_)
            if given is not None and not np.array_equal(given, self.classes_):
                raise ValueError(f"classes of a multilabel y are the numbers of its columns, {self.classes_.tolist()}.")
            return
        self.classes_ = np.unique(labels if given is None else given)
        if len(self.classes_) < 2:
            raise ValueError(f"y has one class only, {self.classes_.tolist()[0]!r}; a classifier needs at least two.")

    def _weights(self, values: Array, weights: Array | None) -> Array | None:
        counting = values if weights is None else values[weights > 0]
        if not self._multilabel and len(np.unique(counting)) < 2 <= len(np.unique(values)):
            raise ValueError("sample_weight leaves one class only with weight; a classifier needs at least two.")
        return class_weights(self.class_weight, self.classes_, values, weights)

    def _learn_scale(self, targets: Targets) -> None:
        """Do nothing: classes have no scale."""

    @property
    def _one_logit_per_label(self) -> bool:
        """Whether an output unit answers for one label, by a sigmoid, and not for one of several classes."""
        loss = self.loss if isinstance(self.loss, str | type) else type(self.loss)
        binary = len(self.classes_) == 2 and (isinstance(loss, str) or issubclass(loss, torch.nn.BCEWithLogitsLoss))
        return self._multilabel or binary

    def _criterion(self) -> tuple[torch.nn.Module, int]:
        n_units = self.n_outputs_ if self._one_logit_per_label else len(self.classes_)
        return classification_loss(self.loss, self._one_logit_per_label), n_units

    def _encode(self, targets: Targets) -> Targets:
        if not self._one_logit_per_label:
            return targets
        return Targets(targets.values.reshape(len(targets.values), -1).astype(np.float64), targets.weights)

    def _score_values(self, targets: Targets) -> Array:
        return targets.values if self._multilabel else self.classes_[targets.values]

    def _probabilities(self, logits: Array) -> Array:
        logits = logits.astype(np.float64)
        if not self._one_logit_per_label:
            return softmax(logits, axis=1)
        return expit(logits) if self._multilabel else expit(np.hstack([-logits, logits]))

    def _log_probabilities(self, logits: Array) -> Array:
        logits = logits.astype(np.float64)
        if not self._one_logit_per_label:
            return log_softmax(logits, axis=1)
        return log_expit(logits) if self._multilabel else log_expit(np.hstack([-logits, logits]))

    def _decisions(self, logits: Array) -> Array:
        logits = logits.astype(np.float64)
        if self._multilabel or len(self.classes_) > 2:
            return logits
        return logits[:, 0] if self._one_logit_per_label else logits[:, 1] - logits[:, 0]

    def _labels(self, logits: Array) -> Array:
        if self._multilabel:
            return (logits > 0).astype(np.int64)
        codes = logits[:, 0] > 0 if self._one_logit_per_label else logits.argmax(axis=1)
        return self.classes_[codes.astype(np.int64)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
