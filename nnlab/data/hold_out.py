"""Hold test and validation examples out of the training examples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from nnlab import seeding
from nnlab.arrays import Labels, Rng
from nnlab.data.notices import notify
from nnlab.errors import OptionError, brief

HeldOut: TypeAlias = Annotated[int, Field(ge=0)] | Annotated[float, Field(gt=0, lt=1)]
"""A number of examples, or a fraction of the training examples of a data set."""

ValidationSplit: TypeAlias = Literal["shuffled", "last"]

_MOST_NAMED = 5  # classes that a message lists


@dataclass(frozen=True)
class HeldOutCounts:
    """The numbers of examples to train on, for validation and for testing."""

    train: int
    validation: int
    test: int


def held_out_counts(total: int, *, validation: HeldOut, test: HeldOut) -> HeldOutCounts:
    """Return how many of ``total`` examples go where; both fractions are fractions of ``total``, rounded.

    Raises OptionError if a fraction is less than one example or nothing is left to train on.
    """
    rest = total
    counts = []
    for option, amount in ("test", test), ("validation", validation):
        count = amount if isinstance(amount, int) else int(amount * total + 0.5)
        fraction = "" if isinstance(amount, int) else f"{amount:g} of {total:,}: "
        if amount and not count:
            raise OptionError(f"{fraction}not a single {option} example", option=option)
        if count >= rest:
            message = f"{fraction}{count} {option} examples leave none of the {rest} to train on"
            raise OptionError(message, option=option)
        counts.append(count)
        rest -= count
    return HeldOutCounts(rest, validation=counts[1], test=counts[0])


@dataclass(frozen=True)
class HeldOutRows:
    """The indices of the examples to train on, for validation and for testing, each ascending."""

    train: Labels
    validation: Labels
    test: Labels


def hold_out(
    labels: Labels, *, validation: HeldOut, validation_split: ValidationSplit, test: HeldOut, seed: int
) -> HeldOutRows:
    """Return which examples of ``labels`` (N,) are held out; it depends on the labels and ``seed`` only.

    Test examples are drawn first, stratified: each class has its share. Of the others the validation examples are
    the last; or drawn at random, stratified if ``validation`` is a fraction and without regard to the classes if
    it is a number. Raises OptionError as ``held_out_counts`` does.
    """
    counts = held_out_counts(len(labels), validation=validation, test=test)
    rows = np.arange(len(labels))
    in_test = stratified(labels, counts.test, seeding.stream(seed, "test split"))
    rest = rows[~in_test]
    rng = seeding.stream(seed, "split")
    if validation_split == "last":
        held_out = np.arange(len(rest)) >= len(rest) - counts.validation
    elif isinstance(validation, int):
        held_out = np.zeros(len(rest), bool)
        held_out[rng.permutation(len(rest))[: counts.validation]] = True
    else:
        held_out = stratified(labels[rest], counts.validation, rng)
    return HeldOutRows(rest[~held_out], rest[held_out], rows[in_test])


def stratified(labels: Labels, count: int, rng: Rng) -> NDArray[np.bool_]:
    """Return a mask (N,) of ``count`` examples drawn at random, of each class its share."""
    mask = np.zeros(len(labels), bool)
    if not count:
        return mask
    per_class = np.bincount(labels)
    shuffled = rng.permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    first = np.cumsum(per_class) - per_class
    number = np.arange(len(labels)) - np.repeat(first, per_class)
    mask[by_class[number < np.repeat(shares(per_class, count), per_class)]] = True
    return mask


def shares(per_class: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return how many of ``count`` examples each class has, in proportion to ``per_class`` (C,).

    Largest remainders (Hamilton's method): each class has its quota rounded down; what is left goes to the classes
    with the largest remainders, of equal ones to those with the lower number.
    """
    shared, remainders = np.divmod(per_class * count, per_class.sum())
    left = count - int(shared.sum())
    shared[np.argsort(-remainders, kind="stable")[:left]] += 1
    return shared


def note_small_classes(option: str, before: Labels, held_out: Labels, class_names: Sequence[str]) -> None:
    """Log, once in a process, which classes have too few examples to be on both sides of a stratified split.

    ``held_out`` are the labels of the examples that ``option`` holds out of those with the labels ``before``.
    """
    total, out = (np.bincount(labels, minlength=len(class_names)) for labels in (before, held_out))
    for which, what in (
        ((total > 0) & (out == 0), "holds out no example of"),
        ((total > 0) & (out == total), "leaves no training example of"),
    ):
        classes = np.flatnonzero(which).tolist()
        if classes:
            names = ", ".join(f"{number} ({brief(class_names[number])})" for number in classes[:_MOST_NAMED])
            more = f" and {len(classes) - _MOST_NAMED} more" if len(classes) > _MOST_NAMED else ""
            notify(f"warning: data.{option} {what} class {names}{more}: too few examples for both")
