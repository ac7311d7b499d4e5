"""Small trainings whose numbers are stored, so that a change of the internals can't change them unseen.

``python tests/stored_cases.py write`` stores the numbers of every case in ``tests/stored_cases.npz``, and ``python
tests/stored_cases.py check`` compares them bit by bit. Each case uses the public API alone. It returns a list of parts
(arrays, lists of arrays, tables, text); the first numbers of each part are stored, and a checksum of all of them.
"""

from __future__ import annotations

import platform
import sys
import warnings
import zlib
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import sklearn
import torch
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sklearn_rnn import (
    ContextWarning,
    EncoderDecoderRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
    NaiveForecaster,
    RNNClassifier,
    RNNRegressor,
    SequenceForecaster,
    SequenceOneHotEncoder,
    SequencePadder,
    SequenceScaler,
    ShiftFramer,
    SkillWarning,
    autocorrelations,
    backtest,
    series_to_supervised,
    suggest_lags,
)
from sklearn_rnn._training.backend import choose_backend

FILE = Path(__file__).with_name("stored_cases.npz")
KEPT = 200  # numbers of a case that are stored
SMALL = {
    "hidden_layer_sizes": (5,),
    "max_epochs": 3,
    "batch_size": 4,
    "lr": 0.01,
    "early_stopping": False,
    "refit": False,
    "random_state": 0,
    "device": "cpu",  # a GPU rounds otherwise
}
CASES = {}


def case(function=None, *, name=None, ignoring=None):
    """Register a case under the name of its function, or another one; `ignoring` is a warning that it comes with."""
    if function is None:
        return partial(case, name=name, ignoring=ignoring)
    CASES[name or function.__name__] = (function, ignoring)
    return function


def cases(function, options, ignoring=None):
    """Register a case for each named set of options."""
    for name, params in options.items():
        case(partial(function, **params), name=f"{function.__name__}-{name}", ignoring=ignoring)


# ---------------------------------------------------------------------------------------------------------------------
# From results to numbers


def numbers_of(name, backend="torch"):
    """Run a case by a backend; return its first numbers, as float64, and the checksum of all."""
    function, ignoring = CASES[name]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # sums over several threads are rounded in another order
    try:
        with warnings.catch_warnings(), choosing(backend):
            warnings.simplefilter("ignore", ContextWarning)  # rows without a past, and empty sequences, are meant here
            if ignoring is not None:
                warnings.simplefilter("ignore", ignoring)
            results = list(function())
    finally:
        torch.set_num_threads(threads)
    parts = [piece for result in results for piece in pieces_of(result)]
    checksum = 0
    for text, numbers in parts:
        # The sign of a NaN carries no meaning, but has bits.
        checksum = zlib.crc32(text.encode() + np.where(np.isnan(numbers), np.nan, numbers).tobytes(), checksum)
    return np.concatenate(first_of([numbers for _, numbers in parts])), checksum


@contextmanager
def choosing(backend):
    """Let all estimators run by a backend."""
    with mock.patch("sklearn_rnn._estimators.base.choose_backend", lambda _, network: choose_backend(backend, network)):
        yield


def first_of(arrays):
    """Return the first numbers of each array: all of the short ones, and of the long ones equally many."""
    left, shares = KEPT, {}
    for done, i in enumerate(sorted(range(len(arrays)), key=lambda i: len(arrays[i]))):
        shares[i] = min(len(arrays[i]), left // (len(arrays) - done))
        left -= shares[i]
    return [array[: shares[i]] for i, array in enumerate(arrays)]


def pieces_of(result):
    """Return what a result says beside its numbers (dtype, shape, names), with its numbers; each as a list of pairs."""
    if isinstance(result, str):
        return [("str", np.array([ord(letter) for letter in result], dtype=np.float64))]
    if isinstance(result, pd.DataFrame):
        columns = {label: result[label] for label in result if pd.api.types.is_numeric_dtype(result[label])}
        others = [result[label].astype(str).tolist() for label in result if label not in columns]
        text = f"{list(result.columns)} {result.index.tolist()} {others}"
        return [(text, np.stack([column.to_numpy(np.float64) for column in columns.values()], axis=1).ravel())]
    if isinstance(result, list):
        arrays = [np.asarray(item) for item in result]
        text = str([(str(array.dtype), array.shape) for array in arrays])
        return [(text, np.concatenate([array.ravel().astype(np.float64) for array in arrays]))]
    array = np.asarray(result)
    return [(f"{array.dtype} {array.shape}", array.ravel().astype(np.float64))]


def weights(model):
    """Return the parameters of a trained network as one array."""
    return np.concatenate([p.detach().numpy().ravel() for p in model.module_.parameters()])


def history(model):
    """Return what was recorded in each epoch, but for the seconds it took and for what has to do with y alone."""
    return model.history_.drop(columns=["dur", "mean_loss", "last_value_loss"], errors="ignore")


def learned(model, X, **params):
    """Return what a fitted network predicts and what it learned."""
    return [model.predict(X, **params), history(model), weights(model)]


def state_of(stream):
    return [part for layer in stream.state for part in layer]


# ---------------------------------------------------------------------------------------------------------------------
# Data


def frame(values, index, columns):
    """Return a table whose rows lie together in memory, as those of an array do: pandas would copy it by columns."""
    return pd.DataFrame(np.ascontiguousarray(values), index=index, columns=list(columns), copy=False)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def sequences(n=14, steps=7, features=2):
    """Return sequences as a 3-D array, and a target each."""
    X = normal(n, steps, features)
    return X, X[:, -3:, 0].sum(axis=1) + 3.0


def ragged(lengths=(5, 3, 8, 1, 6, 4, 7, 2, 5, 6)):
    """Return sequences of unequal lengths as a list, and a target each."""
    X = [normal(n, 2, seed=i) for i, n in enumerate(lengths)]
    return X, np.array([x[:, 0].sum() for x in X])


def steps(n=36):
    """Return a table of one series, and a target per step."""
    table = normal(n, 2)
    return table, np.convolve(table[:, 0], [0.5, 0.3, 0.2])[:n]


def panel(lengths=(13, 6, 9, 11)):
    """Return a table of several series with an index of two levels, and a target per step."""
    pairs = [(f"s{i}", time) for i, n in enumerate(lengths) for time in range(n)]
    index = pd.MultiIndex.from_tuples(pairs, names=["site", "time"])
    table, y = steps(len(pairs))
    return frame(table, index, ["a", "b"]), pd.Series(y, index=index)


def interleaved(lengths=(13, 6, 9, 11)):
    """Return a table whose rows belong to series by turns, a target per step, and the series of each row."""
    ids = np.repeat(["a", "b", "c", "d"][: len(lengths)], lengths)
    table, y = steps(len(ids))
    return table, y, np.random.default_rng(1).permutation(ids)


def waves(n=60, columns=("level",), seed=0):
    """Return a table of days with a season of 6, a trend and noise."""
    time = np.arange(n)[:, None]
    phase = np.arange(len(columns))
    values = np.sin((time + phase) * 2 * np.pi / 6) + 0.02 * time + 0.1 * normal(n, len(columns), seed=seed)
    return frame(values, pd.date_range("2024-01-01", periods=n, name="day"), columns)


# ---------------------------------------------------------------------------------------------------------------------
# One target per sequence


def many_to_one(kind=LSTMRegressor, **params):
    X, y = sequences()
    return learned(kind(**SMALL | params).fit(X, y), X)


cases(
    many_to_one,
    {
        "rnn_tanh": {"kind": RNNRegressor},
        "rnn_relu": {"kind": RNNRegressor, "nonlinearity": "relu"},
        "lstm": {},
        "gru": {"kind": GRURegressor},
        "rnn_float64": {"kind": RNNRegressor, "dtype": "float64"},
        "lstm_float64": {"dtype": "float64"},
        "gru_float64": {"kind": GRURegressor, "dtype": "float64"},
        "rnn_bidirectional": {"kind": RNNRegressor, "bidirectional": True},
        "lstm_bidirectional_two_layers": {"bidirectional": True, "hidden_layer_sizes": (5, 3)},
        "gru_two_layers": {"kind": GRURegressor, "hidden_layer_sizes": (6, 3)},
        "lstm_dropout": {"dropout": 0.3, "hidden_layer_sizes": (6, 4)},
        "rnn_recurrent_dropout": {"kind": RNNRegressor, "recurrent_dropout": 0.3},
        "lstm_recurrent_dropout": {"recurrent_dropout": 0.3, "dropout": 0.2},
        "gru_recurrent_dropout_bidirectional": {"kind": GRURegressor, "recurrent_dropout": 0.3, "bidirectional": True},
        "absolute_error": {"loss": "absolute_error"},
        "huber": {"loss": "huber", "normalize_y": False},
        "quantile": {"loss": "quantile", "quantile": 0.8},
        "torch_loss_class": {"loss": torch.nn.SmoothL1Loss},
        "torch_loss_instance": {"loss": torch.nn.HuberLoss(delta=0.5)},
        "adamw": {"optimizer": "adamw", "weight_decay": 0.1},
        "sgd_momentum": {"optimizer": "sgd", "optimizer_params": {"momentum": 0.9}, "weight_decay": 0.01},
        "rmsprop": {"optimizer": "rmsprop"},
        "torch_optimizer": {"optimizer": torch.optim.NAdam},
        "weight_decay": {"weight_decay": 0.1},
        "clip_grad_norm": {"clip_grad_norm": 0.05, "optimizer": "sgd", "lr": 0.5},
        "no_shuffle_no_clip": {"shuffle": False, "clip_grad_norm": None, "normalize_y": False},
        "early_stopping_end": {"early_stopping": True, "validation_fraction": 0.3, "lr": 0.3, "max_epochs": 4},
        "early_stopping_random": {
            "early_stopping": True, "validation_fraction": 0.3, "validation": "random", "n_iter_no_change": 1,
            "scoring": ["r2", "neg_mean_absolute_error"],
        },
        "scoring_of_training": {"scoring": "neg_mean_squared_error"},
    },
    ignoring=SkillWarning,
)  # fmt: skip


@case
def two_dimensional_univariate():
    X = normal(12, 6)
    return learned(LSTMRegressor(**SMALL).fit(X, X[:, -1]), X)


@case
def several_outputs():
    X, y = sequences()
    y = np.stack([y, 10 * X[:, 0, 1], X[:, -1, 0]], axis=1)
    model = GRURegressor(**SMALL).fit(X, y)
    return [*learned(model, X), model.score(X, y)]


@case
def sample_weight_per_sequence():
    X, y = sequences()
    weight = np.linspace(0.0, 2.0, len(y))
    model = LSTMRegressor(**SMALL).fit(X, y, sample_weight=weight)
    return [*learned(model, X), model.score(X, y, sample_weight=weight)]


@case
def warm_start():
    X, y = sequences()
    model = LSTMRegressor(**SMALL, warm_start=True).fit(X, y)
    first = weights(model)
    return [first, *learned(model.fit(X, y + 1), X)]


@case
def partial_fit_stateless():
    X, y = sequences()
    model = GRURegressor(**SMALL, dropout=0.1).partial_fit(X[:7], y[:7])
    first = weights(model)
    return [first, *learned(model.partial_fit(X[7:], y[7:]), X)]


# ---------------------------------------------------------------------------------------------------------------------
# Padding and unequal lengths


def padded(left=(), right=(), kind=LSTMRegressor, value=np.nan, **params):
    X, y = sequences()
    for n, (before, after) in enumerate(zip(left or [0] * 5, right or [0] * 5, strict=True)):
        X[n, :before] = value
        X[n, X.shape[1] - after :] = value
    return learned(kind(**SMALL | params).fit(X, y), X)


cases(
    padded,
    {
        "left": {"left": (1, 0, 3, 6, 2)},
        "right": {"right": (1, 0, 3, 6, 2), "kind": GRURegressor},
        "both": {"left": (1, 0, 3, 2, 2), "right": (3, 1, 0, 4, 2), "kind": RNNRegressor},
        "both_bidirectional": {"left": (1, 0, 3, 2, 2), "right": (3, 1, 0, 4, 2), "bidirectional": True},
        "both_recurrent_dropout": {"left": (1, 0, 3, 2, 2), "right": (3, 1, 0, 4, 2), "recurrent_dropout": 0.2},
        "whole_sequence": {"left": (7, 0, 3, 2, 2)},
        "mask_value": {"left": (1, 0, 3, 2, 2), "value": 0.0, "mask_value": 0.0},
    },
)


def masked_inside(kind=LSTMRegressor, **params):
    X, y = sequences()
    X[::2, 3] = 0.0
    X[1::3, 1:3] = 0.0
    return learned(kind(**SMALL | params, mask_value=0.0).fit(X, y), X)


cases(masked_inside, {"lstm": {}, "gru_bidirectional": {"kind": GRURegressor, "bidirectional": True}})


@case
def masked_inside_per_step():
    X, y = steps()
    X[5:9] = X[20] = 0.0
    return learned(RNNRegressor(**SMALL, mask_value=0.0, return_sequences=True, stateful=True, tbptt=6).fit(X, y), X)


def lists(kind=LSTMRegressor, **params):
    X, y = ragged()
    return learned(kind(**SMALL | params).fit(X, y), X)


cases(lists, {"lstm": {}, "gru_bidirectional": {"kind": GRURegressor, "bidirectional": True, "batch_size": 3}})


@case
def lists_with_empty_sequences():
    X, y = ragged((5, 0, 3, 6, 0, 2))
    return learned(GRURegressor(**SMALL).fit(X, y), X)


@case
def lists_with_empty_sequences_per_step():
    X, _ = ragged((5, 0, 3, 6, 0, 2))
    model = LSTMRegressor(**SMALL, return_sequences=True)
    return learned(model.fit(X, [x[:, 0] for x in X]), X)


# ---------------------------------------------------------------------------------------------------------------------
# Windows


@case
def windows_in_pipeline():
    table, y = steps(40)
    model = make_pipeline(SequenceScaler(), ShiftFramer(lags=4, horizon=1), LSTMRegressor(**SMALL))
    model.fit(table[:30], y[:30])
    return [model.predict(table[30:]), *learned(model[-1], model[:-1].transform(table[30:]))]


@case
def windows_with_context_and_known():
    table = waves(40, ("level", "plan"))
    model = make_pipeline(
        StandardScaler(), ShiftFramer(lags=3, horizon=2, step=2, known=["plan"]), GRURegressor(**SMALL)
    ).set_output(transform="pandas")
    model.fit(table[:30], table["level"][:30])
    return [model.predict(table[30:]), weights(model[-1])]


@case(ignoring=SkillWarning)
def windows_early_stopping():
    table, y = panel()
    model = GRURegressor(**SMALL | {"early_stopping": True}, validation_fraction=0.25)
    framer = ShiftFramer(lags=3)
    windows = framer.fit_transform(table)
    return learned(model.fit(windows, y), windows)


@case
def windows_of_one_lag():
    table, y = panel()
    model = make_pipeline(ShiftFramer(lags=1), LSTMRegressor(**SMALL, return_sequences=True, stateful=True, tbptt=4))
    return [model.fit(table, y).predict(table), weights(model[-1])]


# ---------------------------------------------------------------------------------------------------------------------
# One target per step


def per_step_table(kind=LSTMRegressor, **params):
    X, y = steps()
    return learned(kind(**SMALL | {"return_sequences": True} | params).fit(X, y), X)


cases(
    per_step_table,
    {
        "lstm": {},
        "gru_bidirectional": {"kind": GRURegressor, "bidirectional": True},
        "dropout": {"dropout": 0.2, "recurrent_dropout": 0.2},
        "stateful": {"stateful": True, "kind": GRURegressor},
        "early_stopping": {"early_stopping": True, "validation_fraction": 0.2, "scoring": "r2"},
        "stateful_early_stopping": {
            "early_stopping": True, "stateful": True, "tbptt": (4, 8), "lr": 0.2, "max_epochs": 4, "batch_size": 1,
        },
        "one_lane": {"stateful": True, "tbptt": 7, "batch_size": 1},
        "segments": {"stateful": True, "tbptt": 5, "batch_size": 3},
        "segments_k1_below_k2": {"stateful": True, "tbptt": (3, 8), "batch_size": 3, "kind": GRURegressor},
        "stateless": {"tbptt": 5},
        "stateless_k1_below_k2": {"tbptt": (3, 8), "kind": RNNRegressor},
        "stateless_bidirectional": {"tbptt": 6, "bidirectional": True},
    },
    ignoring=SkillWarning,
)  # fmt: skip


def per_step_panel(kind=LSTMRegressor, **params):
    X, y = panel()
    return learned(kind(**SMALL | {"return_sequences": True} | params).fit(X, y), X)


cases(
    per_step_panel,
    {
        "lstm": {},
        "lanes": {"stateful": True, "tbptt": 4, "batch_size": 2},
        "lanes_two_layers": {"stateful": True, "tbptt": 3, "batch_size": 3, "hidden_layer_sizes": (5, 3)},
        "lanes_k1_below_k2": {"stateful": True, "tbptt": (2, 5), "batch_size": 2},
        "lanes_recurrent_dropout": {"stateful": True, "tbptt": (2, 5), "batch_size": 2, "recurrent_dropout": 0.2},
        "lanes_no_shuffle": {"stateful": True, "tbptt": 4, "batch_size": 2, "shuffle": False, "kind": RNNRegressor},
        "early_stopping": {"stateful": True, "tbptt": 4, "batch_size": 2, "early_stopping": True},
    },
    ignoring=SkillWarning,
)
# Of every chunk only the newest targets are learned from, which is warned of.
cases(
    per_step_panel,
    {
        "lanes_k1_above_k2": {"stateful": True, "tbptt": (5, 2), "batch_size": 2},
        "stateless_k1_above_k2": {"tbptt": (5, 2), "batch_size": 2, "kind": GRURegressor},
    },
    ignoring=UserWarning,
)


def per_step_interleaved(kind=LSTMRegressor, **params):
    X, y, series = interleaved()
    model = kind(**SMALL | {"return_sequences": True} | params).fit(X, y, series=series)
    return [*learned(model, X, series=series), model.score(X, y, series=series)]


cases(
    per_step_interleaved,
    {"gru": {"kind": GRURegressor}, "lanes": {"stateful": True, "tbptt": 4, "batch_size": 2, "dtype": "float64"}},
)


def per_step_array(**params):
    X, _ = sequences()
    X[1, :3] = X[2, 5:] = np.nan
    y = np.nan_to_num(X.cumsum(axis=1))
    return learned(GRURegressor(**SMALL | {"return_sequences": True} | params).fit(X, y), X)


cases(
    per_step_array,
    {
        "several_outputs": {},
        "tbptt": {"stateful": True, "tbptt": (2, 4)},
        "early_stopping_random": {"early_stopping": True, "validation": "random", "validation_fraction": 0.3},
    },
    ignoring=SkillWarning,
)


def per_step_lists(**params):
    X, _ = ragged()
    model = RNNRegressor(**SMALL | {"return_sequences": True} | params)
    return learned(model.fit(X, [x[:, 0].cumsum() for x in X]), X)


cases(
    per_step_lists,
    {
        "stateless": {},
        "lanes": {"stateful": True, "tbptt": 3, "batch_size": 2},
        "early_stopping_end": {"early_stopping": True, "validation_fraction": 0.3},
    },
    ignoring=SkillWarning,
)


@case
def sample_weight_per_step():
    X, y = panel()
    weight = np.linspace(0.0, 2.0, len(y))
    model = GRURegressor(**SMALL, return_sequences=True, stateful=True, tbptt=4)
    return learned(model.fit(X, y, sample_weight=weight), X)


@case
def sample_weight_per_step_of_lists():
    X, _ = ragged()
    weight = [np.linspace(1.0, 2.0, len(x)) for x in X]
    model = LSTMRegressor(**SMALL, return_sequences=True)
    return learned(model.fit(X, [x[:, 1] for x in X], sample_weight=weight), X)


def many_to_one_cut(kind=LSTMRegressor, **params):
    X, y = sequences(steps=11)
    X[2, :4] = X[3, 8:] = np.nan
    return learned(kind(**SMALL | params).fit(X, y), X)


cases(
    many_to_one_cut,
    {
        "stateful": {"stateful": True, "tbptt": 4},
        "stateful_pair": {"stateful": True, "tbptt": (3, 5), "kind": GRURegressor},
        "stateless": {"tbptt": 4},
        "stateless_pair": {"tbptt": (5, 3), "kind": RNNRegressor},
        "recurrent_dropout": {"stateful": True, "tbptt": 4, "recurrent_dropout": 0.2},
    },
)


@case
def partial_fit_stateful():
    X, y = steps(40)
    model = LSTMRegressor(**SMALL, return_sequences=True, stateful=True, tbptt=(4, 6))
    for begin in (0, 18):
        model.partial_fit(X[begin : begin + 18], y[begin : begin + 18])
    return [*learned(model, X), *state_of(model.stream(resume=True))]


@case
def partial_fit_stateful_with_new_series():
    X, y, series = interleaved()
    model = GRURegressor(**SMALL | {"batch_size": 2}, return_sequences=True, stateful=True, tbptt=3)
    early = np.flatnonzero(series != "d")[:15]
    late = np.setdiff1d(np.arange(len(y)), early)
    for rows in (early, late):
        model.partial_fit(X[rows], y[rows], series=series[rows])
    stream = model.stream(resume=True)
    return [*learned(model, X, series=series), " ".join(stream.series), *state_of(stream)]


# ---------------------------------------------------------------------------------------------------------------------
# Classifiers


METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")


def classified(model, X, **params):
    return [*(getattr(model, method)(X, **params) for method in METHODS), history(model), weights(model)]


def classes(kind=LSTMClassifier, n_classes=2, **params):
    X, y = sequences(n=18)
    labels = np.digitize(y, np.quantile(y, np.linspace(0.3, 0.6, n_classes - 1))) + 5  # of unequal shares
    return classified(kind(**SMALL | params).fit(X, labels), X)


cases(
    classes,
    {
        "binary_lstm": {},
        "binary_rnn_relu": {"kind": RNNClassifier, "nonlinearity": "relu"},
        "multiclass_gru": {"kind": GRUClassifier, "n_classes": 3},
        "multiclass_float64_dropout": {"n_classes": 3, "dtype": "float64", "dropout": 0.2},
        "balanced": {"class_weight": "balanced", "n_classes": 3},
        "class_weight": {"class_weight": {5: 1.0, 6: 3.0}},
        "early_stopping": {
            "early_stopping": True, "validation_fraction": 0.3, "n_classes": 3, "scoring": ["accuracy", "neg_log_loss"],
        },
        "torch_loss": {"loss": torch.nn.CrossEntropyLoss, "n_classes": 3},
    },
)  # fmt: skip


@case
def multilabel():
    X, _ = sequences()
    y = (X[:, -1] > 0).astype(int)
    return classified(GRUClassifier(**SMALL).fit(X, y), X)


@case
def classes_by_name():
    X, _ = ragged()
    y = ["up" if x[:, 0].sum() > 0 else "down" for x in X]
    model = RNNClassifier(**SMALL, bidirectional=True).fit(X, y)
    return [" ".join(model.predict(X)), model.predict_proba(X), weights(model), model.score(X, y)]


def classes_per_step(kind=GRUClassifier, **params):
    X, y = panel()
    labels = np.digitize(y, [-0.5, 0.5])
    return classified(kind(**SMALL | {"return_sequences": True} | params).fit(X, labels), X)


cases(
    classes_per_step,
    {
        "gru": {},
        "stateful": {"stateful": True, "tbptt": (3, 5), "batch_size": 2, "kind": LSTMClassifier},
        "balanced": {"class_weight": "balanced", "kind": RNNClassifier},
        "early_stopping": {"early_stopping": True, "scoring": "accuracy"},
    },
)


@case
def classes_partial_fit():
    X, y = sequences()
    labels = (y > 3).astype(int) + (y > 4)
    model = LSTMClassifier(**SMALL, class_weight={0: 1.0, 1: 2.0, 2: 3.0})
    model.partial_fit(X[:7], np.minimum(labels[:7], 1), classes=[0, 1, 2])
    return classified(model.partial_fit(X[7:], labels[7:], sample_weight=np.linspace(1.0, 2.0, 7)), X)


# ---------------------------------------------------------------------------------------------------------------------
# Encoder and decoder


def encoder_decoder(n_outputs=None, weighted=False, **params):
    X, _ = sequences()
    X[1, :3] = np.nan
    y = normal(len(X), 4) + 2 if n_outputs is None else normal(len(X), 4, n_outputs)
    weight = np.linspace(0.5, 1.5, len(X)) if weighted else None
    model = EncoderDecoderRegressor(**SMALL | params).fit(X, y, sample_weight=weight)
    return [*learned(model, X), model.score(X, y)]


cases(
    encoder_decoder,
    {
        "repeat": {},
        "repeat_two_layers_dropout": {"hidden_layer_sizes": (5, 3), "dropout": 0.2, "cell": "gru"},
        "repeat_recurrent_dropout": {"recurrent_dropout": 0.2, "cell": "rnn", "nonlinearity": "relu"},
        "repeat_several_outputs": {"n_outputs": 2, "cell": "gru"},
        "feedback_never_told": {"decoder": "feedback", "teacher_forcing": 0.0},
        "feedback_half": {"decoder": "feedback", "teacher_forcing": 0.5},
        "feedback_always_told": {"decoder": "feedback", "teacher_forcing": 1.0, "cell": "rnn"},
        "feedback_dropout": {
            "decoder": "feedback", "dropout": 0.2, "recurrent_dropout": 0.2, "hidden_layer_sizes": (5, 3),
            "cell": "gru", "n_outputs": 2,
        },
        "early_stopping": {
            "decoder": "feedback", "early_stopping": True, "validation_fraction": 0.3, "scoring": "r2",
        },
        "early_stopping_several_outputs": {
            "early_stopping": True, "validation_fraction": 0.3, "validation": "random", "scoring": "r2", "n_outputs": 2,
        },
        "float64_weighted": {"dtype": "float64", "decoder": "feedback", "weighted": True, "loss": "huber"},
    },
    ignoring=SkillWarning,
)  # fmt: skip


@case
def encoder_decoder_of_lists():
    X, _ = ragged()
    model = EncoderDecoderRegressor(**SMALL, warm_start=True).fit(X, normal(len(X), 3))
    return learned(model.fit(X, normal(len(X), 3, seed=1)), X)


# ---------------------------------------------------------------------------------------------------------------------
# Streams


def stream_of_one_series(kind=LSTMRegressor, **params):
    X, y = steps()
    stream = kind(**SMALL | {"return_sequences": True} | params).fit(X, y).stream()
    answers = [stream.step(x) for x in X[:4]]
    padding = stream.step(np.full(2, np.nan))
    return [answers, padding, stream.predict(X[4:20]), *state_of(stream), stream.copy().reset().step(X[0])]


cases(
    stream_of_one_series,
    {
        "lstm_two_layers": {"hidden_layer_sizes": (5, 3)},
        "gru": {"kind": GRURegressor},
        "rnn_float64": {"kind": RNNRegressor, "dtype": "float64", "nonlinearity": "relu"},
    },
)


@case
def stream_of_several_series():
    X, y = steps()
    stream = GRURegressor(**SMALL, return_sequences=True).fit(X, y).stream(n_series=3)
    first = stream.step(X[:3])
    stream.reset([1])
    later = stream.predict(X[3:30].reshape(3, 9, 2))
    stream.state = [(np.ones((3, 5)),)]
    return [first, later, stream.step(X[:3]), *state_of(stream)]


@case
def stream_with_history():
    X, y = panel()
    model = LSTMRegressor(**SMALL, return_sequences=True).fit(X, y)
    stream = model.stream(history=X)
    before = state_of(stream)
    some = X.loc[["s0", "s2"]]
    answers = stream.predict(frame(some, some.index, some.columns))
    return [*before, answers, stream.step(normal(4, 2)), *state_of(stream)]


@case
def stream_with_history_of_lists():
    X, y = ragged()
    stream = GRURegressor(**SMALL).fit(X, y).stream(history=X)
    return [*state_of(stream), stream.step(normal(len(X), 2)), stream.predict(X)]


@case
def stream_resumed():
    X, y, series = interleaved()
    model = LSTMRegressor(**SMALL | {"batch_size": 2}, return_sequences=True, stateful=True, tbptt=(3, 5))
    stream = model.fit(X, y, series=series).stream(resume=True)
    some = np.flatnonzero((series == "c") | (series == "a"))
    before = state_of(stream)
    return [" ".join(stream.series), *before, stream.predict(X[some], series=series[some]), stream.step(X[:4])]


@case(ignoring=SkillWarning)
def stream_resumed_after_early_stopping():
    X, y = panel()
    model = GRURegressor(**SMALL | {"early_stopping": True}, return_sequences=True, stateful=True, tbptt=4)
    stream = model.fit(X, y).stream(resume=True)
    return [*state_of(stream), stream.step(normal(4, 2))]


@case
def stream_of_probabilities():
    X, y = steps()
    model = LSTMClassifier(**SMALL, return_sequences=True).fit(X, np.digitize(y, [-0.5, 0.5]))
    stream = model.stream(method="predict_proba")
    return [stream.predict(X[:10]), stream.step(X[10]), model.stream().predict(X[:20])]


@case
def stream_that_masks():
    X, y = sequences()
    X[::2, 2] = 0.0
    stream = RNNRegressor(**SMALL, mask_value=0.0).fit(X, y).stream(n_series=len(X))
    return [stream.predict(X), stream.step(X[:, 2]), *state_of(stream)]


# ---------------------------------------------------------------------------------------------------------------------
# Forecasts. Networks this small are seldom better than the last value, which is warned of.


def forecaster(estimator="lstm", **params):
    if estimator == "lstm":
        estimator = LSTMRegressor(**SMALL | {"batch_size": 16})
    return SequenceForecaster(estimator, **{"lags": 6, "random_state": 0} | params)


def measured(model):
    return [model.validation_, model.forecast_samples_, model.skill_]


def forecasts(data=waves, **params):
    table = data()
    model = forecaster(**params).fit(table[:50])
    return [model.forecast(3), model.predict(table[50:]), model.forecast(3, history=table), *measured(model)]


STRATEGIES = {
    "recursive": {"strategy": "recursive"},
    "direct": {"strategy": "direct", "horizon": 3},
    "joint": {"strategy": "joint", "horizon": 3},
}
cases(forecasts, {f"lstm_{name}": params for name, params in STRATEGIES.items()}, SkillWarning)
cases(
    forecasts,
    {f"ridge_{name}": {"estimator": Ridge()} | params for name, params in STRATEGIES.items()}
    | {
        "ridge_no_anchor": {"estimator": Ridge(), "anchor": None, "relative": False},
        "ridge_season": {"estimator": Ridge(), "anchor": 6, "step": 2, "relative": True},
        "lstm_scaled": {
            "estimator": make_pipeline(SequenceScaler(), GRURegressor(**SMALL)), "strategy": "joint", "horizon": 4,
        },
        "encoder_decoder": {"estimator": EncoderDecoderRegressor(**SMALL), "strategy": "joint", "horizon": 3},
        "two_targets": {"data": partial(waves, columns=("level", "flow")), "horizon": 2},
        "two_targets_ridge": {"estimator": Ridge(), "data": partial(waves, columns=("level", "flow"))},
    },
    SkillWarning,
)  # fmt: skip


def forecasts_with_known(**params):
    table = waves(60, ("level", "plan"))
    model = forecaster(target="level", known="plan", **params).fit(table[:50])
    return [model.forecast(3, known=table[["plan"]][50:53]), model.predict(table[50:]), *measured(model)]


cases(
    forecasts_with_known,
    {"lstm": {}, "ridge_direct": {"estimator": Ridge(), "strategy": "direct", "horizon": 3}},
    SkillWarning,
)


def forecasts_of_panel(**params):
    table = pd.concat({"a": waves(50), "b": waves(40, seed=1)}, names=["site"])
    model = forecaster(**params).fit(table)
    return [model.forecast(2), model.predict(table), *measured(model)]


cases(forecasts_of_panel, {"lstm": {"strategy": "joint", "horizon": 2}, "ridge": {"estimator": Ridge()}}, SkillWarning)


@case(ignoring=SkillWarning)
def forecasts_of_y():
    table, y = waves(60, ("a", "b")), normal(60)
    model = forecaster(Ridge(), strategy="direct", horizon=2).fit(table[:50], y[:50])
    return [model.forecast(2), model.predict(table), model.score(table, y)]


def intervals(estimator="lstm", **params):
    table = waves()
    model = forecaster(estimator, horizon=2, validation_fraction=0.4, **params).fit(table[:50])
    return [
        model.predict_interval(2, coverage=0.7),
        model.predict_interval(2, coverage=0.7, history=table),
        *measured(model),
    ]


cases(
    intervals,
    {
        "split": {"interval": "split", "strategy": "joint"},
        "rolling": {"interval": "rolling", "strategy": "joint"},
        "rolling_recursive_ridge": {"interval": "rolling", "estimator": Ridge()},
        "quantiles": {"interval": "split", "strategy": "joint", "quantiles": (0.1, 0.9)},
    },
    SkillWarning,
)


def backtests(model, **params):
    return [backtest(model, waves(), initial=40, coverage=0.7, **params)]


cases(
    backtests,
    {
        "lstm_recursive": {"model": forecaster(horizon=3)},
        "lstm_joint": {"model": forecaster(strategy="joint", horizon=3), "every": 2},
        "ridge_direct": {"model": forecaster(Ridge(), strategy="direct", horizon=3)},
        "ridge_rolling": {
            "model": forecaster(Ridge(), interval="rolling", horizon=2, validation_fraction=0.3), "every": 3, "refit": 3,
        },
        "naive": {"model": NaiveForecaster("drift", horizon=3, interval="split", validation_fraction=0.3)},
    },
    SkillWarning,
)  # fmt: skip


def naive(strategy, season=None):
    table = waves(60, ("level", "flow"))
    model = NaiveForecaster(strategy, season=season, horizon=2, interval="split", validation_fraction=0.4)
    model.fit(table[:50])
    return [model.predict_interval(2, coverage=0.7), model.forecast(7), model.predict(table[50:]), *measured(model)]


cases(
    naive,
    {name: {"strategy": name} for name in ("last", "drift", "mean")}
    | {"seasonal": {"strategy": "seasonal", "season": 6}},
)


# ---------------------------------------------------------------------------------------------------------------------
# Transformers and lags


@case
def scaler_per_feature():
    X, _ = ragged()
    scaler = SequenceScaler().fit(X[:5]).partial_fit(X[5:])
    scaled = scaler.transform(X)
    array, _ = sequences()
    array[0, :2] = np.nan
    return [scaled, scaler.inverse_transform(scaled), SequenceScaler(MinMaxScaler()).fit_transform(array)]


@case
def scaler_per_sequence():
    X, _ = ragged()
    table, _ = panel()
    scaler = SequenceScaler(per="sequence")
    scaled = scaler.fit_transform(X)
    back = scaler.inverse_transform(scaled, like=X)
    named = scaler.fit_transform(table)
    return [scaled, back, named, scaler.inverse_transform(table)]


@case
def scaler_of_windows():
    table, _ = steps()
    windows = ShiftFramer(lags=3).fit_transform(table)
    scaled = SequenceScaler().fit_transform(windows)
    return [np.asarray(scaled), SequenceScaler(per="sequence").fit_transform(np.asarray(windows)[3:])]


@case
def padder():
    X, _ = ragged((5, 3, 8, 1))
    pre, post = SequencePadder().fit(X), SequencePadder(4, padding="post", truncating="post", value=np.nan).fit(X)
    return [pre.transform(X), post.transform(X), post.inverse_transform(post.transform(X))]


@case
def one_hot():
    words = ["abba", "cab", "", "bcc"]
    letters = SequenceOneHotEncoder().fit(words)
    numbers = SequenceOneHotEncoder([1, 2, 3], handle_unknown="ignore")
    steps_of_words = letters.transform(words)
    return [
        steps_of_words,
        "|".join(letters.inverse_transform(steps_of_words)),
        numbers.fit_transform(np.array([[1, 2], [3, 1]])),
        numbers.transform(np.array([[1, 9]])),
    ]


def framer(**params):
    table, _ = panel()
    train = table[table.index.get_level_values("time") < 6]
    test = table[table.index.get_level_values("time") >= 6]
    framed = ShiftFramer(**params).fit(train)
    return [np.asarray(framed.transform(train)), np.asarray(framed.transform(test))]


cases(
    framer,
    {
        "context": {"lags": 3, "step": 2},
        "no_context": {"lags": 2, "context": "none", "horizon": 0},
        "known": {"lags": 3, "horizon": 2, "known": ["b"]},
        "table": {"lags": 2, "output": "table", "known": ["b"]},
    },
)


@case
def framer_of_interleaved_series():
    table, _, series = interleaved()
    return [np.asarray(ShiftFramer(lags=3, known=[1]).fit(table, series=series).transform(table, series=series))]


@case
def shifted_columns():
    return [series_to_supervised(waves(20, ("a", "b")), 2, 2), series_to_supervised(panel()[0], 1, 1, dropnan=False)]


@case
def lags():
    wave, noise = waves(120)["level"], normal(100)
    walk = noise.cumsum()
    suggested = [suggest_lags(wave), suggest_lags(noise), suggest_lags(walk), suggest_lags(wave, max_lags=9)]
    return [suggested, *autocorrelations(wave, 20), *autocorrelations(walk, 20)]


# ---------------------------------------------------------------------------------------------------------------------
# Writing and checking


def fingerprint():
    """Return what the rounding of sums depends on."""
    return "\n".join(
        [
            *(f"{module.__name__} {module.__version__}" for module in (torch, np, sklearn, pd)),
            f"CPU {cpu()}",
            f"torch for {torch.backends.cpu.get_cpu_capability()}",
        ]
    )


def cpu():
    """Return the model of the CPU and its vector instructions: in a virtual machine the model may be a family's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        return platform.processor()
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in reversed(lines))}
    vectors = sorted(flag for flag in facts.get("flags", "").split() if flag.startswith(("avx", "fma", "amx")))
    return " ".join([facts.get("model name", platform.processor()), *vectors])


def stored():
    """Return the stored fingerprint, and numbers and checksum of each case."""
    with np.load(FILE, allow_pickle=False) as file:
        numbers, checksums = np.split(file["numbers"], np.cumsum(file["sizes"])[:-1]), file["checksums"].tolist()
        return str(file["fingerprint"]), dict(
            zip(file["names"].tolist(), zip(numbers, checksums, strict=True), strict=True)
        )


def difference(name, expected):
    """Return how a case differs from what is stored, or an empty text if every bit is the same."""
    numbers, checksum = numbers_of(name)
    old, old_checksum = expected
    if len(numbers) != len(old):
        return f"{len(numbers)} numbers, {len(old)} are stored"
    if numbers.tobytes() != old.tobytes() and not np.array_equal(np.isnan(numbers), np.isnan(old)):
        return "NaN in other places"
    largest = np.nanmax(np.abs(numbers - old), initial=0.0)
    if largest > 0 or checksum != old_checksum:
        return f"largest difference {largest:.3g}" + (" (beyond the numbers that are stored)" if largest == 0 else "")
    return ""


def write():
    results = {name: numbers_of(name) for name in CASES}
    arrays, checksums = zip(*results.values(), strict=True)
    np.savez_compressed(
        FILE,
        fingerprint=fingerprint(),
        names=list(results),
        sizes=[len(array) for array in arrays],
        numbers=np.concatenate(arrays),
        checksums=np.array(checksums, dtype=np.int64),
    )
    print(f"{len(results)} cases in {FILE.name}, {FILE.stat().st_size} bytes")
    return 0


def check():
    machine, expected = stored()
    if machine != fingerprint():
        print(
            f"Other machine or versions, so numbers may differ by rounding. Stored:\n{machine}\nHere:\n{fingerprint()}"
        )
    names = set(CASES) | set(expected)
    differences = {name: difference(name, expected[name]) for name in CASES if name in expected}
    differences |= dict.fromkeys(names - set(differences), "only in the file or only in the module")
    wrong = {name: what for name, what in differences.items() if what}
    for name, what in wrong.items():
        print(f"{name}: {what}")
    print(f"{len(wrong)} of {len(names)} cases differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    commands = {"write": write, "check": check}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit(f"usage: python {sys.argv[0]} write|check")
    sys.exit(commands[sys.argv[1]]())
