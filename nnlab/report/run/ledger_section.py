"""The section "Use of the test data": how often they were evaluated, and for choosing or for reporting."""

from nnlab.report.content import Block, Facts, Prose, Section, Table, TableCell
from nnlab.report.run.material import RunMaterial
from nnlab.runs.formatting import nats, percent
from nnlab.runs.ledger import Ledger, LedgerEntry

_MOST_ENTRIES = 20


def ledger_section(material: RunMaterial) -> Section:
    """Return the section on the use of the test data."""
    training, outcome, ledger = material.config.training, material.outcome, material.ledger
    blocks: list[Block] = []
    if training.evaluate_on == "test":
        blocks.append(
            Prose(
                "Training evaluated on the test data (evaluate_on: test) and chose the best checkpoint by them. "
                "The test results are therefore better than can be expected on new data.",
                warning=True,
            )
        )
    reported = "nothing yet"
    if outcome:
        reported = f"accuracy {percent(outcome.metrics.accuracy)} on {outcome.metrics.count:,} test examples"
    rows = [("for choosing", _choice(material)), ("for reporting", reported)]
    if ledger is not None:
        rows.append(("test data", _looks(ledger, known=outcome is not None)))
    blocks.append(Facts(tuple(rows)))
    if ledger is not None and ledger.entries:
        blocks.append(_entries(ledger, material.config.loss_name))
    return Section("test-data", "Use of the test data", tuple(blocks))


def _choice(material: RunMaterial) -> str:
    """Return the number by which the best checkpoint was chosen."""
    best, training = material.overview.best, material.config.training
    if best is None:
        return "nothing: no examples were held out, and the last checkpoint is used"
    value = nats(best.loss) if training.monitor == "loss" else percent(best.accuracy)
    name = material.config.loss_name if training.monitor == "loss" else training.monitor
    return f"{name} {value} on the {material.overview.evaluated_on} examples, at step {best.step:,}"


def _looks(ledger: Ledger, *, known: bool) -> str:
    if known and not ledger.entries:
        return "evaluated before nnlab kept a ledger; the number of evaluations is unknown"
    return str(ledger)


def _entries(ledger: Ledger, loss_name: str) -> Table:
    """Return the newest entries of the ledger."""
    shown = ledger.entries[-_MOST_ENTRIES:]
    few = f" The newest {len(shown)} of {len(ledger.entries):,}." if len(shown) < len(ledger.entries) else ""
    what = "" if loss_name == "loss" else f" The loss is a {loss_name}."
    return Table(
        "ledger",
        f"Evaluations on test data; evaluating the same step again does not count.{few}{what}",
        ("when (UTC)", "by", "steps", "accuracy", "loss (nats)"),
        tuple(_line(entry) for entry in shown),
        left=2,
    )


def _line(entry: LedgerEntry) -> tuple[TableCell, ...]:
    steps = f"every {entry.every:,} to {entry.step:,}" if entry.every else f"{entry.step:,}"
    loss = TableCell("not finite") if entry.loss is None else TableCell(f"{entry.loss:.4f}", entry.loss)
    accuracy = TableCell(percent(entry.accuracy), entry.accuracy)
    return TableCell(entry.when), TableCell(entry.cause), TableCell(steps, entry.step), accuracy, loss
