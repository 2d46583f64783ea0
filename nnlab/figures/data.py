"""The data set of a config: values, classes, and some examples."""

from functools import partial
from math import prod

import numpy as np
from matplotlib.figure import Figure

from nnlab import seeding
from nnlab.arrays import Labels
from nnlab.drawing.augmented import augmented
from nnlab.drawing.class_counts import class_counts
from nnlab.drawing.points import points
from nnlab.drawing.samples import samples
from nnlab.drawing.values import values
from nnlab.figures.entry import FigureEntry, Subject, dimensions

_VALUES = 2**22  # counted at most: enough for a histogram, and quick
_EXAMPLES = 6  # drawn as augmentation changes them
_STEPS = 7  # of training, as whose batch they are augmented


def _rows(subject: Subject) -> Labels:
    """Return the training examples to draw: all, or as many as the seed draws if there are very many."""
    train = subject.dataset.train
    count = min(len(train), max(1, _VALUES // prod(subject.input_shape)))
    return np.sort(seeding.stream(subject.config.seed, "figures").permutation(len(train))[:count])


def _draw_values(subject: Subject) -> Figure:
    train, rows = subject.dataset.train, _rows(subject)
    raw = train.inputs[rows]
    which = f"{len(train):,} training example{'s'[: len(train) > 1]}"
    note = f"{len(rows):,} of {which}" if len(rows) < len(train) else which
    title = f"{subject.config.name}, values of the inputs"
    return values(raw, subject.dataset.normalize(raw), title=title, note=note)


def _draw_classes(subject: Subject) -> Figure:
    dataset = subject.dataset
    splits = {"training": dataset.train, "validation": dataset.validation, "test": dataset.test}
    labels = {split: each.labels for split, each in splits.items() if len(each)}
    return class_counts(labels, dataset.class_names, title=f"{subject.config.name}, examples of each class")


def _draw_samples(subject: Subject) -> Figure:
    train, rows = subject.dataset.train, _rows(subject)
    raw, labels = train.inputs[rows], train.labels[rows]
    names, title = subject.class_names, f"{subject.config.name}, training examples"
    if subject.has_images:
        return samples(raw, labels, names, title=title)
    return points(raw, subject.dataset.normalize(raw), labels, names, title=title)


def _draw_augmented(subject: Subject) -> Figure:
    dataset = subject.dataset
    rows = _rows(subject)[:_EXAMPLES]
    raw = dataset.train.inputs[rows]
    forms = np.stack([dataset.normalization.invert(dataset.batch(rows, step).x) for step in range(1, _STEPS + 1)])
    if raw.dtype == np.uint8:
        forms = np.rint(forms).clip(0, 255).astype(np.uint8)
    what = ", ".join(each.type for each in subject.config.data.augment)
    title = f"{subject.config.name}, augmented training examples"
    return augmented(raw, forms, dataset.train.labels[rows], subject.class_names, title=title, note=what)


def _is_augmented(subject: Subject) -> str | None:
    return (
        None if subject.config.data.augment else "the training examples are not augmented: data.augment is empty"
    )


def _can_be_seen(subject: Subject) -> str | None:
    if subject.has_images or subject.input_shape == (2,):
        return None
    return f"the inputs, of shape {dimensions(subject.input_shape)}, are neither images nor two features"


_entry = partial(
    FigureEntry,
    section="data",
    summary="Draw the values, the classes and a sample of the examples to train on.",
    details="Figures of a config go into the present folder, those of a run into the run.",
    example="nnlab plot data configs/ellipse.yaml",
    command="data",
    needs=frozenset({"training data"}),
)

DATA_VALUES = _entry(
    name="data-values",
    caption="Histograms of the values in the inputs, as stored and as the network sees them.",
    description="Two histograms: raw values and normalized values.",
    draw=_draw_values,
)
DATA_CLASSES = _entry(
    name="data-classes",
    caption="The number of examples of each class in each split.",
    description="A bar for each class, in a panel for each split.",
    draw=_draw_classes,
)
DATA_SAMPLES = _entry(
    name="data-samples",
    applies=_can_be_seen,
    caption="Training examples of each class.",
    description="Training examples of each class as they are stored.",
    vector=False,
    draw=_draw_samples,
)
DATA_AUGMENTATION = _entry(
    name="data-augmentation",
    applies=_is_augmented,
    caption="Training examples as they are stored, and as augmentation changes them in different steps.",
    description="Rows of images: a training example, and seven random changes of it.",
    vector=False,
    draw=_draw_augmented,
)
