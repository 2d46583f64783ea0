"""A full disk, an output that cannot be written and a memory that is too small cost no run."""

import re
import shutil
import subprocess

import numpy as np
import pytest

from faults import tiny
from faults.aftermath import problems
from faults.scale import counting, sample
from nnlab.errors import SystemFault


@pytest.fixture
def small_disk(folder):
    """A disk of 64 KiB, on which everything takes whole pages of 4 KiB."""
    disk = folder / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    command = [mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("nothing may be mounted here")
    yield disk
    subprocess.run([shutil.which("umount"), str(disk)], check=True)


def test_a_full_disk_costs_a_message_and_there_is_a_way_on(small_disk, children, undisturbed):
    bits, _ = undisturbed
    refused = 0
    with counting("trainings on a disk that is too small") as figure:
        for pages in sample(range(1, 14), 5, np.random.default_rng(16)):
            run = tiny.lay_out(small_disk)
            (small_disk / "filler").write_bytes(bytes(4096 * (13 - pages)))
            ended = children.run("resume", run.path, "-q", folder=small_disk)
            found = [] if ended.code in {0, SystemFault.exit_code} else [f"it left with {ended.code}: {ended.err}"]
            if ended.code:
                refused += 1
                found += [f"{name} was left" for name in tiny.leftovers(run)]
                found += [] if str(run.path) in ended.err else [f"no path: {ended.err}"]
                found += [] if "No space left on device" in ended.err else [f"no reason: {ended.err}"]
            (small_disk / "filler").unlink()
            figure.add(found + problems(run, ended, children, bits), pages, "pages")
            shutil.rmtree(run.path)
    assert refused


def test_a_limit_of_file_sizes_is_a_full_disk_that_needs_no_privilege(folder, children, undisturbed):
    bits, _ = undisturbed
    refused = 0
    with counting("trainings that may write small files only") as figure:
        for largest in sample(range(0, 3500, 50), 5, np.random.default_rng(17)):
            place = folder / str(largest)
            place.mkdir()
            run = tiny.lay_out(place)
            ended = children.run("resume", run.path, "-q", folder=place, largest=largest)
            found = [] if ended.code in {0, SystemFault.exit_code} else [f"it left with {ended.code}: {ended.err}"]
            refused += bool(ended.code)
            figure.add(found + problems(run, ended, children, bits), largest, "bytes")
    assert refused


@pytest.mark.parametrize(
    ("place", "reason"), [("/dev/null/runs", "Not a directory"), ("/proc/runs", "No such file or directory")]
)
def test_an_output_that_cannot_be_written_is_found_before_the_data_are(folder, children, place, reason):
    source = folder / "mnist.yaml"
    data = "type: mnist, root: nowhere,"
    text = tiny.CONFIG.replace("type: random, shape: [3], classes: 2, train: 12, test: 4,", data)
    source.write_text(text.replace("units: 2", "units: 10"))
    before = sorted(folder.rglob("*"))
    ended = children.run("train", source, "--runs-dir", place, folder=folder)
    assert (ended.code, ended.is_plain) == (SystemFault.exit_code, True)
    assert re.search(rf"{place}\b.*{reason}", ended.err)
    assert sorted(folder.rglob("*")) == before


def test_an_out_of_memory_says_what_was_to_be_allocated(folder, children):
    run = tiny.lay_out(folder, "data.shape=[2000]", "network.0.units=20000")
    ended = children.run("resume", run.path, "-q", folder=folder, memory=200 * 2**20)
    assert (ended.code, ended.is_plain) == (SystemFault.exit_code, True)
    assert "memory" in ended.err
    assert any(unit in ended.err for unit in ("GiB", "MiB")), ended.err
