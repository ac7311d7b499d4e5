"""How numbers lie in memory, and in which dtype, changes no result: of estimators, streams, transformers, forecasters."""

from __future__ import annotations

import tempfile
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import Ridge

from sklearn_rnn import (
    EncoderDecoderRegressor,
    GRUClassifier,
    GRURegressor,
    SequenceForecaster,
    SequenceImputer,
    SequenceOneHotEncoder,
    SequencePadder,
    SequenceScaler,
    ShiftFramer,
)
from sklearn_rnn._data.reading import Reader
from sklearn_rnn._data.sequences import Sequences
from sklearn_rnn._training.batches import SequenceData


def integers(*shape: int, seed: int = 0) -> Any:
    """Small integers as float64, which every dtype holds exactly."""
    return np.random.default_rng(seed).integers(-3, 4, size=shape).astype(np.float64)


def strided(a: Any) -> Any:
    """Every second row and column of a larger array."""
    every_second = (slice(None, None, 2),) * a.ndim
    larger = np.full([2 * n for n in a.shape], np.inf)
    larger[every_second] = a
    return larger[every_second]


def backwards(a: Any) -> Any:
    """Negative strides along every axis."""
    reverse = (slice(None, None, -1),) * a.ndim
    return a[reverse].copy()[reverse]


def read_only(a: Any) -> Any:
    a = a.copy()
    a.flags.writeable = False
    return a


def mapped(a: Any) -> Any:
    with tempfile.TemporaryFile() as file:
        in_file = np.memmap(file, dtype=a.dtype, mode="w+", shape=a.shape)
    in_file[...] = a
    return in_file


def permuted_frame(a: Any) -> Any:
    columns = list(range(a.shape[1]))
    return pd.DataFrame(a[:, ::-1], columns=columns[::-1])[columns]


STRIDES = {
    "fortran": np.asfortranarray,
    "strided": strided,
    "backwards": backwards,
    "mirrored": lambda a: a[..., ::-1].copy()[..., ::-1],  # numpy flags a single column of it as C-contiguous
    "read-only": read_only,
    "memmap": mapped,
    "broadcast-rows": lambda a: np.broadcast_to(a[:1], a.shape),
    "broadcast-columns": lambda a: np.broadcast_to(a[..., :1], a.shape),
}
ARRAYS = STRIDES | {
    "byte-swapped": lambda a: a.astype(">f8"),
    "float32": lambda a: a.astype(np.float32),
    "fortran-int": lambda a: np.asfortranarray(a, dtype=np.int64),
}
# Their columns are numbers, for names would have to be those of fit.
FRAMES = {
    "frame": pd.DataFrame,
    "permuted-frame": permuted_frame,
    "transposed-frame": lambda a: pd.DataFrame(a.T.copy()).T,
    "frame-of-two-blocks": lambda a: pd.DataFrame(a).astype({0: np.int64}),
}
LAYOUTS = ARRAYS | FRAMES
OF_INTEGERS = ("fortran-int", "frame-of-two-blocks")  # which have no NaN

TABLE, CUBE = integers(24, 3), integers(8, 6, 3)
UNEQUAL = [sequence[:n] for sequence, n in zip(CUBE, [6, 3, 6, 4, 6, 6, 1, 5], strict=True)]
# Each form of X takes a layout for its arrays.
FORMS = {
    "table": lambda layout: layout(TABLE),
    "column": lambda layout: layout(TABLE[:, :1]),
    "univariate": lambda layout: layout(CUBE[:, :, 0]),
    "dense": lambda layout: layout(CUBE),
    "equal": lambda layout: [layout(sequence) for sequence in CUBE],
    "unequal": lambda layout: [layout(sequence) for sequence in UNEQUAL],
    "flat": lambda layout: [layout(sequence[:, 0]) for sequence in UNEQUAL],
    "windows": lambda layout: ShiftFramer(lags=3, context="none").fit_transform(layout(TABLE)),
    "single-windows": lambda layout: ShiftFramer(context="none").fit_transform(layout(TABLE)),
}
OF_SEQUENCES = ("univariate", "dense", "equal", "unequal", "windows")
OF_STEPS = ("table", "column", "dense", "equal", "unequal", "flat", "single-windows")


def forms_and_layouts(*forms: str) -> Any:
    """All forms in all layouts that their arrays may have: DataFrames are 2-D."""
    cases = [(form, layout) for form in forms for layout in (ARRAYS if form in ("dense", "flat") else LAYOUTS)]
    return pytest.mark.parametrize(("form", "layout"), cases)


def in_c_order(laid: Any) -> Any:
    return np.array(laid, dtype=np.float64, order="C")


def values_of(layout: str) -> str | None:
    """Name the layout if it changes numbers, as broadcasting does; None if not, so that references are shared."""
    return layout if layout.startswith("broadcast") else None


@cache
def reference_of(form: str, values: str | None) -> Any:
    """X in C order."""
    return FORMS[form](in_c_order if values is None else lambda a: in_c_order(LAYOUTS[values](a)))


def targets_of(X: Any, *, per_step: bool, seed: int = 1) -> Any:
    if not per_step:
        return integers(len(X), seed=seed)
    return [integers(len(x), seed=seed) for x in X] if isinstance(X, list) else integers(*X.shape[:-1], seed=seed)


def small(make: Any = GRURegressor, **params: Any) -> Any:
    # In float64 no float64 array is converted, so that its layout gets as far as it can.
    params = {"hidden_layer_sizes": (3,), "max_epochs": 2, "lr": 0.1, "batch_size": 8, "dtype": "float64"} | params
    return make(random_state=0, device="cpu", **params)


def fit_twice(X: Any, **params: Any) -> Any:
    """Fit a model; a stateful one goes on then."""
    y = targets_of(X, per_step=params.get("return_sequences", False))
    model = small(**params).fit(X, y)
    return model.partial_fit(X, y) if model.stateful else model


@cache
def fitted(form: str, values: str | None, **params: Any) -> Any:
    return fit_twice(reference_of(form, values), **params)


def weights_of(model: Any) -> Any:
    return torch.cat([p.detach().flatten() for p in model.module_.parameters()]).numpy()


def assert_same(result: Any, expected: Any, tolerance: float = 0.0) -> None:
    """Compare arrays, or lists of them."""
    if not isinstance(expected, list | tuple):
        result, expected = [result], [expected]
    for one, other in zip(result, expected, strict=True):
        assert_allclose(np.asarray(one), np.asarray(other), rtol=tolerance, atol=tolerance)


@forms_and_layouts(*OF_SEQUENCES)
def test_layout_changes_no_sequences(form, layout):
    X, values = FORMS[form](LAYOUTS[layout]), values_of(layout)
    reference = fitted(form, values)
    assert_array_equal(weights_of(fit_twice(X)), weights_of(reference))
    assert_array_equal(reference.predict(X), reference.predict(reference_of(form, values)))


@forms_and_layouts(*OF_STEPS)
def test_layout_changes_no_steps(form, layout):
    X, values = FORMS[form](LAYOUTS[layout]), values_of(layout)
    reference = fitted(form, values, return_sequences=True)
    assert_array_equal(weights_of(fit_twice(X, return_sequences=True)), weights_of(reference))
    assert_same(reference.predict(X), reference.predict(reference_of(form, values)))


@forms_and_layouts(*OF_STEPS)
def test_layout_changes_no_carried_state(form, layout):
    # With k2 > k1 windows reach back to steps of the call before, which are kept.
    params = {"return_sequences": True, "stateful": True, "tbptt": (4, 6), "max_epochs": 1}
    X, values = FORMS[form](LAYOUTS[layout]), values_of(layout)
    model, reference = fit_twice(X, **params), fitted(form, values, **params)
    assert_array_equal(weights_of(model), weights_of(reference))
    for parts, expected in zip(model.stream(resume=True).state, reference.stream(resume=True).state, strict=True):
        assert_same(parts, expected)


@forms_and_layouts(*OF_STEPS)
def test_layout_changes_no_stream(form, layout):
    X, values = FORMS[form](LAYOUTS[layout]), values_of(layout)
    C, model = reference_of(form, values), fitted(form, values, return_sequences=True)
    assert_same(model.stream(history=X).predict(X), model.stream(history=C).predict(C))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("n_features", [1, 3])
def test_layout_changes_no_streamed_step(n_features, layout):
    model = fitted("dense" if n_features == 3 else "column", None, return_sequences=True)
    x = LAYOUTS[layout](CUBE[:4, 0, :n_features])
    assert_same(model.stream(4).step(x), model.stream(4).step(in_c_order(x)), 1e-12)
    if layout in ARRAYS:
        x = ARRAYS[layout](CUBE[0, 0, :n_features])
        assert_same(model.stream().step(x), model.stream().step(in_c_order(x)), 1e-12)


@pytest.mark.parametrize("layout", ARRAYS)
@pytest.mark.parametrize("shape", [(8,), (8, 1), (8, 2)], ids=str)
def test_layout_changes_no_targets(shape, layout):
    y, weight = ARRAYS[layout](integers(*shape)), ARRAYS[layout](np.arange(1.0, 9))
    model = small().fit(CUBE, y, weight)
    reference = small().fit(CUBE, in_c_order(y), in_c_order(weight))
    assert_same(weights_of(model), weights_of(reference), 1e-9)
    expected = reference.score(CUBE, in_c_order(y), in_c_order(weight))
    assert reference.score(CUBE, y, weight) == pytest.approx(expected)


@pytest.mark.parametrize("layout", ARRAYS)
@pytest.mark.parametrize("form", ["table", "dense", "equal", "unequal"])
def test_layout_changes_no_step_targets(form, layout):
    X = reference_of(form, None)

    def fit(of: Any) -> Any:
        if isinstance(X, list):
            y, weight = ([of(integers(len(x), *rest)) for x in X] for rest in ((2,), ()))
            weight = [abs(part) + 1 for part in weight]
        else:
            y, weight = of(integers(*X.shape[:-1], 2)), abs(of(integers(*X.shape[:-1]))) + 1
        return small(return_sequences=True).fit(X, y, weight)

    model, reference = fit(ARRAYS[layout]), fit(lambda a: in_c_order(ARRAYS[layout](a)))
    assert_same(weights_of(model), weights_of(reference), 1e-9)


@pytest.mark.parametrize("layout", [name for name in ARRAYS if not name.startswith("broadcast")])
@pytest.mark.parametrize("labels", [np.arange(8.0) % 3, np.eye(8, 3)], ids=["classes", "multilabel"])
def test_layout_changes_no_labels(labels, layout):
    models = [small(GRUClassifier).fit(CUBE, y) for y in (ARRAYS[layout](labels), labels)]
    assert_array_equal(*(weights_of(model) for model in models))
    assert_array_equal(*(model.predict(CUBE) for model in models))


@pytest.mark.parametrize("layout", ARRAYS)
@pytest.mark.parametrize("decoder", ["repeat", "feedback"])
def test_layout_changes_no_encoder_decoder(decoder, layout):
    X, y = ARRAYS[layout](CUBE), ARRAYS[layout](integers(8, 4, 2))
    model = small(EncoderDecoderRegressor, decoder=decoder).fit(X, y)
    reference = small(EncoderDecoderRegressor, decoder=decoder).fit(in_c_order(X), in_c_order(y))
    assert_same(weights_of(model), weights_of(reference), 1e-9)
    assert_array_equal(reference.predict(X), reference.predict(in_c_order(X)))
    assert reference.score(X, y) == pytest.approx(reference.score(X, in_c_order(y)))


@forms_and_layouts(*FORMS)
@pytest.mark.parametrize("per", ["feature", "sequence"])
def test_layout_changes_no_scaling(per, form, layout):
    scaled, restored = scaled_and_restored(FORMS[form](LAYOUTS[layout]), per)
    expected, original = reference_scaled(form, values_of(layout), per)
    assert_same(scaled, expected, 1e-5)
    assert_same(restored, original, 1e-5)


def scaled_and_restored(X: Any, per: str) -> Any:
    scaler = SequenceScaler(per=per)
    scaled = scaler.fit_transform(X)
    return scaled, scaler.inverse_transform(scaled, like=None if per == "feature" else X)


@cache
def reference_scaled(form: str, values: str | None, per: str) -> Any:
    return scaled_and_restored(reference_of(form, values), per)


@forms_and_layouts(*FORMS)
def test_layout_changes_no_imputing(form, layout):
    def holed(a: Any) -> Any:
        return a if layout in OF_INTEGERS else np.where(a == 0, np.nan, a)

    X = FORMS[form](lambda a: LAYOUTS[layout](holed(a)))
    C = FORMS[form](lambda a: in_c_order(LAYOUTS[layout](holed(a))))
    imputer = SequenceImputer(add_indicator=True, add_elapsed=True)
    assert_same(imputer.fit_transform(X), imputer.fit_transform(C), 1e-6)


@forms_and_layouts("univariate", "dense", "equal", "unequal", "flat")
def test_layout_changes_no_padding(form, layout):
    X, C = FORMS[form](LAYOUTS[layout]), reference_of(form, values_of(layout))
    padder = SequencePadder(maxlen=5, value=-9, padding="post").fit(C)
    padded = padder.transform(C)
    assert_same(padder.transform(X), padded)
    if layout in ARRAYS:
        laid = ARRAYS[layout](padded.astype(np.float64))
        assert_same(padder.inverse_transform(laid), padder.inverse_transform(in_c_order(laid)))


@forms_and_layouts("table", "column")
@pytest.mark.parametrize("output", ["windows", "table"])
def test_layout_changes_no_framing(output, form, layout):
    X, C = FORMS[form](LAYOUTS[layout]), reference_of(form, values_of(layout))
    framer = ShiftFramer(lags=3, step=2, known=[-1], output=output, context="none").fit(C)
    framed, expected = framer.transform(X), framer.transform(C)
    assert_same(framed, expected)
    assert_same(framed[3:9], expected[3:9])
    if layout in ARRAYS:
        laid = ARRAYS[layout](np.array(expected[5:]))  # where windows are whole, without NaN
        assert_same(framer.inverse_transform(laid), framer.inverse_transform(in_c_order(laid)))


@forms_and_layouts("univariate", "flat")
def test_layout_changes_no_encoding(form, layout):
    X, C = FORMS[form](LAYOUTS[layout]), reference_of(form, values_of(layout))
    assert_same(SequenceOneHotEncoder().fit_transform(X), SequenceOneHotEncoder().fit_transform(C))


@forms_and_layouts("table", "dense", "equal", "unequal")
@pytest.mark.parametrize("labels", [[[0, 1, 2]], ["abc"]], ids=["table", "strings"])
def test_layout_changes_no_decoding(labels, form, layout):
    encoder = SequenceOneHotEncoder(handle_unknown="ignore").fit(labels)
    decoded = encoder.inverse_transform(FORMS[form](LAYOUTS[layout]))
    expected = encoder.inverse_transform(reference_of(form, values_of(layout)))
    assert all(np.array_equal(one, other) for one, other in zip(decoded, expected, strict=True))


@forms_and_layouts("table", "column")
@pytest.mark.parametrize("strategy", ["recursive", "direct", "joint"])
def test_layout_changes_no_forecast(strategy, form, layout):
    X, C = FORMS[form](LAYOUTS[layout]), reference_of(form, values_of(layout))
    known, future = ([2], TABLE[:2, 2:]) if form == "table" else (None, None)
    if known and layout in ARRAYS:
        future = ARRAYS[layout](future)
    model = SequenceForecaster(
        Ridge(), lags=3, horizon=2, strategy=strategy, known=known, relative=False, validation_fraction=None
    ).fit(C)
    expected = model.forecast(2, None if future is None else in_c_order(future), history=C)
    assert_same(model.predict(X), model.predict(C), 1e-4)
    assert_same(model.fit(X).forecast(2, future), expected, 1e-4)
    assert_same(model.forecast(2, future, history=X), expected, 1e-4)


@pytest.mark.parametrize("layout", STRIDES)
@pytest.mark.parametrize("n_features", [1, 3])
@pytest.mark.parametrize("n_rows", [1, 24])
def test_any_strides_reach_the_network(n_rows, n_features, layout):
    table = STRIDES[layout](TABLE[:n_rows, :n_features])
    sequences = Sequences(table, np.array([0]), np.array([n_rows]), per_step=True)
    data = SequenceData(sequences, None, dtype=torch.float64, device=torch.device("cpu"))
    assert_array_equal(data.gather(data.starts, n_rows)[0].numpy(), table)


@pytest.mark.parametrize("form", ["table", "column", "univariate", "dense", "windows"])
@pytest.mark.parametrize("layout", ["read-only", "memmap"])
def test_c_order_is_never_copied(layout, form):
    X = FORMS[form](ARRAYS[layout])
    _, sequences = Reader("Reader", per_step=False, dtype=np.float64).learn(X)
    data = SequenceData(sequences, None, dtype=torch.float64, device=torch.device("cpu"))
    assert np.shares_memory(data.table.numpy(), X.table if form == "windows" else X)
