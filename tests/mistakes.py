"""Mistakes: what a user may do, with the exact message of the error, and the sentences that several messages share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest


def changed(X, place, value):
    """A copy of an array, or of a list of arrays, with another value at a place."""
    if isinstance(X, list):
        return [changed(item, place[1:], value) if i == place[0] else item for i, item in enumerate(X)]
    X = np.array(X, dtype=float)
    X[place] = value
    return X


@dataclass(frozen=True)
class Mistake:
    """What a user may do, and the whole message, or a pattern for it where scikit-learn or numpy words it."""

    name: str
    act: Callable[..., Any]
    message: str | re.Pattern[str]
    error: type[Exception] = ValueError

    def check(self, *args):
        """Make the mistake: it must raise its error with its message."""
        with pytest.raises(self.error) as raised:
            self.act(*args)
        assert_message(str(raised.value), self.message)


def assert_message(message, expected):
    if isinstance(expected, re.Pattern):
        assert expected.fullmatch(message), message
    else:
        assert message == expected


def cases(mistakes):
    """Parameters of a test: one per mistake, each with a name of its own."""
    names = [mistake.name for mistake in mistakes]
    assert len(set(names)) == len(names)
    return [pytest.param(mistake, id=mistake.name) for mistake in mistakes]


IMPUTE = "fill it in, for example with SequenceImputer."
IMPUTE_UNIVARIATE = (
    "fill it in, for example with SequenceImputer (of X[:, :, None] where X is 2-D, a sequence per row)."
)
FORMS = "expected a 2-D table, a 3-D array (sequences, steps, features), or a list of arrays (steps, features)."
SCALE = "replace or clip it, or scale X first."
ENCODE = "encode categories first, for example with SequenceOneHotEncoder."
DROP = (
    "encode or drop them first, for example with sklearn.compose.make_column_transformer and "
    "sklearn.preprocessing.OneHotEncoder."
)
KEEP_INDEX = "keep the index of X, by set_output(transform='pandas') on the pipeline or the transformer"
LOST = (
    "X has lost its series: {} was fitted on series that an index or series= tells apart, but X tells none (a "
    f"transformer returned a plain array, or series= was left out) and would be read as one series. Either {KEEP_INDEX}, "
    "or pass series={} (one id per row)."
)
NOT_IN_ORDER = (
    "X is not in time order: row 1 (index 10) comes after row 0 (index 11), of the same series. Sort X, and y with it, "
    "for example with X.sort_index(); if X holds several series, give series= or an index of two levels; and split with "
    "TimeSeriesSplit or shuffle=False, never by shuffling."
)
NOT_FOLLOWING = (
    "X is windows of one lag, which with return_sequences=True are the steps of their series, but window {} does not "
    "directly follow window {} of the same series: they were shuffled or picked. Take slices, or split with "
    "TimeSeriesSplit or shuffle=False."
)
ONE_DIMENSION = re.compile(
    r"Expected 2D array, got 1D array instead, of shape \(\d+,\)\. Reshape your data, by X\.reshape\(-1, 1\) if it is one "
    r"feature or X\.reshape\(1, -1\) if it is one row\."
)
