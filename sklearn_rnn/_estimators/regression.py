"""What the regressors share: numbers as targets, learned on a standard scale."""

from __future__ import annotations

from typing import Any, ClassVar

from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import r2_score

from .._data.holdout import Part
from .._data.naive import last_known
from .._data.sequences import Array, Sequences
from .._data.targets import Targets, read_numbers, read_weights
from .._networks.losses import regression_loss
from .._training.naive import compare
from .base import SequenceEstimator
from .codecs import Codec, Numbers
from .parameters import RegressionLossParameters, RegressionTargetParameters


class SequenceRegressor(RegressorMixin, RegressionTargetParameters, RegressionLossParameters, SequenceEstimator):
    """Base of the regressors."""

    _ordered: ClassVar[bool] = True  # most targets of regression are series: hold out their end, unless told otherwise
    _codec: Numbers

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, *, series: Any = None) -> Any:
        """Train for one more epoch on this data, from the weights and the optimizer's state as they are.

        The first call learns the scale of y (``normalize_y``); later calls keep it.

        Parameters
        ----------
        X, y, sample_weight, series
            As in `fit`.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            As in `fit`, and with ``early_stopping=True``.
        KeyboardInterrupt
            On Ctrl-C. If the epoch was not completed, the estimator is as it was.
        """
        return self._fit(X, y, sample_weight, series, continuing=True)

    def predict(self, X: Any, *, series: Any = None) -> Any:
        """Predict the target of each sequence, or of each step.

        Parameters
        ----------
        X : array-like, DataFrame or list of arrays
            Sequences in a form that `fit` takes.
        series : array-like of shape (n,), optional
            Series of each row of a 2-D X.

        Returns
        -------
        ndarray of shape (n,) or (n, n_outputs), or list of arrays
            One prediction per sequence; with ``return_sequences=True`` one per step, in the form of X. A padded step
            repeats the prediction of the step before it. Of an encoder-decoder: a sequence per sequence, of the shape
            that y had in `fit`.

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

    def score(self, X: Any, y: Any, sample_weight: Any = None, *, series: Any = None) -> float:
        """Return the coefficient of determination, R², of the predictions.

        Parameters
        ----------
        X, y, sample_weight, series
            As in `fit`. Padding does not count.

        Returns
        -------
        float
            One for a perfect prediction, zero for a constant one; the mean over outputs and output steps.
        """
        sequences, codec = self._read(X, series, y), self._codec.for_scorers()  # r2_score takes no 3-D targets
        values = codec.restore(self._codec.code(self._read_y(y, sequences)))
        predicted = codec.decode(self.net_.outputs_of(sequences))
        return float(r2_score(values, predicted, sample_weight=read_weights(sample_weight, sequences)))

    def _read_y(self, y: Any, sequences: Sequences) -> Array:
        return read_numbers(y, sequences, type(self).__name__)

    def _targets(self, sequences: Sequences, codes: Array, weights: Array | None) -> Targets:
        return Targets(codes, weights, last_known(sequences, codes))  # while the order of rows is known

    def _compare(self, part: Part, valid: Part, epochs: list[dict[str, Any]]) -> None:
        compare(self, part, valid, epochs)

    def _new_codec(self, y: Array, classes: Any) -> Codec:
        return Numbers.of(y)

    def _scaled(self, targets: Targets) -> Codec:
        return self._codec.scaled_to(targets) if self.normalize_y else self._codec

    def _criterion(self) -> Any:
        return regression_loss(self.loss, self.quantile)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
