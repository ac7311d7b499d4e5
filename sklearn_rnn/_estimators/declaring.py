"""The decorator that makes an estimator of its parameters: constructor, checks and docstring."""

from __future__ import annotations

import inspect
import re
from dataclasses import Field, dataclass
from textwrap import indent
from typing import Any, TypeVar, dataclass_transform

from .parameters import parameter

T = TypeVar("T", bound=type)

HEADER = re.compile(r"^(See Also|Notes|References|Examples)\n-+$", re.MULTILINE)


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(parameter,))
def estimator(cls: T) -> T:
    """Give a class the constructor, the constraints and the docstring that its parameters state.

    Its bases are groups of parameters (see `parameters`); parameters of its own are stated in its body likewise.
    """
    dataclass(kw_only=True, eq=False, repr=False)(cls)
    stated = sorted(cls.__dataclass_fields__.values(), key=lambda field: field.metadata["order"])
    # dataclass lists fields by base class. All are keyword-only, so the order is free, and readers want that of the text.
    signature = inspect.signature(cls.__init__)
    own = [signature.parameters[name] for name in ("self", *(field.name for field in stated))]
    cls.__init__.__signature__ = signature.replace(parameters=own)
    cls._parameter_constraints = {field.name: field.metadata["constraint"] for field in stated}
    cls.__doc__ = _documented(cls, stated)
    return cls


def _documented(cls: Any, stated: list[Field[Any]]) -> str:
    """Put the sections of parameters and attributes into a docstring, and the papers they cite behind its own."""
    doc = inspect.cleandoc(cls.__doc__ or "").rstrip() + "\n"
    references = re.findall(r"^\.\. \[\d+\]", doc, re.MULTILINE)
    papers: dict[str, int] = {}
    parameters = []
    for field in stated:
        text = field.metadata["text"]
        for paper in field.metadata["sources"]:
            number = papers.setdefault(paper, len(references) + len(papers) + 1)
            text = text.replace("[]_", f"[{number}]_", 1)
        parameters.append(f"{field.name} : {field.metadata['kind']}, default={field.default!r}\n{indent(text, '    ')}")
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
