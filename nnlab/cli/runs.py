"""``nnlab runs``: which runs there are, and what became of one."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from nnlab.cli.options import AsJson, RunAddress, RunsDir

if TYPE_CHECKING:
    from nnlab.runs.overview import Overview
    from nnlab.runs.recorded import Measurement

_MOST = 10  # broken runs that are told one by one
_MENDING = {"summary.json": "nnlab resume", "metrics.json": "nnlab eval"}  # what writes a damaged file again


class ListByDefault(TyperGroup):
    """A group of commands of which ``list`` is meant where none is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Return what is left of ``args``, with ``list`` put in where no command stands."""
        named = args and (args[0] in self.commands or args[0] in {"-h", "--help"})
        return super().parse_args(ctx, args if named else ["list", *args])


app = typer.Typer(cls=ListByDefault, help="List runs, or show one.", rich_markup_mode=None)

Conditions = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[KEY=VALUE]...",
        help="Which runs: dataset=cifar10, optimizer.learning_rate=0.1, status=completed, 'accuracy>0.9', ...",
        show_default=False,
    ),
]
Sort = Annotated[
    str | None,
    typer.Option(
        "--sort", metavar="KEY", help="Least first by a key such as accuracy.", show_default="newest first"
    ),
]
Reverse = Annotated[bool, typer.Option("--reverse", "-r", help="In the reverse order.")]
Limit = Annotated[int | None, typer.Option("--limit", "-n", min=1, help="At most so many.", show_default=False)]
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
    """List runs and how they did, the newest first.

    Runs can be chosen and sorted by run, status, dataset, steps, seconds, parameters, accuracy and loss (the best
    on validation examples), test_accuracy, test_loss, and any key of their configs. A sweep is one line, with the
    best of its cells.

    Example: nnlab runs dataset=mnist 'accuracy>0.9' --sort accuracy --reverse
    """
    from nnlab.cli.output import print_json, print_table, say
    from nnlab.errors import printable
    from nnlab.runs.overview import overviews
    from nnlab.runs.selection import collapse, ordered, read_condition, select

    everything = overviews(runs_dir)
    chosen = select(everything, [read_condition(text) for text in conditions or []])
    lines = ordered(chosen if cells else collapse(chosen), sort, reverse=reverse)[:limit]
    broken = [run for run in everything if run.status == "broken"]
    for run in broken[:_MOST]:
        say(f"warning: {printable(run.name)} is broken: {printable(run.reason or '')}")
    if broken[_MOST:]:
        say(f"warning: {len(broken) - _MOST} more are broken: nnlab runs status=broken --json")
    if as_json:
        print_json([line.as_json() for line in lines])
    elif lines:
        print_table(*_columns([_row(line) for line in lines]), left=4)
    else:
        say(f"none of {len(everything)} runs in {runs_dir} is so" if everything else f"no runs in {runs_dir}")


@app.command("show")
def show(address: RunAddress, runs_dir: RunsDir = Path("runs"), *, as_json: AsJson = False) -> None:
    """Print what became of a run, and what can be done with it.

    Example: nnlab runs show latest
    """
    from nnlab.cli.output import print_json
    from nnlab.errors import printable
    from nnlab.runs.overview import find_overview

    run = find_overview(address, runs_dir)
    if as_json:
        print_json(run.as_json())
        return
    facts = [(name, text) for name, text in [*_facts(run), ("next", _advice(run))] if text]
    width = max(len(name) for name, _ in facts)
    for name, text in facts:
        typer.echo(f"{name:<{width}}  {printable(text)}")


def _row(run: "Overview") -> dict[str, str]:
    """Return a line of the list by column; a config's name is told where the directory's does not tell it."""
    from nnlab.cli.progress import duration

    config = run.config
    named = f"{run.name} ({run.cells[0]} of {run.cells[1]} cells)" if run.cells else run.name
    return {
        "run": named,
        "status": run.status,
        "config": config.name if config and config.name not in run.name else "",
        "data": config.data.type if config else "",
        "seed": str(config.seed) if config and not run.cells else "",
        "steps": "" if run.steps is None else f"{run.steps:,}",
        "val. loss": _loss(run.validation),
        "val. acc.": _accuracy(run.validation),
        "test acc.": _accuracy(run.tested),
        "time": "" if run.seconds is None else duration(run.seconds),
    }


def _columns(rows: Sequence[dict[str, str]]) -> tuple[list[str], list[list[str]]]:
    """Return the head and the cells of a table of ``rows``, without columns that are empty."""
    head = [name for name in rows[0] if any(row[name] for row in rows)]
    return head, [[row[name] for name in head] for row in rows]


def _facts(run: "Overview") -> list[tuple[str, str]]:
    """Return what there is to tell of a run, each with its name."""
    from nnlab.cli.progress import duration

    config, environment = run.config, run.environment
    facts = [("run", str(run.run.path)), ("status", run.status + (f": {run.reason}" if run.reason else ""))]
    if run.cells:
        facts.append(("cells", f"{run.cells[0]} of {run.cells[1]} finished; below, the best or the sum of them"))
    if config:
        facts += [
            ("config", config.name),
            ("data", config.data.type),
            ("seed", "" if run.cells else str(config.seed)),
        ]
    facts += [
        ("steps", _steps(run)),
        ("time", "" if run.seconds is None else duration(run.seconds)),
        ("parameters", "" if run.parameters is None else f"{run.parameters:,}"),
        ("validation", _measured(run.validation)),
        ("test", _measured(run.tested)),
    ]
    if environment:
        code = f"nnlab {environment.versions.get('nnlab', '')}"
        facts.append(("code", code + f", commit {environment.commit}" * bool(environment.commit)))
        facts.append(("trained on", f"{environment.cpu}, {environment.threads} threads"))
    return facts


def _advice(run: "Overview") -> str:
    """Return the command that most likely comes next."""
    path = run.run.path
    if run.cells:
        return f"nnlab compare {path}" if run.status == "completed" else f"nnlab sweep {path}"
    match run.status:
        case "running":
            return f"nnlab plot curves {path}"
        case "pending" | "interrupted" | "stopped":
            return f"nnlab resume {path}"
        case "diverged":
            rate = run.config.optimizer.model_dump().get("learning_rate") if run.config else None
            return f"nnlab train {run.run.config}" + (f" optimizer.learning_rate={rate / 10:g}" if rate else "")
        case "broken":
            file = (run.reason or "").partition(" ")[0]
            return f"{_MENDING[file]} {path}" if file in _MENDING else ""
    return f"nnlab plot all {path}" if run.tested else f"nnlab eval {path}"


def _steps(run: "Overview") -> str:
    if run.steps is None:
        return ""
    total = run.config.training.steps if run.config and not run.cells else None
    return f"{run.steps:,}" + (f" of {total:,}" if total else "")


def _measured(measurement: "Measurement | None") -> str:
    if measurement is None:
        return ""
    loss = _loss(measurement)
    return (
        f"{_accuracy(measurement)} correct"
        + f", loss {loss} nats" * bool(loss)
        + f", at step {measurement.step:,}"
    )


def _accuracy(measurement: "Measurement | None") -> str:
    from nnlab.cli.output import percent

    return percent(measurement.accuracy) if measurement else ""


def _loss(measurement: "Measurement | None") -> str:
    return f"{measurement.loss:.4f}" if measurement and measurement.loss is not None else ""
