"""What recurrent networks alone have: gradients, dropout, initial weights. `test_contract.py` has what all have."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch

from sklearn_rnn._networks.contract import count_parameters
from sklearn_rnn._networks.recurrent import RecurrentNetwork

pytestmark = pytest.mark.usefixtures("every_engine")

CELLS = ("rnn", "lstm", "gru")
SIZES = ((4,), (4, 3))
LENGTHS = torch.tensor([6, 3, 1, 0, 5])


def make_network(cell, sizes, *, bidirectional=False, return_sequences=False, dtype=torch.float64, **options):
    network = RecurrentNetwork(
        cell, 2, 2, sizes, bidirectional=bidirectional, return_sequences=return_sequences, **options
    ).to(dtype)
    generator = torch.Generator().manual_seed(0)
    network.initialize(generator)
    with torch.no_grad():  # biases, too, should differ from zero
        for p in network.parameters():
            p += 0.1 * torch.randn(p.shape, generator=generator, dtype=dtype)
    return network


def make_batch(dtype=torch.float64):
    """Five sequences of other lengths; what lies behind their ends is far from zero."""
    x = torch.randn((5, 6, 2), generator=torch.Generator().manual_seed(1), dtype=dtype)
    x[torch.arange(6) >= LENGTHS[:, None]] = 50.0
    return x


@pytest.mark.parametrize("recurrent_dropout", [0.0, 0.5])
@pytest.mark.parametrize("cell", CELLS)
def test_gradcheck(cell, recurrent_dropout):
    network = make_network(cell, (3, 2), bidirectional=True, recurrent_dropout=recurrent_dropout, return_sequences=True)
    x = make_batch()[:2, :4].requires_grad_()
    lengths = torch.tensor([4, 1])

    def run(x, *weights):
        network.generator = torch.Generator().manual_seed(0)  # the same masks in each evaluation
        return network(x, None, lengths, ragged_state=False)[0][torch.arange(4) < lengths[:, None]]

    weights = [p for p in network.parameters() if p.requires_grad]
    assert torch.autograd.gradcheck(run, (x, *weights))


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_run_by_steps_equals_fused_run(cell, bidirectional):
    # A share this small drops nothing, but makes the layer go step by step.
    stepwise = make_network(cell, (4, 3), bidirectional=bidirectional, recurrent_dropout=1e-15).train()
    fused = make_network(cell, (4, 3), bidirectional=bidirectional)
    for a, b in zip(stepwise(make_batch(), None, LENGTHS), fused(make_batch(), None, LENGTHS), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


def test_recurrent_dropout_has_one_mask_per_sequence():
    network = make_network("rnn", (200,), recurrent_dropout=0.5, nonlinearity="relu", return_sequences=True).train()
    recurrence = network.layers[0].recurrences[0]
    with torch.no_grad():  # h_t = 1 + mask * h_(t-1)
        for p in recurrence.parameters():
            p.zero_()
        recurrence.weights.bias_ih_l0.fill_(1.0)
        recurrence.weights.weight_hh_l0.copy_(torch.eye(200))
    network.generator = torch.Generator().manual_seed(0)
    h = recurrence(torch.zeros(3, 4, 2, dtype=torch.float64), None, None, False, network.generator)[0]
    kept = h[:, 1] > 1
    expected = torch.where(kept, torch.tensor(2.0**4 - 1), torch.tensor(1.0)).double()  # 1 + 2 + 4 + 8
    torch.testing.assert_close(h[:, -1], expected)
    assert 0.4 < kept.double().mean() < 0.6
    assert not torch.equal(kept[0], kept[1])


def test_dropout_is_the_same_at_every_step_and_off_in_evaluation():
    network = make_network("gru", (100,), dropout=0.5, return_sequences=True)
    network.generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        network.head = torch.nn.Identity()
        plain = network.eval()(make_batch())[0]
        ratio = network.train()(make_batch())[0] / plain
    torch.testing.assert_close(ratio, ratio[:, :1].expand_as(ratio))
    assert set(ratio.round(decimals=6).unique().tolist()) == {0.0, 2.0}


def test_parameter_counts():
    # Dense: out * (in + 1); simple RNN: units * (units + in + 1); LSTM: four times that.
    assert count_parameters(RecurrentNetwork("rnn", 32, 1, (32,)).layers) == 2080
    assert count_parameters(RecurrentNetwork("lstm", 10, 1, (3,)).layers) == 168
    assert count_parameters(RecurrentNetwork("lstm", 10, 5, (3,)).head) == 5 * (3 + 1)
    # The GRU of torch and cuDNN resets after the matrix product, which needs a second bias.
    assert count_parameters(RecurrentNetwork("gru", 10, 1, (3,)).layers) == 3 * 3 * (3 + 10 + 2)
    assert count_parameters(RecurrentNetwork("lstm", 10, 1, (3,), bidirectional=True).layers) == 2 * 168


def test_initial_weights():
    network = RecurrentNetwork("lstm", 3, 1, (8,))
    network.initialize(torch.Generator().manual_seed(0))
    weights = network.layers[0].recurrences[0].weights
    for block in weights.weight_hh_l0.detach().chunk(4):
        torch.testing.assert_close(block @ block.T, torch.eye(8), rtol=0, atol=1e-5)
    assert weights.weight_ih_l0.detach().abs().max() <= np.sqrt(6 / (3 + 8))
    assert weights.bias_ih_l0.detach().chunk(4)[1].eq(1).all()
    assert weights.bias_hh_l0.eq(0).all()
    assert not weights.bias_hh_l0.requires_grad


def test_a_generator_of_a_missing_device_is_read_as_one_of_the_cpu():
    class OfGPU:
        device = torch.device("cuda:99")

        def initial_seed(self):
            return 3

        def get_state(self):
            return torch.zeros(16, dtype=torch.uint8)

    network = make_network("gru", (4,), dropout=0.5)
    network.generator = OfGPU()
    read = pickle.loads(pickle.dumps(network))
    assert (read.generator.device.type, read.generator.initial_seed()) == ("cpu", 3)
    assert isinstance(network.generator, OfGPU)
    network.generator = torch.Generator().manual_seed(5)
    assert pickle.loads(pickle.dumps(network)).generator.initial_seed() == 5
