"""``nnlab data inspect`` on configs, files and runs."""

import json

import numpy as np
import pytest
from PIL import Image
from support.experiments import SMALL, write_config


@pytest.fixture
def archive(tmp_path, rng):
    """An .npz file with a training image that is also a test image, under another label."""
    train = rng.integers(256, size=(40, 8, 8, 1), dtype=np.uint8)
    test = rng.integers(256, size=(10, 8, 8, 1), dtype=np.uint8)
    test[3] = train[7]
    path = tmp_path / "own.npz"
    labels = np.arange(40) % 2, np.zeros(10, np.int64)
    np.savez(path, train_inputs=train, train_labels=labels[0], test_inputs=test, test_labels=labels[1])
    return path


def test_a_file_is_inspected(nnlab_, archive):
    code, out, err = nnlab_("data", "inspect", archive, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert found["shared_copies"] == {"train-test": 1}
    assert found["copies"] == [
        [{"split": "train", "index": 7, "class": "1"}, {"split": "test", "index": 3, "class": "0"}]
    ]
    assert found["empty_classes"] == {"train": [], "test": ["1"]}


def test_a_table_and_a_folder_of_images_are_inspected(nnlab_, tmp_path, rng):
    (tmp_path / "points.csv").write_text("x,z,label\n" + "".join(f"{i},{i + 1},{'ab'[i % 2]}\n" for i in range(6)))
    for name in "cat", "dog":
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(2):
            pixels = rng.integers(256, size=(40, 30, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / name / f"{i}.png")
    (tmp_path / "pets" / "dog" / "2.png").write_bytes((tmp_path / "pets" / "cat" / "0.png").read_bytes())
    for path, shape, counts in ("points.csv", [2], [3, 3]), ("pets", [32, 32, 3], [2, 3]):
        code, out, err = nnlab_("data", "inspect", tmp_path / path, "--json")
        assert code == 0, err
        found = json.loads(out)
        assert found["shape"] == shape
        assert found["splits"]["train"]["per_class"] == counts
    assert len(found["copies"]) == 1
    code, _, err = nnlab_("data", "inspect", tmp_path / "pets", "data.size=8")
    assert (code, "data.size=8 is a setting of a config" in err) == (2, True)


def test_tables_fit_a_terminal(nnlab_, archive, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code, out, err = nnlab_("data", "inspect", archive)
    assert code == 0, err
    assert max(map(len, out.splitlines())) <= 80
    rows = [line.split() for line in out.splitlines()]
    assert ["in", "train", "and", "in", "test", "1"] in rows
    assert ["same", "train", "7", "1", "test", "3", "0"] in rows


def test_the_network_of_a_run_contradicts_labels(nnlab_, tmp_path):
    assert (
        nnlab_("train", write_config(tmp_path, SMALL), "loss={type: focal, class_weights: balanced}", "-q")[0] == 0
    )
    code, out, err = nnlab_("data", "inspect", "latest", "--json")
    assert code == 0, err
    labels = json.loads(out)["labels"]
    assert (labels["split"], labels["examples"], labels["out_of_sample"]) == ("validation", 10, True)
    assert all(each["suggested"] != each["label"] for each in labels["contradicted"])
    assert nnlab_("verify", "latest")[0] == 0


def test_what_is_nowhere_is_refused(nnlab_, tmp_path):
    assert nnlab_("data", "inspect", tmp_path / "none.npz")[0] == 3
    assert nnlab_("data", "inspect", "nosuchthing")[0] in {2, 4}
