"""The compiled losses, against torch's autograd through the weighted mean that the other engine computes."""

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_rnn._networks.kernels.losses import CLASSES, loss_and_gradient, loss_kernel
from sklearn_rnn._networks.losses import Pinball, WeightedMean

NUMBERS = {
    "squared": nn.MSELoss(reduction="none"),
    "absolute": nn.L1Loss(reduction="none"),
    "huber": nn.HuberLoss(reduction="none"),
    "huber of 0.3": nn.HuberLoss(reduction="none", delta=0.3),
    "median": Pinball(0.5),
    "upper quantile": Pinball(0.9),
    "lower quantile": Pinball(0.05),
}
BINARY = nn.BCEWithLogitsLoss(reduction="none")
CODES = nn.CrossEntropyLoss(reduction="none")
LOSSES = NUMBERS | {"binary cross entropy": BINARY, "cross entropy": CODES}
N = 7

losses = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
of_numbers = pytest.mark.parametrize("loss", NUMBERS.values(), ids=NUMBERS)
widths = pytest.mark.parametrize("k", [1, 3])
weightings = pytest.mark.parametrize("weighting", ["none", "some", "some zero", "all zero"])


def make(loss, k, dtype=torch.float64):
    rng = np.random.default_rng(3)
    outputs = torch.tensor(rng.normal(size=(N, k)), dtype=dtype)
    if loss is CODES:
        return outputs, torch.tensor(rng.integers(k, size=N))
    if loss is BINARY:
        return outputs, torch.tensor(rng.integers(2, size=(N, k)), dtype=dtype)
    return outputs, torch.tensor(rng.normal(size=(N, k)), dtype=dtype)


def make_weights(weighting, dtype=torch.float64):
    weights = torch.tensor(np.random.default_rng(4).uniform(0.1, 3, size=N), dtype=dtype)
    if weighting == "some zero":
        weights[::2] = 0
    return {"none": None, "all zero": torch.zeros(N, dtype=dtype)}.get(weighting, weights)


def by_torch(loss, outputs, targets, weights=None):
    outputs = outputs.clone().requires_grad_()
    mean = WeightedMean(loss)(outputs, targets, weights)
    mean.backward()
    return mean.item(), outputs.grad.numpy()


def total_of(outputs, weights):
    return len(outputs) if weights is None else weights.sum().clamp(min=torch.finfo(weights.dtype).tiny).item()


def by_kernel(loss, outputs, targets, weights=None, total=None):
    gradient = np.full(outputs.numel(), 123.0, dtype=outputs.numpy().dtype)
    weight = np.empty(0, gradient.dtype) if weights is None else weights.numpy()
    total = float(total_of(outputs, weights) if total is None else total)
    kind, parameter = loss_kernel(loss)
    flat = [a.numpy().ravel() for a in (outputs, targets)]
    mean = loss_and_gradient(kind, parameter, *flat, weight, total, gradient, len(outputs))
    return mean, gradient.reshape(outputs.shape)


@weightings
@widths
@losses
def test_like_autograd(loss, k, weighting):
    outputs, targets = make(loss, k)
    weights = make_weights(weighting)
    expected, slopes = by_torch(loss, outputs, targets, weights)
    mean, gradient = by_kernel(loss, outputs, targets, weights)
    np.testing.assert_allclose(mean, expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-12, atol=1e-15)


@weightings
@losses
def test_like_autograd_in_single_precision(loss, weighting):
    outputs, targets = make(loss, 3, torch.float32)
    weights = make_weights(weighting, torch.float32)
    expected, slopes = by_torch(loss, outputs, targets, weights)
    mean, gradient = by_kernel(loss, outputs, targets, weights)
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(mean, expected, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("weighting", ["none", "some zero"])
@losses
def test_parts_of_a_batch_add_up(loss, weighting):
    outputs, targets = make(loss, 3)
    weights = make_weights(weighting)
    expected, slopes = by_torch(loss, outputs, targets, weights)
    total = total_of(outputs, weights)
    parts = [
        by_kernel(loss, outputs[cut], targets[cut], None if weights is None else weights[cut], total)
        for cut in (slice(0, 2), slice(2, 3), slice(3, N))
    ]
    np.testing.assert_allclose(sum(mean for mean, _ in parts), expected, rtol=1e-12)
    np.testing.assert_allclose(np.concatenate([gradient for _, gradient in parts]), slopes, rtol=1e-12, atol=1e-15)


@of_numbers
def test_no_error(loss):
    outputs, _ = make(loss, 3)
    expected, slopes = by_torch(loss, outputs, outputs)
    mean, gradient = by_kernel(loss, outputs, outputs)
    assert mean == expected == 0
    np.testing.assert_allclose(gradient, slopes, rtol=1e-12)


def test_errors_at_the_kink_of_huber():
    loss = nn.HuberLoss(reduction="none", delta=0.5)
    outputs, targets = torch.tensor([[0.5], [-0.5]], dtype=torch.float64), torch.zeros(2, 1, dtype=torch.float64)
    assert by_kernel(loss, outputs, targets)[0] == by_torch(loss, outputs, targets)[0] == 0.125
    np.testing.assert_array_equal(by_kernel(loss, outputs, targets)[1], [[0.25], [-0.25]])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@losses
def test_large_outputs(loss, dtype):
    outputs, targets = make(loss, 3, dtype)
    outputs[::2, 0], outputs[1::2, 1] = 1e4, -1e4
    expected, slopes = by_torch(loss, outputs, targets)
    mean, gradient = by_kernel(loss, outputs, targets)
    assert np.isfinite(mean)
    tolerance = 1e-6 if dtype == torch.float32 else 1e-12
    np.testing.assert_allclose(mean, expected, rtol=tolerance)
    np.testing.assert_allclose(gradient, slopes, rtol=tolerance, atol=tolerance / 100)


def test_small_losses_of_confident_logits():
    logits, targets = torch.tensor([[-50.0], [50.0]], dtype=torch.float64), torch.tensor([[0.0], [1.0]])
    np.testing.assert_allclose(by_kernel(BINARY, logits, targets.double())[0], np.exp(-50), rtol=1e-12)


@losses
def test_nan_is_not_hidden(loss):
    outputs, targets = make(loss, 3)
    _, slopes = by_torch(loss, outputs, targets)
    outputs[2, 1] = np.nan
    mean, gradient = by_kernel(loss, outputs, targets)
    assert np.isnan(mean)
    # The softmax of one NaN is all NaN. Torch's gradients of absolute values and maxima of NaN are numbers; not here.
    np.testing.assert_array_equal(np.isnan(gradient[2]), True if loss is CODES else [False, True, False])
    others = np.arange(N) != 2
    np.testing.assert_allclose(gradient[others], slopes[others], rtol=1e-12)


@pytest.mark.parametrize("infinite", [np.inf, -np.inf])
@of_numbers
def test_infinity_is_not_hidden(loss, infinite):
    outputs, targets = make(loss, 3)
    outputs[2, 1] = infinite
    expected, slopes = by_torch(loss, outputs, targets)
    mean, gradient = by_kernel(loss, outputs, targets)
    assert mean == expected == np.inf
    np.testing.assert_allclose(gradient, slopes, rtol=1e-12)


@pytest.mark.parametrize("infinite", [np.inf, -np.inf])
@pytest.mark.parametrize("target", [0, 1])
@pytest.mark.parametrize("loss", [BINARY, CODES], ids=["binary cross entropy", "cross entropy"])
def test_infinite_logits(loss, target, infinite):
    logits = torch.tensor([[infinite, 0.0]], dtype=torch.float64)
    targets = torch.tensor([target]) if loss is CODES else torch.tensor([[target, 0.0]], dtype=torch.float64)
    expected, slopes = by_torch(loss, logits, targets)
    mean, gradient = by_kernel(loss, logits, targets)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-12)
    assert not np.isfinite(mean) or mean == expected


@pytest.mark.parametrize("code", [-100, -1, 3])
def test_codes_of_no_class(code):
    outputs, targets = make(CODES, 3)
    targets[4] = code
    with pytest.raises(IndexError, match="at least 0 and less than the number of outputs"):
        by_kernel(CODES, outputs, targets)


def test_loss_kernel():
    assert loss_kernel(nn.HuberLoss(reduction="none", delta=2)) == (loss_kernel(NUMBERS["huber"])[0], 2.0)
    assert loss_kernel(Pinball(0.25))[1] == 0.25
    assert loss_kernel(CODES) == (CLASSES, 0.0)
    assert len({loss_kernel(loss)[0] for loss in LOSSES.values()}) == 6
    assert loss_kernel(WeightedMean(nn.MSELoss(reduction="none")).eval().loss) == loss_kernel(NUMBERS["squared"])


class Subclass(nn.MSELoss):
    pass


def hooked():
    loss = nn.MSELoss(reduction="none")
    loss.register_forward_hook(lambda module, inputs, output: 2 * output)
    return loss


def patched():
    loss = nn.MSELoss(reduction="none")
    loss.forward = lambda output, target: output
    return loss


@pytest.mark.parametrize(
    "loss",
    [
        nn.functional.mse_loss,
        nn.SmoothL1Loss(reduction="none"),
        nn.NLLLoss(reduction="none"),
        Subclass(reduction="none"),
        nn.MSELoss,
        nn.MSELoss(),
        nn.L1Loss(reduction="sum"),
        nn.HuberLoss(),
        nn.HuberLoss(reduction="none", delta=-1.0),
        Pinball(torch.tensor(0.5)),
        nn.BCEWithLogitsLoss(),
        nn.BCEWithLogitsLoss(weight=torch.ones(1), reduction="none"),
        nn.BCEWithLogitsLoss(pos_weight=torch.ones(1), reduction="none"),
        nn.CrossEntropyLoss(),
        nn.CrossEntropyLoss(weight=torch.ones(2), reduction="none"),
        nn.CrossEntropyLoss(label_smoothing=0.1, reduction="none"),
        nn.CrossEntropyLoss(ignore_index=0, reduction="none"),
        hooked(),
        patched(),
        None,
    ],
    ids=lambda loss: getattr(loss, "__name__", str(loss)),
)
def test_losses_without_a_kernel(loss):
    assert loss_kernel(loss) is None
