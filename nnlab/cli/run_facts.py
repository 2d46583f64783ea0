"""The facts that ``nnlab runs show`` prints."""

from nnlab.cli.output import say
from nnlab.config import load_config
from nnlab.errors import ConfigError, NnlabError, RunError, printable
from nnlab.runs.changes import edited
from nnlab.runs.formatting import accuracy, duration, loss
from nnlab.runs.ledger import Ledger, read_ledger
from nnlab.runs.metrics_log import is_large, scan
from nnlab.runs.origin import origin_facts
from nnlab.runs.overview import Overview
from nnlab.runs.records import Measurement
from nnlab.runs.sweeps import read_sweep

_MOST = 10  # failed cells that are listed one by one
_MENDING = {
    "summary.json": "nnlab resume",
    "metrics.json": "nnlab eval",
}  # the command that rewrites a damaged file


def facts(run: Overview) -> list[tuple[str, str]]:
    """Return the facts on a run or sweep as pairs of a name and a text, which is empty if unknown."""
    config, environment = run.config, run.environment
    status = run.status + (f": {run.reason}" if run.status == "broken" else "")
    known = [("run", str(run.run.path)), ("status", status), *_reasons(run)]
    if run.cells:
        known.append(("cells", f"{run.cells[0]} of {run.cells[1]} finished; below, their best or sum"))
    if config:
        known += [
            ("config", config.name),
            ("data", run.data),
            ("seed", "" if run.cells else str(config.seed)),
        ]
    known += [
        ("steps", _steps(run)),
        ("time", "" if run.seconds is None else duration(run.seconds)),
        ("parameters", "" if run.parameters is None else f"{run.parameters:,}"),
        ("validation", _measured(run, run.validation)),
        ("test", _measured(run, run.tested)),
    ]
    if config and not run.cells:
        known += origin_facts(run.run, config)
    if environment:
        code = f"nnlab {environment.versions.get('nnlab', '')}"
        known.append(("code", code + f", commit {environment.commit}" * bool(environment.commit)))
        threads = f", {environment.threads} threads" if environment.threads else ""
        known.append(("trained on", f"{environment.cpu}{threads}"))
        known += [("repaired", str(made)) for made in environment.repaired]
    return known


def _reasons(run: Overview) -> list[tuple[str, str]]:
    """Return the recorded reasons why a run, or cells of a sweep, failed."""
    path = run.run.path.resolve()
    sweep = path if run.cells else path.parent.parent
    try:
        failed = [cell for cell in read_sweep(sweep).cells if cell.status == "failed" and cell.error]
    except RunError:
        failed = []
    if run.cells:
        known = [("failed", f"{cell.run.name}: {cell.error}") for cell in failed]
        return known[:_MOST] + [("failed", f"{len(known) - _MOST} more")] * (len(known) > _MOST)
    reasons = [cell.error or "" for cell in failed if cell.run.path == path]
    if not reasons and run.status == "diverged":
        unrecorded = f"loss, gradient or parameters were no longer finite after step {run.steps or 0:,}"
        reasons = [run.reason or unrecorded]
    return [("reason", reason) for reason in reasons]


def warn_of_edits(run: Overview) -> None:
    """Warn of changes to the config and of damage to the records since training."""
    keys = edited(run.run, run.config) if run.config and not run.cells else []
    if keys:
        say(f"warning: config.yaml was edited after training: {', '.join(keys)}")
    if damage := _damage(run):
        say(f"warning: {printable(damage)}; for what is usable: nnlab verify {run.run.path}")


def _damage(run: Overview) -> str | None:
    """Return the damage to the records of a run, which the facts shown do not depend on."""
    if run.cells or run.status in {"pending", "broken"} or not run.steps:
        return None
    try:
        if is_large(run.run.metrics):
            size = run.run.metrics.stat().st_size / 1e9
            return f"{run.run.metrics.name} has {size:,.1f} GB and was not checked here"
        damage = scan(run.run.metrics).damage
    except RunError as error:
        return str(error)
    return damage and f"{run.run.metrics}:{damage}"


def ledger_of(run: Overview) -> Ledger | None:
    """Return the test ledger of a run; None for a sweep, or if it cannot be read."""
    try:
        return None if run.cells else read_ledger(run.run.path)
    except RunError as error:
        say(f"warning: {printable(str(error))}")
        return None


def advice(run: Overview) -> str:
    """Return the command that most likely comes next."""
    path = run.run.path
    if run.cells:
        return f"nnlab compare {path}" if run.status == "completed" else f"nnlab sweep {path}"
    match run.status:
        case "running":
            return f"nnlab plot curves {path}"
        case "pending" | "interrupted" | "stopped":
            why = _why_not(run)
            cure = f"correct {run.run.config} and train it again, as it cannot be resumed: {why}"
            return cure if why else f"nnlab resume {path}"
        case "diverged":
            rate = run.config.optimizer.model_dump().get("learning_rate") if run.config else None
            return f"nnlab train {run.run.config}" + (f" optimizer.learning_rate={rate / 10:g}" if rate else "")
        case "broken":
            file = (run.reason or "").partition(" ")[0]
            return f"{_MENDING[file]} {path}" if file in _MENDING else ""
    return f"nnlab plot all {path}" if run.tested else f"nnlab eval {path}"


def _why_not(run: Overview) -> str:
    """Return why ``nnlab resume`` refuses the config of a run; empty if it does not."""
    try:
        load_config(run.run.config)
    except ConfigError as error:
        return error.problems[0].message
    except NnlabError:
        return ""  # for example, the data are missing, which can be mended
    keys = edited(run.run, run.config) if run.config else []
    return f"changed since training began: {', '.join(keys)}" if keys else ""


def _steps(run: Overview) -> str:
    if run.steps is None:
        return ""
    total = run.config.training.steps if run.config and not run.cells else None
    return f"{run.steps:,}" + (f" of {total:,}" if total else "")


def _measured(run: Overview, measurement: Measurement | None) -> str:
    if measurement is None:
        return ""
    nats = loss(measurement)
    name = run.config.loss_name if run.config else "loss"
    value = f", {name} {nats} nats" if nats else ""
    return f"{accuracy(measurement)} correct{value}, at step {measurement.step:,}"
