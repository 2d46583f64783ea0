"""``nnlab gradcheck``."""

import time
from math import isfinite, isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnlab.cli.arguments import AsJson, Overrides
from nnlab.cli.output import say
from nnlab.errors import printable

if TYPE_CHECKING:
    from nnlab.gradcheck import GradientCheck

_FIRST, _AGAIN = 2.0, 10.0  # seconds of silence before the first and each further line of progress
_WIDEST = 30  # characters of a layer's description in the table

Target = Annotated[
    str | None,
    typer.Argument(
        metavar="[CONFIG|NAME]",
        help="A YAML file, a shipped config, or a layer or loss such as conv2d.",
        show_default=False,
    ),
]
Samples = Annotated[int, typer.Option("--samples", min=1, help="Entries to check of each parameter.")]
Everything = Annotated[bool, typer.Option("--all", help="Check every entry of every parameter.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The seed of the batch and of the sampled entries.")]


def gradcheck(
    target: Target = None,
    overrides: Overrides = None,
    samples: Samples = 20,
    seed: Seed = 0,
    *,
    everything: Everything = False,
    as_json: AsJson = False,
) -> None:
    """Check gradients against central differences.

    With CONFIG, its network is checked from end to end, loss included, on a batch of its own data. With NAME, that
    layer or loss is checked on small random shapes; without either, every registered layer and loss is. All is
    computed in float64 and in training mode; ``predict`` is compared with ``forward``. The exit code is 1 if a
    gradient is wrong or a backward pass raises an exception.

    Example: nnlab gradcheck configs/mnist.yaml
    """
    from nnlab.cli.output import print_json, print_table
    from nnlab.config import load_config
    from nnlab.config.shipped import names_config
    from nnlab.errors import UsageError, brief, closest
    from nnlab.gradcheck import check_gradients
    from nnlab.registry import LAYERS, LOSSES

    names = {*LAYERS.names(), *LOSSES.names()}
    is_file = target is not None and names_config(target)
    only = target if target in names and not is_file else None
    if target and not is_file and not only and (near := closest(target, names)):
        raise UsageError(f"{brief(target)} is neither a config nor a layer or loss (did you mean {near}?)")
    config = load_config(Path(target), overrides or []) if target and not only else None
    checks = check_gradients(
        config, only=only, samples=None if everything else samples, seed=seed, report=_Progress()
    )
    if as_json:
        print_json([_plain(check) for check in checks])
    else:
        print_table(
            ["layer", "gradient", "error", "checked", "kinks", ""], [_row(check) for check in checks], left=2
        )
    wrong = [check for check in checks if check.verdict == "WRONG"]
    unchecked = sum(check.verdict == "not checked" for check in checks)
    if unchecked:
        say(f"{unchecked} of {len(checks)} gradients have kinks next to all entries tried (--all tries more)")
    if wrong:
        for check in [] if as_json else wrong:
            typer.echo(_largest_error(check))
        say(f"{len(wrong)} of {len(checks)} gradients are wrong")
        raise typer.Exit(1)
    say(
        f"all {len(checks)} gradients are right"
        if not unchecked
        else f"{len(checks) - unchecked} gradients are right"
    )


class _Progress:
    """Says what is being checked if that takes more than two seconds, and again every ten."""

    def __init__(self) -> None:
        self._due = time.monotonic() + _FIRST

    def __call__(self, layer: str, parameter: str) -> None:
        if time.monotonic() >= self._due:
            say(f"checking {layer}, {parameter} ...")
            self._due = time.monotonic() + _AGAIN


def _row(check: "GradientCheck") -> list[str]:
    return [
        check.layer if len(check.layer) <= _WIDEST else f"{check.layer[: _WIDEST - 3]}...",
        check.parameter,
        "" if isnan(check.error) else f"{check.error:.1e}",
        f"{check.checked:,}",
        f"{check.kinks:,}",
        check.verdict,
    ]


def _largest_error(check: "GradientCheck") -> str:
    """Return the entry of a wrong gradient with the largest error, and both of its values."""
    if check.failure:
        return f"\n{check.layer}, {check.parameter}:\n  {printable(check.failure)}"
    where = ", ".join(map(str, check.worst))
    pair = ("predict", "forward") if check.parameter == "predict" else ("backward", "numeric")
    values = f"{pair[0]} {check.analytic:.4g}, {pair[1]} {check.numeric:.4g}"
    return f"\n{check.layer}, {check.parameter}:\n  largest error at ({where}): {values}"


def _plain(check: "GradientCheck") -> dict[str, Any]:
    """Return a check as JSON data, with None for values that were not measured."""
    values = {
        key: None if isinstance(value, float) and not isfinite(value) else value
        for key, value in vars(check).items()
    }
    return {**values, "ok": check.ok, "verdict": check.verdict}
