"""Check that a network and its batches fit in memory before the operating system kills the process."""

import contextlib
from pathlib import Path

from nnlab.arrays import Shape
from nnlab.config import Experiment
from nnlab.errors import SystemFault
from nnlab.summary.counts import NetworkSummary, summarize

_CONTAINER = Path("/sys/fs/cgroup/memory.max")


def require_memory_for_weights(config: Experiment, input_shape: Shape | None = None) -> None:
    """Raise SystemFault if the weights of the network and their gradient exceed the free memory.

    ``input_shape`` is that of the data unless given.
    """
    summary = summarize(config, input_shape=input_shape)
    layer = max(summary.rows, key=lambda row: row.parameters, default=None)
    if layer is not None:
        _require(
            summary.parameter_bytes,
            f"the {summary.total_parameters:,} parameters and their gradient",
            f"the largest layer is a {layer.layer} with {layer.parameters:,}",
        )


def require_memory_for_steps(config: Experiment, examples: int) -> None:
    """Raise SystemFault if a step on a batch of the ``examples`` to train on exceeds the free memory."""
    summary, training = summarize(config), config.training
    size = training.batch_size if training.replacement else min(training.batch_size, examples)
    _require(
        _outputs(summary) * size // summary.batch_size,
        f"the layers' outputs for a batch of {size:,}",
        f"a smaller training.batch_size (now {training.batch_size:,}) needs less",
    )


def _outputs(summary: NetworkSummary) -> int:
    return summary.activation_bytes // 2  # without the gradients, which are never all in memory at once


def _require(need: int, what: str, hint: str) -> None:
    free = free_memory()
    if free is not None and need > free:
        raise SystemFault(f"out of memory: {what} take {_gigabytes(need)}, {_gigabytes(free)} are free; {hint}")


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:,.1f} GB"


def too_large(config: Experiment, error: MemoryError) -> str:
    """Return the message for a MemoryError during training: the allocation that failed, and a remedy."""
    size = config.training.batch_size
    return f"{error or 'nothing is left'}; a smaller training.batch_size (now {size:,}) needs less"


def free_memory() -> int | None:
    """Return the number of bytes this process can still allocate before the system kills it; None if unknown."""
    free = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free += [1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    with contextlib.suppress(OSError, ValueError):  # the limit of a container, or "max" without one
        free.append(int(_CONTAINER.read_text(encoding="ascii")))
    return min(free, default=None)
