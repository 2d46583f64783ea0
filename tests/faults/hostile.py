"""Data files that somebody made to do harm, or that were damaged on their way."""

import gzip
import io
import pickle
import struct
import tarfile
import zipfile
import zlib

import numpy as np
from PIL import Image

RECORD = 3073


def idx(*lengths, content, magic=None):
    return (magic or bytes((0, 0, 8, len(lengths)))) + struct.pack(f">{len(lengths)}I", *lengths) + content


IMAGES, LABELS = idx(2, 28, 28, content=bytes(2 * 784)), idx(2, content=bytes((3, 7)))

IDX = {
    "huge dimensions": (idx(2**32 - 1, 28, 28, content=b""), LABELS, "train-images-idx3-ubyte"),
    "dimensions that overflow": (
        idx(2**32 - 1, 2**32 - 1, 2**32 - 1, content=b""),
        LABELS,
        "train-images-idx3-ubyte",
    ),
    "wrong magic": (
        idx(2, 28, 28, content=bytes(2 * 784), magic=b"\0\0\x0d\x03"),
        LABELS,
        "train-images-idx3-ubyte",
    ),
    "short": (IMAGES[:-1], LABELS, "train-images-idx3-ubyte is short"),
    "trailing bytes": (IMAGES + b"!", LABELS, "train-images-idx3-ubyte continues"),
    "nothing": (b"", LABELS, "train-images-idx3-ubyte"),
    "a label out of range": (IMAGES, idx(2, content=bytes((3, 10))), "label 1 is 10"),
    "counts that differ": (IMAGES, idx(3, content=bytes(3)), "2 images"),
    "a gzip bomb": (
        gzip.compress(idx(2, 28, 28, content=bytes(2**26))),
        LABELS,
        "train-images-idx3-ubyte continues",
    ),
    "half a gzip file": (gzip.compress(IMAGES)[:-9], LABELS, "damaged gzip"),
}
"""Training images and labels, and what the message says."""


def write_idx(folder, images, labels):
    folder.mkdir()
    content = {"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": labels}
    content |= {"t10k-images-idx3-ubyte": IMAGES, "t10k-labels-idx1-ubyte": LABELS}
    for name, each in content.items():
        (folder / name).write_bytes(each)


def write_batches(folder, first):
    """Write the batch files of CIFAR-10, the first of them with content of the caller's."""
    folder.mkdir(parents=True)
    for name in ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"):
        (folder / f"{name}.bin").write_bytes(first if name == "data_batch_1" else bytes(RECORD))


def archive(*members):
    """Return a gzipped tar of (name, content or kind of member)."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            else:
                member.type, member.linkname = content, "/etc/passwd"
                tar.addfile(member)
    return packed.getvalue()


ARCHIVES = {
    "a member that climbs": archive(("../data_batch_1.bin", bytes(RECORD))),
    "an absolute member": archive(("/data_batch_1.bin", bytes(RECORD))),
    "a link": archive(("data_batch_1.bin", tarfile.SYMTYPE)),
    "a hard link": archive(("data_batch_1.bin", tarfile.LNKTYPE)),
    "a device": archive(("data_batch_1.bin", tarfile.CHRTYPE)),
    "a bomb": archive(("data_batch_1.bin", bytes(31 * 2**20))),
    "many small bombs": archive(*((f"{i}.bin", bytes(25 * 2**20)) for i in range(8))),
    "half of one": archive(("data_batch_1.bin", bytes(RECORD)))[:-20],
    "no archive": b"<html>not found</html>",
}


def png(side, mode="L"):
    """Return a PNG of one pixel that declares ``side`` x ``side`` of them."""
    packed = io.BytesIO()
    Image.new(mode, (1, 1)).save(packed, "PNG")
    content = bytearray(packed.getvalue())
    content[16:24] = struct.pack(">II", side, side)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


CSV = {
    "columns without end": (b"0," * 2**24, "line 1 has more than"),
    "a quote that is never closed": (b'x,label\n1,"a\n' + b"1,b\n" * 2**23, "line 2 has more than"),
    "zeros that were gzipped": (gzip.compress(bytes(2**26), 1), "zero byte"),
    "columns without end, gzipped": (gzip.compress(b"0," * 2**25, 1), "line 1 has more than"),
    "a value that is missing": (b"x,label\n1,a\n,b\n", "line 3, column 0 ('x')"),
    "an escape in a label": (b"x,label\n1,\x1b[31m\n", "line 2"),
}
"""Contents of CSV files, and what the message says."""


def npy(array, **options):
    packed = io.BytesIO()
    np.save(packed, array, **options)
    return packed.getvalue()


class _Harm:
    def __reduce__(self):
        return exec, ("open('harm', 'w')",)


def objects():
    return npy(np.array([_Harm()], object), allow_pickle=True)


def pickled():
    return pickle.dumps(_Harm())


def zipped(**members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return packed.getvalue()
