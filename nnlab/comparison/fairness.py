"""Warnings about comparisons that are not fair."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from nnlab.comparison.results import Setting, some
from nnlab.runs.changes import edited
from nnlab.runs.grouping import group
from nnlab.runs.overview import Overview

_MOST = 3  # unfinished runs that are named one by one
_LENGTHS = ("training.batch_size", "training.steps", "training.epochs", "training.drop_last")
_LITTLE = 1.05  # ratio of examples up to which there is no warning


def warnings(settings: Sequence[Setting]) -> tuple[str, ...]:
    """Return the caveats that a reader of the numbers must know."""
    runs = [run for setting in settings for run in setting.runs]
    return (
        *(_unfinished(setting) for setting in settings if any(not run.finished for run in setting.left_out)),
        *(_repeated(setting) for setting in settings if any(run.finished for run in setting.left_out)),
        *_edited(runs),
        *_same(settings),
        *_data(settings, runs),
        *_examples(settings),
        *_choice(runs),
        *_code(runs),
        *_loss(settings),
        *_missing(runs),
    )


def _unfinished(setting: Setting) -> str:
    unfinished = [run for run in setting.left_out if not run.finished]
    parts = [f"{run.name} is {run.status} at step {run.steps or 0:,}" + _so_far(run) for run in unfinished[:_MOST]]
    parts += [f"{len(unfinished) - _MOST} more are unfinished"] * (len(unfinished) > _MOST)
    more = "; the mean does not include seeds that diverge"
    return f"{'; '.join(parts)}: not counted" + more * any(run.status == "diverged" for run in unfinished)


def _so_far(run: Overview) -> str:
    return f" ({run.evaluated_on} accuracy {100 * run.best.accuracy:.2f} % so far)" if run.best else ""


def _repeated(setting: Setting) -> str:
    names = [run.name for run in setting.left_out if run.finished]
    return f"{setting.name}: only the newest run of each seed counts, not {some(names)}"


def _edited(runs: Iterable[Overview]) -> Iterable[str]:
    for run in runs:
        if run.config and (keys := edited(run.run, run.config)):
            yield f"config.yaml of {run.name} was edited after training: {some(keys)}"


def _same(settings: Sequence[Setting]) -> Iterable[str]:
    """Yield the settings that differ in name only."""
    runs = [(*setting.runs, *setting.left_out)[0] for setting in settings]
    configs = [{**run.config.model_dump(mode="json"), "name": ""} for run in runs if run.config]
    for found in group(configs):
        if len(found.members) > 1:
            names = some([settings[i].name for i in found.members])
            yield f"{names} are the same setting: only their names differ"


def _examples(settings: Sequence[Setting]) -> Iterable[str]:
    """Yield the ratio of examples seen where batches or steps, not early stopping, make settings differ."""
    if not any(key in setting.values for setting in settings for key in _LENGTHS):
        return
    seen = [(found.mean, setting.name) for setting in settings if (found := setting.results.get("examples"))]
    (least, fewest), (most, name) = min(seen, default=(1.0, "")), max(seen, default=(1.0, ""))
    if most > _LITTLE * least:
        yield f"{name} saw {most / least:.3g} times as many training examples as {fewest}"


def _data(settings: Sequence[Setting], runs: Sequence[Overview]) -> Iterable[str]:
    """Yield the splits in which runs did not have the same examples."""
    if _differ(runs, lambda run: _digest(run, "test")):
        yield "the test examples are not the same in all runs; their test accuracies measure different tasks"
    for split in ("validation", "train"):
        # Held-out examples may depend on the seed, so that only runs of the same seed must agree.
        seeds = {seed for setting in settings for seed in setting.seeds}
        for seed in sorted(seeds):
            same = [run for run in runs if run.config and run.config.seed == seed]
            if split == "train" and _differ(same, _data_options):
                continue  # the config says so
            if _differ(same, lambda run: _digest(run, split)):  # noqa: B023 -- used at once
                yield f"the {split} examples of runs with seed {seed} are not the same"
                break


def _choice(runs: Sequence[Overview]) -> Iterable[str]:
    """Yield warnings about checkpoints chosen on different splits, or on test examples."""
    on = {run.evaluated_on for run in runs}
    if len(on) > 1:
        splits = " and ".join(sorted(str(each) if each else "nothing" for each in on))
        yield f"not all runs were evaluated on the same split during training, but on {splits}"
    if "test" in on:
        yield "some runs chose their best checkpoint on the test examples; their test accuracy is optimistic"


def _code(runs: Sequence[Overview]) -> Iterable[str]:
    commits = {str(run.environment.commit)[:9] for run in runs if run.environment}
    versions = {run.environment.versions.get("nnlab", "?") for run in runs if run.environment}
    if len(commits) > 1:
        yield f"the runs used different commits of nnlab: {some(sorted(commits))}"
    elif len(versions) > 1:
        yield f"the runs used different versions of nnlab: {some(sorted(versions))}"
    if _differ(runs, lambda run: run.environment and (run.environment.cpu, run.environment.threads)):
        yield "the runs used different processors or numbers of threads; their times are not comparable"


def _loss(settings: Sequence[Setting]) -> Iterable[str]:
    if any(key.startswith("loss.") for setting in settings for key in setting.values):
        yield "the settings minimize different losses; compare their accuracies"


def _missing(runs: Sequence[Overview]) -> Iterable[str]:
    missing = [run.name for run in runs if run.tested is None]
    if missing and len(missing) < len(runs):
        yield f"the test accuracy of {some(missing)} is not known; --test evaluates these runs"


def _differ(runs: Iterable[Overview], property_of: Callable[[Overview], Any]) -> bool:
    """Return whether ``runs`` do not all have the same property."""
    found = [property_of(run) for run in runs]
    return any(each != found[0] for each in found)


def _digest(run: Overview, split: str) -> str | None:
    return run.environment.data.get(split) if run.environment else None


def _data_options(run: Overview) -> Any:
    return run.config and run.config.data
