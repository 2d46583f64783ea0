"""How each convolution of a network is computed, without allocating a weight."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nnlab.arrays import Shape
from nnlab.config import Experiment
from nnlab.data import open_source
from nnlab.nn.kernels import convolution
from nnlab.nn.layers import Conv2d, DepthwiseConv2d, Layer
from nnlab.nn.network import outline_layers
from nnlab.nn.shards import shard_count


@dataclass(frozen=True)
class KernelChoice:
    """The algorithms that compute one convolution, depthwise ones included.

    ``place`` is its position in the config's ``network``, such as ``3`` or ``2.body.0``. ``forward`` and
    ``backward`` are algorithms as nnlab.nn.kernels.convolution names them, or channelwise. ``saving`` is the
    number of multiplications in the formula divided by that of the forward algorithm.
    """

    place: str
    input_shape: Shape
    weight_shape: Shape
    forward: str
    backward: str
    saving: float

    def as_json(self) -> dict[str, Any]:
        """Return the fields as plain data."""
        shapes = {name: list(getattr(self, name)) for name in ("input_shape", "weight_shape")}
        return {**vars(self), **shapes}


def kernel_choices(experiment: Experiment, *, input_shape: Shape | None = None) -> list[KernelChoice]:
    """Return the algorithms for each convolution in the network of ``experiment``.

    ``input_shape`` is that of its data set unless given.
    """
    layers = outline_layers(experiment.network, input_shape or open_source(experiment.data).input_shape)
    places = {str(index): layer for index, layer in enumerate(layers)}
    return [_choice(place, layer) for place, layer in _convolutions(places)]


def shards(experiment: Experiment, *, input_shape: Shape | None = None) -> int:
    """Return in how many shards a training batch of ``experiment`` is computed, which processes can share."""
    training = experiment.training
    layers = outline_layers(experiment.network, input_shape or open_source(experiment.data).input_shape)
    return training.shards or shard_count(training.batch_size, layers)


def _convolutions(layers: Mapping[str, Layer]) -> Iterator[tuple[str, Conv2d | DepthwiseConv2d]]:
    """Yield each convolution among ``layers`` and their parts, with its place, in the order of the config."""
    for place, layer in layers.items():
        if isinstance(layer, Conv2d | DepthwiseConv2d):
            yield place, layer
        yield from _convolutions({f"{place}.{name}": part for name, part in layer.parts.items()})


def _choice(place: str, layer: Conv2d | DepthwiseConv2d) -> KernelChoice:
    weight = layer.params["weight"].shape
    if isinstance(layer, DepthwiseConv2d):
        backward = "channelwise, weight only" if place == "0" else "channelwise"
        return KernelChoice(place, layer.input_shape, weight, "channelwise", backward, 1.0)
    shape = layer.windows, *weight[2:]
    forward, backward = convolution.choice(*shape), convolution.choice_backward(*shape)
    if place == "0":  # the inputs of the network need no gradient
        backward = f"{forward if forward in {'taps', 'product'} else 'patches'}, weight only"
    return KernelChoice(place, layer.input_shape, weight, forward, backward, convolution.saving(*shape))
