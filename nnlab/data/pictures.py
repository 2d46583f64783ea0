"""Pictures in image files as arrays of pixels."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from nnlab import files
from nnlab.arrays import Shape
from nnlab.errors import DataError, SystemFault, printable, refusal

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm"})
"""Endings of the names of image files."""

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
_MOST_PIXELS = 2**26  # a picture of 8192 x 8192; what announces more is refused before it is decoded
_SIXTEEN_BIT = {"I", "I;16", "I;16B", "I;16L", "I;16N"}


@dataclass(frozen=True)
class Picture:
    """A picture of the shape that a network takes, (H, W, C) and uint8, and what was ``changed`` for that."""

    pixels: NDArray[np.uint8]
    changed: str


def read_picture(path: Path, shape: Shape) -> Picture:
    """Return the picture in the file ``path`` as pixels of ``shape`` (H, W, C), where C is 1 or 3.

    It is turned upright as its EXIF orientation says, transparent parts become white, values of 16 bits are scaled
    to 8, colours become grey or grey becomes colour, and it is stretched to the size. Raises DataError if the file
    is no picture or damaged, SystemFault if it cannot be read.
    """
    try:
        with files.open_plain(path) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about metadata; what cannot be decoded raises an error
            with Image.open(file, formats=_FORMATS) as image:
                if image.width * image.height > _MOST_PIXELS:
                    raise DataError(
                        f"{_name(path)} has {image.width:,} x {image.height:,} pixels, which is too large"
                    )
                image.load()
                return _prepared(image, shape)
    except OSError as error:
        if error.errno is not None:
            raise SystemFault(refusal(error, "read", _name(path))) from error
        raise _damaged(path, error) from error
    except (
        ValueError,
        SyntaxError,
        EOFError,
        Image.DecompressionBombError,
        ArithmeticError,
        LookupError,
    ) as error:
        raise _damaged(path, error) from error


def _prepared(image: Image.Image, shape: Shape) -> Picture:
    height, width, channels = shape
    before = f"{image.width}x{image.height} {_colours(image)}"
    image = ImageOps.exif_transpose(image)
    if image.mode in _SIXTEEN_BIT:
        image = Image.fromarray((np.clip(np.asarray(image, np.int64), 0, 65535) >> 8).astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    image = image.convert("L" if channels == 1 else "RGB")
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    after = f"{width}x{height} {'grey' if channels == 1 else 'colour'}"
    return Picture(np.array(image, np.uint8).reshape(shape), "" if before == after else f"{before} to {after}")


def _colours(image: Image.Image) -> str:
    """Return what the pixels of an image are called."""
    if image.mode in _SIXTEEN_BIT:
        return "16-bit grey"
    if image.mode == "P":
        return "palette"
    transparent = "A" in image.getbands() or "transparency" in image.info
    return ("grey" if image.mode in {"1", "L", "LA"} else "colour") + " with transparency" * transparent


def _damaged(path: Path, error: Exception) -> DataError:
    if isinstance(error, UnidentifiedImageError):
        return DataError(f"{_name(path)} is not an image, or of an unknown format")
    return DataError(f"{_name(path)} is a damaged image: {printable(str(error))}")


def _name(path: Path) -> str:
    return printable(str(path))
