"""RNNRegressor, LSTMRegressor and GRURegressor."""

from __future__ import annotations

from typing import ClassVar

from ._estimators.declaring import estimator
from ._estimators.network_parameters import NonlinearityParameters
from ._estimators.recurrent import RecurrentRegressor


@estimator
class RNNRegressor(NonlinearityParameters, RecurrentRegressor):
    """Simple recurrent network for regression.

    h_t = phi(W_xh x_t + W_hh h_(t-1) + b_h), with phi the `nonlinearity`. Its gradient fades over tens of steps; for
    longer memory see `LSTMRegressor` and `GRURegressor`.

    Sequences may be of unequal length: X is a list of arrays, or is padded at either end with NaN (or `mask_value`),
    which changes nothing about the result.

    See Also
    --------
    LSTMRegressor, GRURegressor : The same with another cell.
    sklearn_rnn.preprocessing.ShiftFramer : From a table to windows of lags, within a pipeline.

    References
    ----------
    .. [1] Elman (1990), Finding structure in time, Cognitive Science 14(2).

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

    _cell: ClassVar[str] = "rnn"


@estimator
class LSTMRegressor(RecurrentRegressor):
    """Long short-term memory (LSTM) network for regression.

    f, i, o = sigmoid(W [h_(t-1), x_t] + b), c_t = f c_(t-1) + i tanh(W_c [h_(t-1), x_t] + b_c), h_t = o tanh(c_t):
    a cell state that gates protect carries memory over hundreds of steps.

    Sequences may be of unequal length: X is a list of arrays, or is padded at either end with NaN (or `mask_value`),
    which changes nothing about the result.

    See Also
    --------
    RNNRegressor, GRURegressor : The same with another cell.
    sklearn_rnn.preprocessing.ShiftFramer : From a table to windows of lags, within a pipeline.

    References
    ----------
    .. [1] Hochreiter and Schmidhuber (1997), Long short-term memory, Neural Computation 9(8).

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

    The columns of a lag table are steps by their names, in whatever order they come (see `columns`):

    >>> from sklearn_rnn import series_to_supervised
    >>> from sklearn_rnn.datasets import load_beijing_pm25
    >>> weather, pollution = load_beijing_pm25(return_X_y=True)
    >>> table = series_to_supervised(weather[["TEMP", "PRES"]][:200], n_in=2).sort_index(axis=1)
    >>> list(table)
    ['PRES(t)', 'PRES(t-1)', 'PRES(t-2)', 'TEMP(t)', 'TEMP(t-1)', 'TEMP(t-2)']
    >>> LSTMRegressor(max_epochs=1, early_stopping=False).fit(table, pollution[table.index]).step_columns_
               PRES       TEMP
    step
    0     PRES(t-2)  TEMP(t-2)
    1     PRES(t-1)  TEMP(t-1)
    2       PRES(t)    TEMP(t)
    """

    _cell: ClassVar[str] = "lstm"


@estimator
class GRURegressor(RecurrentRegressor):
    """Gated recurrent unit (GRU) network for regression.

    z, r = sigmoid(W [h_(t-1), x_t] + b), n_t = tanh(W_n x_t + r (U_n h_(t-1) + c_n) + b_n),
    h_t = (1 - z) n_t + z h_(t-1): the memory of LSTM with one state and one gate less.

    Sequences may be of unequal length: X is a list of arrays, or is padded at either end with NaN (or `mask_value`),
    which changes nothing about the result.

    See Also
    --------
    RNNRegressor, LSTMRegressor : The same with another cell.
    sklearn_rnn.preprocessing.ShiftFramer : From a table to windows of lags, within a pipeline.

    References
    ----------
    .. [1] Cho et al. (2014), Learning phrase representations using RNN encoder-decoder for statistical machine
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

    _cell: ClassVar[str] = "gru"
