"""What is reported of which addresses, where it goes, and where its links lead from there."""

import json
import os
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from support.written import write_run, write_sweep

from nnlab.errors import RunError, UsageError
from nnlab.report import addresses, report
from nnlab.report.addresses import Written
from nnlab.report.content import Comment, Document, Section, Table, TableCell


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """A folder of two runs and a sweep, named as a user would from beside it; reports are short."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(addresses, "run_report", lambda run: _brief("a run", run.name))
    monkeypatch.setattr(addresses, "comparison_report", _compared)
    for name in ("first", "second"):
        write_run(Path("runs", name))
    write_sweep(Path("runs", "sweep-x"), {"seed": [0, 1]}, [({"seed": seed}, {}) for seed in (0, 1)])
    return Path("runs")


def _brief(title, subtitle, *blocks):
    return Document(title, subtitle, (Section("all", "All", (*blocks, Comment("why", "Why?"))),))


def _compared(found, folder):
    """A comparison of nothing but links to the runs."""
    places = [Path(os.path.relpath(run.path, folder)).as_posix() for run in found.runs]
    rows = tuple((TableCell(place, address=place),) for place in places)
    return _brief("a comparison", "", Table("runs", "Runs.", ("run",), rows))


def links(page):
    return [unquote(address) for address in re.findall(r'<a href="(\./[^"]*)"', page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("address", ["first", "runs/first", "runs/first/", "./runs//first/.", "fir"])
def test_a_run_by_any_address(runs, address):
    assert report([address], runs) == Written(Path("runs/first/report.html"), Path("runs/first/notes.md"), {})
    assert "<h1>a run</h1>" in Path("runs/first/report.html").read_text(encoding="utf-8")


def test_a_run_from_within(runs, monkeypatch):
    monkeypatch.chdir("runs/first")
    here = Path.cwd()
    assert report(["."], runs) == Written(here / "report.html", here / "notes.md", {})
    assert Path("notes.md").is_file()


@pytest.mark.parametrize("address", ["sweep-x", "runs/sweep-x/"])
def test_a_sweep_by_any_address(runs, address):
    folder = Path("runs/sweep-x")
    assert report([address], runs) == Written(folder / "report.html", folder / "notes.md", {})
    assert links(Path("runs/sweep-x/report.html")) == ["./cells/000", "./cells/001"]


def test_where_a_run_and_a_sweep_begin_alike_the_run_is_meant(runs):
    write_run(runs / "sweep-xy")
    write_sweep(runs / "sweep-xyz", {"seed": [0]}, [({"seed": 0}, {})])
    assert report(["sweep-xy"], runs).file == Path("runs/sweep-xy/report.html")


@pytest.mark.parametrize("output", [None, "page.html", "elsewhere", "elsewhere/deep/page.html"])
@pytest.mark.parametrize("asked", [("first", "second"), ("sweep-x",), ("runs",)])
def test_links_lead_to_the_runs_from_wherever_the_page_is(runs, asked, output):
    Path("elsewhere/deep").mkdir(parents=True)
    page = report(asked, runs, output=output and Path(output)).file
    found = links(page)
    assert len(found) >= 2
    assert all((page.parent / link).exists() for link in found)


def test_each_comparison_has_a_page_and_notes_of_its_own(runs):
    asked = ("first", "second")
    usual, turned, other = (
        report(asked, runs),
        report(asked[::-1], runs),
        report(asked, runs, output=Path("x.html")),
    )
    papers = [report(asked, runs, form, Path("paper")) for form in ("md", "tex")]
    assert len({each.file for each in (usual, turned, other, *papers)}) == 5
    assert report(asked, runs) == usual
    assert usual.file.match("runs/comparison-????????.html")
    assert usual.notes == usual.file.with_name(f"{usual.file.stem}-notes.md")
    assert other.notes == Path("x-notes.md")
    assert {each.notes.parent for each in papers} == {Path("paper")}
    for each in (usual, turned, other, *papers):
        assert each.notes.read_text(encoding="utf-8").endswith("---\n\n## Why?\n")
    assert "<code>x-notes.md</code>" in other.file.read_text(encoding="utf-8")
    other.notes.write_text("## Why?\n\nFor fun.\n", encoding="utf-8")
    for output in (Path("x.html"), None):
        report(asked, runs, output=output)
    assert "For fun." in other.file.read_text(encoding="utf-8")
    assert "For fun." not in usual.file.read_text(encoding="utf-8")


def test_a_folder_that_is_not_there_is_not_made(runs):
    with pytest.raises(UsageError, match="folder nowhere/deep does not exist"):
        report(["first"], runs, output=Path("nowhere/deep/page.html"))
    assert not Path("nowhere").exists()


def test_what_is_missing_is_told(runs):
    written = report(["first", "nowhere"], runs)
    assert written.file.match("runs/comparison-*.html")
    assert list(written.missing) == ["nowhere"]


def test_a_folder_that_cannot_be_looked_at_is_no_folder_of_runs(runs):
    for address in ("\0", "a" * 5000):
        with pytest.raises(RunError, match=r"'(\W|a{20})"):
            report([address], runs)


def test_a_sweep_without_cells_and_a_folder_without_runs(runs):
    Path("empty").mkdir()
    with pytest.raises(RunError, match=r"'empty' .*, and the folder contains no runs"):
        report(["empty"], runs)
    told = {"name": "x", "axes": {}, "cells": []}
    Path("runs/sweep-x/sweep.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(RunError, match="sweep-x has no runs"):
        report(["sweep-x"], runs)


def test_an_index_is_a_page(runs):
    assert report(["runs"], runs) == Written(Path("runs/index.html"), None, {})
    with pytest.raises(UsageError, match="--format tex: runs contains runs"):
        report(["runs"], runs, "tex")
