"""What an image costs as the data set, the network and the batch grow: ``python -m bench.scaling``.

Time per image should not depend on how many images there are, and should grow in proportion to the depth and
not at all with the batch.
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
"""What is varied, and its values; the others are as above."""


def experiment(examples: int = EXAMPLES, depth: int = DEPTH, batch: int = BATCH) -> Experiment:
    """Return a training of ``depth`` convolutions of 32 filters on random images of 16x16x32."""
    layers = ", ".join(["{type: conv2d, filters: 32, kernel: 3, padding: 1}, relu"] * depth)
    overrides = (
        f"data={{type: random, shape: [16, 16, 32], train: {examples}, test: 1, normalize: none}}",
        f"network=[{layers}, global_avgpool, {{type: dense, units: 10}}]",
        f"training={{steps: 1000000, batch_size: {batch}}}",
    )
    return load_config(_BASE, overrides)


def steps_of(config: Experiment) -> Callable[[], object]:
    """Return what takes the next step of a training, its batch drawn as ``nnlab train`` draws it."""
    state = prepare(config)
    records = state.steps()
    return lambda: next(records)


def main(
    seconds: Annotated[
        float, typer.Option(min=0, help="About how long each of the three tables may take.")
    ] = 20.0,
) -> None:
    """Time an image's share of a step, one thing varied at a time; the steps of a table are taken in turns."""
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
