"""A network runs over sequences of any length in pieces of bounded memory, with the results of one run."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from causal_tcn import CausalTCN
from framed import predict_all
from numpy.testing import assert_allclose

from sklearn_rnn import GRURegressor, LSTMRegressor, RNNRegressor, ShiftFramer
from sklearn_rnn._data.sequences import Sequences, offsets
from sklearn_rnn._networks.contract import Network
from sklearn_rnn._networks.encoder_decoder import EncoderDecoder
from sklearn_rnn._networks.recurrent import RecurrentNetwork
from sklearn_rnn._training import inference

pytestmark = pytest.mark.usefixtures("every_engine")

CELLS = [RNNRegressor, LSTMRegressor, GRURegressor]
RNG = np.random.default_rng(0)
LENGTHS = np.array([50, 3, 0, 49, 17, 50, 1])
RAGGED = [RNG.normal(size=(n, 2)) for n in LENGTHS]


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(inference, "PASS_STEPS", 64)
    monkeypatch.setattr(inference, "PASS_STEPS_OF_KERNELS", 64)
    monkeypatch.setattr(inference, "PIECE_STEPS", 48)  # three steps of sixteen rows


def fitted(estimator, X, y, **params):
    model = estimator(
        hidden_layer_sizes=(5, 4), max_epochs=1, early_stopping=False, dtype="float64", random_state=0, **params
    )
    return model.fit(X, y)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("estimator", CELLS)
def test_pieces_make_no_difference(estimator, bidirectional, request):
    per_step = fitted(estimator, RAGGED, [x[:, 0] for x in RAGGED], return_sequences=True, bidirectional=bidirectional)
    per_sequence = fitted(estimator, RAGGED, np.arange(7.0), bidirectional=bidirectional)
    windows = ShiftFramer(lags=20, step=2, context="none").fit_transform(RAGGED[0])
    framed = fitted(estimator, windows, RAGGED[0][:, 0], bidirectional=bidirectional)
    dense = np.stack([RAGGED[0], RAGGED[5]])

    def predict():
        return [
            *predict_all(per_step, RAGGED),
            predict_all(per_sequence, RAGGED),
            framed.predict(windows),
            per_step.predict(dense),
        ]

    whole = predict()
    request.getfixturevalue("small_pieces")
    cut = predict()
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
    whole = predict_all(fitted(estimator, RAGGED, np.arange(7.0), **params), RAGGED)
    request.getfixturevalue("small_pieces")
    cut = predict_all(fitted(estimator, RAGGED, np.arange(7.0), **params), RAGGED)
    assert_allclose(cut, whole, rtol=0, atol=1e-12)


def test_sequences_without_steps_make_no_batch():
    model = fitted(LSTMRegressor, RAGGED, [x[:, 0] for x in RAGGED], return_sequences=True, batch_size=1)
    assert np.isfinite(model.history_.train_loss).all()
    assert [len(part) for part in predict_all(model, [np.zeros((0, 2)), np.ones((2, 2))])] == [0, 2]


def test_validation_and_prediction_read_whole_sequences_where_pieces_cannot_be_continued(small_pieces):
    network = CausalTCN(n_features=2, n_outputs=1).double()
    network.initialize(torch.Generator().manual_seed(0))
    for network.return_sequences in (False, True):
        sequences = Sequences(np.concatenate(RAGGED), offsets(LENGTHS), LENGTHS, per_step=network.return_sequences)
        got = inference.run_network(network, sequences, torch.device("cpu"))
        with torch.inference_mode():
            expected = [network(torch.from_numpy(x)[None])[0].reshape(-1, 1).numpy() for x in RAGGED]
        assert_allclose(got, np.concatenate(expected), rtol=0, atol=1e-12)


@pytest.mark.parametrize("estimator", CELLS)
def test_a_stream_runs_forward_where_there_is_no_single_step(estimator, monkeypatch):
    model = fitted(estimator, RAGGED, [x[:, 0] for x in RAGGED], return_sequences=True)
    fast = model.stream(history=RAGGED[1])
    monkeypatch.setattr(RecurrentNetwork, "single_step", Network.single_step)
    slow = model.stream(history=RAGGED[1])
    for x in RAGGED[0][:5]:
        assert_allclose(slow.step(x), fast.step(x), rtol=0, atol=1e-12)


class Memoryless(CausalTCN):
    """A network that may be cut anywhere, since it remembers nothing."""

    whole_sequences = False


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (
            CausalTCN(2, 1),
            "reads sequences as a whole can't read a stream: CausalTCN keeps no state from one step to the",
        ),
        (Memoryless(2, 1, channels=(), width=1), "Memoryless has no state to carry from one step to the next"),
        (EncoderDecoder("gru", 2, 1, output_steps=3), "EncoderDecoder has no output per step of its input"),
    ],
    ids=["whole", "no state", "no steps"],
)
def test_a_stream_says_what_a_network_lacks(network, message):
    model = fitted(GRURegressor, RAGGED, np.arange(7.0))
    model.net_.module_ = network
    with pytest.raises(ValueError, match=message):
        model.stream()
