"""The parameters of the estimators, each stated once: its default, its constraint and its text.

Estimators inherit the groups that mean something to them, and those alone.
"""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import torch
from sklearn.utils._param_validation import Interval, StrOptions

from .._networks.losses import CLASSIFICATION, REGRESSION
from .._training.optimizers import OPTIMIZERS
from .._training.schedules import SCHEDULES
from .declaring import parameter, parameter_group
from .papers import LOSHCHILOV_HUTTER, SMITH_TOPIN, WILLIAMS_PENG

AT_LEAST_ONE = Interval(Integral, 1, None, closed="left")
NOT_NEGATIVE = Interval(Real, 0, None, closed="left")
POSITIVE = Interval(Real, 0, None, closed="neither")
SHARE = Interval(Real, 0, 1, closed="left")


@parameter_group
class TimeParameters:
    """One target per sequence or per step, and how sequences are cut in training."""

    return_sequences: bool = parameter(
        default=False,
        constraint=["boolean"],
        kind="bool",
        text=(
            "False: one target per sequence. True: one target per step, so that a 2-D X is a table of one step\n"
            "per row."
        ),
    )
    stateful: bool = parameter(
        default=False,
        constraint=["boolean"],
        kind="bool",
        text=(
            "Whether training carries the state over the cuts of `tbptt` and, with one target per step, from one\n"
            "call of `partial_fit` to the next. False: every chunk begins with a state of zero. `predict` reads\n"
            "whole sequences either way."
        ),
    )
    # None is right up to some 400 steps; a default length would cut longer memory without a word.
    tbptt: Any = parameter(
        default=None,
        constraint=[None, tuple, AT_LEAST_ONE],
        kind="None, int or tuple (k1, k2)",
        text=(
            "Truncated back-propagation through time []_: weights are updated after every k1 steps, by gradients\n"
            "that flow back k2 steps at most. An int stands for both. None: through whole sequences. With one\n"
            "target per sequence there is one update, at its end, and k2 alone matters."
        ),
        sources=(WILLIAMS_PENG,),
    )


@parameter_group
class RegressionLossParameters:
    """What a regressor minimises."""

    loss: Any = parameter(
        default="squared_error",
        constraint=[StrOptions(set(REGRESSION)), callable],
        kind='{"squared_error", "absolute_error", "huber", "quantile"}, torch loss or function',
        text=(
            "What training minimises. A torch loss, class or instance, or a function takes (output, target), both\n"
            "tensors of shape (n, n_outputs), of an encoder-decoder (n, output_steps, n_outputs). It returns a loss\n"
            "per element or per target, or one number for all; with weights not the latter: the reduction of a torch\n"
            "loss must be 'none', as it is if a class is given. A lambda can't be pickled."
        ),
    )
    quantile: float = parameter(
        default=0.5,
        constraint=[Interval(Real, 0, 1, closed="neither")],
        kind="float in (0, 1)",
        text="Which quantile ``loss='quantile'`` predicts.",
    )


@parameter_group
class ClassificationLossParameters:
    """What a classifier minimises."""

    loss: Any = parameter(
        default="log_loss",
        constraint=[StrOptions(set(CLASSIFICATION)), callable],
        kind='{"log_loss"}, torch loss or function',
        text=(
            "What training minimises. A torch loss, class or instance, or a function takes (output, target), tensors\n"
            "of shape (n, n_classes) and codes of classes of shape (n,); of a multilabel y both (n, n_labels). It\n"
            "returns a loss per element or per target, or one number for all; with weights not the latter: the\n"
            "reduction of a torch loss must be 'none', as it is if a class is given. A lambda can't be pickled."
        ),
    )


@parameter_group
class TrainingParameters:
    """How weights are found."""

    optimizer: Any = parameter(
        default="adam",
        constraint=[StrOptions(set(OPTIMIZERS)), type],
        kind='{"adam", "adamw", "sgd", "rmsprop"} or class of torch.optim.Optimizer',
        text="How weights are updated.",
    )
    # tests/benchmarks/defaults.md has the evidence for this and the next defaults.
    lr: float = parameter(default=3e-3, constraint=[POSITIVE], kind="float", text="Learning rate.")
    lr_schedule: Any = parameter(
        default=None,
        constraint=[None, StrOptions(set(SCHEDULES)), callable],
        kind='{"cosine", "onecycle", "plateau"}, callable or None',
        text=(
            'How `lr` changes over the `max_epochs` of a `fit`. "cosine": it falls to zero with each update []_.\n'
            '"onecycle": it rises to `lr` in the first 30 %, then falls to nearly zero []_. "plateau": a fifth is\n'
            "left of it after ``n_iter_no_change // 2`` epochs without a better loss, of validation if there is one.\n"
            "A callable takes an optimizer and returns a scheduler of torch, which steps after each epoch. Early\n"
            "stopping may end a schedule before its time. Each `fit` begins a new one; `partial_fit` learns at `lr`."
        ),
        sources=(LOSHCHILOV_HUTTER, SMITH_TOPIN),
    )
    optimizer_params: dict[str, Any] | None = parameter(
        default=None,
        constraint=[None, dict],
        kind="dict or None",
        text="Further arguments of the optimizer, such as ``{'momentum': 0.9}``.",
    )
    weight_decay: float = parameter(
        default=0.0,
        constraint=[NOT_NEGATIVE],
        kind="float",
        text="Strength of the penalty on weights, as the optimizer defines it.",
    )
    # Recurrent gradients explode (Pascanu et al., 2013). With standardised targets others rarely reach a norm of 1.
    clip_grad_norm: float | None = parameter(
        default=1.0,
        constraint=[None, POSITIVE],
        kind="float or None",
        text="Greatest norm of the gradient, over all weights; longer ones are shortened.",
    )
    # At most 32, Keras' default. Larger batches are faster per epoch, and make fewer updates.
    batch_size: Any = parameter(
        default="auto",
        constraint=[StrOptions({"auto"}), AT_LEAST_ONE],
        kind='int or "auto"',
        text=(
            "Sequences per update. With truncated back-propagation through time: number of lanes, each of which\n"
            "goes through one sequence after the other. A few long ones are cut, so that all lanes are busy; with 1\n"
            'none is. "auto": the largest power of two up to 32 that leaves an epoch 16 updates; in `partial_fit` 32.'
        ),
    )
    max_epochs: int = parameter(default=100, constraint=[AT_LEAST_ONE], kind="int", text="Passes over the data.")
    shuffle: bool = parameter(
        default=True,
        constraint=["boolean"],
        kind="bool",
        text="Whether sequences are drawn into new batches in each epoch.",
    )
    early_stopping: Any = parameter(
        default="auto",
        constraint=["boolean", StrOptions({"auto"})],
        kind='bool or "auto"',
        text=(
            "Whether to hold out a part of the data (or to take X_val of `fit`), stop when its loss no longer falls,\n"
            'and restore the best weights. "auto": in `fit`, with 100 targets or more that can be parted.'
        ),
    )
    refit: bool = parameter(
        default=True,
        constraint=["boolean"],
        kind="bool",
        text="Whether early stopping is followed by training afresh on all data, for as many epochs as were best.",
    )
    # This and the next two have the names and defaults of scikit-learn's MLPRegressor.
    validation_fraction: float = parameter(
        default=0.1,
        constraint=[Interval(Real, 0, 1, closed="neither")],
        kind="float in (0, 1)",
        text="Share of the data that early stopping holds out.",
    )
    n_iter_no_change: int = parameter(
        default=10,
        constraint=[AT_LEAST_ONE],
        kind="int",
        text="Epochs without a better validation loss after which training stops.",
    )
    tol: float = parameter(
        default=1e-4,
        constraint=[NOT_NEGATIVE],
        kind="float",
        text="Least fall of the validation loss that counts as better.",
    )
    validation: str = parameter(
        default="auto",
        constraint=[StrOptions({"auto", "end", "random"})],
        kind='{"auto", "end", "random"}',
        text=(
            'What is held out. "end": the last sequences (of each series), or of a table of steps the last rows of\n'
            'each series. "random": a random part, for classes with the same shares of them. "auto": "end" for\n'
            'regressors, with ``return_sequences=True`` and for overlapping windows, else "random".'
        ),
    )


@parameter_group
class RegressionTargetParameters:
    """What a regressor does with y."""

    # Without it a target in thousands keeps an output layer of small weights busy for epochs.
    normalize_y: bool = parameter(
        default=True,
        constraint=["boolean"],
        kind="bool",
        text="Whether to learn on standardised targets. Predictions are in the units of y either way.",
    )


@parameter_group
class ClassificationTargetParameters:
    """What a classifier does with y."""

    class_weight: Any = parameter(
        default=None,
        constraint=[None, dict, StrOptions({"balanced"})],
        kind='None, "balanced" or dict',
        text='Weights of classes. "balanced": in inverse proportion to their frequency.',
    )


@parameter_group
class GeneralParameters:
    """What every estimator has."""

    mask_value: float | None = parameter(
        default=None,
        constraint=[None, Real],
        kind="float or None",
        text="Steps whose features all have this value are skipped, beside those at the ends that are all NaN.",
    )
    warm_start: bool = parameter(
        default=False,
        constraint=["boolean"],
        kind="bool",
        text="Whether `fit` continues from the weights of the last fit, with its classes or scale of y.",
    )
    random_state: Any = parameter(
        default=None,
        constraint=["random_state"],
        kind="int, RandomState instance or None",
        text="Seed of weights, batches, dropout and random validation.",
    )
    # The levels are those of Keras.
    verbose: int = parameter(
        default=0,
        constraint=[Interval(Integral, 0, 2, closed="both"), "boolean"],
        kind="int",
        text="0: silent, 1: a progress bar for all epochs of a `fit`, 2: a line per epoch.",
    )
    scoring: Any = parameter(
        default=None,
        constraint=[None, str, callable, list, tuple, dict],
        kind="str, callable, list, dict or None",
        text=(
            "Scorers of scikit-learn, recorded in ``history_`` after each epoch for the validation part, or\n"
            "without one for the training part."
        ),
    )
    callbacks: list[Any] | None = parameter(
        default=None,
        constraint=[None, list],
        kind="list or None",
        text=(
            "Callbacks of skorch, which see the net. Each is used as it is, not copied. One that raises a\n"
            "KeyboardInterrupt at the end of an epoch ends training there, as skorch's own do."
        ),
    )
    device: Any = parameter(
        default="auto",
        constraint=[str, torch.device],
        kind='"auto", str or torch.device',
        text='"auto": "cuda" if there is a GPU, else "cpu".',
    )
    # Half the memory and twice the speed of float64; gradients need no more.
    dtype: str = parameter(
        default="float32",
        constraint=[StrOptions({"float32", "float64"})],
        kind='{"float32", "float64"}',
        text="Floating type of weights and computations.",
    )
    backend: str = parameter(
        default="auto",
        constraint=[StrOptions({"auto", "compiled", "torch"})],
        kind='{"auto", "compiled", "torch"}',
        text=(
            'What runs recurrent layers. "auto": compiled kernels on a CPU, if numba can be imported and the network\n'
            'has layers of this package, else torch. "compiled": the same kernels; where they can\'t be used, `fit`\n'
            'raises an error with the reason. "torch": torch\'s own functions. Weights are the same up to rounding.'
        ),
    )
