"""Progress of a training run on stderr: a live display on a terminal, plain lines elsewhere."""

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from nnlab.cli.output import say
from nnlab.runs.formatting import duration, percent

if TYPE_CHECKING:
    from nnlab.training.progress import Progress

_PLAIN_LINES = 20  # without evaluations


class Display(Protocol):
    """Shows progress while its block is open."""

    def __call__(self, progress: "Progress") -> None:
        """Show the progress after a step."""

    def __enter__(self) -> Self:
        """Start the display."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Restore the terminal."""


class Silent:
    """No display."""

    def __call__(self, progress: "Progress") -> None:
        """Show nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


class PlainLines(Silent):
    """One line per evaluation, or twenty lines in all without evaluations."""

    def __init__(self) -> None:
        self._meter = Meter()

    def __call__(self, progress: "Progress") -> None:
        """Print a line if there is news."""
        self._meter.add(progress)
        last = progress.step == progress.total_steps
        due = last or progress.step % max(1, progress.total_steps // _PLAIN_LINES) == 0
        if progress.evaluation is not None or (due and progress.evaluated_on is None):
            say(self._meter.line(progress))


class Live:
    """A progress bar with the newest numbers, redrawn in place; evaluations scroll above it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._meter = Meter()
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[numbers]}", markup=False),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            refresh_per_second=8,
        )
        self._task = self._progress.add_task("training", total=None, numbers="")

    def __call__(self, progress: "Progress") -> None:
        """Update the bar."""
        self._meter.add(progress)
        if progress.evaluation is not None:
            self._progress.console.print(self._meter.line(progress), markup=False, highlight=False)
        if progress.step % self._meter.stride == 0 or progress.step == progress.total_steps:
            self._progress.update(
                self._task,
                total=progress.total_steps,
                completed=progress.step,
                description=f"step {progress.step:,}/{progress.total_steps:,}",
                numbers=self._meter.numbers(progress),
            )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


class Meter:
    """Smoothed training numbers and speed, from the steps so far."""

    def __init__(self) -> None:
        self.stride = 1
        self._training: dict[str, float] = {}
        self._begun: tuple[int, float] | None = None
        self._images = 0
        self._seconds = 0.0
        self._steps = 0

    def add(self, progress: "Progress") -> None:
        """Add a step."""
        if self._begun is None:
            self._begun = (progress.step, progress.seconds)
        else:
            self._images += progress.examples
        self._steps = progress.step - self._begun[0]
        self._seconds = progress.seconds - self._begun[1]
        self.stride = max(1, int(self._steps / max(self._seconds, 1e-9) / 20))
        for key, value in (progress.training or {}).items():
            old = self._training.get(key, value)
            self._training[key] = old + 0.05 * (value - old)

    def numbers(self, progress: "Progress") -> str:
        """Return training loss and accuracy, speed and time left."""
        parts = []
        if self._training:
            parts.append(f"loss {self._training['loss']:.4f}")
            parts.append(f"accuracy {percent(self._training['accuracy'])}")
        if self._seconds > 0 and self._steps:
            left = (progress.total_steps - progress.step) * self._seconds / self._steps
            parts.append(f"{self._images / self._seconds:,.0f} images/s")
            parts.append(f"{duration(left)} left")
        return "  ".join(parts)

    def line(self, progress: "Progress") -> str:
        """Return one line with everything that is known after a step."""
        width = len(f"{progress.total_steps:,}")
        line = f"step {progress.step:>{width},}/{progress.total_steps:,}  {self.numbers(progress)}"
        if progress.evaluation is not None:
            loss, accuracy = progress.evaluation["loss"], percent(progress.evaluation["accuracy"])
            line += f"  | {progress.evaluated_on} loss {loss:.4f}  accuracy {accuracy}"
            line += "  best" if progress.improved else ""
        return line


def display(*, quiet: bool) -> Display:
    """Return the display suited to stderr: a terminal, a file, or none if ``quiet``."""
    if quiet:
        return Silent()
    return Live() if sys.stderr is not None and sys.stderr.isatty() else PlainLines()
