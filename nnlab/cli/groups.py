"""Groups of commands whose help lists each command with a whole sentence."""

from collections.abc import Mapping
from typing import Any, ClassVar

from typer.core import TyperGroup


class FullHelp(TyperGroup):
    """Commands under the headings of ``groups``, in that order, each with the first sentence of its help."""

    groups: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands, those in ``groups`` in their order."""
        order = [name for names in self.groups.values() for name in names]
        return sorted(
            super().list_commands(ctx), key=lambda name: order.index(name) if name in order else len(order)
        )

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write each group of commands; without groups, all commands under one heading."""
        for title, names in (self.groups or {"Commands": tuple(self.list_commands(ctx))}).items():
            with formatter.section(title):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(limit=200)) for name in names])
