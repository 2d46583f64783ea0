"""The catalogue of components and sections of a config, read from the registries and the schema."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from nnlab.cli.output import hanging, wrapped
from nnlab.config.schema import Compute, EarlyStopping, Logging, Training
from nnlab.config.wording import as_data, as_written, wording
from nnlab.data.section import DataSpec
from nnlab.errors import UsageError, brief, suggest
from nnlab.registry import (
    AUGMENTATIONS,
    DATASETS,
    INITIALIZERS,
    LAYERS,
    LOSSES,
    NORMALIZATIONS,
    OPTIMIZERS,
    SCHEDULES,
    documentation,
    explanations,
)

_REGISTRIES = (LAYERS, LOSSES, OPTIMIZERS, SCHEDULES, INITIALIZERS, DATASETS, NORMALIZATIONS, AUGMENTATIONS)
_SECTIONS: dict[str, type[BaseModel]] = {
    "data": DataSpec,
    "training": Training,
    "early_stopping": EarlyStopping,
    "compute": Compute,
    "logging": Logging,
}


def catalogue(name: str | None) -> dict[str, dict[str, Any]]:
    """Return, by kind and name, the summary and options of every component and section, or of ``name`` alone.

    ``name`` may be a kind, such as optimizer, for all components of that kind. Raises UsageError if it is unknown.
    """
    kinds = {"section": {each: _facts(model, model, model.model_fields) for each, model in _SECTIONS.items()}}
    for registry in _REGISTRIES:
        kinds[registry.kind] = {
            each: _facts(registry[each], registry.spec(each), registry.options(each)) for each in registry.names()
        }
    if name is None:
        return kinds
    chosen = {kind: {name: names[name]} for kind, names in kinds.items() if name in names}
    if not chosen and name in kinds:
        return {name: kinds[name]}
    if not chosen:
        known = {*kinds, *(each for names in kinds.values() for each in names)}
        raise UsageError(f"unknown name {brief(name)} ({suggest(name, known)})")
    return chosen


def entry(name: str) -> str:
    """Return the documentation and options of ``name`` as text; raises UsageError if it is unknown."""
    texts = []
    for kind, names in catalogue(name).items():
        facts = names[name]
        options = [
            line
            for option in facts["options"]
            for line in (f"  {option['name']}: {option['type']}{_default(option)}", _explained(option))
        ] or ["  none"]
        texts.append(
            "\n".join([f"{name} ({kind})", "", _paragraphs(facts["documentation"]), "", "Options:", *options])
        )
    return "\n\n".join(texts)


def is_kind(name: str | None) -> bool:
    """Return whether ``name`` is a kind of component, or None for all kinds, rather than one component."""
    return name is None or name in {"section", *(registry.kind for registry in _REGISTRIES)}


def _paragraphs(text: str) -> str:
    """Return paragraphs broken into lines that fit the terminal."""
    return "\n\n".join(wrapped(" ".join(paragraph.split())) for paragraph in text.split("\n\n"))


def _explained(option: dict[str, Any]) -> str:
    return hanging("      ", option["explanation"])


def _default(option: dict[str, Any]) -> str:
    return ", required" if option["required"] else f" = {as_written(option['default'])}"


def _facts(described: type[Any], model: type[BaseModel], options: Iterable[str]) -> dict[str, Any]:
    """Return summary, documentation and options of ``described``, whose ``options`` are fields of ``model``."""
    text = documentation(described).replace("``", "")
    explained = {**explanations(model), **explanations(described)}
    return {
        "summary": text.partition("\n")[0],
        "documentation": text,
        "options": [_option(name, model.model_fields[name], explained.get(name, "")) for name in options],
    }


def _option(name: str, field: FieldInfo, explanation: str) -> dict[str, Any]:
    required = field.is_required()
    default = None if required else as_data(field.get_default(call_default_factory=True))
    kind = wording(field.rebuild_annotation())
    return {"name": name, "type": kind, "required": required, "default": default, "explanation": explanation}
