"""One fitted estimator and how windows go into it: as sequences, or as a lag table."""

from __future__ import annotations

import copy
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state, get_tags

from .._data.caller import left_to_caller
from .._data.sequences import Array, Ints
from .._data.windows import Windows
from ..exceptions import ContextWarning, SkillWarning

# Windows that can't be views are predicted in pieces of about this many numbers.
PIECE = 4_000_000


def takes_sequences(estimator: Any) -> bool:
    """Tell whether an estimator reads windows as sequences of steps, and not as rows of a table.

    Raises
    ------
    ValueError
        If the last step of a pipeline does, but one before does not.
    """
    if not _takes_three_d(_last(estimator)):
        return False
    if isinstance(estimator, Pipeline):
        before = (step for _, step in estimator.steps[:-1] if step not in (None, "passthrough"))
        tables = [type(step).__name__ for step in before if not _takes_three_d(step)]
        if tables:
            raise ValueError(
                f"{tables[0]} comes before {type(_last(estimator)).__name__} in the estimator, but takes tables alone, "
                f"no windows; wrap a scaler, as in SequenceScaler({tables[0]}()), or put it before the forecaster."
            )
    return True


def predicts_sequences(estimator: Any) -> bool:
    """Tell whether an estimator learns y of shape (n, steps, n_outputs)."""
    return bool(getattr(type(_last(estimator)), "_predicts_sequences", False))


def predicts_several(estimator: Any) -> bool:
    """Tell whether an estimator learns several outputs at once."""
    return bool(get_tags(_last(estimator)).target_tags.multi_output)


def seeded(estimator: Any, random_state: Any) -> Any:
    """Set every `random_state` of an estimator that is None, and return it."""
    if random_state is None:
        return estimator
    random_state = check_random_state(random_state)
    # Sorted, so that a seed means the same whatever the order of steps and parameters.
    params = estimator.get_params()
    unset = [name for name in sorted(params) if name.split("__")[-1] == "random_state" and params[name] is None]
    return estimator.set_params(**{name: int(random_state.randint(2**31 - 1)) for name in unset})


def has_quantile(estimator: Any) -> bool:
    """Tell whether an estimator, or the last step of a pipeline, has a parameter `quantile`."""
    return f"{_prefix(estimator)}quantile" in estimator.get_params()


def learning_quantile(estimator: Any, quantile: float) -> Any:
    """Make an estimator learn a quantile, and return it."""
    names, last = estimator.get_params(), _prefix(estimator)
    # Networks and gradient boosting have a loss to set; QuantileRegressor has no other.
    loss = {f"{last}loss": "quantile"} if f"{last}loss" in names else {}
    return estimator.set_params(**{f"{last}quantile": quantile}, **loss)


def _prefix(estimator: Any) -> str:
    """Return what comes before the names of parameters of the last step of a pipeline."""
    return f"{estimator.steps[-1][0]}__" if hasattr(estimator, "steps") else ""


def learns_on(estimator: Any) -> bool:
    """Return True; raise an error if an estimator, or the last step of a pipeline, has no `partial_fit`.

    An AttributeError, so that the method is there only where it can run, as in scikit-learn.
    """
    learns = estimator
    while isinstance(learns, Pipeline):
        learns = learns.steps[-1][1]
    if not hasattr(learns, "partial_fit"):
        raise AttributeError(
            f"{type(learns).__name__} has no partial_fit, so it can't go on learning from new rows. Use one that has, "
            "such as SGDRegressor or an estimator of this package; or fit anew on all rows; or read the new rows "
            "without learning from them, by forecast(history=)."
        )
    return True


def _last(estimator: Any) -> Any:
    """Return the estimator that learns, behind the steps of pipelines and within searches and target transformers."""
    if isinstance(estimator, Pipeline):
        return _last(estimator.steps[-1][1])
    inner = getattr(estimator, "estimator", None) or getattr(estimator, "regressor", None)
    return estimator if inner is None else _last(inner)


def _takes_three_d(estimator: Any) -> bool:
    return bool(get_tags(estimator).input_tags.three_d_array)


class Model:
    """An estimator of changes, or values, from windows.

    Parameters
    ----------
    estimator : object
        A regressor of scikit-learn's kind; a clone of it is fitted.
    relative : ndarray of shape (n_relative,)
        Columns that are counted from their newest value in each window.
    means : ndarray of shape (n_inputs,)
        What stands for values before a series in a lag table. Sequences leave such steps out.
    """

    def __init__(self, estimator: Any, relative: Ints, means: Array) -> None:
        self.estimator = clone(estimator)
        self.takes_sequences = takes_sequences(estimator)
        self.relative = relative
        self.filling = means.copy()
        self.filling[relative] = 0.0  # no change from the newest value

    def fit(self, windows: Windows, y: Array) -> Self:
        """Fit; y is (n, n_outputs) or, for sequences of outputs, (n, steps, n_outputs)."""
        with left_to_caller(SkillWarning):  # skill_ measures forecasts, in the units of the target
            self.estimator.fit(self._input(windows), y[:, 0] if y.shape[1:] == (1,) else y)
        return self

    def partial_fit(self, windows: Windows, y: Array) -> Model:
        """Return a copy whose estimator has learned from further windows by its own `partial_fit`."""
        new = copy.copy(self)
        new.estimator = copy.deepcopy(self.estimator)  # estimators of scikit-learn change their weights in place
        _learn_on(new.estimator, self._input(windows), y[:, 0] if y.shape[1:] == (1,) else y)
        return new

    def predict(self, windows: Windows) -> Array:
        """Return the predictions of the estimator, a row per window."""
        size = len(windows) if self._reads_views else max(1, PIECE // (windows.shape[1] * windows.shape[2]))
        pieces = (windows[begin : begin + size] for begin in range(0, len(windows), size))
        with left_to_caller(ContextWarning):  # the forecaster itself knows which rows have no past
            predicted = [np.asarray(self.estimator.predict(self._input(piece)), dtype=np.float64) for piece in pieces]
        return np.concatenate([each.reshape(len(each), -1) for each in predicted])

    @property
    def _reads_views(self) -> bool:
        return self.takes_sequences and len(self.relative) == 0

    def _input(self, windows: Windows) -> Any:
        if self._reads_views:
            return windows
        values = np.array(windows)  # a copy: differences must not reach the table
        values[:, :, self.relative] -= values[:, -1:, self.relative]
        if self.takes_sequences:
            return values
        return np.where(np.isnan(values), self.filling, values).reshape(len(values), -1)


def _learn_on(estimator: Any, X: Any, y: Array) -> None:
    """Train a fitted estimator on further samples; transformers of a pipeline stay as they are."""
    if isinstance(estimator, Pipeline):
        for _, step in estimator.steps[:-1]:
            X = X if step in (None, "passthrough") else step.transform(X)
        _learn_on(estimator.steps[-1][1], X, y)
        return
    stops_early = getattr(estimator, "early_stopping", False)
    if stops_early:  # which holds data out; partial_fit of most estimators raises an error for it
        estimator.set_params(early_stopping=False)
    estimator.partial_fit(X, y)
    if stops_early:
        estimator.set_params(early_stopping=stops_early)
