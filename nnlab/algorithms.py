"""Which algorithm computes each convolution of a network: what ``nnlab summary --kernels`` shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nnlab.arrays import Shape
from nnlab.config import Experiment
from nnlab.data import Source
from nnlab.kernels import convolution
from nnlab.layers import Conv2d, Layer, Residual
from nnlab.network import outline_layers
from nnlab.registry import DATASETS


@dataclass(frozen=True)
class Choice:
    """How one convolution is computed.

    ``place`` is where it stands in the config's ``network``, such as ``3`` or ``2.body.0``. ``forward`` and
    ``backward`` are the names of nnlab.kernels.convolution. The formula takes ``saving`` times the
    multiplications that the forward algorithm does.
    """

    place: str
    input_shape: Shape
    weight_shape: Shape
    forward: str
    backward: str
    saving: float

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        shapes = {name: list(getattr(self, name)) for name in ("input_shape", "weight_shape")}
        return {**vars(self), **shapes}


def choices(experiment: Experiment) -> list[Choice]:
    """Return how each convolution of the network of ``experiment`` is computed, without allocating a weight."""
    source: Source = DATASETS.build(experiment.data)
    layers = outline_layers(experiment.network, source.input_shape)
    return [_choice(place, layer) for place, layer in _convolutions(layers, "")]


def _convolutions(layers: Sequence[Layer], prefix: str) -> Iterator[tuple[str, Conv2d]]:
    """Yield each convolution and its place, in the order of the config."""
    for index, layer in enumerate(layers):
        place = f"{prefix}{index}"
        if isinstance(layer, Conv2d):
            yield place, layer
        elif isinstance(layer, Residual):
            yield from _convolutions(layer.body, f"{place}.body.")
            if isinstance(layer.projection, Conv2d):
                yield f"{place}.projection", layer.projection


def _choice(place: str, layer: Conv2d) -> Choice:
    weight = layer.params["weight"].shape
    shape = layer.windows, *weight[2:]
    forward, backward = convolution.choice(*shape), convolution.choice_backward(*shape)
    if place == "0":  # the data need no gradient
        backward = f"{'taps' if forward == 'taps' else 'patches'}, weight only"
    return Choice(place, layer.input_shape, weight, forward, backward, convolution.saving(*shape))
