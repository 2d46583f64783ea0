"""A machine of its own for each test: no data, no cache, no proxy."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

IDX_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The current directory of a user who has nothing yet; the cache is in ``cache``."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("NNLAB_DATA", raising=False)
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def no_mirrors(monkeypatch):
    """All mirrors refuse the connection."""
    import dataclasses

    from nnlab.registry import DATASETS

    for source in map(DATASETS.__getitem__, DATASETS.names()):
        if source.published is not None:
            nowhere = dataclasses.replace(
                source.published, mirrors=("http://127.0.0.1:9/", "http://127.0.0.1:9/b/")
            )
            monkeypatch.setattr(source, "published", nowhere)


def idx_bytes(values):
    values = np.asarray(values, np.uint8)
    return bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()


@pytest.fixture
def write_idx():
    """Write a data set of ``train`` and ``test`` examples as idx files and return it."""

    def write(folder: Path, train=20, test=8, seed=0, suffix=".gz"):
        folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(seed)
        arrays = []
        for count in (train, test):
            arrays += [rng.integers(256, size=(count, 28, 28)), rng.integers(10, size=count)]
        for name, array in zip(IDX_NAMES, arrays, strict=True):
            content = idx_bytes(array)
            (folder / f"{name}{suffix}").write_bytes(gzip.compress(content) if suffix else content)
        return arrays

    return write
