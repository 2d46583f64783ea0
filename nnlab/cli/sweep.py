"""``nnlab sweep``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.arguments import AsJson, Quiet, RunsDir

if TYPE_CHECKING:
    from nnlab.runs.sweeps import Sweep

Target = Annotated[
    str,
    typer.Argument(
        metavar="SWEEP.yaml|CONFIG|SWEEP",
        help="A sweep file, a config, or a sweep directory to continue.",
        show_default=False,
    ),
]
Values = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[KEY=VALUE,...]...",
        help="Settings to vary, such as optimizer.learning_rate=0.1,0.01 or seed=0..4; one value sets all cells.",
        show_default=False,
    ),
]
Seeds = Annotated[
    int | None, typer.Option("--seeds", min=1, help="The number of seeds, from 0.", show_default=False)
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="The number of cells to train at a time.", show_default="cores"),
]
Threads = Annotated[
    int, typer.Option("--threads", min=1, help="Compute threads of each cell, unless its config sets them.")
]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", min=0.1, help="The time limit of a cell, in seconds.", show_default="no limit"),
]
Test = Annotated[bool, typer.Option("--test", help="Evaluate each finished cell on the test data.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the cells without training them.")]


def sweep(
    target: Target,
    values: Values = None,
    seeds: Seeds = None,
    workers: Workers = None,
    threads: Threads = 1,
    timeout: Timeout = None,
    runs_dir: RunsDir = Path("runs"),
    *,
    test: Test = False,
    dry_run: DryRun = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Train a config with many settings in parallel and print the sweep's directory.

    Repeated, the command trains only missing cells. Each cell is an ordinary run directory.

    Example: nnlab sweep configs/mnist_mlp.yaml optimizer.learning_rate=0.1,0.01 seed=0..4
    """
    from nnlab.cli.output import print_json, say
    from nnlab.cli.sweep_display import dry_table, failures, results, results_table, sweep_display
    from nnlab.errors import SweepError
    from nnlab.sweep import Processes, lay_out, load_plan, run_sweep

    plan = None if _is_begun(target) else load_plan(target, values or [], seeds=seeds)
    if dry_run:
        planned = plan.sweep(runs_dir) if plan else _begun(target, values, seeds, runs_dir)
        if as_json:
            print_json(planned.as_json())
        else:
            typer.echo(dry_table(planned))
        return
    laid_out = lay_out(plan, runs_dir) if plan else _begun(target, values, seeds, runs_dir)
    processes = Processes(workers, threads=threads, timeout=timeout)
    with sweep_display(laid_out, processes.capacity, quiet=quiet) as show:
        done = run_sweep(laid_out, processes, test=test, report=show)
    if as_json:
        print_json({"path": str(done.path), **results(done)})
    else:
        if not quiet:
            say(results_table(done))
        typer.echo(done.path)
    failed = [cell for cell in done.cells if cell.status == "failed"]
    if failed:
        raise SweepError(f"{len(failed)} of {done.size} failed:\n{failures(done)}")


def _is_begun(target: str) -> bool:
    """Return whether ``target`` is a sweep directory, or part of its name, rather than a file."""
    from nnlab.config.shipped import names_config

    return not names_config(target)


def _begun(target: str, values: list[str] | None, seeds: int | None, runs_dir: Path) -> "Sweep":
    from nnlab.errors import UsageError
    from nnlab.runs.sweeps import find_sweep

    found = find_sweep(target, runs_dir)
    if values or seeds:
        raise UsageError(
            f"{found.path} was started with its own settings; other settings need a new sweep of its config"
        )
    return found
