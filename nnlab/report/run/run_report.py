"""The report of one run: its sections in order, and the summary."""

from nnlab.report.content import Block, Document, Facts, Prose, Section
from nnlab.report.run.data_section import data_section
from nnlab.report.run.inside_section import inside_section
from nnlab.report.run.ledger_section import ledger_section
from nnlab.report.run.material import RunMaterial, gather
from nnlab.report.run.network_section import network_section
from nnlab.report.run.reproduction_section import reproduction_section
from nnlab.report.run.results_section import facts, results_sections
from nnlab.report.run.training_section import curves_section, settings_section
from nnlab.runs import Run

_UNFINISHED = {
    "pending": "Training has not started: nnlab resume {name} starts it.",
    "running": "Training is still running: this report shows its current state.",
    "stopped": "Training was stopped before its end: nnlab resume {name} continues it.",
    "interrupted": "Training was interrupted before its end: nnlab resume {name} continues it.",
    "diverged": "Training diverged: the loss, the gradient or the parameters were no longer finite.",
}


def run_report(run: Run, *, cause: str = "nnlab report") -> Document:
    """Return the report of ``run``: network, data, settings, training, test results, reproduction.

    A finished run that has not been evaluated on test data is evaluated, which its ledger records with ``cause``.
    Parts that cannot be read, such as missing data, are left out, and a warning gives the reason. Raises as
    ``gather`` does.
    """
    material = gather(run, cause=cause)
    sections = (
        _summary(material),
        network_section(material),
        data_section(material),
        settings_section(material),
        curves_section(material),
        *results_sections(material),
        inside_section(material),
        ledger_section(material),
        reproduction_section(material),
    )
    return Document(material.config.name, f"Report of the run {run.path.resolve().name}", sections)


def _summary(material: RunMaterial) -> Section:
    """Return the section with the warnings and the most important results."""
    config, overview = material.config, material.overview
    warnings = list(material.warnings)
    if overview.status in _UNFINISHED:
        warnings.insert(0, _UNFINISHED[overview.status].format(name=material.run.path.resolve().name))
    blocks: list[Block] = [Prose(text, warning=True) for text in warnings]
    rows = [("trained", f"{config.name} on {overview.data}, seed {config.seed}"), ("status", overview.status)]
    if material.outcome:
        accuracy, *others = facts(material.outcome)[:3]
        rows += [("test " + accuracy[0], accuracy[1]), *others]
    if material.ledger is not None and material.ledger.entries:
        rows.append(("test data", str(material.ledger)))
    return Section("summary", "Summary", (*blocks, Facts(tuple(rows))))
