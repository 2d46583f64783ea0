"""Depthwise convolution."""

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.initializers import HeNormal, Initializer, Zeros
from nnlab.nn.kernels import channelwise
from nnlab.nn.layers.base import Layer
from nnlab.nn.layers.image_shapes import Padding, windows_over
from nnlab.registry import LAYERS
from nnlab.registry.options import PositiveInt, Sizes


@LAYERS.register("depthwise_conv2d")
class DepthwiseConv2d(Layer):
    """Each channel with its own filters, ``y[n,p,q,f] = sum_ij x[n, ., ., f // m] weight[i,j,0,f] + bias[f]``.

    Shapes: x (N, H, W, C), weight (K, K, 1, F), bias (F,), y (N, P, Q, F), where m is ``multiplier``, F is C m and
    K is ``kernel``. The places of x, P and Q are those of ``conv2d``. Followed by a 1x1 convolution, which mixes
    the channels, it is a separable convolution. Raises OptionError if the input is not images or smaller than
    the kernel. Sifre (2014), https://www.di.ens.fr/data/publications/papers/phd_sifre.pdf; Chollet (2017),
    arXiv:1610.02357. Derivation: docs/layers/affine.md.

    Options:
        kernel: Height and width of a filter in pixels; one number for both.
        multiplier: The number of filters, and so of output channels, for each input channel.
        stride: Distance between places of the filter, in pixels, vertical and horizontal.
        padding: Pixels of zeros around the image; same: as many as keep its size.
        dilation: Distance between the pixels that a filter meets, vertical and horizontal; 1: neighbours.
        bias: Whether each filter has a bias.
        init: How the weights are drawn before training; the fan-in is the K K values of a filter.
        bias_init: How the biases are set before training.
    """

    affine = False  # it is, but followed by a 1x1 convolution on purpose: together they have far fewer weights

    def __init__(
        self,
        input_shape: Shape,
        rng: Rng,
        *,
        kernel: Sizes,
        multiplier: PositiveInt = 1,
        stride: Sizes = (1, 1),
        padding: Padding = (0, 0),
        dilation: Sizes = (1, 1),
        bias: bool = True,
        init: Initializer = HeNormal(),
        bias_init: Initializer = Zeros(),
    ) -> None:
        self.windows = windows_over(input_shape, kernel, stride, padding, dilation, what="kernel", option="kernel")
        filters = input_shape[-1] * multiplier
        super().__init__(input_shape, output_shape=(*self.windows.counts, filters))
        self.params = {"weight": init(rng, (*kernel, 1, filters))}
        if bias:
            self.params["bias"] = bias_init(rng, (filters,))

    def predict(self, x: Array) -> Array:
        return channelwise.convolve(x, self.params["weight"], self.params.get("bias"), self.windows)

    def forward(self, x: Array) -> tuple[Array, Array]:
        return self.predict(x), x

    def backward(self, grad_y: Array, cache: Array) -> tuple[Array, Named]:
        grad_x, *grads = channelwise.gradients(cache, grad_y, self.params["weight"], self.windows)
        return grad_x, dict(zip(self.params, grads, strict=False))  # without a bias, its gradient has no name

    def gradients(self, grad_y: Array, cache: Array) -> Named:
        grads = channelwise.parameter_gradients(cache, grad_y, self.windows)
        return dict(zip(self.params, grads, strict=False))

    @property
    def multiply_adds(self) -> int:
        rows, columns, _ = self.output_shape
        return rows * columns * self.params["weight"].size
