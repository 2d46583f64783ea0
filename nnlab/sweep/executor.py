"""The interface between a sweep and an executor of its cells: local processes or a cluster."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self


@dataclass(frozen=True)
class Job:
    """A cell to train to completion; with ``test`` it is then evaluated on the test split."""

    directory: Path
    test: bool


@dataclass(frozen=True)
class JobResult:
    """How a job ended and, unless it completed, the reason.

    ``interrupted``: its state was saved on request; ``lost``: its process died, for example because it ran out of
    memory.
    """

    status: Literal["completed", "failed", "interrupted", "lost"]
    error: str | None = None


class Executor(Protocol):
    """Runs up to ``capacity`` jobs at a time, each by ``nnlab.sweep.job.run_job``.

    Jobs share nothing but their directories. Leaving the block leaves no job running.
    """

    capacity: int

    def start(self, job: Job) -> None:
        """Start a job; fewer than ``capacity`` are running."""

    def wait(self, seconds: float) -> list[tuple[Job, JobResult]]:
        """Return the jobs that have ended, waiting up to ``seconds`` for the first one."""

    def interrupt(self) -> None:
        """Ask all jobs to save their state and stop; ``wait`` still returns them."""

    def __enter__(self) -> Self:
        """Acquire resources."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop jobs that are still running."""
