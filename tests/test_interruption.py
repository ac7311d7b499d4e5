"""Ctrl-C in training: what was learned is kept, and whatever runs the fit ends with it."""

from __future__ import annotations

import _thread
import itertools
import pickle
import signal
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.utils.validation import check_is_fitted
from skorch.callbacks import Callback, EarlyStopping

from sklearn_rnn import EncoderDecoderRegressor, GRUClassifier, LSTMRegressor
from sklearn_rnn._training.compiled import CompiledUpdates
from sklearn_rnn.forecasting import NaiveForecaster, SequenceForecaster

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 7, 2))
Y = X[:, -2:, 0].sum(axis=1)


@pytest.fixture(autouse=True)
def heard():
    """Hear Ctrl-C also where the tests run in the background, to which a shell sends none."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press():
    """Press Ctrl-C, which the interpreter notices between this call and the next."""
    signal.raise_signal(signal.SIGINT)


def raise_it():
    raise KeyboardInterrupt


class Interrupt(Callback):
    """Does something at one event in one epoch."""

    def __init__(self, event, epoch=3, act=press):
        self.event, self.epoch, self.act = event, epoch, act

    def _happens(self, net, event):
        if event == self.event and len(net.history) == self.epoch:
            self.epoch = 0  # once
            self.act()

    def on_epoch_begin(self, net, **kwargs):
        self._happens(net, "epoch_begin")

    def on_batch_begin(self, net, **kwargs):
        self._happens(net, "batch_begin")

    def on_grad_computed(self, net, **kwargs):
        self._happens(net, "grad_computed")

    def on_batch_end(self, net, training=False, **kwargs):
        self._happens(net, "batch_end" if training else "validation")

    def on_epoch_end(self, net, **kwargs):
        self._happens(net, "epoch_end")


def regressor(*callbacks, **params):
    # Weights are compared to the last bit, and kernels make whole updates where no callback sees single batches.
    model = LSTMRegressor(
        hidden_layer_sizes=5, max_epochs=8, batch_size=32, refit=False, random_state=0, lr=0.01, backend="torch"
    )
    return model.set_params(callbacks=list(callbacks), **params)


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.module_.parameters()])


@pytest.mark.parametrize("act", [press, raise_it])
@pytest.mark.parametrize(
    ("event", "early_stopping"),
    [
        ("validation", True),
        *itertools.product(["epoch_begin", "batch_begin", "grad_computed", "batch_end"], [False, True]),
    ],
)
@pytest.mark.filterwarnings("ignore:.* has learned nothing:sklearn_rnn.SkillWarning")  # nor is it meant to
def test_an_interrupted_fit_raises_and_keeps_whole_epochs(event, early_stopping, act):
    model = regressor(Interrupt(event, act=act), early_stopping=early_stopping)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    check_is_fitted(model)
    assert model.n_iter_ == 2
    assert model.history_.index.tolist() == [1, 2]
    assert np.isfinite(model.history_).all(axis=None)
    assert not model.module_.training
    whole = regressor(max_epochs=2, early_stopping=early_stopping).fit(X, Y)
    np.testing.assert_array_equal(model.history_["train_loss"], whole.history_["train_loss"])
    if early_stopping or event in ("epoch_begin", "batch_begin", "grad_computed"):  # nothing of the third epoch is left
        assert torch.equal(weights(model), weights(whole))
    else:
        assert not torch.equal(weights(model), weights(whole))


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.filterwarnings("ignore:.* has learned nothing:sklearn_rnn.SkillWarning")  # nor is it meant to
def test_ctrl_c_among_whole_updates_keeps_whole_epochs(early_stopping, monkeypatch):
    whole = regressor(max_epochs=2, early_stopping=early_stopping, backend="compiled").fit(X, Y)
    number, update = itertools.count(1), CompiledUpdates.update

    def pressed(self, batch):
        if next(number) == 2 * 2 + 2:  # the second of two updates in the third epoch
            press()
        return update(self, batch)

    monkeypatch.setattr(CompiledUpdates, "update", pressed)
    model = regressor(early_stopping=early_stopping, backend="compiled")
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    assert model.n_iter_ == 2
    np.testing.assert_array_equal(model.history_["train_loss"], whole.history_["train_loss"])
    assert np.isfinite(model.predict(X)).all()
    assert torch.equal(weights(model), weights(whole)) == early_stopping  # else the first update has been learned


def test_ctrl_c_at_the_end_of_an_epoch_keeps_it():
    model = regressor(Interrupt("epoch_end"))
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    assert model.n_iter_ == 3
    assert torch.equal(weights(model), weights(regressor(max_epochs=3).fit(X, Y)))


def test_a_callback_may_end_training_at_the_end_of_an_epoch():
    assert regressor(Interrupt("epoch_end", act=raise_it)).fit(X, Y).n_iter_ == 3
    stop = EarlyStopping(monitor="train_loss", patience=2, threshold=1e9, threshold_mode="abs")
    assert regressor(stop).fit(X, Y).n_iter_ == 3


def test_ctrl_c_while_scores_are_computed():
    calls = []

    def scorer(estimator, X, y):
        calls.append(1)
        if len(calls) == 3:
            press()
        return 0.0

    model = regressor(scoring=scorer)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    assert model.n_iter_ == 3
    assert model.history_["train_score"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize("event", ["batch_end", "grad_computed"])
def test_with_early_stopping_the_best_weights_are_restored(event):
    options = {"early_stopping": True, "lr": 0.3, "n_iter_no_change": 10}
    whole = regressor(max_epochs=6, **options).fit(X, Y)
    best = int(whole.history_["valid_loss"].idxmin())
    assert best < 6
    model = regressor(Interrupt(event, epoch=7), **options)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    assert model.n_iter_ == 6
    assert torch.equal(weights(model), weights(whole))
    assert torch.equal(weights(model), weights(regressor(max_epochs=best, **options).fit(X, Y)))


@pytest.mark.parametrize("event", ["epoch_begin", "batch_end"])
def test_before_the_first_epoch_is_complete_nothing_changes(event):
    model = regressor(Interrupt(event, epoch=1), verbose=1, early_stopping=True)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    with pytest.raises(NotFittedError):
        model.predict(X)
    model = regressor(max_epochs=2).fit(X, Y)
    before, expected = model.__dict__.copy(), model.predict(X)
    for options in ({"callbacks": [Interrupt(event, epoch=1)]}, {"callbacks": [Interrupt(event)], "warm_start": True}):
        with pytest.raises(KeyboardInterrupt):
            model.set_params(**options).fit(X, Y * 2)
        assert model.net_ is before["net_"]
        assert model.history_ is before["history_"]
        np.testing.assert_array_equal(model.predict(X), expected)


def test_an_interrupted_partial_fit_stays_as_it_was():
    model = regressor().partial_fit(X, Y).partial_fit(X, Y)
    expected = model.predict(X)
    with pytest.raises(KeyboardInterrupt):
        model.set_params(callbacks=[Interrupt("batch_end")]).partial_fit(X, Y)
    assert model.n_iter_ == 2
    np.testing.assert_array_equal(model.predict(X), expected)
    third = model.set_params(callbacks=None).partial_fit(X, Y)
    assert torch.equal(weights(third), weights(regressor(max_epochs=3).fit(X, Y)))


@pytest.mark.parametrize("options", [{}, {"early_stopping": True}, {"verbose": 1}, {"lr_schedule": "onecycle"}])
def test_an_interrupted_estimator_is_whole(options, capsys):
    model = regressor(Interrupt("batch_end"), **options)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    again.set_params(callbacks=None, early_stopping=False).partial_fit(X, Y)
    assert again.n_iter_ == 3
    assert again.history_.index.tolist() == [1, 2, 3]
    assert clone(again).set_params(max_epochs=1).fit(X, Y).n_iter_ == 1
    if "verbose" in options:
        assert capsys.readouterr().err.count("epoch 3/8") >= 1


def test_the_state_of_each_series_is_that_of_the_weights():
    series = [RNG.normal(size=(n, 2)) for n in (20, 18)]
    y = [x[:, 0] for x in series]
    model = regressor(Interrupt("batch_end"), return_sequences=True, stateful=True, tbptt=4)
    with pytest.raises(KeyboardInterrupt):
        model.fit(series, y)
    for part, other in zip(model.stream(resume=True).state[0], model.stream(history=series).state[0], strict=True):
        np.testing.assert_allclose(part, other, rtol=0, atol=1e-6)
    assert model.partial_fit(series, y).n_iter_ == 3


@pytest.mark.parametrize("estimator", [EncoderDecoderRegressor, GRUClassifier])
def test_other_estimators(estimator):
    y = X[:, :3, 0] if estimator is EncoderDecoderRegressor else np.where(Y > 0, "up", "down")
    model = estimator(max_epochs=8, callbacks=[Interrupt("batch_end")])
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert model.n_iter_ == 2
    assert model.predict(X).shape == y.shape


def test_infinite_weights_are_not_kept():
    def spoil():
        next(iter(model.callbacks[0].net.module_.parameters())).data.fill_(np.inf)
        press()

    class Spoil(Interrupt):
        def on_grad_computed(self, net, **kwargs):
            self.net = net
            super().on_grad_computed(net)

    model = regressor(Spoil("grad_computed", act=spoil))
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    assert not hasattr(model, "net_")


def test_a_handler_of_the_user_is_called_and_put_back():
    pressed = []

    def handler(number, frame):
        pressed.append(number)

    before = signal.signal(signal.SIGINT, handler)
    try:
        stop = EarlyStopping(monitor="train_loss", patience=4, threshold=1e9, threshold_mode="abs")
        assert regressor(Interrupt("batch_end"), stop).fit(X, Y).n_iter_ == 5  # the handler raises nothing
        assert pressed == [signal.SIGINT]
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)
    with pytest.raises(KeyboardInterrupt):
        regressor(Interrupt("batch_end")).fit(X, Y)
    assert signal.getsignal(signal.SIGINT) is before


def test_fit_in_another_thread_leaves_handlers_alone():
    model, before = regressor(), signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=model.fit, args=(X, Y))
    thread.start()
    thread.join()
    assert model.n_iter_ == 8
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("error_score", [np.nan, "raise"])
def test_a_search_ends(error_score):
    fits = []

    class Count(Interrupt):
        def on_train_begin(self, net, **kwargs):
            fits.append(net)

    search = GridSearchCV(
        regressor(), {"callbacks": [[Count("batch_end", act=_thread.interrupt_main)]]}, cv=3, error_score=error_score
    )
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, Y)
    assert len(fits) == 1
    assert not hasattr(search, "best_score_")


SEARCH = """
    from sklearn.model_selection import GridSearchCV
    model = GridSearchCV(LSTMRegressor(max_epochs=10**6, callbacks=[Tell()]), {"lr": [0.01, 0.001]}, cv=2)
    data = rng.normal(size=(60, 7, 2)), rng.normal(size=60)
"""
FORECASTER = """
    from sklearn_rnn.forecasting import SequenceForecaster
    model = SequenceForecaster(
        LSTMRegressor(max_epochs=10**6, callbacks=[Tell()]), lags=5, horizon=2, strategy="direct"
    )
    data = (rng.normal(size=(200, 1)).cumsum(axis=0),)
"""
PROGRAM = """
    import signal
    import sys
    import numpy as np
    from skorch.callbacks import Callback
    from sklearn_rnn import LSTMRegressor

    signal.signal(signal.SIGINT, signal.default_int_handler)

    class Tell(Callback):
        def on_epoch_end(self, net, **kwargs):
            print("epoch", flush=True)

    rng = np.random.default_rng(0)
    {model}
    try:
        model.fit(*data)
    except KeyboardInterrupt:
        print("ended", flush=True)
        sys.exit(7)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to another process.")
@pytest.mark.parametrize("model", [SEARCH, FORECASTER], ids=["search", "forecaster"])
def test_one_signal_from_outside_is_enough(model):
    program = textwrap.dedent(PROGRAM).replace("{model}", textwrap.dedent(model))
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        for _ in range(20):
            assert process.stdout.readline() == "epoch\n"
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 7
    assert rest.endswith("ended\n")


def test_ctrl_c_leaves_a_forecaster_as_it_was():
    table = RNG.normal(size=(100, 1)).cumsum(axis=0)
    model = SequenceForecaster(regressor(max_epochs=2), lags=5, naive=NaiveForecaster(), validation_fraction=None)
    expected = model.fit(table).predict(table)
    model.estimator.set_params(callbacks=[Interrupt("batch_end", epoch=2)])
    with pytest.raises(KeyboardInterrupt):
        model.fit(table * 2)
    np.testing.assert_array_equal(model.predict(table), expected)
