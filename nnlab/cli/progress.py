"""Progress of a training run on stderr: a live display on a terminal, plain lines elsewhere."""

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from nnlab.cli.output import say
from nnlab.runs.wording import duration, percent

if TYPE_CHECKING:
    from nnlab.training.recording import Report

_PLAIN_LINES = 20  # without evaluations


class Display(Protocol):
    """A display of reports, used as a context manager."""

    def __call__(self, report: "Report") -> None:
        """Show a report."""

    def __enter__(self) -> Self:
        """Start the display."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Restore the terminal."""


class Silent:
    """No display."""

    def __call__(self, report: "Report") -> None:
        """Ignore a report."""

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

    def __call__(self, report: "Report") -> None:
        """Print a line if one is due."""
        self._meter.add(report)
        due = report.step % max(1, report.total_steps // _PLAIN_LINES) == 0 or report.step == report.total_steps
        if report.evaluation is not None or (due and report.evaluated_on is None):
            say(self._meter.line(report))


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

    def __call__(self, report: "Report") -> None:
        """Update the bar."""
        self._meter.add(report)
        if report.evaluation is not None:
            self._progress.console.print(self._meter.line(report), markup=False, highlight=False)
        if report.step % self._meter.stride == 0 or report.step == report.total_steps:
            self._progress.update(
                self._task,
                total=report.total_steps,
                completed=report.step,
                description=f"step {report.step:,}/{report.total_steps:,}",
                numbers=self._meter.numbers(report),
            )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


class Meter:
    """Smoothed training numbers and speed, from the reports so far."""

    def __init__(self) -> None:
        self.stride = 1
        self._training: dict[str, float] = {}
        self._begun: tuple[int, float] | None = None
        self._images = 0
        self._seconds = 0.0
        self._steps = 0

    def add(self, report: "Report") -> None:
        """Add a report."""
        if self._begun is None:
            self._begun = (report.step, report.seconds)
        else:
            self._images += report.examples
        self._steps = report.step - self._begun[0]
        self._seconds = report.seconds - self._begun[1]
        self.stride = max(1, int(self._steps / max(self._seconds, 1e-9) / 20))
        for key, value in (report.training or {}).items():
            old = self._training.get(key, value)
            self._training[key] = old + 0.05 * (value - old)

    def numbers(self, report: "Report") -> str:
        """Return training loss and accuracy, speed and time left."""
        parts = []
        if self._training:
            parts.append(f"loss {self._training['loss']:.4f}")
            parts.append(f"accuracy {percent(self._training['accuracy'])}")
        if self._seconds > 0 and self._steps:
            left = (report.total_steps - report.step) * self._seconds / self._steps
            parts.append(f"{self._images / self._seconds:,.0f} images/s")
            parts.append(f"{duration(left)} left")
        return "  ".join(parts)

    def line(self, report: "Report") -> str:
        """Return one line with all numbers at a report."""
        width = len(f"{report.total_steps:,}")
        line = f"step {report.step:>{width},}/{report.total_steps:,}  {self.numbers(report)}"
        if report.evaluation is not None:
            loss, accuracy = report.evaluation["loss"], percent(report.evaluation["accuracy"])
            line += f"  | {report.evaluated_on} loss {loss:.4f}  accuracy {accuracy}"
            line += "  best" if report.improved else ""
        return line


def display(*, quiet: bool) -> Display:
    """Return the display suited to stderr: a terminal, a file, or none if ``quiet``."""
    if quiet:
        return Silent()
    return Live() if sys.stderr is not None and sys.stderr.isatty() else PlainLines()
