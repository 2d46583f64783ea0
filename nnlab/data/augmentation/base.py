"""The interface of all augmentations: a random change of training examples."""

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from nnlab.arrays import Array, Rng, Shape
from nnlab.data.batch import Batch
from nnlab.registry import AUGMENTATIONS, Component

Share = Annotated[float, Field(ge=0, le=1)]
"""A share of the whole, 0 .. 1."""


class Augmentation(Component, ABC):
    """A random change of a batch of training examples."""

    registry = AUGMENTATIONS

    @abstractmethod
    def augment(self, batch: Batch, rng: Rng) -> Batch:
        """Return the changed batch; the images of ``batch`` may be overwritten."""

    def check(self, image: Shape) -> None:
        """Raise OptionError unless images of shape ``image`` (H, W, C) can be augmented this way."""


class ImageAugmentation(Augmentation):
    """A random change of each image by itself, which leaves its class as it is."""

    def augment(self, batch: Batch, rng: Rng) -> Batch:
        return replace(batch, x=self.apply(batch.x, rng))

    @abstractmethod
    def apply(self, x: Array, rng: Rng) -> Array:
        """Return the images x (N, H, W, C), each changed independently of the others; x may be overwritten."""
