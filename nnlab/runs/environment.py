"""What a run depends on besides its config: versions, libraries, processor, data, code."""

import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

_PACKAGES = ("nnlab", "numpy", "pydantic", "pyyaml", "safetensors", "matplotlib")


def environment(seed: int, data_digests: dict[str, str], threads: int) -> dict[str, Any]:
    """Return what environment.json holds, as plain data."""
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "versions": {package: version(package) for package in _PACKAGES},
        "blas": [
            {key: pool.get(key) for key in ("internal_api", "version", "architecture", "threading_layer")}
            for pool in threadpool_info()
            if pool["user_api"] == "blas"
        ],
        "simd": np.show_config(mode="dicts")["SIMD Extensions"],
        "cpu": _cpu(),
        "threads": threads,
        "commit": _commit(),
        "seed": seed,
        "data": data_digests,
    }


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
