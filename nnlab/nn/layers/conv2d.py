"""Two-dimensional convolution."""

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.initializers import HeNormal, Initializer, Zeros
from nnlab.nn.kernels import convolution
from nnlab.nn.layers.base import Layer
from nnlab.nn.layers.image_shapes import Padding, windows_over
from nnlab.registry import LAYERS
from nnlab.registry.options import PositiveInt, Sizes


@LAYERS.register("conv2d")
class Conv2d(Layer):
    """Inner products, ``y[n,p,q,f] = sum_ijc x[n, p s + i d - pad, q s + j d - pad, c] weight[i,j,c,f] + bias``.

    Shapes: x (N, H, W, C), weight (K, K, C, F), bias (F,), y (N, P, Q, F), where F is ``filters``, K is
    ``kernel`` and ``P = floor((H + 2 padding - (K - 1) d - 1) / stride) + 1``. The entries of a filter meet
    pixels that are d = ``dilation`` apart (Yu and Koltun, 2016, arXiv:1511.07122). ``same`` pads to
    ``P = ceil(H / stride)``, with an odd row or column below or to the right. ``flip`` turns the kernel by 180
    degrees, which makes this cross-correlation a convolution in the mathematical sense. Raises OptionError if
    the input is not images or smaller than the kernel. Derivation: docs/layers/affine.md.

    Options:
        filters: The number of filters, each of which makes an output channel.
        kernel: Height and width of a filter in pixels; one number for both.
        stride: Distance between places of the filter, in pixels, vertical and horizontal.
        padding: Pixels of zeros around the image; same: as many as keep its size.
        dilation: Distance between the pixels that a filter meets, vertical and horizontal; 1: neighbours.
        flip: Whether the kernel is turned by 180 degrees, as a convolution in mathematics does.
        bias: Whether each filter has a bias.
        init: How the weights are drawn before training.
        bias_init: How the biases are set before training.
    """

    affine = True

    def __init__(
        self,
        input_shape: Shape,
        rng: Rng,
        *,
        filters: PositiveInt,
        kernel: Sizes,
        stride: Sizes = (1, 1),
        padding: Padding = (0, 0),
        dilation: Sizes = (1, 1),
        flip: bool = False,
        bias: bool = True,
        init: Initializer = HeNormal(),
        bias_init: Initializer = Zeros(),
    ) -> None:
        self.windows = windows_over(input_shape, kernel, stride, padding, dilation, what="kernel", option="kernel")
        super().__init__(input_shape, output_shape=(*self.windows.counts, filters))
        self.turn = slice(None, None, -1 if flip else 1)
        self.params = {"weight": init(rng, (*kernel, input_shape[-1], filters))}
        if bias:
            self.params["bias"] = bias_init(rng, (filters,))

    def predict(self, x: Array) -> Array:
        return convolution.convolve(x, self._turned(self.params["weight"]), self.params.get("bias"), self.windows)

    def forward(self, x: Array) -> tuple[Array, Array]:
        return self.predict(x), x

    def backward(self, grad_y: Array, cache: Array) -> tuple[Array, Named]:
        weight = self._turned(self.params["weight"])
        grad_x, *grads = convolution.gradients(cache, grad_y, weight, self.windows)
        return grad_x, self._named(*grads)

    def gradients(self, grad_y: Array, cache: Array) -> Named:
        return self._named(*convolution.parameter_gradients(cache, grad_y, self.windows))

    def _turned(self, weight: Array) -> Array:
        return weight[self.turn, self.turn]

    def _named(self, weight: Array, bias: Array) -> Named:
        grads = {"weight": self._turned(weight), "bias": bias}
        return {name: grads[name] for name in self.params}

    @property
    def multiply_adds(self) -> int:
        rows, columns, _ = self.output_shape
        return rows * columns * self.params["weight"].size
