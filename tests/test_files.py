"""Files are written whole or not at all."""

import errno
import os
import subprocess
import sys

import pytest

from nnlab import files
from nnlab.errors import SystemFault


def leftovers(directory):
    return sorted(path.name for path in directory.iterdir())


def test_content_arrives_and_directories_are_made(tmp_path):
    path = tmp_path / "a" / "b" / "ü.json"
    files.write_json(path, {"x": "é"})
    assert path.read_text(encoding="utf-8") == '{\n  "x": "é"\n}\n'
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
    with pytest.raises(SystemFault, match=r"cannot write .*f: No space left on device"):
        files.write_text(path, "new")
    assert path.read_text() == "old"
    assert leftovers(tmp_path) == ["f"]


def test_a_full_device_is_a_fault():
    with pytest.raises(SystemFault, match="cannot write"):
        files.write_text(files.Path("/dev/full/x"), "new")


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
