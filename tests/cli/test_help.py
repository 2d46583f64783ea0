"""The help of all commands: grouped in the order of use, in whole sentences, within 80 columns."""

import re

import pytest
import typer

import nnlab.cli

APP = typer.main.get_command(nnlab.cli.app)
LEAVES = [(name,) for name, command in APP.commands.items() if not hasattr(command, "commands")] + [
    (name, inner) for name, command in APP.commands.items() for inner in getattr(command, "commands", ())
]


def test_every_command_is_in_one_group():
    grouped = [name for names in nnlab.cli.GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(APP.commands)


def test_the_help_lists_the_commands_in_the_order_of_use(nnlab_):
    code, out, _ = nnlab_("--help")
    assert code == 0
    assert re.findall(r"^  ([a-z]+)  +[A-Z]", out, re.MULTILINE) == [
        name for names in nnlab.cli.GROUPS.values() for name in names
    ]
    assert re.findall(r"^(\w.*):$", out, re.MULTILINE) == ["Options", *nnlab.cli.GROUPS]
    assert "..." not in out.partition("\n")[2]


@pytest.mark.parametrize("path", [(), ("runs",), ("data",), ("plot",), *LEAVES], ids=" ".join)
def test_help_fits_a_terminal(nnlab_, path):
    code, out, _ = nnlab_(*path, "--help")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_option_is_explained_in_a_sentence(path):
    command = APP
    for name in path:
        command = command.commands[name]
    for parameter in command.params:
        assert re.match(r"[A-Z].*(\.|\.\.\.)$", parameter.help), (parameter.name, parameter.help)
    assert command.help.partition("\n")[0].endswith(".")
