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
from .declaring import parameter, parameter_group

GAL = """Gal and Ghahramani (2016), A theoretically grounded application of dropout in recurrent neural networks,
NeurIPS."""
WILLIAMS_PENG = """Williams and Peng (1990), An efficient gradient-based algorithm for on-line training of recurrent
network trajectories, Neural Computation 2(4)."""
CHO = """Cho et al. (2014), Learning phrase representations using RNN encoder-decoder for statistical machine
translation, EMNLP."""
SUTSKEVER = "Sutskever, Vinyals and Le (2014), Sequence to sequence learning with neural networks, NeurIPS."
WILLIAMS_ZIPSER = """Williams and Zipser (1989), A learning algorithm for continually running fully recurrent neural
networks, Neural Computation 1(2)."""
BENGIO = "Bengio et al. (2015), Scheduled sampling for sequence prediction with recurrent neural networks, NeurIPS."

AT_LEAST_ONE = Interval(Integral, 1, None, closed="left")
NOT_NEGATIVE = Interval(Real, 0, None, closed="left")
POSITIVE = Interval(Real, 0, None, closed="neither")
SHARE = Interval(Real, 0, 1, closed="left")


@parameter_group
class EncoderDecoderParameters:
    """What an encoder-decoder is made of."""

    cell: str = parameter(
        "lstm",
        [StrOptions({"rnn", "lstm", "gru"})],
        '{"rnn", "lstm", "gru"}',
        "Kind of the recurrent layers: those of `RNNRegressor`, `LSTMRegressor` or `GRURegressor`.",
    )


@parameter_group
class LayerParameters:
    """Recurrent layers of any kind."""

    # One layer of 32 units is what Chollet's and Keras' first examples have: enough for a first model, fast on a CPU.
    hidden_layer_sizes: Any = parameter(
        (32,),
        ["array-like", AT_LEAST_ONE],
        "int or tuple of int",
        "Units of each recurrent layer, first to last. Layers may differ in size.",
    )


@parameter_group
class NonlinearityParameters:
    """Cells whose activation can be chosen."""

    nonlinearity: str = parameter(
        "tanh",
        [StrOptions({"tanh", "relu"})],
        '{"tanh", "relu"}',
        'Activation of the hidden state of "rnn" cells; other cells have theirs.',
    )


@parameter_group
class DecoderParameters:
    """How an encoder-decoder writes its output."""

    decoder: str = parameter(
        "repeat",
        [StrOptions({"repeat", "feedback"})],
        '{"repeat", "feedback"}',
        'What the decoder reads in every output step. "repeat": the last output of the encoder []_. "feedback": its\n'
        "own output of the step before, zeros in the first []_.",
        (CHO, SUTSKEVER),
    )
    # Halfway: 1 learns to trust an input that `predict` never has, 0 trains slowest.
    teacher_forcing: float = parameter(
        0.5,
        [Interval(Real, 0, 1, closed="both")],
        "float in [0, 1]",
        "Probability that the decoder reads the true output of the step before, not its own, drawn for each output\n"
        'step of a batch in training []_ []_. It matters with ``decoder="feedback"`` alone; with "repeat" it does\n'
        "nothing. 1 trains fastest, 0 on just what `predict` does.",
        (WILLIAMS_ZIPSER, BENGIO),
    )


@parameter_group
class DirectionParameters:
    """Layers that may read both ways."""

    bidirectional: bool = parameter(
        False,
        ["boolean"],
        "bool",
        "Whether a second set of cells reads each sequence from its end. It can't be combined with ``stateful=True``.",
    )


@parameter_group
class DropoutParameters:
    """Dropout of recurrent layers."""

    dropout: float = parameter(
        0.0,
        [SHARE],
        "float in [0, 1)",
        "Share of each recurrent layer's outputs that is dropped in training before the next layer, by one mask per\n"
        "sequence for all its steps []_.",
        (GAL,),
    )
    recurrent_dropout: float = parameter(
        0.0,
        [SHARE],
        "float in [0, 1)",
        "Share of the hidden state that is dropped in training on its way to the next step, by one mask per sequence\n"
        "[]_. Such a layer runs step by step, several times slower.",
        (GAL,),
    )


@parameter_group
class TimeParameters:
    """One target per sequence or per step, and how sequences are cut in training."""

    return_sequences: bool = parameter(
        False,
        ["boolean"],
        "bool",
        "False: one target per sequence. True: one target per step, so that a 2-D X is a table of one step per row.",
    )
    stateful: bool = parameter(
        False,
        ["boolean"],
        "bool",
        "Whether training carries the state over the cuts of `tbptt` and, with one target per step, from one call of\n"
        "`partial_fit` to the next. False: every chunk begins with a state of zero. `predict` reads whole sequences\n"
        "either way.",
    )
    # None is right up to some 400 steps; a default length would cut longer memory without a word.
    tbptt: Any = parameter(
        None,
        [None, tuple, AT_LEAST_ONE],
        "None, int or tuple (k1, k2)",
        "Truncated back-propagation through time []_: weights are updated after every k1 steps, by gradients that\n"
        "flow back k2 steps at most. An int stands for both. None: through whole sequences. With one target per\n"
        "sequence there is one update, at its end, and k2 alone matters.",
        (WILLIAMS_PENG,),
    )


@parameter_group
class RegressionLossParameters:
    """What a regressor minimises."""

    loss: Any = parameter(
        "squared_error",
        [StrOptions(set(REGRESSION)), type, torch.nn.Module],
        '{"squared_error", "absolute_error", "huber", "quantile"} or a torch loss',
        "What training minimises. A torch loss, class or instance, takes (output, target), both of shape\n"
        "(n, n_outputs), of an encoder-decoder (n, output_steps, n_outputs); with weights its reduction must be\n"
        "'none', as it is if a class is given.",
    )
    quantile: float = parameter(
        0.5,
        [Interval(Real, 0, 1, closed="neither")],
        "float in (0, 1)",
        "Which quantile ``loss='quantile'`` predicts.",
    )


@parameter_group
class ClassificationLossParameters:
    """What a classifier minimises."""

    loss: Any = parameter(
        "log_loss",
        [StrOptions(set(CLASSIFICATION)), type, torch.nn.Module],
        '{"log_loss"} or a torch loss',
        "What training minimises. A torch loss, class or instance, takes (output, target), of shape (n, n_outputs)\n"
        "and codes of classes of shape (n,); with weights its reduction must be 'none', as it is if a class is given.",
    )


@parameter_group
class TrainingParameters:
    """How weights are found."""

    optimizer: Any = parameter(
        "adam",
        [StrOptions(set(OPTIMIZERS)), type],
        '{"adam", "adamw", "sgd", "rmsprop"} or class of torch.optim.Optimizer',
        "How weights are updated.",
    )
    # The default of Adam in its paper (Kingma and Ba, 2015), in torch and in Keras.
    lr: float = parameter(1e-3, [POSITIVE], "float", "Learning rate.")
    optimizer_params: dict[str, Any] | None = parameter(
        None,
        [None, dict],
        "dict or None",
        "Further arguments of the optimizer, such as ``{'momentum': 0.9}``.",
    )
    weight_decay: float = parameter(
        0.0, [NOT_NEGATIVE], "float", "Strength of the penalty on weights, as the optimizer defines it."
    )
    # Recurrent gradients explode (Pascanu et al., 2013). With standardised targets others rarely reach a norm of 1.
    clip_grad_norm: float | None = parameter(
        1.0,
        [None, POSITIVE],
        "float or None",
        "Greatest norm of the gradient, over all weights; longer ones are shortened.",
    )
    # Keras' default. Larger batches are faster per epoch, and make fewer updates.
    batch_size: int = parameter(
        32,
        [AT_LEAST_ONE],
        "int",
        "Sequences per update. With truncated back-propagation through time: number of lanes, each of which goes\n"
        "through one sequence after the other. A few long ones are cut into segments, so that all lanes are busy;\n"
        "with 1 none is.",
    )
    max_epochs: int = parameter(100, [AT_LEAST_ONE], "int", "Passes over the data.")
    shuffle: bool = parameter(True, ["boolean"], "bool", "Whether sequences are drawn into new batches in each epoch.")
    early_stopping: bool = parameter(
        False,
        ["boolean"],
        "bool",
        "Whether to hold out a part of the data, stop when its loss no longer falls, and restore the best weights.",
    )
    # This and the next two have the names and defaults of scikit-learn's MLPRegressor.
    validation_fraction: float = parameter(
        0.1,
        [Interval(Real, 0, 1, closed="neither")],
        "float in (0, 1)",
        "Share of the data that early stopping holds out.",
    )
    n_iter_no_change: int = parameter(
        10, [AT_LEAST_ONE], "int", "Epochs without a better validation loss after which training stops."
    )
    tol: float = parameter(1e-4, [NOT_NEGATIVE], "float", "Least fall of the validation loss that counts as better.")
    validation: str = parameter(
        "auto",
        [StrOptions({"auto", "end", "random"})],
        '{"auto", "end", "random"}',
        'What is held out. "end": the last sequences (of each series), or of a table of steps the last rows of each\n'
        'series. "random": a random part, for classes with the same shares of them. "auto": "end" for regressors,\n'
        'with ``return_sequences=True`` and for overlapping windows, else "random".',
    )


@parameter_group
class RegressionTargetParameters:
    """What a regressor does with y."""

    # Without it a target in thousands keeps an output layer of small weights busy for epochs.
    normalize_y: bool = parameter(
        True,
        ["boolean"],
        "bool",
        "Whether to learn on standardised targets. Predictions are in the units of y either way.",
    )


@parameter_group
class ClassificationTargetParameters:
    """What a classifier does with y."""

    class_weight: Any = parameter(
        None,
        [None, dict, StrOptions({"balanced"})],
        'None, "balanced" or dict',
        'Weights of classes. "balanced": in inverse proportion to their frequency.',
    )


@parameter_group
class GeneralParameters:
    """What every estimator has."""

    mask_value: float | None = parameter(
        None,
        [None, Real],
        "float or None",
        "Steps whose features all have this value are skipped, beside those at the ends that are all NaN.",
    )
    warm_start: bool = parameter(
        False,
        ["boolean"],
        "bool",
        "Whether `fit` continues from the weights of the last fit, with its classes or scale of y.",
    )
    random_state: Any = parameter(
        None,
        ["random_state"],
        "int, RandomState instance or None",
        "Seed of weights, batches, dropout and random validation.",
    )
    # The levels are those of Keras.
    verbose: int = parameter(
        0,
        [Interval(Integral, 0, 2, closed="both"), "boolean"],
        "int",
        "0: silent, 1: a progress bar per epoch, 2: a line per epoch.",
    )
    scoring: Any = parameter(
        None,
        [None, str, callable, list, tuple, dict],
        "str, callable, list, dict or None",
        "Scorers of scikit-learn, recorded in ``history_`` after each epoch for the validation part, or without one\n"
        "for the training part.",
    )
    callbacks: list[Any] | None = parameter(
        None,
        [None, list],
        "list or None",
        "Callbacks of skorch, which see the net. Each is used as it is, not copied.",
    )
    device: Any = parameter(
        "auto",
        [str, torch.device],
        '"auto", str or torch.device',
        '"auto": "cuda" if there is a GPU, else "cpu".',
    )
    # Half the memory and twice the speed of float64; gradients need no more.
    dtype: str = parameter(
        "float32",
        [StrOptions({"float32", "float64"})],
        '{"float32", "float64"}',
        "Floating type of weights and computations.",
    )
