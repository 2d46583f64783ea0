"""Print docs/faults.md: ``PYTHONPATH=tests python -m faults.page > docs/faults.md``."""

import sys

from faults.contract import CODES, ROWS

_HEAD = """\
# When things go wrong

No run is lost and no file is trusted. This page is made from the table that the tests go by
(`tests/faults/contract.py`); each case names the tests that show it. `make test` tries each a few times,
`make chaos` thousands of times, and `make fuzz` gives every parser a million damaged files.

A file is written under a temporary name beside its own, flushed, renamed, and its folder flushed; the index of the
checkpoints comes last, and the checkpoint before is kept until the new one was read back. Every array and every
record is under a digest. `nnlab verify RUN` checks all of them and says what the run is still good for.

## Exit codes

| code | meaning |
|-----:|---------|
"""

_CASES = """
A message says what was wrong and where, in a few lines; `--debug` adds the traceback.

## Cases

Where several codes stand, the promise tells which comes when; `-` is where the process itself is gone.

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
