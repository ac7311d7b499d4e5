"""Signatures, documented parameters and siblings agree."""

from __future__ import annotations

import inspect
import re

import pytest

import sklearn_rnn

REGRESSORS = [getattr(sklearn_rnn, f"{cell}Regressor") for cell in ("RNN", "LSTM", "GRU")]
CLASSIFIERS = [getattr(sklearn_rnn, f"{cell}Classifier") for cell in ("RNN", "LSTM", "GRU")]
ESTIMATORS = [*REGRESSORS, *CLASSIFIERS, sklearn_rnn.EncoderDecoderRegressor]
PUBLIC = [getattr(sklearn_rnn, name) for name in sklearn_rnn.__all__ if not name.endswith("Warning")]


def defaults(estimator):
    parameters = inspect.signature(estimator).parameters
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters.values())
    return {name: p.default for name, p in parameters.items()}


def section(doc, title):
    return re.search(rf"^{title}\n-+\n(.*?)(?=^\S[^\n]*\n-{{3,}}\n|\Z)", doc, re.DOTALL | re.MULTILINE).group(1)


@pytest.mark.parametrize("siblings", [REGRESSORS, CLASSIFIERS], ids=["regressors", "classifiers"])
def test_siblings_have_the_same_parameters(siblings):
    simple, *others = (defaults(estimator) for estimator in siblings)
    assert simple.pop("nonlinearity") == "tanh"
    assert others == [simple, simple]
    assert list(others[0]) == list(simple)


def test_regressors_and_classifiers_differ_where_they_must():
    regressor, classifier = defaults(REGRESSORS[1]), defaults(CLASSIFIERS[1])
    assert set(regressor) - set(classifier) == {"quantile", "normalize_y"}
    assert set(classifier) - set(regressor) == {"class_weight"}
    shared = set(regressor) & set(classifier) - {"loss"}
    assert {name: regressor[name] for name in shared} == {name: classifier[name] for name in shared}


def test_encoder_decoder_differs_from_its_siblings_where_it_must():
    sibling, own = defaults(sklearn_rnn.LSTMRegressor), defaults(sklearn_rnn.EncoderDecoderRegressor)
    assert set(sibling) - set(own) == {"bidirectional", "return_sequences", "stateful", "tbptt"}
    assert set(own) - set(sibling) == {"cell", "nonlinearity", "decoder", "teacher_forcing"}
    shared = [name for name in own if name in sibling]
    assert shared == [name for name in sibling if name in own]
    assert [own[name] for name in shared] == [sibling[name] for name in shared]


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_documented_defaults_are_those_of_the_signature(estimator):
    documented = re.findall(r"^(\w+) : .*, default=(.*)$", section(estimator.__doc__, "Parameters"), re.MULTILINE)
    assert documented == [(name, repr(default)) for name, default in defaults(estimator).items()]


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_parameter_is_constrained_and_stored(estimator):
    assert set(estimator._parameter_constraints) == set(defaults(estimator))
    assert estimator().get_params() == defaults(estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_references_are_numbered_and_cited(estimator):
    listed = re.findall(r"^\.\. \[(\d+)\]", section(estimator.__doc__, "References"), re.MULTILINE)
    assert listed == [str(i + 1) for i in range(len(listed))]
    cited = set(re.findall(r"\[(\d+)\]_", estimator.__doc__))
    assert cited <= set(listed)
    assert "[]_" not in estimator.__doc__


@pytest.mark.parametrize("item", PUBLIC, ids=lambda item: item.__name__)
def test_public_docstrings_are_complete(item):
    doc = inspect.cleandoc(item.__doc__)
    assert section(doc, "Parameters").strip()
    assert ">>> " in section(doc, "Examples")
    methods = inspect.getmembers(item, inspect.isfunction) if isinstance(item, type) else []
    for name, method in methods:
        if not name.startswith("_") and method.__module__.startswith("sklearn_rnn"):
            text = inspect.getdoc(method)
            for parameter in list(inspect.signature(method).parameters)[1:]:
                assert re.search(rf"\b{parameter}\b", section(text, "Parameters")), (
                    f"{item.__name__}.{name}: {parameter}"
                )
