"""``nnlab data``: list, download and inspect data sets."""

from typing import Annotated

import typer

from nnlab.cli.arguments import AsJson
from nnlab.cli.data_inspect import inspect_data
from nnlab.cli.groups import FullHelp

app = typer.Typer(
    cls=FullHelp, help="List, download and inspect data sets.", no_args_is_help=True, rich_markup_mode=None
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A data set, such as mnist.", show_default=False)]


app.command("inspect")(inspect_data)


@app.command("list")
def list_data(*, as_json: AsJson = False) -> None:
    """List the data sets, with the location and size of those on this machine.

    Example: nnlab data list
    """
    from nnlab.cli.output import print_json, print_table
    from nnlab.data import available

    holdings = available()
    if as_json:
        print_json(
            [
                {
                    "name": each.name,
                    "files": [str(path) for path in each.files],
                    "bytes": each.size,
                    "note": each.note,
                }
                for each in holdings
            ]
        )
        return
    rows = [
        [each.name, each.note or str(each.files[0].parent), f"{each.size / 2**20:,.1f} MiB" if each.size else ""]
        for each in holdings
    ]
    print_table(["data set", "where", "size"], rows, left=2)


@app.command("fetch")
def fetch_data(name: Name) -> None:
    """Download a data set into the user's cache, verify it and print its folder.

    Example: nnlab data fetch mnist
    """
    from nnlab.data import fetch

    typer.echo(fetch(name))
