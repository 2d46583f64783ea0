"""Pixels of one image file, in the size and the channels that a network takes."""

import contextlib
import io
import os
import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from nnlab import files
from nnlab.arrays import Shape
from nnlab.errors import DataError, printable, system_errors

Resize = Literal["crop", "fit", "stretch"]
"""What happens to an image of other proportions: its edges are cut off, a border is added, or it is distorted."""

Change = Literal["cut", "turned", "transparent", "16 bits", "animated", "colour", "grey"]
"""What was done to an image, or its kind: see ``CHANGES``."""

CHANGES: dict[Change, str] = {
    "cut": "cropped to the proportions (resize: fit keeps the whole image)",
    "turned": "turned upright, as EXIF says",
    "transparent": "with transparent parts, shown on white",
    "16 bits": "of 16 bits per pixel, scaled to 8",
    "animated": "animated, the first frame taken",
    "colour": "changed from colour to grey",
    "grey": "changed from grey to colour",
}
"""What a message says after a number of images."""

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"})
"""Endings of names of image files. Images are recognized by their content, not by these."""

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
_ANIMATED = {"PNG", "GIF", "WEBP"}
_MOST_BYTES = 2**28
_MOST_PIXELS = 2**26  # 8192 x 8192
_FREE_PIXELS, _DENSEST = 2**20, 2000  # pixels that any file may have, and per byte beyond; PNG reaches 1030
_EXIF = {"exif", "Raw profile type exif"}  # where Pillow keeps it
_ORIENTATION = 0x0112  # tag of EXIF
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    ArithmeticError,
    TypeError,
    AttributeError,
    MemoryError,
    struct.error,
    zlib.error,
)
"""What Pillow raises for damaged files."""


@dataclass(frozen=True)
class ImageForm:
    """The ``shape`` (H, W, C) that images get, C being 1 (grey) or 3 (RGB), and how they are resized."""

    shape: Shape
    resize: Resize = "crop"


@contextlib.contextmanager
def quiet_decoding() -> Iterator[None]:
    """Suppress Pillow's warnings, in all threads: they concern metadata, or sizes that are refused anyway."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def read_image(path: Path, form: ImageForm) -> tuple[NDArray[np.uint8], frozenset[Change]]:
    """Return the pixels of the image file ``path`` in the shape of ``form``, and what was changed.

    Raises DataError, whose text follows the file's name, if it is no image, damaged or too large; SystemFault if
    the machine cannot read it. Call it within ``quiet_decoding``.
    """
    with system_errors("read", printable(str(path))), files.open_plain(path) as file:
        if os.fstat(file.fileno()).st_size > _MOST_BYTES:
            raise DataError(f"has more than {_MOST_BYTES:,} bytes")
        content = file.read()
    return decode(content, form)


def decode(content: bytes, form: ImageForm) -> tuple[NDArray[np.uint8], frozenset[Change]]:
    """Return the pixels of an image in the shape of ``form``, and what was changed.

    Images are recognized by content. A JPEG file much larger than needed is decoded at a half, a quarter or an
    eighth of its size; all are resized by a triangle filter as wide as a new pixel, so that lines do not vanish.
    Raises DataError as ``read_image`` does.
    """
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            _check_size(image, len(content))
            animated = image.format in _ANIMATED and getattr(image, "is_animated", False)
            image.draft(None, (2 * max(form.shape[:2]),) * 2)
            image.load()
            pixels, changes = _formed(image, form)
    except UnidentifiedImageError as error:
        raise DataError("is not a PNG, JPEG, BMP, GIF or WebP image" if content else "is empty") from error
    except Image.DecompressionBombError as error:
        raise DataError(f"declares more than {_MOST_PIXELS:,} pixels") from error
    except _UNREADABLE as error:
        raise DataError(f"is damaged: {printable(str(error)) or type(error).__name__}") from error
    return pixels, changes | {"animated"} if animated else changes


def _check_size(image: Image.Image, size: int) -> None:
    """Raise DataError if ``image`` declares more pixels than are sensible, or than ``size`` bytes can describe."""
    pixels = image.width * image.height
    if pixels > min(_MOST_PIXELS, _FREE_PIXELS + _DENSEST * size):
        limit = f"more than {_MOST_PIXELS:,}" if pixels > _MOST_PIXELS else f"in {size:,} bytes"
        raise DataError(f"declares {image.width:,} x {image.height:,} pixels, {limit}")


def _formed(image: Image.Image, form: ImageForm) -> tuple[NDArray[np.uint8], frozenset[Change]]:
    height, width, channels = form.shape
    changes: set[Change] = set()
    if (turn := _UPRIGHT.get(_orientation(image))) is not None:
        image = image.transpose(turn)
        changes.add("turned")
    if image.mode.startswith("I"):
        image = _of_8_bits(image)
        changes.add("16 bits")
    if image.has_transparency_data:
        image = image.convert("RGBA" if image.mode not in {"L", "LA", "La"} else "LA")
        if _lowest(image.getchannel("A")) < 255:
            image = _on_white(image)
            changes.add("transparent")
    is_grey = image.mode in {"1", "L", "LA"}
    if is_grey != (channels == 1):
        changes.add("grey" if is_grey else "colour")
    mode = "L" if channels == 1 else "RGB"
    image = image if image.mode == mode else image.convert(mode)
    if form.resize == "crop" and image.width * height != image.height * width:
        changes.add("cut")
    return np.asarray(_resized(image, form)).reshape(form.shape), frozenset(changes)


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; 1, upright, if there is none or the EXIF data are damaged."""
    if image.info.keys().isdisjoint(_EXIF):
        return 1
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except _UNREADABLE:
        return 1
    return orientation if isinstance(orientation, int) else 1


def _of_8_bits(image: Image.Image) -> Image.Image:
    values = np.asarray(image).astype(np.int64).clip(0, 65535)
    return Image.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8))


def _lowest(channel: Image.Image) -> int:
    return int(np.asarray(channel).min())


def _on_white(image: Image.Image) -> Image.Image:
    """Return a grey or RGB image with transparency, without it, on white."""
    mode = image.mode.removesuffix("A")
    white = Image.new(mode, image.size, 255 if mode == "L" else (255, 255, 255))
    white.paste(image.convert(mode), mask=image.getchannel("A"))
    return white


def _resized(image: Image.Image, form: ImageForm) -> Image.Image:
    height, width, _ = form.shape
    if image.size == (width, height):
        return image
    bilinear = Image.Resampling.BILINEAR
    if form.resize == "stretch":
        return image.resize((width, height), bilinear, reducing_gap=2.0)
    across, down = width / image.width, height / image.height
    if form.resize == "crop":
        scale = max(across, down)
        edge_x, edge_y = max(0.0, image.width - width / scale) / 2, max(0.0, image.height - height / scale) / 2
        box = (edge_x, edge_y, image.width - edge_x, image.height - edge_y)
        return image.resize((width, height), bilinear, box=box, reducing_gap=2.0)
    scale = min(across, down)
    inner = min(width, max(1, round(image.width * scale))), min(height, max(1, round(image.height * scale)))
    canvas = Image.new(image.mode, (width, height))
    whole = image.resize(inner, bilinear, reducing_gap=2.0)
    canvas.paste(whole, ((width - inner[0]) // 2, (height - inner[1]) // 2))
    return canvas
