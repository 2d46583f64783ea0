"""What a data set is: where examples come from, and how they are handed on."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from nnlab.arrays import Labels, Shape
from nnlab.data.inputs import Examples, Selection
from nnlab.data.published import PublishedData


@dataclass(frozen=True, eq=False)
class Split:
    """Examples and their classes.

    Shapes: inputs (N, *input_shape), uint8 (pixels 0..255, images NHWC) or float32; labels (N,). The inputs
    need not be in memory: ``split.inputs[rows]`` brings those of some examples there.
    """

    inputs: Examples
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def select(self, rows: Labels) -> "Split":
        """Return the examples ``rows``, in that order, without a copy of their inputs."""
        return Split(Selection(self.inputs, rows), self.labels[rows])


class Source(ABC):
    """A kind of data set, as a config names it.

    ``input_shape`` and ``class_names`` are known before inputs are read, so that a network can be checked
    against them; constructing a source touches no file, unless it is the user's own arrays, whose headers and
    labels say both. ``published`` says which published files it reads; None: none, and ``origin`` says where
    its examples come from.
    """

    published: ClassVar[PublishedData | None] = None
    origin: ClassVar[str] = "generated"

    input_shape: Shape
    class_names: tuple[str, ...]

    @abstractmethod
    def load(self, root: Path | None) -> tuple[Split, Split]:
        """Return the training and the test examples; ``root`` is the folder to look in first.

        Raises DataError if files are missing, damaged or unsafe, SystemFault if the machine refuses.
        """
