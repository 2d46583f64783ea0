"""``nnlab layers`` and ``nnlab schema``: the components and options of configs."""

from typing import Annotated

import typer

from nnlab.cli.arguments import AsJson

Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="A component or kind.", show_default=False)]


def layers(name: Name = None, *, as_json: AsJson = False) -> None:
    """List the components and sections of a config.

    With the NAME of a component or section, such as conv2d or training, show its documentation and options. With a
    kind, such as optimizer, list the components of that kind.

    Example: nnlab layers conv2d
    """
    from nnlab.cli.catalogue import catalogue, entry, is_kind
    from nnlab.cli.output import hanging, print_json

    if as_json:
        print_json(catalogue(name))
    elif is_kind(name):
        for kind, names in catalogue(name).items():
            typer.echo(f"{kind}:")
            width = max(map(len, names))
            for each, facts in names.items():
                typer.echo(hanging(f"  {each:<{width}}  ", facts["summary"]))
            typer.echo()
    else:
        typer.echo(entry(name or ""))


def schema() -> None:
    """Print the JSON Schema of config files.

    Editors use it to complete and check the YAML.

    Example: nnlab schema > nnlab.schema.json
    """
    from nnlab.cli.output import print_json
    from nnlab.config import file_schema

    print_json(file_schema())
