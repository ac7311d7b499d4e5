"""Tables to frame, and framing by its definition."""

import warnings

import numpy as np
import pandas as pd
import pytest

from sklearn_rnn import ContextWarning

TABLE = np.random.default_rng(0).normal(size=(30, 3))
SERIES = np.array(list("abaacaba") * 3 + list("aaaaba"))


def frame_naively(X, lags=1, horizon=1, step=1, known=(), series=None):
    """Frame one value at a time, by the definition."""
    X = np.asarray(X, dtype=float)
    series = np.zeros(len(X)) if series is None else np.asarray(series)
    windows = np.full((len(X), lags, X.shape[1]), np.nan)
    for t in range(len(X)):
        rows = [r for r in range(len(X)) if series[r] == series[t]]
        here = rows.index(t)
        for slot in range(lags):
            behind = step * (lags - 1 - slot)
            if here - horizon - behind < 0:
                continue
            for column in range(X.shape[1]):
                row = rows[here - behind - (0 if column in known else horizon)]
                windows[t, slot, column] = X[row, column]
    return windows


def indexed(index):
    return pd.DataFrame(TABLE[: len(index)], columns=["temp", "wind", "hour"], index=index)


def panel():
    counts = pd.Series(SERIES).groupby(SERIES).cumcount()
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(counts.to_numpy(), unit="h")
    return indexed(pd.MultiIndex.from_arrays([SERIES, times], names=["station", "time"]))


INDEXES = {
    "range": pd.RangeIndex(30),
    "every other": pd.RangeIndex(100, 160, 2),
    "integers": pd.Index(np.arange(30, dtype=np.int8) + 98),
    "hours": pd.date_range("2024-01-01", periods=30, freq="h"),
    "hours without freq": pd.DatetimeIndex(pd.date_range("2024-01-01", periods=30, freq="h").to_numpy()),
    "seconds": pd.date_range("2024-01-01", periods=30, freq="D").as_unit("s"),
    "zoned": pd.date_range("2024-03-20", periods=30, freq="h", tz="Europe/Berlin"),
    "months": pd.date_range("2020-01-31", periods=30, freq="ME"),
    "months without freq": pd.DatetimeIndex(pd.date_range("2020-01-01", periods=30, freq="MS").to_numpy()),
    "business days": pd.DatetimeIndex(pd.bdate_range("2024-01-01", periods=30).to_numpy()),
    "periods": pd.period_range("2020-01", periods=30, freq="M"),
    "timedeltas": pd.timedelta_range("0h", periods=30, freq="15min"),
}


def blind_rows(framer, X):
    """Count the first rows whose window is not whole."""
    return int(np.isnan(np.asarray(framer.transform(X))).any(axis=(1, 2)).sum())


def warnings_of(act):
    """Classes and messages of the warnings that a call gives."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        act()
    return [(warning.category, str(warning.message)) for warning in caught]


def predict_all(model, X):
    """Predict every row or sequence, some of which hold nothing but padding, as a warning says."""
    with pytest.warns(ContextWarning, match="nothing but padding"):
        return model.predict(X)
