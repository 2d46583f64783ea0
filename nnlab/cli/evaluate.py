"""``nnlab eval``."""

from pathlib import Path

import typer

from nnlab.cli.options import AsJson, RunAddress, RunsDir, Split, Which


def evaluate(
    address: RunAddress,
    split: Split = "test",
    checkpoint: Which = "best",
    runs_dir: RunsDir = Path("runs"),
    *,
    as_json: AsJson = False,
) -> None:
    """Evaluate a run on test data.

    Print loss, accuracy and the metrics of each class, and store them with the predictions in the run.

    Example: nnlab eval latest --split validation
    """
    from nnlab import evaluation as evaluations
    from nnlab.cli.activity import activity
    from nnlab.cli.output import print_json, print_table
    from nnlab.runs import find_run
    from nnlab.runs.formatting import percent
    from nnlab.runs.ledger import read_ledger

    run = find_run(address, runs_dir)
    with activity("reading the run"):
        evaluation = evaluations.evaluate(run, split=split, checkpoint=checkpoint, cause="nnlab eval")
    ledger = read_ledger(run.path)
    if as_json:
        print_json({**evaluation.as_json(), "test_looks": ledger.looks})
        return
    metrics = evaluation.metrics
    low, high = metrics.interval
    typer.echo(f"{run.name}: {split} split, {checkpoint} checkpoint (step {evaluation.step:,})\n")
    typer.echo(f"accuracy  {percent(metrics.accuracy)}  ({metrics.count:,} examples, 95 % interval ", nl=False)
    typer.echo(f"{percent(low)} to {percent(high)})\nloss      {metrics.loss:.4f} nats")
    typer.echo(f"ECE       {percent(evaluation.calibration.error)}  (expected calibration error)")
    again = ", as does this one" if split == "test" and ledger.repeats else ""
    typer.echo(f"test set  {ledger}{again}\n")
    rows = [
        [row["class"], *(percent(row[key]) for key in ("precision", "recall", "f1")), f"{row['support']:,}"]
        for row in metrics.as_json()["per_class"]
    ]
    print_table(["class", "precision", "recall", "F1", "support"], rows)
