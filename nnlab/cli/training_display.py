"""Progress of a training run on stderr: a live display on a terminal, plain lines elsewhere."""

import sys
from collections import deque
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from nnlab.activity import Activity, listening
from nnlab.cli.activity_display import INTERVAL, Heartbeat
from nnlab.cli.output import hanging, say
from nnlab.errors import printable
from nnlab.runs.formatting import counted, duration, percent

if TYPE_CHECKING:
    from rich.console import Group

    from nnlab.training.progress import Beginning, Progress

_PLAIN_LINES = 20  # without evaluations
_AVERAGED = 50  # steps that the training numbers are means over, or one record if that covers more


class Display(Protocol):
    """Shows progress while its block is open."""

    def __call__(self, progress: "Progress") -> None:
        """Show the progress after a step."""

    def begin(self, beginning: "Beginning") -> None:
        """Show what is about to be trained."""

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

    def begin(self, beginning: "Beginning") -> None:
        """Show nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


class PlainLines(Silent):
    """One line per evaluation, or twenty lines in all without evaluations, and one whenever ten seconds passed."""

    def __init__(self, interval: float = INTERVAL) -> None:
        self._meter = Meter()
        self._newest: str | None = None
        self._stack = ExitStack()
        self._beats = Heartbeat(self._beat, interval)

    def begin(self, beginning: "Beginning") -> None:
        """Print what is about to be trained."""
        self._say(opening(beginning))

    def __call__(self, progress: "Progress") -> None:
        """Print a line if there is news."""
        self._meter.add(progress)
        last = progress.step == progress.total_steps
        due = last or progress.step % max(1, progress.total_steps // _PLAIN_LINES) == 0
        if progress.evaluation is not None or (due and progress.evaluated_on is None):
            self._say(self._meter.line(progress))
        else:
            self._newest = None

    def __enter__(self) -> Self:
        self._stack.enter_context(listening(self._take))
        self._stack.enter_context(self._beats)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _take(self, activity: Activity) -> None:
        self._newest = str(activity)

    def _beat(self) -> None:
        if line := self._newest or self._meter.newest_line():
            say(line)

    def _say(self, line: str) -> None:
        say(line)
        self._newest = None
        self._beats.restart()


class Live:
    """A progress bar above the newest numbers, redrawn in place; evaluations scroll above it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live as Redrawn
        from rich.progress import BarColumn, Progress, TextColumn

        self._meter = Meter()
        self._console = Console(stderr=True)
        self._numbers = ""
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[left]}", markup=False),
            console=self._console,
            expand=True,
        )
        self._task = self._bar.add_task("preparing", total=None, left="")
        self._live = Redrawn(
            get_renderable=self._renderable, console=self._console, transient=True, refresh_per_second=8
        )
        self._stack = ExitStack()

    def begin(self, beginning: "Beginning") -> None:
        """Print what is about to be trained."""
        self._console.print(opening(beginning), markup=False, highlight=False)

    def __call__(self, progress: "Progress") -> None:
        """Update the bar."""
        self._meter.add(progress)
        if progress.evaluation is not None:
            self._console.print(evaluation_line(progress), markup=False, highlight=False)
        if progress.step % self._meter.stride == 0 or progress.step == progress.total_steps:
            self._numbers = self._meter.numbers()
            self._bar.update(
                self._task,
                total=progress.total_steps,
                completed=progress.step,
                description=f"step {progress.step:,}/{progress.total_steps:,}",
                left=self._meter.left(progress),
            )

    def __enter__(self) -> Self:
        self._stack.enter_context(listening(self._take))
        self._stack.enter_context(self._live)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _take(self, activity: Activity) -> None:
        self._numbers = str(activity)

    def _renderable(self) -> "Group":
        from rich.console import Group
        from rich.text import Text

        return Group(self._bar, Text(self._numbers, no_wrap=True, overflow="ellipsis"))


class Meter:
    """Means of the training numbers over the last steps, and the speed, from the steps so far."""

    def __init__(self) -> None:
        self.stride = 1
        self._records: deque[tuple[int, dict[str, float]]] = deque()  # steps covered, values
        self._recorded: int | None = None
        self._begun: tuple[int, float] | None = None
        self._images = 0
        self._seconds = 0.0
        self._steps = 0
        self._newest: Progress | None = None

    def add(self, progress: "Progress") -> None:
        """Add a step."""
        if self._begun is None:
            self._begun = (progress.step, progress.seconds)
            self._recorded = progress.step - 1
        else:
            self._images += progress.examples
        self._newest = progress
        self._steps = progress.step - self._begun[0]
        self._seconds = progress.seconds - self._begun[1]
        self.stride = max(1, int(self._steps / max(self._seconds, 1e-9) / 20))
        if progress.training:
            self._records.append((max(1, progress.step - (self._recorded or 0)), progress.training))
            self._recorded = progress.step
            while len(self._records) > 1 and self._averaged > _AVERAGED:
                self._records.popleft()

    @property
    def _averaged(self) -> int:
        return sum(steps for steps, _ in self._records)

    def numbers(self) -> str:
        """Return training loss and accuracy, the steps that they are means over, and the speed."""
        parts = []
        if self._records:
            loss, accuracy = self._mean("loss"), percent(self._mean("accuracy"))
            averaged = "last step" if self._averaged == 1 else f"mean of last {self._averaged:,} steps"
            parts += [f"loss {loss:.4f}", f"accuracy {accuracy}", f"({averaged})"]
        if self._seconds > 0 and self._steps:
            parts.append(f"{self._images / self._seconds:,.0f} images/s")
        return "  ".join(parts)

    def _mean(self, key: str) -> float:
        return sum(steps * values[key] for steps, values in self._records) / self._averaged

    def left(self, progress: "Progress") -> str:
        """Return the time left; empty if there is no estimate yet."""
        if self._seconds <= 0 or not self._steps:
            return ""
        return f"{duration((progress.total_steps - progress.step) * self._seconds / self._steps)} left"

    def line(self, progress: "Progress") -> str:
        """Return one line with everything that is known after a step."""
        parts = filter(None, (_step(progress), self.numbers(), self.left(progress)))
        return "  ".join(parts) + (f"  | {_evaluation(progress)}" if progress.evaluation else "")

    def newest_line(self) -> str:
        """Return the line of the newest step, without its evaluation; empty before the first step."""
        return self.line(replace(self._newest, evaluation=None)) if self._newest else ""


def opening(beginning: "Beginning") -> str:
    """Return what is about to be trained, in lines: the network's size, the data, the steps, the directory."""
    named = {{"train": "training"}.get(name, name): count for name, count in beginning.examples.items() if count}
    data = ", ".join(f"{count:,} {name}" for name, count in named.items())
    resumed = f"from step {beginning.steps:,} of {beginning.total_steps:,}"
    steps = resumed if beginning.steps else counted(beginning.total_steps, "step")
    return "\n".join(
        [
            f"network   {counted(beginning.parameters, 'parameter')}",
            f"examples  {data} ({beginning.data})",
            *(hanging(f"{name:<10}", printable(text)) for name, text in beginning.origin),
            f"training  {steps}, batches of {beginning.batch_size:,}",
            f"run       {beginning.path}",
        ]
    )


def evaluation_line(progress: "Progress") -> str:
    """Return one line with the evaluation after a step."""
    return f"{_step(progress)}  {_evaluation(progress)}"


def _step(progress: "Progress") -> str:
    width = len(f"{progress.total_steps:,}")
    return f"step {progress.step:>{width},}/{progress.total_steps:,}"


def _evaluation(progress: "Progress") -> str:
    if progress.evaluation is None:
        return ""
    loss, accuracy = progress.evaluation["loss"], percent(progress.evaluation["accuracy"])
    return f"{progress.evaluated_on} loss {loss:.4f}  accuracy {accuracy}" + "  best" * progress.improved


def display(*, quiet: bool) -> Display:
    """Return the display suited to stderr: a terminal, a file, or none if ``quiet``."""
    if quiet:
        return Silent()
    return Live() if sys.stderr is not None and sys.stderr.isatty() else PlainLines()
