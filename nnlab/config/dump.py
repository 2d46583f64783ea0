"""Write a config as YAML that reads as the same config."""

from typing import Any

import yaml

from nnlab.config.nodes import meaning
from nnlab.config.schema import Experiment


class _Dumper(yaml.SafeDumper):
    """Write short collections on one line, repeat aliases in full, and quote texts that would not read as such."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 -- not even what is the same object
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = '"' if not text.isprintable() else None if meaning(text) == text else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _represent_float(dumper: yaml.SafeDumper, value: float) -> yaml.Node:
    text = repr(value).replace("inf", ".inf").replace("nan", ".nan")
    return dumper.represent_scalar("tag:yaml.org,2002:float", text if "e" not in text else _with_point(text))


def _with_point(text: str) -> str:
    """Return 1e-05 as 1.0e-05, which every YAML reader parses as a number."""
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{exponent}"


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(float, _represent_float)


def as_yaml(experiment: Experiment) -> str:
    """Return ``experiment`` as YAML, including defaults; ``init_from`` and ``freeze`` only if given."""
    left_out = {key for key in ("init_from", "freeze") if not getattr(experiment, key)}
    data: dict[str, Any] = experiment.model_dump(exclude=left_out)
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True)
