"""Figures of what is in a network."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.drawing import Drawn
from nnlab.cli.options import Overrides, RunAddress, RunsDir, Split, Which

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nnlab.config import Experiment

Target = Annotated[
    str, typer.Argument(metavar="CONFIG|RUN", help="A YAML file, a shipped config or a run.", show_default=False)
]


def pages(name: str, drawn: "Sequence[Figure]") -> "dict[str, Figure]":
    """Return the pages of a figure, the first under ``name``, the others under that with their number."""
    return {name if number == 1 else f"{name}-{number}": figure for number, figure in enumerate(drawn, start=1)}


def filters(address: RunAddress, checkpoint: Which = "best", runs_dir: RunsDir = Path("runs")) -> Drawn:
    """Draw the weights of the first layer as images.

    Example: nnlab plot filters latest
    """
    from nnlab import figures
    from nnlab.config import load_config
    from nnlab.runs import find_run

    run = find_run(address, runs_dir)
    return {run.figures / "filters": figures.draw_filters(run, load_config(run.config).name, checkpoint)}


def weights(address: RunAddress, checkpoint: Which = "best", runs_dir: RunsDir = Path("runs")) -> Drawn:
    """Draw how large the weights of each layer are, and their gradients on a batch of training examples.

    Example: nnlab plot weights latest --checkpoint last
    """
    from nnlab import figures
    from nnlab.config import load_config
    from nnlab.runs import find_run

    run = find_run(address, runs_dir)
    drawn = figures.draw_weights(run, load_config(run.config), checkpoint)
    return {run.figures / name: figure for name, figure in pages("weights", drawn).items()}


def activations(
    address: RunAddress,
    image: Annotated[int, typer.Option("--image", min=0, help="The number of the example, from 0.")] = 0,
    split: Split = "test",
    layer: Annotated[
        int | None, typer.Option("--layer", min=0, help="Only this one, larger, from 0.", show_default="all")
    ] = None,
    checkpoint: Which = "best",
    runs_dir: RunsDir = Path("runs"),
) -> Drawn:
    """Draw what each layer makes of an example: its feature maps, from the input to the scores.

    Example: nnlab plot activations latest --image 7
    """
    from nnlab import figures
    from nnlab.config import load_config
    from nnlab.runs import find_run

    run = find_run(address, runs_dir)
    drawn = figures.draw_activations(
        run, load_config(run.config), image=image, split=split, layer=layer, checkpoint=checkpoint
    )
    found = pages("activations" if layer is None else f"activations-layer-{layer}", drawn)
    return {run.figures / name: figure for name, figure in found.items()}


def architecture(target: Target, overrides: Overrides = None, runs_dir: RunsDir = Path("runs")) -> Drawn:
    """Draw the layers of a network in their order, with shapes and parameters.

    The figure of a config goes into the present folder, that of a run into the run.

    Example: nnlab plot architecture configs/mnist.yaml
    """
    from nnlab import figures

    config, place = located(target, overrides, runs_dir, "architecture")
    return {place: figures.draw_architecture(config)}


def located(target: str, overrides: list[str] | None, runs_dir: Path, figure: str) -> "tuple[Experiment, Path]":
    """Return the config at ``target``, a file or a run, and where its ``figure`` goes."""
    from nnlab.config import load_config
    from nnlab.config.shipped import names_config
    from nnlab.runs import find_run

    if names_config(target):
        path = Path(target)
        return load_config(path, overrides or []), Path(f"{path.stem}-{figure}")
    run = find_run(target, runs_dir)
    return load_config(run.config, overrides or []), run.figures / figure
