"""A network of another kind behind the estimators' door: the causal TCN of these tests, without an edit to the package."""

from __future__ import annotations

import pickle
from numbers import Integral
from typing import Any

import numpy as np
import pytest
from causal_tcn import CausalTCN
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils._param_validation import Interval

from sklearn_rnn._estimators.declaring import estimator, parameter
from sklearn_rnn._estimators.regression import SequenceRegressor
from sklearn_rnn._estimators.stepwise import StepwiseEstimator

pytestmark = pytest.mark.filterwarnings("ignore::sklearn_rnn.SkillWarning")  # of a few epochs


@estimator
class TCNRegressor(StepwiseEstimator, SequenceRegressor):
    """Causal temporal convolutional network for regression."""

    channels: int = parameter(
        default=8, constraint=[Interval(Integral, 1, None, closed="left")], kind="int", text="Channels of each block."
    )
    n_blocks: int = parameter(
        default=3, constraint=[Interval(Integral, 1, None, closed="left")], kind="int", text="Residual blocks."
    )

    def _network(self, n_features: int, n_outputs: int) -> Any:
        return CausalTCN, {
            "n_features": n_features,
            "n_outputs": n_outputs,
            "channels": (self.channels,) * self.n_blocks,
            "return_sequences": self.return_sequences,
        }


RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 12, 2))
Y = X[:, -3:, 0].sum(axis=1)
SERIES = RNG.normal(size=(400, 2))
AHEAD = np.convolve(SERIES[:, 0], np.ones(3))[: len(SERIES)]  # sum of the last three steps


def test_fit_and_score():
    model = TCNRegressor(max_epochs=60, lr=0.01, early_stopping=False, random_state=0).fit(X, Y)
    assert model.score(X, Y) > 0.9
    assert len(model.history_) == 60


def test_fit_a_target_per_step():
    model = TCNRegressor(return_sequences=True, batch_size=1, max_epochs=60, lr=0.01, random_state=0)
    assert model.fit(SERIES, AHEAD).score(SERIES, AHEAD) > 0.9


def test_partial_fit_continues():
    model = TCNRegressor(random_state=0, lr=0.01).partial_fit(X, Y)
    first = model.history_["train_loss"].iloc[0]
    for _ in range(20):
        model.partial_fit(X, Y)
    assert len(model.history_) == 21
    assert model.history_["train_loss"].iloc[-1] < first / 2


def test_partial_fit_of_another_network_raises():
    model = TCNRegressor(channels=8, max_epochs=1).fit(X, Y)
    with pytest.raises(ValueError, match="one of channels, width, the number of features"):
        model.set_params(channels=4).partial_fit(X, Y)


@pytest.mark.parametrize("return_sequences", [False, True])
def test_predict_in_pieces_equals_the_whole(return_sequences, monkeypatch):
    """A long input takes several passes, here of few steps each; what a network must see whole is not torn."""
    data, y = (SERIES, AHEAD) if return_sequences else (X, Y)
    model = TCNRegressor(return_sequences=return_sequences, max_epochs=2, random_state=0).fit(data, y)
    whole = model.predict(data)
    monkeypatch.setattr("sklearn_rnn._training.inference.PASS_STEPS", 16)
    monkeypatch.setattr("sklearn_rnn._training.inference.PIECE_STEPS", 16)
    np.testing.assert_allclose(model.predict(data), whole, rtol=1e-5, atol=1e-6)


def test_predict_of_padded_sequences_equals_unpadded():
    model = TCNRegressor(max_epochs=2, random_state=0).fit(X, Y)
    ragged = [sequence[: 3 + i % 9] for i, sequence in enumerate(X)]
    padded = np.full_like(X, np.nan)
    for i, sequence in enumerate(ragged):
        padded[i, -len(sequence) :] = sequence
    np.testing.assert_allclose(model.predict(padded), model.predict(ragged), rtol=1e-5, atol=1e-6)
    alone = np.concatenate([model.predict([sequence]) for sequence in ragged])
    np.testing.assert_allclose(alone, model.predict(ragged), rtol=1e-5, atol=1e-6)


def test_early_stopping_and_scoring():
    model = TCNRegressor(early_stopping=True, scoring="r2", max_epochs=5, random_state=0).fit(X, Y)
    assert {"train_loss", "valid_loss", "valid_r2"} <= set(model.history_)


def test_summary_counts_all_parameters():
    model = TCNRegressor(max_epochs=1).fit(X, Y)
    n_weights = sum(p.numel() for p in model.module_.parameters())
    assert model.summary()["parameters"]["total"] == n_weights
    assert model.summary()["parameters"].iloc[:-1].sum() == n_weights


def test_pickle_and_clone():
    model = TCNRegressor(max_epochs=1, channels=4).fit(X, Y)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))
    assert clone(model).get_params() == model.get_params()


def test_grid_search_over_its_parameters():
    search = GridSearchCV(TCNRegressor(max_epochs=3, lr=0.01, random_state=0), {"channels": [2, 8]}, cv=2).fit(X, Y)
    assert search.best_params_["channels"] in (2, 8)
    assert search.predict(X).shape == Y.shape


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"stateful": True, "tbptt": 5, "return_sequences": True}, "stateful=True"),
        ({"stateful": True, "return_sequences": True}, "stateful=True"),
        ({"tbptt": 5}, "tbptt=5"),
        ({"tbptt": (2, 5), "return_sequences": True}, r"tbptt=\(2, 5\)"),
    ],
)
def test_fit_names_the_parameter_and_what_the_network_lacks(parameters, name):
    data, y = (SERIES, AHEAD) if parameters.get("return_sequences") else (X, Y)
    with pytest.raises(ValueError, match=f"{name} .*CausalTCN keeps no state"):
        TCNRegressor(**parameters).fit(data, y)


def test_stream_names_what_the_network_lacks():
    model = TCNRegressor(max_epochs=1).fit(X, Y)
    with pytest.raises(ValueError, match="CausalTCN keeps no state"):
        model.stream()


@pytest.mark.parametrize("name", ["bidirectional", "recurrent_dropout", "hidden_layer_sizes", "nonlinearity"])
def test_parameters_without_meaning_can_not_be_set(name):
    with pytest.raises(TypeError, match=name):
        TCNRegressor(**{name: 1})
    with pytest.raises(ValueError, match="Invalid parameter"):
        TCNRegressor().set_params(**{name: 1})


def test_docstring_and_constraints_come_with_the_parameters():
    assert "channels : int, default=8\n    Channels of each block." in TCNRegressor.__doc__
    with pytest.raises(ValueError, match="'channels' parameter of TCNRegressor must be an int"):
        TCNRegressor(channels=0).fit(X, Y)
