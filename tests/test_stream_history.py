"""How a stream begins: from nothing, from history, or where training left."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from mistakes import IMPUTE, Mistake, cases, changed
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from streams import (
    FRAME,
    IDS,
    INDEX,
    METHODS,
    NOTHING,
    PANEL,
    RAGGED,
    X,
    Y,
    classifier,
    flat,
    of_frames,
    regressor,
    small,
)

from sklearn_rnn import GRUClassifier, GRURegressor, LSTMRegressor, Stream

MORE = np.random.default_rng(1).normal(size=(3, 2))


@pytest.mark.parametrize(
    ("history", "series", "ids"),
    [
        (X, None, [0]),
        (X.tolist(), None, [0]),
        (pd.DataFrame(X), None, [0]),
        (PANEL, None, [0, 1, 2]),
        (RAGGED, None, [0, 1, 2]),
        ([*RAGGED[:2], NOTHING], None, [0, 1, 2]),
        ([pd.DataFrame(x) for x in RAGGED], None, [0, 1, 2]),
        (FRAME.set_axis([0, 1], axis=1), None, IDS),
        (FRAME.to_numpy(), INDEX.get_level_values(0), IDS),
        (np.vstack(RAGGED[:2]), np.repeat([7, 3], [20, 7]), [7, 3]),
    ],
    ids=["2-D", "nested lists", "DataFrame", "3-D", "list", "list with nothing", "DataFrames", "index", "series", "numbers"],
)  # fmt: skip
@pytest.mark.parametrize("return_sequences", [True, False])
def test_history_is_read_in_every_form(history, series, ids, return_sequences):
    model = regressor("gru", return_sequences=return_sequences)
    stream = model.stream(history=history, series=series)
    assert list(stream.series) == ids
    parts = {1: [X], 2: RAGGED[:2], 3: RAGGED}[len(ids)]
    parts = list(PANEL) if history is PANEL else parts
    parts = [*parts[:2], NOTHING] if isinstance(history, list) and history[-1] is NOTHING else parts
    more = MORE[: len(ids)]
    expected = model.predict([np.vstack([part, row]) for part, row in zip(parts, more, strict=True)])
    last = [predictions[-1] for predictions in expected] if return_sequences else expected
    assert_allclose(stream.step(more), last, rtol=0, atol=1e-12)


def test_history_and_a_right_number_of_series_agree():
    assert regressor().stream(3, history=PANEL).n_series == 3
    assert regressor().stream(np.int64(2)).n_series == 2


def test_resume_goes_on_where_training_left():
    still = small(LSTMRegressor, stateful=True, tbptt=10, batch_size=1, max_epochs=1, lr=1e-300)
    model = clone(still).fit(X[:100], Y[:100])
    assert_allclose(model.stream(resume=True).step(X[100]), model.predict(X[:101])[-1:], rtol=0, atol=1e-12)
    model = clone(still).partial_fit(X[:60], Y[:60]).partial_fit(X[60:100], Y[60:100])
    assert_allclose(model.stream(1, resume=True).step(X[100]), model.predict(X[:101])[-1:], rtol=0, atol=1e-12)
    again = pickle.loads(pickle.dumps(model)).stream(resume=True)
    assert_array_equal(flat(again), flat(model.stream(resume=True)))


def test_resume_keeps_names():
    model = small(GRURegressor, stateful=True).fit(FRAME, FRAME["temp"])
    stream = model.stream(resume=True)
    assert list(stream.series) == IDS
    before = stream.state[0][0]
    stream.predict(FRAME.loc[["east"]].iloc[-1:])
    assert_array_equal((stream.state[0][0] != before).any(axis=1), [False, False, True])


def test_a_stream_keeps_its_network():
    """Fitting again, or setting parameters, leaves a stream as it was: weights, scale of y, classes, mask."""
    model = small(LSTMRegressor, stateful=True, tbptt=20).fit(X, Y)
    classes = small(GRUClassifier).fit(X, np.digitize(Y, [-0.3, 0.3]))
    streams = [model.stream(), model.stream(history=X[:3]), classes.stream(method="predict_proba")]
    expected = [[stream.copy().step(X[3]), stream.copy().predict(X)] for stream in streams]
    for fit in ("partial_fit", "fit"):
        getattr(model, fit)(X, 1000.0 * Y + 5000.0)
        getattr(classes, fit)(X, np.digitize(Y, [-0.3, 0.3]))
        for stream, (step, whole) in zip(streams, expected, strict=True):
            assert_array_equal(stream.copy().step(X[3]), step)
            assert_array_equal(stream.copy().predict(X), whole)
    classes.fit(X[:, :1], np.where(Y > 0, "up", "down"))
    model.set_params(dtype="float32", mask_value=0.0, return_sequences=False, hidden_layer_sizes=(9,))
    for stream, (step, whole) in zip(streams, expected, strict=True):
        assert_array_equal(stream.copy().step(X[3]), step)
        assert_array_equal(stream.copy().predict(X), whole)
    assert model.stream().step(X[3]).dtype == np.float64


NUMBER = "n_series must be a whole number of at least one, got {}; steps to read first are history=."
RESUME = (
    "resume=True continues from the state in which training left each series, which is kept with stateful=True and "
    "return_sequences=True; without them give the training data as history=."
)
STATEFUL = small(LSTMRegressor, stateful=True, tbptt=10, max_epochs=1)
BEGIN_MISTAKES = [
    Mistake("no series", lambda: regressor().stream(0), NUMBER.format(0)),
    Mistake("half a series", lambda: regressor().stream(1.5), NUMBER.format(1.5)),
    Mistake("a name", lambda: regressor().stream("north"), NUMBER.format("'north'")),
    Mistake("history by position", lambda: regressor().stream(X), NUMBER.format("type ndarray")),
    Mistake(
        "history and resume",
        lambda: clone(STATEFUL).fit(X, Y).stream(history=X, resume=True),
        "resume=True and history= both say how the stream begins; give one of them.",
    ),
    Mistake(
        "series without history",
        lambda: regressor().stream(series=IDS),
        "series= names the series of the rows of history=, which is not given.",
    ),
    Mistake(
        "another number than in history",
        lambda: regressor().stream(2, history=PANEL),
        "n_series=2, but the stream continues from 3 series; leave n_series out.",
    ),
    Mistake(
        "another number than in training",
        lambda: clone(STATEFUL).fit(X, Y).stream(2, resume=True),
        "n_series=2, but the stream continues from 1 series; leave n_series out.",
    ),
    Mistake("resume without state", lambda: regressor().stream(resume=True), RESUME),
    Mistake(
        "resume with one target per sequence",
        lambda: clone(STATEFUL).set_params(return_sequences=False).fit(PANEL, [1.0, 2.0, 3.0]).stream(resume=True),
        RESUME,
    ),
    Mistake(
        "resume after a stateless fit",
        lambda: clone(STATEFUL).fit(X, Y).set_params(stateful=False).fit(X, Y).stream(resume=True),
        RESUME,
    ),
    Mistake(
        "history that lost its series",
        lambda: of_frames().stream(history=FRAME.reset_index(drop=True)),
        "X has lost its series: LSTMRegressor was fitted on series that an index or series= tells apart, but X tells "
        "none (a transformer returned a plain array, or series= was left out) and would be read as one series. Either "
        "keep the index of X, by set_output(transform='pandas') on the pipeline or the transformer, or pass series= (one "
        "id per row).",
    ),
    Mistake(
        "history of other features",
        lambda: regressor().stream(history=X[:, :1]),
        "X has 1 features, but LSTMRegressor is expecting 2 features as input.",
    ),
    Mistake(
        "history with NaN",
        lambda: regressor().stream(history=changed(X, (3, 1), np.nan)),
        f"X has NaN inside sequence 0 (step 3, feature 1); {IMPUTE}",
    ),
    Mistake(
        "history without steps",
        lambda: regressor().stream(history=NOTHING),
        "Found array with 0 sample(s) (shape=(0, 2)) while a minimum of 1 is required by LSTMRegressor.",
    ),
    Mistake(
        "probabilities of a regressor",
        lambda: regressor().stream(method="predict_proba"),
        "method='predict_proba' is none of ['predict'].",
    ),
    Mistake(
        "unknown method",
        lambda: classifier("gru", "binary").stream(method="score"),
        f"method='score' is none of {list(METHODS)}.",
    ),
    Mistake(
        "bidirectional",
        lambda: regressor(bidirectional=True).stream(),
        "A network that reads sequences as a whole can't read a stream: bidirectional=True reads sequences from their "
        "ends, too.",
    ),
    Mistake(
        "before fit",
        lambda: LSTMRegressor().stream(),
        re.compile(r"This LSTMRegressor instance is not fitted yet\..*"),
        NotFittedError,
    ),
    Mistake(
        "a stream before fit",
        lambda: Stream(GRUClassifier()),
        re.compile(r"This GRUClassifier instance is not fitted yet\..*"),
        NotFittedError,
    ),
]


@pytest.mark.parametrize("mistake", cases(BEGIN_MISTAKES))
def test_how_a_stream_does_not_begin(mistake):
    mistake.check()
