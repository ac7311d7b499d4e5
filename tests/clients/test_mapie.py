"""MAPIE: intervals of a regressor on sequences of several features."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_rnn import GRURegressor

pytest.importorskip("mapie", reason="mapie is not installed; `make test-clients` installs it")
from mapie.regression import SplitConformalRegressor


def make_sequences(n=600):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 8, 3))
    return X, X[:, -3:, 0].sum(axis=1) - X[:, -1, 1] + rng.normal(scale=0.3, size=n)


@pytest.mark.parametrize("flat", [True, False], ids=["2-D", "3-D"])
@pytest.mark.parametrize("prefit", [True, False])
def test_split_conformal_intervals_cover(flat, prefit):
    X, y = make_sequences()
    X = X.reshape(len(X), -1) if flat else X
    model = GRURegressor(columns=3, max_epochs=30, lr=0.01, random_state=0)
    model = model.fit(X[:300], y[:300]) if prefit else model
    conformal = SplitConformalRegressor(model, confidence_level=0.9, prefit=prefit)
    conformal = conformal if prefit else conformal.fit(X[:300], y[:300])
    conformal.conformalize(X[300:500], y[300:500])
    predicted, intervals = conformal.predict_interval(X[500:])
    lower, upper = intervals[:, :, 0].T
    assert 0.8 <= np.mean((lower <= y[500:]) & (y[500:] <= upper)) <= 0.99
    assert (upper - lower).mean() < 0.6 * 3.3 * y.std()  # 3.3 standard deviations hold 90 % without a model
    assert np.corrcoef(predicted, y[500:])[0, 1] > 0.9
