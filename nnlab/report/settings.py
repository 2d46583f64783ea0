"""How a network was trained: settings, learning rate, and the course of loss and accuracy."""

from typing import Any

from nnlab.figures import FIGURES
from nnlab.registry import Spec
from nnlab.report.document import Block, Facts, Section
from nnlab.report.material import Material
from nnlab.report.pictures import pictures
from nnlab.runs.wording import duration, nats, percent


def described(spec: Spec) -> str:
    """Return a component of a config in a line, such as ``sgd (learning_rate 0.1, momentum 0.9)``."""
    values = {name: getattr(spec, name) for name in type(spec).model_fields if name != "type"}
    options = [f"{name} {_told(value)}" for name, value in values.items() if value is not None]
    return f"{spec.type} ({', '.join(options)})" if options else spec.type


def _told(value: Any) -> str:
    if isinstance(value, Spec):
        return described(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_told, value))}]"
    return str(value)


def settings(material: Material) -> Section:
    """Return the section on how the training was set up: rules, length, learning rate."""
    config, training = material.config, material.config.training
    early = training.early_stopping
    lasts = f"{training.steps:,} steps" if training.steps else f"{training.epochs or 0:,} epochs"
    rows = [
        ("loss", described(config.loss)),
        ("optimizer", described(config.optimizer)),
        ("schedule of the learning rate", described(config.schedule)),
        ("length", lasts),
        ("examples in a batch", f"{training.batch_size:,}" + ", drawn with replacement" * training.replacement),
        ("largest norm of the gradient", "unlimited" if training.clip_norm is None else f"{training.clip_norm:g}"),
        ("early stopping", f"after {early.patience:,} evaluations without improvement" if early else "none"),
        ("best checkpoint", f"by the {training.monitor} on {training.evaluate_on} examples"),
        ("seed", str(config.seed)),
    ]
    blocks: list[Block] = [Facts(tuple(rows))]
    if material.logged and config.schedule.type != "constant":
        blocks += pictures(FIGURES["schedule"], material.subject)
    return Section("settings", "How it was trained", tuple(blocks))


def course(material: Material) -> Section:
    """Return the section on how the training went."""
    found, on = material.overview, material.config.training.evaluate_on
    rows: list[tuple[str, str]] = [("status", found.status)]
    if found.steps is not None:
        rows.append(("steps", f"{found.steps:,}"))
    if found.seconds is not None:
        rows.append(("time", duration(found.seconds)))
    if found.best:
        accuracy = (
            f"{percent(found.best.accuracy)} correct, loss {nats(found.best.loss)}, at step {found.best.step:,}"
        )
        rows.append((f"best evaluation on {on} examples", accuracy))
    blocks: list[Block] = [Facts(tuple(rows))]
    if material.logged:
        blocks += pictures(FIGURES["curves"], material.subject)
    return Section("course", "How the training went", tuple(blocks))
