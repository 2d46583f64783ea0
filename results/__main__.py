"""The command line: ``python -m results train`` and ``python -m results write``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import Quiet
from nnlab.cli.output import say
from nnlab.errors import Interrupted, NnlabError, UsageError, suggest
from nnlab.files import write_text
from results import published
from results.archive import read_archive
from results.measured import measure
from results.page import page
from results.training import train_missing

app = typer.Typer(
    help="Train every published experiment and write the page of results.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

RunsDir = Annotated[Path, typer.Option("--runs-dir", help="The folder with the run directories.")]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="CONFIG", help="Only this config; may be repeated.", show_default="all"),
]


@app.command()
def train(*, only: Only = None, runs_dir: RunsDir = Path("runs/results"), quiet: Quiet = False) -> None:
    """Train and evaluate the runs that are missing.

    Finished runs of the same config and seed are kept; stopped ones are resumed.

    Example: python -m results train --only mnist --only mnist_mlp
    """
    entries = {entry.config: entry for section in published.SECTIONS for entry in section.entries}
    for name in only or []:
        if name not in entries:
            raise UsageError(f"unknown experiment {name!r} ({suggest(name, entries)})")
    chosen = [entry for name, entry in entries.items() if not only or name in only]
    exit_code = train_missing(chosen, runs_dir, quiet=quiet)
    if exit_code:
        raise typer.Exit(exit_code)


@app.command()
def write(
    *,
    runs_dir: RunsDir = Path("runs/results"),
    output: Annotated[Path, typer.Option(help="The page to write.")] = Path("docs/results.md"),
) -> None:
    """Write the page of results from the run directories alone.

    Example: python -m results write --output results.md
    """
    archive = read_archive(runs_dir)
    results = {e.config: measure(e, archive) for section in published.SECTIONS for e in section.entries}
    write_text(output, page(published.SECTIONS, results))
    say(f"wrote {output}, from {sum(len(found) for found in results.values())} runs")


def main() -> None:
    """Run the command; report a user's mistake in one line, with the exit code of its exception."""
    try:
        app(prog_name="python -m results")
    except Interrupted as stop:
        say(str(stop))
        sys.exit(stop.exit_code)
    except NnlabError as error:
        say(f"error: {error}")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
