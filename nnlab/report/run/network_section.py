"""The section "Network": layers, shapes, parameters and costs."""

from nnlab.figures import FIGURES
from nnlab.report.content import Section, Table, TableCell
from nnlab.report.run.material import RunMaterial
from nnlab.report.run.pictures import pictures
from nnlab.summary import LayerRow, summarize

_COUNTS = ("weights", "biases", "parameters", "multiply_adds")


def network_section(material: RunMaterial) -> Section:
    """Return the section on the network: a diagram, and a table of the layers."""
    plan = summarize(material.config, input_shape=material.trained.input_shape)
    first = (
        TableCell("input"),
        TableCell("x".join(map(str, plan.input_shape))),
        *(TableCell("") for _ in _COUNTS),
    )
    layers = [_row(index, row) for index, row in enumerate(plan.rows)]
    sums = [sum(getattr(row, key) for row in plan.rows) for key in _COUNTS]
    last = (TableCell("total"), TableCell(""), *(TableCell(f"{count:,}", count) for count in sums))
    columns = ("layer", "output", "weights", "biases", "parameters", "multiply-adds")
    picture, question = pictures(FIGURES["architecture"], material.subject)
    return Section(
        "network",
        "Network",
        (
            picture,
            Table(
                "layers",
                "Layers with output shape, parameters, and multiply-adds for one example.",
                columns,
                (first, *layers, last),
                left=2,
                total=True,
            ),
            question,
        ),
    )


def _row(index: int, row: LayerRow) -> tuple[TableCell, ...]:
    counts = [getattr(row, key) for key in _COUNTS]
    shape = "x".join(map(str, row.output_shape))
    name = TableCell(f"{index} {row.layer}", index)
    return (name, TableCell(shape), *(TableCell(f"{count:,}" if count else "", count) for count in counts))
