"""What a network says of examples whose classes are not known."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import ArrayLike

from nnlab.arrays import Array, Labels, Shape
from nnlab.data.inputs import Inputs, as_raw, check_finite
from nnlab.errors import DataError, UsageError
from nnlab.evaluation.predictions import BATCH, scores_of
from nnlab.nn.losses import Loss
from nnlab.nn.network import Network


@dataclass(frozen=True, eq=False)
class Answers:
    """The classes that a network takes N examples for.

    Shapes: predicted (N,) class numbers, probabilities (N, C) of each class (0-1).
    """

    class_names: tuple[str, ...]
    predicted: Labels
    probabilities: Array

    def __len__(self) -> int:
        return len(self.predicted)

    @cached_property
    def classes(self) -> list[str]:
        """The name of the predicted class of each example."""
        return [self.class_names[label] for label in self.predicted.tolist()]

    def ranked(self, count: int) -> Labels:
        """Return the ``count`` most probable classes of each example, (N, count), the predicted one first."""
        keys = -self.probabilities
        keys[np.arange(len(keys)), self.predicted] = -np.inf  # among equal probabilities, too, it is the first
        ranked: Labels = np.argsort(keys, axis=1, kind="stable")[:, :count]
        return ranked


def answers(
    network: Network,
    loss: Loss,
    normalize: Callable[[Inputs], Array],
    inputs: Inputs,
    class_names: tuple[str, ...],
    *,
    flips: bool,
) -> Answers:
    """Return what ``network`` says of raw ``inputs`` (N, *input_shape), computed as in an evaluation."""
    predicted = np.empty(len(inputs), np.int64)
    probabilities = np.empty((len(inputs), len(class_names)), np.float32)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for start in range(0, len(inputs), BATCH):
            batch = slice(start, start + BATCH)
            scores = scores_of(network, normalize(inputs[batch]), flips=flips)
            predicted[batch], probabilities[batch] = loss.classify(scores), loss.probabilities(scores)
    return Answers(class_names, predicted, probabilities)


def raw_inputs(images: ArrayLike, input_shape: Shape) -> Inputs:
    """Return ``images`` as raw inputs (N, *input_shape), uint8 or float32.

    A single example gets an axis of examples, and images without an axis of channels get one. Raises UsageError if
    their shape is not that of the inputs, DataError if they are not real and finite numbers.
    """
    values = np.asarray(images)
    if values.dtype.kind not in "buif":
        raise DataError(f"images have values of the type {values.dtype}, not numbers")
    for shape in dict.fromkeys((input_shape, without_channel(input_shape))):
        if values.shape == shape or values.shape[1:] == shape:
            break
    else:
        taken = ", ".join(map(str, input_shape))
        raise UsageError(f"images have the shape {list(values.shape)}; the network takes (N, {taken})")
    inputs = as_raw(values.reshape(-1, *input_shape) if prod(values.shape) else np.empty((0, *input_shape)))
    check_finite("images", inputs)
    return inputs


def without_channel(shape: Shape) -> Shape:
    """Return the shape of an image without its axis of channels if it has only one."""
    return shape[:-1] if len(shape) == 3 and shape[-1] == 1 else shape
