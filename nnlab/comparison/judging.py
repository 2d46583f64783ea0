"""Whether one setting is best."""

from collections.abc import Sequence

from nnlab.comparison.results import CRITERIA, Setting, Verdict
from nnlab.comparison.statistics import difference, seeds_needed

_ONE_SEED = "one seed each: which is better cannot be told from chance in the seeds"


def judge(settings: Sequence[Setting]) -> Verdict:
    """Return which of the ``settings`` that have finished runs is best, if that can be told.

    They are judged by validation accuracy if all of these runs have it, else by test accuracy. With a seed each,
    or on different data, nothing can be told.
    """
    rated = [setting for setting in settings if setting.runs]
    criteria = [each for each in CRITERIA if all(len(s.by_seed(each)) == len(s.runs) for s in rated)]
    if not criteria or len(rated) < 2:
        return Verdict(criteria[0] if criteria else None)
    criterion = criteria[0]
    if _data_differ(rated):
        return Verdict(criterion, undecided="the runs are of different data sets; nothing to choose across them")
    if all(len(setting.runs) == 1 for setting in rated):
        return Verdict(criterion, undecided=_ONE_SEED)
    leading = max(rated, key=lambda setting: setting.results[criterion].mean)
    rivals = [each for each in rated if each is not leading and not _is_better(leading, each, criterion)]
    return Verdict(
        criterion, leading.name, tuple(each.name for each in rivals), _needed(leading, rivals, criterion)
    )


def _data_differ(settings: Sequence[Setting]) -> bool:
    """Return whether the runs are not all of one data set, or were tested on other examples of it."""
    runs = [run for setting in settings for run in setting.runs]
    sets = {run.config.data.type for run in runs if run.config}
    return len(sets) > 1 or len({run.environment.data.get("test") for run in runs if run.environment}) > 1


def _is_better(setting: Setting, other: Setting, criterion: str) -> bool:
    """Return whether the intervals exclude that ``other`` is as good.

    That is the interval of the differences at equal seeds; without two of them the intervals of both settings.
    The interval of a single run is over examples and says nothing of other seeds.
    """
    paired = difference(setting.by_seed(criterion), other.by_seed(criterion))
    if paired and paired.interval:
        return paired.interval[0] > 0
    mine, theirs = setting.results[criterion], other.results[criterion]
    if not mine.interval or not theirs.interval or 1 in {mine.n, theirs.n}:
        return False
    return mine.interval[0] > theirs.interval[1]


def _needed(leading: Setting, rivals: Sequence[Setting], criterion: str) -> int | None:
    """Return how many seeds might tell ``leading`` from all ``rivals``; None: it is not known of all."""
    pairs = [difference(leading.by_seed(criterion), rival.by_seed(criterion)) for rival in rivals]
    needed = [seeds_needed(pair) if pair else None for pair in pairs]
    return max((n for n in needed if n), default=None) if all(needed) else None
