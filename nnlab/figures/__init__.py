"""The figures of configs and runs: a registry with one module a figure.

A module computes what its figure shows, from a ``Subject``, passes it to a function of nnlab.drawing, and
declares in a ``FigureEntry`` what the figure is called, what it needs, and how it is explained. All modules of
this package are imported here and their entries collected, so that a new figure is a new module and no change
elsewhere. ``nnlab plot`` and the report iterate over ``FIGURES``.
"""

import importlib
import pkgutil

from nnlab.figures.entry import SECTIONS, FigureEntry, Need, Option, Section, Subject, text


def _entries() -> list[FigureEntry]:
    """Return the entries of all modules here, by section of a report, and by name within each."""
    modules = [importlib.import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__)]
    found = {
        each.name: each for module in modules for each in vars(module).values() if isinstance(each, FigureEntry)
    }
    return sorted(found.values(), key=lambda each: (SECTIONS.index(each.section), each.name))


FIGURES: dict[str, FigureEntry] = {each.name: each for each in _entries()}
"""All figures by name, in the order of a report."""


def of_section(section: Section) -> list[FigureEntry]:
    """Return the figures of a section of a report."""
    return [each for each in FIGURES.values() if each.section == section]


def by_command() -> dict[str, list[FigureEntry]]:
    """Return the figures that each command of ``nnlab plot`` draws."""
    commands: dict[str, list[FigureEntry]] = {}
    for each in FIGURES.values():
        commands.setdefault(each.command or each.name, []).append(each)
    return commands


__all__ = ["FIGURES", "FigureEntry", "Need", "Option", "Section", "Subject", "by_command", "of_section", "text"]
