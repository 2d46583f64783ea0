"""The optimizers, one per file, in order of increasing complexity.

    sgd      steps against the gradient, with momentum
    adagrad  steps scaled by the sum of all squared gradients
    rmsprop  steps scaled by a running mean of the squared gradient
    adam     steps scaled by running means of the gradient and of its square
    adamw    adam with the weight decay beside the gradient's step

Formulas and derivations: docs/optimizers.md.
"""

from nnlab.nn.optimizers.adagrad import Adagrad
from nnlab.nn.optimizers.adam import Adam
from nnlab.nn.optimizers.adamw import AdamW
from nnlab.nn.optimizers.base import Decay, Mask, Optimizer
from nnlab.nn.optimizers.rmsprop import RmsProp
from nnlab.nn.optimizers.sgd import Sgd

__all__ = ["Adagrad", "Adam", "AdamW", "Decay", "Mask", "Optimizer", "RmsProp", "Sgd"]
