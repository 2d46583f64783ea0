"""What a figure declares about itself, and what it is drawn from.

An entry is a drawing function with the facts that ``nnlab plot``, ``nnlab plot all`` and the report need. Each
module of this package defines one or more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

from matplotlib.figure import Figure

from nnlab.activity import announce
from nnlab.arrays import Shape
from nnlab.config import Experiment
from nnlab.data import Dataset, Source, load_dataset, open_source
from nnlab.errors import RunError, UsageError
from nnlab.evaluation import Evaluation, SplitName
from nnlab.evaluation.trained_run import TrainedRun
from nnlab.runs.checkpoints import Which

Section: TypeAlias = Literal[
    "network", "data", "settings", "training", "results", "mistakes", "confidence", "insides"
]
"""The part of a report that a figure belongs to."""

SECTIONS: tuple[Section, ...] = (
    "network",
    "data",
    "settings",
    "training",
    "results",
    "mistakes",
    "confidence",
    "insides",
)
"""The sections in the order of a report, which is also that of ``nnlab plot``."""

Need: TypeAlias = Literal["records", "training data", "split", "checkpoint", "evaluation"]
"""What a figure is drawn from beside the config.

records        the metrics log of a run
training data  the training examples
split          the examples of the split that was chosen
checkpoint     the network of a run at the checkpoint that was chosen
evaluation     predictions and metrics of that checkpoint on that split
"""

_OF_A_RUN = frozenset({"records", "split", "checkpoint", "evaluation"})


@dataclass(frozen=True, eq=False)
class Subject:
    """What a figure is drawn from: a config, or a run with a split of its data and one of its checkpoints.

    ``cause`` is entered into the ledger if test data have to be evaluated. ``known`` is an evaluation that was
    made already, which then takes the place of ``trained.evaluation``.
    """

    config: Experiment
    trained: TrainedRun | None = None
    split: SplitName = "test"
    checkpoint: Which = "best"
    cause: str = "nnlab plot"
    known: Evaluation | None = None

    @property
    def run(self) -> TrainedRun:
        """The run; raises UsageError if there is only a config."""
        if self.trained is None:
            raise UsageError(f"{self.config.name} is a config: this figure needs a run")
        return self.trained

    @cached_property
    def dataset(self) -> Dataset:
        """The data; raises DataError if they are missing."""
        return self.trained.dataset if self.trained else load_dataset(self.config.data, self.config.seed)

    @cached_property
    def evaluation(self) -> Evaluation:
        """The evaluation of the checkpoint on the split; raises RunError or DataError if that fails."""
        return self.known or self.run.evaluation(self.split, self.checkpoint, cause=self.cause)

    @property
    def input_shape(self) -> Shape:
        """Shape of one example, without reading the inputs."""
        return self.trained.input_shape if self.trained else self._source.input_shape

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, without reading the inputs."""
        return self.trained.class_names if self.trained else self._source.class_names

    @property
    def has_images(self) -> bool:
        """Whether the inputs can be drawn as images."""
        return len(self.input_shape) in {2, 3}

    @cached_property
    def _source(self) -> Source:
        return open_source(self.config.data)


@dataclass(frozen=True)
class Option:
    """An option of a figure on the command line, as an annotation of a keyword of its drawing function.

    ``low`` and ``high`` bound a number; ``default`` is what help shows instead of the keyword's default.
    """

    help: str
    low: int | None = None
    high: int | None = None
    default: str = ""


Text: TypeAlias = str | Callable[[Subject], str]
"""A text, or how to word it for a subject."""


def always(_: Subject) -> str | None:
    """Return None: the figure applies to every config or run."""
    return None


@dataclass(frozen=True, kw_only=True)
class FigureEntry:
    """A figure: when it applies, what it needs, how it is explained, and how it is drawn.

    name         unique; the name of its file
    section      the part of a report that it belongs to
    summary      what ``nnlab plot`` does, a sentence; ``details`` follow in its help, then an ``example``
    needs        what it is drawn from beside the config
    applies      None, or the reason why it cannot be drawn of a subject that has what it needs
    caption      what it shows, a sentence
    description  the same for readers who cannot see it
    question     what the author of a report is asked about it; empty if nothing
    vector       whether it consists of lines and text, which a vector format suits, not of images
    command      the command of ``nnlab plot`` that draws it, along with the others of that command; else the name
    file_name    the name of its file for some options
    draw         the drawing, of a Subject and options, as a figure or pages of them
    """

    name: str
    section: Section
    summary: str
    example: str
    details: str = ""
    needs: frozenset[Need] = frozenset()
    applies: Callable[[Subject], str | None] = always
    caption: Text
    description: Text
    question: str = ""
    vector: bool = True
    command: str = ""
    file_name: Callable[..., str] | None = None
    draw: Callable[..., Figure | Sequence[Figure]]

    @property
    def of_config(self) -> bool:
        """Whether a config is enough, so that the figure can be drawn before training."""
        return not self.needs & _OF_A_RUN

    @property
    def takes_split(self) -> bool:
        """Whether the figure depends on the split that is chosen."""
        return bool(self.needs & {"split", "evaluation"})

    @property
    def takes_checkpoint(self) -> bool:
        """Whether the figure depends on the checkpoint that is chosen."""
        return bool(self.needs & {"checkpoint", "evaluation"})

    def stem(self, subject: Subject, **options: Any) -> str:
        """Return the name of the file, which another split or checkpoint than the usual is part of."""
        name = self.file_name(**options) if self.file_name else self.name
        parts = [name]
        if self.takes_split and subject.split != "test":
            parts.append(subject.split)
        if self.takes_checkpoint and subject.checkpoint != "best":
            parts.append(subject.checkpoint)
        return "-".join(parts)

    def pages(self, subject: Subject, **options: Any) -> dict[str, Figure]:
        """Return the figure, or its pages, by the names of their files.

        Raises RunError if the figure does not apply, and what reading the run, its data or config raises.
        """
        if reason := self.applies(subject):
            raise RunError(reason)
        announce(f"drawing {self.name}")
        drawn = self.draw(subject, **options)
        pages = [drawn] if isinstance(drawn, Figure) else list(drawn)
        stem = self.stem(subject, **options)
        return {stem if page == 1 else f"{stem}-{page}": each for page, each in enumerate(pages, start=1)}


def text(of: Text, subject: Subject) -> str:
    """Return a caption or description as it is for ``subject``."""
    return of if isinstance(of, str) else of(subject)


def headline(evaluation: Evaluation) -> str:
    """Return the title of a figure of an evaluation: experiment, split, checkpoint, accuracy."""
    metrics = evaluation.metrics
    accuracy = f"{100 * metrics.accuracy:.2f} % of {metrics.count:,}"
    last = ", last checkpoint" * (evaluation.checkpoint == "last")
    return f"{evaluation.config.name}, {split_name(evaluation.split)} examples{last}: {accuracy} correct"


def split_name(split: str) -> str:
    """Return what a split is called in a text."""
    return {"train": "training"}.get(split, split)


def dimensions(shape: Shape) -> str:
    """Return a shape as text, such as 28x28x1."""
    return "x".join(map(str, shape))
