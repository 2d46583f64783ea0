"""Mirror images."""

from dataclasses import dataclass

import numpy as np

from nnlab.arrays import Array, Rng
from nnlab.data.augmentation.base import ImageAugmentation, Share
from nnlab.registry import AUGMENTATIONS


@AUGMENTATIONS.register("flip")
@dataclass(frozen=True, kw_only=True)
class Flip(ImageAugmentation):
    """A mirror image with the given ``probability``, ``y[h, w] = x[h, W - 1 - w]``.

    Shapes: x and y (N, H, W, C).

    Options:
        probability: The probability that an image is mirrored.
    """

    probability: Share = 0.5

    def apply(self, x: Array, rng: Rng) -> Array:
        chosen = np.flatnonzero(rng.random(len(x)) < self.probability)
        x[chosen] = mirrored(x[chosen])
        return x


def mirrored(x: Array) -> Array:
    """Return a view of the images x (N, H, W, C) with left and right exchanged."""
    return x[:, :, ::-1]
