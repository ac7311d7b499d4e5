"""The parameters that say what a network is made of, each stated once."""

from __future__ import annotations

from numbers import Real
from typing import Any

from sklearn.utils._param_validation import Interval, StrOptions

from .declaring import parameter, parameter_group
from .papers import BENGIO, CHO, GAL, SUTSKEVER, WILLIAMS_ZIPSER
from .parameters import AT_LEAST_ONE, SHARE


@parameter_group
class EncoderDecoderParameters:
    """What an encoder-decoder is made of."""

    cell: str = parameter(
        default="lstm",
        constraint=[StrOptions({"rnn", "lstm", "gru"})],
        kind='{"rnn", "lstm", "gru"}',
        text="Kind of the recurrent layers: those of `RNNRegressor`, `LSTMRegressor` or `GRURegressor`.",
    )


@parameter_group
class LayerParameters:
    """Recurrent layers of any kind."""

    # One layer of 32 units is what Chollet's and Keras' first examples have: enough for a first model, fast on a CPU.
    hidden_layer_sizes: Any = parameter(
        default=(32,),
        constraint=["array-like", AT_LEAST_ONE],
        kind="int or tuple of int",
        text="Units of each recurrent layer, first to last. Layers may differ in size.",
    )


@parameter_group
class NonlinearityParameters:
    """Cells whose activation can be chosen."""

    nonlinearity: str = parameter(
        default="tanh",
        constraint=[StrOptions({"tanh", "relu"})],
        kind='{"tanh", "relu"}',
        text='Activation of the hidden state of "rnn" cells; other cells have theirs.',
    )


@parameter_group
class DecoderParameters:
    """How an encoder-decoder writes its output."""

    decoder: str = parameter(
        default="repeat",
        constraint=[StrOptions({"repeat", "feedback"})],
        kind='{"repeat", "feedback"}',
        text=(
            'What the decoder reads in every output step. "repeat": the last output of the encoder []_.\n'
            '"feedback": its own output of the step before, zeros in the first []_.'
        ),
        sources=(CHO, SUTSKEVER),
    )
    # Halfway: 1 learns to trust an input that `predict` never has, 0 trains slowest.
    teacher_forcing: float = parameter(
        default=0.5,
        constraint=[Interval(Real, 0, 1, closed="both")],
        kind="float in [0, 1]",
        text=(
            "Probability that the decoder reads the true output of the step before, not its own, drawn for each\n"
            'output step of a batch in training []_ []_. It matters with ``decoder="feedback"`` alone; with\n'
            '"repeat" it does nothing. 1 trains fastest, 0 on just what `predict` does.'
        ),
        sources=(WILLIAMS_ZIPSER, BENGIO),
    )


@parameter_group
class DirectionParameters:
    """Layers that may read both ways."""

    bidirectional: bool = parameter(
        default=False,
        constraint=["boolean"],
        kind="bool",
        text=(
            "Whether a second set of cells reads each sequence from its end. It can't be combined with\n"
            "``stateful=True``."
        ),
    )


@parameter_group
class DropoutParameters:
    """Dropout of recurrent layers."""

    dropout: float = parameter(
        default=0.0,
        constraint=[SHARE],
        kind="float in [0, 1)",
        text=(
            "Share of each recurrent layer's outputs that is dropped in training before the next layer, by one\n"
            "mask per sequence for all its steps []_."
        ),
        sources=(GAL,),
    )
    recurrent_dropout: float = parameter(
        default=0.0,
        constraint=[SHARE],
        kind="float in [0, 1)",
        text=(
            "Share of the hidden state that is dropped in training on its way to the next step, by one mask per\n"
            "sequence []_. Without compiled kernels (see `backend`) such a layer runs several times slower."
        ),
        sources=(GAL,),
    )
