"""No message quotes more of the data than fits in a line."""

import traceback

import numpy as np
import pandas as pd
import pytest

from sklearn_rnn import (
    LSTMClassifier,
    LSTMRegressor,
    SequenceForecaster,
    SequenceImputer,
    SequenceOneHotEncoder,
    SequencePadder,
    SequenceScaler,
    ShiftFramer,
    regularize,
    suggest_lags,
)

TEXT = "x" * 5000
X = np.random.default_rng(0).normal(size=(12, 4))
Y = np.arange(12.0)
HOLED = np.where(np.arange(48).reshape(12, 4) == 20, np.nan, X)
FRAME = pd.DataFrame(X, columns=list("abcd"), index=pd.date_range("2024-01-01", periods=12))
NAMED = FRAME.rename(columns={"a": TEXT})
WITH_TEXT = np.where(np.arange(48).reshape(12, 4) == 20, TEXT, X.astype(object))
MANY = pd.DataFrame({f"column {i}": ["a"] * 12 for i in range(300)})


def regressor(**params):
    return LSTMRegressor(hidden_layer_sizes=(2,), max_epochs=1, random_state=0, **params)


def steps():
    return regressor(return_sequences=True)


def forecaster(**params):
    return SequenceForecaster(lags=2, validation_fraction=None, **params)


ACTS = {
    "texts": lambda: regressor().fit([TEXT] * 12, Y),
    "text in an array": lambda: regressor().fit(WITH_TEXT, Y),
    "text in a list": lambda: regressor().fit([[TEXT, TEXT], [TEXT]] * 6, Y),
    "text in a DataFrame": lambda: regressor().fit(FRAME.assign(a=TEXT), Y),
    "columns of text": lambda: regressor().fit(MANY, Y),
    "columns of the same name": lambda: regressor().fit(FRAME.set_axis([TEXT] * 4, axis=1), Y),
    "flat X": lambda: regressor().fit(np.arange(999.0), Y),
    "text in y": lambda: regressor().fit(X, [TEXT] * 12),
    "one class": lambda: LSTMClassifier().fit(X, [TEXT] * 12),
    "weights of classes": lambda: LSTMClassifier(class_weight={TEXT: -1}).fit(X, [0, 1] * 6),
    "text in weights": lambda: regressor().fit(X, Y, sample_weight=[TEXT] * 12),
    "series with NaN": lambda: steps().fit(HOLED, Y, series=[TEXT] * 12),
    "column with NaN": lambda: steps().fit(pd.DataFrame(HOLED, columns=[TEXT, "b", "c", "d"]), Y),
    "names of lists": lambda: regressor().fit([FRAME] * 12, Y).predict([NAMED]),
    "names within a list": lambda: regressor().fit([FRAME, NAMED] * 6, Y),
    "label": lambda: SequenceOneHotEncoder().fit([["a"]]).transform([[TEXT]]),
    "known labels": lambda: SequenceOneHotEncoder().fit([[TEXT]]).transform([["a"]]),
    "categories": lambda: SequenceOneHotEncoder([TEXT, TEXT]).fit([["a"]]),
    "text for characters": lambda: SequenceOneHotEncoder().fit([[TEXT]]).transform(["a"]),
    "text to decode": lambda: SequenceOneHotEncoder().fit(["ab"]).inverse_transform([[TEXT, TEXT]]),
    "flat labels": lambda: SequenceOneHotEncoder().fit(np.arange(999.0)),
    "text to scale": lambda: SequenceScaler().fit(WITH_TEXT),
    "scale of a series": lambda: SequenceScaler(per="sequence").fit(X).inverse_transform(X, series=[TEXT] * 12),
    "text to pad": lambda: SequencePadder().fit_transform([[TEXT], [TEXT, TEXT]]),
    "text to impute": lambda: SequenceImputer().fit(WITH_TEXT),
    "text to frame": lambda: ShiftFramer().fit(WITH_TEXT),
    "column that is not there": lambda: ShiftFramer(known=["a"]).fit(NAMED),
    "text to forecast": lambda: forecaster().fit(WITH_TEXT),
    "target that is not there": lambda: forecaster(target="a").fit(NAMED),
    "target known ahead": lambda: forecaster(target=TEXT, known=[TEXT]).fit(NAMED),
    "NaN to forecast": lambda: forecaster().fit(pd.concat({TEXT: NAMED.mask(NAMED > 1)})),
    "gap": lambda: forecaster().fit(pd.concat({TEXT: FRAME.drop(index=FRAME.index[6])})),
    "text to correlate": lambda: suggest_lags([TEXT] * 12),
    "columns to correlate": lambda: suggest_lags(NAMED),
    "series to correlate": lambda: suggest_lags(pd.concat({TEXT: FRAME["a"], "b": FRAME["a"]})),
    "series without a step": lambda: regularize(pd.concat({TEXT: FRAME.iloc[[0, 1, 5]]})),
    "names of a step": lambda: steps().fit(FRAME, Y).stream().step(NAMED[:1]),
    "text in a step": lambda: steps().fit(FRAME, Y).stream().step([TEXT] * 4),
    "series of a stream": lambda: steps().fit(FRAME, Y).stream(history=pd.concat({TEXT: FRAME})).reset("b"),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_message_quotes_a_line_of_the_data_at_most(act):
    with pytest.raises((TypeError, ValueError)) as raised:
        act()
    assert len(str(raised.value)) < 600
    # Nor does an error that it came from.
    assert "x" * 81 not in "".join(traceback.format_exception(raised.value))
