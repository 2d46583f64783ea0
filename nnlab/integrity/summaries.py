"""Whether summary.json follows from the checkpoints, the config and the number of examples."""

from collections.abc import Iterator, Mapping

from nnlab.config import Experiment
from nnlab.runs import Checkpoint
from nnlab.runs.records import Environment, Measurement, Summary
from nnlab.training.state import batches_of

_CLOCK = 0.01  # seconds that rounding may add


class EndedSummary(Summary):
    """The summary of a training run that ended, with its newest evaluation."""

    last: Measurement | None
    epochs: float | None = None
    monitor: str | None = None


def contradictions(
    facts: EndedSummary,
    saved: Mapping[str, Checkpoint],
    config: Experiment | None,
    environment: Environment | None,
) -> Iterator[str]:
    """Yield what a summary says otherwise than the intact checkpoints ``saved``, the config and the data."""
    yield from _of_checkpoints(facts, saved)
    if config and facts.monitor not in {None, config.training.monitor}:
        yield f"it says that {facts.monitor} was monitored, not {config.training.monitor}"
    count = environment and environment.dataset and environment.dataset.examples.get("train")
    if not config or not count:
        return
    if config.training.batch_size > count and config.training.drop_last and not config.training.replacement:
        yield f"config.yaml asks for batches of {config.training.batch_size:,} of {count:,} training examples"
        return
    batches = batches_of(config, count)
    length = config.training.steps or (config.training.epochs or 0) * batches.steps_per_epoch
    if facts.steps > length or (facts.status == "completed" and facts.steps != length):
        yield f"it says {facts.status} after {facts.steps:,} steps, but the config asks for {length:,}"
    expected = {
        "steps_per_epoch": batches.steps_per_epoch,
        "epochs": round(facts.steps / batches.steps_per_epoch, 4),
        "examples": batches.examples_in(facts.steps),
    }
    for key, value in expected.items():
        if getattr(facts, key) not in {None, value}:
            yield f"{key} is {getattr(facts, key):,}, but config and data make it {value:,}"


def _of_checkpoints(facts: EndedSummary, saved: Mapping[str, Checkpoint]) -> Iterator[str]:
    steps = [checkpoint for name, checkpoint in saved.items() if name.startswith("step-")]
    newest = max(steps, key=lambda checkpoint: checkpoint.step, default=None)
    if newest is None:
        return
    if facts.finished and facts.steps != newest.step:
        yield f"it says {facts.steps:,} steps, but the last checkpoint is of step {newest.step:,}"
    parameters = sum(array.size for array in newest.group("params").values())
    if facts.parameters != parameters:
        yield f"it says {facts.parameters:,} parameters, but the network has {parameters:,}"
    seconds = newest.facts.get("seconds")
    if facts.steps == newest.step and isinstance(seconds, float) and abs(facts.seconds - seconds) > _CLOCK:
        yield f"it says {facts.seconds} seconds, but the last checkpoint {seconds:.3f}"
    bests = [checkpoint.step for name, checkpoint in saved.items() if name.startswith("best-")]
    if facts.best and bests and facts.finished and facts.best.step not in bests:
        yield f"its best evaluation is of step {facts.best.step:,}, but the best checkpoint of {bests[0]:,}"
