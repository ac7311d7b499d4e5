"""The torch network against its definition in plain loops, its masks, its state and its gradients."""

from __future__ import annotations

import itertools

import naive
import numpy as np
import pytest
import torch

from sklearn_rnn._networks.recurrent import RecurrentNetwork, count_parameters

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


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("cell", CELLS)
def test_network_equals_its_definition(cell, sizes, bidirectional):
    x = make_batch()
    for return_sequences in (False, True):
        network = make_network(cell, sizes, bidirectional=bidirectional, return_sequences=return_sequences)
        layers, head = naive.weights_of(network)
        output, state = network(x, None, LENGTHS)
        fast, _ = network(x, None, LENGTHS, ragged_state=False)
        for i, length in enumerate(LENGTHS.tolist()):
            steps, last, after = naive.run(cell, x[i, :length].tolist(), layers, head, bidirectional=bidirectional)
            expected = steps if return_sequences else last
            for got in (output, fast):
                got = got[i, :length] if return_sequences else got[i]
                np.testing.assert_allclose(got.detach().numpy(), expected, rtol=0, atol=1e-12)
            for got, want in zip(state, after, strict=True):
                for g, w in zip(got, want, strict=True):
                    np.testing.assert_allclose(g[i].detach().numpy(), w, rtol=0, atol=1e-12)


def test_relu_network_equals_its_definition():
    network = make_network("rnn", (4, 3), nonlinearity="relu", return_sequences=True)
    x = make_batch()
    steps, _, _ = naive.run("rnn", x[0].tolist(), *naive.weights_of(network), nonlinearity="relu")
    np.testing.assert_allclose(network(x)[0][0].detach().numpy(), steps, rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_state_goes_in_and_comes_out(cell):
    network = make_network(cell, (4, 3), return_sequences=True)
    x = make_batch()
    whole, end = network(x)
    first, middle = network(x[:, :2])
    second, again = network(x[:, 2:], middle)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole, rtol=0, atol=1e-14)
    for a, b in zip(end, again, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-14)
    zero, _ = network(x, network.initial_state(len(x)))
    torch.testing.assert_close(zero, whole, rtol=0, atol=0)


@pytest.mark.parametrize("cell", CELLS)
def test_sequence_that_ends_at_once_keeps_its_state(cell):
    network = make_network(cell, (4,))
    _, before = network(make_batch())
    _, after = network(make_batch(), before, torch.zeros(5, dtype=torch.int64))
    for a, b in zip(before[0], after[0], strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("cell", "sizes", "bidirectional", "return_sequences", "dtype"),
    list(itertools.product(CELLS, SIZES, (False, True), (False, True), (torch.float32, torch.float64))),
)
def test_masked_gradients_equal_unpadded_ones(cell, sizes, bidirectional, return_sequences, dtype):
    network = make_network(cell, sizes, bidirectional=bidirectional, return_sequences=return_sequences, dtype=dtype)
    x = make_batch(dtype)

    def gradients(loss):
        network.zero_grad()
        loss.backward()
        return [p.grad.clone() for p in network.parameters() if p.requires_grad]

    output, _ = network(x, None, LENGTHS, ragged_state=False)
    real = torch.arange(6) < LENGTHS[:, None]
    masked = gradients((output[real] if return_sequences else output).square().mean())
    alone = [network(x[i : i + 1, :length])[0] for i, length in enumerate(LENGTHS.tolist())]
    unpadded = gradients(torch.cat([one.reshape(-1, 2) for one in alone]).square().mean())
    tolerance = 1e-12 if dtype == torch.float64 else 1e-6
    for a, b in zip(masked, unpadded, strict=True):
        assert (a - b).abs().max() <= tolerance * max(1.0, float(b.abs().max()))


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
    h = recurrence(torch.zeros(3, 4, 2, dtype=torch.float64), None, None, False, network.generator).outputs
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
