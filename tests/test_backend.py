"""What runs recurrent layers: who decides, what is told of it, and what happens without numba."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import torch
from causal_tcn import CausalTCN
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils._param_validation import InvalidParameterError
from test_own_network import TCNRegressor

from sklearn_rnn import (
    EncoderDecoderRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
    RNNClassifier,
    RNNRegressor,
    SequenceForecaster,
)
from sklearn_rnn._networks.recurrent import RecurrentNetwork
from sklearn_rnn._training.backend import choose_backend

pytestmark = pytest.mark.filterwarnings("ignore::sklearn_rnn.SkillWarning")  # of a few epochs

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 7, 2))
Y = X[:, -3:, 0].sum(axis=1)
SMALL = {"hidden_layer_sizes": (4, 3), "max_epochs": 2, "random_state": 0}
REGRESSORS = [RNNRegressor, LSTMRegressor, GRURegressor, EncoderDecoderRegressor]
CLASSIFIERS = [RNNClassifier, LSTMClassifier, GRUClassifier]


def fitted(estimator, **parameters):
    return estimator(**SMALL | parameters).fit(X, Y if estimator in REGRESSORS else Y > 0)


def refusal(reason):
    """A pattern of the whole message."""
    return rf"^backend='compiled' can't be used: {reason}\. Use backend='auto' to fall back to torch\.$"


@pytest.mark.parametrize(("backend", "ran"), [("auto", "compiled"), ("compiled", "compiled"), ("torch", "torch")])
@pytest.mark.parametrize("estimator", [*REGRESSORS, *CLASSIFIERS])
def test_backend_that_ran(estimator, backend, ran):
    assert fitted(estimator, backend=backend).backend_ == ran


@pytest.mark.parametrize("estimator", [*REGRESSORS, *CLASSIFIERS])
def test_weights_are_the_same_to_rounding(estimator):
    by_kernels, by_torch = (fitted(estimator, backend=name).module_ for name in ("compiled", "torch"))
    for a, b in zip(by_kernels.parameters(), by_torch.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-5)


def test_auto_is_the_default():
    assert all(estimator().backend == "auto" for estimator in (*REGRESSORS, *CLASSIFIERS, TCNRegressor))


def test_other_values_raise():
    with pytest.raises(InvalidParameterError) as error:
        fitted(GRURegressor, backend="compile")
    options = sorted(re.search(r"\{(.*)\}", str(error.value))[1].split(", "))  # scikit-learn's are in no order
    assert options == ["'auto'", "'compiled'", "'torch'"]
    assert re.sub(r"\{.*\}", "{...}", str(error.value)) == (
        "The 'backend' parameter of GRURegressor must be a str among {...}. Got 'compile' instead. "
        "Did you mean backend='compiled'?"
    )


def test_each_way_to_fit_decides_anew():
    model = fitted(GRURegressor, backend="torch", early_stopping=True, refit=True)
    assert model.backend_ == "torch"
    model.set_params(early_stopping=False)
    assert model.set_params(backend="auto").partial_fit(X, Y).backend_ == "compiled"
    assert model.set_params(backend="torch").partial_fit(X, Y).backend_ == "torch"
    assert model.set_params(backend="compiled", warm_start=True).fit(X, Y).backend_ == "compiled"
    assert model.set_params(backend="torch").backend_ == "compiled"  # no fit yet
    assert model.fit(X, Y).backend_ == "torch"


def test_engines_take_turns():
    turns = GRURegressor(**SMALL, batch_size=8)
    alone = GRURegressor(**SMALL, batch_size=8, backend="torch")
    for backend in ("compiled", "torch", "compiled"):
        turns.set_params(backend=backend).partial_fit(X, Y)
        alone.partial_fit(X, Y)
    np.testing.assert_allclose(turns.predict(X), alone.predict(X), rtol=0, atol=1e-5)


@pytest.mark.parametrize("backend", ["compiled", "torch"])
@pytest.mark.parametrize("estimator", [LSTMRegressor, EncoderDecoderRegressor])
def test_summary_has_the_backend(estimator, backend):
    summary = fitted(estimator, backend=backend).summary()
    assert list(summary) == ["units", "parameters", "backend"]
    assert set(summary["backend"]) == {backend}
    assert summary["units"]["total"] == summary["units"].iloc[:-1].sum()


def test_own_network_falls_back():
    model = TCNRegressor(max_epochs=1).fit(X, Y)
    assert model.backend_ == "torch"
    assert model.summary()["backend"].tolist() == ["torch"] * len(model.summary())


def test_own_network_can_not_be_compiled():
    model = TCNRegressor(max_epochs=1, random_state=0).fit(X, Y)
    before = model.predict(X)
    model.set_params(backend="compiled")
    for fit in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match=refusal("CausalTCN has no layers that can be compiled")):
            fit(X, Y)
    np.testing.assert_array_equal(model.predict(X), before)
    assert model.backend_ == "torch"


def test_network_that_is_not_on_a_cpu():
    network = RecurrentNetwork("gru", 2, 1).to("meta")
    assert choose_backend("auto", network) == "torch"
    assert choose_backend("torch", network) == "torch"
    with pytest.raises(ValueError, match=refusal("it is for a CPU, and the device is 'meta'")):
        choose_backend("compiled", network)


def test_network_without_kernels_by_default():
    assert not CausalTCN(n_features=2, n_outputs=1, channels=(2,)).use_kernels()


def test_parameter_is_set_and_cloned():
    model = clone(fitted(GRUClassifier, backend="torch"))
    assert model.get_params()["backend"] == "torch"
    assert not hasattr(model, "backend_")
    assert model.set_params(backend="compiled").backend == "compiled"


def test_grid_search_over_it():
    search = GridSearchCV(GRURegressor(**SMALL), {"backend": ["torch", "compiled"]}, cv=2).fit(X, Y)
    by_torch, by_kernels = search.cv_results_["mean_test_score"]
    assert by_torch == pytest.approx(by_kernels, abs=1e-5)
    assert search.best_estimator_.backend_ == search.best_params_["backend"]


@pytest.mark.parametrize("strategy", ["recursive", "direct"])
@pytest.mark.parametrize("backend", ["compiled", "torch"])
def test_forecaster_passes_it_on(strategy, backend):
    table = np.sin(np.arange(80) / 3)[:, None]
    regressor = GRURegressor(**SMALL, backend=backend, early_stopping=False)
    model = SequenceForecaster(regressor, lags=5, horizon=2, strategy=strategy).fit(table)
    assert {each.backend_ for each in model.estimators_} == {backend}
    other = {"compiled": "torch", "torch": "compiled"}[backend]
    assert {each.backend_ for each in model.set_params(estimator__backend=other).fit(table).estimators_} == {other}


@pytest.mark.parametrize("backend", ["compiled", "torch"])
def test_pickle(backend):
    model = fitted(LSTMRegressor, backend=backend)
    loaded = pickle.loads(pickle.dumps(model))
    assert loaded.backend_ == backend
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    assert loaded.partial_fit(X, Y).backend_ == backend


def run(program, *arguments, **variables):
    """Run a program in a process of its own, and return what it prints; it must not write to stderr."""
    command = [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env={**os.environ, **variables})
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_numba_is_imported_by_a_fit_that_needs_it_alone():
    printed = run("""
        import sys
        import numpy as np
        import sklearn_rnn
        print("numba" in sys.modules)
        X = np.random.default_rng(0).normal(size=(20, 5, 1))
        model = sklearn_rnn.GRURegressor(max_epochs=1, backend="torch").fit(X, X[:, 0, 0])
        model.predict(X), model.stream().step(X[0, :1]), model.summary()
        print("numba" in sys.modules)
        print(model.set_params(backend="auto").fit(X, X[:, 0, 0]).backend_, "numba" in sys.modules)
    """)
    assert printed.split() == ["False", "False", "compiled", "True"]


def test_without_numba(tmp_path):
    """Models of either backend are loaded, predict, and learn on; "auto" falls back, "compiled" raises."""
    models = [fitted(cell, backend=name) for cell in REGRESSORS for name in ("compiled", "torch")]
    (tmp_path / "models.pkl").write_bytes(pickle.dumps((models, X, Y)))
    printed = run(
        """
        import pickle
        import sys
        import warnings
        from pathlib import Path

        sys.modules["numba"] = None  # importing it raises an ImportError
        folder = Path(sys.argv[1])
        models, X, Y = pickle.loads((folder / "models.pkl").read_bytes())
        warnings.simplefilter("error")
        predictions = [model.predict(X) for model in models]
        streamed = models[0].stream().step(X[:1, 0])
        before = [model.backend_ for model in models]
        after = [model.set_params(backend="auto").partial_fit(X, Y).backend_ for model in models]
        result = predictions, streamed, before, after, models[0].summary()["backend"].tolist(), models
        (folder / "results.pkl").write_bytes(pickle.dumps(result))
        try:
            models[0].set_params(backend="compiled").fit(X, Y)
        except ValueError as error:
            print(error)
        """,
        tmp_path,
    )
    assert printed == (
        "backend='compiled' can't be used: numba can't be imported (import of numba halted; None in sys.modules); "
        "pip install \"sklearn-rnn[fast]\" installs it. Use backend='auto' to fall back to torch.\n"
    )
    predictions, streamed, before, after, summary, learned = pickle.loads((tmp_path / "results.pkl").read_bytes())
    for model, prediction in zip(models, predictions, strict=True):
        np.testing.assert_allclose(prediction, model.predict(X), rtol=0, atol=1e-5)
    np.testing.assert_allclose(streamed, models[0].stream().step(X[:1, 0]), rtol=0, atol=1e-5)
    assert before == ["compiled", "torch"] * len(REGRESSORS)
    assert set(after) == set(summary) == {"torch"}
    # Back where numba is installed.
    for model, elsewhere in zip(models, learned, strict=True):
        again = elsewhere.set_params(backend="auto").partial_fit(X, Y)
        here = model.set_params(backend="auto").partial_fit(X, Y).partial_fit(X, Y)
        assert again.backend_ == "compiled"
        np.testing.assert_allclose(again.predict(X), here.predict(X), rtol=0, atol=1e-5)


def test_numba_that_may_not_compile():
    printed = run(
        """
        import numpy as np
        from sklearn_rnn import GRURegressor
        X = np.random.default_rng(0).normal(size=(20, 5, 1))
        model = GRURegressor(max_epochs=1)
        print(model.fit(X, X[:, 0, 0]).backend_)
        try:
            model.set_params(backend="compiled").fit(X, X[:, 0, 0])
        except ValueError as error:
            print(error)
        """,
        NUMBA_DISABLE_JIT="1",
    )
    ran, message = printed.splitlines()
    assert ran == "torch"
    assert re.match(refusal("numba compiles nothing with NUMBA_DISABLE_JIT=1"), message)
