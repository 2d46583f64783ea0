"""What a disturbed training must have left: nothing that was said to be saved is lost, and it goes on."""

from faults import tiny
from nnlab.errors import RunError
from nnlab.runs.checkpoint_index import read_index


def problems(run, ended, children, expected):
    """Return what is wrong with ``run`` after a command ``ended``; ``expected`` are the bits it is to end in."""
    found = []
    if not ended.is_plain:
        found.append(f"a traceback or a bug was shown: {ended.err}")
    if ended.code is None:
        found.append("it hung")
    found += _lost(run, ended.saved)
    again = children.run("resume", run.path, "-q", folder=run.path.parent)
    if again.code != 0:
        return [*found, f"resume left with {again.code}: {again.err}"]
    if again.err and "going back to step" not in again.err:
        found.append(f"resume said: {again.err}")
    return found + differences(run, expected) + [f"{name} was left" for name in tiny.leftovers(run)]


def differences(run, expected):
    """Return what of the end of a training is not as ``expected``, by name."""
    (saved, *others), (saved_before, *others_before) = tiny.bits(run), expected
    found = [f"{which} differs" for which in ("last", "best") if saved[which] != saved_before[which]]
    names = ("metrics.jsonl", "summary.json")
    return found + [f"{n} differs" for n, a, b in zip(names, others, others_before, strict=True) if a != b]


def _lost(run, saved):
    """Return what of the steps that were said to be saved is not there."""
    if not saved:
        return []
    try:
        index = read_index(run.path / "checkpoints")
        last = run.checkpoints.load("last").step
    except RunError as error:
        return [f"step {saved} was saved, but: {error}"]
    found = [] if last >= saved else [f"step {saved} was saved, but the last is {last}"]
    missing = [name for name in index.names.values() if not (run.path / "checkpoints" / name).exists()]
    return found + [f"the index names {name}, which is missing" for name in missing]
