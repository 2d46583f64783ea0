"""Commands of nnlab in processes of their own, thousands of them: the near end of faults.server."""

import json
import os
import pickle
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from faults.server import Job


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code (minus a signal; None: it hung), what it printed, and its notes.

    ``saved`` is the last step it was told to be saved, ``calls`` are its system calls if it got to its end, and
    ``seconds`` is the processor time it took.
    """

    code: int | None
    out: str
    err: str
    saved: int
    calls: tuple
    seconds: float = 0.0

    @property
    def is_plain(self):
        """Whether nothing but messages for users was printed."""
        return "Traceback" not in self.err and "a bug in nnlab" not in self.err


class Children:
    """Starts commands, each forked from a process that has imported nnlab already."""

    def __init__(self, notes):
        self._notes, self._number, self._turn = notes, 0, threading.Lock()
        variables = {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        self._server = subprocess.Popen(
            [sys.executable, "-m", "faults.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **variables},
            start_new_session=True,
        )

    def start(self, *arguments, folder, **disturbance):
        """Start a command and return it; ``disturbance`` is that of a Job."""
        self._number += 1
        notes = self._notes / str(self._number)
        notes.mkdir()
        job = Job(tuple(map(str, arguments)), str(folder), str(notes), **disturbance)
        return Child(self._ask(asdict(job)), notes, self._ask)

    def run(self, *arguments, folder, **disturbance):
        """Run a command to its end."""
        return self.start(*arguments, folder=folder, **disturbance).wait()

    def close(self):
        self._server.stdin.close()
        self._server.stdout.close()
        self._server.wait(10)

    def _ask(self, request):
        with self._turn:
            self._server.stdin.write(json.dumps(request) + "\n")
            self._server.stdin.flush()
            return json.loads(self._server.stdout.readline())


@dataclass
class Child:
    """A command under way."""

    pid: int
    notes: Path
    _ask: object

    def wait(self):
        """Return how it ended, and forget its notes."""
        code, seconds = self._ask(self.pid)
        told = {path.name: path for path in self.notes.iterdir()}
        texts = {
            name: told[name].read_text(errors="replace") if name in told else ""
            for name in ("out", "err", "saved")
        }
        calls = pickle.loads(told["calls"].read_bytes()) if "calls" in told else ()  # noqa: S301 -- our own child's
        for path in told.values():
            path.unlink()
        self.notes.rmdir()
        saved = [int(line) for line in texts["saved"].split()]
        return Ended(code, texts["out"], texts["err"], saved[-1] if saved else 0, tuple(calls), seconds)
