"""``nnlab data``: list and download data sets."""

from typing import Annotated

import typer

from nnlab.cli.arguments import AsJson
from nnlab.cli.groups import FullHelp

app = typer.Typer(cls=FullHelp, help="List and download data sets.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A data set, such as mnist.", show_default=False)]


@app.command("list")
def list_data(*, as_json: AsJson = False) -> None:
    """List the data sets: those on this machine, whether they are as published, and why others cannot be used.

    The checksums of files are compared with the published ones; a file is read again only if it changed.

    Example: nnlab data list
    """
    from nnlab.cli.output import hanging, print_json, print_table
    from nnlab.data import inspected
    from nnlab.errors import printable

    holdings = list(inspected())
    if as_json:
        print_json(
            [
                {
                    "name": each.name,
                    "state": each.state,
                    "files": [str(path) for path in each.files],
                    "bytes": each.size,
                    "note": each.note,
                }
                for each in holdings
            ]
        )
        return
    shown = [each for each in holdings if each.state not in {"absent", "own"}]
    rows = [
        [
            each.name,
            each.state or "",
            f"{each.size / 2**20:,.1f} MiB" if each.size else "",
            str(each.files[0].parent) if each.files else "",
        ]
        for each in shown
    ]
    if rows:
        print_table(["data set", "state", "size", "folder"], rows, left=4)
    for each in shown:
        if each.note:
            typer.echo("\n" + hanging(f"{each.name}: ", printable(each.note)))
    absent = [each.name for each in holdings if each.state == "absent"]
    if absent:
        what = "nnlab data fetch NAME downloads them"
        typer.echo("\n" * bool(rows) + hanging("not here: ", f"{', '.join(absent)}; {what}"))
    for note in dict.fromkeys(each.note for each in holdings if each.state == "own"):
        names = ", ".join(each.name for each in holdings if each.note == note)
        typer.echo(hanging(f"{note}: ", names))


@app.command("fetch")
def fetch_data(name: Name) -> None:
    """Download a data set into the user's cache, verify it and print its folder.

    Example: nnlab data fetch mnist
    """
    from nnlab.data import fetch

    typer.echo(fetch(name))
