"""Decoding of many image files, in threads: Pillow releases the interpreter's lock while it decodes."""

import os
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnlab.activity import announce
from nnlab.arrays import Labels
from nnlab.data.converted import InputsWriter
from nnlab.data.image_listing import ListedFile
from nnlab.data.image_pixels import Change, ImageForm, quiet_decoding, read_image
from nnlab.errors import DataError

_SHARE = 2**20  # bytes of pixels that a thread decodes at a time


@dataclass(frozen=True)
class Decoded:
    """Labels of the images among some files; why the others, by index, cannot be used; how many were changed."""

    labels: Labels
    unusable: dict[int, str]
    changes: Counter[Change]


@dataclass(frozen=True)
class _Share:
    pixels: NDArray[np.uint8]
    labels: list[int]
    unusable: dict[int, str]
    changes: Counter[Change]


def decode_files(listed: Sequence[ListedFile], form: ImageForm, writer: InputsWriter) -> Decoded:
    """Write the pixels of the ``listed`` files in their order; leave out those that are no images.

    Memory is bounded: each thread has two shares of the files at most, and their pixels are written in order.
    Raises SystemFault if the machine cannot read or write a file.
    """
    labels: list[int] = []
    unusable: dict[int, str] = {}
    changes: Counter[Change] = Counter()
    done = 0
    for share in _shares(listed, form):
        writer.add(share.pixels)
        labels += share.labels
        unusable |= share.unusable
        changes += share.changes
        done += len(share.labels) + len(share.unusable)
        announce("decoding images", done, len(listed))
    return Decoded(np.array(labels, np.int64), unusable, changes)


def _shares(listed: Sequence[ListedFile], form: ImageForm) -> Iterator[_Share]:
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    size = max(1, min(64, _SHARE // prod(form.shape)))
    waiting: deque[Future[_Share]] = deque()
    with quiet_decoding(), ThreadPoolExecutor(threads) as pool:
        try:
            for start in range(0, len(listed), size):
                waiting.append(pool.submit(_decode_share, listed[start : start + size], start, form))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _decode_share(listed: Sequence[ListedFile], start: int, form: ImageForm) -> _Share:
    pixels = np.empty((len(listed), *form.shape), np.uint8)
    share = _Share(pixels, [], {}, Counter())
    for index, file in enumerate(listed, start):
        if file.problem:
            share.unusable[index] = file.problem
            continue
        try:
            pixels[len(share.labels)], changed = read_image(Path(file.path), form)
        except DataError as error:
            share.unusable[index] = str(error)
        else:
            share.labels.append(file.label)
            share.changes.update(changed)
    return _Share(pixels[: len(share.labels)], share.labels, share.unusable, share.changes)
