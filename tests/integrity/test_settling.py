"""A verification beside a writer: passing differences are not damage, real damage is."""

import itertools

import pytest

from nnlab.errors import SystemFault
from nnlab.integrity.findings import Finding, Verification
from nnlab.integrity.settling import IN_USE, settled


class Written:
    """A check of a directory in which another process writes during each of the first ``times`` checks."""

    def __init__(self, directory, times, notes):
        self._directory, self._times, self._notes, self.count = directory, times, notes, 0

    def __call__(self):
        self.count += 1
        if self.count <= self._times:
            (self._directory / "a").write_text("x" * self.count)
        return Verification((Finding("a", "damaged", next(self._notes)), Finding("b", "intact", "")), ())


def test_damage_is_final_if_nothing_was_written(tmp_path):
    check = Written(tmp_path, 0, iter(["broken"]))
    assert [each.state for each in settled(tmp_path, check).findings] == ["damaged", "intact"]
    assert check.count == 1


def test_what_was_written_during_the_check_is_checked_again(tmp_path):
    check = Written(tmp_path, 2, iter(["first", "second", "third"]))
    assert settled(tmp_path, check).findings[0] == Finding("a", "damaged", "third")


def test_damage_that_every_check_finds_is_damage(tmp_path):
    check = Written(tmp_path, 100, itertools.repeat("line 3"))
    assert settled(tmp_path, check).findings[0] == Finding("a", "damaged", "line 3")


def test_what_differs_from_check_to_check_is_in_use(tmp_path):
    check = Written(tmp_path, 100, map(str, itertools.count()))
    found = settled(tmp_path, check)
    assert found.findings == (Finding("a", "not checked", IN_USE), Finding("b", "intact", ""))
    assert found.intact


def test_a_file_that_is_always_gone_is_an_error_of_the_system(tmp_path):
    def check():
        raise FileNotFoundError(2, "No such file or directory", "x")

    with pytest.raises(SystemFault) as caught:
        settled(tmp_path, check)
    assert str(caught.value).endswith(" x: No such file or directory")
