"""Warnings that point at the line of the user."""

from __future__ import annotations

import sys
import warnings

# Packages whose frames lie between the line of the user and the warning: fit is wrapped by scikit-learn, a search runs
# it through joblib, and a network through skorch. warnings.warn(skip_file_prefixes=...) needs Python 3.12.
BETWEEN = {"sklearn_rnn", "sklearn", "joblib", "skorch"}


def warn_caller(message: str, category: type[Warning]) -> None:
    """Warn as from the nearest line outside this package and those that call it for the user."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").split(".")[0] in BETWEEN:
        frame = frame.f_back
        level += 1
    warnings.warn(message, category, stacklevel=level)
