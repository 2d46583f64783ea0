"""The section "Inside the network": filters, activations, weights and gradients."""

from nnlab.figures import of_section
from nnlab.report.content import Block, Prose, Section
from nnlab.report.run.material import RunMaterial
from nnlab.report.run.pictures import pictures


def inside_section(material: RunMaterial) -> Section:
    """Return the section on the trained network, as far as its checkpoint and the data are available."""
    if not material.run.checkpoints.exist:
        return Section("insides", "Inside the network", (Prose("No checkpoint was saved.", warning=True),))
    blocks: list[Block] = []
    for entry in of_section("insides"):
        if reason := entry.applies(material.subject):
            blocks.append(Prose(f"Not shown: {reason}."))
        elif material.dataset is not None or entry.needs == {"checkpoint"}:
            blocks += pictures(entry, material.subject, **({"rows": 1} if entry.name == "activations" else {}))
    return Section("insides", "Inside the network", tuple(blocks))
