"""Where X has lost its index, that of y says whether rows are in time order, repeated, or those of several series."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from framed import SERIES, TABLE, indexed, panel
from sklearn.ensemble import BaggingRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (importing it is what enables the search)
from sklearn.model_selection import (
    HalvingGridSearchCV,
    KFold,
    TimeSeriesSplit,
    cross_val_score,
    learning_curve,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_rnn import ContextWarning, LSTMClassifier, LSTMRegressor, ShiftFramer, TimeGapWarning

X = indexed(pd.date_range("2024-01-01", periods=30))
ARRAY = X.to_numpy()
Y = pd.Series(np.arange(30.0) % 7, X.index)
PANEL = panel()
Y_PANEL = pd.Series(TABLE[:, 0], PANEL.index)
ORDER = np.random.default_rng(0).permutation(30)

DISORDER = (
    r"y is not in time order: row \d \(index 2024-01-\d\d 00:00:00\) comes after row \d \(index 2024-01-\d\d 00:00:00\), of "
    r"the same series. Sort X, and y with it, for example with y.sort_index\(\); if X holds several series, give series= "
    r"or an index of two levels; and split with TimeSeriesSplit or shuffle=False, never by shuffling."
)
REPEATED = (
    r"y has two rows of the same time and series: rows 1 and 2 \(index 2024-01-02 00:00:00\). Keep one of them, for "
    r"example with y\[~y.index.duplicated\(\)\]; if X holds several series, give series= or an index of two levels."
)
NO_TIME = r"The index of y has a missing time in row 3; fill it in or drop the row."


def network(**params):
    return LSTMRegressor(hidden_layer_sizes=(2,), max_epochs=1, random_state=0, **params)


def model():
    return make_pipeline(StandardScaler(), ShiftFramer(lags=3), network())


def steps(cell=LSTMRegressor):
    return cell(return_sequences=True, hidden_layer_sizes=(2,), max_epochs=1, random_state=0)


READERS = {
    "framer fit": lambda X, y: ShiftFramer().fit(X, y),
    "framer fit_transform": lambda X, y: ShiftFramer().fit_transform(X, y),
    "framer partial_fit": lambda X, y: ShiftFramer().fit(ARRAY, Y).partial_fit(X, y),
    "pipeline": lambda X, y: model().fit(X, y),
    "steps": lambda X, y: steps().fit(X, y),
    "steps partial_fit": lambda X, y: steps().fit(ARRAY, Y).partial_fit(X, y),
    "steps score": lambda X, y: steps().fit(ARRAY, Y).score(X, y),
    "labels of steps": lambda X, y: steps(LSTMClassifier).fit(X, y.astype(int)),
    "labels of steps score": lambda X, y: steps(LSTMClassifier).fit(ARRAY, Y.astype(int)).score(X, y.astype(int)),
    "windows of one lag": lambda X, y: steps().fit(ShiftFramer(horizon=0).fit_transform(X), y),
}
MISTAKES = {
    "shuffled": (Y.iloc[ORDER], DISORDER),
    "reversed": (Y.iloc[::-1], DISORDER),
    "repeated": (Y.iloc[[0, 1, *range(1, 29)]], REPEATED),
    "without a time": (Y.set_axis(Y.index.where(np.arange(30) != 3)), NO_TIME),
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize(("y", "message"), MISTAKES.values(), ids=MISTAKES)
def test_message(read, y, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        read(ARRAY, y)


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_what_is_in_order_is_fine(read):
    read(ARRAY, Y)
    read(ARRAY, Y.set_axis([f"row {i}" for i in ORDER]))  # texts have no order
    read(ARRAY, Y.to_numpy())


def test_the_index_of_x_goes_first():
    ShiftFramer().fit(X, Y.iloc[::-1])
    steps().fit(X, Y.iloc[::-1])


def test_order_counts_within_series():
    y = pd.Series(TABLE[:, 0], PANEL.index.droplevel(0))
    ShiftFramer().fit(TABLE, y, series=SERIES)
    steps().fit(TABLE, y, series=SERIES)
    windows = ShiftFramer().fit_transform(TABLE, series=SERIES)
    steps().fit(windows, y)
    for act in (
        lambda: ShiftFramer().fit(TABLE, y),
        lambda: steps().fit(TABLE, y),
        lambda: steps().fit(ShiftFramer().fit_transform(TABLE), y),
    ):
        with pytest.raises(ValueError, match="y has two rows of the same time and series"):
            act()
    with pytest.raises(ValueError, match=r"y is not in time order: row \d+ .*, of series '\w+'"):
        ShiftFramer().fit(TABLE, y.iloc[::-1], series=SERIES[::-1])


def test_series_of_y_that_x_has_lost():
    for act in (
        lambda: ShiftFramer().fit(TABLE, Y_PANEL),
        lambda: ShiftFramer().fit(PANEL, Y_PANEL).partial_fit(TABLE, Y_PANEL),
        lambda: steps().fit(TABLE, Y_PANEL),
    ):
        with pytest.raises(ValueError, match=r"y has 3 series in its index, but X has lost them"):
            act()


def test_targets_of_windows_and_sequences_may_come_in_any_order():
    windows = ShiftFramer(lags=3).fit_transform(ARRAY)
    network().fit(windows[ORDER], Y.iloc[ORDER])
    network().fit(ARRAY, Y.iloc[ORDER])


# scikit-learn's own ways to shuffle


def test_a_random_split_raises_in_fit():
    X_train, _, y_train, _ = train_test_split(X, Y, random_state=0)
    with pytest.raises(ValueError, match=r"^y is not in time order: row \d+ "):
        model().fit(X_train, y_train)


def test_a_halving_search_raises():
    search = HalvingGridSearchCV(model(), {"lstmregressor__lr": [0.1, 0.2]}, cv=TimeSeriesSplit(2), min_resources=20)
    with pytest.raises(ValueError, match=r"(?s)All the \d+ fits failed.*y is not in time order: row \d+ "):
        search.fit(X, Y)


def test_a_shuffled_learning_curve_raises():
    with pytest.raises(ValueError, match=r"(?s)All the \d+ fits failed.*y is not in time order: row \d+ "):
        learning_curve(model(), X, Y, shuffle=True, cv=TimeSeriesSplit(2), train_sizes=[0.9, 1.0], random_state=0)


def test_shuffled_folds_are_in_order_but_full_of_gaps():
    cv = KFold(3, shuffle=True, random_state=0)
    with pytest.warns(TimeGapWarning, match=r"The index of y has \d+ gaps"), pytest.warns(ContextWarning):
        cross_val_score(model(), X, Y, cv=cv)


def test_bagging_hands_on_arrays_alone_so_that_predictions_warn():
    bag = BaggingRegressor(model(), n_estimators=1, random_state=0).fit(X, Y)
    with pytest.warns(ContextWarning, match="3 rows of X: X has no index of times or whole numbers"):
        bag.predict(X)
