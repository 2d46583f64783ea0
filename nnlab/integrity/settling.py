"""Verify a run while another process writes it.

A check compares files, and the writer may replace one of them in between: what looks damaged is then only newer.
Checks are repeated if a file changed during them. Damage that every repetition finds in the same words is real;
other damage is reported as not checked, since the run is in use.
"""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from nnlab.errors import SystemFault, refusal
from nnlab.integrity.findings import Finding, Verification

_ATTEMPTS = 6
IN_USE = "in use: the run was written while it was checked"
"""The note of a file that could not be compared with others."""


def settled(directory: Path, check: Callable[[], Verification]) -> Verification:
    """Return the result of ``check`` on a run in ``directory``; repeat it while files change and it finds damage.

    Raises SystemFault if files disappear during each attempt.
    """
    repeated: set[Finding] | None = None
    for attempt in range(1, _ATTEMPTS + 1):
        before = _state(directory)
        try:
            found = check()
        except FileNotFoundError as error:  # a file that was listed is gone
            if attempt == _ATTEMPTS:
                raise SystemFault(refusal(error, "read")) from error
            continue
        damaged = {finding for finding in found.findings if finding.state == "damaged"}
        if not damaged or _state(directory) == before:
            return found
        repeated = damaged if repeated is None else repeated & damaged
    certain = repeated or set()
    findings = (
        replace(finding, state="not checked", note=IN_USE)
        if finding.state == "damaged" and finding not in certain
        else finding
        for finding in found.findings
    )
    return replace(found, findings=tuple(findings))


def _state(directory: Path) -> dict[str, tuple[int, int, int]]:
    """Return inode, size and time of change of each file below ``directory``, temporary files and locks aside."""
    return {
        path: (status.st_ino, status.st_size, status.st_mtime_ns)
        for path, status in _statuses(str(directory))
        if not os.path.basename(path).startswith(".")  # noqa: PTH119 -- of thousands of files
    }


def _statuses(directory: str) -> Iterator[tuple[str, os.stat_result]]:
    try:
        entries = list(os.scandir(directory))
    except OSError:
        return
    for entry in entries:
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        yield entry.path, status
        if stat.S_ISDIR(status.st_mode):
            yield from _statuses(entry.path)
