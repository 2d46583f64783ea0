"""The report of one run."""

from nnlab.report.architecture import architecture
from nnlab.report.document import Block, Document, Facts, Prose, Section
from nnlab.report.examples import examples
from nnlab.report.honesty import honesty
from nnlab.report.insides import insides
from nnlab.report.material import Material, gather
from nnlab.report.reproducing import reproducing
from nnlab.report.results import facts, results
from nnlab.report.settings import course, settings
from nnlab.runs import Run

_UNFINISHED = {
    "pending": "The training has not begun: nnlab resume {name} begins it.",
    "running": "The training is still running: this is how far it is.",
    "stopped": "The training was stopped before its end: nnlab resume {name} goes on with it.",
    "interrupted": "The training was interrupted before its end: nnlab resume {name} goes on with it.",
    "diverged": "The training diverged: loss, gradient or parameters were no longer finite.",
}


def run_report(run: Run, *, cause: str = "nnlab report") -> Document:
    """Return what ``run`` was, how it went, and what the network does and has learnt.

    A finished run that was not evaluated on test data is, which its ledger says is because of ``cause``. What
    cannot be had, such as data that are not here, is left out, and a warning says why. Raises as ``gather`` does.
    """
    material = gather(run, cause=cause)
    sections = (
        _summary(material),
        architecture(material),
        examples(material),
        settings(material),
        course(material),
        *results(material),
        insides(material),
        honesty(material),
        reproducing(material),
    )
    return Document(material.config.name, f"Report of the run {run.path.resolve().name}", sections)


def _summary(material: Material) -> Section:
    """Return what a reader needs first: what may not be missed, and the result."""
    config, found = material.config, material.overview
    warnings = (
        [_UNFINISHED[found.status].format(name=material.run.path.resolve().name)]
        if found.status in _UNFINISHED
        else []
    )
    blocks: list[Block] = [Prose(text, warning=True) for text in (*warnings, *material.warnings)]
    rows = [("trained", f"{config.name} on {config.data.type}, seed {config.seed}"), ("status", found.status)]
    if material.outcome:
        rows += [("test " + name, value) for name, value in facts(material.outcome)[:1]]
        rows += facts(material.outcome)[1:3]
    if material.ledger is not None and material.ledger.entries:
        rows.append(("test data", str(material.ledger)))
    return Section("summary", "In short", (*blocks, Facts(tuple(rows))))
