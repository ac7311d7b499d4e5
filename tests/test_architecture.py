"""The house: imports point downward only, inside folders too, and the numpy side never imports torch."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import sklearn_rnn

PACKAGE = Path(sklearn_rnn.__file__).parent

# From the bottom up. A file may import from lines above the one that names it or its folder; within a folder imports
# must not form a circle, so that they point downward there, too.
FLOORS = [
    {"exceptions"},
    {"_data", "_networks", "datasets"},
    {"_training", "preprocessing", "lags"},
    {"stream", "pipeline_stream", "display"},
    {"_estimators"},
    {"regressors", "classifiers", "encoder_decoder"},
    {"forecasting"},
    {"__init__"},
]
FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names}
WITHOUT_TORCH = {"exceptions", "_data", "preprocessing", "datasets", "lags", "display"}
LONGEST = 400  # lines; a longer file has a second purpose
FILES = sorted(PACKAGE.rglob("*.py"))


def module(path):
    """Absolute name of the module in a file."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(path) for path in FILES}


def imports(path):
    """Absolute names of the modules that a file imports."""
    package = ["sklearn_rnn", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])
            named = base if node.level else node.module
            for alias in node.names:
                submodule = f"{named}.{alias.name}"
                yield submodule if submodule in MODULES else named


def place(name):
    """The file or folder right below the package that a module belongs to."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downward(path):
    own = place(module(path))
    for name in imports(path):
        if name.split(".")[0] == "sklearn_rnn" and place(name) != own:
            assert FLOOR[place(name)] < FLOOR[own], f"{own} imports {name}"
        if own in WITHOUT_TORCH:
            assert name.split(".")[0] not in {"torch", "skorch"}, f"{own} imports {name}"


def test_no_imports_form_a_circle():
    graph = {module(path): {name for name in imports(path) if name in MODULES} for path in FILES}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_every_file_has_a_floor():
    assert {place(module(path)) for path in FILES} == set(FLOOR)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_are_short(path):
    assert len(path.read_text().splitlines()) <= LONGEST
