"""A process that has imported nnlab once, and forks a child for every command that is to be disturbed.

It reads a request a line on stdin and answers with a line on stdout, both JSON: a ``Job`` is started and answered
with its process id; a number waits for the end of that process and is answered with its exit code and the
seconds of processor time it took. The code is minus the signal if one killed it, or None if it had not ended after
``PATIENCE`` seconds and was killed for that.
"""

import contextlib
import ctypes
import functools
import json
import os
import pickle
import resource
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 120.0
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux


@dataclass(frozen=True)
class Job:
    """A command of nnlab to run in ``folder``, and how it is disturbed.

    ``notes`` is a folder for what the child leaves: its output, the steps it was told to be saved, its calls.
    ``root`` is where its system calls are seen, ``at`` and ``kind`` a Fault among them. ``planted`` names one of
    faults.planted. ``paused``: the child waits for SIGCONT before the command. ``largest`` is the size in bytes
    that no file may exceed; ``memory`` that of its address space, beyond what it has already.
    """

    arguments: tuple[str, ...]
    folder: str
    notes: str
    root: str | None = None
    at: int | None = None
    kind: str = ""
    planted: str | None = None
    paused: bool = False
    largest: int | None = None
    memory: int | None = None


def serve():
    answers = os.fdopen(os.dup(1), "w")
    _warm_up()
    for line in sys.stdin:
        request = json.loads(line)
        answer = _wait(request) if isinstance(request, int) else _fork(Job(**request))
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _warm_up():
    """Import, build and look up what is the same for every child."""
    import typer

    import nnlab.cli
    import nnlab.figures
    import nnlab.integrity
    import nnlab.integrity.reproduction
    from faults import tiny
    from nnlab.cli import training_display
    from nnlab.runs import environment

    for module, name in ((typer.main, "get_command"), (environment, "version"), (environment, "_commit")):
        setattr(module, name, functools.cache(getattr(module, name)))
    typer.main.get_command(nnlab.cli.app)
    with tempfile.TemporaryDirectory() as folder, training_display.display(quiet=True) as show:
        nnlab.resume(tiny.lay_out(Path(folder)), report=show)
    if threading.active_count() > 1:
        raise RuntimeError("threads do not survive a fork")


def _wait(child):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        pid, status, used = os.wait4(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None, PATIENCE


def _fork(job):
    child = os.fork()
    if child:
        return child
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)  # some train for ever
    try:
        code = _run(job)
    except BaseException:  # noqa: BLE001 -- a child never goes on as the server
        code = 99
    os._exit(code)


def _run(job):
    import nnlab.cli
    from faults import planted
    from faults.system_calls import Fault, SystemCalls

    _redirect(Path(job.notes))
    os.chdir(job.folder)
    _limit(job)
    calls = None
    if job.root:
        calls = SystemCalls(job.root, None if job.at is None else Fault(job.at, job.kind))
    _note_saves(Path(job.notes), calls)
    if job.paused:
        os.kill(os.getpid(), signal.SIGSTOP)
    if calls:
        calls.install()
    if job.planted:
        planted.MISTAKES[job.planted]()
    sys.argv = ["nnlab", *job.arguments]
    try:
        nnlab.cli.main()
        code = 0
    except SystemExit as leaving:
        code = leaving.code or 0
    if calls:
        calls.remove()
        (Path(job.notes) / "calls").write_bytes(pickle.dumps(calls.log))
    return code


def _redirect(notes):
    for number, name in enumerate(("in", "out", "err")):
        file = os.open(notes / name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, number)
        os.close(file)


def _limit(job):
    if job.largest is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (job.largest, resource.RLIM_INFINITY))
    if job.memory is not None:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + job.memory
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


def _note_saves(notes, calls):
    """Note every step that the training was told to be saved, at once."""
    from nnlab.training.sinks import CheckpointSink

    file = os.open(notes / "saved", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    save, write = CheckpointSink.save, os.write

    def saving(sink):
        save(sink)
        write(file, f"{sink._state.step}\n".encode())
        if calls:
            calls.mark(sink._state.step)

    CheckpointSink.save = saving


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        serve()
