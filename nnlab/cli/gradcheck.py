"""``nnlab gradcheck``."""

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnlab.cli.options import AsJson, Overrides

if TYPE_CHECKING:
    from nnlab.gradcheck import GradientCheck

_WIDEST = 44  # characters of a layer's description, so that the table fits a terminal

Target = Annotated[
    Path | None, typer.Argument(metavar="[CONFIG]", help="A YAML file or a shipped config.", show_default=False)
]
Samples = Annotated[int, typer.Option("--samples", min=1, help="Entries to check of each parameter.")]
Everything = Annotated[bool, typer.Option("--all", help="Check every entry of every parameter.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of the batch and of the sampled entries.")]


def gradcheck(
    config: Target = None,
    overrides: Overrides = None,
    samples: Samples = 20,
    seed: Seed = 0,
    *,
    everything: Everything = False,
    as_json: AsJson = False,
) -> None:
    """Check gradients against central differences.

    Without CONFIG every registered layer and loss is checked on small random shapes; with it, that network
    from end to end, loss included, on a batch of its own data. All is computed in float64 and in training
    mode. The exit code is 1 if a gradient is wrong.

    Example: nnlab gradcheck configs/mnist.yaml
    """
    from nnlab.cli.output import print_json, print_table, say
    from nnlab.config import load_config
    from nnlab.gradcheck import check_gradients

    target = load_config(config, overrides or []) if config else None
    checks = check_gradients(target, samples=None if everything else samples, seed=seed)
    if as_json:
        print_json([_plain(check) for check in checks])
    else:
        head = ["layer", "gradient", "error", "worst at", "backward", "numeric", "checked", "kinks", ""]
        print_table(head, [_row(check) for check in checks], left=2)
    wrong = [check for check in checks if not check.ok]
    if wrong:
        say(f"{len(wrong)} of {len(checks)} gradients are wrong")
        raise typer.Exit(1)
    say(f"all {len(checks)} gradients are right")


def _row(check: "GradientCheck") -> list[str]:
    return [
        check.layer if len(check.layer) <= _WIDEST else f"{check.layer[: _WIDEST - 3]}...",
        check.parameter,
        f"{check.error:.1e}",
        ", ".join(map(str, check.worst)),
        f"{check.analytic:.4g}",
        f"{check.numeric:.4g}",
        f"{check.checked:,}",
        f"{check.kinks:,}",
        "ok" if check.ok else "WRONG",
    ]


def _plain(check: "GradientCheck") -> dict[str, Any]:
    """Return a check as JSON can hold it: None for what was not measured."""
    values = {
        key: None if isinstance(value, float) and not isfinite(value) else value
        for key, value in vars(check).items()
    }
    return {**values, "ok": check.ok}
