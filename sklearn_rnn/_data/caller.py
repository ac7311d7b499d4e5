"""Warnings that point at the line of the user."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Packages whose frames lie between the line of the user and the warning: fit is wrapped by scikit-learn, a search runs
# it through joblib, and a network through skorch. warnings.warn(skip_file_prefixes=...) needs Python 3.12.
BETWEEN = {"sklearn_rnn", "sklearn", "joblib", "skorch"}


_left: ContextVar[tuple[type[Warning], ...]] = ContextVar("left_to_caller", default=())


@contextmanager
def left_to_caller(*categories: type[Warning]) -> Iterator[None]:
    """Give no warnings of these classes within: the caller knows what they are about, and warns by itself."""
    token = _left.set((*_left.get(), *categories))
    try:
        yield
    finally:
        _left.reset(token)


def warn_caller(message: str, category: type[Warning]) -> None:
    """Warn as from the nearest line outside this package and those that call it for the user."""
    if issubclass(category, _left.get()):
        return
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").split(".")[0] in BETWEEN:
        frame = frame.f_back
        level += 1
    warnings.warn(message, category, stacklevel=level)
