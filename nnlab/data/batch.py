"""A batch of training examples as the network and the loss see it."""

from dataclasses import dataclass

from nnlab.arrays import Array, Labels


@dataclass(frozen=True, eq=False)
class Target:
    """Classes of the examples of a batch, and the ``share``, 0 .. 1, that they have in its loss.

    Shapes: labels (N,).
    """

    labels: Labels
    share: float = 1.0


@dataclass(frozen=True, eq=False)
class Batch:
    """Inputs and what they should be classified as.

    The loss of the batch is that for each of ``targets``, weighted by their shares, which add up to 1. Usually
    there is one target; images that are mixed from others have several, the one with the largest share first.

    Shapes: x (N, *input_shape).
    """

    x: Array
    targets: tuple[Target, ...]

    @property
    def labels(self) -> Labels:
        """The classes with the largest share, (N,), against which accuracy is counted."""
        return self.targets[0].labels

    def __len__(self) -> int:
        return len(self.x)

    def part(self, rows: slice) -> "Batch":
        """Return the examples ``rows``; no array is copied."""
        targets = (Target(target.labels[rows], target.share) for target in self.targets)
        return Batch(self.x[rows], tuple(targets))
