"""What the estimators share whose network is a stack of recurrent layers."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .._networks.contract import Network
from .._networks.recurrent import RecurrentNetwork
from .classification import SequenceClassifier
from .network_parameters import DirectionParameters, DropoutParameters, LayerParameters
from .regression import SequenceRegressor
from .stepwise import StepwiseEstimator


class RecurrentEstimator(DirectionParameters, DropoutParameters, LayerParameters, StepwiseEstimator):
    """Base of the estimators of recurrent layers with a linear output layer."""

    _cell: ClassVar[str]  # "rnn", "lstm" or "gru"
    nonlinearity = "tanh"  # a parameter of "rnn" alone; other cells have activations of their own

    def _check_options(self) -> None:
        layer_sizes(self.hidden_layer_sizes)
        super()._check_options()

    def _network(self, n_features: int, n_outputs: int) -> tuple[type[Network], dict[str, Any]]:
        return RecurrentNetwork, {
            "cell": self._cell,
            "n_features": n_features,
            "n_outputs": n_outputs,
            "hidden_layer_sizes": layer_sizes(self.hidden_layer_sizes),
            "nonlinearity": self.nonlinearity,
            "bidirectional": self.bidirectional,
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "return_sequences": self.return_sequences,
        }


class RecurrentRegressor(RecurrentEstimator, SequenceRegressor):
    """Base of `RNNRegressor`, `LSTMRegressor` and `GRURegressor`."""


class RecurrentClassifier(RecurrentEstimator, SequenceClassifier):
    """Base of `RNNClassifier`, `LSTMClassifier` and `GRUClassifier`."""


def layer_sizes(hidden_layer_sizes: Any) -> tuple[int, ...]:
    """Return the units of each layer; raise if they name none."""
    sizes = np.atleast_1d(hidden_layer_sizes)
    if sizes.ndim != 1 or len(sizes) == 0 or sizes.dtype.kind not in "iu" or (sizes < 1).any():
        raise ValueError(
            f"hidden_layer_sizes must name the units of at least one layer, as in (32,) or (64, 32); got "
            f"{hidden_layer_sizes!r}."
        )
    return tuple(int(size) for size in sizes)
