"""Data sets without files: drawn from a distribution, or given in the config."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from nnlab import seeding
from nnlab.arrays import Array, Rng
from nnlab.data.source import Source, Split
from nnlab.errors import OptionError
from nnlab.registry import DATASETS
from nnlab.registry.options import PositiveInt

Seed = Annotated[int, Field(ge=0, lt=2**63)]
"""The seed of a random stream."""

ClassNumber = Annotated[int, Field(ge=0, lt=100_000)]
"""0, 1, 2, ..."""

ELLIPSE = np.array([[1.0, -0.05], [1.0, 0.4]])
ELLIPSE_LEVEL = 0.6


@DATASETS.register("ellipse")
class Ellipse(Source):
    """Points from N(0, I) in the plane; class 1 is outside an ellipse.

    That is where ``x^T [[1, -0.05], [1, 0.4]] x > 0.6``.

    Options:
        train: The number of training examples.
        test: The number of test examples.
        seed: Determines the examples; the same seed gives the same ones.
    """

    input_shape = (2,)
    class_names = ("inside", "outside")

    def __init__(self, *, train: PositiveInt = 60_000, test: PositiveInt = 10_000, seed: Seed = 0) -> None:
        self.train = self.train_examples = train
        self.test = test
        self.seed = seed

    def load(self, root: Path | None) -> tuple[Split, Split]:  # noqa: ARG002 -- no files
        return (
            _points(seeding.stream(self.seed, "ellipse", "train"), self.train),
            _points(seeding.stream(self.seed, "ellipse", "test"), self.test),
        )


def _points(rng: Rng, count: int) -> Split:
    x = rng.standard_normal((count, 2), np.float32)
    form = np.einsum("ni,ij,nj->n", x, ELLIPSE, x)
    return Split(x, (form > ELLIPSE_LEVEL).astype(np.int64))


@DATASETS.register("random")
class Random(Source):
    """Inputs of any ``shape`` from N(0, 1), with uniform random labels.

    For benchmarks and for arithmetic; nothing is drawn before it is needed.

    Options:
        shape: The shape of an example, such as [28, 28, 1].
        classes: The number of classes.
        train: The number of training examples.
        test: The number of test examples.
        seed: Determines the examples; the same seed gives the same ones.
    """

    def __init__(
        self,
        *,
        shape: Annotated[tuple[PositiveInt, ...], Field(min_length=1)],
        classes: Annotated[int, Field(gt=0, le=100_000)] = 10,
        train: PositiveInt = 512,
        test: PositiveInt = 128,
        seed: Seed = 0,
    ) -> None:
        self.input_shape = shape
        self.class_names = tuple(str(i) for i in range(classes))
        self.train = self.train_examples = train
        self.test = test
        self.seed = seed

    def load(self, root: Path | None) -> tuple[Split, Split]:  # noqa: ARG002 -- no files
        return (
            self._draw(seeding.stream(self.seed, "random", "train"), self.train),
            self._draw(seeding.stream(self.seed, "random", "test"), self.test),
        )

    def _draw(self, rng: Rng, count: int) -> Split:
        inputs = rng.standard_normal((count, *self.input_shape), np.float32)
        return Split(inputs, rng.integers(len(self.class_names), size=count))


@DATASETS.register("inline")
class Inline(Source):
    """Examples given in the config, for networks computed by hand, as training and as test data.

    ``inputs`` has one entry per example, nested like its axes; ``labels`` are the class numbers. Without
    ``class_names`` there are as many classes as the largest label needs, named by their numbers.

    Options:
        inputs: The examples, each nested like its axes.
        labels: The class of each example, from 0.
        class_names: The names of the classes, in the order of their numbers; null: the numbers.
    """

    def __init__(
        self,
        *,
        inputs: Annotated[tuple[Any, ...], Field(min_length=1)],
        labels: Annotated[tuple[ClassNumber, ...], Field(min_length=1)],
        class_names: Annotated[tuple[str, ...], Field(min_length=1)] | None = None,
    ) -> None:
        values = _numbers(inputs)
        if len(values) != len(labels):
            raise OptionError(f"{len(labels)} labels for {len(values)} inputs", option="labels")
        if class_names is not None and max(labels) >= len(class_names):
            raise OptionError(
                f"the label {max(labels)} has no name: there are {len(class_names)} class names, for 0 to "
                f"{len(class_names) - 1}",
                option="labels",
            )
        self.class_names = class_names or tuple(str(i) for i in range(max(labels) + 1))
        self.input_shape = values.shape[1:]
        self._examples = Split(values, np.array(labels, np.int64))
        self.train_examples = len(labels)

    def load(self, root: Path | None) -> tuple[Split, Split]:  # noqa: ARG002 -- no files
        return self._examples, self._examples


def _numbers(nested: tuple[Any, ...]) -> Array:
    """Return nested sequences of numbers as a float32 array of two or more axes; raises OptionError."""
    try:
        values = np.array(nested)
    except ValueError as error:
        raise OptionError("the inputs do not all have the same shape", option="inputs") from error
    if values.dtype.kind not in "iuf":
        raise OptionError("inputs contain values that are not numbers", option="inputs")
    if values.ndim < 2 or not values.size:
        raise OptionError(
            "each input is a list of numbers",
            option="inputs",
            hint="write [[1, -1]] for one input of two features",
        )
    with np.errstate(over="ignore"):
        numbers = values.astype(np.float32)
    if not np.isfinite(numbers).all():
        raise OptionError("inputs contain numbers that are not finite in float32", option="inputs")
    return numbers
