"""From runs to a comparison of their settings."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from nnlab.comparison.fairness import warnings
from nnlab.comparison.judging import judge
from nnlab.comparison.networks import changes
from nnlab.comparison.results import CRITERIA, MEASURES, Comparison, Setting
from nnlab.comparison.statistics import Estimate, difference, estimate, proportion
from nnlab.errors import NnlabError, RunError
from nnlab.evaluation import evaluate
from nnlab.runs import Run
from nnlab.runs.grouping import Group, group
from nnlab.runs.overview import Overview, overview
from nnlab.runs.records import Evaluated
from nnlab.runs.sweeps import Sweep, find_run_or_sweep

_LONGEST = 28  # characters of a name; longer ones are replaced by letters


@dataclass(frozen=True)
class Found:
    """Runs at some addresses, the ``names`` of variants of a sweep, and what is ``missing`` and why.

    ``sweeps`` are those whose cells are among the runs.
    """

    runs: tuple[Run, ...]
    names: dict[Run, str]
    missing: dict[str, str]
    sweeps: tuple[Sweep, ...] = ()


def find_runs(addresses: Iterable[str], runs_dir: str | Path = "runs") -> Found:
    """Return the runs at ``addresses``, in that order: each a run, or a sweep with all its cells."""
    runs: dict[Run, None] = {}
    names: dict[Run, str] = {}
    missing: dict[str, str] = {}
    sweeps: list[Sweep] = []
    for address in addresses:
        try:
            found = find_run_or_sweep(address, Path(runs_dir))
        except RunError as error:
            missing[address] = str(error)
            continue
        if isinstance(found, Run):
            runs[found] = None
        else:
            sweeps.append(found)
            runs |= dict.fromkeys(cell.run for cell in found.cells)
            names |= found.variants
    return Found(tuple(runs), names, missing, tuple(sweeps))


def evaluate_missing(runs: Iterable[Run], report: Callable[[str], None]) -> None:
    """Evaluate the finished ``runs`` whose test accuracy is not known, and report each, or why that failed."""
    for run in runs:
        known = overview(run)
        if not known.finished or known.tested:
            continue
        try:
            accuracy = evaluate(run, cause="nnlab compare --test").metrics.accuracy
        except NnlabError as error:
            report(f"warning: {run.name} cannot be evaluated: {error}")
        else:
            report(f"{run.name}: test accuracy {100 * accuracy:.2f} %")


def compare(runs: Iterable[Run], names: Mapping[Run, str] | None = None) -> Comparison:
    """Compare the settings of ``runs``; the first one's is the reference.

    Runs are of one setting if they differ in the seed only. ``names`` is what to call the configs of some runs
    instead of by their own name. A broken run is reported in the result; raises RunError if all are.
    """
    everything = [overview(run) for run in dict.fromkeys(Run(run.path.resolve()) for run in runs)]
    called = {run.path.resolve(): name for run, name in (names or {}).items()}
    broken = {run.name: run.reason or "" for run in everything if run.status == "broken"}
    usable = [run for run in everything if run.status != "broken"]
    if not usable:
        told = "; ".join(f"{name}: {reason}" for name, reason in broken.items())
        raise RunError("no run can be compared" + f": {told}" * bool(told))
    settings = _settings(usable, called)
    keys = tuple(dict.fromkeys(key for setting in settings for key in setting.values))
    return Comparison(settings, keys, judge(settings), warnings(settings), broken)


def _settings(runs: Sequence[Overview], called: Mapping[Path, str]) -> tuple[Setting, ...]:
    """Return the settings of ``runs``, the reference first."""
    configs: list[dict[str, Any]] = [run.config.model_dump(mode="json") for run in runs if run.config]
    named = [
        {**config, "name": called.get(run.run.path, config["name"])}
        for config, run in zip(configs, runs, strict=True)
    ]
    groups = group(named)
    values = _values(configs)
    labels = _labels(groups, named[0]["name"])
    settings: list[Setting] = []
    for label, found in zip(labels, groups, strict=True):
        counted, left_out = _one_a_seed([runs[i] for i in found.members])
        results = {measure: value for measure in MEASURES if (value := _result(measure, counted))}
        settings.append(Setting(label, values[found.members[0]], counted, left_out, results, {}))
    return tuple(_against(setting, settings[0]) for setting in settings)


def _values(configs: Sequence[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Return in what each of ``configs``, by its position, differs from others, whatever they are called."""
    values: dict[int, dict[str, Any]] = {}
    for found in group([{**config, "name": ""} for config in configs]):
        differing = dict(found.differing)
        if "network" in differing:
            differing["network"] = changes(configs[found.members[0]]["network"], configs[0]["network"])
        values |= dict.fromkeys(found.members, differing)
    return values


def _labels(groups: Sequence[Group], name: str) -> list[str]:
    """Return what to call the settings: what differs, else the names of their configs, else letters.

    Names that several settings have get a letter each. ``name`` is for an only setting.
    """
    letters = [_letter(index) for index in range(len(groups))]
    often = Counter(found.name for found in groups)
    full = [found.label or name for found in groups]
    short = [
        found.name if often[found.name] == 1 else f"{found.name} {letter}"
        for found, letter in zip(groups, letters, strict=True)
    ]
    choices = [full, short] if all(often) else [full]
    fitting = (each for each in choices if len(set(each)) == len(each) and max(map(len, each)) <= _LONGEST)
    return next(fitting, letters)


def _letter(index: int) -> str:
    turn, letter = divmod(index, len(ascii_uppercase))
    return ascii_uppercase[letter] + (str(turn + 1) if turn else "")


def _one_a_seed(runs: Iterable[Overview]) -> tuple[tuple[Overview, ...], tuple[Overview, ...]]:
    """Return the newest finished run of each seed, and the others: the same result twice is no second one."""
    finished: dict[int, Overview] = {}
    others: list[Overview] = []
    for run in sorted(runs, key=lambda run: (run.began, run.name)):
        if run.finished and run.config:
            others += [finished[run.config.seed]] if run.config.seed in finished else []
            finished[run.config.seed] = run
        else:
            others.append(run)
    return tuple(finished[seed] for seed in sorted(finished)), tuple(others)


def _result(measure: str, runs: Sequence[Overview]) -> Estimate | None:
    """Return the mean of a measure; the interval of an accuracy ends at 0 and 1."""
    values = [float(value) for run in runs if (value := MEASURES[measure](run)) is not None]
    if not values:
        return None
    if len(values) == 1 and measure in CRITERIA:
        count = next(_examples(run, measure) for run in runs if MEASURES[measure](run) is not None)
        return proportion(values[0], count) if count else estimate(values)
    found = estimate(values)
    if measure in CRITERIA and found.interval:
        low, high = found.interval
        return replace(found, interval=(max(low, 0.0), min(high, 1.0)))
    return found


def _examples(run: Overview, measure: str) -> int | None:
    """Return how many examples an accuracy is of."""
    if measure == "validation_accuracy":
        return run.config.data.validation if run.config else None
    return run.tested.count if isinstance(run.tested, Evaluated) else None


def _against(setting: Setting, reference: Setting) -> Setting:
    """Return ``setting`` with its differences to ``reference``."""
    if setting is reference:
        return setting
    found = {
        measure: each
        for measure in MEASURES
        if (each := difference(setting.by_seed(measure), reference.by_seed(measure)))
    }
    return replace(setting, differences=found)
