"""The file ``predictions.npz``: a network's predictions for each example of a split."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlab import files
from nnlab.data.npz import NpzFile
from nnlab.errors import RunError

_AXES = {"labels": 1, "predicted": 1, "probabilities": 2, "losses": 1}
"""The number of axes of each array; an array of one axis has a value per example."""

ARRAYS = tuple(_AXES)
"""The names of the arrays, in the order of the fields of ``Predictions``."""

_CLASSES = ("labels", "predicted")


def write_predictions(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write the arrays of predictions to ``path``; raises SystemFault if the system refuses."""
    with files.replacing(path) as file:
        np.savez(
            file,
            labels=arrays["labels"],
            predicted=arrays["predicted"],
            probabilities=arrays["probabilities"],
            losses=arrays["losses"],
        )


def read_predictions(path: Path, count: int, classes: int) -> dict[str, NDArray[Any]]:
    """Return the arrays in ``path``, of ``count`` examples and ``classes`` classes.

    Shapes: labels and predicted (N,) classes, probabilities (N, C), losses (N,). Raises RunError if the file is
    missing or its arrays have other shapes or types, before memory is allocated for them, and DataError if the
    file is damaged.
    """
    if not path.is_file():
        raise RunError(f"{path} is missing")
    stored = NpzFile(path)
    shapes = {name: (count, classes)[:axes] for name, axes in _AXES.items()}
    for name, shape in shapes.items():
        header = stored.header(name)
        if header.shape != shape:
            raise RunError(f"{stored.name(name)} has the shape {list(header.shape)}, not {list(shape)}")
        kind, what = ("i", "whole") if name in _CLASSES else ("f", "floating-point")
        if header.dtype.kind != kind:
            raise RunError(f"{stored.name(name)} has values of the type {header.dtype}, not {what} numbers")
    arrays = {name: stored.values(name) for name in shapes}
    for name in _CLASSES:
        if not ((arrays[name] >= 0) & (arrays[name] < classes)).all():
            raise RunError(f"{stored.name(name)} has numbers that are no classes")
    return arrays
