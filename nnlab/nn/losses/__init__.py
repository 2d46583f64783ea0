"""The losses, one per file: what training minimizes.

    softmax_cross_entropy           negative log-likelihood of the softmax of the scores
    cross_entropy                   negative log-likelihood of probabilities
    focal                           cross-entropy in which certain examples count less
    sigmoid_binary_cross_entropy    negative log-likelihood of independent yes-or-no answers
    mean_squared_error              squared distance to the one-hot target

A loss takes a batch of scores and class numbers, sums over the classes and gives one value per example, in
nats; ``reduction`` then takes the mean or the sum over the batch. ``class_weights`` multiply the loss of an
example by a factor for its class. All stay finite for scores of any size. Derivations: docs/losses.md.
"""

from nnlab.nn.losses.base import Loss, Reduction
from nnlab.nn.losses.cross_entropy import CrossEntropy
from nnlab.nn.losses.focal import Focal
from nnlab.nn.losses.mean_squared_error import MeanSquaredError
from nnlab.nn.losses.sigmoid_binary_cross_entropy import SigmoidBinaryCrossEntropy
from nnlab.nn.losses.softmax_cross_entropy import SoftmaxCrossEntropy

__all__ = [
    "CrossEntropy",
    "Focal",
    "Loss",
    "MeanSquaredError",
    "Reduction",
    "SigmoidBinaryCrossEntropy",
    "SoftmaxCrossEntropy",
]
