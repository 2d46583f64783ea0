"""Which records a training run writes, in words: what a repair lost."""

from collections.abc import Collection, Sequence

from nnlab.config import Experiment

_MOST_NAMED = 6  # steps that a message lists one by one
_MOST_COUNTED = 10_000_000  # steps of which the records are counted


def describe_losses(
    config: Experiment | None,
    lost: Sequence[tuple[int, int]],
    kept: Collection[tuple[int, str]],
    last: int | None,
) -> str:
    """Return what records were lost in the parts ``lost``, each with its first and last step.

    ``kept`` has step and split of the records in these parts that are not lost, ``last`` is the step of the newest
    checkpoint. Without a config the number of records is unknown.
    """
    if config is None or sum(b - a for a, b in lost) > _MOST_COUNTED:
        return " and ".join(f"records of steps {a:,} to {b:,}" for a, b in lost)
    training = config.training
    every = {"train": training.log_every}
    if training.evaluate_every and (training.evaluate_on == "test" or config.data.validation):
        every[training.evaluate_on] = training.evaluate_every
    parts = []
    for split, interval in every.items():
        ends = {last} & {training.steps}
        within = {step for first, until in lost for step in range(max(first, 1), until + 1)}
        due = {step for step in within if step % interval == 0 or step in ends}
        steps = sorted(step for step in due if (step, split) not in kept)
        if steps:
            parts.append(_named(f"{'training' if split == 'train' else split} record", steps))
    return " and ".join(parts) or " and ".join(f"records of steps {a:,} to {b:,}" for a, b in lost)


def _named(what: str, steps: Sequence[int]) -> str:
    if len(steps) == 1:
        return f"the {what} of step {steps[0]:,}"
    if len(steps) <= _MOST_NAMED:
        return f"the {what}s of steps {', '.join(f'{step:,}' for step in steps)}"
    return f"{len(steps):,} {what}s of steps {steps[0]:,} to {steps[-1]:,}"
