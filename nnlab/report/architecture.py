"""What was trained: the layers of a network, and what they cost."""

from nnlab.figures import FIGURES
from nnlab.report.document import Cell, Section, Table
from nnlab.report.material import Material
from nnlab.report.pictures import pictures
from nnlab.summary import LayerRow, summarize

_COUNTS = ("weights", "biases", "parameters", "multiply_adds")


def architecture(material: Material) -> Section:
    """Return the section on the network: its diagram, and a table of its layers."""
    plan = summarize(material.config)
    first = (Cell("input"), Cell("x".join(map(str, plan.input_shape))), *(Cell("") for _ in _COUNTS))
    layers = [_row(index, row) for index, row in enumerate(plan.rows)]
    sums = [sum(getattr(row, key) for row in plan.rows) for key in _COUNTS]
    last = (Cell("total"), Cell(""), *(Cell(f"{count:,}", count) for count in sums))
    columns = ("layer", "output", "weights", "biases", "parameters", "multiply-adds")
    picture, question = pictures(FIGURES["architecture"], material.subject)
    return Section(
        "network",
        "What was trained",
        (
            picture,
            Table(
                "layers",
                "The layers, the shape of what each returns, and multiply-adds for one example.",
                columns,
                (first, *layers, last),
                left=2,
                total=True,
            ),
            question,
        ),
    )


def _row(index: int, row: LayerRow) -> tuple[Cell, ...]:
    counts = [getattr(row, key) for key in _COUNTS]
    shape = "x".join(map(str, row.output_shape))
    name = Cell(f"{index} {row.layer}", index)
    return (name, Cell(shape), *(Cell(f"{count:,}" if count else "", count) for count in counts))
