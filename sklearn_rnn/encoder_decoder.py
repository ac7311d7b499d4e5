"""EncoderDecoderRegressor: a sequence in, a sequence of another length out."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.base import _fit_context
from sklearn.metrics import r2_score
from sklearn.utils._param_validation import Interval, StrOptions
from torch import Tensor

from ._data.sequences import Array, Sequences
from ._data.targets import Targets, read_numbers, read_weights
from ._estimators.parameters import documented
from ._estimators.regression import SequenceRegressor
from ._networks.encoder_decoder import EncoderDecoder
from ._networks.recurrent import RecurrentLayer
from ._training.batches import Batch, Batches, Pair

SHAPES = "(n,), (n, output_steps) or (n, output_steps, n_outputs)"


@documented
class EncoderDecoderRegressor(SequenceRegressor):
    """Encoder-decoder network for regression: it reads a sequence, and answers by one of another length.

    Recurrent layers, the encoder, read the sequence. As many others, the decoder, begin with the state that each
    layer of the encoder ends in, and run for as many steps as y has; a linear layer, the same in every step, makes
    outputs of theirs.

    Sequences of X may be of unequal length: X is a list of arrays, or is padded at either end with NaN (or
    `mask_value`), which changes nothing about the result. A sequence of one step will do (one-to-many). All answers
    have the same number of steps.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

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

    References
    ----------
    {references}
    .. [2] Cho et al. (2014), Learning phrase representations using RNN encoder-decoder for statistical machine
       translation, EMNLP.
    .. [3] Sutskever, Vinyals and Le (2014), Sequence to sequence learning with neural networks, NeurIPS.
    .. [4] Williams and Zipser (1989), A learning algorithm for continually running fully recurrent neural networks,
       Neural Computation 1(2).
    .. [5] Bengio et al. (2015), Scheduled sampling for sequence prediction with recurrent neural networks, NeurIPS.

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
    _structure = ("cell", "decoder", "hidden_layer_sizes")

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **SequenceRegressor._parameter_constraints,
        "cell": [StrOptions({"rnn", "lstm", "gru"})],
        "nonlinearity": [StrOptions({"tanh", "relu"})],
        "decoder": [StrOptions({"repeat", "feedback"})],
        "teacher_forcing": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(
        self,
        *,
        cell: str = "lstm",
        hidden_layer_sizes: Any = (32,),
        nonlinearity: str = "tanh",
        decoder: str = "repeat",
        teacher_forcing: float = 0.5,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        loss: Any = "squared_error",
        quantile: float = 0.5,
        optimizer: Any = "adam",
        lr: float = 1e-3,
        optimizer_params: dict[str, Any] | None = None,
        weight_decay: float = 0.0,
        clip_grad_norm: float | None = 1.0,
        batch_size: int = 32,
        max_epochs: int = 100,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        tol: float = 1e-4,
        validation: str = "auto",
        normalize_y: bool = True,
        mask_value: float | None = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: int = 0,
        scoring: Any = None,
        callbacks: list[Any] | None = None,
        device: Any = "auto",
        dtype: str = "float32",
    ) -> None:
        self.cell = cell
        self.hidden_layer_sizes = hidden_layer_sizes
        self.nonlinearity = nonlinearity
        self.decoder = decoder
        self.teacher_forcing = teacher_forcing
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.loss = loss
        self.quantile = quantile
        self.optimizer = optimizer
        self.lr = lr
        self.optimizer_params = optimizer_params
        self.weight_decay = weight_decay
        self.clip_grad_norm = clip_grad_norm
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.validation = validation
        self.normalize_y = normalize_y
        self.mask_value = mask_value
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self.scoring = scoring
        self.callbacks = callbacks
        self.device = device
        self.dtype = dtype

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, series: Any = None) -> Any:
        """Train the network from new weights, or with ``warm_start=True`` from those of the last fit.

        Parameters
        ----------
        X : array-like of shape (n, steps) or (n, steps, n_features), DataFrame, or list of arrays
            Sequences.
        y : array-like of shape (n, output_steps) or (n, output_steps, n_outputs)
            What each sequence is answered by; of shape (n,) for a single step.
        sample_weight : array-like of shape (n,), optional
            Weight of each sequence.
        series : array-like of shape (n,), optional
            Series that each sequence belongs to.

        Returns
        -------
        self : object
            The fitted estimator. If anything fails, what an earlier fit learned is still there.

        Raises
        ------
        ValueError
            If X or y can't be read, parameters contradict each other, or the loss is no longer finite.
        """
        self.__dict__ = self._fitted(X, y, sample_weight, series).__dict__
        return self

    def predict(self, X: Any, *, series: Any = None) -> Any:
        """Predict the sequence that each sequence is answered by.

        Parameters
        ----------
        X : array-like, DataFrame or list of arrays
            Sequences in a form that `fit` takes.
        series : array-like of shape (n,), optional
            Series that each sequence belongs to.

        Returns
        -------
        ndarray of shape (n,), (n, output_steps) or (n, output_steps, n_outputs)
            One answer per sequence, of the shape that y had in `fit`.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X can't be read or has other features than in `fit`.
        """
        return self._predict(X, series)

    def score(self, X: Any, y: Any, sample_weight: Any = None, *, series: Any = None) -> float:
        """Return the coefficient of determination, R², of the predictions.

        Parameters
        ----------
        X, y, sample_weight, series
            As in `fit`.

        Returns
        -------
        float
            One for a perfect prediction, zero for a constant one; the mean over output steps and outputs.
        """
        sequences = self._read_for(X, series)
        n = len(sequences)
        y = self._read_targets(y, sequences, reset=False).reshape(n, -1)
        predicted = self._in_users_units(self.net_.run(sequences)).reshape(n, -1)
        return float(r2_score(y, predicted, sample_weight=read_weights(sample_weight, sequences)))

    def _network(self) -> tuple[type[torch.nn.Module], dict[str, Any]]:
        return EncoderDecoder, {
            "cell": self.cell,
            "nonlinearity": self.nonlinearity,
            "decoder": self.decoder,
            "teacher_forcing": self.teacher_forcing,
            "output_steps": self.output_steps_,
        }

    def _layers(self) -> dict[str, RecurrentLayer]:
        module = self.net_.module_
        stacks = {"encoder": module.encoder, "decoder": module.decoder}
        return {
            f"{name}_{layer.recurrences[0].kind}_{i}": layer
            for name, stack in stacks.items()
            for i, layer in enumerate(stack)
        }

    def _taught(self, batches: Batches) -> Any:
        return Taught(batches) if self.decoder == "feedback" else batches

    def _read_targets(self, y: Any, sequences: Sequences, *, reset: bool, **params: Any) -> Array:
        """Read y, of shape (n, output_steps, n_outputs) whatever the user's is."""
        y = _as_array(y)
        shape: tuple[int, ...] = getattr(y, "shape", ())
        if len(shape) > 3:
            raise ValueError(f"y has {len(shape)} dimensions, shape {shape}; expected {SHAPES}.")
        if 0 in shape[1:]:
            raise ValueError(f"y has no values, shape {shape}; expected {SHAPES}.")
        values = read_numbers(self, np.reshape(y, (shape[0], -1)) if len(shape) == 3 else y, sequences)
        answer_shape = shape[1:] if len(shape) == 3 else values.shape[1:]
        steps, outputs = _steps_and_outputs(answer_shape)
        if reset:
            self.output_steps_, self.n_outputs_, self._answer_shape = steps, outputs, answer_shape
        earlier = _steps_and_outputs(self._answer_shape)
        if (steps, outputs) != earlier:
            raise ValueError(
                f"y has shape {shape}, which is {steps} output steps of {outputs} outputs, but in the last fit it had "
                f"{earlier[0]} of {earlier[1]}; give y that shape, or fit afresh with warm_start=False."
            )
        return values.reshape(len(values), steps, outputs)

    def _learn_scale(self, targets: Targets) -> None:
        """Learn one scale per output, for all its steps."""
        weights = None if targets.weights is None else np.repeat(targets.weights, self.output_steps_)
        super()._learn_scale(Targets(targets.values.reshape(-1, self.n_outputs_), weights))

    def _in_users_units(self, outputs: Array) -> Array:
        return self._rescaled(outputs).reshape(len(outputs), *self._answer_shape)

    def _score_values(self, targets: Targets) -> Array:
        return targets.values.reshape(len(targets.values), *self._answer_shape)

    def _for_scorers(self) -> Any:
        if len(self._answer_shape) < 2:
            return self
        flat = copy.copy(self)
        flat._answer_shape = (self.output_steps_ * self.n_outputs_,)
        return flat


class Taught:
    """Batches whose targets the network is told, for teacher forcing.

    Parameters
    ----------
    batches : Batches
        Batches of training.
    """

    def __init__(self, batches: Batches) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[tuple[TaughtBatch, Pair]]:
        for batch, targets in self.batches:
            yield TaughtBatch(batch, targets[0]), targets


@dataclass(frozen=True)
class TaughtBatch:
    """Sequences together with what they are answered by.

    Parameters
    ----------
    batch : Batch
        Sequences.
    truth : Tensor of shape (batch, output_steps, n_outputs) or None
        True outputs.
    """

    batch: Batch
    truth: Tensor | None

    def run(self, network: EncoderDecoder) -> Tensor:
        """Return an answer per sequence, by teacher forcing."""
        output: Tensor = network(self.batch.x, None, self.batch.lengths, self.truth)[0]
        return output


def _steps_and_outputs(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the output steps and the outputs per step of answers of a shape."""
    steps, outputs = (*shape, 1, 1)[:2]
    return steps, outputs


def _as_array(y: Any) -> Any:
    """Return a list of answers as one array, so that its shape is known; anything else is read elsewhere."""
    if not hasattr(y, "shape") and hasattr(y, "__array__"):
        return np.asarray(y)
    nested = isinstance(y, np.ndarray) and y.dtype == object and y.ndim == 1
    if not (nested or isinstance(y, list | tuple)):
        return y
    try:
        return np.asarray(list(y))
    except ValueError as error:
        raise ValueError(
            "y has items of unequal lengths; every sequence is answered by as many steps: cut them to the shortest, "
            "or train an estimator per length."
        ) from error
