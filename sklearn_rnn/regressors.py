"""RNNRegressor, LSTMRegressor and GRURegressor."""

from __future__ import annotations

from numbers import Real
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import r2_score
from sklearn.utils._param_validation import Interval, StrOptions

from ._docs import documented
from ._estimator import RecurrentEstimator
from ._losses import REGRESSION, regression_loss
from ._sequences import Array, Sequences
from ._targets import Targets, read_numbers, read_weights


class RecurrentRegressor(RegressorMixin, RecurrentEstimator):
    """What the regressors share: numbers as targets, learned on a standard scale."""

    _ordered = True

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **RecurrentEstimator._parameter_constraints,
        "loss": [StrOptions(set(REGRESSION)), type, torch.nn.Module],
        "quantile": [Interval(Real, 0, 1, closed="neither")],
        "normalize_y": ["boolean"],
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
        return self._predict(X, series, self._in_users_units)

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

    def _in_users_units(self, outputs: Array) -> Array:
        values = outputs.astype(np.float64) * self._y_scale + self._y_mean
        return values[:, 0] if self._flat_y else values

    def _score_values(self, targets: Targets) -> Array:
        return targets.values[:, 0] if self._flat_y else targets.values

    def _criterion(self) -> tuple[torch.nn.Module, int]:
        return regression_loss(self.loss, self.quantile), self.n_outputs_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


@documented
class RNNRegressor(RecurrentRegressor):
    """Simple recurrent network for regression.

    h_t = phi(W_xh x_t + W_hh h_(t-1) + b_h), with phi the `nonlinearity`. Its gradient fades over tens of steps; for
    longer memory see `LSTMRegressor` and `GRURegressor`.

    Sequences may be of unequal length: X is a list of arrays, or is padded at either end with NaN (or `mask_value`),
    which changes nothing about the result.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    LSTMRegressor, GRURegressor : The same with another cell.
    sklearn_rnn.preprocessing.ShiftFramer : From a table to windows of lags, within a pipeline.

    References
    ----------
    {dropout}
    .. [2] Elman (1990), Finding structure in time, Cognitive Science 14(2).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_rnn import RNNRegressor
    >>> X = np.random.default_rng(0).normal(size=(200, 12, 2))  # 200 sequences of 12 steps, 2 features
    >>> y = X[:, -3:, 0].sum(axis=1)
    >>> model = RNNRegressor(max_epochs=60, lr=0.01, random_state=0).fit(X[:150], y[:150])
    >>> model.predict(X[150:]).shape
    (50,)
    >>> bool(model.score(X[150:], y[150:]) > 0.8)
    True
    """

    _cell = "rnn"

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **RecurrentRegressor._parameter_constraints,
        "nonlinearity": [StrOptions({"tanh", "relu"})],
    }

    def __init__(
        self,
        *,
        hidden_layer_sizes: Any = (32,),
        nonlinearity: str = "tanh",
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
        super().__init__(
            hidden_layer_sizes=hidden_layer_sizes,
            bidirectional=bidirectional,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            return_sequences=return_sequences,
            stateful=stateful,
            tbptt=tbptt,
            loss=loss,
            quantile=quantile,
            optimizer=optimizer,
            lr=lr,
            optimizer_params=optimizer_params,
            weight_decay=weight_decay,
            clip_grad_norm=clip_grad_norm,
            batch_size=batch_size,
            max_epochs=max_epochs,
            shuffle=shuffle,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            tol=tol,
            validation=validation,
            normalize_y=normalize_y,
            mask_value=mask_value,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
            scoring=scoring,
            callbacks=callbacks,
            device=device,
            dtype=dtype,
        )
        self.nonlinearity = nonlinearity


@documented
class LSTMRegressor(RecurrentRegressor):
    """Long short-term memory (LSTM) network for regression.

    f, i, o = sigmoid(W [h_(t-1), x_t] + b), c_t = f c_(t-1) + i tanh(W_c [h_(t-1), x_t] + b_c), h_t = o tanh(c_t):
    a cell state that gates protect carries memory over hundreds of steps.

    Sequences may be of unequal length: X is a list of arrays, or is padded at either end with NaN (or `mask_value`),
    which changes nothing about the result.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    RNNRegressor, GRURegressor : The same with another cell.
    sklearn_rnn.preprocessing.ShiftFramer : From a table to windows of lags, within a pipeline.

    References
    ----------
    {dropout}
    .. [2] Hochreiter and Schmidhuber (1997), Long short-term memory, Neural Computation 9(8).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_rnn import LSTMRegressor
    >>> X = np.random.default_rng(0).normal(size=(200, 12, 2))  # 200 sequences of 12 steps, 2 features
    >>> y = X[:, -3:, 0].sum(axis=1)
    >>> model = LSTMRegressor(max_epochs=60, lr=0.01, random_state=0).fit(X[:150], y[:150])
    >>> model.predict(X[150:]).shape
    (50,)
    >>> bool(model.score(X[150:], y[150:]) > 0.8)
    True
    """

    _cell = "lstm"


@documented
class GRURegressor(RecurrentRegressor):
    """Gated recurrent unit (GRU) network for regression.

    z, r = sigmoid(W [h_(t-1), x_t] + b), n_t = tanh(W_n x_t + r (U_n h_(t-1) + c_n) + b_n),
    h_t = (1 - z) n_t + z h_(t-1): the memory of LSTM with one state and one gate less.

    Sequences may be of unequal length: X is a list of arrays, or is padded at either end with NaN (or `mask_value`),
    which changes nothing about the result.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    RNNRegressor, LSTMRegressor : The same with another cell.
    sklearn_rnn.preprocessing.ShiftFramer : From a table to windows of lags, within a pipeline.

    References
    ----------
    {dropout}
    .. [2] Cho et al. (2014), Learning phrase representations using RNN encoder-decoder for statistical machine
       translation, EMNLP.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_rnn import GRURegressor
    >>> X = np.random.default_rng(0).normal(size=(200, 12, 2))  # 200 sequences of 12 steps, 2 features
    >>> y = X[:, -3:, 0].sum(axis=1)
    >>> model = GRURegressor(max_epochs=60, lr=0.01, random_state=0).fit(X[:150], y[:150])
    >>> model.predict(X[150:]).shape
    (50,)
    >>> bool(model.score(X[150:], y[150:]) > 0.8)
    True
    """

    _cell = "gru"
