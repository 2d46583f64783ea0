"""``nnlab train``."""

from pathlib import Path

import typer

from nnlab.cli.options import Config, Overrides, Quiet, RunsDir


def train(
    config: Config, overrides: Overrides = None, runs_dir: RunsDir = Path("runs"), *, quiet: Quiet = False
) -> None:
    """Train a network and print its run directory.

    Example: nnlab train configs/mnist.yaml training.steps=300
    """
    from nnlab import experiment
    from nnlab.blueprint import load_config
    from nnlab.cli.progress import display

    experiment_config = load_config(config, overrides or [])
    with display(quiet=quiet) as show:
        run = experiment.train(experiment_config, runs_dir=runs_dir, report=show)
    typer.echo(run.path)
