"""``nnlab report``."""

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import ReportFormat, RunsDir

Addresses = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN|SWEEP...",
        help="Run or sweep directories, unique parts of their names, latest, or a folder of runs.",
        show_default=False,
    ),
]
Form = Annotated[
    ReportFormat,
    typer.Option("--format", help="A page, Markdown with figures, or TeX for \\input with PDF figures."),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="The page to write; for md and tex, the folder.")
]
Open = Annotated[bool, typer.Option("--open", help="Also open the page, if there is a screen.")]


def report(
    addresses: Addresses,
    form: Form = "html",
    output: Output = None,
    runs_dir: RunsDir = Path("runs"),
    *,
    show: Open = False,
) -> None:
    """Write a report of a run, a comparison of runs or of a sweep, or an index of all runs.

    Print its path. Answers written below the questions in notes.md of the run or sweep appear under the figures. A
    finished run that has not been tested is evaluated on test data, which its ledger records.

    Example: nnlab report latest --open
    """
    from nnlab.cli.activity_display import activity
    from nnlab.cli.drawing import has_screen
    from nnlab.cli.output import say
    from nnlab.errors import printable
    from nnlab.report import report as write

    with activity("reading the runs"):
        written = write(addresses, runs_dir, form, output)
    for reason in written.missing.values():
        say(f"warning: {printable(reason)}")
    if written.notes:
        say(f"write your answers in {printable(str(written.notes))}")
    typer.echo(written.file)
    if show and has_screen():
        typer.launch(str(written.file))
