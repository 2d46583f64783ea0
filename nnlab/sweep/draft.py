"""The request for a sweep, from a sweep file and the command line, before it is applied to the config."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from nnlab.config import ConfigDocument, read_document, validate
from nnlab.config.config_document import read_file
from nnlab.config.nodes import Mapping, Position, Scalar
from nnlab.config.nodes import Sequence as Items
from nnlab.config.overrides import Override
from nnlab.config.schema import ConfigSection
from nnlab.config.shipped import locate
from nnlab.errors import ConfigError, Problem, UsageError
from nnlab.registry.options import PositiveInt
from nnlab.sweep.axes import Axis, Point, axis, counted, read_values, seeds, settings, variants


class SweepFile(ConfigSection):
    """The keys of a sweep file: a ``config`` and the settings to vary."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    config: str
    seeds: PositiveInt | Annotated[tuple[int, ...], Field(min_length=1)] = 1
    grid: dict[str, Annotated[tuple[Any, ...], Field(min_length=1)]] = Field(default_factory=dict)
    variants: dict[str, dict[str, Any]] = Field(default_factory=dict)
    set: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """The base config, overrides ``common`` to all cells, the axes, and those ``fixed`` on the command line."""

    name: str | None
    base: ConfigDocument
    common: tuple[Override, ...] = ()
    axes: tuple[Axis, ...] = ()
    fixed: tuple[Override, ...] = ()

    def overrides(self, points: Iterable[Point]) -> tuple[Override, ...]:
        """Return all overrides of the cell at ``points``, one point per axis; later ones take precedence."""
        varied = (override for point in points for override in point.overrides)
        return (*self.common, *varied, *self.fixed)

    def with_axis(self, new: Axis) -> "Draft":
        """Return the draft with the axis ``new`` in place of earlier values of its key; the seed axis is last."""
        others = [each for each in self.axes if each.key != new.key]
        fixed = tuple(each for each in self.fixed if each.key != new.key)
        return replace(self, axes=tuple(sorted([*others, new], key=lambda each: each.key == "seed")), fixed=fixed)

    def with_fixed(self, override: Override) -> "Draft":
        """Return the draft with one value of a key for all cells."""
        axes = tuple(each for each in self.axes if each.key != override.key)
        return replace(self, axes=axes, fixed=(*self.fixed, override))


def read_draft(path: Path, changes: Sequence[str], seed_count: int | None) -> Draft:
    """Return the draft of the sweep file or config at ``path`` with the ``changes`` from the command line.

    Raises ConfigError with every problem of form in either, UsageError if the file does not exist.
    """
    path = locate(path)
    document = read_file(path)
    if not document.root.entries and not document.problems:
        hint = "a sweep file begins with config: CONFIG.yaml"
        raise ConfigError([Problem("the file is empty", str(path), hint=hint)])
    draft = _from_file(path, document) if document.is_sweep else Draft(None, read_document(path))
    problems: list[Problem] = []
    for change in changes:
        try:
            draft = _changed(draft, change)
        except ConfigError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigError(problems)
    if seed_count is None:
        return draft
    if any(each.startswith("seed=") for each in changes):
        raise UsageError(f"seed=... and --seeds {seed_count} both choose the seeds; give one of them")
    place = Position(f"--seeds {seed_count}")
    return draft.with_axis(seeds(Scalar(seed_count, str(seed_count), place), place))


def _changed(draft: Draft, change: str) -> Draft:
    key, place, values = read_values(change)
    if len(values) == 1:
        return draft.with_fixed(Override(key, values[0], place))
    return draft.with_axis(axis(key, values, place))


def _from_file(path: Path, document: ConfigDocument) -> Draft:
    document = _with_range(document)
    reading = validate(document, SweepFile)
    if reading.problems or reading.value is None:
        raise ConfigError(reading.problems)
    entries = document.root.entries
    config = entries["config"].node.position
    try:
        base = read_document(path.parent / reading.value.config)
    except ConfigError:
        raise
    except UsageError as error:
        raise ConfigError([config.problem(f"config: {error}")]) from error
    common = settings(entries["set"].node) if "set" in entries else ()
    return Draft(reading.value.name, base, common, _axes(document.root))


def _with_range(document: ConfigDocument) -> ConfigDocument:
    """Return ``document`` with seeds given as a range such as ``0..4`` expanded to a list."""
    entry = document.root.entries.get("seeds")
    if entry is None or not isinstance(entry.node, Scalar):
        return document
    place = entry.node.position
    numbers = counted(entry.node.text, place)
    return document.changed([Override("seeds", Items(tuple(numbers), place), entry.key)]) if numbers else document


def _axes(root: Mapping) -> tuple[Axis, ...]:
    """Return the axes in the order in which cells are numbered: variants, keys of the grid, seeds."""
    entries, axes = root.entries, []
    if "variants" in entries and isinstance(node := entries["variants"].node, Mapping) and node.entries:
        axes.append(variants(node, entries["variants"].key))
    grid = entries["grid"].node if "grid" in entries else None
    for key, entry in grid.entries.items() if isinstance(grid, Mapping) else ():
        if key == "seed" and "seeds" in entries:
            raise ConfigError([entry.key.problem("grid.seed: the seeds are already given under seeds")])
        axes.append(axis(key, entry.node.items if isinstance(entry.node, Items) else (), entry.key))
    if "seeds" in entries:
        axes.append(seeds(entries["seeds"].node, entries["seeds"].key))
    return tuple(axes)
