"""Compiled layers against torch's own gradients of the equations, written here once more as a plain loop."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from sklearn_rnn._networks.kernels import autograd, threads
from sklearn_rnn._networks.kernels.autograd import run

CELLS = ("tanh", "relu", "lstm", "gru")
BLOCKS = {"tanh": 1, "relu": 1, "lstm": 4, "gru": 3}
LENGTHS = {
    "even": None,
    "ragged": [6, 3, 1, 5, 3],
    "none": [0, 6, 2, 0, 4],
    "shorter": [3, 2, 0, 1, 3],
    "zero": [0] * 5,
}

every_cell = pytest.mark.parametrize("cell", CELLS)


def step(cell, x, state, weights, mask):
    w_ih, w_hh, b_ih, b_hh = weights
    h = state[0] if mask is None else state[0] * mask
    a, r = x @ w_ih.T + b_ih, h @ w_hh.T + b_hh
    if cell in ("tanh", "relu"):
        return (getattr(torch, cell)(a + r),)
    if cell == "lstm":
        i, f, g, o = (a + r).chunk(4)
        c = f.sigmoid() * state[1] + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c
    (ar, az, an), (rr, rz, rn) = a.chunk(3), r.chunk(3)
    z = (az + rz).sigmoid()
    n = (an + (ar + rr).sigmoid() * rn).tanh()
    return ((1 - z) * n + z * state[0],)


def naive(cell, weights, x, state=None, lengths=None, mask=None, *, back=False):
    """Row after row, step after step."""
    outputs, finals = [], []
    for i in range(len(x)):
        n = x.shape[1] if lengths is None else int(lengths[i])
        zero = x.new_zeros(weights[1].shape[1])
        at = [zero] * (1 + (cell == "lstm")) if state is None else [part[i] for part in state]
        row = [zero] * x.shape[1]
        for t in reversed(range(n)) if back else range(n):
            at = step(cell, x[i, t], at, weights, None if mask is None else mask[i])
            row[t] = at[0]
        outputs.append(torch.stack(row) if row else x.new_zeros((0, len(zero))))
        finals.append(at)
    return torch.stack(outputs), tuple(torch.stack(parts) for parts in zip(*finals, strict=True))


def drawn(cell, *, batch=5, steps=6, features=3, units=4, dtype=torch.float64, lengths=None, state=False, mask=False):
    """Arguments of a run; whatever can have a gradient asks for one."""
    generator = torch.Generator().manual_seed(0)

    def normal(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype).requires_grad_()

    rows = BLOCKS[cell] * units
    weights = [normal(rows, features), normal(rows, units), normal(rows), normal(rows)]
    return {
        "weights": weights,
        "x": normal(batch, steps, features),
        "state": [normal(batch, units) for _ in range(1 + (cell == "lstm"))] if state else None,
        "lengths": None if lengths is None else torch.tensor(lengths),
        "mask": (2.0 * (normal(batch, units) > 0)).to(dtype) if mask else None,
    }


def leaves(arguments):
    return [t for t in (arguments["x"], *arguments["weights"], *(arguments["state"] or ())) if t.requires_grad]


def gradients(results, wanted):
    """Of a sum of all results, each with a weight of its own."""
    outputs, state = results
    total = sum((tensor * 0).sum() for tensor in wanted)  # all take part, even where no row has a step
    for i, part in enumerate((outputs, *state)):
        weights = torch.randn(part.shape, generator=torch.Generator().manual_seed(i), dtype=torch.float64)
        total = total + (part * weights.to(part.dtype)).sum()
    return torch.autograd.grad(total, wanted)


def both(cell, arguments, **options):
    """Results and gradients of the kernels, and of the plain loop."""
    arguments = dict(arguments)
    wanted, weights = leaves(arguments), arguments.pop("weights")
    found = []
    for function in (run, naive):
        results = function(cell, weights, **arguments, **options)
        found.append([results[0], *results[1], *gradients(results, wanted)])
    return found


def assert_near(got, want, tolerance=1e-10):
    for one, other in zip(got, want, strict=True):
        torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance)


@pytest.fixture
def many_slices(monkeypatch):
    monkeypatch.setattr(threads, "LEAST_WORK", 1)


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("state", [False, True])
@pytest.mark.parametrize("mask", [False, True])
@pytest.mark.parametrize("lengths", LENGTHS)
@every_cell
def test_results_and_gradients(cell, lengths, mask, state, back):
    arguments = drawn(cell, lengths=LENGTHS[lengths], state=state, mask=mask)
    assert_near(*both(cell, arguments, back=back))
    with torch.no_grad():
        weights = arguments.pop("weights")
        (outputs, after), (want, final) = (f(cell, weights, **arguments, back=back) for f in (run, naive))
    assert_near([outputs, *after], [want, *final], 1e-14)


@pytest.mark.parametrize(
    "sizes",
    [
        {"batch": 1}, {"units": 1}, {"units": 33, "batch": 19}, {"features": 1}, {"steps": 1}, {"features": 37},
        {"steps": 0}, {"batch": 1, "units": 1, "features": 1, "steps": 40}, {"units": 16, "features": 16, "batch": 70},
    ],
    ids=str,
)  # fmt: skip
@every_cell
def test_sizes(cell, sizes):
    for options in ({}, {"state": True, "mask": True}):
        assert_near(*both(cell, drawn(cell, **sizes, **options)))


@every_cell
def test_no_rows(cell):
    arguments = drawn(cell, batch=0, state=True)
    outputs, state = run(cell, arguments.pop("weights"), **arguments)
    assert outputs.shape == (0, 6, 4)
    assert [part.shape for part in state] == [(0, 4)] * (1 + (cell == "lstm"))


@pytest.mark.parametrize("lengths", [None, [6, 2, 0, 5, 6] * 4])
@every_cell
def test_slices_for_threads(cell, lengths, many_slices):
    arguments = drawn(cell, batch=20, units=3, lengths=lengths, state=True, mask=True)
    assert len(threads.slices(20, 1e6)) == 2
    assert_near(*both(cell, arguments))


@pytest.mark.parametrize("lengths", [None, [6, 2, 0, 5, 6]])
@every_cell
def test_pieces_without_a_gradient(cell, lengths, monkeypatch):
    monkeypatch.setattr(autograd, "CACHE", 1000)  # one lane and step at a time
    arguments = drawn(cell, lengths=lengths, state=True, mask=True)
    weights = arguments.pop("weights")
    for back in (False, True):
        whole, final = run(cell, weights, **arguments, back=back)
        with torch.no_grad():
            outputs, state = run(cell, weights, **arguments, back=back)
            nothing, same = run(cell, weights, **arguments, back=back, need_outputs=False)
        for got, want in zip((outputs, *state, *same), (whole, *final, *final), strict=True):
            assert torch.equal(got, want)
        assert nothing.shape == (5, 0, 4)


@every_cell
def test_gradients_of_the_state_alone(cell):
    arguments = drawn(cell, lengths=LENGTHS["ragged"], state=True)
    wanted, weights = leaves(arguments), arguments.pop("weights")
    got = run(cell, weights, **arguments, need_outputs=False)[1]
    want = naive(cell, weights, **arguments)[1]
    assert_near(*(torch.autograd.grad(state[-1].square().sum(), wanted) for state in (got, want)))


@pytest.mark.parametrize("fixed", ["x", "weights", "state", "bias"])
@every_cell
def test_only_what_is_asked_for_gets_a_gradient(cell, fixed):
    arguments = drawn(cell, state=True)
    tensors = {"x": [arguments["x"]], "bias": arguments["weights"][3:]}.get(fixed) or arguments[fixed]
    for tensor in tensors:
        tensor.requires_grad_(False)
    assert_near(*both(cell, arguments))
    outputs, _ = run(cell, arguments.pop("weights"), **arguments)
    outputs.sum().backward()
    assert all(tensor.grad is None for tensor in tensors)


@pytest.mark.parametrize("back", [False, True])
@every_cell
def test_gradcheck(cell, back):
    arguments = drawn(cell, batch=3, steps=3, units=2, lengths=[3, 0, 2], state=True, mask=True)
    weights, state = arguments["weights"], arguments["state"]

    def function(x, *tensors):
        outputs, after = run(cell, tensors[:4], x, tensors[4:], arguments["lengths"], arguments["mask"], back=back)
        return outputs, *after

    assert torch.autograd.gradcheck(function, (arguments["x"], *weights, *state))


@every_cell
def test_flowing_back_twice(cell):
    arguments = drawn(cell, lengths=LENGTHS["ragged"], state=True, mask=True)
    wanted = leaves(arguments)
    results = run(cell, arguments.pop("weights"), **arguments)
    loss = results[0].square().sum() + results[1][0].sum()
    once = torch.autograd.grad(loss, wanted, retain_graph=True)
    for one, other in zip(once, torch.autograd.grad(loss, wanted), strict=True):
        assert torch.equal(one, other)


LAYOUTS = {
    "steps first": lambda x: x.transpose(0, 1).contiguous().transpose(0, 1),
    "features first": lambda x: x.mT.contiguous().mT,
    "repeated step": lambda x: x[:, :1].expand(-1, 6, -1),
    "repeated row": lambda x: x[:1].expand(5, -1, -1),
    "every other step": lambda x: x.repeat_interleave(2, dim=1)[:, ::2],
    "some features": lambda x: torch.cat([x, x], dim=2)[:, :, 1:4],
    "behind others": lambda x: torch.cat([x, x])[5:],
    "windows": lambda x: x.reshape(-1, 3).unfold(0, 6, 3)[:5].mT,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_layout_in_memory(layout):
    arguments = drawn("gru", lengths=LENGTHS["ragged"])
    wanted, weights, x = leaves(arguments), arguments.pop("weights"), LAYOUTS[layout](arguments.pop("x"))
    for back in (False, True):
        got, want = (f(weights, x, back) for f in (
            lambda w, x, back: run("gru", w, x, lengths=arguments["lengths"], back=back),
            lambda w, x, back: naive("gru", w, x.contiguous(), lengths=arguments["lengths"], back=back),
        ))  # fmt: skip
        assert_near([got[0], *got[1]], [want[0], *want[1]])
        assert_near(
            *(torch.autograd.grad((r[0].mT.contiguous().mT ** 2).sum(), wanted, retain_graph=True) for r in (got, want))
        )


@pytest.mark.parametrize("sizes", [{}, {"batch": 33, "units": 17, "steps": 20}])
@every_cell
def test_float32(cell, sizes):
    arguments = drawn(cell, state=True, mask=True, dtype=torch.float32, **sizes)
    for tensor in arguments["weights"]:
        tensor.data *= 0.2  # so that rounding does not grow from step to step
    got, want = both(cell, arguments)
    for one, other in zip(got, want, strict=True):
        assert one.dtype == torch.float32
        assert (one - other).abs().max() <= 1e-5 * other.abs().max()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@every_cell
def test_the_number_of_threads_changes_no_bit(cell, dtype, many_slices):
    arguments = drawn(cell, batch=64, units=7, lengths=[6, 4, 0, 5] * 16, dtype=dtype)
    before, found = torch.get_num_threads(), []
    try:
        for n in (1, 2, 5):
            torch.set_num_threads(n)
            found.append(both(cell, arguments)[0])
    finally:
        torch.set_num_threads(before)
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@every_cell
def test_neighbours_change_no_bit(cell, dtype):
    lengths = torch.arange(37) % 7
    arguments = drawn(cell, batch=37, units=5, dtype=dtype)
    weights, x = arguments["weights"], arguments["x"]
    for differentiates in (False, True):
        with torch.set_grad_enabled(differentiates):
            outputs, state = run(cell, weights, x, lengths=lengths)
            for i in (0, 6, 20, 36):
                alone, after = run(cell, weights, x[i : i + 1], lengths=lengths[i : i + 1])
                assert torch.equal(alone[0], outputs[i])
                assert all(torch.equal(one[0], all_[i]) for one, all_ in zip(after, state, strict=True))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@every_cell
def test_nan_stays_nan(cell, dtype):
    arguments = drawn(cell, dtype=dtype)
    weights, x = arguments["weights"], arguments["x"].detach().clone()
    x[1, 2, 0] = torch.nan
    for differentiates in (False, True):
        with torch.set_grad_enabled(differentiates):
            outputs, state = run(cell, weights, x)
        assert outputs[1, 2:].isnan().all()
        assert all(part[1].isnan().all() for part in state)
        assert outputs[1, :2].isfinite().all()
        assert outputs[[0, 2, 3, 4]].isfinite().all()
    assert gradients((outputs, state), weights)[0].isnan().any()
    weights[1].data[0, 0] = torch.nan
    assert run(cell, weights, x[:1], [torch.ones(1, 4, dtype=dtype)] * (1 + (cell == "lstm")))[0][0, -1].isnan().any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("cell", ["tanh", "lstm", "gru"])
def test_saturation(cell, dtype):
    """Gates that are far open or shut are one or zero, and nothing flows back through them."""
    arguments = drawn(cell, dtype=dtype)
    weights, x = arguments["weights"], torch.full((5, 6, 3), 1e4, dtype=dtype)
    weights[0].data = weights[0].data.sign()
    weights[0].data[:, 1:] = 0  # W x is 1e4 or -1e4
    x.requires_grad_()
    got, want = (f(cell, weights, x) for f in (run, naive))
    assert_near([got[0], *got[1]], [want[0], *want[1]], 1e-6)
    if cell == "tanh":
        assert got[0].abs().eq(1).all()
    assert not gradients(got, [x])[0].any()


def test_lengths_that_x_does_not_have():
    arguments = drawn("tanh")
    for lengths in ([7, 1, 1, 1, 1], [-1, 1, 1, 1, 1]):
        with pytest.raises(ValueError, match="lengths must lie between 0 and the 6 steps of x; got"):
            run("tanh", arguments["weights"], arguments["x"], lengths=torch.tensor(lengths))


@every_cell
def test_many_threads_call_at_once(cell, many_slices):
    arguments = drawn(cell, batch=40, lengths=[6, 4, 0, 5] * 10)
    weights, x, lengths = arguments["weights"], arguments["x"], arguments["lengths"]
    expected = run(cell, weights, x, lengths=lengths)[0]

    def predict(i):
        with torch.inference_mode():
            return run(cell, weights, x[: 40 - i], lengths=lengths[: 40 - i])[0]

    with ThreadPoolExecutor(16) as pool:
        for i, outputs in enumerate(pool.map(predict, range(32))):
            assert torch.equal(outputs, expected[: 40 - i])


def test_no_thread_is_left(many_slices):
    before = threading.active_count()
    both("gru", drawn("gru", batch=64))
    assert threading.active_count() == before


def test_threads_serve_all_that_runs_within_a_team(many_slices, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    before = threading.active_count()
    with threads.Team() as team:
        for _ in range(3):
            both("gru", drawn("gru", batch=64))
            with threads.Team() as inner:
                assert inner is team
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
