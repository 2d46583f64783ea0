"""The layers, one per file.

Affine
    dense           y = x @ weight + bias
    conv2d          the same kernel at every place of an image
    flatten         images as rows

Pooling
    maxpool2d       the largest value of each window
    avgpool2d       the mean of each window
    global_avgpool  the mean of each channel

Activations
    relu            max(x, 0)
    leaky_relu      x or slope x
    sigmoid         1 / (1 + exp(-x))
    tanh            tanh x
    softmax         probabilities from scores

Regularization
    dropout         some values 0, in training
    batchnorm       mean 0 and variance 1 over the batch, then a learned scale and shift

Composition
    residual        body(x) + x
"""

from nnlab.nn.layers.avgpool2d import AvgPool2d
from nnlab.nn.layers.base import Layer
from nnlab.nn.layers.batchnorm import BatchNorm
from nnlab.nn.layers.conv2d import Conv2d
from nnlab.nn.layers.dense import Dense
from nnlab.nn.layers.dropout import Dropout
from nnlab.nn.layers.flatten import Flatten
from nnlab.nn.layers.global_avgpool import GlobalAvgPool
from nnlab.nn.layers.leaky_relu import LeakyRelu
from nnlab.nn.layers.maxpool2d import MaxPool2d
from nnlab.nn.layers.relu import Relu
from nnlab.nn.layers.residual import Residual
from nnlab.nn.layers.sigmoid import Sigmoid
from nnlab.nn.layers.softmax import Softmax
from nnlab.nn.layers.tanh import Tanh

__all__ = [
    "AvgPool2d",
    "BatchNorm",
    "Conv2d",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAvgPool",
    "Layer",
    "LeakyRelu",
    "MaxPool2d",
    "Relu",
    "Residual",
    "Sigmoid",
    "Softmax",
    "Tanh",
]
