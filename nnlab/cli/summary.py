"""``nnlab summary``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.arguments import AsJson, Overrides, RunsDir

if TYPE_CHECKING:
    from nnlab.config import Experiment

Target = Annotated[
    str, typer.Argument(metavar="CONFIG|RUN", help="A YAML file, a shipped config or a run.", show_default=False)
]


Kernels = Annotated[bool, typer.Option("--kernels", help="Show the algorithm of each convolution instead.")]


def summary(
    target: Target,
    overrides: Overrides = None,
    runs_dir: RunsDir = Path("runs"),
    *,
    kernels: Kernels = False,
    as_json: AsJson = False,
) -> None:
    """Print the shapes, parameters and costs of a network.

    No weights are allocated, however large the network is.

    Example: nnlab summary configs/mnist.yaml network.0.filters=32
    """
    from nnlab.cli.output import print_json, print_table
    from nnlab.config import load_config
    from nnlab.config.shipped import names_config
    from nnlab.runs import find_run
    from nnlab.runs.run_config import load_run_config, recorded_facts
    from nnlab.summary import summarize

    shape, classes = None, None
    if names_config(target):
        config = load_config(Path(target), overrides or [])
    else:
        run = find_run(target, runs_dir)
        config = load_run_config(run, overrides or [])
        shape, classes = recorded_facts(run, overrides or []) or (None, None)
    if kernels:
        _print_kernels(config, shape, as_json=as_json)
        return
    plan = summarize(config, input_shape=shape, class_names=classes)
    if as_json:
        print_json(plan.as_json())
        return
    rows = [["input", dimensions(plan.input_shape), "", "", "", ""]]
    rows += [
        [f"{i}  {row.layer}", dimensions(row.output_shape)]
        + [f"{n:,}" if n else "" for n in (row.weights, row.biases, row.parameters, row.multiply_adds)]
        for i, row in enumerate(plan.rows)
    ]
    weights, biases = (sum(getattr(row, key) for row in plan.rows) for key in ("weights", "biases"))
    rows.append(
        ["total", "", f"{weights:,}", f"{biases:,}", f"{plan.total_parameters:,}", f"{plan.multiply_adds:,}"]
    )
    print_table(["layer", "output", "weights", "biases", "parameters", "multiply-adds"], rows, left=2, total=True)
    typer.echo(
        f"\nmemory in float32: parameters and gradient {size(plan.parameter_bytes)},\n"
        f"values and gradients of a batch of {plan.batch_size:,} {size(plan.activation_bytes)}"
    )


def _print_kernels(config: "Experiment", shape: tuple[int, ...] | None, *, as_json: bool) -> None:
    """Print the algorithm of each convolution, and how processes share a batch."""
    from nnlab.cli.output import print_json, print_table
    from nnlab.summary import kernel_choices, shards

    rows = kernel_choices(config, input_shape=shape)
    if as_json:
        print_json([row.as_json() for row in rows])
    elif not rows:
        typer.echo("no convolutions: dense layers are plain matrix products")
    else:
        columns = ["convolution", "input", "weight", "forward", "backward", "saved"]
        cells = [
            [
                row.place,
                dimensions(row.input_shape),
                dimensions(row.weight_shape),
                row.forward,
                row.backward,
                "none" if row.saving == 1 else f"{row.saving:.2f} times",
            ]
            for row in rows
        ]
        print_table(columns, cells, left=5)
        typer.echo(
            "\nchosen by shape; docs/performance.md explains each algorithm\n"
            "saved: multiplications of the direct algorithm per multiplication done"
        )
    if not as_json:
        count = shards(config, input_shape=shape)
        shared = f"in {count} shards, which as many processes can share" if count > 1 else "as a whole, by threads"
        typer.echo(f"training computes a batch of {config.training.batch_size:,} {shared}")


def dimensions(shape: tuple[int, ...]) -> str:
    """Return (28, 28, 1) as ``28x28x1``."""
    return "x".join(map(str, shape))


def size(count: int) -> str:
    """Return a number of bytes in a suitable unit."""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            break
        value /= 1024
    return f"{value:,.0f} {unit}" if unit == "B" else f"{value:,.1f} {unit}"
