"""The implementation that nnlab is compared with: PyTorch, or none if it is not installed."""

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias

from bench.race import Contender
from bench.results import Agreement
from bench.trainings import Batch
from nnlab.arrays import Array
from nnlab.config import Experiment
from nnlab.nn.network import Network
from nnlab.nn.optimizers import Optimizer
from nnlab.training.state import TrainingState

Verb: TypeAlias = Literal["forward", "backward", "gradients"]
"""A method of a layer; ``gradients`` computes those of its parameters only, as in a network's first layer."""


class Rival(Protocol):
    """Another implementation of the same arithmetic, in one or more forms."""

    @property
    def version(self) -> str | None:
        """Its name and version; None if there is no rival."""

    @property
    def frameworks(self) -> tuple[str, ...]:
        """Its names in ``bench.memory``."""

    def agreement(self, config: Experiment) -> Agreement | None:
        """Return how closely it agrees with nnlab in the first steps of ``config``."""

    def training(self, state: TrainingState, batches: Sequence[Batch], *, seconds: float) -> dict[str, Contender]:
        """Return forms of ``state`` on ``batches``, the ordinary one first, chosen within ``seconds``."""

    def layer(self, network: Network, verb: Verb, x: Array, grad_y: Array) -> dict[str, Contender]:
        """Return forms of the only layer of ``network`` on x, given grad_y = dL/dy."""

    def layer_difference(self, network: Network, x: Array, grad_y: Array) -> float | None:
        """Return the largest relative difference in a result or gradient of the only layer of ``network``."""

    def optimizer(self, optimizer: Optimizer, weights: Array, gradient: Array) -> dict[str, Contender]:
        """Return forms of the update of a copy of ``weights``."""

    def optimizer_difference(self, optimizer: Optimizer, weights: Array, gradient: Array) -> float | None:
        """Return the relative difference of the movement in a few updates of ``weights``."""


class Nobody:
    """No rival: nnlab is timed alone."""

    version = None
    frameworks = ()

    def agreement(self, config: Experiment) -> None:
        """Compare nothing."""

    def training(self, state: TrainingState, batches: Sequence[Batch], *, seconds: float) -> dict[str, Contender]:  # noqa: ARG002
        """Return no contender."""
        return {}

    def layer(self, network: Network, verb: Verb, x: Array, grad_y: Array) -> dict[str, Contender]:  # noqa: ARG002
        """Return no contender."""
        return {}

    def layer_difference(self, network: Network, x: Array, grad_y: Array) -> None:
        """Compare nothing."""

    def optimizer(self, optimizer: Optimizer, weights: Array, gradient: Array) -> dict[str, Contender]:  # noqa: ARG002
        """Return no contender."""
        return {}

    def optimizer_difference(self, optimizer: Optimizer, weights: Array, gradient: Array) -> None:
        """Compare nothing."""


def rival(threads: int) -> Rival:
    """Return PyTorch with ``threads`` threads if it is installed, otherwise ``Nobody``."""
    try:
        from bench.pytorch import PyTorch  # noqa: PLC0415 -- an optional dependency
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        return Nobody()
    return PyTorch(threads)
