"""What a network has learnt: filters, activations, weights and gradients."""

from nnlab.figures import of_section
from nnlab.report.document import Block, Prose, Section
from nnlab.report.material import Material
from nnlab.report.pictures import pictures


def insides(material: Material) -> Section:
    """Return the section on what is in the network after training, as far as checkpoint and data are present."""
    if not material.run.checkpoints.exist:
        return Section("insides", "What it has learnt", (Prose("No checkpoint was saved.", warning=True),))
    blocks: list[Block] = []
    for entry in of_section("insides"):
        if reason := entry.applies(material.subject):
            blocks.append(Prose(f"Left out: {reason}."))
        elif material.dataset is not None or entry.needs == {"checkpoint"}:
            blocks += pictures(entry, material.subject, **({"rows": 1} if entry.name == "activations" else {}))
    return Section("insides", "What it has learnt", tuple(blocks))
