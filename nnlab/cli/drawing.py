"""What the commands that draw share: where figures go, in which format, and whether they are shown."""

import inspect
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from nnlab.cli.arguments import FigureFormat
from nnlab.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Drawn: TypeAlias = "dict[Path, Figure]"
"""Figures by the paths of their files, without the suffix."""

Format = Annotated[
    FigureFormat | None, typer.Option("--format", help="The file format, if no file is named.", show_default="png")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="The file to write, or the folder for one or several.")
]
Open = Annotated[bool, typer.Option("--open", help="Also show it, where there is a screen.")]


def figure_command(
    app: typer.Typer, name: str, *, help_text: str
) -> Callable[[Callable[..., Drawn]], Callable[..., Drawn]]:
    """Return a decorator that registers a function as the command ``name`` of ``app``.

    The command has the function's parameters and those that all figures share: format, file, whether to show it.
    """

    def register(draw: Callable[..., Drawn]) -> Callable[..., Drawn]:
        def command(
            *, figure_format: Format = None, output: Output = None, show: Open = False, **own: Any
        ) -> None:
            from nnlab.cli.activity_display import activity

            check_output(output, figure_format)
            with activity("reading the run"):
                paths = _write(draw(**own), figure_format or "png", output)
            for path in paths:
                typer.echo(path)
                if show and has_screen():
                    typer.launch(str(path))

        shared = [each for each in inspect.signature(command).parameters.values() if each.name != "own"]
        parameters = [*inspect.signature(draw).parameters.values(), *shared]
        command.__signature__ = inspect.Signature(sorted(parameters, key=lambda each: each.kind))  # type: ignore[attr-defined]
        app.command(name, help=help_text)(command)
        return draw

    return register


def check_output(output: Path | None, form: FigureFormat | None) -> None:
    """Raise UsageError if nothing can be written to ``output``, or if its name speaks of another format."""
    if output is None or output.is_dir():
        return
    if not output.parent.is_dir():
        raise UsageError(f"there is no folder {output.parent}")
    if form and output.suffix and output.suffix.lower() != f".{form}":
        raise UsageError(f"--output {output} and --format {form} name two formats: leave --format out")


def _write(drawn: Drawn, suffix: str, output: Path | None) -> list[Path]:
    """Write figures and return their paths: where they go by themselves, or where ``output`` says."""
    from nnlab.drawing.saving import save

    folder = output is not None and (len(drawn) > 1 or output.is_dir())
    if output and len(drawn) > 1 and output.suffix and not output.is_dir():
        raise UsageError(f"--output {output}: there are {len(drawn)} figures, for which it names a folder")
    paths = []
    for place, figure in drawn.items():
        path = place.with_name(f"{place.name}.{suffix}")
        if output:
            path = output / path.name if folder else output
        save(figure, path)
        paths.append(path)
    return paths


def has_screen() -> bool:
    """Return whether there is a screen to show something on."""
    return sys.platform in {"darwin", "win32"} or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def ignore_matplotlib_settings() -> None:
    """Keep the environment's Matplotlib settings from breaking or changing figures; call it before the import.

    A backend of MPLBACKEND, such as that of a notebook, may not exist here, and nnlab uses none. A matplotlibrc in
    the present folder is still read, but what it says is not used, and complaints about it are not shown.
    """
    os.environ["MPLBACKEND"] = "agg"
    os.environ["MATPLOTLIBRC"] = os.devnull
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
