"""The section "Data": data set, splits, normalization, augmentation and samples."""

from nnlab.data import Dataset
from nnlab.data.hold_out import HeldOut, ValidationSplit
from nnlab.data.section import held_out_test
from nnlab.figures import FIGURES
from nnlab.report.content import Block, Comment, Facts, Section, Table, TableCell
from nnlab.report.run.material import RunMaterial
from nnlab.report.run.pictures import pictures
from nnlab.report.run.training_section import described
from nnlab.runs.formatting import distinct

_MOST_CLASSES = 50  # listed one by one


def data_section(material: RunMaterial) -> Section:
    """Return the section on the data; counts and figures are left out if the data are missing."""
    spec, dataset = material.config.data, material.dataset
    rows = [
        ("data set", _data_set(material)),
        ("one example", "x".join(map(str, material.trained.input_shape))),
        ("classes", f"{len(material.trained.class_names):,}"),
        ("normalization", f"{described(spec.normalize)}, fitted on the training examples"),
        ("augmentation", "; ".join(map(described, spec.augment)) or "none"),
        ("held out for validation", _held_out(material, "validation", spec.validation, spec.validation_split)),
    ]
    if test := held_out_test(spec):
        rows.append(("held out for testing", _held_out(material, "test", test, "shuffled")))
    if spec.test_time_flips:
        rows.append(("at evaluation", "mean of the scores of each image and of its mirror image"))
    blocks: list[Block] = [Facts(tuple(rows))]
    if dataset is not None:
        blocks += [_counts(dataset), *_pictures(material)]
    blocks.append(Comment("data-comment", "What is in the data, and what may make them hard to learn?"))
    return Section("data", "Data", tuple(blocks))


def _data_set(material: RunMaterial) -> str:
    name = material.overview.data
    return f"{name}: other files under the names of the published" if name != material.config.data.type else name


def _held_out(material: RunMaterial, split: str, amount: HeldOut, which: ValidationSplit) -> str:
    """Return how many examples were held out for ``split``, and how they were chosen."""
    if not amount:
        return "none"
    described = material.overview.environment and material.overview.environment.dataset
    count = described.examples.get(split) if described else amount if isinstance(amount, int) else None
    share = "" if isinstance(amount, int) else f"{100 * amount:g} % of the training examples"
    number = "" if count is None else f"{count:,}{' of the training examples' * (not share)}"
    how = "the last ones" if which == "last" else f"drawn at random, seed {material.config.seed}"
    classes = ", each class with its share" * (which != "last" and (split == "test" or bool(share)))
    return f"{' = '.join(filter(None, (share, number)))}, {how}{classes}"


def _counts(dataset: Dataset) -> Table:
    """Return the number of examples of each split, per class unless there are too many classes to list."""
    splits = {"training": dataset.train, "validation": dataset.validation, "test": dataset.test}
    names = distinct(dataset.class_names) if len(dataset.class_names) <= _MOST_CLASSES else ()
    lines = [(name, [int((split.labels == i).sum()) for split in splits.values()]) for i, name in enumerate(names)]
    lines.append(("all classes", [len(split) for split in splits.values()]))
    return Table(
        "examples",
        "Examples of each class and split." if names else "Examples of each split.",
        ("class", *splits),
        tuple((TableCell(name), *(TableCell(f"{count:,}", count) for count in counts)) for name, counts in lines),
        total=True,
    )


def _pictures(material: RunMaterial) -> list[Block]:
    found = [pictures(FIGURES[name], material.subject) for name in ("data-samples", "data-values")]
    return [block for blocks in found for block in blocks]
