"""``nnlab data inspect``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnlab.cli.arguments import AsJson, Overrides, RunsDir, SplitName

if TYPE_CHECKING:
    from nnlab.data import Dataset
    from nnlab.data.inspection import Inspection
    from nnlab.evaluation.label_issues import LabelIssues
    from nnlab.evaluation.trained_run import TrainedRun

Target = Annotated[
    str,
    typer.Argument(
        metavar="CONFIG|PATH|RUN", help="A YAML file, a shipped config, data, or a run.", show_default=False
    ),
]
_SHOWN = 10  # classes, pairs or examples listed one by one
_ARRAYS = {".npz", ".npy"}
_TABLES = (".csv", ".csv.gz")
_SIDE = 32  # pixels of the square that images of any size are fitted into


def inspect_data(
    target: Target, overrides: Overrides = None, runs_dir: RunsDir = Path("runs"), *, as_json: AsJson = False
) -> None:
    """Count classes, values and duplicates of a data set; of a run, list labels that its network contradicts.

    Exact duplicates have the same bytes. Similar images have similar perceptual hashes and pixels; some may be
    missed. PATH is a file or folder of arrays, a CSV file, or a folder with a folder of images for each class,
    which are compared at 32x32 pixels. The network of a run is asked about the validation examples, or about the
    training examples if there are none.

    Example: nnlab data inspect configs/mnist.yaml
    """
    from nnlab.cli.activity_display import activity
    from nnlab.cli.output import print_json
    from nnlab.data.inspection import as_json as spelled
    from nnlab.data.inspection import inspect

    with activity("reading the data"):
        dataset, run = _opened(target, overrides or [], runs_dir)
        found = inspect(dataset)
        issues = _issues(run) if run else None
    if as_json:
        print_json({**spelled(found), **({"labels": issues.as_json()} if issues else {})})
        return
    _print_splits(found)
    _print_duplicates(found)
    if issues:
        _print_issues(issues)


def _opened(target: str, overrides: list[str], runs_dir: Path) -> "tuple[Dataset, TrainedRun | None]":
    """Return the data that ``target`` names, and the run if it is one."""
    from nnlab.config import load_config
    from nnlab.config.shipped import names_config
    from nnlab.data import load_dataset
    from nnlab.errors import UsageError
    from nnlab.evaluation.trained_run import TrainedRun
    from nnlab.runs import find_run

    path = Path(target)
    if (kind := _kind_of(path)) is not None:
        if overrides:
            raise UsageError(
                f"{overrides[0]} is a setting of a config, and {target} is data; write a config for it"
            )
        return load_dataset(_spec(kind, path), 0), None
    if names_config(target):
        config = load_config(path, overrides)
        return load_dataset(config.data, config.seed), None
    run = TrainedRun(find_run(target, runs_dir))
    return run.dataset, run


def _kind_of(path: Path) -> str | None:
    """Return the type of the data set that is at ``path``; None if a config or a run is there, or nothing."""
    if path.suffix in _ARRAYS or (path / "train-inputs.npy").is_file():
        return "arrays"
    if path.name.endswith(_TABLES) or any((path / f"train{end}").is_file() for end in _TABLES):
        return "csv"
    if path.is_dir() and not (path / "config.yaml").exists() and any(each.is_dir() for each in path.iterdir()):
        return "images"
    return None


def _spec(kind: str, path: Path) -> Any:
    from nnlab.data.section import DataSpec
    from nnlab.registry import DATASETS

    values: dict[str, Any] = {"type": kind, "path": str(path.absolute())}
    if kind == "images":
        values["size"] = (_SIDE, _SIDE)
    return DATASETS.spec(kind, DataSpec)(**values)


def _issues(run: "TrainedRun") -> "LabelIssues":
    from nnlab.evaluation.label_issues import label_issues

    split: SplitName = "validation" if len(run.dataset.validation) else "train"
    evaluation = run.evaluation(split, cause="nnlab data inspect")
    return label_issues(evaluation.predictions, run.class_names, split)


def _print_splits(found: "Inspection") -> None:
    from nnlab.cli.output import print_table, wrapped
    from nnlab.runs.formatting import distinct

    kind = "x".join(map(str, found.input_shape))
    typer.echo(f"{kind} inputs of {found.dtype}, {len(found.class_names):,} classes\n")
    print_table(
        ["split", "examples", "lowest", "highest", "mean", "deviation"],
        [
            [name, f"{facts.count:,}"]
            + [f"{value:.4g}" for value in (facts.lowest, facts.highest, facts.mean, facts.deviation)]
            for name, facts in found.splits.items()
        ],
    )
    typer.echo()
    names = distinct(found.class_names)
    rows = [
        [name, *(f"{facts.per_class[i]:,}" for facts in found.splits.values())]
        for i, name in enumerate(names[: 3 * _SHOWN])
    ]
    print_table(["class", *found.splits], rows)
    if len(names) > len(rows):
        typer.echo(f"and {len(names) - len(rows):,} more classes")
    for split, empty in found.empty_classes.items():
        if empty:
            typer.echo(wrapped(f"no {split} examples: {_listed(empty)}"))
    if found.rare_classes:
        typer.echo(wrapped(f"rare, less than a tenth of the mean: {_listed(found.rare_classes)}"))
    typer.echo()


def _print_duplicates(found: "Inspection") -> None:
    from nnlab.cli.output import print_table

    rows = [[f"within {name}", f"{count:,}"] for name, count in found.surplus.items()]
    rows += [[f"in {one} and in {other}", f"{count:,}"] for (one, other), count in found.shared.items()]
    rows += [["with different labels", f"{len(found.contradictory):,}"]]
    if len(found.input_shape) == 3:
        rows.append(["similar pairs of images", f"{len(found.similar):,}"])
    print_table(["duplicates", "count"], rows)
    pairs = [(group[0], group[1], "same") for group in found.contradictory or found.copies]
    worst = sorted(
        found.similar, key=lambda pair: (pair[0].label == pair[1].label, pair[0].split == pair[1].split)
    )
    pairs += [(one, other, "similar") for one, other in worst]
    if pairs:
        typer.echo()
        names = found.class_names
        spelled = [
            [kind] + [text for each in (one, other) for text in (f"{each.split} {each.index}", names[each.label])]
            for one, other, kind in pairs[:_SHOWN]
        ]
        print_table(["", "example", "class", "example", "class"], spelled, left=5)
        if len(pairs) > _SHOWN:
            typer.echo(f"and {len(pairs) - _SHOWN:,} more, all in --json")


def _print_issues(issues: "LabelIssues") -> None:
    from nnlab.cli.output import print_table, wrapped
    from nnlab.runs.formatting import percent

    names = issues.class_names
    what = f"{issues.count:,} of {issues.examples:,} {issues.split} examples"
    typer.echo(f"\nlabels that the network contradicts: {what}")
    if issues.split == "train":
        typer.echo(wrapped("the network was trained on these examples, so it contradicts few of their labels"))
    if issues.count:
        rows = [
            [str(index), names[label], percent(low), names[suggested], percent(high)]
            for index, label, low, suggested, high in issues.rows()[:_SHOWN]
        ]
        print_table(["example", "label", "probability", "network's class", "probability"], rows)
        if issues.count > _SHOWN:
            typer.echo(f"and {issues.count - _SHOWN:,} more, all in --json")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:_SHOWN]) + f" and {len(names) - _SHOWN:,} more" * (len(names) > _SHOWN)
