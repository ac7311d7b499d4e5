"""Every public signature is that of the stored list: a change of it is a decision, and shows in a review.

`python tests/test_signatures.py` writes the list anew.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import sklearn_rnn
from sklearn_rnn import datasets, display, forecasting, lags, preprocessing

STORED = Path(__file__).with_name("signatures.txt")


def plain(signature):
    """A signature without its annotations, which may be refined."""
    parameters = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty))


def public_methods(item):
    """The methods of a class that are of this package, by name."""
    for name, method in inspect.getmembers(item, callable):
        if not name.startswith("_") and getattr(method, "__module__", "").startswith("sklearn_rnn"):
            yield name, method


def signatures():
    """A line per public function, class and method."""
    for module in (sklearn_rnn, preprocessing, forecasting, display, datasets, lags):
        for name in sorted(getattr(module, "__all__", [])):
            item = getattr(module, name)
            if isinstance(item, type) and issubclass(item, Warning):
                continue
            full = f"{module.__name__}.{name}"
            yield f"{full}{plain(inspect.signature(item))}"
            if module is sklearn_rnn and isinstance(item, type):
                yield from (f"{full}.{method}{plain(inspect.signature(f))}" for method, f in public_methods(item))


def test_public_signatures_are_the_stored_ones():
    assert list(signatures()) == STORED.read_text().splitlines()


if __name__ == "__main__":
    STORED.write_text("\n".join(signatures()) + "\n")
