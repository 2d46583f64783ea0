"""A network: layers in a row, their parameters in one vector."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nnlab import seeding
from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.errors import OptionError
from nnlab.nn.initializers import Initializer, Unallocated, Values
from nnlab.nn.kernels.blocks import assign
from nnlab.nn.layers import Layer
from nnlab.nn.layers.base import Role
from nnlab.nn.layers.chain import Chain
from nnlab.registry import LAYERS, Spec


class Network:
    """A chain of layers.

    ``weights`` holds all parameters in one vector, and ``gradient`` has the same layout: an optimizer sees two
    vectors, however many layers there are. The layers' own ``params`` are views of ``weights``.
    The layers ``frozen``, by index, are not trained: their gradients are 0, and those below the lowest trained
    layer compute as at inference.
    """

    def __init__(
        self, layers: Sequence[Layer], dtype: DTypeLike = np.float32, *, frozen: Collection[int] = ()
    ) -> None:
        self.layers = tuple(layers)
        self.frozen = frozenset(frozen)
        self.input_shape = self.layers[0].input_shape
        self.output_shape = self.layers[-1].output_shape
        parts = [np.empty(0, dtype), *(param.ravel() for param in self.params.values())]
        self.weights: Array = np.concatenate(parts, dtype=dtype, casting="unsafe")
        self.gradient: Array = np.zeros_like(self.weights)
        self._gradients = self.views(self.gradient)
        self.attach(self.weights)
        self._chain = Chain(self.layers, self.frozen)

    @property
    def params(self) -> Named:
        """All parameters, by layer and name: ``3.weight``."""
        return _numbered(layer.params for layer in self.layers)

    @property
    def state(self) -> Named:
        """All state that is saved but not trained, by layer and name."""
        return _numbered(layer.state for layer in self.layers)

    @property
    def streams(self) -> dict[str, Rng]:
        """All random streams that training draws from, by layer and name."""
        return {f"{i}.{name}": s for i, layer in enumerate(self.layers) for name, s in layer.streams.items()}

    @property
    def roles(self) -> dict[str, Role]:
        """The roles of all parameters, by layer and name."""
        return {f"{i}.{name}": layer.role(name) for i, layer in enumerate(self.layers) for name in layer.params}

    @property
    def decayed(self) -> NDArray[np.bool_]:
        """Which of ``weights`` are weights by their role, rather than biases or scales: shape (D,)."""
        masks = [np.full(self.params[name].size, role == "weight") for name, role in self.roles.items()]
        return np.concatenate([np.empty(0, bool), *masks])

    @property
    def trained(self) -> NDArray[np.bool_]:
        """Which of ``weights`` belong to layers that are not frozen: shape (D,)."""
        masks = [np.full(param.size, layer_of(name) not in self.frozen) for name, param in self.params.items()]
        return np.concatenate([np.empty(0, bool), *masks])

    @property
    def first_weight(self) -> tuple[Array, Shape] | None:
        """The weight of the first layer that has one, and the shape of that layer's input; None if none has."""
        for layer in self.layers:
            for name, param in layer.params.items():
                if layer.role(name) == "weight":
                    return param, layer.input_shape
        return None

    def predict(self, x: Array) -> Array:
        """Return the scores of x (N, *input_shape), at inference."""
        return self._chain.predict(x)

    def forward(self, x: Array) -> tuple[Array, list[Any]]:
        """Return the scores of x in training, and the caches for ``backward``."""
        return self._chain.forward(x)

    def backward(self, grad_y: Array, caches: Sequence[Any], into: Sequence[Named] | None = None) -> None:
        """Write dL/dweights into ``gradient``, given dL/dscores; or into the views ``into`` of another vector."""
        found = zip(into or self._gradients, self._chain.gradients(grad_y, caches), strict=True)
        for index, (views, grads) in enumerate(found):
            for name, view in views.items():
                if index in self.frozen:
                    view.fill(0)
                else:
                    assign(view, grads[name])

    def move(self, weights: Array) -> None:
        """Let ``weights`` (D,) hold the parameters from now on; their values are copied into it."""
        weights[...] = self.weights
        self.attach(weights)

    def attach(self, weights: Array) -> None:
        """Take the parameters from ``weights`` (D,), whose values replace those of the network."""
        self.weights = weights
        for layer, views in zip(self.layers, self.views(weights), strict=True):
            layer.bind(views)

    def label(self, index: int) -> str:
        """Return the name of a layer in messages, e.g. ``network[3] (conv2d)``."""
        return f"network[{index}] ({LAYERS.name_of(self.layers[index])})"

    def views(self, vector: Array) -> list[Named]:
        """Return, per layer, parameter-shaped views of ``vector``."""
        views: list[Named] = []
        start = 0
        for layer in self.layers:
            views.append({})
            for name, param in layer.params.items():
                views[-1][name] = vector[start : start + param.size].reshape(param.shape)
                start += param.size
        return views


def layer_of(name: str) -> int:
    """Return the index of the layer that an array belongs to, such as 3 for ``3.weight``."""
    return int(name.partition(".")[0])


def build_network(
    specs: Sequence[Spec], input_shape: Shape, seed: int = 0, *, frozen: Collection[int] = ()
) -> Network:
    """Return the network that ``specs`` describe for inputs (N, *input_shape); see ``Network`` for ``frozen``.

    Raises OptionError at the first layer that does not fit its input.
    """
    layers: list[Layer] = []
    for i, spec in enumerate(specs):
        layers.append(LAYERS.build(spec, input_shape, seeding.stream(seed, "layer", i)))
        input_shape = layers[-1].output_shape
    return Network(layers, frozen=frozen)


def outline_layer(spec: Spec, input_shape: Shape) -> Layer:
    """Return the layer that ``spec`` describes, with weights that take no memory: for shapes and counts.

    Raises OptionError if it does not fit its input, or if it is larger than an array can be.
    """
    try:
        layer: Layer = LAYERS.build(_unallocated(spec), input_shape, np.random.default_rng(0))
    except (MemoryError, ValueError) as error:
        raise OptionError("its arrays are too large") from error
    return layer


def outline_layers(specs: Sequence[Spec], input_shape: Shape) -> list[Layer]:
    """Return the layers that ``specs`` describe, each applied to the output of the one before it."""
    layers: list[Layer] = []
    for spec in specs:
        layers.append(outline_layer(spec, input_shape))
        input_shape = layers[-1].output_shape
    return layers


@dataclass(frozen=True)
class _WrittenOut(Initializer):
    """Values written out in a config, which occupy memory already; an OptionError names their option."""

    values: Values
    option: str

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        try:
            return self.values(rng, shape)
        except OptionError as error:
            raise OptionError(str(error), option=self.option) from error


def _unallocated(value: Any, option: str = "") -> Any:
    """Return ``value`` with every initializer in it, at any depth, replaced by one that takes no memory."""
    if isinstance(value, Values):
        return _WrittenOut(value, f"{option}.values")
    if isinstance(value, Initializer):
        return Unallocated()
    if isinstance(value, tuple):
        return tuple(_unallocated(item) for item in value)
    if isinstance(value, Spec):
        options = {name: _unallocated(getattr(value, name), name) for name in type(value).model_fields}
        return value.model_copy(update=options)
    return value


def _numbered(tables: Iterable[Named]) -> Named:
    return {f"{i}.{name}": array for i, table in enumerate(tables) for name, array in table.items()}
