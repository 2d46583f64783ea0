"""The arithmetic of windows that slide over images, computed once for each shape."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from nnlab.arrays import Shape

Pair = tuple[int, int]
Places = tuple[slice, slice, slice]


@dataclass(frozen=True)
class Windows:
    """Windows of ``size``, ``stride`` apart, over images of ``image`` (H, W) with a border of padding.

    Lengths are pairs (vertical, horizontal). ``before`` and ``after`` are the padding: above and to the
    left, below and to the right. The places in a window are ``dilation`` apart: 1 for neighbours.
    """

    image: Pair
    size: Pair
    stride: Pair
    before: Pair
    after: Pair
    dilation: Pair = (1, 1)

    @cached_property
    def spread(self) -> Pair:
        """The height and width that a window covers, ``(K - 1) d + 1`` for a dilation d."""
        (kh, kw), (dh, dw) = self.size, self.dilation
        return (kh - 1) * dh + 1, (kw - 1) * dw + 1

    @cached_property
    def padded(self) -> Pair:
        """The image's height and width with its border."""
        (h, w), (top, left), (bottom, right) = self.image, self.before, self.after
        return h + top + bottom, w + left + right

    @cached_property
    def counts(self) -> Pair:
        """The number of windows (P, Q), ``floor((H + 2p - K) / s) + 1`` for a padding p on either side.

        K is the height or width that a window covers.
        """
        (h, w), (kh, kw), (sh, sw) = self.padded, self.spread, self.stride
        return (h - kh) // sh + 1, (w - kw) // sw + 1

    @cached_property
    def bordered(self) -> bool:
        """Whether there is any padding."""
        return any(self.before + self.after)

    @cached_property
    def partition(self) -> bool:
        """Whether the windows partition the image: each pixel is in one window, and there is no padding."""
        covered = tuple(count * size for count, size in zip(self.counts, self.size, strict=True))
        return self.size == self.spread == self.stride and covered == self.image and not self.bordered

    @cached_property
    def pointwise(self) -> bool:
        """Whether the windows are just the pixels of the image."""
        return self.size == self.stride == (1, 1) and not self.bordered

    @cached_property
    def interior(self) -> Places:
        """Where the images (N, H, W, ...) lie in the padded ones."""
        (h, w), (top, left) = self.image, self.before
        return slice(None), slice(top, top + h), slice(left, left + w)

    def along(self, axis: int) -> list[slice]:
        """Return, for each place in a window along ``axis`` (0 or 1), where it lies in the padded images."""
        span, step = self.stride[axis] * (self.counts[axis] - 1) + 1, self.stride[axis]
        return [slice(place, place + span, step) for place in self._steps(axis)]

    def _steps(self, axis: int) -> range:
        """Return how far each place in a window along ``axis`` is from the first."""
        return range(0, self.spread[axis], self.dilation[axis])

    @cached_property
    def places(self) -> tuple[Places, ...]:
        """For each place in a window, row by row, where it lies in the padded images (N, H, W, ...)."""
        rows, columns = self.along(0), self.along(1)
        return tuple((slice(None), vertical, horizontal) for vertical in rows for horizontal in columns)

    @cached_property
    def overlaps(self) -> tuple[tuple[Pair, Places, Places], ...]:
        """For each place in a window of stride 1 that meets the image, the overlap of the two.

        That is the place, the pixels of the images (N, H, W, ...) that it meets, and the windows (N, P, Q, ...)
        in which it meets them.
        """
        return tuple(self._overlaps())

    def _overlaps(self) -> Iterator[tuple[Pair, Places, Places]]:
        for i, vertical in enumerate(self._meetings(0)):
            for j, horizontal in enumerate(self._meetings(1)):
                seen, seeing = zip(vertical, horizontal, strict=True)
                if all(part.start < part.stop for part in seen):
                    yield (i, j), (slice(None), *seen), (slice(None), *seeing)

    def _meetings(self, axis: int) -> list[tuple[slice, slice]]:
        """Return, for each place in a window along ``axis``, the pixels it meets and the windows."""
        length, count, before = self.image[axis], self.counts[axis], self.before[axis]
        ends = [(max(0, before - i), min(count, length + before - i), i - before) for i in self._steps(axis)]
        return [(slice(start + shift, stop + shift), slice(start, stop)) for start, stop, shift in ends]

    @cached_property
    def reversed(self) -> "Windows":
        """The windows over the output, of as many places, that a gradient with respect to the image sums.

        They exist if the stride is 1 and the padding less than what a window covers: pixel p was seen by the
        windows from p - K + 1 to p.
        """
        (kh, kw), (top, left), (bottom, right) = self.spread, self.before, self.after
        before, after = (kh - 1 - top, kw - 1 - left), (kh - 1 - bottom, kw - 1 - right)
        return Windows(self.counts, self.size, (1, 1), before, after, self.dilation)

    @cached_property
    def reversible(self) -> bool:
        """Whether ``reversed`` exists."""
        return self.stride == (1, 1) and all(
            p < k for k, *ps in zip(self.spread, self.before, self.after, strict=True) for p in ps
        )

    def shape(self, examples: int, channels: int) -> Shape:
        """Return the shape of a batch with one value per window and channel."""
        return (examples, *self.counts, channels)
