"""How parameters are stated, and how an estimator gets constructor, checks and docstring from them."""

from __future__ import annotations

import inspect
import re
from dataclasses import Field, dataclass, field, fields
from itertools import chain, count
from textwrap import indent
from typing import Any, ClassVar, TypeVar, dataclass_transform

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import InvalidParameterError, StrOptions

from .._data.names import did_you_mean

T = TypeVar("T", bound=type)

HEADER = re.compile(r"^(See Also|Notes|References|Examples)\n-+$", re.MULTILINE)


# Signatures list parameters in the order in which they are stated, whatever order groups are inherited in.
_order = count()


def parameter(*, default: Any, constraint: list[Any], kind: str, text: str, sources: tuple[str, ...] = ()) -> Any:
    """State a parameter of an estimator, as a field of a dataclass.

    Parameters
    ----------
    default : object
        Its default, which must be immutable.
    constraint : list
        What it may be, as scikit-learn's `_parameter_constraints` has it.
    kind, text : str
        Its type and its description in the docstring.
    sources : tuple of str, optional
        The papers behind it, in the order of the marks ``[]_`` in the text.
    """
    stated = {"constraint": constraint, "kind": kind, "text": text, "sources": sources, "order": next(_order)}
    return field(default=default, metadata=stated)


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(parameter,))
def parameter_group(cls: T) -> T:
    """Make a class a group of parameters, for estimators to inherit."""
    dataclass(kw_only=True, eq=False, repr=False)(cls)  # eq and repr stay those of scikit-learn's BaseEstimator
    return cls


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(parameter,))
def estimator(cls: T) -> T:
    """Give a class the constructor, the constraints and the docstring that its parameters state.

    Its bases are groups of parameters (see `parameters`); those of its own are stated in its body likewise.
    """
    made: Any = parameter_group(cls)
    stated = sorted(fields(made), key=lambda item: item.metadata["order"])
    # A dataclass lists fields base after base. All are keyword-only, so that the order is free for readers.
    signature = inspect.signature(made.__init__)
    own = [signature.parameters[name] for name in ("self", *(item.name for item in stated))]
    made.__init__.__signature__ = signature.replace(parameters=own)
    made._parameter_constraints = {item.name: item.metadata["constraint"] for item in stated}
    made.__doc__ = _documented(made, stated)
    return cls


class DeclaredEstimator(BaseEstimator):
    """Base of estimators whose parameters are stated: an unknown option raises an error with the one that is meant."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {}

    def _validate_params(self) -> None:
        try:
            super()._validate_params()
        except InvalidParameterError as error:
            stated = re.match(r"The '(\w+)' parameter", str(error))
            raise InvalidParameterError(f"{error}{self._hint(stated[1]) if stated else ''}") from None

    def _hint(self, name: str) -> str:
        options = (each.options for each in self._parameter_constraints[name] if isinstance(each, StrOptions))
        return did_you_mean(name, getattr(self, name), chain.from_iterable(options))


def _documented(cls: Any, stated: list[Field[Any]]) -> str:
    """Put the sections of parameters and attributes into a docstring, and the papers they cite behind its own."""
    doc = inspect.cleandoc(cls.__doc__ or "").rstrip() + "\n"
    references = re.findall(r"^\.\. \[\d+\]", doc, re.MULTILINE)
    papers: dict[str, int] = {}
    parameters = []
    for item in stated:
        text = item.metadata["text"]
        for paper in item.metadata["sources"]:
            number = papers.setdefault(paper, len(references) + len(papers) + 1)
            text = text.replace("[]_", f"[{number}]_", 1)
        parameters.append(f"{item.name} : {item.metadata['kind']}, default={item.default!r}\n{indent(text, '    ')}")
    attributes = [f"{name} : {kind}\n{indent(text, '    ')}" for name, (kind, text) in cls._attributes().items()]
    sections = [_section("Parameters", parameters), _section("Attributes", attributes)]
    start = HEADER.search(doc)
    place = start.start() if start else len(doc)
    doc = doc[:place] + "\n".join(sections) + "\n" + doc[place:]
    cited = "".join(f".. [{number}] {indent(paper, '   ').lstrip()}\n" for paper, number in papers.items())
    return _appended(doc, "References", cited)


def _section(title: str, items: list[str]) -> str:
    return f"{title}\n{'-' * len(title)}\n" + "\n".join(items) + "\n"


def _appended(doc: str, title: str, lines: str) -> str:
    """Append lines to a section of a docstring, which is made before the examples if it is not there."""
    if not lines:
        return doc
    begins = {match[1]: match.start() for match in HEADER.finditer(doc)}
    if title not in begins:
        place = begins.get("Examples", len(doc))
        return doc[:place] + f"{title}\n{'-' * len(title)}\n{lines}\n" + doc[place:]
    place = min((begin for begin in begins.values() if begin > begins[title]), default=len(doc))
    return doc[:place].rstrip() + f"\n{lines}\n" + doc[place:]
