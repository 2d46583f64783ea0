"""Folders of images and tables made by other hands: train, evaluate, draw and report from a few lines."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def write_images(folder):
    """Write class folders of images that differ in colour, of mixed sizes and formats."""
    rng = np.random.default_rng(0)
    endings = (".png", ".jpg", ".gif", ".bmp", ".webp")
    for part, count in (("train", 20), ("test", 5)):
        for name, colour in (("[b]ripe", (200, 40, 30)), ("unripe", (40, 160, 50))):
            (folder / part / name).mkdir(parents=True)
            for number in range(count):
                height, width = rng.integers(9, 40, 2)
                pixels = np.clip(colour + rng.normal(0, 20, (height, width, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / part / name / f"{number}{endings[number % 5]}")
    (folder / "train" / "unripe" / "notes.txt").write_text("taken in May\n")


def write_table(path):
    rng = np.random.default_rng(0)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, delimiter=";", quoting=csv.QUOTE_NONNUMERIC)
        rows.writerow(["Id", "length", "width", "kind"])
        for number in range(60):
            kind = number % 2
            rows.writerow([number, *(rng.normal(3 * kind, 0.3, 2).tolist()), ("Apfel; rot", 'Äpfel "grün"')[kind]])


IMAGES = """\
data: {type: images, path: fruit, size: 8, skip_damaged: true, validation: 10}
network: [{type: dense, units: 2}]
optimizer: {type: adam, learning_rate: 1e-2}
training: {epochs: 10, batch_size: 10}
"""
TABLE = """\
data: {type: csv, path: fruit.csv, label: kind, ignore: [Id], validation: 20}
network: [{type: dense, units: 2}]
optimizer: {type: adam, learning_rate: 5e-2}
training: {epochs: 20, batch_size: 10}
"""


def test_images(nnlab_, tmp_path, caplog):
    write_images(tmp_path / "fruit")
    (tmp_path / "c.yaml").write_text(IMAGES)
    code, _, err = nnlab_("train", "c.yaml", "-q")
    assert code == 0, err
    assert "train/unripe/notes.txt" in caplog.text
    code, out, _ = nnlab_("eval", "latest", "--json")
    assert (code, json.loads(out)["accuracy"]) == (0, 1.0)
    code, out, _ = nnlab_("report", "latest")
    assert code == 0
    assert "[b]ripe" in (tmp_path / out.strip()).read_text(encoding="utf-8")


def test_a_table(nnlab_, tmp_path):
    write_table(tmp_path / "fruit.csv")
    (tmp_path / "c.yaml").write_text(TABLE)
    code, _, err = nnlab_("train", "c.yaml", "-q")
    assert code == 0, err
    code, out, _ = nnlab_("eval", "latest", "--split", "validation", "--json")
    assert (code, json.loads(out)["accuracy"]) == (0, 1.0)
    assert nnlab_("plot", "confusion", "latest", "--split", "validation")[0] == 0
    assert nnlab_("verify", "latest")[0] == 0
