"""What the program does before its first command: texts in UTF-8, and a quiet end on Ctrl-C.

This module is imported before all others of the command line, and imports nothing that takes time. Only the
program itself is changed, never a process that imports ``nnlab.cli`` for another reason.
"""

import codecs
import contextlib
import io
import mmap
import os
import resource
import signal
import sys
from pathlib import PosixPath, PurePath
from types import FrameType

from nnlab.errors import SystemFault

_OUTPUT_ERRORS = "nnlab.bytes_or_backslashes"


def is_program() -> bool:
    """Return whether this process runs ``nnlab`` or ``python -m nnlab``."""
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        return bool(spec.name == "nnlab.__main__")
    return PurePath(getattr(main, "__file__", None) or "").stem == "nnlab"


def leave_on_interrupt() -> None:
    """Let SIGINT end the program without a traceback while modules are imported; nothing is written yet."""
    if is_program() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def _leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 -- the signature is Python's
    os._exit(128 + number)


def accept_interrupts() -> None:
    """Let SIGINT raise KeyboardInterrupt again, as the commands expect."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def use_utf8() -> None:
    """Start the program again in Python's UTF-8 mode if the locale has another encoding.

    Paths on the command line, in configs and on the disk are bytes in UTF-8. In a locale such as C or Latin-1, and
    with PYTHONUTF8=0, Python takes them for other characters, or for none. The encoding of the output remains that
    of the locale, unless it is ASCII.
    """
    if not is_program() or codecs.lookup(sys.getfilesystemencoding()).name == "utf-8" or not sys.executable:
        return
    output = codecs.lookup(getattr(sys.stdout, "encoding", None) or "utf-8").name
    environment = dict(os.environb)
    if output != "ascii":
        environment.setdefault(b"PYTHONIOENCODING", output.encode())
    with contextlib.suppress(OSError, UnicodeEncodeError):  # then it goes on in the encoding that there is
        python = os.fsencode(sys.executable)
        os.execve(python, [python, b"-X", b"utf8", *_words()], environment)  # noqa: S606


def _words() -> list[bytes]:
    """Return the command line after the interpreter, in its original bytes where the system keeps them.

    ``sys.orig_argv`` was decoded by the C library, which differs from Python in encodings such as EUC-JP.
    """
    with contextlib.suppress(OSError):
        words = PosixPath("/proc/self/cmdline").read_bytes().split(b"\0")[:-1]
        if len(words) == len(sys.orig_argv):
            return words[1:]
    return [os.fsencode(word) for word in sys.orig_argv[1:]]


def print_any_character() -> None:
    """Let stdout and stderr take every character, those outside of their encoding as escapes.

    The bytes of a path that are not UTF-8 are written as they are.
    """
    codecs.register_error(_OUTPUT_ERRORS, _bytes_or_backslashes)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_OUTPUT_ERRORS)


def _bytes_or_backslashes(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeEncodeError):
        with contextlib.suppress(UnicodeEncodeError):
            return codecs.lookup_error("surrogateescape")(error)
    return codecs.backslashreplace_errors(error)


_ROOM = 2**26  # bytes of address space beyond the first multiplication, for the buffers of those of training
_FEW_THREADS = 4096  # a limit of processes and threads below which starting them is tried first


def require_numerics() -> None:
    """Raise SystemFault if NumPy and its BLAS cannot work under the limits of this process.

    OpenBLAS ends the process, with an exit code of its own, if it gets no memory or threads. Hence a child process
    tries it, but only under a limit (``ulimit -v`` or ``-u``).
    """
    limits = _limits()
    if not limits or "numpy" in sys.modules:
        return
    child = os.fork()
    if child == 0:
        os._exit(_try_numerics())
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemFault(
            f"NumPy and its BLAS cannot work under the limits of this process: {' and '.join(limits)}; raise them"
        )


def _limits() -> list[str]:
    """Return the limits under which OpenBLAS may fail to start."""
    found = []
    memory, _ = resource.getrlimit(resource.RLIMIT_AS)
    if memory != resource.RLIM_INFINITY:
        found.append(f"{memory // 1024:,} KiB of address space (ulimit -v)")
    processes, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    if processes != resource.RLIM_INFINITY and processes < _FEW_THREADS:
        found.append(f"{processes:,} processes and threads (ulimit -u)")
    return found


def _try_numerics() -> int:
    """Import what trains and multiply matrices in all threads, silently; return 0 if that succeeds."""
    silent = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(silent, number)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # raised by OpenBLAS if it cannot start its threads
    try:
        import numpy as np

        import nnlab.training  # noqa: F401 -- for its memory
        from nnlab.nn.kernels import threads

        with mmap.mmap(-1, _ROOM), threads.compute():
            threads.each(np.linalg.multi_dot, [[np.ones((256, 256))] * 2] * threads.count())
    except BaseException:  # noqa: BLE001 -- whatever it is, the parent reports it
        return 1
    return 0


leave_on_interrupt()
