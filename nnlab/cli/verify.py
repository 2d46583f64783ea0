"""``nnlab verify``."""

from pathlib import Path

import typer

from nnlab.cli.options import AsJson, RunAddress, RunsDir


def verify(address: RunAddress, runs_dir: RunsDir = Path("runs"), *, as_json: AsJson = False) -> None:
    """Check every file of a run and list what the run can still be used for.

    Nothing is written, and no data are downloaded. The exit code is 4 if a file is damaged.

    Example: nnlab verify latest
    """
    from nnlab.cli.activity import activity
    from nnlab.cli.output import print_json, print_table
    from nnlab.errors import RunError
    from nnlab.integrity import verify as check
    from nnlab.runs import find_run

    run = find_run(address, runs_dir)
    with activity("reading the run"):
        found = check(run)
    if as_json:
        print_json({"run": str(run.path), **found.as_json()})
    else:
        rows = [[finding.file, finding.state, finding.note] for finding in found.findings]
        print_table(["file", "state", "note"], rows, left=3)
        typer.echo("".join(f"\n{sentence}" for sentence in found.usable))
    if not found.intact:
        if as_json:
            raise typer.Exit(RunError.exit_code)
        damaged = [finding.file for finding in found.findings if finding.state == "damaged"]
        raise RunError(f"damaged in {run.path}: {', '.join(damaged)}")
