"""A link below a run or sweep that leads elsewhere: refused, and nothing is written there."""

import pytest

from faults import tiny
from nnlab import files
from nnlab.errors import RunError


@pytest.fixture(scope="module")
def example(children, tmp_path_factory):
    """The folder of a finished run of two layers, and of a finished sweep of two cells."""
    folder = tmp_path_factory.mktemp("example")
    run = tiny.lay_out(folder)
    assert children.run("resume", run.path, "-q", folder=folder).code == 0
    ended = children.run(
        "sweep", "tiny.yaml", "--seeds", "2", "--runs-dir", "runs", "--workers", "1", "-q", folder=folder
    )
    assert ended.code == 0, ended.err
    return folder


def contents(folder):
    return sorted(
        (path, path.lstat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in folder.rglob("*")
    )


CASES = [
    ("report-md", ("report", "--format", "md")),
    ("report-tex", ("report", "--format", "tex")),
    ("report.html", ("report",)),
    ("notes.md", ("report",)),
    ("evaluation", ("eval",)),
    ("evaluation/train", ("eval", "--split", "train")),
    ("figures", ("plot", "curves")),
    ("figures/curves.png", ("plot", "curves")),
]


@pytest.mark.parametrize(("name", "command"), CASES)
def test_a_link_below_a_run_is_refused(example, folder, children, name, command):
    run, elsewhere = example / "run", folder / "elsewhere"
    (elsewhere / "inside").mkdir(parents=True)
    (elsewhere / "file").write_text("mine")
    before = contents(elsewhere)
    place = run / name
    target = elsewhere / ("file" if place.suffix else "inside")
    aside = place.with_name(f"aside-{place.name}")
    if place.exists():
        place.rename(aside)
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(target)
    try:
        ended = children.run(*command, run, folder=folder)
    finally:
        place.unlink()
        if aside.exists():
            aside.rename(place)
    assert (ended.code, ended.is_plain) == (4, True), ended
    assert f"{place} is a link, which nnlab does not follow" in ended.err
    assert contents(elsewhere) == before


@pytest.mark.parametrize("what", ["cells", "a cell"])
def test_a_link_below_a_sweep_is_refused(example, folder, children, what):
    [sweep] = (example / "runs").glob("sweep-*")
    place = sweep / "cells" if what == "cells" else min((sweep / "cells").iterdir())
    elsewhere = example / f"elsewhere-{place.name}"
    place.rename(elsewhere)
    place.symlink_to(elsewhere)
    before = contents(elsewhere)
    try:
        for command in (("sweep", sweep, "--test", "-q"), ("eval", min((sweep / "cells").iterdir()))):
            ended = children.run(*command, folder=example)
            assert (ended.code in {4, 7}, ended.is_plain) == (True, True), ended
            assert f"{place} is a link" in ended.err + ended.out
    finally:
        place.unlink()
        elsewhere.rename(place)
    assert contents(place) != [] != before


def test_every_way_of_writing_passes_the_one_rule(tmp_path):
    run, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    (run / "real").mkdir(parents=True)
    elsewhere.mkdir()
    (run / "link").symlink_to(elsewhere)
    files.write_text(run / "link" / "before", "not a run yet")
    (run / "environment.json").write_text("{}")
    for write in (files.write_text, files.write_json):
        for path in (run / "link" / "deep" / "file", run / "link"):
            with pytest.raises(RunError, match="link is a link, which nnlab does not follow"):
                write(path, "x")
    assert [path.name for path in elsewhere.iterdir()] == ["before"]
    other = tmp_path / "other"
    other.symlink_to(run)
    files.write_text(other / "real" / "file", "a run may be reached by a link")
