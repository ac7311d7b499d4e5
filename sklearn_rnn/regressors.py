"""RNNRegressor, LSTMRegressor and GRURegressor."""

from __future__ import annotations

from typing import Any, ClassVar

from sklearn.utils._param_validation import StrOptions

from ._estimators.parameters import documented
from ._estimators.regression import RecurrentRegressor


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
    {references}
    .. [3] Elman (1990), Finding structure in time, Cognitive Science 14(2).

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
    {references}
    .. [3] Hochreiter and Schmidhuber (1997), Long short-term memory, Neural Computation 9(8).

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
    {references}
    .. [3] Cho et al. (2014), Learning phrase representations using RNN encoder-decoder for statistical machine
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
