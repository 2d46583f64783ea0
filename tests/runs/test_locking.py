"""One process holds a directory, and no link is followed."""

import errno
import fcntl
import os
import stat
import subprocess
import sys
import time

import pytest

from nnlab.errors import RunError, SystemFault
from nnlab.runs.locking import is_held, locked

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
    answers = [BlockingIOError(), None, BlockingIOError(), None]  # the directory's and the file's
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


@pytest.mark.slow
@pytest.mark.parametrize("kept", ["", "a file of its own"])
def test_deleting_the_file_of_the_lock_lets_nobody_in(tmp_path, kept):
    with locked(tmp_path):
        (tmp_path / ".lock").unlink()
        if kept:
            (tmp_path / ".lock").write_text(kept)
        assert is_held(tmp_path)
        assert f"{tmp_path} is in use by process {os.getpid()}" in other(tmp_path).stdout
    assert not is_held(tmp_path)
    assert other(tmp_path).stdout == "held\n"


def test_what_was_replaced_before_it_was_locked_is_opened_again(tmp_path, monkeypatch):
    flock, replaced = fcntl.flock, []

    def replace(file, how):
        if not replaced and stat.S_ISREG(os.fstat(file).st_mode):
            replaced.append((tmp_path / ".lock").unlink())
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", replace)
    with locked(tmp_path):
        assert replaced == [None]
        monkeypatch.undo()
        held = os.open(tmp_path / ".lock", os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        os.close(held)


def test_a_file_system_that_locks_only_files_is_enough(tmp_path, monkeypatch):
    flock = fcntl.flock

    def refuse(file, how):
        if stat.S_ISDIR(os.fstat(file).st_mode):
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", refuse)
    with locked(tmp_path):
        assert is_held(tmp_path)
        with pytest.raises(RunError, match="is in use by"), locked(tmp_path):
            pass
    assert not is_held(tmp_path)


TURNS = (
    "import sys, time, pathlib; from nnlab.runs.locking import in_turn\n"
    "for _ in range(50):\n"
    "    with in_turn(pathlib.Path(sys.argv[1])):\n"
    "        place = pathlib.Path(sys.argv[1]) / 'count'; number = int(place.read_text()); time.sleep(0.001)\n"
    "        place.write_text(str(number + 1))\n"
)


@pytest.mark.slow
def test_processes_take_turns_beside_a_holder_and_leave_nothing(tmp_path):
    (tmp_path / "count").write_text("0")
    with locked(tmp_path):
        turns = [subprocess.Popen([sys.executable, "-c", TURNS, tmp_path]) for _ in range(3)]
        assert [each.wait(60) for each in turns] == [0, 0, 0]
    assert (tmp_path / "count").read_text() == "150"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "count"]
