"""Print docs/faults.md: ``PYTHONPATH=tests python -m faults.page > docs/faults.md``."""

import json
import sys
from pathlib import Path

from faults.contract import CODES, ROWS

FIGURES = Path(__file__).with_name("figures.json")
"""What the last ``make chaos`` found; the page has no section on it if the file is missing."""

_HEAD = """\
# When things go wrong

No run is lost and no file is trusted. This page is generated from the table that the tests use
(`tests/faults/contract.py`); each case names the tests that prove it. `make test` tries each case a few times,
`make chaos` thousands of times, `make chaos SHARE=0.01` a hundredth of that, and `make fuzz` feeds a million
damaged files to every parser.

A file is written under a temporary name in the same folder, flushed and renamed, and then the folder is flushed.
The index of the checkpoints is written last, and the previous checkpoint is kept until the new one has been read
back. Every array and every record has a digest. `nnlab verify RUN` checks all of them and reports which uses of
the run remain possible.

## Exit codes

| code | meaning |
|-----:|---------|
"""

_CASES = """
A message states in a few lines what was wrong and where; `--debug` adds the traceback.

## Cases

If a case has several exit codes, the promise explains when each occurs; `-` means that the process itself is
killed.

| # | case | promise | exit code | shown by |
|--:|------|---------|-----------|----------|
"""

_FIGURES = """
## Figures

`make chaos` at commit `{commit}`, on {date}, with a share of {share:g} of the full counts: {tests} in {minutes}
minutes ({machine}).

| what was tried | times | failed | seconds |
|----------------|------:|-------:|--------:|
"""


def page():
    """Return the page."""
    codes = "".join(f"| {code} | {meaning} |\n" for code, meaning in sorted(CODES.items()))
    return _HEAD + codes + _CASES + "".join(_line(number, row) for number, row in enumerate(ROWS, 1)) + figures()


def figures():
    """Return the section with the figures of ``make chaos``, or "" if they are missing."""
    if not FIGURES.is_file():
        return ""
    record = json.loads(FIGURES.read_text(encoding="utf-8"))
    tests = ", ".join(f"{number:,} tests {outcome}" for outcome, number in record["tests"].items())
    rows = (
        f"| {each['what']} | {each['tried']:,} | {each['failed']:,} | {each['seconds']:,.0f} |\n"
        for each in record["figures"]
    )
    return _FIGURES.format(**{**record, "tests": tests}) + "".join(rows)


def _line(number, row):
    codes = ", ".join(map(str, row.codes)) or "-"
    files = ", ".join(
        f"[{name}](../tests/{name})" for name in sorted({test.partition("::")[0] for test in row.tests})
    )
    return f"| {number} | {row.case} | {row.promise} | {codes} | {files} |\n"


if __name__ == "__main__":
    sys.stdout.write(page())
