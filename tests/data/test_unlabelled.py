"""Examples without labels: images of every kind, arrays and CSV files."""

import gzip
import logging

import numpy as np
import pytest
from PIL import Image

from nnlab.data.image_pixels import ImageForm
from nnlab.data.unlabelled import Unlabelled
from nnlab.errors import DataError, UsageError

GREY, COLOUR = (4, 6, 1), (4, 6, 3)


def read(*paths, shape=GREY, size=2, **options):
    examples = Unlabelled(paths, ImageForm(shape, "stretch"), **options)
    batches = list(examples.batches(size))
    names = [name for part, _ in batches for name in part]
    return names, [x for _, x in batches], examples.unread


@pytest.fixture
def pixels(rng):
    return rng.integers(256, size=(4, 6), dtype=np.uint8)


@pytest.fixture
def picture(tmp_path, pixels):
    Image.fromarray(pixels).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def test_pictures_are_converted_which_is_said_once(tmp_path, pixels, picture, caplog):
    assert read(picture)[1][0].tolist() == [pixels[..., None].tolist()]
    assert not caplog.records
    for name in "bc":
        Image.fromarray(np.dstack([pixels] * 3).repeat(5, 0).repeat(3, 1)).save(tmp_path / f"{name}.png")
    _, (x,), _ = read(tmp_path / "b.png", tmp_path / "c.png")
    assert x.shape == (2, *GREY)
    assert np.abs(x[1, ..., 0].astype(int) - pixels).mean() < 40
    assert len(caplog.records) == 1
    assert "18x20" in caplog.text
    assert read(picture, shape=COLOUR)[1][0][0, ..., 2].tolist() == pixels.tolist()


def test_a_folder_is_searched_in_order_and_damaged_files_are_named(tmp_path, picture):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "0.PNG").write_bytes(picture.read_bytes())
    (tmp_path / "b\x1b[2J.png").write_bytes(picture.read_bytes()[:60])
    (tmp_path / "c.jpg").write_bytes(b"MZ\x00")
    (tmp_path / "notes.txt").write_text("x")
    names, batches, unread = read(tmp_path)
    assert names == [str(picture), str(tmp_path / "sub" / "0.PNG")]
    assert sum(map(len, batches)) == 2
    assert [path.name for path, _ in unread] == ["b\x1b[2J.png", "c.jpg"]
    assert not any("\x1b" in reason for _, reason in unread)


def test_arrays_rows_and_single_examples(tmp_path, rng, caplog):
    x = rng.integers(256, size=(5, *GREY)).astype(np.uint8)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "flat.npy", x.reshape(5, -1).astype(np.float64))
    np.save(tmp_path / "one.npy", x[0, ..., 0])
    np.savez(tmp_path / "keras.npz", x_test=x[..., 0], y_test=np.zeros(5))
    names, batches, _ = read(tmp_path / "x.npy", size=3)
    assert names == [f"{tmp_path / 'x.npy'}[{i}]" for i in range(5)]
    assert [part.tolist() for part in batches] == [x[:3].tolist(), x[3:].tolist()]
    for name in ("flat.npy", "keras.npz"):
        assert np.concatenate(read(tmp_path / name)[1]).tolist() == x.tolist()
    assert read(tmp_path / "one.npy")[1][0].tolist() == x[:1].tolist()


@pytest.mark.parametrize("zipped", [False, True])
def test_csv_with_and_without_header_and_labels(tmp_path, rng, zipped):
    x = rng.integers(256, size=(5, 24))
    forms = {
        "plain": [",".join(map(str, row)) for row in x],
        "header": ["p" + ",p".join(map(str, range(24))), *[",".join(f'"{v}"' for v in row) for row in x], ""],
        "label": [",".join(["label", *["p"] * 24]), *[",".join(map(str, (3, *row))) for row in x]],
    }
    for name, lines in forms.items():
        path = tmp_path / (f"{name}.csv.gz" if zipped else f"{name}.csv")
        content = "\n".join(lines).encode()
        path.write_bytes(gzip.compress(content) if zipped else content)
        batches = read(path)[1]
        assert [len(part) for part in batches] == [2, 2, 1]
        assert np.concatenate(batches).reshape(5, 24).tolist() == x.tolist()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("wide.csv", b"1,2,3\n"),
        ("empty.csv", b""),
        ("text.csv", b",".join([b"1"] * 24) + b"\n" + b",".join([b"1"] * 23 + [b"cat"])),
        ("short.csv", b",".join([b"1"] * 24) + b"\n1,2\n"),
        ("nan.csv", b",".join([b"1"] * 23 + [b"nan"])),
        ("latin.csv", b"\xff\xfe\n"),
        ("damaged.csv.gz", b"\x1f\x8b\x08"),
        ("not.npy", b"x"),
        ("not.npz", b"PK"),
    ],
)
def test_files_that_cannot_be_used_are_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=name.partition(".")[0]):
        read(tmp_path / name)


def test_other_shapes_and_empty_folders_are_refused(tmp_path, picture, rng):
    np.save(tmp_path / "x.npy", rng.normal(size=(3, 5)))
    (tmp_path / "empty").mkdir()
    for path, shape in ((tmp_path / "x.npy", GREY), (tmp_path / "empty", GREY), (picture, (24,))):
        with pytest.raises(DataError):
            read(path, shape=shape)
    with pytest.raises(UsageError):
        read(tmp_path / "missing.png")


def test_pixels_are_scaled_and_inverted_on_request(picture, pixels, caplog):
    assert np.allclose(read(picture, unit=True)[1][0][0, ..., 0], pixels / 255)
    assert read(picture, invert=True)[1][0][0, ..., 0].tolist() == (255 - pixels).tolist()


def test_ink_on_paper_is_noticed_where_training_images_are_dark(tmp_path, caplog):
    for name, value in (("light", 230), ("dark", 20)):
        Image.new("L", (6, 4), value).save(tmp_path / f"{name}.png")
    for names, dark, said in ((["light"], True, 1), (["dark"], True, 0), (["light"], False, 0)):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            read(*(tmp_path / f"{name}.png" for name in names), dark=dark)
        assert len(caplog.records) == said
