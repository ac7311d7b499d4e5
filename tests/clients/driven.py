"""A series that two others drive, and the network that learns it, for the tests with other libraries."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_rnn import LSTMRegressor

N, N_TEST, LAGS = 1000, 100, 24
SEEDS = (0, 1, 2)


def make_driven(seed, delay=0):
    """y = 0.7 y(-1) + e1 - e2 + noise, and a table of e1 and e2, which act after `delay` rows, by the day."""
    rng = np.random.default_rng(seed)
    e = rng.normal(size=(N, 2))
    noise = rng.normal(scale=0.1, size=N)
    y = np.zeros(N)
    for t in range(1, N):
        y[t] = 0.7 * y[t - 1] + e[t - delay, 0] - e[t - delay, 1] + noise[t]
    days = pd.date_range("2024-01-01", periods=N, freq="D")
    return pd.Series(y, index=days, name="y"), pd.DataFrame(e, index=days, columns=["e1", "e2"])


def network(seed, **options):
    """The network of all runs."""
    return LSTMRegressor(max_epochs=40, lr=0.003, random_state=seed, **options)


def reshaped(seed, to_3d):
    """The same network, fed with a 3-D array that a function of the user makes of the columns."""
    return make_pipeline(FunctionTransformer(to_3d), network(seed))


def lags_then_exogenous(X):
    """Columns lag_1, lag_2, ..., e1, e2 as steps of (y, e1, e2), by hand."""
    X = np.asarray(X)
    return with_exogenous(X[:, -3::-1], X[:, -2:])[:, :, [2, 0, 1]]


def with_exogenous(lags, exogenous):
    """Lags, oldest first, as steps of (e1, e2, y)."""
    exogenous = np.repeat(exogenous[:, None], lags.shape[1], axis=1)
    return np.concatenate([exogenous, lags[:, :, None]], axis=2)
