"""What ``nnlab predict`` prints, writes and draws, batch by batch."""

import codecs
import csv
import io
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
import typer
from numpy.typing import NDArray

from nnlab.cli.drawing import check_output, has_screen
from nnlab.cli.output import print_table, say
from nnlab.data.inputs import Inputs
from nnlab.drawing.answers import MOST
from nnlab.drawing.answers import answers as answers_figure
from nnlab.drawing.saving import save
from nnlab.errors import DataError, UsageError, printable
from nnlab.evaluation import Answers, TrainedRun
from nnlab.files import replacing
from nnlab.runs.checkpoints import Which
from nnlab.runs.formatting import counted, distinct, percent

Unread = Sequence[tuple[Path, str]]
"""Files that could not be read, each with the reason."""

_ORDINALS = ("2nd", "3rd")


class Listing(Protocol):
    """Takes predictions, a batch at a time, and whatever could not be read at the end."""

    def take(self, names: Sequence[str], answers: Answers) -> None:
        """Take the answers on examples that are called ``names``."""

    def end(self, unread: Unread) -> None:
        """End the list."""


class Table:
    """Prints a table for each batch."""

    def __init__(self, trained: TrainedRun, checkpoint: Which, top: int) -> None:
        self._names, self._top = distinct(trained.class_names), min(top, len(trained.class_names))
        step = trained.checkpoint(checkpoint).step
        self._heading = f"{trained.name}: {checkpoint} checkpoint (step {step:,})\n"

    def take(self, names: Sequence[str], answers: Answers) -> None:
        """Print a table, the first one below a heading."""
        ordinals = [*_ORDINALS, *(f"{place}th" for place in range(4, self._top + 1))][: self._top - 1]
        columns = ["input", "class", "probability", *(part for each in ordinals for part in (each, ""))]
        rows = []
        for row, (name, ranked) in enumerate(zip(names, answers.ranked(self._top).tolist(), strict=True)):
            shares = answers.probabilities[row]
            rows.append(
                [name, *(part for label in ranked for part in (self._names[label], percent(shares[label])))]
            )
        typer.echo(self._heading)
        self._heading = ""
        print_table(columns, rows, left=2)

    def end(self, unread: Unread) -> None:
        """Print nothing more."""


class CsvLines:
    """Prints CSV: the input, and the most probable classes with their probabilities."""

    def __init__(self, trained: TrainedRun, top: int) -> None:
        self._names, self._top = trained.class_names, min(top, len(trained.class_names))
        others = [f"{key}_{place}" for place in range(2, self._top + 1) for key in ("class", "probability")]
        self._echo(["input", "class", "probability", *others])

    def take(self, names: Sequence[str], answers: Answers) -> None:
        """Print a line for each example."""
        for row, (name, ranked) in enumerate(zip(names, answers.ranked(self._top).tolist(), strict=True)):
            shares = answers.probabilities[row]
            self._echo([name, *(part for each in ranked for part in (self._names[each], f"{shares[each]:.6g}"))])

    def end(self, unread: Unread) -> None:
        """Print nothing more."""

    def _echo(self, values: Sequence[str]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(map(printable, values))
        typer.echo(line.getvalue())


class JsonLines:
    """Prints one JSON object, with the list of predictions in it, one a line."""

    def __init__(self, trained: TrainedRun, checkpoint: Which, top: int) -> None:
        self._names, self._top = trained.class_names, min(top, len(trained.class_names))
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        self._ascii = codecs.lookup(encoding).name != "utf-8"
        facts = {"run": trained.name, "checkpoint": checkpoint, "step": trained.checkpoint(checkpoint).step}
        lines = [f"  {self._json(key)}: {self._json(value)},\n" for key, value in facts.items()]
        typer.echo("".join(["{\n", *lines, '  "predictions": [']), nl=False)
        self._comma = ""

    def take(self, names: Sequence[str], answers: Answers) -> None:
        """Print an object for each example."""
        for row, (name, ranked) in enumerate(zip(names, answers.ranked(self._top).tolist(), strict=True)):
            shares = [(self._names[label], _number(answers.probabilities[row, label])) for label in ranked]
            top = [{"class": label, "probability": share} for label, share in shares]
            self._echo({"input": name, **top[0], "top": top})

    def end(self, unread: Unread) -> None:
        """Print the rest of the object, with the files that could not be read."""
        listed = [{"input": str(path), "reason": reason} for path, reason in unread]
        typer.echo(f'\n  ],\n  "unread": {self._json(listed)}\n}}')

    def _echo(self, value: Any) -> None:
        typer.echo(f"{self._comma}\n    {self._json(value)}", nl=False)
        self._comma = ","

    def _json(self, value: Any) -> str:
        text = json.dumps(value, ensure_ascii=self._ascii)
        return text if text.isprintable() else json.dumps(value)


class SubmissionLines:
    """Writes a CSV file with the number of each example, from 1, and the name of its class."""

    def __init__(self, file: IO[bytes], path: Path, header: str) -> None:
        names = header.split(",")
        if len(names) != 2 or not all(names):
            raise UsageError(f"--header {header}: expected two names, such as ImageId,Label")
        self._text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        self._rows = csv.writer(self._text, lineterminator="\n")
        self._rows.writerow(names)
        self._path, self._count = path, 0

    def take(self, names: Sequence[str], answers: Answers) -> None:
        """Write a line for each example."""
        self._rows.writerows(enumerate(answers.classes, start=self._count + 1))
        self._count += len(names)

    def end(self, unread: Unread) -> None:
        """Print the file's path; raises DataError, so that nothing is written, if an example is missing."""
        self._text.detach()
        if unread:
            reasons = "\n".join(reason for _, reason in unread)
            raise DataError(f"{reasons}\na submission needs every example, so {self._path} is not written")
        say(counted(self._count, "prediction"))
        typer.echo(self._path)


@contextmanager
def listing(
    form: str, trained: TrainedRun, checkpoint: Which, top: int, submission: Path | None, header: str
) -> Iterator[Listing]:
    """Open a list of predictions in ``form``, csv, json or table, or one that replaces the file ``submission``."""
    if submission is not None:
        with replacing(submission) as file:
            yield SubmissionLines(file, submission, header)
    elif form == "json":
        yield JsonLines(trained, checkpoint, top)
    elif form == "csv":
        yield CsvLines(trained, top)
    else:
        yield Table(trained, checkpoint, top)


class Drawing:
    """A figure of the first examples, written to ``path`` or, to be shown only, to a temporary folder.

    Raises UsageError if the inputs of the run are not images, or a figure cannot be written there.
    """

    def __init__(self, trained: TrainedRun, path: Path | None, *, top: int, show: bool) -> None:
        if len(trained.input_shape) != 3:
            raise UsageError(f"--figure and --show draw images, which {printable(trained.name)} does not take")
        check_output(path, None)
        self._trained, self._path, self._show = trained, path, show
        self._top = min(top, len(trained.class_names))
        self._names: list[str] = []
        self._parts: list[tuple[Inputs, NDArray[np.int64], NDArray[np.floating[Any]]]] = []
        self._seen = 0

    def take(self, names: Sequence[str], x: Inputs, answers: Answers) -> None:
        """Take examples and the answers on them, as many as the figure has room for."""
        self._seen += len(names)
        if room := MOST - len(self._names):
            ranked = answers.ranked(self._top)
            shares = np.take_along_axis(answers.probabilities, ranked, axis=1)
            self._names += [Path(name).name for name in names[:room]]
            self._parts.append((x[:room], ranked[:room], shares[:room]))

    def finish(self) -> None:
        """Write the figure, say where, and show it if that was asked for and there is a screen."""
        if not self._names:
            return
        x, ranked, shares = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        note = f"the first {len(x)} of {self._seen:,}" if self._seen > len(x) else ""
        figure = answers_figure(
            x, ranked, shares, self._names, self._trained.class_names, title=self._trained.name, note=note
        )
        path = self._path or Path(tempfile.mkdtemp(prefix="nnlab-")) / "predictions.png"
        save(figure, path)
        say(f"figure: {path}")
        if self._show and has_screen():
            typer.launch(str(path))


def _number(value: Any) -> float | None:
    """Return a probability as JSON has it; None if it is not finite."""
    return float(value) if isfinite(value) else None
