"""RNNClassifier, LSTMClassifier and GRUClassifier."""

from __future__ import annotations

from typing import ClassVar

from ._estimators.declaring import estimator
from ._estimators.network_parameters import NonlinearityParameters
from ._estimators.recurrent import RecurrentClassifier


@estimator
class RNNClassifier(NonlinearityParameters, RecurrentClassifier):
    """Simple recurrent network for classification.

    h_t = phi(W_xh x_t + W_hh h_(t-1) + b_h), with phi the `nonlinearity`. Its gradient fades over tens of steps; for
    longer memory see `LSTMClassifier` and `GRUClassifier`.

    Sequences may be of unequal length: X is a list of arrays, or is padded at either end with NaN (or `mask_value`),
    which changes nothing about the result.

    See Also
    --------
    LSTMClassifier, GRUClassifier : The same with another cell.
    sklearn_rnn.preprocessing.ShiftFramer : From a table to windows of lags, within a pipeline.

    References
    ----------
    .. [1] Elman (1990), Finding structure in time, Cognitive Science 14(2).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_rnn import RNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=(steps, 2)) for steps in rng.integers(5, 12, size=200)]  # sequences of unequal length
    >>> y = ["up" if x[-2:, 0].sum() > 0 else "down" for x in X]
    >>> model = RNNClassifier(max_epochs=40, lr=0.01, random_state=0).fit(X[:150], y[:150])
    >>> model.classes_
    array(['down', 'up'], dtype='<U4')
    >>> model.predict_proba(X[150:]).shape
    (50, 2)
    >>> bool(model.score(X[150:], y[150:]) > 0.8)
    True
    """

    _cell: ClassVar[str] = "rnn"


@estimator
class LSTMClassifier(RecurrentClassifier):
    """Long short-term memory (LSTM) network for classification.

    f, i, o = sigmoid(W [h_(t-1), x_t] + b), c_t = f c_(t-1) + i tanh(W_c [h_(t-1), x_t] + b_c), h_t = o tanh(c_t):
    a cell state that gates protect carries memory over hundreds of steps.

    Sequences may be of unequal length: X is a list of arrays, or is padded at either end with NaN (or `mask_value`),
    which changes nothing about the result.

    See Also
    --------
    RNNClassifier, GRUClassifier : The same with another cell.
    sklearn_rnn.preprocessing.ShiftFramer : From a table to windows of lags, within a pipeline.

    References
    ----------
    .. [1] Hochreiter and Schmidhuber (1997), Long short-term memory, Neural Computation 9(8).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_rnn import LSTMClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=(steps, 2)) for steps in rng.integers(5, 12, size=200)]  # sequences of unequal length
    >>> y = ["up" if x[-2:, 0].sum() > 0 else "down" for x in X]
    >>> model = LSTMClassifier(max_epochs=40, lr=0.01, random_state=0).fit(X[:150], y[:150])
    >>> model.classes_
    array(['down', 'up'], dtype='<U4')
    >>> model.predict_proba(X[150:]).shape
    (50, 2)
    >>> bool(model.score(X[150:], y[150:]) > 0.8)
    True
    """

    _cell: ClassVar[str] = "lstm"


@estimator
class GRUClassifier(RecurrentClassifier):
    """Gated recurrent unit (GRU) network for classification.

    z, r = sigmoid(W [h_(t-1), x_t] + b), n_t = tanh(W_n x_t + r (U_n h_(t-1) + c_n) + b_n),
    h_t = (1 - z) n_t + z h_(t-1): the memory of LSTM with one state and one gate less.

    Sequences may be of unequal length: X is a list of arrays, or is padded at either end with NaN (or `mask_value`),
    which changes nothing about the result.

    See Also
    --------
    RNNClassifier, LSTMClassifier : The same with another cell.
    sklearn_rnn.preprocessing.ShiftFramer : From a table to windows of lags, within a pipeline.

    References
    ----------
    .. [1] Cho et al. (2014), Learning phrase representations using RNN encoder-decoder for statistical machine
       translation, EMNLP.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_rnn import GRUClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=(steps, 2)) for steps in rng.integers(5, 12, size=200)]  # sequences of unequal length
    >>> y = ["up" if x[-2:, 0].sum() > 0 else "down" for x in X]
    >>> model = GRUClassifier(max_epochs=40, lr=0.01, random_state=0).fit(X[:150], y[:150])
    >>> model.classes_
    array(['down', 'up'], dtype='<U4')
    >>> model.predict_proba(X[150:]).shape
    (50, 2)
    >>> bool(model.score(X[150:], y[150:]) > 0.8)
    True
    """

    _cell: ClassVar[str] = "gru"
