"""The ``data`` section of a config: what every data set takes besides its own options."""

from typing import Annotated, Literal

from pydantic import Field

from nnlab.registry import AUGMENTATIONS, NORMALIZATIONS, Spec, SpecOf, default_entry


class DataSpec(Spec):
    """What every data set takes besides its own options.

    ``root`` is the folder to look in first. The last ``validation`` training examples, or as many drawn
    by a seeded shuffle, are held out. ``normalize`` is fitted on the training examples that remain. ``augment``
    lists how images are varied at random, one after the other, in training only. With ``test_time_flips`` an
    evaluation takes the mean of the scores of an image and of its mirror image.
    """

    root: str | None = None
    validation: Annotated[int, Field(ge=0)] = 0
    validation_split: Literal["shuffled", "last"] = "shuffled"
    normalize: Annotated[Spec, SpecOf(NORMALIZATIONS, default="standard")] = default_entry(
        NORMALIZATIONS, "standard"
    )
    augment: tuple[Annotated[Spec, SpecOf(AUGMENTATIONS)], ...] = ()
    test_time_flips: bool = False
