"""Write a config as YAML that reads as the same config."""

from typing import Any

import yaml

from nnlab.config.earlier_versions import ADDED_TO_LAYERS
from nnlab.config.nodes import meaning
from nnlab.config.schema import Experiment
from nnlab.registry import DATASETS


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


_ADDED: dict[str, dict[str, Any]] = {"data": {"test": 0}, "training": {"shards": None}}


def identity(experiment: Experiment) -> str:
    """Return YAML that is equal for equal experiments, and the same as in earlier versions.

    Options that those versions lack are left out at their default, so that the sweeps which they began keep their
    names.
    """
    data = _plain(experiment)
    # The options of the source came last, also one that all sources have now.
    own = DATASETS.options(experiment.data.type)
    data["data"] = {key: value for key, value in data["data"].items() if key not in own} | {
        key: data["data"][key] for key in own
    }
    for section, options in _ADDED.items():
        _leave_out(data[section], {key: value for key, value in options.items() if key not in own})
    for layer in data["network"]:
        _leave_out_of_layers(layer)
    return _dumped(data)


def as_yaml(experiment: Experiment) -> str:
    """Return ``experiment`` as YAML, including defaults; ``init_from`` and ``freeze`` only if given."""
    return _dumped(_plain(experiment))


def _plain(experiment: Experiment) -> dict[str, Any]:
    left_out = {key for key in ("init_from", "freeze") if not getattr(experiment, key)}
    return experiment.model_dump(exclude=left_out)


def _dumped(data: dict[str, Any]) -> str:
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True)


def _leave_out(data: dict[str, Any], options: dict[str, Any]) -> None:
    for option, default in options.items():
        given = data.get(option, ...)
        if default == (list(given) if isinstance(given, tuple) else given):
            del data[option]


def _leave_out_of_layers(value: Any) -> None:
    """Leave out options of a layer and of the layers in it."""
    if isinstance(value, dict):
        _leave_out(value, ADDED_TO_LAYERS.get(str(value.get("type")), {}))
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        _leave_out_of_layers(inner)
