"""What the regressors share: parameters, targets and answers."""

from __future__ import annotations

from numbers import Real
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import r2_score
from sklearn.utils._param_validation import Interval, StrOptions

from .._data.sequences import Array, Sequences
from .._data.targets import Targets, read_numbers, read_weights
from .._networks.losses import REGRESSION, regression_loss
from .base import RecurrentEstimator, SequenceEstimator


class SequenceRegressor(RegressorMixin, SequenceEstimator):
    """What all regressors share: numbers as targets, learned on a standard scale."""

    _ordered = True
    _answers: ClassVar[dict[str, str]] = {"predict": "_in_users_units"}
    n_outputs_: int

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **SequenceEstimator._parameter_constraints,
        "loss": [StrOptions(set(REGRESSION)), type, torch.nn.Module],
        "quantile": [Interval(Real, 0, 1, closed="neither")],
        "normalize_y": ["boolean"],
    }

    loss: Any
    quantile: float
    normalize_y: bool

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
        """
        self.__dict__ = self._fitted(X, y, sample_weight, series, go_on=True).__dict__
        return self

    def _weights(self, values: Array, weights: Array | None) -> Array | None:
        return weights

    def _learn_scale(self, targets: Targets) -> None:
        values, weights = targets.values, targets.weights
        self._y_mean, self._y_scale = np.zeros(self.n_outputs_), np.ones(self.n_outputs_)
        if self.normalize_y:
            self._y_mean = np.average(values, axis=0, weights=weights)
            scale = np.sqrt(np.average((values - self._y_mean) ** 2, axis=0, weights=weights))
            self._y_scale = np.where(scale > 0, scale, 1.0)

    def _encode(self, targets: Targets) -> Targets:
        return Targets((targets.values - self._y_mean) / self._y_scale, targets.weights)

    def _rescaled(self, outputs: Array) -> Array:
        """Return outputs of the network in the units of y."""
        return outputs.astype(np.float64) * self._y_scale + self._y_mean

    def _criterion(self) -> tuple[torch.nn.Module, int]:
        return regression_loss(self.loss, self.quantile), self.n_outputs_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class RecurrentRegressor(SequenceRegressor, RecurrentEstimator):
    """What the regressors of one recurrent network share: a target per sequence or per step."""

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **RecurrentEstimator._parameter_constraints,
        **SequenceRegressor._parameter_constraints,
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
        loss: Any = "squared_error",
        quantile: float = 0.5,
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
        normalize_y: bool = True,
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
        self.quantile = quantile
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
        self.normalize_y = normalize_y
        self.mask_value = mask_value
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self.scoring = scoring
        self.callbacks = callbacks
        self.device = device
        self.dtype = dtype

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
            repeats the prediction of the step before it.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X can't be read or has other features than in `fit`.
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
            One for a perfect prediction, zero for a constant one; the mean over outputs.
        """
        sequences = self._read_for(X, series)
        y = read_numbers(self, y, sequences)
        predicted = self._in_users_units(self.net_.run(sequences))
        return float(r2_score(y, predicted, sample_weight=read_weights(sample_weight, sequences)))

    def _read_targets(self, y: Any, sequences: Sequences, *, reset: bool, **params: Any) -> Array:
        values = read_numbers(self, y, sequences)
        n_outputs = None if values.ndim == 1 else values.shape[1]
        if reset:
            self.n_outputs_ = n_outputs or 1
            self._flat_y = n_outputs is None
        elif (n_outputs or 1) != self.n_outputs_:
            raise ValueError(f"y has {n_outputs or 1} outputs, but in the last fit it had {self.n_outputs_}.")
        return values.reshape(len(values), -1)

    def _in_users_units(self, outputs: Array) -> Array:
        values = self._rescaled(outputs)
        return values[:, 0] if self._flat_y else values

    def _score_values(self, targets: Targets) -> Array:
        return targets.values[:, 0] if self._flat_y else targets.values
