"""A data set ready for training: three splits, normalization and augmentation."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlab import seeding
from nnlab.activity import announce
from nnlab.arrays import Array, Labels, Shape
from nnlab.data.augmentation import Augmentation
from nnlab.data.hold_out import hold_out, note_small_classes
from nnlab.data.inputs import Examples, Selection, check_finite, chunks, numbered_chunks
from nnlab.data.inputs_in_file import InputsInFile
from nnlab.data.lookup import expanded, is_published, locate
from nnlab.data.normalization import Affine
from nnlab.data.section import DataSpec, check_augmentations, held_out_test, refuse_held_out_test
from nnlab.data.source import Source, Split
from nnlab.errors import DataError, OptionError, UsageError, suggest
from nnlab.registry import DATASETS

_CHUNK = 2**18  # numbers digested at a time


@dataclass(frozen=True, eq=False)
class Dataset:
    """Raw training, validation and test examples, and the maps from them to a network's inputs.

    ``seed`` determines the augmentation of training examples. ``verified`` is False if the files have the names
    of a published data set, but not its checksums: they may be other data.
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
    verified: bool = True

    @property
    def splits(self) -> dict[str, Split]:
        """The three splits by name; one without examples is empty."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    def split(self, name: str) -> Split:
        """Return ``train``, ``validation`` or ``test``.

        Raises UsageError for another name, DataError if the split has no examples.
        """
        splits = self.splits
        if name not in splits:
            raise UsageError(f"unknown split {name!r} ({suggest(name, splits)})")
        if not len(splits[name]):
            others = " and ".join(other for other, split in splits.items() if len(split))
            raise DataError(
                f"there are no {name} examples, only {others}; data.{name} in the config of a training run says "
                "how many to hold out"
            )
        return splits[name]

    def normalize(self, inputs: NDArray[Any]) -> Array:
        """Return raw inputs (N, *input_shape) as a new float32 array, as the network sees them."""
        return self.normalization.apply(inputs)

    @property
    def is_costly(self) -> bool:
        """Whether a training batch takes more than a copy: augmentation, or reading from a file."""
        inputs = self.train.inputs
        source = inputs.examples if isinstance(inputs, Selection) else inputs
        return bool(self.augmentations) or isinstance(source, InputsInFile)

    def batch(self, rows: Labels, step: int) -> tuple[Array, Labels]:
        """Return the inputs of the training examples ``rows`` as ``step`` sees them, and their labels.

        The augmentation depends on the seed and the step only, so training can resume from any step.
        """
        x = self.normalize(self.train.inputs[rows])
        if self.augmentations:
            rng = seeding.stream(self.seed, "augmentation", step)
            for augmentation in self.augmentations:
                x = augmentation.apply(x, rng)
        return x, self.train.labels[rows]

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of each split's raw inputs and labels, in lower-case hex digits.

        Inputs that stay in a file are represented by the file's digest and the indices of the split's examples;
        the file's digest is computed again only if the file changes.
        """
        return {name: _digest(split) for name, split in self.splits.items()}


def _digest(split: Split) -> str:
    digest = hashlib.sha256()
    for examples in (split.inputs, split.labels):
        digest.update(f"{examples.dtype.str}{examples.shape}".encode())
        for part in _content(examples):
            digest.update(part)
    return digest.hexdigest()


def _content(examples: Examples) -> Iterator[bytes | memoryview]:
    """Yield the bytes that identify ``examples`` among others of their shape and type."""
    match examples:
        case InputsInFile():
            yield examples.digest.encode()
        case Selection(examples=InputsInFile() as stored, rows=rows):
            yield stored.digest.encode()
            yield rows.data
        case _:
            for part in chunks(examples, _CHUNK):
                yield np.ascontiguousarray(part).data


def open_source(spec: DataSpec) -> Source:
    """Return the source of the data that ``spec`` describes; raises DataError if the user's own are not there."""
    try:
        source: Source = DATASETS.build(spec)
    except OptionError as error:
        if error.option != "path":
            raise
        raise DataError(f"{error}, which data.path names") from error
    return source


def load_dataset(spec: DataSpec, seed: int) -> Dataset:
    """Return the data that ``spec`` describes; ``seed`` determines which examples a shuffled split holds out.

    Raises OptionError if the held-out examples leave none to train on, if test examples are held out of a data
    set that has some, or if an augmentation does not fit the inputs; DataError if an input is NaN or infinite,
    and what ``Source.load`` raises.
    """
    source = open_source(spec)
    check_augmentations(spec, source.input_shape)
    root = None if spec.root is None else expanded(spec.root, "data.root")
    announce(f"reading {spec.type}")
    examples, test = source.load(root)
    _check_finite(source.inputs_name("train"), examples.inputs)
    _check_finite(source.inputs_name("test"), test.inputs)
    verified = source.published is None or is_published(source.published, locate(source.published, root))
    train, validation, test = _splits(spec, examples, test, source.class_names, seed)
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
        verified=verified,
    )


def _check_finite(name: str, inputs: Examples) -> None:
    """Raise DataError if inputs are NaN or infinite; a file that was checked before is not read again."""
    if isinstance(inputs, InputsInFile):
        _ = inputs.digest
    elif inputs.dtype.kind == "f":
        for first, x in numbered_chunks(inputs, _CHUNK):
            check_finite(name, x, first)


def _splits(
    spec: DataSpec, examples: Split, test: Split, class_names: Sequence[str], seed: int
) -> tuple[Split, Split, Split]:
    """Return the examples to train on, for validation and for testing, in their original order."""
    if len(test):
        refuse_held_out_test(spec)
    labels, amount = examples.labels, held_out_test(spec)
    rows = hold_out(
        labels,
        validation=spec.validation,
        validation_split=spec.validation_split,
        test=amount,
        seed=seed,
    )
    if amount:
        note_small_classes("test", labels, labels[rows.test], class_names)
        test = examples.select(rows.test)
    if isinstance(spec.validation, float) and spec.validation_split == "shuffled":
        rest = np.concatenate([labels[rows.train], labels[rows.validation]])
        note_small_classes("validation", rest, labels[rows.validation], class_names)
    return examples.select(rows.train), examples.select(rows.validation), test
