"""What encoder-decoder networks alone have: teacher forcing and dropout. `test_contract.py` has what all have."""

from __future__ import annotations

import itertools

import naive
import numpy as np
import pytest
import torch

from sklearn_rnn._networks import encoder_decoder as module_file
from sklearn_rnn._networks.encoder_decoder import EncoderDecoder

pytestmark = pytest.mark.usefixtures("every_engine")

CELLS = ("rnn", "lstm", "gru")
DECODERS = ("repeat", "feedback")
SIZES = ((4,), (4, 3))
LENGTHS = torch.tensor([6, 3, 1, 0, 5])
STEPS = 4  # of the output


def make_network(cell, sizes, decoder, *, n_outputs=2, dtype=torch.float64, **options):
    network = EncoderDecoder(cell, 2, n_outputs, sizes, output_steps=STEPS, decoder=decoder, **options).to(dtype)
    generator = torch.Generator().manual_seed(0)
    network.initialize(generator)
    with torch.no_grad():  # biases, too, should differ from zero
        for p in network.parameters():
            p += 0.1 * torch.randn(p.shape, generator=generator, dtype=dtype)
    return network


def make_batch(dtype=torch.float64, n_outputs=2):
    """Five sequences of other lengths, far from zero behind their ends, and what they are followed by."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn((5, 6, 2), generator=generator, dtype=dtype)
    x[torch.arange(6) >= LENGTHS[:, None]] = 50.0
    return x, torch.randn((5, STEPS, n_outputs), generator=generator, dtype=dtype)


def expected(network, cell, x, length, **options):
    encoder, head = naive.weights_of(network, "encoder")
    decoder, _ = naive.weights_of(network, "decoder")
    return naive.encode_decode(cell, x[:length].tolist(), encoder, decoder, head, STEPS, **options)


def assert_near(got, want, tolerance=1e-12):
    got = got.detach().numpy() if isinstance(got, torch.Tensor) else got
    np.testing.assert_allclose(got, want, rtol=0, atol=tolerance)


@pytest.mark.parametrize("teacher_forcing", [0.0, 1.0])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("cell", CELLS)
def test_teacher_forcing_equals_its_definition(cell, sizes, teacher_forcing):
    network = make_network(cell, sizes, "feedback", teacher_forcing=teacher_forcing).train()
    x, truth = make_batch()
    output, _ = network(x, None, LENGTHS, truth=truth)
    for i, length in enumerate(LENGTHS.tolist()):
        fed = truth[i].tolist() if teacher_forcing else None
        assert_near(output[i], expected(network, cell, x[i], length, feedback=True, truth=fed))


def test_relu_network_equals_its_definition():
    network = make_network("rnn", (4, 3), "feedback", nonlinearity="relu")
    x, _ = make_batch()
    want = expected(network, "rnn", x[0], 6, feedback=True, nonlinearity="relu")
    assert_near(network(x, None, LENGTHS)[0][0], want)


@pytest.mark.parametrize("share", [0.25, 0.75])
def test_each_step_is_forced_with_that_probability(share):
    network = make_network("gru", (4,), "feedback", teacher_forcing=share).train()
    network.generator = torch.Generator().manual_seed(0)
    x, truth = (part[:1] for part in make_batch())
    patterns = list(itertools.product([True, False], repeat=STEPS - 1))
    fed = [[row if forced else None for row, forced in zip(truth[0].tolist(), p, strict=False)] for p in patterns]
    predictions = [expected(network, "gru", x[0], 6, feedback=True, truth=rows) for rows in fed]
    counts = np.zeros(len(patterns))
    for _ in range(1000):
        output = network(x, None, None, truth=truth)[0][0].detach().numpy()
        counts[np.flatnonzero([np.abs(output - prediction).max() < 1e-12 for prediction in predictions])] += 1
    assert counts.sum() == 1000  # every draw is one of the patterns
    likely = [np.prod(np.where(p, share, 1 - share)) for p in patterns]
    np.testing.assert_allclose(counts / 1000, likely, rtol=0, atol=0.05)


def test_truth_is_for_feedback_alone():
    network = make_network("lstm", (4,), "repeat", teacher_forcing=1.0).train()
    x, truth = make_batch()
    torch.testing.assert_close(network(x, None, LENGTHS, truth=truth)[0], network(x, None, LENGTHS)[0], rtol=0, atol=0)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize(("decoder", "forcing"), [("repeat", 0.5), ("feedback", 0.0), ("feedback", 0.5), ("feedback", 1.0)])  # fmt: skip
@pytest.mark.parametrize("cell", CELLS)
def test_gradcheck(cell, decoder, forcing, dropout):
    drops = {"dropout": dropout, "recurrent_dropout": dropout}
    network = make_network(cell, (2, 1), decoder, teacher_forcing=forcing, **drops).train()
    x, truth = make_batch()
    x, truth, lengths = x[:2, :4].requires_grad_(), truth[:2], torch.tensor([4, 1])

    def run(x, *weights):
        network.generator = torch.Generator().manual_seed(0)  # the same draws in each evaluation
        return network(x, None, lengths, truth=truth)[0]

    assert torch.autograd.gradcheck(run, (x, *(p for p in network.parameters() if p.requires_grad)))


@pytest.mark.parametrize("cell", CELLS)
def test_steps_with_dropout_equal_fused_ones(cell):
    """A share this small drops nothing, but makes every layer go step by step."""
    x, truth = make_batch()
    for decoder, options in itertools.product(DECODERS, ({"recurrent_dropout": 1e-15}, {"dropout": 1e-15})):
        plain = make_network(cell, (4, 3), decoder, teacher_forcing=0.0)
        dropping = make_network(cell, (4, 3), decoder, teacher_forcing=0.0, **options).train()
        assert_near(dropping(x, None, LENGTHS, truth=truth)[0], plain(x, None, LENGTHS)[0].detach().numpy())


def test_recurrent_dropout_has_one_mask_for_all_output_steps():
    network = make_network("rnn", (200,), "feedback", recurrent_dropout=0.5, nonlinearity="relu").train()
    with torch.no_grad():  # h_t = 1 + mask * h_(t-1) in the decoder, zero in the encoder
        for p in network.parameters():
            p.zero_()
        network.decoder[0].recurrences[0].weights.bias_ih_l0.fill_(1.0)
        network.decoder[0].recurrences[0].weights.weight_hh_l0.copy_(torch.eye(200))
        network.head = torch.nn.Linear(200, 2, bias=False).double()
    network.generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        network.head.weight.zero_()[:, 0] = 1.0  # the first unit alone is seen
        last = torch.cat([network(make_batch()[0])[0][:, -1, 0] for _ in range(100)])
    assert set(last.tolist()) == {1.0, 2.0**STEPS - 1}
    assert 0.4 < (last > 1).double().mean() < 0.6


def test_decoding_in_parts_makes_no_difference(monkeypatch):
    for decoder in DECODERS:
        network = make_network("lstm", (4,), decoder).eval()
        x = torch.randn((100, 3, 2), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        whole, _ = network(x)
        monkeypatch.setattr(module_file, "DECODED", 70)
        torch.testing.assert_close(network(x)[0], whole, rtol=0, atol=0)
