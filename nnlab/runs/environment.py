"""What a run depends on besides its config: versions, libraries, processor, data, code."""

import contextlib
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

_PACKAGES = ("nnlab", "numpy", "pydantic", "pyyaml", "safetensors", "matplotlib")
_SCIPY = {"scipy", "scipy.libs"}  # it brings a BLAS of its own, which computes nothing here
_CONTAINER = Path("/sys/fs/cgroup/memory.max")
_TOLD = 60  # characters of a value
_SPLITS = {f"{name} data": name for name in ("train", "validation", "test")}

UNKNOWN = "unknown"
"""What a difference says where an environment does not tell."""


@dataclass(frozen=True)
class Difference:
    """Something on which the bits of a training depend, and that is no longer as it was."""

    what: str
    before: str
    now: str

    @property
    def of_data(self) -> bool:
        """Whether these are the digests of other examples."""
        return self.what in _SPLITS

    def __str__(self) -> str:
        return f"{self.what}: {self.now[:_TOLD]}, was {self.before[:_TOLD]}"


def current_environment(seed: int, data_digests: dict[str, str], threads: int) -> dict[str, Any]:
    """Return what environment.json holds, as plain data."""
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "versions": {package: version(package) for package in _PACKAGES},
        "blas": [
            {key: pool.get(key) for key in ("internal_api", "version", "architecture", "threading_layer")}
            for pool in threadpool_info()
            if pool["user_api"] == "blas" and not _SCIPY & set(Path(pool["filepath"]).parts)
        ],
        "simd": np.show_config(mode="dicts")["SIMD Extensions"],
        "cpu": _cpu(),
        "threads": threads,
        "commit": _commit(),
        "seed": seed,
        "data": data_digests,
    }


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """Return what of two environments can change the bits of a training, as far as it is not the same.

    These are nnlab, NumPy, BLAS and the kind of processor that it computes for, the processor's instructions
    that NumPy uses, and the data.
    """
    found = []
    for what, read in _DECISIVE.items():
        was, has = (_attempt(read, facts) for facts in (before, now))
        if was != has:
            found.append(Difference(what, was, has))
    return found


def _attempt(read: Callable[[Any], str], facts: Mapping[str, Any]) -> str:
    """Return what ``read`` finds in an environment that somebody may have edited."""
    try:
        return read(facts)
    except (KeyError, TypeError, AttributeError):
        return UNKNOWN


def _each(blas: Any, *keys: str) -> str:
    """Return the values under ``keys`` of every BLAS in use, each once."""
    return ", ".join(sorted({" ".join(str(library[key]) for key in keys) for library in blas}))


def _digest(split: str, facts: Any) -> str:
    return str(facts["data"][split])[:12]


_DECISIVE: dict[str, Callable[[Any], str]] = {
    "nnlab": lambda facts: str(facts["versions"]["nnlab"]),
    "NumPy": lambda facts: str(facts["versions"]["numpy"]),
    "BLAS": lambda facts: _each(facts["blas"], "internal_api", "version"),
    "BLAS core type": lambda facts: _each(facts["blas"], "architecture"),
    "SIMD": lambda facts: " ".join([*facts["simd"]["baseline"], *facts["simd"]["found"]]),
    **{what: partial(_digest, name) for what, name in _SPLITS.items()},
}


def free_memory() -> int | None:
    """Return how many bytes this process can still take before the system kills it; None if that is not told."""
    free = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free += [1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    with contextlib.suppress(OSError, ValueError):  # of a container; it says "max" where there is no limit
        free.append(int(_CONTAINER.read_text(encoding="ascii")))
    return min(free, default=None)


def _cpu() -> str:
    """Return the processor's name as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit() -> str | None:
    """Return the commit of nnlab's own source, with ``+`` if it was changed since; None outside a checkout."""
    source = Path(__file__).parent
    try:
        answer = subprocess.run(  # noqa: S603 -- fixed arguments
            ["git", "-C", str(source), "describe", "--always", "--dirty=+", "--abbrev=40", "--exclude=*"],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None
