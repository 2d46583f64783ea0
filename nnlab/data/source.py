"""The interface of data sets: a source yields splits of examples."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from nnlab.arrays import Labels, Shape
from nnlab.data.inputs import Examples, Selection
from nnlab.data.published import PublishedData

Half = Literal["train", "test"]
"""The two parts of a data set; validation examples are held out of the training examples."""


@dataclass(frozen=True, eq=False)
class Split:
    """Inputs of examples and their labels.

    Shapes: inputs (N, *input_shape), uint8 (pixels 0..255, images NHWC) or float32; labels (N,). The inputs
    may stay in a file: ``split.inputs[rows]`` reads those of ``rows`` into memory.
    """

    inputs: Examples
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def select(self, rows: Labels) -> "Split":
        """Return the examples ``rows``, in that order, without copying their inputs."""
        return Split(Selection(self.inputs, rows), self.labels[rows])


class Source(ABC):
    """A kind of data set, as a config names it.

    ``input_shape`` and ``class_names`` are known before inputs are read, so that a network can be checked
    against them, and so is, for a source that can tell, the number of ``train_examples``. Constructing a source
    reads no file, except for the user's own data, whose headers or labels define these. ``published`` describes
    the published files that it reads; it is None for other sources, whose ``origin`` is the text that ``nnlab data
    list`` shows. ``has_test`` says whether there are test examples besides the training examples; it is None if
    that is known only when they are read.
    """

    published: PublishedData | None = None
    origin: ClassVar[str] = "generated"

    input_shape: Shape
    class_names: tuple[str, ...]
    train_examples: int | None = None
    has_test: bool | None = None

    def inputs_name(self, half: Half) -> str:
        """Return what messages call the inputs of the training or test examples."""
        return f"{half} inputs"

    @abstractmethod
    def load(self, root: Path | None) -> tuple[Split, Split]:
        """Return the training and the test examples, if any; ``root`` is the folder to look in first.

        Raises DataError if files are missing, damaged or unsafe, SystemFault if they cannot be read.
        """
