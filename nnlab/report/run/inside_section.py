"""The section "Inside the network": filters, activations, weights and gradients."""

from collections.abc import Callable, Sequence

from matplotlib.figure import Figure

from nnlab import figures
from nnlab.errors import NnlabError, RunError
from nnlab.evaluation import SplitName
from nnlab.report.content import Block, Comment, Picture, Prose, Section
from nnlab.report.run.material import RunMaterial


def inside_section(material: RunMaterial) -> Section:
    """Return the section on the trained network, as far as its checkpoint and the data are available."""
    run, config, dataset, which = material.run, material.config, material.dataset, material.checkpoint
    if not run.checkpoints.exist:
        return Section("insides", "Inside the network", (Prose("No checkpoint was saved.", warning=True),))
    blocks = _pictures(
        "filters",
        lambda: [figures.draw_filters(run, config.name, which)],
        "The weights of the first layer that has some, on one scale.",
        "The weights of the first layer, drawn as images.",
    )
    blocks.append(Comment("filters-comment", "What does the first layer respond to?"))
    if dataset is not None:
        split: SplitName = "test" if material.outcome else "train"
        blocks += _pictures(
            "activations",
            lambda: figures.draw_activations(run, config, split=split, checkpoint=which, rows=1, dataset=dataset),
            "What each layer makes of one example.",
            "The values that each layer returns for one example, from the input to the scores.",
        )
        blocks.append(Comment("activations-comment", "What is kept from layer to layer, and what is lost?"))
        blocks += _pictures(
            "weights",
            lambda: figures.draw_weights(run, config, which, dataset=dataset),
            "How large the weights of each layer are, and their gradients on a batch.",
            "Histograms of weights and gradients, a row for each layer.",
        )
        blocks.append(Comment("weights-comment", "Do all layers still learn?"))
    return Section("insides", "Inside the network", tuple(blocks))


def _pictures(name: str, draw: Callable[[], Sequence[Figure]], caption: str, description: str) -> list[Block]:
    """Return the pages of a figure, or the reason why it cannot be drawn."""
    try:
        figures = draw()
    except NnlabError as error:
        return [Prose(f"Not shown: {error}.", warning=not isinstance(error, RunError))]
    drawn = name == "weights"
    return [
        Picture(
            name if page == 1 else f"{name}-{page}",
            figure,
            caption if len(figures) == 1 else f"{caption} Page {page} of {len(figures)}.",
            description,
            drawn=drawn,
        )
        for page, figure in enumerate(figures, start=1)
    ]
