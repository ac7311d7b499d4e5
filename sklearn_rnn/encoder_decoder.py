"""EncoderDecoderRegressor: a sequence in, a sequence of another length out."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ._data.sequences import Array, Sequences
from ._data.targets import read_numbers
from ._estimators.codecs import Codec, NumberSequences
from ._estimators.declaring import estimator
from ._estimators.network_parameters import (
    DecoderParameters,
    DropoutParameters,
    EncoderDecoderParameters,
    LayerParameters,
    NonlinearityParameters,
)
from ._estimators.recurrent import layer_sizes
from ._estimators.regression import SequenceRegressor
from ._networks.contract import Network
from ._networks.encoder_decoder import EncoderDecoder
from ._training.batches import Batches
from ._training.teaching import Taught

SHAPES = "(n,), (n, output_steps) or (n, output_steps, n_outputs)"


@estimator
class EncoderDecoderRegressor(
    EncoderDecoderParameters,
    LayerParameters,
    NonlinearityParameters,
    DecoderParameters,
    DropoutParameters,
    SequenceRegressor,
):
    """Encoder-decoder network for regression: it reads a sequence, and returns one of another length.

    Recurrent layers, the encoder, read the sequence. As many others of the same sizes, the decoder, begin with the
    state that each layer of the encoder ends in, and run for as many steps as y has; a linear layer, the same in every
    step, makes outputs of theirs.

    Sequences of X may be of unequal length: X is a list of arrays, or is padded at either end with NaN (or
    `mask_value`), which changes nothing about the result. A sequence of one step will do (one-to-many). All outputs
    have the same number of steps.

    See Also
    --------
    LSTMRegressor : One target, or several at once, per sequence, or with ``return_sequences=True`` one per step.
    sklearn_rnn.preprocessing.ShiftFramer : From a table to windows of lags, within a pipeline.

    Notes
    -----
    "repeat" runs faster, since no step waits for an output; "feedback" ties each output to the one before. With
    `normalize_y` each output has one scale for all steps.

    Scorers given as `scoring` see y and predictions of shape (n, output_steps * n_outputs) if y is 3-D, since those
    of scikit-learn take no more than two dimensions.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_rnn import EncoderDecoderRegressor
    >>> windows = np.lib.stride_tricks.sliding_window_view(np.sin(np.arange(400) / 5), 25)
    >>> X, y = windows[:, :20], windows[:, 20:]  # 20 steps of a wave, and the 5 that follow
    >>> model = EncoderDecoderRegressor(max_epochs=20, lr=0.01, random_state=0).fit(X[:300], y[:300])
    >>> model.predict(X[300:]).shape
    (76, 5)
    >>> bool(model.score(X[300:], y[300:]) > 0.9)
    True
    """

    _predicts_sequences: ClassVar[bool] = True  # forecasters give it y of shape (n, steps, n_outputs)

    @classmethod
    def _attributes(cls) -> dict[str, tuple[str, str]]:
        return super()._attributes() | {"output_steps_": ("int", "Steps of the output.")}

    def _check_options(self) -> None:
        layer_sizes(self.hidden_layer_sizes)
        super()._check_options()

    def _network(self, n_features: int, n_outputs: int) -> tuple[type[Network], dict[str, Any]]:
        return EncoderDecoder, {
            "cell": self.cell,
            "n_features": n_features,
            "n_outputs": n_outputs,
            "hidden_layer_sizes": layer_sizes(self.hidden_layer_sizes),
            "output_steps": self.output_steps_,
            "decoder": self.decoder,
            "teacher_forcing": self.teacher_forcing,
            "nonlinearity": self.nonlinearity,
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
        }

    def _batches(self, batches: Batches) -> Any:
        return Taught(batches) if self.decoder == "feedback" else batches

    def _new_codec(self, y: Array, classes: Any) -> Codec:
        codec = NumberSequences.of(y)
        self.output_steps_ = codec.steps
        return codec

    def _read_y(self, y: Any, sequences: Sequences) -> Array:
        """Read y in its own shape."""
        y = _as_array(y)
        shape: tuple[int, ...] = getattr(y, "shape", ())
        if len(shape) > 3:
            raise ValueError(f"y has {len(shape)} dimensions, shape {shape}; expected {SHAPES}.")
        if 0 in shape[1:]:
            raise ValueError(f"y has no values, shape {shape}; expected {SHAPES}.")
        flat = np.reshape(y, (shape[0], -1)) if len(shape) == 3 else y
        values = read_numbers(flat, sequences, type(self).__name__)
        return values.reshape(len(values), *shape[1:]) if len(shape) == 3 else values


def _as_array(y: Any) -> Any:
    """Return a list of sequences as one array, so that its shape is known; anything else is read elsewhere."""
    if not hasattr(y, "shape") and hasattr(y, "__array__"):
        return np.asarray(y)
    nested = isinstance(y, np.ndarray) and y.dtype == object and y.ndim == 1
    if not (nested or isinstance(y, list | tuple)):
        return y
    try:
        return np.asarray(list(y))
    except ValueError as error:
        raise ValueError(
            "y has items of unequal lengths; every output has as many steps: cut them to the shortest, "
            "or train an estimator per length."
        ) from error
