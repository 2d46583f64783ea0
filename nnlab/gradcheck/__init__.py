"""Gradient checks: what backward passes compute against central differences of the forward pass.

    check_gradients     the network of a config, or everything registered
    check_network       every gradient of a network and its loss on a batch
    check_layer         one layer
    check_loss          one loss
    check_registered    every layer and loss that a config can name

Everything is computed in float64 and in training mode.
"""

from nnlab.gradcheck.checks import GradientCheck, check_layer, check_loss, check_network
from nnlab.gradcheck.examples import LAYER_EXAMPLES, LOSS_EXAMPLES, LayerExample, LossExample, check_registered
from nnlab.gradcheck.gradients import check_gradients

__all__ = [
    "LAYER_EXAMPLES",
    "LOSS_EXAMPLES",
    "GradientCheck",
    "LayerExample",
    "LossExample",
    "check_gradients",
    "check_layer",
    "check_loss",
    "check_network",
    "check_registered",
]
