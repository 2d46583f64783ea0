"""Whether one setting is best."""

from collections.abc import Sequence

from nnlab.comparison.results import CRITERIA, Setting, Verdict
from nnlab.comparison.statistics import difference, seeds_needed


def judge(settings: Sequence[Setting]) -> Verdict:
    """Return which of the ``settings`` that have finished runs is best, if that can be told.

    They are judged by validation accuracy if all of these runs have it, else by test accuracy.
    """
    rated = [setting for setting in settings if setting.runs]
    criteria = [each for each in CRITERIA if all(len(s.by_seed(each)) == len(s.runs) for s in rated)]
    if not criteria or len(rated) < 2:
        return Verdict(criteria[0] if criteria else None)
    criterion = criteria[0]
    leading = max(rated, key=lambda setting: setting.results[criterion].mean)
    rivals = [each for each in rated if each is not leading and not _is_better(leading, each, criterion)]
    return Verdict(
        criterion, leading.name, tuple(each.name for each in rivals), _needed(leading, rivals, criterion)
    )


def _is_better(setting: Setting, other: Setting, criterion: str) -> bool:
    """Return whether the intervals exclude that ``other`` is as good.

    That is the interval of the differences at equal seeds; without two of them the intervals of both settings,
    which must be of the same kind: over seeds, or of a single run over examples.
    """
    paired = difference(setting.by_seed(criterion), other.by_seed(criterion))
    if paired and paired.interval:
        return paired.interval[0] > 0
    mine, theirs = setting.results[criterion], other.results[criterion]
    if not mine.interval or not theirs.interval or (mine.n == 1) != (theirs.n == 1):
        return False
    return mine.interval[0] > theirs.interval[1]


def _needed(leading: Setting, rivals: Sequence[Setting], criterion: str) -> int | None:
    """Return how many seeds might tell ``leading`` from all ``rivals``; None: it is not known of all."""
    pairs = [difference(leading.by_seed(criterion), rival.by_seed(criterion)) for rival in rivals]
    needed = [seeds_needed(pair) if pair else None for pair in pairs]
    return max((n for n in needed if n), default=None) if all(needed) else None
