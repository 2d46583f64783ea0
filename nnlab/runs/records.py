"""Typed records of a run, read quickly: those of a thousand runs in under a second.

Every field has bounds, so that damaged or prepared files raise RunError here instead of failing later.

A config is parsed section by section, and a section that many runs share is parsed once. Only if that fails is the
file parsed as a whole, which also locates the error.
"""

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, ValidationError

from nnlab import files
from nnlab.config import Experiment, read_document, validate, validate_entry
from nnlab.config.config_document import ConfigDocument
from nnlab.config.earlier_versions import of_its_version
from nnlab.config.nodes import Mapping, compose
from nnlab.errors import ConfigError, NnlabError, RunError

M = TypeVar("M", bound=BaseModel)

_SECTION = re.compile(r"^(?=\w+:)", re.MULTILINE)

Count: TypeAlias = Annotated[int, Field(ge=0, lt=2**53)]
"""A non-negative integer that a float holds exactly."""

PositiveCount: TypeAlias = Annotated[int, Field(ge=1, lt=2**53)]

Fraction: TypeAlias = Annotated[float, Field(ge=0, le=1)]

FINISHED = frozenset({"completed", "stopped early"})
"""The statuses of training runs that reached their end."""


class Record(BaseModel):
    """A JSON object; keys that are not fields are ignored, numbers are finite, and types are not converted."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, strict=True)


class LogPosition(Record):
    """The position of a record in training: its step, and the seconds of training."""

    step: Count
    seconds: NonNegativeFloat


class Measurement(Record):
    """An evaluation during training: the mean loss (nats; None: not finite) and the accuracy (0-1)."""

    step: Count
    loss: float | None
    accuracy: Fraction


class Evaluated(Measurement):
    """What ``nnlab eval`` measured on ``count`` test examples, and the checkpoint it used.

    ``run`` is when the run began. It and the digests are missing in evaluations of earlier versions.
    """

    count: Count
    checkpoint: Literal["best", "last"]
    fingerprint: str | None = None
    data: str | None = None
    predictions: str | None = None
    run: str | None = None


class Summary(Record):
    """The final numbers of a training run; ``best`` was measured on ``evaluated_on``.

    A diverged run has a ``reason``, which names step and layer. Runs of earlier versions lack ``steps_per_epoch``.
    """

    status: Literal["completed", "stopped early", "interrupted", "diverged"]
    reason: str | None = None
    steps: Count
    steps_per_epoch: PositiveCount | None = None
    seconds: NonNegativeFloat
    examples: Count | None = None
    parameters: Count
    evaluated_on: Literal["validation", "test"] | None
    best: Measurement | None

    @property
    def finished(self) -> bool:
        """Whether training reached its end."""
        return self.status in FINISHED


class DatasetFacts(Record):
    """What a run says of its data: the shape of an example, the classes, the number of examples of each split.

    ``verified`` is False if the files have the names of a published data set, but other content. ``dtype`` is the
    type of the raw inputs; runs of earlier versions lack it.
    """

    input_shape: tuple[PositiveCount, ...]
    class_names: tuple[str, ...]
    examples: dict[str, Count]
    verified: bool = True
    dtype: Literal["uint8", "float32"] | None = None


class Repair(Record):
    """A ``file`` of a run that was mended: ``how``, and what was ``lost`` (empty: nothing).

    ``kept`` is the name of the damaged file; None if the file was missing.
    """

    when: str
    file: str
    how: str
    lost: str = ""
    kept: str | None = None

    def __str__(self) -> str:
        kept = f"; the damaged file is kept as {self.kept}" if self.kept else ""
        return f"{self.file}: {self.how}; {f'lost: {self.lost}' if self.lost else 'nothing is lost'}{kept}"


class Environment(Record):
    """The machine and the versions of a training run; ``data`` has the digest of each split.

    ``began`` identifies the run. ``planned`` is the digest of the config that a sweep laid out for it, and
    ``files`` has the digests of the files that are written once. Runs of earlier versions lack these three.

    Of a run whose file was lost and mended, ``threads`` is None and the others are unknown or empty. ``repaired``
    has the files that were mended.
    """

    commit: str | None
    cpu: str
    threads: PositiveCount | None
    versions: dict[str, str]
    data: dict[str, str]
    dataset: DatasetFacts | None = None
    seed: int | None = None
    repaired: tuple[Repair, ...] = ()
    began: str | None = None
    planned: str | None = None
    files: dict[str, str] | None = None

    @property
    def demands_checks(self) -> bool:
        """Whether the run began with a version of nnlab that writes a check into each of its files."""
        return self.files is not None


def read_record(path: Path, model: type[M]) -> M:
    """Return the ``model`` in a JSON file; raises RunError if it is missing, damaged or of another version."""
    return parse_record(files.read_checked(path), model, path.name)


def parse_record(content: bytes, model: type[M], place: str) -> M:
    """Return the ``model`` in JSON ``content``; raises RunError, which says ``place`` is damaged and why."""
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise RunError(f"{place} is damaged: {where}{': ' * bool(where)}{_lowered(first['msg'])}") from error


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


def section_of(text: str, key: str) -> Any | None:
    """Return the value of the section ``key`` in the text of a config; None if it cannot be read by itself."""
    parts = [part for part in _SECTION.split(text) if part.startswith(f"{key}:")]
    return _value(key, parts[0]) if len(parts) == 1 else None


@lru_cache(1024)  # sections of configs; a thousand runs rarely have more different ones
def _value(key: str, text: str) -> Any | None:
    """Return the value of a section of a config; None if it cannot be parsed on its own."""
    if key not in Experiment.model_fields:
        return None
    try:
        root, problems = compose(text, key)
    except ConfigError:
        return None
    if problems or not isinstance(root, Mapping) or key not in root.entries:
        return None
    root = of_its_version(ConfigDocument(root, ())).root
    return validate_entry(Experiment.model_fields[key].rebuild_annotation(), root.entries[key].node)


@cache
def _default(key: str) -> Any:
    return Experiment.model_fields[key].get_default(call_default_factory=True)


def _read_whole(path: Path) -> Experiment:
    try:
        reading = validate(of_its_version(read_document(path)), Experiment)
    except NnlabError as error:
        raise RunError(f"{path.name} cannot be read: {_first_line(error)}") from error
    if reading.problems or reading.value is None:
        first = reading.problems[0]
        raise RunError(f"{path.name} is damaged or of another version: line {first.line}: {first.message}")
    return reading.value


def _first_line(error: NnlabError) -> str:
    problems = getattr(error, "problems", None)
    return f"line {problems[0].line}: {problems[0].message}" if problems else str(error)


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]
