"""``nnlab compare``."""

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import AsJson, RunsDir

Addresses = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN|SWEEP...",
        help="Run or sweep directories, unique parts of their names, or latest. The first is the reference.",
        show_default=False,
    ),
]
Test = Annotated[bool, typer.Option("--test", help="Evaluate finished runs whose test accuracy is not known.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print comma-separated values, a line for each setting.")]
Each = Annotated[bool, typer.Option("--each", help="Keep every run apart instead of averaging over seeds.")]


def compare(
    addresses: Addresses,
    runs_dir: RunsDir = Path("runs"),
    *,
    each: Each = False,
    test: Test = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Compare runs: differences of their configs, results, and a verdict.

    Runs that differ in the seed only are one setting. Each is compared with the setting of the first run, at equal
    seeds, and called better or worse only if the 95 % interval of the differences excludes 0.

    Example: nnlab compare 20261121-0930 20261121-0945 --test
    """
    from nnlab.cli.activity_display import activity
    from nnlab.cli.comparison_tables import as_comma_separated, as_text
    from nnlab.cli.output import print_json, say
    from nnlab.comparison import compare as compare_runs
    from nnlab.comparison import evaluate_missing, find_runs
    from nnlab.errors import RunError, UsageError, printable

    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other")
    found = find_runs(addresses, runs_dir)
    if not found.runs:
        raise RunError("; ".join(found.missing.values()))
    with activity("reading the runs"):
        if test:
            evaluate_missing(found.runs, lambda line: say(printable(line)))
        comparison = compare_runs(found.runs, found.names, each=each)
    for reason in found.missing.values():
        say(f"warning: {printable(reason)}")
    for name, reason in comparison.broken.items():
        say(f"warning: {printable(name)} is broken: {printable(reason)}")
    for warning in comparison.warnings:
        say(f"warning: {printable(warning)}")
    if as_json:
        print_json(comparison.as_json())
    elif as_csv:
        typer.echo(as_comma_separated(comparison), nl=False)
    else:
        typer.echo(as_text(comparison))
