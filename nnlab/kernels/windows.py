"""The arithmetic of windows that slide over images."""

from collections.abc import Iterator
from dataclasses import dataclass

from nnlab.arrays import Shape

Pair = tuple[int, int]


@dataclass(frozen=True)
class Windows:
    """Windows of ``size``, ``stride`` apart, over images of ``image`` (H, W) with a border of padding.

    Lengths are pairs (vertical, horizontal). ``before`` and ``after`` are the padding: above and to the
    left, below and to the right.
    """

    image: Pair
    size: Pair
    stride: Pair
    before: Pair
    after: Pair

    @property
    def padded(self) -> Pair:
        """Return the image's height and width with its border."""
        (h, w), (top, left), (bottom, right) = self.image, self.before, self.after
        return h + top + bottom, w + left + right

    @property
    def counts(self) -> Pair:
        """Return (P, Q), how many windows fit: ``floor((H + 2p - K) / s) + 1`` for a padding p on either side."""
        (h, w), (kh, kw), (sh, sw) = self.padded, self.size, self.stride
        return (h - kh) // sh + 1, (w - kw) // sw + 1

    @property
    def bordered(self) -> bool:
        """Whether there is any padding."""
        return any(self.before + self.after)

    @property
    def disjoint(self) -> bool:
        """Whether no two windows overlap."""
        return all(s >= k for s, k in zip(self.stride, self.size, strict=True))

    @property
    def pointwise(self) -> bool:
        """Whether the windows are just the pixels of the image."""
        return self.size == self.stride == (1, 1) and not self.bordered

    @property
    def interior(self) -> tuple[slice, slice, slice]:
        """Where the images (N, H, W, ...) stand in the padded ones."""
        (h, w), (top, left) = self.image, self.before
        return slice(None), slice(top, top + h), slice(left, left + w)

    def along(self, axis: int) -> list[slice]:
        """Return, for each place in a window along ``axis`` (0 or 1), where it lies in the padded images."""
        span, step = self.stride[axis] * (self.counts[axis] - 1) + 1, self.stride[axis]
        return [slice(place, place + span, step) for place in range(self.size[axis])]

    def places(self) -> Iterator[tuple[slice, slice, slice]]:
        """Yield, for each place in a window, row by row, where it lies in the padded images (N, H, W, ...)."""
        for vertical in self.along(0):
            for horizontal in self.along(1):
                yield slice(None), vertical, horizontal

    def reversed(self) -> "Windows":
        """Return the windows over the output, of as many places, that a gradient with respect to the image sums.

        They exist if the stride is 1 and the padding less than the size: pixel p was seen by the windows
        from p - size + 1 to p.
        """
        (kh, kw), (top, left), (bottom, right) = self.size, self.before, self.after
        before, after = (kh - 1 - top, kw - 1 - left), (kh - 1 - bottom, kw - 1 - right)
        return Windows(self.counts, self.size, (1, 1), before, after)

    @property
    def reversible(self) -> bool:
        """Whether ``reversed`` exists."""
        return self.stride == (1, 1) and all(
            p < k for k, *ps in zip(self.size, self.before, self.after, strict=True) for p in ps
        )

    def shape(self, examples: int, channels: int) -> Shape:
        """Return the shape of a batch with one value per window and channel."""
        return (examples, *self.counts, channels)
