"""Images that the author's notes refer to."""

import re
import warnings
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

from PIL import Image

from nnlab.errors import RunError
from nnlab.files import reading
from nnlab.report.content import NoteImage
from nnlab.report.formats.author_text import images_in

_LARGEST = 8 * 2**20  # bytes of a file
_MOST = 50
_MOST_PIXELS = 40_000_000
_SUFFIXES = {"PNG": "png", "JPEG": "jpg"}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_LONGEST = 100  # characters of an address in a message


def load_images(texts: Iterable[str], folder: Path) -> tuple[dict[str, NoteImage], dict[str, str]]:
    """Return the images in ``texts`` (Markdown) by address, and a message for each one that cannot be shown.

    An image is a PNG or JPEG file in ``folder``, where the notes are, or below it: a report never loads from the
    network, and does not pass on files from elsewhere on the machine.
    """
    images: dict[str, NoteImage] = {}
    problems: dict[str, str] = {}
    for address in dict.fromkeys(address for text in texts for address in images_in(text)):
        try:
            images[address] = _load(address, folder, room=len(images) < _MOST)
        except RunError as error:
            short = address if len(address) <= _LONGEST else f"{address[:_LONGEST]}..."
            problems[address] = f"the image {short} is not shown: {error}"
    return images, problems


def _load(address: str, folder: Path, *, room: bool) -> NoteImage:
    if not room:
        raise RunError(f"a report shows at most {_MOST} images of its notes")
    if _SCHEME.match(address):
        raise RunError("it is not a file beside the notes")
    path = folder / unquote(address)
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a name too long, a null character, a loop of links
        inside = False
    if not inside:
        raise RunError("it is not in the folder of the notes")
    with reading(path) as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise RunError(f"it has more than {_LARGEST:,} bytes")
    return _checked(content)


def _checked(content: bytes) -> NoteImage:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of an image with a suspicious number of pixels
            image = Image.open(BytesIO(content), formats=tuple(_SUFFIXES))
            width, height = image.size
            suffix = _SUFFIXES[str(image.format)]
            image.verify()
    except (OSError, ValueError, SyntaxError, KeyError, Warning, Image.DecompressionBombError) as error:
        raise RunError("it is not a complete PNG or JPEG file") from error
    if width * height > _MOST_PIXELS:
        raise RunError(f"it has more than {_MOST_PIXELS:,} pixels")
    return NoteImage(content, suffix, width, height)
