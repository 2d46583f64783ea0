"""The kernel's own fault injection, through strace: what the stand-in of faults.system_calls does not see, too."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

_CALL = re.compile(r"^(?P<pid>\d+) +(?P<name>\w+)\((?P<rest>.*)$")
_WATCHED = "%file,%desc"
_IDLE = {
    "lseek",
    "fcntl",
    "ioctl",
    "poll",
    "select",
    "mmap",
    "munmap",
    "getcwd",
    "epoll_wait",
}  # they touch no file


@dataclass(frozen=True)
class Traced:
    """A system call of a command: its name, the how many-th of that name (from 1), and the line that told it."""

    name: str
    number: int
    line: str


def reason_to_skip():
    """Return why strace cannot be used here, or None."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    probe = subprocess.Popen(["sleep", "20"])
    try:
        with _attached(probe.pid, Path(os.devnull), []):
            return None
    except TimeoutError:
        return "strace may not attach to a process here (ptrace)"
    finally:
        probe.kill()
        probe.wait()


@contextlib.contextmanager
def _attached(pid, output, options):
    command = ["strace", "-f", "-qq", "-y", "-s0", "-o", str(output), *options, "-p", str(pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        status, end = Path(f"/proc/{pid}/status"), time.monotonic() + 5
        while f"TracerPid:\t{tracer.pid}" not in status.read_text():
            if tracer.poll() is not None or time.monotonic() > end:
                raise TimeoutError
            time.sleep(0.002)
        yield
    finally:
        if output == Path(os.devnull):
            tracer.terminate()
        tracer.wait(30)


def run_traced(children, run, injected=None):
    """Resume ``run`` under strace, ``injected`` as strace takes it; return how it ended, and its calls there."""
    name = injected.partition(":")[0] if injected else _WATCHED
    options = ["-e", f"trace={name}", *(["-e", f"inject={injected}"] if injected else [])]
    output = run.path.parent / "strace"
    child = children.start("resume", run.path, "-q", folder=run.path.parent, paused=True)
    while Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        time.sleep(0.002)
    with _attached(child.pid, output, options):
        os.kill(child.pid, signal.SIGCONT)
        ended = child.wait()
    return ended, _calls(output, child.pid, run.path)


def _calls(output, pid, root):
    """Return the calls of the process itself that are about files below ``root``."""
    counts, found = Counter(), []
    for line in output.read_text(errors="replace").splitlines():
        call = _CALL.match(line)
        if call and int(call["pid"]) == pid:
            counts[call["name"]] += 1
            if str(root) in line and call["name"] not in _IDLE:
                found.append(Traced(call["name"], counts[call["name"]], line))
    return found
