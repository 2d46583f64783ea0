"""Compare runs: group them by setting, summarize each setting, and judge the differences."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from nnlab.comparison.comparison import CRITERIA, MEASURES, Comparison, Setting, evaluated_examples
from nnlab.comparison.fairness import warnings
from nnlab.comparison.judging import against, judge
from nnlab.comparison.networks import changes
from nnlab.comparison.statistics import Estimate, difference, estimate, proportion
from nnlab.errors import NnlabError, OtherDataError, RunError
from nnlab.evaluation import evaluate
from nnlab.runs import Run
from nnlab.runs.grouping import Group, group
from nnlab.runs.overview import Overview, overview
from nnlab.runs.sweeps import Sweep, find_run_or_sweep

_LONGEST = 28  # characters of a name; longer names are replaced by letters


@dataclass(frozen=True)
class Found:
    """The runs at some addresses, ``names`` of sweep variants, and ``missing`` addresses with the reason.

    ``sweeps`` are the sweeps whose cells are among the runs.
    """

    runs: tuple[Run, ...]
    names: dict[Run, str]
    missing: dict[str, str]
    sweeps: tuple[Sweep, ...] = ()


def find_runs(addresses: Iterable[str], runs_dir: str | Path = "runs") -> Found:
    """Return the runs at ``addresses``, in that order; a sweep stands for all its cells."""
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
    """Evaluate the finished ``runs`` whose test accuracy is not known; report each result or failure.

    Raises OtherDataError, after all others are evaluated, if the data of a run are not those it was trained on.
    """
    refused = None
    for run in runs:
        known = overview(run)
        if not known.finished or known.tested:
            continue
        try:
            accuracy = evaluate(run, cause="nnlab compare --test").metrics.accuracy
        except OtherDataError as error:
            refused = refused or error
        except NnlabError as error:
            report(f"warning: {run.name} cannot be evaluated: {error}")
        else:
            report(f"{run.name}: test accuracy {100 * accuracy:.2f} %")
    if refused:
        raise refused


def compare(runs: Iterable[Run], names: Mapping[Run, str] | None = None, *, each: bool = False) -> Comparison:
    """Compare the settings of ``runs``; the setting of the first run is the reference.

    Runs that differ in the seed only are of one setting; with ``each``, every run is a setting of its own.
    ``names`` replaces the config names of some runs. A broken run is listed in the result. Raises RunError if all
    runs are broken.
    """
    everything = [overview(run) for run in dict.fromkeys(Run(run.path.resolve()) for run in runs)]
    called = {run.path.resolve(): name for run, name in (names or {}).items()}
    broken = {run.name: run.reason or "" for run in everything if run.status == "broken"}
    usable = [run for run in everything if run.status != "broken"]
    if not usable:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in broken.items())
        raise RunError("no run can be compared" + f": {reasons}" * bool(reasons))
    settings = _each(usable) if each else _settings(usable, called)
    keys = tuple(dict.fromkeys(key for setting in settings for key in setting.values))
    verdict = judge(settings)
    settings = tuple(replace(setting, against=against(setting, settings[0], verdict)) for setting in settings)
    return Comparison(settings, keys, verdict, warnings(settings), broken)


def _each(runs: Sequence[Overview]) -> tuple[Setting, ...]:
    """Return a setting for each of ``runs``, the reference first; seeds are among the values that differ."""
    configs: list[dict[str, Any]] = [run.config.model_dump(mode="json") for run in runs if run.config]
    values = _values(configs)
    if len({config["seed"] for config in configs}) > 1:
        values = {i: {**found, "seed": configs[i]["seed"]} for i, found in values.items()}
    settings = [_summarized(run.name, values[i], [run]) for i, run in enumerate(runs)]
    return tuple(_against(setting, settings[0]) for setting in settings)


def _summarized(name: str, values: dict[str, Any], runs: Sequence[Overview]) -> Setting:
    counted, left_out = _one_a_seed(runs)
    results = {measure: value for measure in MEASURES if (value := _result(measure, counted))}
    return Setting(name, values, counted, left_out, results, {})


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
    settings = [
        _summarized(label, values[found.members[0]], [runs[i] for i in found.members])
        for label, found in zip(labels, groups, strict=True)
    ]
    return tuple(_against(setting, settings[0]) for setting in settings)


def _values(configs: Sequence[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Return the values in which each of ``configs``, by position, differs from others, names aside."""
    values: dict[int, dict[str, Any]] = {}
    for found in group([{**config, "name": ""} for config in configs]):
        differing = dict(found.differing)
        if "network" in differing:
            differing["network"] = changes(configs[found.members[0]]["network"], configs[0]["network"])
        values |= dict.fromkeys(found.members, differing)
    return values


def _labels(groups: Sequence[Group], name: str) -> list[str]:
    """Return names for the settings: the values that differ, else the names of their configs, else letters.

    Config names shared by several settings get a letter each. ``name`` is the name of a single setting.
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
    """Return the newest finished run of each seed, and the other runs."""
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
        count = next(evaluated_examples(run, measure) for run in runs if MEASURES[measure](run) is not None)
        return proportion(values[0], count) if count else estimate(values)
    found = estimate(values)
    if measure in CRITERIA and found.interval:
        low, high = found.interval
        return replace(found, interval=(max(low, 0.0), min(high, 1.0)))
    return found


def _against(setting: Setting, reference: Setting) -> Setting:
    """Return ``setting`` with its differences from ``reference``."""
    if setting is reference:
        return setting
    found = {
        measure: each
        for measure in MEASURES
        if (each := difference(setting.by_seed(measure), reference.by_seed(measure)))
    }
    return replace(setting, differences=found)
