"""Check that a network fits in memory before the operating system ends the process."""

from nnlab.arrays import Shape
from nnlab.config import Experiment
from nnlab.errors import SystemFault
from nnlab.runs.environment import free_memory
from nnlab.summary import NetworkSummary, summarize


def require_memory_for_weights(config: Experiment, input_shape: Shape | None = None) -> None:
    """Raise SystemFault if the weights of the network, and a gradient, clearly need more memory than is free.

    ``input_shape`` is that of the data unless given.
    """
    plan = summarize(config, input_shape=input_shape)
    layer = max(plan.rows, key=lambda row: row.parameters, default=None)
    if layer is not None:
        _require(
            plan.parameter_bytes,
            f"the {plan.total_parameters:,} parameters and their gradient",
            f"the largest layer is a {layer.layer} with {layer.parameters:,}",
        )


def require_memory_for_steps(config: Experiment, examples: int) -> None:
    """Raise SystemFault if a step on a batch of the ``examples`` to train on clearly needs more than is free."""
    plan, training = summarize(config), config.training
    size = training.batch_size if training.replacement else min(training.batch_size, examples)
    _require(
        _outputs(plan) * size // plan.batch_size,
        f"the layers' outputs for a batch of {size:,}",
        f"a smaller training.batch_size (now {training.batch_size:,}) needs less",
    )


def _outputs(plan: NetworkSummary) -> int:
    return plan.activation_bytes // 2  # without their gradients, of which there are never all at once


def _require(need: int, what: str, hint: str) -> None:
    free = free_memory()
    if free is not None and need > free:
        raise SystemFault(f"out of memory: {what} take {_gigabytes(need)}, {_gigabytes(free)} are free; {hint}")


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:,.1f} GB"


def too_large(config: Experiment, error: MemoryError) -> str:
    """Return what could not be had in the course of a training, and what can be done about it."""
    size = config.training.batch_size
    return f"{error or 'nothing is left'}; a smaller training.batch_size (now {size:,}) needs less"
