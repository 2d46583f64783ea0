"""The ``data`` section of a config: the options of every data set besides its own."""

from typing import Annotated, Literal

from pydantic import Field

from nnlab.registry import AUGMENTATIONS, NORMALIZATIONS, Spec, SpecOf, default_entry


class DataSpec(Spec):
    """The options of every data set besides its own.

    ``root`` is the folder to look in first. ``validation`` training examples, the last or those drawn by a seeded
    shuffle, are held out. ``normalize`` is fitted on the remaining training examples. ``augment`` lists the random
    changes of training images, in order. With ``test_time_flips`` an evaluation averages the scores of an image
    and its mirror image.
    """

    root: str | None = None
    validation: Annotated[int, Field(ge=0)] = 0
    validation_split: Literal["shuffled", "last"] = "shuffled"
    normalize: Annotated[Spec, SpecOf(NORMALIZATIONS, default="standard")] = default_entry(
        NORMALIZATIONS, "standard"
    )
    augment: tuple[Annotated[Spec, SpecOf(AUGMENTATIONS)], ...] = ()
    test_time_flips: bool = False
