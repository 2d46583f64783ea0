"""The command behind ``make chaos``: disturb training runs, print what was tried, and write it to docs/faults.md.

``python -m faults.chaos SHARE`` runs all tests of this folder with a SHARE of the full counts: 1 takes hours, 0.01
a few minutes. While they run, one line shows how far they are. Whether or not tests fail, the figures are printed,
written to figures.json beside this file and, with the commit they belong to, to the page. The exit code is that
of pytest: 0 only if every test passed.
"""

import json
import os
import platform
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import pytest

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
WRITTEN = ("docs/faults.md", "tests/faults/figures.json")
_EVERY = 1.0, 30.0  # seconds between two lines of progress: on a terminal, and in a file


def main(words):
    """Run the tests and return their exit code; ``words`` has the share, and further arguments of pytest."""
    share, *options = words or ["1"]
    if not 0 < float(share) <= 1:
        sys.exit(f"SHARE is {share}; it is the part of the full counts, above 0 and at most 1")
    os.environ["NNLAB_CHAOS"] = share
    from faults import page, scale

    commit, watch = described_commit(), Watch(scale)
    code = pytest.main([str(FOLDER), "-q", "-ra", "-p", "no:cacheprovider", "--color=no", *options], [watch])
    record = {
        "commit": commit,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "share": float(share),
        "minutes": round(watch.seconds / 60, 1),
        "machine": f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
        "tests": dict(watch.outcomes),
        "figures": [each.as_json() for each in scale.FIGURES],
    }
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    page.FIGURES.write_text(text, encoding="utf-8")
    (ROOT / "docs" / "faults.md").write_text(page.page(), encoding="utf-8")
    sys.stdout.write(f"\nwritten to docs/faults.md: a share of {share} of {commit}, exit code {int(code)}\n")
    return int(code)


def described_commit():
    """Return the short name of the commit, and whether files differ from it."""
    commit = _git("rev-parse", "--short=10", "HEAD").strip() or "no commit"
    changed = [line for line in _git("status", "--porcelain").splitlines() if line[3:] not in WRITTEN]
    return f"{commit} with {len(changed)} changed files" if changed else commit


def _git(*words):
    ended = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return ended.stdout


class Watch:
    """A plugin of pytest that counts the outcomes of tests and shows, in one line, what is being tried."""

    def __init__(self, scale):
        self._terminal = os.fdopen(os.dup(2), "w")  # that of pytest is captured while a test runs
        self._every = _EVERY[not self._terminal.isatty()]
        self._all, self._began, self._shown = 0, monotonic(), 0.0
        self.outcomes = Counter(passed=0, failed=0, skipped=0)
        scale.LISTENERS.append(self.show)

    @property
    def seconds(self):
        return monotonic() - self._began

    def pytest_collection_finish(self, session):
        self._all = len(session.items)

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.outcome] += 1

    def pytest_runtest_logfinish(self):
        self.show()

    def show(self, figure=None):
        """Show the progress, at most once in a while."""
        if monotonic() - self._shown < self._every:
            return
        self._shown = monotonic()
        done, failed = sum(self.outcomes.values()), self.outcomes["failed"]
        line = f"{self.seconds / 60:.1f} min: {done} of {self._all} tests, {failed} failed"
        if figure:
            line += f"; {figure.what}: {figure.done:,} tried, {figure.failures:,} failed"
        start, end = ("\r\x1b[K", "") if self._terminal.isatty() else ("", "\n")
        self._terminal.write(start + line + end)
        self._terminal.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
