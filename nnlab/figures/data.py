"""What the examples of a data set look like."""

from math import prod

import numpy as np
from matplotlib.figure import Figure

from nnlab import drawing, seeding
from nnlab.data import Dataset

_VALUES = 2**22  # counted at most: enough for a histogram, and quick


def draw_data(dataset: Dataset, name: str, seed: int) -> dict[str, Figure]:
    """Return figures of a data set: ``values``, ``classes`` and, if the inputs can be seen, ``samples``.

    Values and samples are of training examples, as many as ``seed`` draws from them if there are very many.
    """
    train = dataset.train
    count = min(len(train), max(1, _VALUES // prod(dataset.input_shape)))
    rows = seeding.stream(seed, "figures").permutation(len(train))[:count]
    raw, labels = train.inputs[np.sort(rows)], train.labels[np.sort(rows)]
    normalized = dataset.normalize(raw)
    which = f"{len(train):,} training example{'s'[: len(train) > 1]}"
    note = f"{count:,} of {which}" if count < len(train) else which
    splits = {"training": train, "validation": dataset.validation, "test": dataset.test}
    drawn = {
        "values": drawing.values(raw, normalized, title=f"{name}, values of the inputs", note=note),
        "classes": drawing.class_counts(
            {split: each.labels for split, each in splits.items() if len(each)},
            dataset.class_names,
            title=f"{name}, examples of each class",
        ),
    }
    title = f"{name}, training examples"
    if len(dataset.input_shape) in {2, 3}:
        drawn["samples"] = drawing.samples(raw, labels, dataset.class_names, title=title)
    elif dataset.input_shape == (2,):
        drawn["samples"] = drawing.points(raw, normalized, labels, dataset.class_names, title=title)
    return drawn
