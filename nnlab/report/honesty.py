"""How often the test data were looked at, and which number served for choosing and which for reporting."""

from nnlab.report.document import Block, Cell, Facts, Prose, Section, Table
from nnlab.report.material import Material
from nnlab.runs.formatting import nats, percent
from nnlab.runs.ledger import Ledger, LedgerEntry

_MOST_ENTRIES = 20


def honesty(material: Material) -> Section:
    """Return the section on the use of the test data."""
    training, outcome, ledger = material.config.training, material.outcome, material.ledger
    blocks: list[Block] = []
    if training.evaluate_on == "test":
        blocks.append(
            Prose(
                "The training evaluated on test data (evaluate_on: test), and chose the best checkpoint by them. "
                "The test results are therefore better than what is to be expected on new data.",
                warning=True,
            )
        )
    reported = "nothing yet"
    if outcome:
        reported = f"accuracy {percent(outcome.metrics.accuracy)} on {outcome.metrics.count:,} test examples"
    rows = [("for choosing", _choice(material)), ("for reporting", reported)]
    if ledger is not None:
        rows.append(("the test data were", _looks(ledger, known=outcome is not None)))
    blocks.append(Facts(tuple(rows)))
    if ledger is not None and ledger.entries:
        blocks.append(_entries(ledger))
    return Section("test-data", "How the test data were used", tuple(blocks))


def _choice(material: Material) -> str:
    """Return by which number the best checkpoint was chosen."""
    best, training = material.overview.best, material.config.training
    if best is None:
        return "nothing: no examples were held out, the last checkpoint counts"
    value = nats(best.loss) if training.monitor == "loss" else percent(best.accuracy)
    return f"{training.monitor} {value} on the {material.overview.evaluated_on} examples, at step {best.step:,}"


def _looks(ledger: Ledger, *, known: bool) -> str:
    if known and not ledger.entries:
        return "looked at before nnlab kept a ledger; how often is not known"
    return str(ledger)


def _entries(ledger: Ledger) -> Table:
    """Return the newest lines of the ledger."""
    shown = ledger.entries[-_MOST_ENTRIES:]
    few = f" The newest {len(shown)} of {len(ledger.entries):,}." if len(shown) < len(ledger.entries) else ""
    return Table(
        "ledger",
        f"When and why test data were evaluated; the same step again is no new look.{few}",
        ("when (UTC)", "by", "steps", "accuracy", "loss (nats)"),
        tuple(_line(entry) for entry in shown),
        left=2,
    )


def _line(entry: LedgerEntry) -> tuple[Cell, ...]:
    steps = f"every {entry.every:,} to {entry.step:,}" if entry.every else f"{entry.step:,}"
    loss = Cell("not finite") if entry.loss is None else Cell(f"{entry.loss:.4f}", entry.loss)
    accuracy = Cell(percent(entry.accuracy), entry.accuracy)
    return Cell(entry.when), Cell(entry.cause), Cell(steps, entry.step), accuracy, loss
