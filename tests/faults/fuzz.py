"""Fuzz the parsers: ``python -m faults.fuzz [--runs N] [--seconds S] [--guided S] [PARSER ...]``.

Each parser gets N contents made from good ones at random, for at most S seconds. It may raise nothing but the
exceptions of nnlab.errors, and take 100 ms of processor time and 64 MiB of memory. With ``--guided`` it then gets
contents that are guided by coverage (faults.guided), for so many seconds.
"""

import argparse
import logging
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

from faults.parsers import parsers
from nnlab.errors import NnlabError

LONGEST, LARGEST = 0.1, 64 * 2**20  # seconds, bytes
_TOKENS = (
    *(
        b"\0",
        b"\xff",
        b"\x7f",
        b"\x80",
        b"\n",
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b":",
        b",",
        b"-",
        b"&a ",
        b"*a",
        b"!!python/name:os ",
    ),
    *(
        b"1e309",
        b"NaN",
        b"null",
        b"-1",
        b"010",
        b"9" * 30,
        b"\xc3\x28",
        b"\xef\xbb\xbf",
        b"\x00\x00\x00\x00",
        b"\xff\xff\xff\xff",
    ),
)


@dataclass
class Course:
    """What came of fuzzing one parser: how many contents, the seconds they took, the slowest, what went wrong."""

    name: str
    runs: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    memory: int = 0
    found: list[str] = field(default_factory=list)


def mutated(seeds, chance):
    """Return one of ``seeds`` after a few changes at random."""
    content = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randrange(len(content) + 1)
        end = min(len(content), at + chance.choice((1, 1, 2, 4, 8, 64)))
        match chance.randrange(6):
            case 0 if content:
                content[min(at, len(content) - 1)] ^= 1 << chance.randrange(8)
            case 1:
                content[at:end] = chance.choice(_TOKENS)
            case 2:
                content[at:at] = chance.choice(_TOKENS)
            case 3:
                del content[at:end]
            case 4:
                content[at:at] = content[at:end] * chance.choice((1, 2, 20))
            case 5:
                content[at:end] = chance.randbytes(end - at)
    return bytes(content)


def attempt(parser, content):
    """Read a content; return the seconds it took and what was wrong."""
    began = time.process_time()
    try:
        parser.read(content)
    except NnlabError:
        pass
    except Exception as error:  # noqa: BLE001 -- any other is what is looked for
        return time.process_time() - began, f"{type(error).__name__}: {error}"
    return time.process_time() - began, None


def fuzz(name, *, runs, seconds, seed=0):
    """Give the parser ``name`` up to ``runs`` contents in up to ``seconds``."""
    parser, chance, course = parsers()[name], random.Random(seed), Course(name)  # noqa: S311 -- to be repeated
    for content in parser.seeds:
        attempt(parser, content)
    before, began = _most_memory(), time.monotonic()
    while course.runs < runs and time.monotonic() - began < seconds:
        content = mutated(parser.seeds, chance)
        took, wrong = attempt(parser, content)
        if took > LONGEST:  # once more: a collection of garbage may have been in it
            took = min(took, *(attempt(parser, content)[0] for _ in range(3)))
        wrong = wrong or (f"it took {took:.2f} s" if took > LONGEST else None)
        course.runs += 1
        course.slowest = max(course.slowest, took)
        if wrong and len(course.found) < 20:
            course.found.append(f"{wrong} from {content[:60]!r}")
    course.seconds, course.memory = time.monotonic() - began, _most_memory() - before
    if course.memory > LARGEST:
        course.found.append(f"it took {course.memory / 2**20:.0f} MiB")
    return course


def _most_memory():
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main():
    logging.disable(logging.WARNING)
    options = argparse.ArgumentParser(prog="python -m faults.fuzz")
    options.add_argument("--runs", type=int, default=10**6)
    options.add_argument("--seconds", type=float, default=float("inf"))
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--guided", type=int, default=0)
    options.add_argument("parser", nargs="*", default=list(parsers()))
    given = options.parse_args()
    sys.stdout.write(f"{'parser':24}{'runs':>12}{'seconds':>9}{'slowest':>10}{'memory':>10}{'mistakes':>10}\n")
    courses = [_told(fuzz(name, runs=given.runs, seconds=given.seconds, seed=given.seed)) for name in given.parser]
    failed = any(course.found for course in courses)
    for name in given.parser if given.guided else ():
        command = [sys.executable, "-m", "faults.guided", name, f"-max_total_time={given.guided}"]
        with tempfile.TemporaryDirectory() as folder:  # libFuzzer leaves without tidying up
            variables = {**os.environ, "TMPDIR": folder}
            done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        sys.stdout.write(f"{name}, guided by coverage: {done.stderr.strip().splitlines()[-1]}\n")
        failed |= bool(done.returncode)
    sys.exit(failed)


def _told(course):
    """Print a line of the table, and what went wrong below it."""
    slowest, memory = f"{1000 * course.slowest:.0f} ms", f"{course.memory / 2**20:.0f} MiB"
    numbers = f"{course.runs:12,}{course.seconds:9.0f}{slowest:>10}{memory:>10}{len(course.found):10}"
    sys.stdout.write(f"{course.name:24}{numbers}\n")
    sys.stdout.writelines(f"    {each}\n" for each in course.found)
    sys.stdout.flush()
    return course


if __name__ == "__main__":
    main()
