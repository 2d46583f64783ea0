"""Print docs/faults.md: ``PYTHONPATH=tests python -m faults.page > docs/faults.md``."""

import sys

from faults.contract import CODES, ROWS

_HEAD = """\
# When things go wrong

No run is lost and no file is trusted. This page is generated from the table that the tests use
(`tests/faults/contract.py`); each case names the tests that prove it. `make test` tries each case a few times,
`make chaos` thousands of times, and `make fuzz` feeds a million damaged files to every parser.

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


def page():
    """Return the page."""
    codes = "".join(f"| {code} | {meaning} |\n" for code, meaning in sorted(CODES.items()))
    return _HEAD + codes + _CASES + "".join(_line(number, row) for number, row in enumerate(ROWS, 1))


def _line(number, row):
    codes = ", ".join(map(str, row.codes)) or "-"
    files = ", ".join(
        f"[{name}](../tests/{name})" for name in sorted({test.partition("::")[0] for test in row.tests})
    )
    return f"| {number} | {row.case} | {row.promise} | {codes} | {files} |\n"


if __name__ == "__main__":
    sys.stdout.write(page())
