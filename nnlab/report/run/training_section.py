"""The sections "Training" and "Training curves": settings, learning rate, loss and accuracy."""

from typing import Any

from nnlab.config.resolution import null_means
from nnlab.config.schema import EarlyStopping, Training
from nnlab.figures import FIGURES
from nnlab.registry import Component, Spec
from nnlab.report.content import Block, Facts, Section
from nnlab.report.run.material import RunMaterial
from nnlab.report.run.pictures import pictures
from nnlab.runs.formatting import counted, duration, nats, percent


def described(entry: Spec | Component) -> str:
    """Return a component of a config on one line, such as ``sgd (learning_rate 0.1, momentum 0.9)``."""
    names = type(entry).model_fields if isinstance(entry, Spec) else entry.registry.options(entry.type)
    values = {name: getattr(entry, name) for name in names if name != "type"}
    for name, source in (null_means(entry.type) if isinstance(entry, Spec) else {}).items():
        values[name] = values[source] if values.get(name) is None else values[name]
    options = [f"{name} {_written(value)}" for name, value in values.items() if value is not None]
    return f"{entry.type} ({', '.join(options)})" if options else entry.type


def _written(value: Any) -> str:
    if isinstance(value, Spec | Component):
        return described(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_written, value))}]"
    return str(value)


def settings_section(material: RunMaterial) -> Section:
    """Return the section on the settings of the training run: loss, optimizer, length, learning rate."""
    config, training = material.config, material.config.training
    early = training.early_stopping
    evaluated = training.evaluate_on == "test" or config.data.validation
    lasts = f"{training.steps:,} steps" if training.steps else f"{training.epochs or 0:,} epochs"
    rows = [
        ("loss", described(config.loss)),
        ("optimizer", described(config.optimizer)),
        ("learning rate schedule", described(config.schedule)),
        ("length", lasts),
        ("batch size", _batches(training)),
        ("last batch of an epoch", "left out if it is smaller" if training.drop_last else "may be smaller"),
        ("evaluation", _interval(training.evaluate_every, "every epoch") if evaluated else "none"),
        (
            "checkpoint",
            _interval(training.checkpoint_every, "at every evaluation" if evaluated else "every epoch"),
        ),
        ("training record", f"the mean of {counted(training.log_every, 'step')}"),
        ("gradient norm limit", "none" if training.clip_norm is None else f"{training.clip_norm:g}"),
        ("early stopping", _stopping(early) if early else "none"),
        ("best checkpoint", f"by the {training.monitor} on {training.evaluate_on} examples"),
        ("compute threads", "all cores" if config.compute.threads is None else str(config.compute.threads)),
        ("seed", str(config.seed)),
    ]
    if config.freeze:
        rows.append(("not trained", "layers " + ", ".join(map(str, config.freeze))))
    blocks: list[Block] = [Facts(tuple(rows))]
    if material.logged and config.schedule.type != "constant":
        blocks += pictures(FIGURES["schedule"], material.subject)
    return Section("settings", "Training settings", tuple(blocks))


def _batches(training: Training) -> str:
    """Return the size of a batch, and how it is drawn and computed."""
    shards = f", computed in {training.shards} shards" if (training.shards or 1) > 1 else ""
    return f"{training.batch_size:,}" + ", drawn with replacement" * training.replacement + shards


def _interval(every: int | None, otherwise: str) -> str:
    return f"every {counted(every, 'step')}" if every else otherwise


def _stopping(early: EarlyStopping) -> str:
    least = f" of more than {early.min_delta:g}" if early.min_delta else ""
    return f"after {early.patience:,} evaluations without an improvement{least}"


def curves_section(material: RunMaterial) -> Section:
    """Return the section on the result of the training run: status, time, training curves."""
    found, on = material.overview, material.config.training.evaluate_on
    rows: list[tuple[str, str]] = [("status", found.status)]
    if found.steps is not None:
        rows.append(("steps", f"{found.steps:,}"))
    if found.seconds is not None:
        rows.append(("time", duration(found.seconds)))
    if found.best:
        name = material.config.loss_name
        accuracy = (
            f"{percent(found.best.accuracy)} correct, {name} {nats(found.best.loss)}, at step {found.best.step:,}"
        )
        rows.append((f"best evaluation on {on} examples", accuracy))
    blocks: list[Block] = [Facts(tuple(rows))]
    if material.logged:
        blocks += pictures(FIGURES["curves"], material.subject)
    return Section("training", "Training curves", tuple(blocks))
