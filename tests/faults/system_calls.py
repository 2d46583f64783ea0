"""A stand-in between a process and its files, which can refuse any call, kill the process there, or keep a log.

All of nnlab's file operations go through functions of ``os``, or through ``open``, which is led there; so every
system call that changes or reads a file in a directory is seen, on any platform, without help of the kernel.
"""

import builtins
import errno
import fcntl
import io
import os
import signal
from dataclasses import dataclass, replace
from functools import partial

BY_PATH = ("mkdir", "rmdir", "unlink", "remove", "replace", "rename", "stat", "lstat", "scandir", "listdir")
BY_FILE = ("read", "write", "fsync", "fdatasync", "ftruncate", "fstat", "close")
_FLAGS = {
    "r": os.O_RDONLY,
    "r+": os.O_RDWR,
    "w": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    "x": os.O_WRONLY | os.O_CREAT | os.O_EXCL,
    "a": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
}
ERRORS = ("ENOSPC", "EIO", "EROFS", "EMFILE")


@dataclass(frozen=True)
class Fault:
    """What happens at the call number ``at`` (from 0).

    ``kind`` is the name of an error; ``short``: a write that takes only half; ``kill``: SIGKILL before the call;
    ``torn``: SIGKILL after half a write.
    """

    at: int
    kind: str


@dataclass(frozen=True)
class Call:
    """One call: its name, the path it is about (of the file, if it is by descriptor), and the rest of it.

    ``number`` tells apart the files that a path was the name of; ``position`` and ``content`` are of a write.
    """

    name: str
    path: str
    number: int = 0
    target: str = ""
    position: int = 0
    content: bytes = b""
    failed: bool = False


class SystemCalls:
    """Between this process and everything below ``root``; ``log`` has the calls so far."""

    def __init__(self, root, fault=None):
        self._root, self._fault = str(root), fault
        self._real = {name: getattr(os, name) for name in (*BY_PATH, *BY_FILE, "open")}
        self._flock, self._open_file = fcntl.flock, io.open
        self._files, self._numbers = {}, {}
        self.log = []

    def install(self):
        for name in BY_PATH:
            setattr(os, name, partial(self._by_path, name))
        for name in BY_FILE:
            setattr(os, name, partial(self._by_file, name))
        os.open = self._open
        fcntl.flock = self._lock
        builtins.open = io.open = self._open_stream

    def remove(self):
        for name, real in self._real.items():
            setattr(os, name, real)
        fcntl.flock = self._flock
        builtins.open = io.open = self._open_file

    def mark(self, step):
        """Note in the log that a step was said to be saved."""
        self.log.append(Call("saved", "", step))

    def is_ours(self, path):
        return isinstance(path, (str, os.PathLike)) and str(path).startswith(self._root)

    def _by_path(self, name, path=".", *args, **kwargs):
        folder = kwargs.get("dir_fd")
        told = os.path.join(self._files[folder][0], path) if folder in self._files else path  # noqa: PTH118
        if not self.is_ours(told):
            return self._real[name](path, *args, **kwargs)
        target = str(args[0]) if name in {"replace", "rename"} else ""
        result = self._call(Call(name, str(told), target=target), partial(self._real[name], path, *args, **kwargs))
        if target:
            self._numbers[target] = self._numbers.pop(str(told))
        return result

    def _by_file(self, name, file, *args):
        if file not in self._files:
            return self._real[name](file, *args)
        path, number = self._files[file]
        real = partial(self._real[name], file, *args)
        if name == "close":
            del self._files[file]
            return self._call(Call(name, path, number), real, anyway=True)
        if name == "write":
            return self._write(file, args[0])
        length = args[0] if name == "ftruncate" else 0
        return self._call(Call(name, path, number, position=length), real)

    def _write(self, file, content):
        path, number = self._files[file]
        content = bytes(content)
        appending = fcntl.fcntl(file, fcntl.F_GETFL) & os.O_APPEND
        position = self._real["fstat"](file).st_size if appending else os.lseek(file, 0, os.SEEK_CUR)
        half = partial(self._real["write"], file, content[: len(content) // 2])
        call = Call("write", path, number, position=position, content=content)
        return self._call(call, partial(self._real["write"], file, content), half)

    def _open(self, path, flags, mode=0o777, *, dir_fd=None):
        told = os.path.join(self._files[dir_fd][0], path) if dir_fd in self._files else path  # noqa: PTH118
        if not self.is_ours(told):
            return self._real["open"](path, flags, mode, dir_fd=dir_fd)
        name = "create" if flags & os.O_CREAT and not self._exists(told) else "open"
        file = self._call(Call(name, str(told)), partial(self._real["open"], path, flags, mode, dir_fd=dir_fd))
        if name == "create" or str(told) not in self._numbers:
            self._numbers[str(told)] = len(self.log)
        number = self._numbers[str(told)]
        self._files[file] = (str(told), number)
        self.log[-1] = Call(name, str(told), number)
        if flags & os.O_TRUNC and name == "open":
            self.log.append(Call("ftruncate", str(told), number))
        return file

    def _exists(self, path):
        try:
            self._real["lstat"](path)
        except OSError:
            return False
        return True

    def _lock(self, file, operation):
        if file not in self._files:
            return self._flock(file, operation)
        path, number = self._files[file]
        return self._call(Call("flock", path, number), partial(self._flock, file, operation))

    def _open_stream(  # noqa: PLR0917 -- the signature is Python's
        self, file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, *args, **kwargs
    ):
        if not (file in self._files if isinstance(file, int) else self.is_ours(file)):
            return self._open_file(file, mode, buffering, encoding, errors, newline, *args, **kwargs)
        raw = _Stream(file, mode.replace("b", "").replace("t", ""))
        if buffering == 0:
            return raw
        kind = io.BufferedRandom if "+" in mode else io.BufferedReader if "r" in mode else io.BufferedWriter
        buffered = kind(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding or "utf-8", errors, newline)

    def _call(self, call, real, half=None, *, anyway=False):
        """Make a call, or what is to happen in its place; ``anyway``: it takes place even if it fails."""
        fault = self._fault if self._fault and self._fault.at == len(self.log) else None
        self.log.append(call)
        if fault is None:
            return self._made(call, real)
        if fault.kind in {"kill", "torn"}:
            if half and fault.kind == "torn":
                half()
            os.kill(os.getpid(), signal.SIGKILL)
        if fault.kind == "short":
            return half() if half else real()
        if anyway:
            real()
        number = getattr(errno, fault.kind)
        raise OSError(number, os.strerror(number), call.path)

    def _made(self, call, real):
        at = len(self.log) - 1
        try:
            return real()
        except OSError:
            self.log[at] = replace(call, failed=True)
            raise


class _Stream(io.FileIO):
    """A file whose calls are those of ``os``, one for one."""

    def __init__(self, file, mode):
        flags = _FLAGS[mode] | os.O_CLOEXEC
        super().__init__(file if isinstance(file, int) else os.open(file, flags, 0o666), mode, closefd=False)

    def write(self, content):
        return os.write(self.fileno(), content)

    def readinto(self, buffer):
        content = os.read(self.fileno(), len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def readall(self):
        return b"".join(iter(lambda: os.read(self.fileno(), 2**16), b""))

    def close(self):
        if not self.closed:
            file = self.fileno()
            super().close()
            os.close(file)
