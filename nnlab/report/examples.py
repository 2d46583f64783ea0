"""On what a network was trained: the data, how they were split, and what was made of them."""

from nnlab.data import Dataset, Source
from nnlab.figures import FIGURES
from nnlab.registry import DATASETS
from nnlab.report.document import Block, Cell, Comment, Facts, Section, Table
from nnlab.report.material import Material
from nnlab.report.pictures import pictures
from nnlab.report.settings import described

_MOST_CLASSES = 50  # listed one by one


def examples(material: Material) -> Section:
    """Return the section on the data; what needs them to be here is left out if they are not."""
    spec, dataset = material.config.data, material.dataset
    source: Source = DATASETS.build(spec)
    rows = [
        ("data set", spec.type),
        ("one example", "x".join(map(str, source.input_shape))),
        ("classes", f"{len(source.class_names):,}"),
        ("normalization", f"{described(spec.normalize)}, fitted on the training examples"),
        ("augmentation", "; ".join(map(described, spec.augment)) or "none"),
        ("held out for validation", _held_out(material)),
    ]
    if spec.test_time_flips:
        rows.append(("at evaluation", "mean of the scores of each image and of its mirror image"))
    blocks: list[Block] = [Facts(tuple(rows))]
    if dataset is not None:
        blocks += [_counts(dataset), *_pictures(material)]
    blocks.append(Comment("data-comment", "What is in the data, and what may make them hard to learn?"))
    return Section("data", "On what it was trained", tuple(blocks))


def _held_out(material: Material) -> str:
    spec = material.config.data
    if not spec.validation:
        return "none"
    how = "the last ones" if spec.validation_split == "last" else f"drawn at random, seed {material.config.seed}"
    return f"{spec.validation:,} of the training examples, {how}"


def _counts(dataset: Dataset) -> Table:
    """Return how many examples each split has, of each class if those are not too many to read."""
    splits = {"training": dataset.train, "validation": dataset.validation, "test": dataset.test}
    names = dataset.class_names if len(dataset.class_names) <= _MOST_CLASSES else ()
    lines = [(name, [int((split.labels == i).sum()) for split in splits.values()]) for i, name in enumerate(names)]
    lines.append(("all classes", [len(split) for split in splits.values()]))
    return Table(
        "examples",
        "Examples of each class and split." if names else "Examples of each split.",
        ("class", *splits),
        tuple((Cell(name), *(Cell(f"{count:,}", count) for count in counts)) for name, counts in lines),
        total=True,
    )


def _pictures(material: Material) -> list[Block]:
    found = [pictures(FIGURES[name], material.subject) for name in ("data-samples", "data-values")]
    return [block for blocks in found for block in blocks]
