"""The ``data`` section of a config: the options of every data set besides its own."""

from typing import Annotated, Literal

from pydantic import Field

from nnlab.arrays import Shape
from nnlab.data.augmentation import Augmentation
from nnlab.data.normalization import Normalization, Standard
from nnlab.errors import OptionError
from nnlab.registry import DefaultType, Spec
from nnlab.registry.options import FilePath


class DataSpec(Spec):
    """The options of every data set besides its own.

    ``root`` is the folder to look in first. ``validation`` training examples, the last or those drawn by a seeded
    shuffle, are held out. ``normalize`` is fitted on the remaining training examples. ``augment`` lists the random
    changes of training images, in order. With ``test_time_flips`` an evaluation averages the scores of an image
    and its mirror image.

    Options:
        root: The folder to look in before all others, relative to the config; null: only the usual places.
        validation: How many training examples are held out for validation.
        validation_split: Which ones are held out: shuffled for a random choice by the seed, or the last.
        normalize: How raw inputs become those of the network; fitted on the remaining training examples.
        augment: Random changes of training images, applied in this order.
        test_time_flips: Whether an evaluation averages the scores of an image and of its mirror image.
    """

    root: FilePath | None = None
    validation: Annotated[int, Field(ge=0)] = 0
    validation_split: Literal["shuffled", "last"] = "shuffled"
    normalize: Annotated[Normalization, DefaultType("standard")] = Standard()
    augment: tuple[Augmentation, ...] = ()
    test_time_flips: bool = False


def check_augmentations(spec: DataSpec, input_shape: Shape) -> None:
    """Raise OptionError if ``spec`` asks for augmentations or test-time flips that do not fit ``input_shape``."""
    if len(input_shape) != 3:
        for option, given in ("augment", spec.augment), ("test_time_flips", spec.test_time_flips):
            if given:
                raise OptionError(
                    f"only images can be augmented, and {spec.type} has inputs of shape {list(input_shape)}",
                    option=option,
                    hint="images have the shape [height, width, channels]",
                )
    for index, augmentation in enumerate(spec.augment):
        try:
            augmentation.check(input_shape)
        except OptionError as error:
            raise OptionError(str(error), option=f"augment.{index}.{error.option}", hint=error.hint) from error
