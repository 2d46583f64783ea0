"""Cross-entropy of probabilities."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlab.arrays import Array, Labels
from nnlab.errors import OptionError
from nnlab.nn.losses.base import Loss
from nnlab.nn.losses.targets import one_hot
from nnlab.registry import LOSSES


@LOSSES.register("cross_entropy")
@dataclass(frozen=True, kw_only=True)
class CrossEntropy(Loss):
    """Negative log-likelihood of probabilities, ``L = -log p_c``, as after a softmax layer.

    Gradient: ``dL/dp_c = -1 / p_c``, 0 for the other classes.
    A p_c below the least normal number (1.2e-38 in float32) counts as that number, so that a loss is at most
    87.3 nats (708.4 in float64). Where p_c underflows to 0, the softmax layer before it passes on no gradient;
    ``softmax_cross_entropy`` has no such limit. Derivation: docs/losses.md.

    Raises OptionError if a p_c is outside of 0 .. 1 by more than 0.001.
    """

    takes_probabilities = True

    def per_example(self, scores: Array, labels: Labels) -> Array:
        return self.weighted(-np.log(self._likelihoods(scores, labels)), labels)

    def forward(self, scores: Array, labels: Labels) -> tuple[float, Any]:
        likelihoods = self._likelihoods(scores, labels)
        losses = self.weighted(-np.log(likelihoods), labels)
        return self.reduce(losses), (likelihoods, one_hot(labels, scores), self.weight(labels, scores))

    def _likelihoods(self, scores: Array, labels: Labels) -> Array:
        likelihoods: Array = scores[np.arange(len(scores)), labels]
        wrong = likelihoods[np.abs(likelihoods - 0.5) > 0.501]
        if wrong.size:
            raise OptionError(
                f"cross_entropy takes probabilities, but the network returned {wrong[0]:.4g}",
                hint="end the network in softmax, or use softmax_cross_entropy",
            )
        return likelihoods.clip(min=np.finfo(scores.dtype).tiny)

    def backward(self, cache: Any) -> Array:
        likelihoods, targets, weight = cache
        grad: Array = targets * (-weight / likelihoods[:, np.newaxis])
        return grad

    def probabilities(self, scores: Array) -> Array:
        return scores
