"""The guides: their code runs, their pictures are those that the scripts draw, and their numbers are correct."""

from __future__ import annotations

import doctest
import re
import runpy
from pathlib import Path

import numpy as np
import pytest
import sklearn

from sklearn_rnn._training.lanes import Truncation, updates

DOCS = Path(__file__).parents[1] / "docs"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(DOCS.glob("*.md")) if path.stem != "changelog"}


def sections(text):
    return dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE))


WITH_CODE = [(name, title) for name, text in TEXTS.items() for title, code in sections(text).items() if ">>> " in code]


@pytest.mark.parametrize(("name", "title"), WITH_CODE)
def test_code_of_each_section_runs_by_itself(name, title, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the guide saves a state to a file here
    section = sections(TEXTS[name])[title]
    code = re.sub(r"^```.*$", "", section, flags=re.MULTILINE)
    line = TEXTS[name][: TEXTS[name].index(section)].count("\n")
    test = doctest.DocTestParser().get_doctest(code, {}, title, name, line)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    report = []
    with sklearn.config_context():  # restores the settings that the guide changes
        failed, tried = doctest.DocTestRunner(optionflags=flags).run(test, out=report.append)
    assert tried > 0
    assert failed == 0, "".join(report)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_all_code_is_run(text):
    assert sum(section.count(">>> ") for section in sections(text).values()) == text.count(">>> ")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_links_lead_to_sections(text):
    for page, anchor in re.findall(r"\]\(([\w/]+\.md)?(?:#(.*?))?\)", text):
        titles = sections(TEXTS[page] if page else text)
        assert not anchor or anchor in {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_pictures_are_drawn_by_the_scripts(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    all_named = set()
    for guide, text in TEXTS.items():
        if "](images/" not in text:
            continue
        draw = runpy.run_path(str(DOCS / f"draw_{guide.removesuffix('.md')}.py"))["draw"]
        named = {DOCS / name for name in re.findall(r"!\[.*?\]\((.*?)\)", text)}
        files = draw(tmp_path / "a")
        assert {file.name for file in files} == {file.name for file in named}
        for file, again in zip(files, draw(tmp_path / "b"), strict=True):
            assert file.read_bytes() == again.read_bytes()
        all_named |= named
    assert all_named == set((DOCS / "images").iterdir())


def test_table_of_lanes_is_correct():
    rows = re.findall(
        r"^\| (\d+)(?: \(default\))? \| (\d+) \| (\d+) \|$",
        sections(TEXTS["time.md"])["Lanes: batch_size"],
        re.MULTILINE,
    )
    assert len(rows) == 4
    for n_lanes, n_segments, n_updates in ((int(cell) for cell in row) for row in rows):
        segments = Truncation(50, 50, stateful=True).segments(np.array([1000]), np.array([0]), n_lanes)
        assert len(segments) == n_segments
        assert len(updates(segments.chunks, n_lanes, np.arange(n_segments))[2]) == n_updates


def test_figures_about_memory_are_made_by_the_script():
    table = runpy.run_path(str(DOCS / "compare_memory.py"))["main"](n_rows=600, seeds=(0,), shrink=100)
    rows = re.findall(
        r"^\| ([^|]*?) \| ([\d.]+) \|.*$", sections(TEXTS["which.md"])["How the network remembers"], re.MULTILINE
    )
    assert [name for name, _ in rows] == list(table.index)
    assert (table["error"] > 0).all()
    assert table["training time"].min() == 1
    exact = {"windows of 72": (32 * 72, 72), "state, tbptt=(24, 72)": (8 * 72, 1)}
    for name, work in exact.items():
        assert tuple(table.loc[name, ["steps per update", "steps per prediction"]]) == work
