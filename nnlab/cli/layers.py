"""``nnlab layers`` and ``nnlab schema``: what a config may say."""

from typing import Annotated

import typer

from nnlab.cli.options import AsJson

Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="What to show in full.", show_default=False)]


def layers(name: Name = None, *, as_json: AsJson = False) -> None:
    """List what a config can say.

    With NAME, such as conv2d or training, show its documentation and options.

    Example: nnlab layers conv2d
    """
    from nnlab.cli.catalogue import catalogue, entry
    from nnlab.cli.output import print_json

    if as_json:
        print_json(catalogue(name))
    elif name is None:
        for kind, names in catalogue(None).items():
            typer.echo(f"{kind}:")
            width = max(map(len, names))
            for each, facts in names.items():
                typer.echo(f"  {each:<{width}}  {facts['summary']}")
            typer.echo()
    else:
        typer.echo(entry(name))


def schema() -> None:
    """Print the JSON Schema of configs.

    With it, editors complete and check the YAML.

    Example: nnlab schema > nnlab.schema.json
    """
    from nnlab.cli.output import print_json
    from nnlab.config import file_schema

    print_json(file_schema())
