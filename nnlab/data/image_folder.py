"""A data set of the user's own images, in one folder per class."""

from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Literal

import numpy as np
import PIL
from PIL import features

from nnlab.arrays import Labels
from nnlab.data.converted import Converted, Facts, InputsWriter, converted
from nnlab.data.image_decoding import decode_files
from nnlab.data.image_listing import (
    ListedFile,
    Part,
    class_folders,
    files_below,
    has_images,
    parts,
    training_classes,
)
from nnlab.data.image_pixels import CHANGES, ImageForm, Resize
from nnlab.data.lookup import expanded
from nnlab.data.notices import notify
from nnlab.data.source import Half, Source, Split
from nnlab.errors import DataError, OptionError, brief, printable
from nnlab.registry import DATASETS
from nnlab.registry.options import FilePath, Sizes

_CHANNELS = {"grey": 1, "rgb": 3}
_LARGEST = 4096  # pixels of a side
_NAMED = 3  # files, or classes, that a message names
_VERSION = 1  # of the conversion


@DATASETS.register("images")
class ImageFolder(Source):
    """Images of your own, in the folder ``path``: one folder per class, named after it.

    ``path`` may also contain ``train``, ``test`` and ``validation`` (or ``val``), each with the class folders.
    Images are PNG, JPEG, BMP, GIF or WebP files of any size. They are turned upright as their EXIF orientation
    says, laid on white where they are transparent, scaled to 8 bits, and resized; a note says how many. They are
    decoded once, into the user's cache, and read from there as they are needed, so that a data set may be larger
    than memory. Validation images follow the training images. Classes are sorted by name, numbers in names by
    value. Hidden files are ignored, and links are not followed.

    Options:
        path: The folder, relative to the config.
        size: Height and width that images get, in pixels; a single number means both.
        channels: One channel (grey) or three (rgb).
        resize: With other proportions, crop cuts edges off, fit adds a black border, stretch distorts.
        skip_damaged: Whether files that are no images, damaged or too large are left out instead of refused.
    """

    origin = "in the folder that data.path names"

    def __init__(
        self,
        *,
        path: FilePath,
        size: Sizes,
        channels: Literal["grey", "rgb"] = "rgb",
        resize: Resize = "crop",
        skip_damaged: bool = False,
    ) -> None:
        if max(size) > _LARGEST:
            raise OptionError(f"{max(size):,} pixels are more than {_LARGEST:,}", option="size")
        self._path = _folder(path)
        self._parts = parts(self._path)
        self._skip_damaged = skip_damaged
        self.class_names = training_classes(self._parts["train"])
        self.input_shape = (*size, _CHANNELS[channels])
        self.form = ImageForm(self.input_shape, resize)
        self.has_test = "test" in self._parts and bool(class_folders(self._parts["test"]))

    def inputs_name(self, half: Half) -> str:
        return printable(str(self._parts.get(half, self._path)))

    def load(self, root: Path | None) -> tuple[Split, Split]:  # noqa: ARG002 -- they are in ``path``
        files = self._files("train")
        validation = self._files("validation") if "validation" in self._parts else []
        train, facts = self._decoded("train", files + validation)
        self._check_classes(train.labels)
        if validation:
            count = len(validation) - sum(int(index) >= len(files) for index in facts["unusable"])
            notify(
                f"note: the last {count} training examples are the images in {self._parts['validation']}; to "
                f"validate on them, set data.validation: {count} and data.validation_split: last"
            )
        return train, self._test()

    def _test(self) -> Split:
        if not self.has_test:
            if "test" in self._parts and has_images(self._parts["test"]):
                notify(
                    f"note: {self.inputs_name('test')} has images without class folders, which cannot be test "
                    "examples; nnlab predict takes them"
                )
            return Split(np.empty((0, *self.input_shape), np.uint8), np.empty(0, np.int64))
        return self._decoded("test", self._files("test"))[0]

    def _files(self, part: Part) -> list[ListedFile]:
        """Return all files of ``part``, by class; raises DataError if a class has no training examples."""
        labels = {name: label for label, name in enumerate(self.class_names)}
        folder, listed = self._parts[part], []
        for name, each in class_folders(folder).items():
            if name not in labels:
                raise DataError(
                    f"{printable(str(folder))}: the class {brief(name)} has no folder of training images"
                )
            listed += files_below(each, self._path, labels[name])
        if not listed:
            raise DataError(f"the class folders in {printable(str(folder))} are empty")
        return listed

    def _decoded(self, half: Half, files: Sequence[ListedFile]) -> tuple[Split, Facts]:
        """Return the images in ``files``, decoded now or before, and report what was changed or left out."""

        def convert(writer: InputsWriter) -> tuple[Labels, Facts]:
            decoded = decode_files(files, self.form, writer)
            if decoded.unusable and not (self._skip_damaged and len(decoded.labels)):
                cure = (
                    "" if self._skip_damaged else "; remove them, or leave them out with data.skip_damaged: true"
                )
                raise DataError(f"{name}: {_unusable(files, decoded.unusable)} cannot be used{cure}")
            return decoded.labels, {"unusable": decoded.unusable, "changes": decoded.changes}

        name = self.inputs_name(half)
        libraries = [PIL.__version__, *map(features.version, ("jpg", "zlib", "webp"))]
        place = f"{self._path.resolve()}\n{half}\n{self.form}\n{self._skip_damaged}\n{_VERSION} {libraries}"
        content = "\n".join(f"{file.label} {file.facts} {file.name}" for file in files)
        size = len(files) * prod(self.input_shape)
        made = converted("images", place, content, self.input_shape, convert, expected=size)
        _report(name, files, made)
        return made.split, made.facts

    def _check_classes(self, labels: Labels) -> None:
        """Warn of classes without training examples."""
        missing = np.flatnonzero(np.bincount(labels, minlength=len(self.class_names)) == 0)
        if missing.size:
            which = ", ".join(brief(self.class_names[label]) for label in missing[:_NAMED])
            notify(
                f"warning: {self.inputs_name('train')}: no training example of the class {which}"
                f"{_more(missing.size - _NAMED)}"
            )


def _folder(given: str) -> Path:
    path = expanded(given, "data.path")
    if path.is_dir():
        return path
    place = printable(str(path.absolute()))
    if not path.exists():
        raise OptionError(f"there is no {place}", option="path")
    hint = "unpack it first" if path.suffix in {".zip", ".gz", ".tar", ".tgz", ".7z", ".rar"} else ""
    raise OptionError(f"{place} is not a folder", option="path", hint=hint)


def _report(name: str, files: Sequence[ListedFile], made: Converted) -> None:
    """Report which of ``files`` are left out and, when they have just been decoded, what was changed."""
    if unusable := {int(index): why for index, why in made.facts["unusable"].items()}:
        notify(f"warning: {name}: left out {_unusable(files, unusable)}")
    changes: Mapping[str, int] = made.facts["changes"]
    if changes and made.is_new:
        what = "; ".join(f"{changes[change]:,} {text}" for change, text in CHANGES.items() if change in changes)
        notify(f"note: {name}: of {len(files) - len(unusable):,} images, {what}")


def _unusable(files: Sequence[ListedFile], reasons: Mapping[int, str]) -> str:
    """Return how many of ``files`` cannot be used, and the first of them with the reasons."""
    first = "; ".join(f"{printable(files[index].name)} {why}" for index, why in list(reasons.items())[:_NAMED])
    return f"{len(reasons):,} of {len(files):,} files ({first}{_more(len(reasons) - _NAMED)})"


def _more(count: int) -> str:
    return f" and {count:,} more" if count > 0 else ""
