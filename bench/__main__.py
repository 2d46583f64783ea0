"""The command line: ``python -m bench``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bench.catalogue import chosen
from bench.figure import comparison_figure
from bench.kernels import time_kernels
from bench.measurement import Results, disagreements, measure
from bench.rivals import Rival
from bench.steps import time_networks
from bench.tables import print_kernels, print_networks, summary
from nnlab.cli.output import print_json, say
from nnlab.drawing.saving import save
from nnlab.errors import NnlabError, UsageError
from nnlab.files import write_text
from nnlab.nn.kernels.threads import available

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def bench(
    *,
    networks: Annotated[str, typer.Option(help="Names, separated by commas.", show_default="all")] = "",
    kernels: Annotated[bool, typer.Option("--kernels", help="Time single layers and optimizers instead.")] = False,
    steps: Annotated[int, typer.Option(min=1, help="The most steps to time per network.")] = 1000,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads.", show_default="all cores")] = None,
    seconds: Annotated[float, typer.Option(min=0, help="Approximate duration of the whole benchmark.")] = 120.0,
    output: Annotated[
        Path | None,
        typer.Option(
            help="The file for the results; the figure is saved beside it.", show_default="bench/results.json"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Time training steps in nnlab, and in PyTorch if it is installed.

    Example: python -m bench --networks mnist,fashion --seconds 30
    """
    if kernels and networks:
        raise UsageError("--kernels does not time networks: leave out --networks")
    names, count = chosen(networks), threads or available()

    def work(rival: Rival, left: float) -> Results:
        if kernels:
            return time_kernels(rival, steps=steps, seconds=left, threads=count)
        return time_networks(names, rival, steps=steps, seconds=left, threads=count)

    report = measure(work, threads=count, seconds=seconds, say=say)
    path = output or Path("bench", "kernels.json" if kernels else "results.json")
    figure = path.with_suffix(".png")
    write_text(path, report.model_dump_json(indent=2) + "\n")
    save(comparison_figure(report), figure)
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        (print_kernels if kernels else print_networks)(report)
    say(f"{summary(report)}\nsaved {path} and {figure}")
    for message in (wrong := disagreements(report)):
        say(f"error: {message}")
    if wrong:
        raise typer.Exit(1)


def main() -> None:
    """Run the benchmark; report a user's mistake in one line, with the exit code of its exception."""
    try:
        app(prog_name="python -m bench")
    except NnlabError as error:
        say(f"error: {error}")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
