"""Every parser of files that somebody else may have written, with what it can read: targets for fuzzers."""

import atexit
import functools
import gzip
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors import numpy as safetensors
from support.planting import RICH

from faults import hostile, tiny
from nnlab import files
from nnlab.config import Experiment, as_yaml, read_document, validate
from nnlab.config.overrides import read_override
from nnlab.data.cifar import read_archive, read_files, split_of
from nnlab.data.csv_file import read_csv_inputs
from nnlab.data.csv_labels import LabelTexts
from nnlab.data.csv_layout import read_layout
from nnlab.data.csv_records import blocks
from nnlab.data.csv_rows import RowReader
from nnlab.data.idx import INTEGERS, parse_idx, read_idx
from nnlab.data.image_pixels import ImageForm, decode, quiet_decoding
from nnlab.data.npy import read_header, read_values
from nnlab.data.npz import NpzFile
from nnlab.data.own_arrays import SavedArrays
from nnlab.data.zip_archive import opened_member, unzipping
from nnlab.runs import Checkpoint, Checkpoints, ledger, read_checkpoint, records
from nnlab.runs import checkpoint as format_of_checkpoints
from nnlab.runs.chained_lines import FIRST, next_line
from nnlab.runs.metrics_log import MetricsLog, read_metrics, scan
from nnlab.runs.predictions_file import read_predictions
from nnlab.runs.sweeps import read_sweep


@dataclass(frozen=True)
class Parser:
    """What reads a file, and contents that it takes or nearly takes."""

    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]


@functools.cache
def _folder():
    memory = Path("/dev/shm")  # noqa: S108 -- a folder of our own in it
    chosen = "TMPDIR" in os.environ or not memory.is_dir()
    folder = tempfile.mkdtemp(prefix="nnlab-fuzz-", dir=None if chosen else memory)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _put(name, content):
    path = _folder() / name
    path.write_bytes(content)
    return path


def _config(content):
    validate(read_document(_put("c.yaml", content)), Experiment)


def _idx(content):
    read_idx(_put("idx", content), (2, 2), 1000)


def _cifar(content):
    split_of(read_files([_put("batch.bin", content)]))


def _archive(content):
    read_archive(_put("cifar.tar.gz", gzip.compress(content, 1) if content[:2] != b"\x1f\x8b" else content))


def _npy(content):
    file = io.BytesIO(content)
    header = read_header("a.npy", file)
    header.check_length("a.npy", len(content))
    read_values("a.npy", file, header)


def _npz(content):
    archive = NpzFile(_put("a.npz", content))
    for name in archive.names()[:4]:
        archive.values(name)


def _image(content):
    with quiet_decoding():
        for form in ImageForm((8, 6, 3)), ImageForm((8, 6, 1), "fit"):
            decode(content, form)


def _csv(content):
    """Read the labels of the last column and the numbers of the others, then numbers alone, as for predicting."""
    path = _put("a.csv", content)
    layout = read_layout(path)
    reader = RowReader("a.csv", layout, range(layout.columns - 1), layout.columns - 1)
    if layout.columns > 1:
        labels = LabelTexts("a.csv")
        for block in blocks(path):
            labels.add(reader.read(block))
        labels.labels(labels.classes())
    read_csv_inputs(path, (layout.columns,))


def _pictures():
    """Yield small images in every format and of every kind."""
    pixels = np.random.default_rng(0).integers(256, size=(9, 12, 4), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    colour, frames = (
        Image.fromarray(pixels[..., :3]),
        {"save_all": True, "append_images": [Image.new("RGB", (12, 9))]},
    )
    deep = Image.fromarray(pixels[..., :2].copy().view(np.uint16)[..., 0])
    kinds = [("BMP", {}), ("JPEG", {"exif": exif}), ("PNG", {"exif": exif}), ("WEBP", frames), ("GIF", frames)]
    for image, form, options in (
        *((colour, form, options) for form, options in kinds),
        (Image.fromarray(pixels), "PNG", {}),
        (Image.fromarray(pixels), "WEBP", {"lossless": True}),
        (deep, "PNG", {}),
        (colour.quantize(7), "PNG", {"transparency": 2}),
        (colour.convert("CMYK"), "JPEG", {"progressive": True}),
        (colour.convert("1"), "BMP", {}),
    ):
        content = io.BytesIO()
        image.save(content, form, **options)
        yield content.getvalue()


_TABLES = (
    b"a,b,y\n1,2,0\n255,3.5e2,1\n",
    b'"x";"y"\r\n-1.5;"K\xc3\xa4se; ""alt"""\r\n\r\n.5;b\r\n',
    b"1\t2\tu\n3\t4\tv\n",
    b"0,1,2\n7,8,9\n",
    gzip.compress(b"x,label\n1,0\n2,1\n"),
)


def _own_arrays(content):
    SavedArrays(path=str(_put("own.npz", content))).load(None)


def _zip_of_idx(content):
    path = _put("gzip.zip", content)
    with unzipping(path, "zip archive") as archive, opened_member(path, archive, "x.gz") as file:
        parse_idx("x.gz", file, (8,), 1000, INTEGERS)


def _checkpoint(content):
    read_checkpoint(_put("step-00000001.safetensors", content))


def _facts(content):
    """Read a checkpoint whose facts are ``content``, under the digest that they should have."""
    text = content.decode("latin1")
    digest = format_of_checkpoints.hashlib.sha256(text.encode()).hexdigest()
    _checkpoint(safetensors.save(_saved().arrays, {"facts": text, "sha256": digest}))


def _metrics(content):
    scan(_put("metrics.jsonl", content))


def _records(content):
    """Read a log of the lines in ``content``, each under the check that it should have."""
    check, forged = FIRST, b""
    for text in content.split(b"\n"):
        line, check = next_line(check, text)
        forged += line
    read_metrics(_put("records.jsonl", forged))


def _index(content):
    (_one_saved() / "index.json").write_bytes(content)
    store = Checkpoints(_one_saved())
    store.load("last")
    store.load("best")


@functools.cache
def _one_saved():
    directory = _folder() / "checkpoints"
    Checkpoints(directory).save(_saved(), None)
    return directory


def _json(content):
    files.read_json(_put("summary.json", content))


def _recorded_config(content):
    if records._value.cache_info().currsize > 1000:
        records._value.cache_clear()  # a million sections would fill the memory
    records.read_config(_put("config.yaml", content))


def _record(model):
    return lambda content: records.read_record(_put("record.json", content), model)


def _ledger(content):
    ledger.read_ledger(_put(ledger.NAME, content).parent)


def _predictions(content):
    read_predictions(_put("predictions.npz", content), 2, 3)


def _sweep(content):
    read_sweep(_put("sweep.json", content).parent)


def _override(content):
    read_override(content.decode("utf-8", "surrogateescape"))


_SUMMARY = (
    b'{"status": "diverged", "reason": "step 3: x", "steps": 3, "seconds": 0.1, "parameters": 9, '
    b'"evaluated_on": null, "best": {"step": 2, "loss": null, "accuracy": 0.5}}'
)
_ENVIRONMENT = b'{"commit": null, "cpu": "x", "threads": 1, "versions": {"nnlab": "1"}, "data": {"train": "00ff"}}'
_LOOK = b'{"when": "2026-01-01", "cause": "nnlab eval", "step": 6, "accuracy": 0.5, "loss": 1.0, "every": 2}\n'
_SWEEP = (
    b'{"name": "a", "axes": {"seed": [0, 1]}, "cells": [{"directory": "cells/000", "settings": {"seed": 0}, '
    b'"changes": ["seed=0"], "status": "pending", "error": null, "attempts": 0}]}'
)


@functools.cache
def _resolved():
    return as_yaml(validate(read_document(_put("tiny.yaml", tiny.CONFIG.encode())), Experiment).value).encode()


@functools.cache
def _saved():
    return Checkpoint(1, {"params/0.weight": np.eye(2, dtype=np.float32)}, {"metrics_bytes": 0, "streams": {}})


def _facts_seed():
    saved = b"".join(format_of_checkpoints.encode(_saved()))
    header = json.loads(saved[8 : 8 + int.from_bytes(saved[:8], "little")])
    return header["__metadata__"]["facts"].encode()


def _log_seed():
    path = _put("seed.jsonl", b"")
    path.unlink()
    log = MetricsLog(path)
    for step in (1, 2):
        log.append({"step": step, "split": "train", "loss": 0.5, "accuracy": 0.5, "seconds": 0.1})
    log.close()
    return path.read_bytes()


def _answers(**changed):
    """Return predictions of two examples and three classes, some of the arrays ``changed``."""
    classes, numbers = np.array([0, 2]), np.full((2, 3), 0.25, np.float32)
    arrays = {
        "labels": classes,
        "predicted": classes,
        "probabilities": numbers,
        "losses": numbers[:, 0],
        **changed,
    }
    return hostile.zipped(**{name: hostile.npy(array) for name, array in arrays.items()})


def _keras(labels):
    return hostile.zipped(x_train=hostile.npy(np.zeros((2, 3))), y_train=hostile.npy(labels))


def _zipped_labels(compression):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        archive.writestr("gzip/x.gz", gzip.compress(hostile.idx(2, 8, content=bytes(64), magic=b"\0\0\x0c\x02")))
    return packed.getvalue()


@functools.cache
def parsers():
    """Return every parser under its name."""
    small, floats = hostile.npy(np.arange(4, dtype=np.uint8)), hostile.npy(np.zeros((2, 3), np.float32))
    image = hostile.idx(2, 2, 2, content=bytes(8))
    index = b'{"last": "step-00000001.safetensors", "previous": "step-00000001.safetensors"}'
    packed = hostile.archive(("cifar/data_batch_1.bin", bytes(hostile.RECORD)))
    return {
        "config": Parser(
            _config, (tiny.CONFIG.encode(), RICH.encode(), b"a: &a [*a, {x: !!str 010, ? y: 1e-3}]\n")
        ),
        "idx": Parser(_idx, (image, gzip.compress(image))),
        "cifar10": Parser(_cifar, (bytes(hostile.RECORD), bytes(2 * hostile.RECORD))),
        "cifar10 archive": Parser(_archive, (gzip.decompress(packed)[:5120], packed)),
        "npy": Parser(_npy, (small, floats, hostile.objects())),
        "npz": Parser(_npz, (hostile.zipped(a=small, b=floats), hostile.zipped(a=hostile.objects()))),
        "image": Parser(_image, tuple(_pictures())),
        "csv": Parser(_csv, _TABLES),
        "arrays of one's own": Parser(_own_arrays, (_keras(np.eye(2)), _keras(np.zeros((2, 1))))),
        "zip of idx files": Parser(
            _zip_of_idx, (_zipped_labels(zipfile.ZIP_STORED), _zipped_labels(zipfile.ZIP_DEFLATED))
        ),
        "checkpoint": Parser(_checkpoint, (b"".join(format_of_checkpoints.encode(_saved())),)),
        "facts of a checkpoint": Parser(_facts, (_facts_seed(),)),
        "metrics": Parser(_metrics, (_log_seed(), b"")),
        "records of metrics": Parser(
            _records, (b'{"step": 1, "split": "a", "loss": 1, "accuracy": 1, "seconds": 1',)
        ),
        "index of checkpoints": Parser(_index, (index, b"{}", b"[]")),
        "config of a run": Parser(_recorded_config, (_resolved(), tiny.CONFIG.encode())),
        "summary": Parser(_record(records.Summary), (_SUMMARY,)),
        "environment": Parser(_record(records.Environment), (_ENVIRONMENT,)),
        "ledger": Parser(_ledger, (_LOOK * 2, b"")),
        "predictions": Parser(_predictions, (_answers(), _answers(predicted=np.array([0, 3])))),
        "sweep": Parser(_sweep, (_SWEEP,)),
        "override": Parser(_override, (b"network.0.units=32", b'data={type: random, shape: [3, "x"]}', b"a='")),
        "other JSON": Parser(_json, (b'{"a": [1, 2.5e3, null, "x"]}', b"[" * 50)),
    }
