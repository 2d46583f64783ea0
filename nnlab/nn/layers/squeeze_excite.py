"""Squeeze and excitation."""

from typing import Any

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.initializers import HeNormal, Initializer
from nnlab.nn.kernels.blocks import elementwise, image_sums
from nnlab.nn.layers.chain import Chain
from nnlab.nn.layers.composite import Composite
from nnlab.nn.layers.dense import Dense
from nnlab.nn.layers.global_avgpool import GlobalAvgPool
from nnlab.nn.layers.image_shapes import image_shape
from nnlab.nn.layers.relu import Relu
from nnlab.nn.layers.sigmoid import Sigmoid
from nnlab.registry import LAYERS
from nnlab.registry.options import PositiveInt


@LAYERS.register("squeeze_excite")
class SqueezeExcite(Composite):
    """Channels scaled by what the whole image holds, ``y = x s``, ``s = sigmoid(expand(relu(reduce(mean(x)))))``.

    Shapes: x and y (N, H, W, C), the mean over H and W and s (N, C). ``reduce`` and ``expand`` are dense layers
    with max(1, C // ``reduction``) and C units, whose parameters are named after them. Gradients: through s, those
    of the five layers that compute it, given ``dL/ds = sum_hw dL/dy x``; to dL/dx that of the factor, ``s dL/dy``,
    is added. Raises OptionError if the input is not images. Hu, Shen, Albanie, Sun and Wu (2018),
    arXiv:1709.01507. Derivation: docs/layers/composite.md.

    Options:
        reduction: By how much there are fewer units than channels in between.
        init: How the weights of both dense layers are drawn before training.
    """

    def __init__(
        self,
        input_shape: Shape,
        rng: Rng,
        *,
        reduction: PositiveInt = 16,
        init: Initializer = HeNormal(),
    ) -> None:
        channels = image_shape(input_shape)[2]
        first, second = rng.spawn(2)
        units = max(1, channels // reduction)
        self.reduce = Dense((channels,), first, units=units, init=init)
        self.expand = Dense((units,), second, units=channels, init=init)
        pool, bend = GlobalAvgPool(input_shape, rng), Relu((units,), rng)
        self._gate = Chain([pool, self.reduce, bend, self.expand, Sigmoid((channels,), rng)])
        super().__init__(input_shape, input_shape, {"reduce": self.reduce, "expand": self.expand})

    def predict(self, x: Array) -> Array:
        return _scaled(x, self._gate.predict(x))

    def forward(self, x: Array) -> tuple[Array, tuple[Array, Array, Any]]:
        s, caches = self._gate.forward(x)
        return _scaled(x, s), (x, s, caches)

    def backward(self, grad_y: Array, cache: tuple[Array, Array, Any]) -> tuple[Array, Named]:
        x, s, caches = cache
        grad_s = image_sums(lambda grad_y, x: grad_y * x, grad_y, x)
        through, (_, reduce, _, expand, _) = self._gate.backward(grad_s, caches)
        return _scaled(grad_y, s) + through, self._collected({"reduce": reduce, "expand": expand})


def _scaled(x: Array, s: Array) -> Array:
    """Return x (N, H, W, C) times s (N, C)."""
    return elementwise(lambda x, s: x * s, x, s[:, None, None, :])
