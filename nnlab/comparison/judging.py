"""Whether one setting is better than another."""

from collections.abc import Sequence

from nnlab.comparison.results import CRITERIA, AgainstReference, Setting, Verdict, evaluated_examples
from nnlab.comparison.statistics import Estimate, difference, seeds_needed

_ONE_SEED = "one seed each: a difference cannot be told from chance in the seed"
_NO_SPREAD = "no spread over seeds, hence no interval"
_INCLUDES_0 = "the interval includes 0"
_OTHER_DATA = "the runs use different data sets; no setting is best across them"

_FEWEST_EXAMPLES = 6
"""The least number of examples by which two accuracies must differ, on average over seeds.

Accuracies are counts. If two networks classify ``k`` examples differently, and all ``k`` in favour of one,
a two-sided sign test gives ``p = 2 * 0.5^k``, which is below 0.05 from ``k = 6`` on: McNemar (1947), Note on the
sampling error of the difference between correlated proportions or percentages, doi:10.1007/BF02295996.
"""


def judge(settings: Sequence[Setting]) -> Verdict:
    """Return the verdict on which of the ``settings`` with finished runs is best.

    The criterion is the validation accuracy if all these runs have it, else the test accuracy. There is no verdict
    with one seed each, or on different data.
    """
    rated = [setting for setting in settings if setting.runs]
    criteria = [each for each in CRITERIA if all(len(s.by_seed(each)) == len(s.runs) for s in rated)]
    if not criteria or len(rated) < 2:
        return Verdict(criteria[0] if criteria else None)
    criterion = criteria[0]
    if _data_differ(rated):
        return Verdict(criterion, undecided=_OTHER_DATA)
    if all(len(setting.runs) == 1 for setting in rated):
        return Verdict(criterion, undecided=_ONE_SEED)
    leading = max(rated, key=lambda setting: setting.results[criterion].mean)
    others = {each.name: weigh(leading, each, criterion) for each in rated if each is not leading}
    rivals = {name: found for name, found in others.items() if found.outcome != "better"}
    needed = [found.seeds_needed for found in rivals.values()]
    most = max((n for n in needed if n), default=None) if all(needed) else None
    return Verdict(criterion, leading.name, tuple(rivals), most)


def against(setting: Setting, reference: Setting, verdict: Verdict) -> AgainstReference | None:
    """Return whether ``setting`` is better than ``reference``; None for the reference, or without a criterion."""
    if setting is reference or verdict.criterion is None:
        return None
    if not setting.runs or not reference.runs:
        return AgainstReference("cannot tell", "no finished runs")
    if verdict.undecided is not None:
        return AgainstReference("cannot tell", verdict.undecided)
    return weigh(setting, reference, verdict.criterion)


def _data_differ(settings: Sequence[Setting]) -> bool:
    """Return whether the runs are not all of one data set, or were tested on different examples of it."""
    runs = [run for setting in settings for run in setting.runs]
    sets = {run.config.data.type for run in runs if run.config}
    return len(sets) > 1 or len({run.environment.data.get("test") for run in runs if run.environment}) > 1


def weigh(setting: Setting, other: Setting, criterion: str) -> AgainstReference:
    """Return whether ``setting`` is better or worse than ``other``.

    With two shared seeds or more, the interval of the differences at equal seeds must exclude 0; otherwise the
    intervals of both settings over seeds must not overlap. The difference must also be one of several examples.
    """
    paired = difference(setting.by_seed(criterion), other.by_seed(criterion))
    mine, theirs = setting.results[criterion], other.results[criterion]
    mean = paired.mean if paired else mine.mean - theirs.mean
    if paired and paired.n > 1:
        doubt = _NO_SPREAD if paired.interval is None else None if paired.excludes(0.0) else _INCLUDES_0
    else:
        doubt = _doubt_unpaired(mine, theirs)
    doubt = doubt or _too_few_examples(setting, other, criterion, abs(mean))
    if doubt is None:
        return AgainstReference("better" if mean > 0 else "worse")
    return AgainstReference(
        "cannot tell", doubt, seeds_needed(paired) if paired and doubt == _INCLUDES_0 else None
    )


def _doubt_unpaired(mine: Estimate, theirs: Estimate) -> str | None:
    """Return why settings without shared seeds cannot be told apart; None if their intervals do not overlap.

    The interval of a single run is over examples and does not cover other seeds.
    """
    if 1 in {mine.n, theirs.n}:
        return "one seed only"
    if not mine.interval or not theirs.interval:
        return _NO_SPREAD
    overlap = max(mine.interval[0], theirs.interval[0]) <= min(mine.interval[1], theirs.interval[1])
    return "the intervals overlap" if overlap else None


def _too_few_examples(setting: Setting, other: Setting, criterion: str, apart: float) -> str | None:
    """Return why accuracies that are ``apart`` (0-1) do not differ by enough examples; None if they do."""
    counts = [evaluated_examples(run, criterion) for run in (*setting.runs, *other.runs)]
    count = min((each for each in counts if each), default=None)
    if count is None or round(apart * count, 6) >= _FEWEST_EXAMPLES:
        return None
    return f"{apart * count:.2g} of {count:,} examples apart; fewer than {_FEWEST_EXAMPLES} may be chance"
