"""The environment of a run: versions, libraries, processor, data and code."""

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
_SCIPY = {"scipy", "scipy.libs"}  # it loads its own BLAS, which nnlab does not use
_LONGEST = 60  # characters of a value in a message
_SPLITS = {f"{name} data": name for name in ("train", "validation", "test")}

UNKNOWN = "unknown"
"""The value of a difference if an environment lacks it."""


@dataclass(frozen=True)
class Difference:
    """A changed part of the environment that can change the bits of a training run."""

    what: str
    before: str
    now: str

    @property
    def of_data(self) -> bool:
        """Whether this is the digest of a split of the data."""
        return self.what in _SPLITS

    def __str__(self) -> str:
        return f"{self.what}: {self.now[:_LONGEST]}, was {self.before[:_LONGEST]}"


def current_environment(seed: int, data_digests: dict[str, str], threads: int) -> dict[str, Any]:
    """Return the content of environment.json for a run that starts now, as plain data."""
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
    """Return the differences of two environments that can change the bits of a training run.

    These are the versions of nnlab, NumPy and BLAS, the processor type that BLAS selects, the instruction sets
    that NumPy uses, and the data.
    """
    found = []
    for what, read in _DECISIVE.items():
        was, has = (_attempt(read, facts) for facts in (before, now))
        if was != has:
            found.append(Difference(what, was, has))
    return found


def _attempt(read: Callable[[Any], str], facts: Mapping[str, Any]) -> str:
    """Return the value that ``read`` finds in ``facts``, which may have been edited; UNKNOWN if it is missing."""
    try:
        return read(facts)
    except (KeyError, TypeError, AttributeError):
        return UNKNOWN


def _each(blas: Any, *keys: str) -> str:
    """Return the distinct values under ``keys`` of the BLAS libraries in use."""
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


def _cpu() -> str:
    """Return the processor's name as reported by the system."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit() -> str | None:
    """Return the commit of nnlab's source, with ``+`` if files were changed; None outside a checkout."""
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
