"""What is in a data set: counts, values, and examples that occur more than once."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlab.activity import announce
from nnlab.arrays import Shape
from nnlab.data.dataset import Dataset
from nnlab.data.image_hashes import image_hashes, near_pairs
from nnlab.data.inputs import Inputs, numbered_chunks
from nnlab.data.source import Split

_CHUNK = 2**21  # numbers read at a time
_PAIRS = 2**12  # of images compared at a time
_ALIKE = 0.98  # least correlation of two images that look alike
_RARE = 0.1  # of the mean number of examples of a class


@dataclass(frozen=True, order=True)
class Place:
    """Where an example is: its split and its number in it, from 0, and the number of its class."""

    split: str
    index: int
    label: int


@dataclass(frozen=True)
class SplitFacts:
    """The examples of a split: their number, that of each class, and the least, largest and mean raw value."""

    count: int
    per_class: tuple[int, ...]
    lowest: float
    highest: float
    mean: float
    deviation: float


@dataclass(frozen=True)
class Inspection:
    """What a data set contains.

    ``copies`` are groups of examples with the same bytes. ``similar`` are pairs of other images that look alike:
    in grey, their pixels have a correlation of 0.98 at least. Candidates are pairs of similar hashes, found
    among neighbours in several orders, so that some pairs may be missed.
    """

    input_shape: Shape
    dtype: str
    class_names: tuple[str, ...]
    splits: dict[str, SplitFacts]
    copies: tuple[tuple[Place, ...], ...]
    similar: tuple[tuple[Place, Place], ...]

    @property
    def surplus(self) -> dict[str, int]:
        """How many examples of each split have the same bytes as an earlier one of the same split."""
        return {
            split: sum(max(0, sum(each.split == split for each in group) - 1) for group in self.copies)
            for split in self.splits
        }

    @property
    def shared(self) -> dict[tuple[str, str], int]:
        """How many examples of the second split of a pair have the same bytes as one of the first."""
        names = list(self.splits)
        pairs = [(one, other) for i, one in enumerate(names) for other in names[i + 1 :]]
        return {(one, other): self._in_both(one, other) for one, other in pairs}

    def _in_both(self, one: str, other: str) -> int:
        groups = [[each.split for each in group] for group in self.copies]
        return sum(splits.count(other) for splits in groups if one in splits)

    @property
    def contradictory(self) -> tuple[tuple[Place, ...], ...]:
        """The groups of copies whose labels differ."""
        return tuple(group for group in self.copies if len({each.label for each in group}) > 1)

    @property
    def empty_classes(self) -> dict[str, tuple[str, ...]]:
        """The classes without examples in each split."""
        return {
            split: tuple(name for name, count in zip(self.class_names, facts.per_class, strict=True) if not count)
            for split, facts in self.splits.items()
        }

    @property
    def rare_classes(self) -> tuple[str, ...]:
        """The classes with less than a tenth of the mean number of training examples of a class, but some."""
        counts = self.splits["train"].per_class if "train" in self.splits else ()
        least = _RARE * sum(counts) / max(1, len(counts))
        return tuple(name for name, count in zip(self.class_names, counts, strict=False) if 0 < count < least)


def inspect(dataset: Dataset) -> Inspection:
    """Read all examples of ``dataset`` once, a few at a time, and return what they are.

    Besides the examples of one chunk, 48 bytes are kept of each. Time is O(N log N) for N examples.
    """
    splits = {name: split for name, split in dataset.splits.items() if len(split)}
    total = sum(map(len, splits.values()))
    digests: list[bytes] = []
    hashes: list[NDArray[np.uint64]] = []
    facts = {}
    for name, split in splits.items():
        running = _Running()
        for first, x in numbered_chunks(split.inputs, _CHUNK):
            announce(f"inspecting the {name} split", first, len(split))
            running.add(x)
            digests += _digests(x)
            if len(dataset.input_shape) == 3:
                hashes.append(image_hashes(x))
        counts = np.bincount(split.labels, minlength=len(dataset.class_names))
        facts[name] = SplitFacts(len(split), tuple(counts.tolist()), *running.values(prod(dataset.input_shape)))
    places = [(name, i) for name, split in splits.items() for i in range(len(split))]

    def place(number: int) -> Place:
        split, index = places[number]
        return Place(split, index, int(splits[split].labels[index]))

    groups = list(_groups(digests))
    seen = {number for group in groups for number in group[1:]}
    different = np.array([i for i in range(total) if i not in seen], np.int64)
    near = near_pairs(np.concatenate(hashes)[different]) if hashes else np.empty((0, 2), np.int64)
    similar = _alike(list(splits.values()), different[near])
    return Inspection(
        dataset.input_shape,
        str(dataset.train.inputs.dtype),
        dataset.class_names,
        facts,
        tuple(tuple(place(number) for number in group) for group in groups),
        tuple((place(a), place(b)) for a, b in similar),
    )


@dataclass
class _Running:
    """Sums over the values of a split."""

    lowest: float = np.inf
    highest: float = -np.inf
    total: float = 0.0
    squares: float = 0.0
    count: int = field(default=0)

    def add(self, x: Inputs) -> None:
        self.lowest = min(self.lowest, float(x.min()))
        self.highest = max(self.highest, float(x.max()))
        if x.dtype == np.uint8:
            levels, counts = np.arange(256.0), np.bincount(x.ravel(), minlength=256).astype(np.float64)
            self.total += float(levels @ counts)
            self.squares += float(levels**2 @ counts)
        else:
            values = x.astype(np.float64)
            self.total += float(values.sum())
            self.squares += float(np.vdot(values, values))
        self.count += len(x)

    def values(self, size: int) -> tuple[float, float, float, float]:
        """Return the least, largest and mean value and the standard deviation."""
        mean = self.total / (self.count * size)
        return self.lowest, self.highest, mean, sqrt(max(0.0, self.squares / (self.count * size) - mean**2))


def _digests(x: Inputs) -> list[bytes]:
    return [hashlib.blake2b(row.data, digest_size=16).digest() for row in np.ascontiguousarray(x)]


def _alike(splits: list[Split], pairs: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return those of ``pairs`` of numbers, counted through all ``splits``, whose images look alike."""
    starts = np.cumsum([0, *map(len, splits)])
    kept: list[tuple[int, int]] = []
    for begin in range(0, len(pairs), _PAIRS):
        announce("comparing similar images", begin, len(pairs))
        some = pairs[begin : begin + _PAIRS]
        one, other = (_standardized(splits, starts, some[:, side]) for side in (0, 1))
        kept += map(tuple, some[np.vecdot(one, other) >= _ALIKE].tolist())
    return kept


def _standardized(
    splits: list[Split], starts: NDArray[np.int64], numbers: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return grey images as rows of mean 0 and length 1; one of a single grey has length 0."""
    of = np.searchsorted(starts, numbers, side="right") - 1
    size = prod(splits[0].inputs.shape[1:3])
    rows = np.empty((len(numbers), size), np.float32)
    for split in range(len(splits)):
        mine = np.flatnonzero(of == split)
        if len(mine):
            images = splits[split].inputs[numbers[mine] - starts[split]]
            rows[mine] = images.mean(axis=3, dtype=np.float32).reshape(len(mine), size)
    rows -= rows.mean(axis=1, keepdims=True)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return rows


def _groups(digests: list[bytes]) -> Iterator[list[int]]:
    """Yield the numbers of the examples with each digest that occurs more than once, in order."""
    first: dict[bytes, int] = {}
    more: dict[int, list[int]] = {}
    for number, digest in enumerate(digests):
        known = first.setdefault(digest, number)
        if known != number:
            more.setdefault(known, [known]).append(number)
    yield from (more[known] for known in sorted(more))


def as_json(found: Inspection) -> dict[str, Any]:
    """Return ``found`` as plain data that JSON can hold."""

    def spelled(place: Place) -> dict[str, Any]:
        return {"split": place.split, "index": place.index, "class": found.class_names[place.label]}

    return {
        "shape": list(found.input_shape),
        "type": found.dtype,
        "classes": list(found.class_names),
        "splits": {
            name: {**vars(facts), "per_class": list(facts.per_class)} for name, facts in found.splits.items()
        },
        "empty_classes": {name: list(names) for name, names in found.empty_classes.items()},
        "rare_classes": list(found.rare_classes),
        "surplus_copies": found.surplus,
        "shared_copies": {f"{one}-{other}": count for (one, other), count in found.shared.items()},
        "contradictory": len(found.contradictory),
        "copies": [[spelled(place) for place in group] for group in found.copies],
        "similar": [[spelled(place) for place in pair] for pair in found.similar],
    }
