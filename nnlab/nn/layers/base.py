"""The interface of all layers: three verbs and no hidden memory."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, TypeAlias

from nnlab.arrays import Array, Named, Rng, Shape

Role: TypeAlias = Literal["weight", "bias", "scale"]
"""The role of a parameter: a weight of a sum, a bias that is added, or a scale that multiplies a single value.

With ``decay: weights``, an optimizer lets only the weights decay.
"""


class Layer(ABC):
    """A differentiable function of a batch, with parameters of its own.

    ``input_shape`` and ``output_shape`` leave out the batch axis. ``params`` are trained, ``state`` is
    saved but not trained (running statistics, updated in place), ``streams`` are the random streams that
    ``forward`` draws from. ``parts`` are the layers inside a composite layer, whose arrays and streams appear
    in the layer's own tables as ``part.name``; other layers have none. A layer is complete when constructed:
    from its input shape, a random stream and keyword-only options, which are what a config can set.

    ``roles`` has the role of each parameter, by name; a parameter that is not in it is a weight.
    ``gives_probabilities`` says whether the values of y are probabilities that sum to 1, ``affine`` whether
    y is an affine function of x, with trained weights, ``reshapes`` whether y is x reshaped.
    ``bounds`` says in words where the values of y lie if they are bounded, such as ``between 0 and 1``.

    What ``backward`` needs travels in the cache that ``forward`` returns, never in the object.
    """

    roles: ClassVar[Mapping[str, Role]] = {"bias": "bias"}
    gives_probabilities: ClassVar[bool] = False
    affine: ClassVar[bool] = False
    reshapes: ClassVar[bool] = False
    bounds: ClassVar[str] = ""

    def __init__(self, input_shape: Shape, output_shape: Shape) -> None:
        self.input_shape = input_shape
        self.output_shape = output_shape
        self.params: Named = {}
        self.state: Named = {}
        self.streams: dict[str, Rng] = {}
        self.parts: dict[str, Layer] = {}

    @abstractmethod
    def predict(self, x: Array) -> Array:
        """Return y for x (N, *input_shape) at inference; remembers nothing."""

    @abstractmethod
    def forward(self, x: Array) -> tuple[Array, Any]:
        """Return y (N, *output_shape) in training, and the cache for ``backward``."""

    @abstractmethod
    def backward(self, grad_y: Array, cache: Any) -> tuple[Array, Named]:
        """Return dL/dx and dL/dparams (the keys of ``params``) for grad_y = dL/dy."""

    def gradients(self, grad_y: Array, cache: Any) -> Named:
        """Return dL/dparams alone, the same as those of ``backward``: all that a network's first layer needs."""
        return self.backward(grad_y, cache)[1]

    def bind(self, params: Mapping[str, Array]) -> None:
        """Replace the layer's parameters by ``params``, of the same names and shapes."""
        self.params = dict(params)

    def role(self, param: str) -> Role:
        """Return the role of the parameter called ``param``, which may be that of a part."""
        for name, part in self.parts.items():
            if param.startswith(f"{name}."):
                return part.role(param.removeprefix(f"{name}."))
        return self.roles.get(param, "weight")

    @property
    def predicts_as_in_training(self) -> bool:
        """Whether ``predict`` and ``forward`` return the same y; of a composite layer, whether all parts do."""
        return all(part.predicts_as_in_training for part in self.parts.values())

    @property
    def mixes_examples(self) -> bool:
        """Whether y of an example depends on the rest of its training batch; of a composite layer, in any part."""
        return any(part.mixes_examples for part in self.parts.values())

    @property
    def least_batch(self) -> int:
        """The fewest examples that a training batch must have; of a composite layer, what its parts need."""
        return max((part.least_batch for part in self.parts.values()), default=1)

    @property
    def multiply_adds(self) -> int:
        """Multiplications each followed by an addition, for one example's inference."""
        return 0
