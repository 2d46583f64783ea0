"""Perceptual hashes: numbers that are nearly the same for images that look nearly the same."""

import numpy as np
from numpy.typing import NDArray

from nnlab.data.inputs import Inputs

_SIDE = 16  # rows, and differences in a row, of a hash
_WORDS = _SIDE * _SIDE // 64
_STEP = 1 / 64  # of the range of an image: a smaller difference counts as none
_FEWEST = 16  # bits of a hash with enough structure to be compared
_MOST = 24  # bits in which the hashes of a similar pair differ
_REACH = 4  # neighbours that each hash is compared with, in each order


def image_hashes(x: Inputs) -> NDArray[np.uint64]:
    """Return the difference hashes of images x (N, H, W, C), (N, 4): 256 bits each.

    An image becomes grey and is averaged to 16 rows of 17 areas; a bit says whether an area is brighter than the
    one right of it, by more than a small share of the range of the image. The hash hardly changes with
    brightness, contrast, compression and size. Krawetz (2013),
    https://www.hackerfactor.com/blog/index.php?/archives/529
    """
    grey = x.mean(axis=3, dtype=np.float32)
    areas = np.matmul(_averages(grey.shape[1], _SIDE), grey @ _averages(grey.shape[2], _SIDE + 1).T)
    span = areas.max(axis=(1, 2), keepdims=True) - areas.min(axis=(1, 2), keepdims=True)
    bits = areas[:, :, :-1] - areas[:, :, 1:] > span * _STEP
    return np.packbits(bits.reshape(len(x), -1), axis=1).view(np.uint64)


def _averages(length: int, parts: int) -> NDArray[np.float32]:
    """Return the matrix (parts, length) that averages ``length`` pixels over equal parts of their length."""
    edges = np.linspace(0, length, parts + 1)
    pixels = np.arange(length)
    covered = np.minimum(edges[1:, np.newaxis], pixels + 1) - np.maximum(edges[:-1, np.newaxis], pixels)
    shares = np.clip(covered, 0, None)
    weights: NDArray[np.float32] = (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
    return weights


def near_pairs(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return pairs (P, 2) of numbers, each of two hashes (N, 4) that differ in at most 24 of their 256 bits.

    Hashes are sorted by their words, once beginning with each, and compared with the next few in each order:
    time is O(N log N), and a pair of which other hashes stand between in all four orders is missed. Hashes with
    hardly any bits, of images without structure, are left out.
    """
    kept = np.flatnonzero(np.bitwise_count(hashes).sum(axis=1) >= _FEWEST)
    found: set[tuple[int, int]] = set()
    for first in range(_WORDS):
        order = kept[np.lexsort(np.roll(hashes[kept], first, axis=1).T)]
        for reach in range(1, _REACH + 1):
            a, b = order[:-reach], order[reach:]
            differ = np.bitwise_count(hashes[a] ^ hashes[b]).sum(axis=1)
            near = np.flatnonzero(differ <= _MOST)
            found |= {(min(i, j), max(i, j)) for i, j in zip(a[near].tolist(), b[near].tolist(), strict=True)}
    return np.array(sorted(found), np.int64).reshape(-1, 2)
