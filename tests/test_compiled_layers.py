"""Networks told to use kernels: they do where kernels can, and are what they were where kernels can't."""

from __future__ import annotations

import pickle

import pytest
import torch
from causal_tcn import CausalTCN
from torch._subclasses.fake_tensor import FakeTensorMode

from sklearn_rnn._networks import compiled, layers
from sklearn_rnn._networks.encoder_decoder import EncoderDecoder
from sklearn_rnn._networks.kernels import autograd
from sklearn_rnn._networks.recurrent import RecurrentNetwork

CELLS = ("rnn", "lstm", "gru")
X = torch.randn((5, 6, 2), generator=torch.Generator().manual_seed(1))
LENGTHS = torch.tensor([6, 3, 1, 0, 5])


@pytest.fixture
def runs(monkeypatch):
    """The equations of the runs of kernels, which are counted."""
    counted, run = [], autograd.run

    def counting(equations, *args, **options):
        counted.append(equations)
        return run(equations, *args, **options)

    monkeypatch.setattr(autograd, "run", counting)
    return counted


def make_network(cell="gru", *, kernels=True, **options):
    network = RecurrentNetwork(cell, 2, 2, (4, 3), **options)
    network.initialize(torch.Generator().manual_seed(0))
    assert not kernels or network.use_kernels()
    return network


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("cell", CELLS)
def test_layers_of_both_directions_run_compiled(cell, dtype, runs):
    outputs = []
    for kernels in (False, True):
        network = make_network(cell, kernels=kernels, bidirectional=True, recurrent_dropout=0.5).to(dtype)
        network.generator = torch.Generator().manual_seed(0)  # both draw the same masks
        outputs += [network(X.to(dtype), None, LENGTHS)[0], network.eval()(X.to(dtype), None, LENGTHS)[0]]
        assert runs == ["tanh" if cell == "rnn" else cell] * 8 * kernels
    for one, other in zip(outputs[:2], outputs[2:], strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("options", "expected"), [
    ({"decoder": "repeat"}, 4), ({"decoder": "feedback"}, 2), ({"decoder": "feedback", "teacher_forcing": 1.0}, 4),
])  # fmt: skip
def test_encoder_and_decoder_run_compiled(options, expected, runs):
    network = EncoderDecoder("lstm", 2, 2, (4, 3), output_steps=4, **options)
    assert network.use_kernels()
    network(X, None, LENGTHS, truth=torch.zeros(5, 4, 2))
    assert len(runs) == expected  # runs of whole layers


def test_nothing_runs_compiled_unasked(runs):
    make_network(kernels=False)(X)
    assert not runs


def test_a_network_without_such_layers():
    assert not CausalTCN(2, 1).use_kernels()


def test_without_numba(runs, monkeypatch):
    network = make_network()
    expected = make_network(kernels=False)(X)[0]
    monkeypatch.setattr(compiled, "why_unavailable", lambda: "numba can't be imported")
    monkeypatch.setattr(layers, "why_unavailable", lambda: "numba can't be imported")
    assert torch.equal(pickle.loads(pickle.dumps(network))(X)[0], expected)  # that was trained where it was there
    assert not make_network(kernels=False).use_kernels()
    assert not runs


def vmapped(network):
    return torch.vmap(lambda x: network(x[None])[0][0])(X)


def functional_gradient(network):
    return torch.func.grad(lambda x: network(x)[0].sum())(X)


def forward_derivative(network):
    return torch.func.jvp(lambda x: network(x)[0], (X,), (torch.ones_like(X),))[1]


def traced(network):
    return torch.jit.trace(lambda x: network(x)[0], (X[:2],), check_trace=False)(X[:2])


def exported(network):
    return torch.export.export(network, (X,)).module()(X)[0]


def hooked(network):
    seen = []
    network.layers[0].recurrences[0].weights.register_forward_hook(lambda module, x, y: seen.append(y))
    network(X)
    assert seen
    return network(X)[0]


def pruned(network):
    torch.nn.utils.prune.l1_unstructured(network.layers[0].recurrences[0].weights, "weight_hh_l0", amount=0.5)
    return network(X)[0]


WAYS = [vmapped, functional_gradient, forward_derivative, traced, exported, hooked, pruned]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("cell", CELLS)
def test_what_torch_looks_into_runs_as_before(cell, way):
    expected = failure = None
    try:
        expected = way(make_network(cell, kernels=False))
    except Exception as error:  # torch does not do all of this for all cells
        failure = type(error)
    if failure is None:
        torch.testing.assert_close(way(make_network(cell)), expected)
    else:
        with pytest.raises(failure):
            way(make_network(cell))


def test_fake_tensors():
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        assert make_network()(mode.from_tensor(X))[0].shape == (5, 2)


@pytest.mark.parametrize("x", [X.double(), X[:, :, :1], X.to("meta")], ids=["type", "features", "device"])
def test_errors_are_those_of_torch(x):
    errors = []
    for kernels in (False, True):
        with pytest.raises((RuntimeError, ValueError)) as caught:
            make_network(kernels=kernels)(x)
        errors.append(str(caught.value))
    assert errors[0] == errors[1]
