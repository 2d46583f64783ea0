"""What a data set is: where examples come from, and how they are handed on."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray

from nnlab.arrays import Labels, Shape
from nnlab.data.collection import Collection


@dataclass(frozen=True, eq=False)
class Split:
    """Examples and their classes.

    Shapes: inputs (N, *input_shape), C-contiguous, uint8 (pixels 0..255, images NHWC) or float32; labels (N,).
    """

    inputs: NDArray[Any]
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)


class Source(ABC):
    """A kind of data set, as a config names it.

    ``input_shape`` and ``class_names`` are known before anything is read, so that a network can be checked
    against them; constructing a source touches no file. ``collection`` says which files it reads; None: it
    is generated.
    """

    collection: ClassVar[Collection | None] = None

    input_shape: Shape
    class_names: tuple[str, ...]

    @abstractmethod
    def load(self, root: Path | None) -> tuple[Split, Split]:
        """Return the training and the test examples; ``root`` is the folder to look in first.

        Raises DataError if files are missing, damaged or unsafe, SystemFault if the machine refuses.
        """
