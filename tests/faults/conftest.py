"""Where commands are disturbed, what has to come of it, and the figures at the end."""

import shutil
import tempfile
from pathlib import Path

import pytest

from faults import scale, tiny
from faults.children import Children

_MEMORY = Path("/dev/shm")  # noqa: S108 -- a folder of our own in it: a disk that costs nothing to flush


@pytest.fixture(scope="session")
def shelf():
    """A folder in memory, where there is one."""
    with tempfile.TemporaryDirectory(prefix="nnlab-faults-", dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def children(shelf):
    notes = shelf / "notes"
    notes.mkdir()
    children = Children(notes)
    yield children
    children.close()


@pytest.fixture
def folder(shelf):
    folder = Path(tempfile.mkdtemp(dir=shelf))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def undisturbed(shelf, children):
    """The bits of the tiny training when nothing happens to it, and its system calls."""
    folder = shelf / "undisturbed"
    folder.mkdir()
    run = tiny.lay_out(folder)
    ended = children.run("resume", run.path, "-q", folder=folder, root=str(run.path))
    assert (ended.code, ended.err) == (0, "")
    return tiny.bits(run), ended.calls


def pytest_terminal_summary(terminalreporter):
    if not scale.FIGURES or not scale.SHARE:
        return
    terminalreporter.section("what was tried")
    width = max(len(figure.what) for figure in scale.FIGURES)
    terminalreporter.write_line(f"{'':{width}}  {'tried':>10}  {'failed':>8}  {'seconds':>8}")
    for figure in scale.FIGURES:
        numbers = f"{figure.done:>10,}  {figure.failures:>8,}  {figure.seconds:>8,.0f}"
        terminalreporter.write_line(f"{figure.what:{width}}  {numbers}")
