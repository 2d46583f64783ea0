"""Commands that take a config: an option that is a key of the config is answered with KEY=VALUE."""

from itertools import takewhile
from typing import Any

from typer.core import TyperCommand

from nnlab.errors import UsageError

_OF_OPTIMIZERS = {"learning_rate": "optimizer.learning_rate", "lr": "optimizer.learning_rate"}


class ConfigCommand(TyperCommand):
    """A command whose overrides are easily mistaken for options: ``--seed 3`` for ``seed=3``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse ``args``; raises UsageError for an unknown option that is a key of the config."""
        options = {option for parameter in self.get_params(ctx) for option in parameter.opts}
        given = list(takewhile(lambda argument: argument != "--", args))
        for argument, following in zip(given, [*given[1:], ""], strict=False):
            option, equals, value = argument.partition("=")
            if argument.startswith("--") and option not in options and (key := _key_of(option[2:])):
                value = value if equals else following
                setting = f"{key}={value or 'VALUE'}"
                raise UsageError(f"no such option: {option}; write {setting}, a setting of the config")
        return super().parse_args(ctx, args)


def _key_of(option: str) -> str | None:
    """Return the dotted key of a config that ``option`` names, if it names one."""
    from nnlab.config.schema import Experiment, Training

    name = option.replace("-", "_")
    keys = {key: f"training.{key}" for key in Training.model_fields} | _OF_OPTIMIZERS
    keys |= {key: key for key in Experiment.model_fields}
    return name if "." in name and name.partition(".")[0] in Experiment.model_fields else keys.get(name)
