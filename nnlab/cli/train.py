"""``nnlab train``."""

from pathlib import Path

import typer

from nnlab.cli.arguments import Config, Overrides, Quiet, RunsDir


def train(
    config: Config, overrides: Overrides = None, runs_dir: RunsDir = Path("runs"), *, quiet: Quiet = False
) -> None:
    """Train a network and print its run directory.

    Ctrl-C saves the state and stops; nnlab resume continues.

    Example: nnlab train configs/mnist.yaml training.steps=300
    """
    from nnlab import training
    from nnlab.cli.training_display import display
    from nnlab.config import load_config

    experiment_config = load_config(config, overrides or [])
    with display(quiet=quiet) as show:
        run = training.train(experiment_config, runs_dir=runs_dir, report=show, begin=show.begin)
    typer.echo(run.path)
