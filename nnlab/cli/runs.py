"""``nnlab runs``: list runs, or show one."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnlab.cli.arguments import AsJson, RunAddress, RunsDir
from nnlab.cli.groups import FullHelp

if TYPE_CHECKING:
    from nnlab.runs.overview import Overview

_MOST = 10  # broken runs that are listed one by one


class ListByDefault(FullHelp):
    """A group of commands with ``list`` as the default."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse ``args``, with ``list`` inserted if they name no command."""
        named = args and (args[0] in self.commands or args[0] in {"-h", "--help"})
        return super().parse_args(ctx, args if named else ["list", *args])


app = typer.Typer(cls=ListByDefault, help="List runs, or show one.", rich_markup_mode=None)

Conditions = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[KEY=VALUE]...",
        help="Conditions: dataset=cifar10, optimizer.learning_rate=0.1, status=completed, 'accuracy>0.9', ...",
        show_default=False,
    ),
]
Sort = Annotated[
    str | None,
    typer.Option(
        "--sort",
        metavar="KEY",
        help="Sort by a key such as accuracy, smallest first.",
        show_default="newest first",
    ),
]
Reverse = Annotated[bool, typer.Option("--reverse", "-r", help="Reverse the order.")]
Limit = Annotated[
    int | None, typer.Option("--limit", "-n", min=1, help="The most runs to list.", show_default=False)
]
Cells = Annotated[bool, typer.Option("--cells", help="List the cells of each sweep instead of the sweep.")]


@app.command("list")
def list_runs(
    conditions: Conditions = None,
    sort: Sort = None,
    limit: Limit = None,
    runs_dir: RunsDir = Path("runs"),
    *,
    reverse: Reverse = False,
    cells: Cells = False,
    as_json: AsJson = False,
) -> None:
    """List runs and their results, newest first.

    Runs can be selected and sorted by run, status, dataset, steps, seconds, parameters, accuracy and loss (best on
    validation examples), test_accuracy, test_loss, and any key of their configs. A sweep is one line, with the
    best of its cells, or of those selected. A run is dated by the beginning of its directory's name, else by its
    config file.

    Example: nnlab runs dataset=mnist 'accuracy>0.9' --sort accuracy --reverse
    """
    from nnlab.cli.activity_display import activity
    from nnlab.cli.output import print_json, print_table, say
    from nnlab.errors import printable
    from nnlab.runs.overview import overviews
    from nnlab.runs.selection import collapse, ordered, read_condition, select

    with activity(f"reading {runs_dir}"):
        everything = overviews(runs_dir)
    chosen = select(everything, [read_condition(text) for text in conditions or []])
    lines = ordered(chosen if cells else collapse(chosen), sort, reverse=reverse)[:limit]
    broken = [run for run in everything if run.status == "broken"]
    for run in broken[:_MOST]:
        say(f"warning: {printable(run.name)} is broken: {printable(run.reason or '')}")
    if broken[_MOST:]:
        more = len(broken) - _MOST
        say(f"warning: {more} more {'is' if more == 1 else 'are'} broken: nnlab runs status=broken --json")
    if as_json:
        print_json([line.as_json() for line in lines])
    elif lines:
        print_table(*_columns(lines), left=4)
    else:
        counted = f"no matching runs in {runs_dir}, of {len(everything):,}, cells of sweeps included"
        say(counted if everything else f"no runs in {runs_dir}")


@app.command("show")
def show(address: RunAddress, runs_dir: RunsDir = Path("runs"), *, as_json: AsJson = False) -> None:
    """Print the status and results of a run, and the command that most likely comes next.

    Example: nnlab runs show latest
    """
    from nnlab.cli.output import print_json
    from nnlab.cli.run_facts import advice, facts, ledger_of, warn_of_edits
    from nnlab.errors import printable
    from nnlab.runs.selection import find_overview

    run = find_overview(address, runs_dir)
    ledger = ledger_of(run)
    warn_of_edits(run)
    if as_json:
        print_json({**run.as_json(), "test_looks": ledger.looks if ledger else None})
        return
    shown = [*facts(run), ("test set", "" if ledger is None else str(ledger)), ("next", advice(run))]
    known = [(name, text) for name, text in shown if text]
    width = max(len(name) for name, _ in known)
    for name, text in known:
        typer.echo(f"{name:<{width}}  {printable(text)}")


def _row(run: "Overview") -> dict[str, str]:
    """Return a line of the list, by column."""
    from nnlab.runs.formatting import accuracy, duration, loss

    config = run.config
    return {
        "run": run.name + _cells(run),
        "status": run.status,
        "config": config.name if config else "",
        "data": run.data,
        "seed": str(config.seed) if config and not run.cells else "",
        "steps": "" if run.steps is None else f"{run.steps:,}",
        "val. loss": loss(run.validation),
        "val. acc.": accuracy(run.validation),
        "test acc.": accuracy(run.tested),
        "time": "" if run.seconds is None else duration(run.seconds),
    }


def _cells(run: "Overview") -> str:
    """Return the number of finished cells of a sweep, or of selected ones."""
    if run.cells is None:
        return ""
    finished, total = run.cells
    return f" ({finished} of {total} cells)" if run.chosen == total else f" ({run.chosen} of its {total} cells)"


def _columns(runs: Sequence["Overview"]) -> tuple[list[str], list[list[str]]]:
    """Return head and rows of a table of ``runs``, without empty columns.

    The names of configs are left out if all directory names contain them.
    """
    rows = [_row(run) for run in runs]
    redundant = all(run.config is None or run.config.name in run.name for run in runs)
    head = [name for name in rows[0] if any(row[name] for row in rows) and not (redundant and name == "config")]
    return head, [[row[name] for name in head] for row in rows]
