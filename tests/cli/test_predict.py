"""``nnlab predict`` as a user meets it."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image
from support.experiments import write_config

GLYPHS = """\
data: {type: glyphs, train: 200, test: 300, validation: 50}
network: [{type: dense, units: 10}]
optimizer: {type: adam, learning_rate: 0.01}
training: {steps: 20, batch_size: 20, evaluate_every: 10}
"""


@pytest.fixture
def folder(nnlab_, tmp_path):
    """Train a run on digits and save ten test images as pictures, and all as an array."""
    from nnlab.config import load_config
    from nnlab.data import load_dataset

    config = write_config(tmp_path, GLYPHS, "glyphs.yaml")
    assert nnlab_("train", config, "-q")[0] == 0
    test = load_dataset(load_config(config).data, 0).test
    np.save(tmp_path / "test.npy", test.inputs[:])
    np.save(tmp_path / "labels.npy", test.labels)
    (tmp_path / "pictures").mkdir()
    for number, image in enumerate(test.inputs[:10]):
        Image.fromarray(image[..., 0]).save(tmp_path / "pictures" / f"{number}.png")
    return tmp_path


def test_the_accuracy_is_that_of_eval_and_pictures_give_the_same_classes(nnlab_, folder):
    code, out, err = nnlab_("predict", "latest", "test.npy", "--csv", "--top", 1)
    assert (code, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out)))
    right = np.array([int(row["class"]) for row in rows]) == np.load(folder / "labels.npy")
    accuracy = json.loads(nnlab_("eval", "latest", "--json")[1])["accuracy"]
    assert right.mean() == accuracy
    out = nnlab_("predict", "latest", "pictures", "--json")[1]
    pictures = json.loads(out)["predictions"]
    assert [each["class"] for each in pictures] == [row["class"] for row in rows[:10]]
    assert [f"{each['probability']:.4f}" for each in pictures] == [
        f"{float(row['probability']):.4f}" for row in rows[:10]
    ]
    assert len(pictures[0]["top"]) == 3


def test_damaged_pictures_are_named_and_the_others_predicted(nnlab_, folder):
    (folder / "pictures" / "5x\x1b[31m.png").write_bytes(b"\x89PNG")
    code, out, err = nnlab_("predict", "latest", "pictures")
    assert code == 3
    assert out.count(".png") == 10
    assert "5x\N{REPLACEMENT CHARACTER}[31m.png" in err
    assert "\x1b" not in out + err
    code, out, _ = nnlab_("predict", "latest", "pictures", "--json")
    assert code == 3
    assert [each["input"] for each in json.loads(out)["unread"]] == ["pictures/5x\x1b[31m.png"]
    code, out, _ = nnlab_("predict", "latest", "pictures", "--submission", "s.csv")
    assert (code, out) == (3, "")
    assert not (folder / "s.csv").exists()


def test_a_submission_has_numbers_and_classes(nnlab_, folder):
    code, out, _ = nnlab_("predict", "latest", "test.npy", "--submission", "s.csv", "--header", "id,digit")
    assert (code, out) == (0, "s.csv\n")
    lines = (folder / "s.csv").read_text().splitlines()
    assert lines[0] == "id,digit"
    assert [line.partition(",")[0] for line in lines[1:]] == [str(i) for i in range(1, 301)]
    code, _, _ = nnlab_("predict", "latest", "test.npy", "--submission", "s.csv", "--header", "id")
    assert code == 2


@pytest.mark.slow
def test_a_figure_shows_the_first_images(nnlab_, folder):
    code, _, err = nnlab_("predict", "latest", "pictures/1.png", "--figure", "f.png", "--show")
    assert (code, err) == (0, "figure: f.png\n")
    with Image.open(folder / "f.png") as image:
        assert image.width > 500
    assert nnlab_("predict", "latest", "test.npy", "--figure", "no/f.png")[0] == 2
