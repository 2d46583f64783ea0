"""Fuzz one parser with contents guided by coverage: ``python -m faults.guided PARSER [-max_total_time=S]``.

It needs atheris (pip install atheris), takes libFuzzer's options, and ends at the first mistake.
"""

import logging
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["nnlab"]):
    from faults.fuzz import attempt
    from faults.parsers import parsers


def main():
    logging.disable(logging.WARNING)
    name, *options = sys.argv[1:]
    parser = parsers()[name]

    def target(content):
        _, wrong = attempt(parser, content)
        if wrong:
            raise AssertionError(wrong)

    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(parser.seeds):
            (Path(corpus) / str(number)).write_bytes(seed)
        atheris.Setup([sys.argv[0], corpus, *options], target)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
