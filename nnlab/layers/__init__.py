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

from nnlab.layers.avgpool2d import AvgPool2d
from nnlab.layers.base import Layer
from nnlab.layers.batchnorm import BatchNorm
from nnlab.layers.conv2d import Conv2d
from nnlab.layers.dense import Dense
from nnlab.layers.dropout import Dropout
from nnlab.layers.flatten import Flatten
from nnlab.layers.global_avgpool import GlobalAvgPool
from nnlab.layers.leaky_relu import LeakyRelu
from nnlab.layers.maxpool2d import MaxPool2d
from nnlab.layers.relu import Relu
from nnlab.layers.residual import Residual
from nnlab.layers.sigmoid import Sigmoid
from nnlab.layers.softmax import Softmax
from nnlab.layers.tanh import Tanh

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
