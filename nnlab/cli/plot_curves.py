"""``nnlab plot curves``, which takes several runs and sweeps."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.arguments import RunsDir
from nnlab.cli.drawing import Drawn
from nnlab.cli.output import say
from nnlab.errors import RunError, UsageError

if TYPE_CHECKING:
    from nnlab.figures.curves import NamedRun


class Unit(StrEnum):
    """The unit of the horizontal axis."""

    step = "step"
    epoch = "epoch"


Addresses = Annotated[
    list[str],
    typer.Argument(metavar="RUN|SWEEP...", help="Directories, beginnings of their names, or latest."),
]


def curves(
    addresses: Addresses,
    unit: Annotated[
        Unit, typer.Option("--x", help="Draw over steps, or over epochs with a mean of each.")
    ] = Unit.step,
    runs_dir: RunsDir = Path("runs"),
    *,
    first_epoch: Annotated[bool, typer.Option("--first-epoch", help="Only that, with the mean so far.")] = False,
    log: Annotated[bool, typer.Option("--log", help="Put the loss on a logarithmic scale.")] = False,
) -> Drawn:
    """Draw loss and accuracy of one or several runs, or of a sweep."""
    from nnlab.figures.curves import draw_curves
    from nnlab.runs import Run

    if first_epoch and unit is Unit.epoch:
        raise UsageError("--first-epoch draws the steps of an epoch: leave --x epoch out")
    found = [_find(address, runs_dir) for address in addresses]
    runs = [each for _, named in found for each in named]
    for each in runs if len(runs) > 1 else []:
        if not each.run.records:
            say(f"{each.run.name} left out: nothing is logged yet")
    figure = draw_curves(runs, unit=unit.value, first_epoch=first_epoch, scale="log" if log else "linear")
    name = "first-epoch" if first_epoch else "curves" if unit is Unit.step else "curves-by-epoch"
    return {Run(found[0][0]).figures / name if len(found) == 1 else Path(name): figure}


def _find(address: str, runs_dir: Path) -> "tuple[Path, list[NamedRun]]":
    """Return the directory at ``address`` and its runs: those of a sweep that have begun, or one run.

    Raises RunError if there is neither.
    """
    from nnlab.evaluation.trained_run import TrainedRun
    from nnlab.figures.curves import NamedRun
    from nnlab.runs import Run
    from nnlab.runs.sweeps import find_run_or_sweep

    found = find_run_or_sweep(address, runs_dir)
    if isinstance(found, Run):
        run = TrainedRun(found)
        return found.path, [NamedRun(run, run.config.name, run.config)]
    begun = [TrainedRun(cell.run) for cell in found.cells if cell.run.metrics.is_file()]
    if not begun:
        raise RunError(f"no cell of the sweep {found.name} has begun")
    return found.path, [
        NamedRun(each, found.variants.get(each.run) or each.config.name, each.config) for each in begun
    ]
