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
    from nnlab.config import load_config, located
    from nnlab.errors import OptionError

    experiment_config = load_config(config, overrides or [])
    try:
        with display(quiet=quiet) as show:
            run = training.train(experiment_config, runs_dir=runs_dir, report=show, begin=show.begin)
    except OptionError as error:
        if error.option != "init_from":
            raise
        raise located(error, config, overrides or []) from error
    typer.echo(run.path)
