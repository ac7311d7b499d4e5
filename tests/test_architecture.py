"""The house: imports point downward only, and the numpy side never imports torch."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import sklearn_rnn

PACKAGE = Path(sklearn_rnn.__file__).parent

# From the bottom up; a module may import from lines above its own, and within its own line from nothing.
LAYERS = [
    {"_sequences", "_modules", "_losses", "_docs"},
    {"_encoder_decoder", "_windows", "datasets"},
    {"_forms"},
    {"_series"},
    {"_reading", "lags"},
    {"display"},
    {"preprocessing", "_targets", "_step"},
    {"_validation", "_data", "_lanes"},
    {"_running"},
    {"_net", "_tbptt", "stream"},
    {"_carried"},
    {"_training"},
    {"_estimator"},
    {"_regression", "_classification"},
    {"regressors", "classifiers", "encoder_decoder"},
    {"forecasting"},
    {"__init__"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
WITHOUT_TORCH = {
    "_sequences",
    "_windows",
    "_forms",
    "_series",
    "_reading",
    "_step",
    "_targets",
    "_validation",
    "_lanes",
    "preprocessing",
    "datasets",
    "lags",
    "display",
}
FILES = sorted(PACKAGE.rglob("*.py"))


def place(path):
    """The part of the house that a file belongs to: its module, or its subpackage."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else path.stem


def imports(path):
    """Absolute names of everything that a file imports."""
    package = ["sklearn_rnn", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            yield ".".join([*base, node.module] if node.module else base)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downward(path):
    own = place(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "sklearn_rnn" and len(parts) > 1 and parts[1] != own:
            assert LEVEL[parts[1]] < LEVEL[own], f"{own} imports {name}"
        if own in WITHOUT_TORCH:
            assert parts[0] not in {"torch", "skorch"}, f"{own} imports {name}"


def test_every_file_has_a_level():
    assert {place(path) for path in FILES} == set(LEVEL)
