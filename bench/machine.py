"""Peak speed of the machine, and its load from other processes."""

import contextlib
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

_SIDE = 2048


def sgemm_peak(threads: int, *, repeats: int = 3) -> float:
    """Return the highest rate of NumPy's BLAS on 2048x2048 matrices, in float32 operations per second."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, _SIDE, _SIDE), np.float32)
    out = np.empty_like(a)
    taken = []
    with threadpool_limits(threads, user_api="blas"):
        for _ in range(repeats + 1):
            start = time.perf_counter()
            np.matmul(a, b, out=out)
            taken.append(time.perf_counter() - start)
    return 2 * _SIDE**3 / min(taken)


@dataclass(frozen=True)
class Watch:
    """Processor time from now on: the total, and the part of this process and its children."""

    stat: Path = Path("/proc/stat")
    begun: tuple[float, float, float] | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "begun", self._read())

    def others(self) -> float | None:
        """Return the share (0-1) of all cores' time used by other processes since; None if it is unknown."""
        now = self._read()
        if self.begun is None or now is None:
            return None
        total, idle, own = (after - before for before, after in zip(self.begun, now, strict=True))
        return min(1.0, max(0.0, (total - idle - own) / total)) if total > 0 else None

    def _read(self) -> tuple[float, float, float] | None:
        """Return seconds: of all cores, idle, and used by this process and its children."""
        try:
            fields = [int(text) for text in self.stat.read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]]
        except OSError:
            return None
        ticks = os.sysconf("SC_CLK_TCK")
        own = time.process_time() + sum(os.times()[2:4]) + _of_live_children() / ticks
        return sum(fields) / ticks, (fields[3] + fields[4]) / ticks, own


def _of_live_children() -> int:
    """Return the processor time, in clock ticks, of the children of this process that still run."""
    ticks = 0
    for children in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError, ValueError):
            for child in children.read_text(encoding="ascii").split():
                words = Path(f"/proc/{child}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
                ticks += int(words[11]) + int(words[12])
    return ticks
