"""Time per image as the data set, the network and the batch grow: ``python -m bench.scaling``.

The time per image should be independent of the number of images, proportional to the depth, and not increase with
the batch size.
"""

from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from bench.race import Contender, race
from nnlab.cli.output import print_table
from nnlab.config import Experiment, load_config
from nnlab.nn.kernels import threads
from nnlab.training.state import prepare

_BASE = Path(__file__).parent.parent / "configs" / "cifar10_baseline.yaml"

EXAMPLES, DEPTH, BATCH = 5_000, 4, 32

CASES = {
    "examples": (5_000, 20_000, 80_000),
    "depth": (2, 4, 8, 16),
    "batch": (8, 16, 32, 64, 128),
}
"""The varied quantities and their values; the others keep the constants above."""


def experiment(examples: int = EXAMPLES, depth: int = DEPTH, batch: int = BATCH) -> Experiment:
    """Return an experiment with ``depth`` convolutions of 32 filters on random images of 16x16x32."""
    layers = ", ".join(["{type: conv2d, filters: 32, kernel: 3, padding: 1}, relu"] * depth)
    overrides = (
        f"data={{type: random, shape: [16, 16, 32], train: {examples}, test: 1, normalize: none}}",
        f"network=[{layers}, global_avgpool, {{type: dense, units: 10}}]",
        f"training={{steps: 1000000, batch_size: {batch}}}",
    )
    return load_config(_BASE, overrides)


def steps_of(config: Experiment) -> Callable[[], object]:
    """Return a function that takes the next training step, on a batch drawn as in ``nnlab train``."""
    state = prepare(config)
    records = state.steps()
    return lambda: next(records)


def main(
    seconds: Annotated[
        float, typer.Option(min=0, help="Approximate duration of each of the three tables.")
    ] = 20.0,
) -> None:
    """Time a step per image, with one quantity varied at a time; the steps of a table alternate."""
    for what, values in CASES.items():
        contenders = {
            str(value): Contender(steps_of(experiment(**{what: value})), threads.compute) for value in values
        }
        times = race(contenders, steps=200, seconds=seconds)
        first = times[str(values[0])]
        rows = []
        for value in values:
            step = times[str(value)]
            batch = value if what == "batch" else BATCH
            ratio = median(step.over(first)) * ((values[0] if what == "batch" else BATCH) / batch)
            rows.append(
                [f"{value:,}", f"{1e3 * step.median:.2f}", f"{1e6 * step.median / batch:.0f}", f"{ratio:.2f}"]
            )
        print_table([what, "ms a step", "us an image", "times the first"], rows)
        typer.echo("")


if __name__ == "__main__":
    typer.run(main)
