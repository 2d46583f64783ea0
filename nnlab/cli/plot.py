"""``nnlab plot``: a command for every entry of the registry of figures, and ``all``.

The commands are made when the first one is looked up, because the registry is slow to import.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from nnlab.cli.arguments import CheckpointName, Overrides, RunAddress, RunsDir, Split, SplitName, Which
from nnlab.cli.drawing import Drawn, figure_command
from nnlab.cli.groups import FullHelp
from nnlab.cli.output import say
from nnlab.cli.plot_curves import curves

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nnlab.figures import FigureEntry, Subject

Target = Annotated[str, typer.Argument(metavar="CONFIG|RUN", help="A YAML file, or a run.", show_default=False)]


class _Commands(Mapping[str, Any]):
    """The commands by name, made when they are needed."""

    @cached_property
    def _made(self) -> dict[str, Any]:
        return dict(typer.main.get_group(_app_of_registry()).commands)

    def __getitem__(self, name: str) -> Any:
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


class _Figures(FullHelp):
    """The group of the commands that draw."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Commands()  # type: ignore[assignment]  # nothing is ever added to it


app = typer.Typer(
    help="Draw figures of runs, sweeps and data.", no_args_is_help=True, rich_markup_mode=None, cls=_Figures
)


def _app_of_registry() -> typer.Typer:
    """Return an application with the commands that the entries of the registry declare, and ``all``."""
    from nnlab.figures import by_command

    made = typer.Typer(rich_markup_mode=None)
    for name, entries in by_command().items():
        if name == "curves":
            draw: Callable[..., Drawn] = curves
        else:
            draw = _of_config(name, entries) if entries[0].of_config else _of_run(entries[0])
        parts = (entries[0].summary, entries[0].details, f"Example: {entries[0].example}")
        figure_command(made, name, help_text="\n\n".join(filter(None, parts)))(draw)
    figure_command(made, "all", help_text=inspect.getdoc(_all) or "")(_all)
    return made


def _of_config(name: str, entries: "Sequence[FigureEntry]") -> Callable[..., Drawn]:
    """Return the command that draws ``entries``, which need no more than a config and its data."""

    def command(target: Target, overrides: Overrides = None, runs_dir: RunsDir = Path("runs")) -> Drawn:
        subject, folder, prefix = _located(target, overrides, runs_dir, f"nnlab plot {name}")
        drawn: dict[str, Figure] = {}
        for entry in entries:
            if len(entries) == 1 or not entry.applies(subject):
                drawn |= entry.pages(subject)
        return {folder / f"{prefix}{stem}": figure for stem, figure in drawn.items()}

    return command


def _of_run(entry: "FigureEntry") -> Callable[..., Drawn]:
    """Return the command that draws ``entry`` of a run, with the options that the entry takes."""

    def command(
        address: RunAddress,
        split: Split = "test",
        checkpoint: Which = "best",
        runs_dir: RunsDir = Path("runs"),
        **own: Any,
    ) -> Drawn:
        subject = _subject(address, split, checkpoint, runs_dir, f"nnlab plot {entry.name}")
        return _in_the_run(subject, entry.pages(subject, **own))

    shared = dict(inspect.signature(command).parameters)
    own = [_parameter(each) for each in _options(entry)]
    kept = ["address", *["split"] * entry.takes_split, *["checkpoint"] * entry.takes_checkpoint]
    parameters = [*(shared[name] for name in kept), *own, shared["runs_dir"]]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return command


def _options(entry: "FigureEntry") -> list[inspect.Parameter]:
    """Return the keywords of a drawing function that are options of its command."""
    from nnlab.figures import Option

    keywords = inspect.signature(entry.draw).parameters.values()
    return [each for each in keywords if any(isinstance(part, Option) for part in get_args(each.annotation))]


def _parameter(keyword: inspect.Parameter) -> inspect.Parameter:
    """Return a keyword that an Option annotates as Typer expects it."""
    kind, option, *_ = get_args(keyword.annotation)
    name = f"--{keyword.name.replace('_', '-')}"
    shown = option.default or True
    made = typer.Option(name, help=option.help, min=option.low, max=option.high, show_default=shown)
    return keyword.replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Annotated[kind, made])


def _all(
    address: RunAddress,
    split: Split = "test",
    checkpoint: Which = "best",
    count: Annotated[int, typer.Option("--count", min=1, max=200, help="How many mistakes to show.")] = 25,
    runs_dir: RunsDir = Path("runs"),
) -> Drawn:
    """Draw every figure that a run has, evaluating once.

    Example: nnlab plot all latest
    """
    from nnlab.figures import FIGURES

    subject = _subject(address, split, checkpoint, runs_dir, "nnlab plot all")
    drawn: dict[str, Figure] = {}
    for entry in FIGURES.values():
        if reason := entry.applies(subject):
            say(f"{entry.name} left out: {reason}")
            continue
        drawn |= entry.pages(subject, **({"count": count} if entry.name == "misclassified" else {}))
    return _in_the_run(subject, drawn)


def _subject(address: str, split: SplitName, checkpoint: CheckpointName, runs_dir: Path, cause: str) -> "Subject":
    """Return what a figure of the run at ``address`` is drawn from."""
    from nnlab.evaluation.trained_run import TrainedRun
    from nnlab.figures import Subject
    from nnlab.runs import find_run

    run = TrainedRun(find_run(address, runs_dir))
    return Subject(run.config, run, split, checkpoint, cause)


def _in_the_run(subject: "Subject", drawn: "dict[str, Figure]") -> Drawn:
    return {subject.run.run.figures / stem: figure for stem, figure in drawn.items()}


def _located(target: str, overrides: list[str] | None, runs_dir: Path, cause: str) -> "tuple[Subject, Path, str]":
    """Return what a figure of ``target``, a config or a run, is drawn from, and folder and prefix of its file."""
    from nnlab.config import load_config
    from nnlab.config.shipped import names_config
    from nnlab.evaluation.trained_run import TrainedRun
    from nnlab.figures import Subject
    from nnlab.runs import find_run
    from nnlab.runs.run_config import load_run_config

    path = Path(target)
    if names_config(target):
        return Subject(load_config(path, overrides or []), cause=cause), Path(), f"{path.stem}-"
    run = TrainedRun(find_run(target, runs_dir))
    if overrides:
        return Subject(load_run_config(run.run, overrides), cause=cause), run.run.figures, ""
    return Subject(run.config, run, cause=cause), run.run.figures, ""
