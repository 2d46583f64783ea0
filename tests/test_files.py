"""Files are written whole or not at all."""

import errno
import os
import re
import subprocess
import sys

import pytest

from nnlab import files
from nnlab.errors import RunError, SystemFault


def leftovers(directory):
    return sorted(path.name for path in directory.iterdir())


def test_content_arrives_and_directories_are_made(tmp_path):
    path = tmp_path / "a" / "b" / "ü.json"
    files.write_json(path, {"x": "é"})
    assert path.read_text(encoding="utf-8").startswith('{\n  "format": 2,\n  "x": "é",\n  "check": "')
    assert files.read_json(path) == {"x": "é"}
    assert leftovers(path.parent) == ["ü.json"]


def test_an_error_in_the_block_leaves_the_old_content(tmp_path):
    path = tmp_path / "f"
    files.write_text(path, "old")

    def interrupted():
        with files.replacing(path) as file:
            file.write(b"half")
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        interrupted()
    assert path.read_text() == "old"
    assert leftovers(tmp_path) == ["f"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_an_error_of_the_disk_names_the_path_and_cleans_up(tmp_path, monkeypatch, call):
    path = tmp_path / "f"
    files.write_text(path, "old")

    def fail(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, fail)
    if call == "replace":
        monkeypatch.setattr(type(path), "replace", fail)
    with pytest.raises(SystemFault, match=r"/f\b.*No space left on device"):
        files.write_text(path, "new")
    assert path.read_text() == "old"
    assert leftovers(tmp_path) == ["f"]


def test_a_full_device_is_a_fault():
    with pytest.raises(SystemFault, match=r"/dev/full/x.*File exists"):
        files.write_text(files.Path("/dev/full/x"), "new")


@pytest.mark.slow
def test_killed_before_the_rename_the_old_content_stays(tmp_path):
    path = tmp_path / "f"
    files.write_text(path, "old")
    code = (
        "import os, sys, pathlib; from nnlab import files\n"
        "with files.replacing(pathlib.Path(sys.argv[1])) as f:\n"
        "    f.write(b'new'); f.flush(); os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == -9
    assert path.read_text() == "old"


def test_a_fault_of_the_directory_is_told_after_the_new_content_is_there(tmp_path, monkeypatch):
    path = tmp_path / "f"
    files.write_text(path, "old")

    def fail(directory):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(files, "sync_directory", fail)
    with pytest.raises(SystemFault, match=r"/f\b.*Input/output error"):
        files.write_text(path, "new")
    assert path.read_text() == "new"
    assert leftovers(tmp_path) == ["f"]


def test_the_names_of_new_directories_are_made_to_last(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(files, "sync_directory", synced.append)
    files.make_directory(tmp_path / "a" / "b")
    assert set(synced) == {tmp_path, tmp_path / "a"}
    synced.clear()
    files.make_directory(tmp_path / "a" / "b")
    assert synced == []


@pytest.mark.slow
def test_a_write_without_room_for_it_leaves_nothing(tmp_path):
    code = (
        "import sys, pathlib, resource; from nnlab import files; from nnlab.errors import RunError, SystemFault\n"
        "import numpy as np\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "for write in (lambda f: f.write(bytes(9000)), lambda f: np.savez(f, a=np.zeros(9000))):\n"
        "    try:\n"
        "        with files.replacing(path) as file: write(file)\n"
        "    except SystemFault as error: print(error)\n"
    )
    path = tmp_path / "f"
    path.write_text("old")
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert re.fullmatch(rf"(.* {path}\b.*File too large\n){{2}}", done.stdout)
    assert path.read_text() == "old"
    assert leftovers(tmp_path) == ["f"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is damaged: Expecting value"),
        (b"\xff", "is damaged: "),
        (b"[1]", "is not a JSON object"),
        (b"[" * 100_000, "is damaged: it is nested too deep"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is damaged: Exceeds the limit"),
        (b" " * 2000, r"is damaged: it has more than 1,000 bytes"),
    ],
)
def test_json_that_is_none_is_told(tmp_path, monkeypatch, content, message):
    monkeypatch.setattr(files, "_LARGEST", 1000 if content.isspace() else 10**6)
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(RunError, match=rf"x\.json {message}"):
        files.read_json(path)


def test_only_plain_files_are_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RunError, match="it is no plain file"):
        files.read_json(tmp_path / "pipe")
    with pytest.raises(RunError, match="is missing"):
        files.read_json(tmp_path / "nothing")
    with pytest.raises(RunError, match="Is a directory"):
        files.read_json(tmp_path)


def test_what_killed_processes_left_is_removed_and_nothing_else(tmp_path):
    for name in (".f.0123abcd.tmp", ".f.tmp", "f.0123abcd.tmp", ".f.0123abcg.tmp", "f"):
        (tmp_path / name).touch()
    files.remove_leftovers(tmp_path)
    assert leftovers(tmp_path) == [".f.0123abcg.tmp", ".f.tmp", "f", "f.0123abcd.tmp"]


def age(path):
    os.utime(path, (0, 0))


def test_what_a_killed_command_left_is_removed_by_the_next_write(tmp_path):
    for name in (".f.0123abcd.tmp", ".f.0123abcg.tmp", "f.0123abcd.tmp", ".g.89abcdef.tmp"):
        (tmp_path / name).touch()
        age(tmp_path / name)
    (tmp_path / ".check-x1_2").mkdir()
    (tmp_path / ".check-full").mkdir()
    (tmp_path / ".check-full" / "file").touch()
    files.write_text(tmp_path / "new", "text")
    assert leftovers(tmp_path) == [".check-full", ".f.0123abcg.tmp", "f.0123abcd.tmp", "new"]


def test_what_another_process_is_writing_stays(tmp_path):
    with files.replacing(tmp_path / "slow") as file:
        file.write(b"half")
        file.flush()
        [temporary] = tmp_path.iterdir()
        age(temporary)
        (tmp_path / ".young.0123abcd.tmp").touch()
        files.write_text(tmp_path / "other", "text")
        assert temporary.exists()
    assert leftovers(tmp_path) == [".young.0123abcd.tmp", "other", "slow"]


def test_a_pipe_or_a_device_is_not_opened_as_a_plain_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zeros").symlink_to("/dev/zero")
    with pytest.raises(IsADirectoryError):
        files.open_plain(tmp_path)
    for path in (tmp_path / "pipe", tmp_path / "zeros"):
        with pytest.raises(OSError, match="it is not a plain file"):
            files.open_plain(path)
