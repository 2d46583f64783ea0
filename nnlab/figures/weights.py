"""The weights of each layer and their gradients on the first batch of the training run."""

import numpy as np
from matplotlib.figure import Figure

from nnlab.drawing.weights import Spread, weights
from nnlab.figures.entry import FigureEntry, Subject, dimensions
from nnlab.figures.filters import without_weights
from nnlab.nn.kernels import threads
from nnlab.nn.network import Network
from nnlab.training.batch_loss import backward_loss, forward_loss
from nnlab.training.state import batches_of


def _draw(subject: Subject) -> list[Figure]:
    config, dataset = subject.config, subject.dataset
    loss = config.fitted_loss(dataset)
    network = subject.run.network(subject.checkpoint)
    batch = dataset.batch(batches_of(config, len(dataset.train)).draw(), 1)
    before = {name: value.copy() for name, value in network.state.items()}
    with threads.compute(config.compute.threads), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        scores, caches = network.forward(batch.x)
        network.backward(backward_loss(loss, forward_loss(loss, scores, batch)[1]), caches)
    for (
        name,
        value,
    ) in network.state.items():  # a forward pass moves running statistics, and others use the network
        value[...] = before[name]
    examples = f"{len(batch.labels)} training example{'s' * (len(batch.labels) > 1)}"
    step = subject.run.checkpoint(subject.checkpoint).step
    title = f"{config.name}, weights after {step:,} steps, and gradients on {examples}"
    return weights(_spreads(subject, network), title=title, note="biases, scales and shifts left out")


def _spreads(subject: Subject, network: Network) -> list[Spread]:
    """Return the weights of each layer, and the gradients of the last backward pass."""
    spreads, start = [], 0
    for name, param in network.params.items():
        gradient = network.gradient[start : start + param.size]
        start += param.size
        if param.ndim > 1:
            index, _, rest = name.partition(".")
            inner = rest.removesuffix("weight").rstrip(".").replace(".", " ")
            label = f"{index} {subject.config.network[int(index)].type} {inner}".strip()
            spreads.append(Spread(f"{label} {dimensions(param.shape)}", param.ravel().copy(), gradient.copy()))
    return spreads


WEIGHTS = FigureEntry(
    name="weights",
    section="insides",
    summary="Draw how large the weights of each layer are, and their gradients on a batch of training examples.",
    example="nnlab plot weights latest --checkpoint last",
    needs=frozenset({"checkpoint", "training data"}),
    applies=without_weights,
    caption="The weights of each layer, and their gradients on a batch.",
    description="Histograms of weights and gradients, a row for each layer.",
    question="Do all layers still learn?",
    draw=_draw,
)
