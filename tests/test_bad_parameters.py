"""Bad parameters, and training that can't succeed: each mistake with its exact message."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from inputs import (
    CODES,
    DENSE,
    ONE,
    TABLE,
    Y_DENSE,
    BatchLoss,
    Fit,
    Then,
    Y,
    check_what_is_fitted_survives_fit,
    classifier,
    fits_of_estimators,
    regressor,
)
from mistakes import Mistake, cases

from sklearn_rnn import LSTMRegressor, RNNRegressor

ARCHITECTURE = (
    "warm_start=True and partial_fit continue from the weights of the last fit, but one of hidden_layer_sizes, bidirectional, "
    "the number of features, outputs or classes has changed since; fit afresh with warm_start=False."
)
TOO_FEW = (
    "early_stopping=True holds out validation_fraction=0.1 of 1 {}, which leaves too few to train or to validate on; "
    "give more data, another validation_fraction, or early_stopping=False."
)
BATCH_LOSS = (
    "BatchLoss returns one number for a whole batch, which can't be weighted; use a loss with reduction='none', or no "
    "sample_weight, class_weight or early stopping on a table."
)


def parameter(expected, hint="", **params):
    """A mistake in a parameter that scikit-learn's validation finds; `hint` follows its message."""
    ((name, value),) = params.items()
    estimator = RNNRegressor(hidden_layer_sizes=(3,), max_epochs=1, random_state=0).set_params(**params)
    message = (
        rf"The '{name}' parameter of RNNRegressor must be {expected}\. Got {re.escape(repr(value))} instead\.{hint}"
    )
    return Mistake(f"{name}={value!r}", Fit(estimator, DENSE, Y), re.compile(message))


def layers(sizes):
    message = "hidden_layer_sizes must name the units of at least one layer, as in (32,) or (64, 32); got {}."
    return Mistake(
        f"hidden_layer_sizes={sizes}", Fit(regressor(hidden_layer_sizes=sizes), DENSE, Y), message.format(sizes)
    )


PARAMETER_MISTAKES = [
    parameter(r"an array-like or an int in the range \[1, inf\)", hidden_layer_sizes="32"),
    layers(()),
    layers((3, 0)),
    layers((3.5,)),
    layers([[3]]),
    parameter(r"a str among \{.*\}", nonlinearity="sigmoid"),
    parameter("an instance of 'bool' .*", bidirectional="yes"),
    parameter(r"a float in the range \[0\.0, 1\.0\)", dropout=1.0),
    parameter(r"a float in the range \[0\.0, 1\.0\)", recurrent_dropout=-0.1),
    parameter("an instance of 'bool' .*", return_sequences="all"),
    parameter(r"None, an instance of 'tuple' or an int in the range \[1, inf\)", tbptt=0),
    parameter(r"a str among \{.*\} or a callable", r" Did you mean loss='squared_error'\?", loss="mse"),
    parameter(r"a float in the range \(0\.0, 1\.0\)", quantile=1.5),
    parameter(r"a str among \{.*\} or an instance of 'type'", optimizer="lion"),
    parameter(r"a float in the range \(0\.0, inf\)", lr=0),
    parameter(r"a float in the range \(0\.0, inf\)", lr=np.nan),
    parameter("None or an instance of 'dict'", optimizer_params=[0.9]),
    parameter(r"a float in the range \[0\.0, inf\)", weight_decay=-1),
    parameter(r"None or a float in the range \(0\.0, inf\)", clip_grad_norm=0),
    parameter(r"a str among \{.auto.\} or an int in the range \[1, inf\)", batch_size=1.5),
    parameter(r"an int in the range \[1, inf\)", max_epochs=0),
    parameter("an instance of 'bool' .*", shuffle=None),
    parameter("an instance of 'bool' .*", early_stopping="yes"),
    parameter(r"a float in the range \(0\.0, 1\.0\)", validation_fraction=1),
    parameter(r"an int in the range \[1, inf\)", n_iter_no_change=0),
    parameter(r"a float in the range \[0\.0, inf\)", tol=-1),
    parameter(r"a str among \{.*\}", validation="last"),
    parameter("an instance of 'bool' .*", normalize_y="standard"),
    parameter("None or an instance of 'float'", mask_value="pad"),
    parameter("an instance of 'bool' .*", warm_start=None),
    parameter("an int in the range .*", random_state="seed"),
    parameter(r"an int in the range \[0, 2\] .*", verbose=3),
    parameter("None, an instance of 'str', .*", scoring=3),
    parameter("None or an instance of 'list'", callbacks="early"),
    parameter("an instance of 'str' or an instance of 'torch.*'", device=0),
    parameter(r"a str among \{.*\}", dtype="float16"),
    Mistake(
        "device=gpu",
        Fit(regressor(device="gpu"), DENSE, Y),
        "device='gpu' can't be used on this machine; use 'auto', 'cpu' or 'cuda'.",
    ),
    Mistake(
        "scoring=mse",
        Fit(regressor(scoring="mse"), DENSE, Y),
        "scoring='mse' is no scorer of scikit-learn. Did you mean scoring='neg_mean_squared_error'? "
        "sklearn.metrics.get_scorer_names() lists all.",
    ),
    Mistake(
        "stateful with nothing cut",
        Fit(regressor(stateful=True), DENSE, Y),
        "stateful=True carries the state over the cuts of tbptt, but tbptt=None cuts nothing: with one target per "
        "sequence each of them begins with a state of zero. Set tbptt, such as tbptt=50, use return_sequences=True for a "
        "target per step of a series, or stateful=False.",
    ),
    Mistake(
        "stateful and bidirectional",
        Fit(regressor(stateful=True, tbptt=2, bidirectional=True), DENSE, Y),
        "stateful=True carries a state from one part of a sequence to the next, but bidirectional=True reads sequences "
        "from their ends, too, so none can be carried; use stateful=False.",
    ),
    Mistake(
        "bidirectional chunks",
        Fit(regressor(tbptt=(2, 3), bidirectional=True), DENSE, Y),
        "tbptt=(2, 3) lets gradients and updates differ in length, but bidirectional=True reads sequences from their "
        "ends, too, so that a chunk is read as a whole; use one number for both.",
    ),
    *[
        Mistake(
            f"tbptt={tbptt}",
            Fit(regressor(tbptt=tbptt), DENSE, Y),
            f"tbptt must be (k1, k2), two numbers of steps of at least one, or one number for both; got {tbptt!r}.",
        )
        for tbptt in [(5,), (5, 0), (5, 2.5), (1, 2, 3), ("a", "b")]
    ],
    Mistake(
        "no such parameter",
        lambda: regressor(units=32),
        re.compile(r"Invalid parameter 'units' for estimator LSTMRegressor\(.*\)\. Valid parameters are: .*", re.S),
    ),
    Mistake(
        "parameter by position",
        lambda: LSTMRegressor(32),
        re.compile(r".*__init__\(\) takes 1 positional argument but 2 were given"),
        error=TypeError,
    ),
]

TRAINING_MISTAKES = [
    Mistake(
        "one sequence to stop early on",
        Fit(regressor(early_stopping=True), DENSE[:1], Y[:1]),
        TOO_FEW.format("sequences"),
    ),
    Mistake(
        "one row to stop early on",
        Fit(regressor(early_stopping=True, return_sequences=True), TABLE[:1], Y[:1]),
        TOO_FEW.format("rows"),
    ),
    Mistake(
        "a class of one to stop early on",
        Fit(classifier(early_stopping=True), DENSE, [0] * 11 + [1]),
        re.compile(
            re.escape("early_stopping=True holds out validation_fraction=0.1 of 12 sequences, which leaves too few to ")
            + r"train or to validate on; .* or early_stopping=False\. \(The least populated class.* only 1 member.*\)"
        ),
    ),
    Mistake(
        "random validation in a table of steps",
        Fit(regressor(early_stopping=True, return_sequences=True, validation="random"), TABLE, Y),
        "validation='random' would tear series apart: X is a table with one target per row. Use validation='end' (or "
        "'auto').",
    ),
    Mistake(
        "a loss of batches with weights", Fit(regressor(loss=BatchLoss), DENSE, Y, {"sample_weight": ONE}), BATCH_LOSS
    ),
    Mistake(
        "a loss of batches with validation in a table",
        Fit(regressor(loss=BatchLoss, early_stopping=True, return_sequences=True), TABLE, Y),
        BATCH_LOSS,
    ),
    Mistake(
        "a function of batches with weights",
        Fit(regressor(loss=torch.nn.functional.mse_loss), DENSE, Y, {"sample_weight": ONE}),
        BATCH_LOSS.replace("BatchLoss", "mse_loss"),
    ),
    Mistake(
        "a loss that is no number of torch",
        Fit(regressor(loss=lambda output, target: 0.0, batch_size=32), DENSE, Y),
        "<lambda> of outputs (12, 1) and targets (12, 1) returns float; expected a loss per target, or one for all.",
    ),
    Mistake(
        "a loss of outputs alone",
        Fit(regressor(loss=lambda output: output, batch_size=32), DENSE, Y),
        re.compile(
            r"<lambda> of outputs \(12, 1\) and targets \(12, 1\) fails: .*takes 1 positional argument but 2 .*"
        ),
    ),
    Mistake(
        "training diverges",
        Fit(
            regressor(lr=1e10, optimizer="sgd", clip_grad_norm=None, max_epochs=20, return_sequences=True),
            DENSE,
            Y_DENSE,
        ),
        re.compile(
            r"The training loss became (inf|nan) in epoch \d+\. Lower lr \(it is 10000000000\.0\), clip gradients "
            r"\(clip_grad_norm\), or scale X and y\."
        ),
    ),
    Mistake(
        "partial_fit with early stopping",
        lambda: regressor(early_stopping=True).partial_fit(DENSE, Y),
        "partial_fit holds out no data; use early_stopping=False with it, or fit.",
    ),
    Mistake(
        "warm start with other layers",
        Then(
            Fit(regressor(warm_start=True), DENSE, Y),
            lambda fitted: fitted.set_params(hidden_layer_sizes=(4,)).fit(DENSE, Y),
        ),
        ARCHITECTURE,
    ),
    Mistake(
        "warm start in both directions",
        Then(
            Fit(regressor(warm_start=True), DENSE, Y),
            lambda fitted: fitted.set_params(bidirectional=True).fit(DENSE, Y),
        ),
        ARCHITECTURE,
    ),
    Mistake(
        "warm start with other features",
        Then(Fit(regressor(warm_start=True), DENSE, Y), lambda fitted: fitted.fit(DENSE[:, :, :1], Y)),
        "X has 1 features, but LSTMRegressor is expecting 2 features as input.",
    ),
    Mistake(
        "warm start with other outputs",
        Then(Fit(regressor(warm_start=True), DENSE, Y), lambda fitted: fitted.fit(DENSE, np.column_stack([Y, Y]))),
        "y has 2 outputs, but in the last fit it had 1.",
    ),
    Mistake(
        "lr set twice",
        Fit(regressor(optimizer_params={"lr": 3.0}), DENSE, Y),
        "optimizer_params sets ['lr'], which are parameters of their own; set them there.",
    ),
    Mistake(
        "optimizer that is none",
        Fit(regressor(optimizer=int), DENSE, Y),
        "optimizer=<class 'int'> is no class of torch.optim.Optimizer, nor one of ['adam', 'adamw', 'sgd', 'rmsprop'].",
    ),
    Mistake(
        "loss that is none",
        Fit(regressor(loss=int), DENSE, Y),
        "loss=<class 'int'> is no class of torch.nn.Module, such as torch.nn.HuberLoss.",
    ),
    Mistake(
        "loss that needs arguments",
        Fit(regressor(loss=torch.nn.Linear), DENSE, Y),
        re.compile(r"loss=Linear needs arguments \(.*\); give an instance of it\."),
    ),
    Mistake(
        "callback that is none",
        Fit(regressor(callbacks=[3]), DENSE, Y),
        "callbacks must be callbacks of skorch, or pairs of a name and one; got 3.",
    ),
    Mistake(
        "scorer that is none",
        Fit(regressor(scoring={"a": 3}), DENSE, Y),
        "scoring must name scorers of scikit-learn or be callable; got 3.",
    ),
    Mistake(
        "scorer named as a loss",
        Fit(regressor(scoring={"loss": "r2"}), DENSE, Y),
        "scoring must not be named 'loss', which history_ has already.",
    ),
    *[
        Mistake(
            f"device={device}, which this machine has not",
            Fit(regressor(device=device), DENSE, Y),
            f"device={device!r} can't be used on this machine; use 'auto', 'cpu' or 'cuda'.",
        )
        for device in ("hpu", "vulkan", "mtia")  # torch raises ImportError, NotImplementedError, AssertionError
    ],
    Mistake(
        "device without numbers",
        Fit(regressor(device="meta"), DENSE, Y),
        "device='meta' can't be used on this machine; use 'auto', 'cpu' or 'cuda'.",
    ),
    Mistake(
        "step into infinity at the end",
        Fit(regressor(lr=1e45, optimizer="sgd", clip_grad_norm=None, batch_size=12), DENSE, 1e3 * Y),
        re.compile(r"Weights became infinite or NaN in epoch 1\. Lower lr \(it is 1e\+45\), clip gradients .*"),
    ),
    Mistake(
        "validation without weight",
        Fit(regressor(early_stopping=True, validation_fraction=0.5), DENSE, Y, {"sample_weight": np.arange(12) < 6}),
        "early_stopping=True holds out validation_fraction=0.5 of the data, but in this part nothing counts: every step "
        "is padding, or sample_weight is zero. Give another validation_fraction or validation.",
    ),
    Mistake(
        "return_sequences set after fit",
        lambda: regressor().fit(DENSE, Y).set_params(return_sequences=True).predict(DENSE),
        "return_sequences was set to True after fit; call fit again.",
    ),
    Mistake(
        "other classes in a later partial_fit",
        lambda: classifier().partial_fit(DENSE, CODES).partial_fit(DENSE, CODES, classes=[0, 1, 2]),
        "classes differ from those of the first call, [0, 1].",
    ),
    Mistake(
        "classes of several labels",
        lambda: classifier().partial_fit(DENSE, np.column_stack([CODES, 1 - CODES]), classes=["a", "b"]),
        "classes of a multilabel y are the numbers of its columns, [0, 1].",
    ),
    Mistake(
        "bad parameter in a later partial_fit",
        lambda: regressor().partial_fit(DENSE, Y).set_params(lr=-1.0).partial_fit(DENSE, Y),
        re.compile("The 'lr' parameter of LSTMRegressor must be a float in the range .*"),
    ),
    Mistake(
        "other layers in a later partial_fit",
        lambda: regressor().partial_fit(DENSE, Y).set_params(hidden_layer_sizes=(4,)).partial_fit(DENSE, Y),
        ARCHITECTURE,
    ),
]

MISTAKES = [*PARAMETER_MISTAKES, *TRAINING_MISTAKES]


@pytest.mark.parametrize("mistake", cases(MISTAKES))
def test_message(mistake):
    mistake.check()


@pytest.mark.parametrize(("bad", "error"), fits_of_estimators(MISTAKES))
def test_what_is_fitted_survives_a_failing_fit(bad, error):
    check_what_is_fitted_survives_fit(bad, error)
