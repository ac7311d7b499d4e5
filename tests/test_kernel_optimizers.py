"""Compiled steps of optimizers, against those of torch from the same gradients."""

import copy
from functools import cache
from itertools import product

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import SGD, Adagrad, Adam, AdamW, RMSprop
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR
from torch.optim.optimizer import register_optimizer_step_post_hook

from sklearn_rnn._networks.kernels.optimizers import Optimizer, why_not

STEPS = 200
TURN = 3  # steps after which the other engine goes on
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-6}
SHAPES = [(6, 4), (6,), (3, 5, 2), ()]


def combinations(cls, **values):
    return [(cls, dict(zip(values, chosen, strict=True))) for chosen in product(*values.values())]


def is_valid(case):
    options = case[1]
    return not options.get("nesterov") or (options["momentum"] > 0 and options["dampening"] == 0)


SIGNS = {"maximize": [False, True], "weight_decay": [0, 0.1]}
ADAM = {"amsgrad": [False, True], "betas": [(0.9, 0.999), (0.0, 0.3)], "lr": [0.01], **SIGNS}
CASES = [
    *combinations(Adam, **ADAM),
    *combinations(AdamW, **ADAM, eps=[1e-3]),
    *combinations(SGD, momentum=[0, 0.9], dampening=[0, 0.5], nesterov=[False, True], lr=[0.1], **SIGNS),
    *combinations(
        RMSprop, momentum=[0, 0.9], centered=[False, True], alpha=[0.99, 0.4], eps=[1e-2], lr=[0.01], **SIGNS
    ),
]
CASES = [case for case in CASES if is_valid(case)]
USUAL = [
    (Adam, {"amsgrad": True}),
    (AdamW, {}),
    (SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    (RMSprop, {"momentum": 0.5, "centered": True}),
]


def name(case):
    cls, options = case
    return cls.__name__ + "".join(f"-{key}={value}" for key, value in options.items())


usual = pytest.mark.parametrize("case", USUAL, ids=name)
dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)


def make(case, dtype=torch.float64):
    cls, options = case
    if dtype == torch.float32 and cls is not RMSprop:  # torch's kernels of its own, and its plain ones in float64
        options = options | {"fused": True}
    rng = np.random.default_rng(1)
    return cls([nn.Parameter(torch.tensor(rng.normal(size=shape), dtype=dtype)) for shape in SHAPES], **options)


def parameters(optimizer):
    return optimizer.param_groups[0]["params"]


@cache
def draw_gradients(n, dtype=torch.float64):
    rng = np.random.default_rng(2)
    return [[torch.tensor(rng.normal(size=shape), dtype=dtype) for shape in SHAPES] for _ in range(n)]


def step_by_torch(optimizer, gradients, max_norm=None):
    for p, gradient in zip(parameters(optimizer), gradients, strict=True):
        p.grad = gradient.clone()
    if max_norm is not None:
        nn.utils.clip_grad_norm_(parameters(optimizer), max_norm)
    optimizer.step()


def step_by_kernel(compiled, gradients, max_norm=None):
    compiled.gradients[:] = torch.cat([gradient.reshape(-1) for gradient in gradients]).numpy()
    compiled.step(max_norm)


def parts(optimizer):
    """The parameters, and each part of their states."""
    states = [optimizer.state[p] for p in parameters(optimizer) if p in optimizer.state]
    names = list(states[0]) if states else []
    assert all(list(state) == names for state in states)
    return {"parameters": parameters(optimizer)} | {name: [state[name] for state in states] for name in names}


def assert_equal(optimizer, other, tolerance):
    found, expected = parts(optimizer), parts(other)
    assert list(found) == list(expected)
    for key, tensors in expected.items():
        forms = [[(t.dtype, t.shape, t.stride()) for t in some] for some in (found[key], tensors)]
        assert forms[0] == forms[1]
        ours, theirs = (np.concatenate([t.detach().numpy().ravel() for t in some]) for some in (found[key], tensors))
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * np.abs(theirs).max(), err_msg=key)


def train(optimizer, gradients, is_compiled):
    """Take steps, clipped or not, with other rates from the middle on; go on from a loaded state at three quarters."""
    compiled = None
    for t, some in enumerate(gradients):
        if t == len(gradients) // 2:
            optimizer.param_groups[0]["lr"] *= 0.3
        if t == 3 * len(gradients) // 4:
            optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
            compiled = None
        max_norm = [None, 1.0, 100.0, 0][t // 5 % 4]
        if is_compiled(t):
            compiled = compiled or Optimizer(optimizer)
            step_by_kernel(compiled, some, max_norm)
        else:
            step_by_torch(optimizer, some, max_norm)
    return optimizer


@dtypes
@pytest.mark.parametrize("case", CASES, ids=name)
def test_like_torch(case, dtype):
    assert why_not(make(case, dtype)) is None
    gradients = draw_gradients(STEPS, dtype)
    expected = train(make(case, dtype), gradients, lambda t: False)
    assert_equal(train(make(case, dtype), gradients, lambda t: True), expected, TOLERANCE[dtype])
    if dtype == torch.float64:
        assert_equal(train(make(case), gradients, lambda t: t // TURN % 2 == 1), expected, TOLERANCE[dtype])


@usual
def test_a_clipped_step_is_that_of_torch(case):
    [gradients] = draw_gradients(1)
    expected, optimizer = make(case), make(case)
    before = [p.detach().clone() for p in parameters(optimizer)]
    step_by_torch(expected, gradients, 0.01)
    step_by_kernel(Optimizer(optimizer), gradients, 0.01)
    assert_equal(optimizer, expected, 1e-14)
    assert all((p != old).any() for p, old in zip(parameters(optimizer), before, strict=True))


@pytest.mark.parametrize("max_norm", [None, 1.0])
@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf])
@usual
def test_gradients_that_are_not_finite(case, strange, max_norm):
    gradients = [[gradient.clone() for gradient in some] for some in draw_gradients(3)]
    gradients[1][0][2, 1] = strange
    expected, optimizer = make(case), make(case)
    compiled = Optimizer(optimizer)
    for some in gradients:
        step_by_torch(expected, some, max_norm)
        step_by_kernel(compiled, some, max_norm)
    assert not torch.isfinite(parameters(optimizer)[0][2, 1])
    for found, theirs in zip(parameters(optimizer), parameters(expected), strict=True):
        np.testing.assert_allclose(found.detach(), theirs.detach(), rtol=1e-12)  # NaN in the same places


def test_a_norm_that_overflows():
    gradients = [torch.full(shape, 1e25) for shape in SHAPES]
    expected, optimizer = make((SGD, {}), torch.float32), make((SGD, {}), torch.float32)
    step_by_torch(expected, gradients, 1.0)
    step_by_kernel(Optimizer(optimizer), gradients, 1.0)
    assert_equal(optimizer, expected, 0)


def take_steps(optimizer, gradients, is_compiled, scheduler=None):
    compiled = Optimizer(optimizer)
    for some in gradients:
        if is_compiled:
            step_by_kernel(compiled, some)
        else:
            step_by_torch(optimizer, some)
        if scheduler is not None:
            scheduler.step()  # warns if no step was taken
    return optimizer


@pytest.mark.parametrize("is_first", [True, False], ids=["compiled first", "torch first"])
@usual
def test_a_state_of_one_engine_serves_the_other(case, is_first):
    gradients = draw_gradients(4)
    earlier, later = take_steps(make(case), gradients[:2], is_first), make(case)
    later.load_state_dict(earlier.state_dict())
    for p, trained in zip(parameters(later), parameters(earlier), strict=True):
        p.data = trained.data
    assert_equal(take_steps(later, gradients[2:], not is_first), take_steps(make(case), gradients, False), 1e-12)


def cosine(optimizer):
    return CosineAnnealingLR(optimizer, T_max=20)


def onecycle(optimizer):
    group = optimizer.param_groups[0]
    return OneCycleLR(
        optimizer, max_lr=group["lr"], total_steps=20, cycle_momentum="betas" in group or group["momentum"] > 0
    )


@pytest.mark.parametrize("schedule", [cosine, onecycle])
@usual
def test_schedules(case, schedule):
    gradients = draw_gradients(20)[:19]
    expected, optimizer = make(case), make(case)
    take_steps(expected, gradients, False, schedule(expected))
    take_steps(optimizer, gradients, True, schedule(optimizer))
    assert optimizer.param_groups[0]["lr"] == expected.param_groups[0]["lr"] != make(case).param_groups[0]["lr"]
    assert_equal(optimizer, expected, 1e-12)


@usual
def test_parameters_without_gradient_stay(case):
    gradients = draw_gradients(3)
    expected, optimizer = make(case), make(case)
    parameters(optimizer)[1].requires_grad_(False)
    compiled = Optimizer(optimizer)
    assert compiled.parameters[0] is parameters(optimizer)[0]
    assert [p.shape for p in compiled.parameters] == [SHAPES[0], *SHAPES[2:]]
    for some in gradients:
        for p, gradient in zip(parameters(expected), some, strict=True):
            p.grad = None if p is parameters(expected)[1] else gradient.clone()
        expected.step()
        step_by_kernel(compiled, [some[0], *some[2:]])
    assert_equal(optimizer, expected, 1e-12)


def test_momentum_that_comes_later():
    gradients = draw_gradients(6)
    case = SGD, {"dampening": 0.3}
    expected, optimizer = make(case), make(case)
    compiled = Optimizer(optimizer)
    for t, some in enumerate(gradients):
        for one in (expected, optimizer):
            one.param_groups[0]["momentum"] = 0.9 if t > 2 else 0
        step_by_torch(expected, some)
        step_by_kernel(compiled, some)
        assert len(optimizer.state) == len(expected.state)
    assert_equal(optimizer, expected, 1e-12)


@pytest.mark.parametrize(
    ("case", "name", "value", "part"),
    [
        ((Adam, {}), "amsgrad", True, "max_exp_avg_sq"),
        ((RMSprop, {}), "momentum", 0.9, "momentum_buffer"),
        ((RMSprop, {}), "centered", True, "grad_avg"),
    ],
)
def test_options_that_the_state_was_not_made_for(case, name, value, part):
    optimizer = make(case)
    compiled = Optimizer(optimizer)
    compiled.step(None)
    optimizer.param_groups[0][name] = value
    with pytest.raises(ValueError, match=f"can't go on with compiled steps: the state of the optimizer has no {part}"):
        compiled.step(None)


class Subclass(Adam):
    pass


def of(cls=Adam, p=None, **options):
    return cls([nn.Parameter(torch.ones(4, 3)) if p is None else p], **options)


def in_two_groups():
    return Adam([{"params": [nn.Parameter(torch.ones(2))]}, {"params": [nn.Parameter(torch.ones(2))], "lr": 0.1}])


def with_hook():
    optimizer = of()
    optimizer.register_step_post_hook(lambda *_: None)
    return optimizer


def with_own_step():
    optimizer = of(SGD)
    optimizer.step = lambda closure=None: None
    return optimizer


def with_state(**changed):
    optimizer = of()
    step_by_torch(optimizer, [torch.ones(4, 3)])
    optimizer.state[parameters(optimizer)[0]].update(changed)
    return optimizer


def frozen():
    return of(p=nn.Parameter(torch.ones(2), requires_grad=False))


LIKE = "in the state of the optimizer is not as torch makes it"
DECLINED = {
    "another class": (lambda: of(Adagrad), "Adagrad is none of the compiled optimizers (Adam, AdamW, SGD, RMSprop)"),
    "a subclass": (lambda: of(Subclass), "Subclass is none of the compiled optimizers (Adam, AdamW, SGD, RMSprop)"),
    "groups": (in_two_groups, "the optimizer has 2 groups of parameters, not one"),
    "lr": (lambda: of(lr=torch.tensor(0.1)), "lr of the optimizer is a tensor"),
    "betas": (lambda: of(betas=(torch.tensor(0.9), torch.tensor(0.99))), "betas of the optimizer is a tensor"),
    "weight_decay": (lambda: of(SGD, weight_decay=torch.tensor(0.1)), "weight_decay of the optimizer is a tensor"),
    "capturable": (lambda: of(capturable=True), "the optimizer is capturable"),
    "differentiable": (lambda: of(RMSprop, differentiable=True), "the optimizer is differentiable"),
    "a hook": (with_hook, "the optimizer has hooks"),
    "a step": (with_own_step, "the optimizer has a step of its own"),
    "frozen": (frozen, "no parameter of the optimizer requires a gradient"),
    "a view": (lambda: of(p=nn.Parameter(torch.ones(4, 3).T)), "a parameter is not contiguous"),
    "sparse": (lambda: of(SGD, p=nn.Parameter(torch.eye(3).to_sparse())), "a parameter is not contiguous"),
    "elsewhere": (lambda: of(p=nn.Parameter(torch.ones(2, device="meta"))), "a parameter is on meta"),
    "no numbers yet": (lambda: of(p=nn.UninitializedParameter()), "a parameter is a UninitializedParameter"),
    "half": (lambda: of(p=nn.Parameter(torch.ones(2).half())), "parameters are of torch.float16 and torch.float16, not all of float32 or all of float64"),
    "mixed": (
        lambda: Adam([nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2).double())]),
        "parameters are of torch.float32 and torch.float64, not all of float32 or all of float64",
    ),
    "a short state": (lambda: with_state(exp_avg=torch.ones(4)), f"exp_avg {LIKE}"),
    "another type": (lambda: with_state(exp_avg_sq=torch.ones(4, 3).double()), f"exp_avg_sq {LIKE}"),
    "another counter": (lambda: with_state(step=torch.tensor(1.0).double()), f"step {LIKE}"),
    "no tensor": (lambda: with_state(step=1), f"step {LIKE}"),
    "strides": (lambda: with_state(exp_avg=torch.ones(3, 4).T), f"exp_avg {LIKE}"),
}  # fmt: skip


@pytest.mark.parametrize(("build", "reason"), DECLINED.values(), ids=DECLINED)
def test_why_not(build, reason):
    assert why_not(build()) == reason


def test_a_hook_of_all_optimizers():
    handle = register_optimizer_step_post_hook(lambda *_: None)
    try:
        assert why_not(of()) == "the optimizer has hooks"
    finally:
        handle.remove()
    assert why_not(of()) is None
