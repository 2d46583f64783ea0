"""``nnlab eval``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.arguments import AsJson, RunAddress, RunsDir, Split, Which

if TYPE_CHECKING:
    from nnlab.evaluation import Evaluation

OtherData = Annotated[
    bool, typer.Option("--other-data", help="Allow data that are not the run's; their results are stored apart.")
]


def evaluate(
    address: RunAddress,
    split: Split = "test",
    checkpoint: Which = "best",
    runs_dir: RunsDir = Path("runs"),
    *,
    other_data: OtherData = False,
    as_json: AsJson = False,
) -> None:
    """Evaluate a run on test data.

    Print loss, accuracy and the metrics of each class, and store them with the predictions in the run. Data that
    are not those of the run are refused unless --other-data allows them.

    Example: nnlab eval latest --split validation
    """
    from nnlab import evaluation as evaluations
    from nnlab.cli.activity_display import activity
    from nnlab.cli.output import print_json, print_table
    from nnlab.runs import find_run
    from nnlab.runs.formatting import distinct, percent
    from nnlab.runs.ledger import read_ledger

    run = find_run(address, runs_dir)
    with activity("reading the run"):
        evaluation = evaluations.evaluate(
            run, split=split, checkpoint=checkpoint, cause="nnlab eval", other_data=other_data
        )
    ledger = read_ledger(run.path)
    if as_json:
        print_json({**evaluation.as_json(), "test_looks": ledger.looks})
        return
    metrics = evaluation.metrics
    low, high = metrics.interval
    typer.echo(f"{run.name}: {split} split, {checkpoint} checkpoint (step {evaluation.step:,})")
    typer.echo(_on_other_data(evaluation))
    typer.echo(f"accuracy  {percent(metrics.accuracy)}  ({metrics.count:,} examples, 95 % interval ", nl=False)
    typer.echo(f"{percent(low)} to {percent(high)})\nloss      {metrics.loss:.4f} nats", nl=False)
    name = evaluation.config.loss_name
    if name == "loss":
        typer.echo()
    else:
        typer.echo(f" ({name})\nx-entropy {metrics.cross_entropy:.4f} nats (the plain cross-entropy)")
    typer.echo(f"ECE       {percent(evaluation.calibration.error)}  (expected calibration error)")
    again = ", as does this one" if split == "test" and ledger.repeats else ""
    typer.echo(f"test set  {ledger}{again}\n")
    rows = [
        [name, *(percent(row[key]) for key in ("precision", "recall", "f1")), f"{row['support']:,}"]
        for name, row in zip(distinct(metrics.class_names), metrics.per_class, strict=True)
    ]
    print_table(["class", "precision", "recall", "F1", "support"], rows)


def _on_other_data(evaluation: "Evaluation") -> str:
    """Return the line that says that the data are not the run's; empty if they are."""
    if not evaluation.other_data:
        return ""
    environment = evaluation.trained.environment
    was = environment.data.get(evaluation.split, "unknown") if environment else "unknown"
    return f"other data: examples {evaluation.other_data[:8]}, not {was[:8]} of the run\n"
