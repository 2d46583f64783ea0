"""A data set ready for training: three splits, and what makes a network's inputs of them."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlab import seeding
from nnlab.arrays import Array, Labels, Shape
from nnlab.data.augmentation import Augmentation
from nnlab.data.inputs import Examples, Selection, chunks
from nnlab.data.inputs_in_file import InputsInFile
from nnlab.data.normalization import Affine
from nnlab.data.section import DataSpec, check_augmentations
from nnlab.data.source import Source, Split
from nnlab.errors import DataError, OptionError, UsageError, suggest
from nnlab.registry import DATASETS

_CHUNK = 2**18  # numbers digested at a time


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training, validation and test examples, raw, and what makes a network's inputs of them.

    ``seed`` decides how the training examples are varied.
    """

    class_names: tuple[str, ...]
    input_shape: Shape
    train: Split
    validation: Split
    test: Split
    normalization: Affine
    augmentations: Sequence[Augmentation] = ()
    test_time_flips: bool = False
    seed: int = 0

    def split(self, name: str) -> Split:
        """Return ``train``, ``validation`` or ``test``.

        Raises UsageError for another name, DataError if the split has no examples.
        """
        splits = self._splits()
        if name not in splits:
            raise UsageError(f"unknown split {name!r} ({suggest(name, splits)})")
        if not len(splits[name]):
            raise DataError(f"the {name} split is empty: data.{name} says how many examples to hold out")
        return splits[name]

    def normalize(self, inputs: NDArray[Any]) -> Array:
        """Return raw inputs (N, *input_shape) as a new float32 array, as the network sees them."""
        return self.normalization.apply(inputs)

    @property
    def is_costly(self) -> bool:
        """Whether training inputs take more than a copy of them: they are varied, or read from a file."""
        inputs = self.train.inputs
        source = inputs.examples if isinstance(inputs, Selection) else inputs
        return bool(self.augmentations) or isinstance(source, InputsInFile)

    def batch(self, rows: Labels, step: int) -> tuple[Array, Labels]:
        """Return the inputs of the training examples ``rows`` as ``step`` sees them, and their labels.

        How they are varied depends on the seed and the step alone, so a training can go on from any step.
        """
        x = self.normalize(self.train.inputs[rows])
        if self.augmentations:
            rng = seeding.stream(self.seed, "augmentation", step)
            for augmentation in self.augmentations:
                x = augmentation.apply(x, rng)
        return x, self.train.labels[rows]

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of each split's raw inputs and labels, in lower-case hex digits.

        For inputs that stay in a file the file's own digest counts, with the numbers of the split's examples;
        it is worked out once, until the file changes.
        """
        return {name: _digest(split) for name, split in self._splits().items()}

    def _splits(self) -> dict[str, Split]:
        return {"train": self.train, "validation": self.validation, "test": self.test}


def _digest(split: Split) -> str:
    digest = hashlib.sha256()
    for examples in (split.inputs, split.labels):
        digest.update(f"{examples.dtype.str}{examples.shape}".encode())
        for part in _content(examples):
            digest.update(part)
    return digest.hexdigest()


def _content(examples: Examples) -> Iterator[bytes | memoryview]:
    """Yield what tells ``examples`` from others of their shape and type."""
    match examples:
        case InputsInFile():
            yield examples.digest.encode()
        case Selection(examples=InputsInFile() as stored, rows=rows):
            yield stored.digest.encode()
            yield rows.data
        case _:
            for part in chunks(examples, _CHUNK):
                yield np.ascontiguousarray(part).data


def load_dataset(spec: DataSpec, seed: int) -> Dataset:
    """Return the data that ``spec`` describes; ``seed`` decides which examples a shuffled split holds out.

    Raises OptionError if the validation examples leave none to train on or the inputs cannot be augmented as
    asked for, and what ``Source.load`` raises.
    """
    source: Source = DATASETS.build(spec)
    check_augmentations(spec, source.input_shape)
    root = None if spec.root is None else Path(spec.root).expanduser()
    examples, test = source.load(root)
    if spec.validation >= len(examples):
        raise OptionError(
            f"{spec.validation} validation examples leave none of the {len(examples)} to train on",
            option="validation",
        )
    train, validation = _hold_out(examples, spec.validation, spec.validation_split, seed)
    return Dataset(
        class_names=source.class_names,
        input_shape=source.input_shape,
        train=train,
        validation=validation,
        test=test,
        normalization=spec.normalize.fit(train.inputs),
        augmentations=spec.augment,
        test_time_flips=spec.test_time_flips,
        seed=seed,
    )


def _hold_out(examples: Split, count: int, how: str, seed: int) -> tuple[Split, Split]:
    """Return the examples to train on and the ``count`` held out, both in their original order."""
    total = len(examples)
    order = np.arange(total)[::-1] if how == "last" else seeding.stream(seed, "split").permutation(total)
    held_out = np.zeros(total, bool)
    held_out[order[:count]] = True
    return examples.select(np.flatnonzero(~held_out)), examples.select(np.flatnonzero(held_out))
