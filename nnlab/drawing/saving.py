"""Figures as files."""

from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from nnlab.activity import announce
from nnlab.drawing.style import styled
from nnlab.errors import UsageError
from nnlab.files import write_bytes

# What would differ from one saving of the same figure to the next.
_UNDATED = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}

DPI = 200
"""Pixels per inch of a PNG, unless told otherwise."""


def save(figure: Figure, path: Path) -> None:
    """Write ``figure`` to ``path`` as .png, .svg or .pdf; the same figure gives the same bytes.

    Raises UsageError for another suffix, SystemFault if the machine refuses to write.
    """
    form = path.suffix.lower().removeprefix(".")
    if form not in _UNDATED:
        raise UsageError(f"cannot save a figure as {path.name!r}: its name must end in .png, .svg or .pdf")
    announce(f"writing {path.name}")
    write_bytes(path, rendered(figure, form))


def rendered(figure: Figure, form: str, *, dpi: int = DPI) -> bytes:
    """Return ``figure`` as the content of a ``png``, ``svg`` or ``pdf`` file; ``dpi`` holds for a PNG."""
    content = BytesIO()
    with styled():
        # Laying out again starts from the last layout and ends a hair beside it, so it is done only once.
        if isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine):
            figure.draw_without_rendering()
            figure.set_layout_engine("none")
        figure.savefig(content, format=form, dpi=dpi, metadata=_UNDATED[form])
    return content.getvalue()
