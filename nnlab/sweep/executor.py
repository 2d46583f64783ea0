"""What a sweep asks of whoever runs its cells: processes of this machine, or a cluster."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self


@dataclass(frozen=True)
class Job:
    """A cell to train to its end, and perhaps to ``test``: to evaluate on the test split."""

    directory: Path
    test: bool


@dataclass(frozen=True)
class Outcome:
    """How a job ended, and why it did not complete.

    ``interrupted``: its state was saved on request; ``lost``: its process died, as for want of memory.
    """

    status: Literal["completed", "failed", "interrupted", "lost"]
    error: str | None = None


class Executor(Protocol):
    """Runs up to ``capacity`` jobs at a time, each by ``nnlab.sweep.job.run_job``.

    Jobs share nothing but their directories. Leaving the block leaves no job running.
    """

    capacity: int

    def start(self, job: Job) -> None:
        """Begin a job; there is room for it."""

    def wait(self, seconds: float) -> list[tuple[Job, Outcome]]:
        """Return the jobs that have ended, waiting up to ``seconds`` for the first of them."""

    def interrupt(self) -> None:
        """Ask all jobs to save their state and stop; ``wait`` still returns them."""

    def __enter__(self) -> Self:
        """Make ready."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop what still runs."""
