"""``nnlab plot``: figures of runs, of sweeps and of data."""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from nnlab.cli import plot_network, plot_results
from nnlab.cli.drawing import Drawn, figure_command
from nnlab.cli.options import Overrides, RunAddress, RunsDir, Split, Which
from nnlab.cli.output import say
from nnlab.cli.plot_network import Target, located, pages
from nnlab.cli.plot_results import Count, evaluated
from nnlab.errors import RunError, UsageError

app = typer.Typer(help="Draw figures of runs, sweeps and data.", no_args_is_help=True, rich_markup_mode=None)


Unit: TypeAlias = Literal["step", "epoch"]
Addresses = Annotated[
    list[str],
    typer.Argument(metavar="RUN|SWEEP...", help="Directories, beginnings of their names, or latest."),
]


@figure_command(app, "curves")
def curves(
    addresses: Addresses,
    unit: Annotated[
        Unit, typer.Option("--x", help="Draw over steps, or over epochs with a mean of each.")
    ] = "step",
    runs_dir: RunsDir = Path("runs"),
    *,
    first_epoch: Annotated[bool, typer.Option("--first-epoch", help="Only that, with the mean so far.")] = False,
    log: Annotated[bool, typer.Option("--log", help="Put the loss on a logarithmic scale.")] = False,
) -> Drawn:
    """Draw loss and accuracy in the course of training.

    Of several runs, those that differ in the seed only become a mean with a band of one standard deviation;
    settings that differ are compared.

    Example: nnlab plot curves latest
    """
    from nnlab import figures
    from nnlab.runs import Run

    if first_epoch and unit == "epoch":
        raise UsageError("--first-epoch draws the steps of an epoch: leave --x epoch out")
    found = [figures.find_trainings(address, runs_dir) for address in addresses]
    trainings = [training for _, each in found for training in each]
    for training in trainings if len(trainings) > 1 else []:
        if not training.records:
            say(f"{training.run.name} left out: nothing is logged yet")
    figure = figures.draw_curves(
        trainings,
        unit=unit,
        first_epoch=first_epoch,
        scale="log" if log else "linear",
    )
    name = "first-epoch" if first_epoch else "curves" if unit == "step" else "curves-by-epoch"
    return {Run(found[0][0]).figures / name if len(found) == 1 else Path(name): figure}


figure_command(app, "architecture")(plot_network.architecture)
figure_command(app, "filters")(plot_network.filters)
figure_command(app, "weights")(plot_network.weights)
figure_command(app, "activations")(plot_network.activations)
figure_command(app, "confusion")(plot_results.confusion)
figure_command(app, "classes")(plot_results.classes)
figure_command(app, "calibration")(plot_results.calibration)
figure_command(app, "misclassified")(plot_results.misclassified)
figure_command(app, "pairs")(plot_results.pairs)
figure_command(app, "boundary")(plot_results.boundary)


@figure_command(app, "data")
def data(target: Target, overrides: Overrides = None, runs_dir: RunsDir = Path("runs")) -> Drawn:
    """Draw the values, the classes and a sample of the examples to train on.

    Figures of a config go into the present folder, those of a run into the run.

    Example: nnlab plot data configs/ellipse.yaml
    """
    from nnlab import figures
    from nnlab.data import load_dataset

    config, place = located(target, overrides, runs_dir, "data")
    drawn = figures.draw_data(load_dataset(config.data, config.seed), config.name, config.seed)
    return {place.with_name(f"{place.name}-{name}"): figure for name, figure in drawn.items()}


@figure_command(app, "all")
def all_figures(
    address: RunAddress,
    split: Split = "test",
    checkpoint: Which = "best",
    count: Count = 25,
    runs_dir: RunsDir = Path("runs"),
) -> Drawn:
    """Draw every figure that a run has, evaluating once.

    Example: nnlab plot all latest
    """
    from nnlab import figures

    run, evaluation = evaluated("all", address, split, checkpoint, runs_dir)
    config, name, dataset = evaluation.config, evaluation.config.name, evaluation.dataset
    drawn = {
        "architecture": figures.draw_architecture(config),
        "curves": figures.draw_curves([figures.read_training(run)]),
        "confusion": figures.draw_confusion(evaluation),
        "classes": figures.draw_classes(evaluation),
        "calibration": figures.draw_calibration(evaluation),
        "misclassified": figures.draw_misclassified(evaluation, count),
    }
    if dataset.input_shape == (2,):
        drawn["boundary"] = figures.draw_boundary(evaluation)
    if len(dataset.input_shape) in {2, 3}:
        drawn["pairs"] = figures.draw_pairs(evaluation)
    try:
        drawn["filters"] = figures.draw_filters(run, name, checkpoint)
    except RunError as error:
        say(f"filters left out: {error}")
    else:
        drawn |= pages("weights", figures.draw_weights(run, config, checkpoint, dataset=dataset))
    maps = figures.draw_activations(run, config, split=split, checkpoint=checkpoint, dataset=dataset)
    drawn |= pages("activations", maps)
    data_figures = figures.draw_data(dataset, name, config.seed)
    drawn |= {f"data-{key}": figure for key, figure in data_figures.items()}
    return {run.figures / key: figure for key, figure in drawn.items()}
