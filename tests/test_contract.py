"""What every network must keep, whatever it is made of: one suite over all of them.

A network of your own is checked by one more row in `RECIPES`; its definition in plain loops is one more function in
``tests/naive.py``.
"""

from __future__ import annotations

import copy
import pickle
from functools import partial

import naive
import numpy as np
import pytest
import torch
from causal_tcn import CausalTCN

from sklearn_rnn._networks.contract import count_parameters
from sklearn_rnn._networks.encoder_decoder import EncoderDecoder
from sklearn_rnn._networks.recurrent import RecurrentNetwork

pytestmark = pytest.mark.usefixtures("every_engine")

LENGTHS = torch.tensor([6, 3, 1, 0, 5])
STEPS = 4  # of the output of an encoder-decoder
# By name: how a network is made from n_features and n_outputs, and its definition: network and steps of one sequence
# to the outputs per step (None where it has none), the output at the end, and the state there.
RECIPES = {}

for cell, nonlinearity in (("rnn", "tanh"), ("rnn", "relu"), ("lstm", "tanh"), ("gru", "tanh")):
    for sizes in ((4,), (4, 3)):
        for both in (False, True):
            make = partial(RecurrentNetwork, cell, nonlinearity=nonlinearity, bidirectional=both, hidden_layer_sizes=sizes)  # fmt: skip
            define = partial(naive.recurrent, cell=cell, nonlinearity=nonlinearity, bidirectional=both)
            name = cell if cell != "rnn" else nonlinearity
            RECIPES[f"{name}{'-both' * both}-{len(sizes)}"] = make, define
for cell in ("rnn", "lstm", "gru"):
    for decoder in ("repeat", "feedback"):
        for sizes in ((4,), (4, 3)):
            make = partial(EncoderDecoder, cell, output_steps=STEPS, decoder=decoder, hidden_layer_sizes=sizes)
            define = partial(naive.encoder_decoder, cell=cell, n_steps=STEPS, feedback=decoder == "feedback")
            RECIPES[f"{cell}-{decoder}-{len(sizes)}"] = make, define
RECIPES["tcn-1"] = partial(CausalTCN, channels=(4,)), naive.causal_tcn
RECIPES["tcn-3"] = partial(CausalTCN, channels=(4, 3, 3), width=2), naive.causal_tcn


def made(name, *, n_outputs=2, dtype=torch.float64, **options):
    """A network with weights that are all drawn, biases too."""
    network = RECIPES[name][0](n_features=2, n_outputs=n_outputs, **options).to(dtype).eval()
    generator = torch.Generator().manual_seed(0)
    network.initialize(generator)
    with torch.no_grad():  # biases, too, should differ from zero
        for p in network.parameters():
            p += 0.1 * torch.randn(p.shape, generator=generator, dtype=dtype)
    return network


def batch(dtype=torch.float64):
    """Five sequences of other lengths; what lies behind their ends is far from zero."""
    x = torch.randn((5, 6, 2), generator=torch.Generator().manual_seed(1), dtype=dtype)
    x[torch.arange(6) >= LENGTHS[:, None]] = 50.0
    return x


def ways(network):
    """The values of per_step that a network knows."""
    return (False, True) if network.keeps_steps else (False,)


def real(outputs, per_step):
    """The outputs that mean something."""
    return outputs[torch.arange(6) < LENGTHS[:, None]] if per_step else outputs


def assert_near(got, want, tolerance=1e-12):
    got, want = (value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value) for value in (got, want))  # fmt: skip
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=0, atol=tolerance)


def assert_states(got, want, tolerance=1e-12):
    assert [len(parts) for parts in got] == [len(parts) for parts in want]
    for parts, others in zip(got, want, strict=True):
        for part, other in zip(parts, others, strict=True):
            assert_near(part, other, tolerance)


def row(state, i):
    return [tuple(part[i] for part in parts) for parts in state]


every_network = pytest.mark.parametrize("name", RECIPES)
CONTINUED = [name for name in RECIPES if "both" not in name and "tcn" not in name]  # have a state that can be continued
STEPPED = [name for name in CONTINUED if "repeat" not in name and "feedback" not in name]  # run single steps, too


@every_network
@pytest.mark.parametrize("n_outputs", [1, 2])
def test_padded_network_equals_its_definition(name, n_outputs):
    network, define = made(name, n_outputs=n_outputs), RECIPES[name][1]
    for per_step in ways(network):
        output, state = network(batch(), None, LENGTHS, per_step=per_step)
        fast, _ = network(batch(), None, LENGTHS, per_step=per_step, ragged_state=False)
        assert output.isfinite().all()  # behind the ends, too
        for i, length in enumerate(LENGTHS.tolist()):
            steps, last, after = define(network, batch()[i, :length].tolist())
            for got in (output, fast):
                assert_near(got[i, :length] if per_step else got[i], steps if per_step else last)
            assert_states(row(state, i), after)


@every_network
def test_padded_sequences_equal_unpadded_ones(name):
    network = made(name)
    for per_step in ways(network):
        output, state = network(batch(), None, LENGTHS, per_step=per_step)
        for i, length in enumerate(LENGTHS.tolist()):
            alone, after = network(batch()[i : i + 1, :length], per_step=per_step)
            assert_near(output[i, :length] if per_step else output[i], alone[0])
            assert_states(row(state, i), row(after, 0))


@every_network
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_padded_gradients_equal_unpadded_ones(name, dtype):
    network = made(name, dtype=dtype)

    def gradients(outputs):
        network.zero_grad()
        outputs.square().mean().backward()
        return [p.grad.clone() for p in network.parameters() if p.requires_grad]

    for per_step in ways(network):
        padded = gradients(
            real(network(batch(dtype), None, LENGTHS, per_step=per_step, ragged_state=False)[0], per_step)
        )
        alone = [network(batch(dtype)[i : i + 1, :n], per_step=per_step)[0] for i, n in enumerate(LENGTHS.tolist())]
        tolerance = 1e-12 if dtype == torch.float64 else 1e-6
        for a, b in zip(padded, gradients(torch.cat([one.flatten(0, int(per_step)) for one in alone])), strict=True):
            assert (a - b).abs().max() <= tolerance * max(1.0, float(b.abs().max()))


@every_network
def test_neighbours_do_not_matter(name):
    network, other = made(name), batch()
    other[1:] = -3.0
    for per_step in ways(network):
        one, two = (network(x, None, LENGTHS, per_step=per_step)[0][0] for x in (batch(), other))
        assert_near(one, two)


@every_network
def test_networks_say_what_they_can(name):
    network = made(name)
    assert network.whole_sequences == (name not in CONTINUED)
    assert network.why_whole
    assert (network.single_step() is not None) == (name in STEPPED)
    assert bool(network.initial_state(1)) == ("tcn" not in name)


@pytest.mark.parametrize("name", CONTINUED)
def test_pieces_equal_the_whole(name):
    network, x = made(name), batch()
    for per_step in ways(network):
        whole, end = network(x, per_step=per_step)
        first, middle = network(x[:, :2], per_step=per_step)
        second, end_again = network(x[:, 2:], middle, per_step=per_step)
        assert_near(torch.cat([first, second], dim=1) if per_step else second, whole, 1e-14)
        assert_states(end_again, end, 1e-14)


@pytest.mark.parametrize("name", CONTINUED)
def test_state_that_is_returned_continues_unequal_sequences(name):
    """Sequences that ended earlier continue from their own ends, and one without steps stays where it is."""
    network, x = made(name), batch()
    _, state = network(x, None, LENGTHS)
    more = torch.randn((5, 3, 2), generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    lengths = torch.tensor([1, 3, 0, 2, 3])
    output, after = network(more, state, lengths, per_step=False)
    for i, (length, further) in enumerate(zip(LENGTHS.tolist(), lengths.tolist(), strict=True)):
        whole, end = network(torch.cat([x[i, :length], more[i, :further]])[None], per_step=False)
        assert_near(output[i], whole[0])
        assert_states(row(after, i), row(end, 0))
    _, same = network(more, state, torch.zeros(5, dtype=torch.int64))
    assert_states(same, state, 0)


@every_network
def test_initial_state_is_where_sequences_begin(name):
    network = made(name)
    state = network.initial_state(5)
    for parts in state:
        for part in parts:
            assert len(part) == 5
            assert part.dtype == network.dtype == torch.float64
            assert part.device == network.device
    for a, b in zip(network(batch(), state, LENGTHS), network(batch(), None, LENGTHS), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


@every_network
def test_output_before_steps_is_that_of_a_sequence_without_steps(name):
    network, none = made(name), torch.zeros(5, dtype=torch.int64)
    before = network.before_steps(network.initial_state(5))
    assert len(before) == (5 if network.initial_state(5) else 1)
    for x, lengths in ((batch(), none), (batch()[:, :0], none), (batch()[:, :0], None)):
        output, _ = network(x, None, lengths, per_step=False)
        assert_near(output, before.expand_as(output))
    if network.keeps_steps:
        assert network(batch()[:, :0], per_step=True)[0].shape == (5, 0, 2)
    output, state = network(batch(), None, LENGTHS, per_step=False)
    if state:
        assert_near(network.before_steps(state), output, 1e-14)


@pytest.mark.parametrize("name", STEPPED)
def test_a_single_step_equals_forward_on_one_step(name):
    network, x = made(name), batch()
    step = network.single_step()
    output, state = network(x[:, :3], per_step=True)
    singly = network.initial_state(5)
    for t in range(3):
        out, singly = step(x[:, t], singly)
        assert_near(out, output[:, t])
    assert_states(singly, state)
    out, after = pickle.loads(pickle.dumps(step))(x[:, 3], singly)
    expected, end = network(x[:, 3:4], state, per_step=True)
    assert_near(out, expected[:, 0])
    assert_states(after, end)


@every_network
def test_forward_changes_neither_its_input_nor_a_state(name):
    network, x, lengths = made(name), batch(), LENGTHS.clone()
    state = network(batch(), None, LENGTHS)[1]
    kept = copy.deepcopy([[part.detach() for part in parts] for parts in state])
    with torch.no_grad():
        network(x, state, lengths)
        if (step := network.single_step()) is not None:
            step(x[:, 0], state)
        network.before_steps(state)
    assert torch.equal(x, batch())
    assert torch.equal(lengths, LENGTHS)
    assert_states(state, kept, 0)


@every_network
def test_outputs_are_as_many_as_asked_for(name):
    for return_sequences in (False, True):
        network = made(name, n_outputs=3)
        if return_sequences and not network.keeps_steps:
            with pytest.raises(ValueError, match="none per step"):
                network(batch(), per_step=True)
            continue
        network.return_sequences = return_sequences
        steps = (6,) if return_sequences else ()
        output = network(batch())[0]
        assert network.n_outputs == output.shape[-1] == 3
        assert output.shape[1:-1] == (steps if network.keeps_steps else (STEPS,))


@every_network
def test_parts_add_up_to_the_whole(name):
    network = made(name)
    parts = network.parts()
    assert sum(part.parameters for part in parts) == count_parameters(network)
    assert all(part.name and part.units > 0 for part in parts)
    assert len({part.name for part in parts}) == len(parts)


@every_network
def test_state_dict_and_pickle_round_trip(name):
    network, other = made(name), RECIPES[name][0](n_features=2, n_outputs=2).double().eval()
    assert other.structure() == network.structure()
    other.load_state_dict(network.state_dict())
    expected = network(batch(), None, LENGTHS)[0]
    for again in (other, pickle.loads(pickle.dumps(network)), copy.deepcopy(network)):
        assert again.structure() == network.structure()
        assert torch.equal(again(batch(), None, LENGTHS)[0], expected)
    with torch.no_grad():
        next(other.parameters()).zero_()  # a copy has weights of its own
    assert torch.equal(network(batch(), None, LENGTHS)[0], expected)


@every_network
def test_weights_are_drawn_from_their_generator_alone(name):
    drawn = []
    for seed in (0, 0, 1):
        with torch.device("meta"):  # as the estimators build it: nothing is set before
            network = RECIPES[name][0](n_features=2, n_outputs=2)
        network.to_empty(device="cpu")
        with torch.no_grad():
            for p in network.parameters():
                p.fill_(torch.nan)
        before = torch.get_rng_state()
        network.initialize(torch.Generator().manual_seed(seed))
        assert torch.equal(torch.get_rng_state(), before)
        drawn.append(torch.cat([p.detach().flatten() for p in network.parameters()]))
    assert drawn[0].isfinite().all()
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


@every_network
def test_training_draws_from_its_generator_if_it_says_so(name):
    takes_dropout = "tcn" not in name
    for options in ({}, {"dropout": 0.5}, {"recurrent_dropout": 0.5}) if takes_dropout else ({},):
        network = made(name, **options).train()
        network.generator = torch.Generator().manual_seed(0)
        truth = {} if network.keeps_steps else {"truth": torch.ones((5, STEPS, 2), dtype=torch.float64)}
        before, of_torch = network.generator.get_state(), torch.get_rng_state()
        network(batch(), None, LENGTHS, **truth)
        assert torch.equal(torch.get_rng_state(), of_torch)
        assert network.draws != torch.equal(network.generator.get_state(), before)
        assert network.draws >= bool(options)
        between = network.generator.get_state()
        network.eval()(batch(), None, LENGTHS)
        assert torch.equal(network.generator.get_state(), between)


@every_network
def test_a_start_shifts_all_outputs_alike_or_none(name):
    network = made(name)
    network.initialize(torch.Generator().manual_seed(0))
    before, start = network(batch(), None, LENGTHS)[0], torch.tensor([1.0, -2.0], dtype=torch.float64)
    network.start_at(start)
    shift = network(batch(), None, LENGTHS)[0] - before
    expected = start if isinstance(network, RecurrentNetwork) else torch.zeros_like(start)
    torch.testing.assert_close(shift, expected.expand_as(shift))
