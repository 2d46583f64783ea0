"""The ``data`` section of a config: the options of every data set besides its own."""

from typing import Annotated

from nnlab.arrays import Shape
from nnlab.data.augmentation import Augmentation
from nnlab.data.hold_out import HeldOut, HeldOutCounts, ValidationSplit, held_out_counts
from nnlab.data.normalization import Normalization, Standard
from nnlab.data.source import Source
from nnlab.errors import OptionError
from nnlab.registry import DATASETS, DefaultType, Spec
from nnlab.registry.options import FilePath


class DataSpec(Spec):
    """The options of every data set besides its own.

    ``root`` is the folder to look in first. ``validation`` training examples, the last or those drawn by a seeded
    shuffle, are held out, and so are ``test`` examples of a data set that has none of its own. ``normalize`` is
    fitted on the remaining training examples. ``augment`` lists the random changes of training images, in order.
    With ``test_time_flips`` an evaluation averages the scores of an image and its mirror image.

    Options:
        root: The folder to look in before all others, relative to the config; null: only the usual places.
        validation: How many training examples are held out for validation, or which fraction, then of each class.
        validation_split: Which ones are held out: shuffled for a random choice by the seed, or the last.
        test: How many training examples, or which fraction, are held out for testing, of each class its share.
        normalize: How raw inputs become those of the network; fitted on the remaining training examples.
        augment: Random changes of training images, applied in this order.
        test_time_flips: Whether an evaluation averages the scores of an image and of its mirror image.
    """

    root: FilePath | None = None
    validation: HeldOut = 0
    validation_split: ValidationSplit = "shuffled"
    test: HeldOut = 0
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


def held_out_test(spec: DataSpec) -> HeldOut:
    """Return what ``spec`` holds out as test examples; 0 for a data set that has an option ``test`` of its own."""
    return 0 if "test" in DATASETS.options(spec.type) else spec.test


def check_held_out(spec: DataSpec, source: Source) -> HeldOutCounts | None:
    """Return how many examples ``spec`` holds out of those of ``source``; None if their number is unknown.

    Raises OptionError if too many are held out, or test examples of a data set that has some.
    """
    if source.has_test or source.published:
        refuse_held_out_test(spec)
    if source.train_examples is None:
        return None
    return held_out_counts(source.train_examples, validation=spec.validation, test=held_out_test(spec))


def refuse_held_out_test(spec: DataSpec) -> None:
    """Raise OptionError if ``spec``, of a data set with test examples of its own, holds out others."""
    if held_out_test(spec):
        raise OptionError(
            f"{spec.type} has test examples of its own; leave data.test out to use them", option="test"
        )
