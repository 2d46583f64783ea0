"""What ``--repair`` of verify and resume does and prints."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnlab.integrity import Outcome
    from nnlab.runs import Run


def repaired(run: "Run") -> "Run":
    """Repair ``run``, say on stderr what was done and what was lost, and return it."""
    say_outcome(mend(run))
    return run


def mend(run: "Run") -> "Outcome":
    """Repair ``run``, with a line on stderr while it takes long."""
    from nnlab.cli.activity_display import activity
    from nnlab.integrity import repair

    with activity("reading the run"):
        return repair(run)


def say_outcome(outcome: "Outcome") -> None:
    """Say on stderr what was mended, what was lost, and what could not be mended."""
    from nnlab.cli.output import say

    for made in outcome.repairs:
        say(f"repaired {made}")
    for file, why in outcome.others:
        say(f"not repaired {file}: {why}")


def as_json(outcome: "Outcome") -> dict[str, Any]:
    """Return an outcome as plain data."""
    return {
        "repairs": [made.model_dump() for made in outcome.repairs],
        "not_repaired": [{"file": file, "why": why} for file, why in outcome.others],
    }
