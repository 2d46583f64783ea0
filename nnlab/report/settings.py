"""How a network was trained: settings, learning rate, and the course of loss and accuracy."""

from typing import Any

from nnlab import figures
from nnlab.errors import RunError
from nnlab.figures import Training
from nnlab.registry import Component, Spec
from nnlab.report.document import Block, Comment, Facts, Picture, Prose, Section
from nnlab.report.material import Material
from nnlab.runs.formatting import duration, nats, percent


def described(entry: Spec | Component) -> str:
    """Return a component of a config in a line, such as ``sgd (learning_rate 0.1, momentum 0.9)``."""
    names = type(entry).model_fields if isinstance(entry, Spec) else entry.registry.options(entry.type)
    values = {name: getattr(entry, name) for name in names if name != "type"}
    options = [f"{name} {_told(value)}" for name, value in values.items() if value is not None]
    return f"{entry.type} ({', '.join(options)})" if options else entry.type


def _told(value: Any) -> str:
    if isinstance(value, Spec | Component):
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
    if material.training and (figure := figures.draw_schedule(material.training)):
        caption = "The learning rate in the course of training, as it was used."
        blocks.append(Picture("schedule", figure, caption, "A line: the learning rate over the steps."))
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
    if material.training and material.training.records:
        blocks += _curves(material.training)
    return Section("course", "How the training went", tuple(blocks))


def _curves(training: Training) -> list[Block]:
    """Return loss and accuracy over the steps; why they are left out if the run's summary is damaged."""
    try:
        figure = figures.draw_curves([training])
    except RunError as error:
        return [Prose(f"The curves are left out: {error}.", warning=True)]
    on = training.config.training.evaluate_on
    return [
        Picture(
            "curves",
            figure,
            f"Loss and accuracy in the course of training, on training and {on} examples.",
            "Two panels over the steps of the training: the loss above, the accuracy below.",
        ),
        Comment("curves-comment", "Was it trained long enough, and does it overfit?"),
    ]
