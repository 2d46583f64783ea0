"""What a run has recorded of itself, read quickly and typed: of a thousand runs in under a second.

A config is read section by section, and a section that many runs share is read once. Only where that fails
is the file read as a whole, which then also says what is wrong with it.
"""

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt, ValidationError

from nnlab import files
from nnlab.config import Experiment, read_document, validate, validate_entry
from nnlab.config.nodes import Mapping, compose
from nnlab.errors import ConfigError, NnlabError, RunError

M = TypeVar("M", bound=BaseModel)

_SECTION = re.compile(r"^(?=\w+:)", re.MULTILINE)


FINISHED = frozenset({"completed", "stopped early"})
"""The statuses of trainings that came to their end."""


class _Record(BaseModel):
    """A JSON object of which only what is named here counts."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Progress(_Record):
    """How far a training was at a record: steps, and seconds of training."""

    step: NonNegativeInt
    seconds: NonNegativeFloat


class Measurement(_Record):
    """An evaluation in the course of training: the mean loss (nats; None: not finite) and the accuracy (0-1)."""

    step: int
    loss: float | None
    accuracy: float


class Evaluated(Measurement):
    """What ``nnlab eval`` measured on ``count`` test examples, and the checkpoint it used."""

    count: int
    checkpoint: Literal["best", "last"]


class Summary(_Record):
    """The numbers of a training that ended; ``best`` was measured on ``evaluated_on``.

    One that diverged has a ``reason``, which names step and layer.
    """

    status: Literal["completed", "stopped early", "interrupted", "diverged"]
    reason: str | None = None
    steps: NonNegativeInt
    seconds: NonNegativeFloat
    examples: NonNegativeInt | None = None
    parameters: int
    evaluated_on: Literal["validation", "test"] | None
    best: Measurement | None

    @property
    def finished(self) -> bool:
        """Whether the training came to its end."""
        return self.status in FINISHED


class Environment(_Record):
    """Where and with what a run was trained; ``data`` has the digest of each split."""

    commit: str | None
    cpu: str
    threads: int
    versions: dict[str, str]
    data: dict[str, str]


def read_record(path: Path, model: type[M]) -> M:
    """Return the ``model`` in a JSON file; raises RunError if it is missing, damaged or of another version."""
    content = files.read_whole(path)
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise RunError(f"{path.name} is damaged: {where}{': ' * bool(where)}{_lowered(first['msg'])}") from error


def read_config(path: Path) -> Experiment:
    """Return the resolved config at ``path``; raises RunError if it is missing, damaged or of another version."""
    try:
        text = files.read_whole(path).decode()
    except UnicodeDecodeError as error:
        raise RunError(f"{path.name} is damaged: it is not text") from error
    first, *parts = _SECTION.split(text)
    sections = {part.partition(":")[0]: part for part in parts}
    values: dict[str, Any] = {key: _value(key, part) for key, part in sections.items()}
    if first or len(sections) < len(parts) or None in values.values():
        return _read_whole(path)
    missing = Experiment.model_fields.keys() - sections.keys()
    if any(Experiment.model_fields[key].is_required() for key in missing):
        return _read_whole(path)
    return Experiment.model_construct(None, **values, **{key: _default(key) for key in missing})


@lru_cache(1024)  # sections of a config, which a thousand runs hardly have more of
def _value(key: str, text: str) -> Any | None:
    """Return what a section of a config means, or None if it means nothing by itself."""
    if key not in Experiment.model_fields:
        return None
    try:
        root, problems = compose(text, key)
    except ConfigError:
        return None
    if problems or not isinstance(root, Mapping) or key not in root.entries:
        return None
    return validate_entry(Experiment.model_fields[key].rebuild_annotation(), root.entries[key].node)


@cache
def _default(key: str) -> Any:
    return Experiment.model_fields[key].get_default(call_default_factory=True)


def _read_whole(path: Path) -> Experiment:
    try:
        reading = validate(read_document(path), Experiment)
    except NnlabError as error:
        raise RunError(f"{path.name} cannot be read: {_first_line(error)}") from error
    if reading.problems or reading.value is None:
        told = reading.problems[0]
        raise RunError(f"{path.name} is damaged or of another version: line {told.line}: {told.message}")
    return reading.value


def _first_line(error: NnlabError) -> str:
    problems = getattr(error, "problems", None)
    return f"line {problems[0].line}: {problems[0].message}" if problems else str(error)


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]
