"""One process holds a directory, and no link is followed."""

import errno
import fcntl
import os
import subprocess
import sys
import time

import pytest

from nnlab.errors import RunError, SystemFault
from nnlab.runs.locking import locked

HOLD = (
    "import sys, pathlib; from nnlab.runs.locking import locked\n"
    "from nnlab.errors import RunError\n"
    "try:\n"
    "    with locked(pathlib.Path(sys.argv[1]), wait=float(sys.argv[2])): {held}\n"
    "except RunError as error: print(error)\n"
)


def other(directory, held="print('held')", wait=0):
    code = HOLD.format(held=held)
    return subprocess.run(
        [sys.executable, "-c", code, directory, str(wait)], capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_the_second_is_told_who_holds_it_and_nothing_is_left_behind(tmp_path):
    with locked(tmp_path):
        note = f"process {os.getpid()} on {os.uname().nodename}"
        assert (tmp_path / ".lock.holder").read_text() == note
        assert other(tmp_path).stdout == f"{tmp_path} is in use by {note}\n"
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    assert other(tmp_path).stdout == "held\n"


@pytest.mark.slow
def test_a_killed_holder_leaves_it_free(tmp_path):
    assert other(tmp_path, "import os; os.kill(os.getpid(), 9)").returncode == -9
    assert (tmp_path / ".lock.holder").exists()
    with locked(tmp_path):
        assert str(os.getpid()) in (tmp_path / ".lock.holder").read_text()


@pytest.mark.slow
def test_who_waits_gets_it_in_the_end(tmp_path):
    with locked(tmp_path):
        waiting = subprocess.Popen(
            [sys.executable, "-c", HOLD.format(held="print('held')"), tmp_path, "20"], stdout=subprocess.PIPE
        )
        time.sleep(0.5)
        assert waiting.poll() is None
    assert waiting.communicate(timeout=20)[0] == b"held\n"


def test_a_look_for_an_instant_does_not_keep_anybody_out(tmp_path, monkeypatch):
    answers = [BlockingIOError(), None]
    monkeypatch.setattr(fcntl, "flock", lambda lock, how: (answer := answers.pop(0)) and raise_(answer))
    with locked(tmp_path):
        assert answers == []


def raise_(error):
    raise error


@pytest.mark.slow
@pytest.mark.parametrize("note", [b"", b"\x1b[31mred\n", b"\xff" * 1000])
def test_a_note_that_says_nothing_good_is_printable(tmp_path, note):
    with locked(tmp_path):
        (tmp_path / ".lock.holder").write_bytes(note)
        told = other(tmp_path).stdout.removesuffix("\n")
        (tmp_path / ".lock.holder").unlink()
        assert "is in use by another process" in other(tmp_path).stdout
    assert told.isprintable()
    assert len(told) < 500


def test_no_link_is_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    precious = outside / "precious"
    precious.write_text("mine")
    (tmp_path / "run").symlink_to(outside)
    with pytest.raises(RunError, match="run is a link"), locked(tmp_path / "run"):
        pass
    held = tmp_path / "held"
    held.mkdir()
    (held / ".lock").symlink_to(precious)
    with pytest.raises(RunError, match=r"\.lock is a link"), locked(held):
        pass
    (held / ".lock").unlink()
    (held / ".lock.holder").symlink_to(precious)
    with pytest.raises(RunError, match=r"\.lock\.holder is a link"), locked(held):
        pass
    assert precious.read_text() == "mine"
    assert list(outside.iterdir()) == [precious]


def test_what_is_no_directory_or_refuses(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "missing", tmp_path / "file"):
        with pytest.raises(RunError, match="there is no run in"), locked(path):
            pass

    def refuse(*args, **kwargs):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", refuse)
        with pytest.raises(SystemFault, match=rf"{tmp_path}.*Read-only"), locked(tmp_path):
            pass
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        with locked(tmp_path):
            pass  # without a note
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        with pytest.raises(SystemFault, match=rf"{tmp_path}.*Read-only"), locked(tmp_path):
            pass
