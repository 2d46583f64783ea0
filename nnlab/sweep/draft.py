"""What a sweep's file or the command line asks for, before it is tried on the config."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from nnlab.config import Document, read_document, validate
from nnlab.config.nodes import Mapping, Place, Scalar
from nnlab.config.nodes import Sequence as Items
from nnlab.config.overrides import Override
from nnlab.config.schema import Section
from nnlab.errors import ConfigError, Problem, UsageError
from nnlab.registry import PositiveInt
from nnlab.sweep.axes import Axis, axis, read_values, seeds, settings, variants

_KEYS = {"grid", "variants", "seeds", "set"}


class SweepFile(Section):
    """The keys of a sweep's file: a ``config`` and what to vary in it."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    config: str
    seeds: PositiveInt | Annotated[tuple[int, ...], Field(min_length=1)] = 1
    grid: dict[str, Annotated[tuple[Any, ...], Field(min_length=1)]] = Field(default_factory=dict)
    variants: dict[str, dict[str, Any]] = Field(default_factory=dict)
    set: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """The config of all cells, what is ``common`` to them, what varies, and what is ``fixed`` after all."""

    name: str | None
    base: Document
    common: tuple[Override, ...] = ()
    axes: tuple[Axis, ...] = ()
    fixed: tuple[Override, ...] = ()

    def with_axis(self, new: Axis) -> "Draft":
        """Return the draft with the axis ``new`` instead of what was said of its key before; seeds come last."""
        others = [each for each in self.axes if each.key != new.key]
        fixed = tuple(each for each in self.fixed if each.key != new.key)
        return replace(self, axes=tuple(sorted([*others, new], key=lambda each: each.key == "seed")), fixed=fixed)

    def with_fixed(self, override: Override) -> "Draft":
        """Return the draft with one value of a key in all cells."""
        axes = tuple(each for each in self.axes if each.key != override.key)
        return replace(self, axes=axes, fixed=(*self.fixed, override))


def read_draft(path: Path, changes: Iterable[str], seed_count: int | None) -> Draft:
    """Return what the sweep's file or config at ``path`` and the ``changes`` of the command line ask for.

    Raises ConfigError with all that is wrong with the form of either, UsageError if there is no such file.
    """
    document = read_document(path)
    keys = document.root.entries.keys()
    is_sweep = "config" in keys or ("network" not in keys and bool(keys & _KEYS))
    draft = _from_file(path, document) if is_sweep else Draft(None, document)
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
    place = Place(f"--seeds {seed_count}")
    return draft.with_axis(seeds(Scalar(seed_count, str(seed_count), place), place))


def _changed(draft: Draft, change: str) -> Draft:
    key, place, values = read_values(change)
    if len(values) == 1:
        return draft.with_fixed(Override(key, values[0], place))
    return draft.with_axis(axis(key, values, place))


def _from_file(path: Path, document: Document) -> Draft:
    reading = validate(document, SweepFile)
    if reading.problems or reading.value is None:
        raise ConfigError(reading.problems)
    entries = document.root.entries
    config = entries["config"].node.place
    try:
        base = read_document(path.parent / reading.value.config)
    except ConfigError:
        raise
    except UsageError as error:
        raise ConfigError([config.problem(f"config: {error}")]) from error
    common = settings(entries["set"].node) if "set" in entries else ()
    return Draft(reading.value.name, base, common, _axes(document.root))


def _axes(root: Mapping) -> tuple[Axis, ...]:
    """Return the axes in the order in which cells are counted: variants, the grid's keys, seeds."""
    entries, axes = root.entries, []
    if "variants" in entries and isinstance(node := entries["variants"].node, Mapping) and node.entries:
        axes.append(variants(node, entries["variants"].key))
    grid = entries["grid"].node if "grid" in entries else None
    for key, entry in grid.entries.items() if isinstance(grid, Mapping) else ():
        if key == "seed" and "seeds" in entries:
            raise ConfigError([entry.key.problem("grid.seed: the seeds are given under seeds already")])
        axes.append(axis(key, entry.node.items if isinstance(entry.node, Items) else (), entry.key))
    if "seeds" in entries:
        axes.append(seeds(entries["seeds"].node, entries["seeds"].key))
    return tuple(axes)
