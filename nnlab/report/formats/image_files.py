"""Files of the images in the author's notes, for the formats that keep them beside the report."""

from pathlib import Path

from nnlab.files import write_bytes
from nnlab.report.content import Document


def write_images(document: Document, folder: Path) -> dict[str, str]:
    """Write the images of the notes to ``folder``; return their paths relative to it, by address in the notes.

    The files are numbered, so that no name in the notes becomes a name on the disk. Raises SystemFault if a file
    cannot be written.
    """
    places = {}
    for number, (address, image) in enumerate(document.images.items(), start=1):
        places[address] = f"images/{number}.{image.suffix}"
        write_bytes(folder / places[address], image.content)
    return places
