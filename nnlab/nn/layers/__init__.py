"""The layers, one per file.

Affine
    dense           y = x @ weight + bias
    conv2d          the same kernel at every place of an image
    depthwise_conv2d
                    a kernel of its own for each channel
    flatten         images as rows

Pooling
    maxpool2d       the largest value of each window
    avgpool2d       the mean of each window
    global_avgpool  the mean of each channel

Activations
    relu            max(x, 0)
    leaky_relu      x or slope x
    elu             x or alpha (exp(x) - 1)
    gelu            x times the normal distribution function at x
    silu            x times its sigmoid
    sigmoid         1 / (1 + exp(-x))
    tanh            tanh x
    softmax         probabilities from scores

Regularization
    dropout         some values 0, in training

Normalization: mean 0 and variance 1, then a learned scale and shift
    batchnorm       of each channel over the batch
    layernorm       of the channels of each row or pixel
    groupnorm       of groups of channels of each example

Composition
    residual        body(x) + x
    concat          the outputs of branches, joined along the channels
    squeeze_excite  channels scaled by what the whole image holds
"""

from nnlab.nn.layers.avgpool2d import AvgPool2d
from nnlab.nn.layers.base import Layer
from nnlab.nn.layers.batchnorm import BatchNorm
from nnlab.nn.layers.concat import Concat
from nnlab.nn.layers.conv2d import Conv2d
from nnlab.nn.layers.dense import Dense
from nnlab.nn.layers.depthwise_conv2d import DepthwiseConv2d
from nnlab.nn.layers.dropout import Dropout
from nnlab.nn.layers.elu import Elu
from nnlab.nn.layers.flatten import Flatten
from nnlab.nn.layers.gelu import Gelu
from nnlab.nn.layers.global_avgpool import GlobalAvgPool
from nnlab.nn.layers.groupnorm import GroupNorm
from nnlab.nn.layers.layernorm import LayerNorm
from nnlab.nn.layers.leaky_relu import LeakyRelu
from nnlab.nn.layers.maxpool2d import MaxPool2d
from nnlab.nn.layers.relu import Relu
from nnlab.nn.layers.residual import Residual
from nnlab.nn.layers.sigmoid import Sigmoid
from nnlab.nn.layers.silu import Silu
from nnlab.nn.layers.softmax import Softmax
from nnlab.nn.layers.squeeze_excite import SqueezeExcite
from nnlab.nn.layers.tanh import Tanh

__all__ = [
    "AvgPool2d",
    "BatchNorm",
    "Concat",
    "Conv2d",
    "Dense",
    "DepthwiseConv2d",
    "Dropout",
    "Elu",
    "Flatten",
    "Gelu",
    "GlobalAvgPool",
    "GroupNorm",
    "Layer",
    "LayerNorm",
    "LeakyRelu",
    "MaxPool2d",
    "Relu",
    "Residual",
    "Sigmoid",
    "Silu",
    "Softmax",
    "SqueezeExcite",
    "Tanh",
]
