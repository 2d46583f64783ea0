"""Figures are written whole, and to the same bytes every time."""

import errno
import os

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.image import imread

from nnlab.drawing.confusion import confusion
from nnlab.drawing.saving import save
from nnlab.errors import SystemFault, UsageError

FORMATS = ["png", "svg", "pdf"]


def figure(title="a title"):
    return confusion(np.array([[5, 1], [0, 4]]), ["<script>", "$b$"], title=title)


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_figure_gives_the_same_bytes(tmp_path, monkeypatch, form):
    contents = []
    for epoch in ("0", "1000000000"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        with mpl.rc_context({"svg.hashsalt": None, "pdf.compression": 0, "savefig.dpi": 30}):
            path = tmp_path / epoch / f"figure.{form}"
            save(figure(), path)
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]
    assert not any(word in contents[0] for word in (b"CreationDate", b"dc:date", b"tIME"))


@pytest.mark.parametrize("form", FORMATS)
def test_another_figure_gives_other_bytes(tmp_path, form):
    save(figure(), tmp_path / f"a.{form}")
    save(figure("another title"), tmp_path / f"b.{form}")
    assert (tmp_path / f"a.{form}").read_bytes() != (tmp_path / f"b.{form}").read_bytes()


def test_saving_again_gives_the_same_bytes(tmp_path):
    drawing = confusion(np.eye(10, dtype=np.int64), [f"golden retriever {i}" for i in range(10)])
    for name in ("a.svg", "b.png", "b.svg"):
        save(drawing, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_formats_and_resolution(tmp_path):
    drawing = figure()
    for name in ("a.PNG", "a.svg", "a.pdf"):
        save(drawing, tmp_path / name)
    width, height = drawing.get_size_inches() * 200
    assert imread(tmp_path / "a.PNG").shape == (int(height), int(width), 4)
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    svg = (tmp_path / "a.svg").read_text()
    assert svg.startswith("<?xml")
    assert "<script>" not in svg


@pytest.mark.parametrize("name", ["figure", "figure.bmp", ".png"])
def test_other_formats_are_refused(tmp_path, name):
    with pytest.raises(UsageError, match=r"must end in \.png, \.svg or \.pdf"):
        save(figure(), tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", FORMATS)
def test_a_full_disk_is_a_fault_and_leaves_the_old_figure(tmp_path, monkeypatch, form):
    path = tmp_path / f"figure.{form}"
    path.write_bytes(b"old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SystemFault, match=r"figure\..*No space left"):
        save(figure(), path)
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
