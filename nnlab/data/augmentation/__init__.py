"""Augmentations, one per file: random changes of training images, so that a network sees each in many forms.

Changes of place
    flip              left and right exchanged
    shift             a crop at a random place of the image with a margin
    rotation          a turn by a random angle
Changes of values
    colour_jitter     brightness, contrast, saturation and hue
    cutout            a square of zeros
    random_erasing    a rectangle of zeros or noise
Changes of images and labels
    mixup             weighted means of pairs of examples

An augmentation takes a whole batch of normalized images, in which 0 is the mean of the training images (with most
normalizations; see docs/augmentation.md), and may overwrite it. It has no state: all randomness comes from the
stream it is given.
"""

from nnlab.data.augmentation.base import Augmentation, ImageAugmentation, Share
from nnlab.data.augmentation.colour_jitter import ColourJitter
from nnlab.data.augmentation.cutout import Cutout
from nnlab.data.augmentation.flip import Flip, mirrored
from nnlab.data.augmentation.mixup import Mixup
from nnlab.data.augmentation.random_erasing import RandomErasing
from nnlab.data.augmentation.rotation import Rotation
from nnlab.data.augmentation.shift import Shift

__all__ = [
    "Augmentation",
    "ColourJitter",
    "Cutout",
    "Flip",
    "ImageAugmentation",
    "Mixup",
    "RandomErasing",
    "Rotation",
    "Share",
    "Shift",
    "mirrored",
]
