"""What the classifiers share: labels as targets, probabilities as predictions."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.metrics import accuracy_score

from .._data.holdout import Part
from .._data.layouts import warn_of_one_hot
from .._data.sequences import Array, Sequences
from .._data.targets import Targets, class_weights, read_labels, read_weights
from .._networks.losses import classification_loss, takes_logits
from .base import SequenceEstimator
from .codecs import Codec, Labels
from .parameters import ClassificationLossParameters, ClassificationTargetParameters


class SequenceClassifier(
    ClassifierMixin, ClassificationTargetParameters, ClassificationLossParameters, SequenceEstimator
):
    """Base of the classifiers."""

    _ordered: ClassVar[bool] = False  # sequences to classify are taken to be independent
    _codec: Labels
    classes_: Array

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
        KeyboardInterrupt
            On Ctrl-C. If the epoch was not completed, the estimator is as it was.
        """
        return self._fit(X, y, sample_weight, series, continuing=True, classes=classes)

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

        Warns
        -----
        ContextWarning
            If windows or sequences hold nothing but padding, so that their prediction is a constant.
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
        """Return the inputs of the sigmoid or softmax (logits).

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

        Notes
        -----
        Lists of labels of unequal lengths are scored as all their steps together. Metrics of scikit-learn take none,
        and scorers by name (``scoring="f1_macro"``) fail; a search takes a function instead, such as ``lambda model, X,
        y: f1_score(np.concatenate(y), np.concatenate(model.predict(X)), average="macro")``. Let y be a list of arrays:
        a list of lists is taken by scikit-learn for a form of multilabel y that it has given up.
        """
        sequences = self._read(X, series, y)
        y = self._read_y(y, sequences)
        predicted = self._codec.decode(self.net_.outputs_of(sequences))
        return float(accuracy_score(y, predicted, sample_weight=read_weights(sample_weight, sequences)))

    def _read_y(self, y: Any, sequences: Sequences) -> Array:
        return read_labels(y, sequences, type(self).__name__)

    def _learn_y(self, y: Any, sample_weight: Any, sequences: Sequences, *, reset: bool, classes: Any) -> Part:
        if not reset:
            self._check_unchanged(classes)
        part = super()._learn_y(y, sample_weight, sequences, reset=reset, classes=classes)
        if reset and self._codec.multilabel:
            warn_of_one_hot(part.targets.values)
        self.classes_ = self._codec.classes  # where scikit-learn looks for it
        return part

    def _check_unchanged(self, classes: Any) -> None:
        """Raise if classes or the kind of outputs are not those that an earlier fit learned."""
        if classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"classes differ from those of the first call, {self.classes_.tolist()}.")
        # With more than two classes every loss takes an output per class, so that nothing can differ.
        two = not self._codec.multilabel and len(self.classes_) == 2
        if two and self._codec.one_logit_per_label != self._one_logit_for_two:
            raise ValueError(
                "loss has changed since the last fit to one that takes another number of outputs for two classes; fit "
                "afresh with warm_start=False."
            )

    @property
    def _one_logit_for_two(self) -> bool:
        """Whether the loss takes one output for two classes, and not one for each."""
        loss = self.loss if isinstance(self.loss, str | type) else type(self.loss)
        return isinstance(loss, str) or issubclass(loss, torch.nn.BCEWithLogitsLoss)

    def _new_codec(self, y: Array, classes: Any) -> Codec:
        return Labels.of(y, classes, one_logit_for_two=self._one_logit_for_two)

    def _weigh(self, codes: Array, weights: Array | None, learned: Array | None = None) -> Array | None:
        if learned is not None:  # of validation, which needs no second class
            return class_weights(self.class_weight, self.classes_, codes, weights, learned)
        return self._codec.weigh(codes, weights, self.class_weight)

    def _prior(self, targets: Targets) -> Array | None:
        # To a loss of the user's own, outputs may be anything; to these they are logits. A network with this head start
        # learns by heart sooner, too: without early stopping it lost up to 13 % in tests/benchmarks/defaults.md.
        return self._codec.prior(targets) if takes_logits(self.loss) and self.early_stopping else None

    def _criterion(self) -> Any:
        return classification_loss(self.loss, self._codec.one_logit_per_label)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
