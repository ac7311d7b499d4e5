"""A network runs over sequences of any length in pieces of bounded memory, with the results of one run."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from sklearn_rnn import GRURegressor, LSTMRegressor, RNNRegressor, ShiftFramer
from sklearn_rnn._training import inference

CELLS = [RNNRegressor, LSTMRegressor, GRURegressor]
RNG = np.random.default_rng(0)
RAGGED = [RNG.normal(size=(n, 2)) for n in (50, 3, 0, 49, 17, 50, 1)]


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(inference, "PASS_STEPS", 64)
    monkeypatch.setattr(inference, "PIECE_STEPS", 48)  # three steps of sixteen rows


def fitted(estimator, X, y, **params):
    model = estimator(hidden_layer_sizes=(5, 4), max_epochs=1, dtype="float64", random_state=0, **params)
    return model.fit(X, y)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("estimator", CELLS)
def test_pieces_make_no_difference(estimator, bidirectional, request):
    per_step = fitted(estimator, RAGGED, [x[:, 0] for x in RAGGED], return_sequences=True, bidirectional=bidirectional)
    per_sequence = fitted(estimator, RAGGED, np.arange(7.0), bidirectional=bidirectional)
    windows = ShiftFramer(lags=20, step=2).fit_transform(RAGGED[0])
    framed = fitted(estimator, windows, RAGGED[0][:, 0], bidirectional=bidirectional)
    dense = np.stack([RAGGED[0], RAGGED[5]])
    whole = [*per_step.predict(RAGGED), per_sequence.predict(RAGGED), framed.predict(windows), per_step.predict(dense)]
    request.getfixturevalue("small_pieces")
    cut = [*per_step.predict(RAGGED), per_sequence.predict(RAGGED), framed.predict(windows), per_step.predict(dense)]
    for one, other in zip(whole, cut, strict=True):
        assert_allclose(other, one, rtol=0, atol=1e-12)


@pytest.mark.parametrize("estimator", CELLS)
def test_a_long_series_runs_as_torch_runs_it_at_once(estimator):
    X = RNG.normal(size=(5000, 2))
    model = fitted(estimator, X[:50], X[:50, 0], return_sequences=True, normalize_y=False)
    with torch.inference_mode():
        expected = model.module_(torch.from_numpy(X)[None])[0][0, :, 0].numpy()
    assert_allclose(model.predict(X), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("estimator", CELLS)
def test_training_runs_long_beginnings_in_pieces(estimator, request):
    """With one target per sequence all steps but the last k2 are run without gradient."""
    params = {"stateful": True, "tbptt": 4, "optimizer": "sgd", "lr": 0.1}
    whole = fitted(estimator, RAGGED, np.arange(7.0), **params).predict(RAGGED)
    request.getfixturevalue("small_pieces")
    assert_allclose(fitted(estimator, RAGGED, np.arange(7.0), **params).predict(RAGGED), whole, rtol=0, atol=1e-12)


def test_sequences_without_steps_make_no_batch():
    model = fitted(LSTMRegressor, RAGGED, [x[:, 0] for x in RAGGED], return_sequences=True, batch_size=1)
    assert np.isfinite(model.history_.train_loss).all()
    assert [len(part) for part in model.predict([np.zeros((0, 2)), np.ones((2, 2))])] == [0, 2]
