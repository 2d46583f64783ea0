import io
import os

import numpy as np
import pytest
from PIL import Image

from nnlab.data import ImageFolder, load_dataset
from nnlab.data.class_names import in_order
from nnlab.data.image_pixels import ImageForm, decode
from nnlab.data.inputs_in_file import InputsInFile
from nnlab.data.notices import notify
from nnlab.data.section import DataSpec
from nnlab.errors import DataError, OptionError
from nnlab.registry import DATASETS

RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest.fixture(autouse=True)
def _forget():
    notify.cache_clear()


def put(path, colour=RED, size=(8, 8), mode="RGB", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path, **options)
    return path


def encoded(image, form="PNG", **options):
    content = io.BytesIO()
    image.save(content, form, **options)
    return content.getvalue()


def source(path, **options):
    return ImageFolder(path=str(path), **{"size": (8, 8), **options})


def pets(home, count=3):
    for number in range(count):
        put(home / "pets" / "cat" / f"{number}.png", RED)
        put(home / "pets" / "dog" / f"{number}.png", BLUE)
    return home / "pets"


def test_a_folder_of_class_folders(home):
    folder = pets(home)
    put(folder / "dog" / "deeper" / "x.webp", BLUE, lossless=True)
    for ignored in (".DS_Store", "cat/.hidden.png", "Thumbs.db"):
        (folder / ignored).write_bytes(b"no image")
    train, test = source(folder).load(None)
    assert source(folder).class_names == ("cat", "dog")
    assert train.labels.tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert [tuple(image[0, 0]) for image in train.inputs[:]] == [RED] * 3 + [BLUE] * 4
    assert isinstance(train.inputs, InputsInFile)
    assert (len(test), test.inputs.shape) == (0, (0, 8, 8, 3))


def test_test_and_validation_images(home, caplog):
    for part, count in (("train", 3), ("val", 2), ("test", 1)):
        os.rename(pets(home, count), home / part)  # noqa: PTH104
        (home / "set").mkdir(exist_ok=True)
        os.rename(home / part, home / "set" / part)  # noqa: PTH104
    put(home / "set" / "val" / "dog" / "more.png", BLUE)
    spec = DATASETS.spec("images", DataSpec)(path=str(home / "set"), size=8, validation=5, validation_split="last")
    dataset = load_dataset(spec, 0)
    assert [len(split) for split in dataset.splits.values()] == [6, 5, 2]
    assert dataset.validation.labels.tolist() == [0, 0, 1, 1, 1]
    assert "data.validation: 5" in caplog.text


@pytest.mark.parametrize(
    ("resize", "columns"),
    [("stretch", "RRBB"), ("crop", "RRBB"), ("fit", "RRBB")],
)
def test_resizing(resize, columns):
    wide = Image.new("RGB", (40, 20), RED)
    wide.paste(BLUE, (20, 0, 40, 20))
    pixels, changes = decode(encoded(wide), ImageForm((4, 4, 3), resize))
    middle = "".join("R" if pixel[0] > pixel[2] else "B" for pixel in pixels[1])
    assert middle == columns
    assert (pixels[0] == 0).all() == (resize == "fit")
    assert ("cut" in changes) == (resize == "crop")


def test_a_crop_is_the_middle():
    wide = Image.new("RGB", (60, 20), RED)
    wide.paste(BLUE, (20, 0, 40, 20))
    pixels, _ = decode(encoded(wide), ImageForm((20, 20, 3)))
    assert (pixels == BLUE).all()


def test_every_orientation_is_turned_upright():
    upright = np.zeros((4, 6, 3), np.uint8)
    upright[0, :], upright[:, 0] = 200, 100
    stored = {1: upright, 3: upright[::-1, ::-1], 6: np.rot90(upright, 1), 8: np.rot90(upright, -1)}
    stored |= {2: upright[:, ::-1], 4: upright[::-1], 5: upright.transpose(1, 0, 2)}
    stored[7] = upright[::-1, ::-1].transpose(1, 0, 2)
    for orientation, pixels in stored.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        content = encoded(Image.fromarray(np.ascontiguousarray(pixels)), exif=exif)
        found, changes = decode(content, ImageForm((4, 6, 3)))
        np.testing.assert_array_equal(found, upright, str(orientation))
        assert ("turned" in changes) == (orientation > 1)


def test_depth_palette_transparency_and_channels():
    grey, colour = ImageForm((2, 2, 1)), ImageForm((2, 2, 3))
    deep = Image.fromarray(np.array([[0, 257], [32896, 65535]], np.uint16))
    assert decode(encoded(deep), grey)[0].ravel().tolist() == [0, 1, 128, 255]
    assert decode(encoded(deep), grey)[1] == {"16 bits"}
    half = Image.new("RGBA", (2, 2), (0, 0, 0, 127))
    assert decode(encoded(half), colour) == (pytest.approx(np.full((2, 2, 3), 128)), {"transparent"})
    assert decode(encoded(Image.new("RGBA", (2, 2), RED)), colour)[1] == set()
    palette = Image.new("RGB", (2, 2), BLUE).quantize(4)
    assert (decode(encoded(palette, "GIF"), colour)[0] == BLUE).all()
    assert decode(encoded(Image.new("RGB", (2, 2), RED)), grey) == (
        pytest.approx(np.full((2, 2, 1), 76)),
        {"colour"},
    )
    assert decode(encoded(Image.new("L", (2, 2), 9)), colour) == (pytest.approx(np.full((2, 2, 3), 9)), {"grey"})
    frames = [Image.new("RGB", (2, 2), each) for each in (RED, BLUE)]
    moving = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    pixels, changes = decode(moving, colour)
    assert ((pixels == RED).all(), changes) == (True, {"animated"})


def bomb(side):
    """Return a PNG of a few bytes that declares ``side`` x ``side`` pixels."""
    content = bytearray(encoded(Image.new("L", (1, 1))))
    import struct
    import zlib

    content[16:24] = struct.pack(">II", side, side)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


DAMAGED = {
    "empty": (b"", "is empty"),
    "text": (b"no image", "is not a PNG"),
    "truncated": (encoded(Image.effect_noise((64, 64), 50), "JPEG")[:900], "is damaged"),
    "half": (encoded(Image.effect_noise((64, 64), 50))[:2000], "is damaged"),
    "a bomb": (bomb(8000), "8,000 x 8,000 pixels, in 67 bytes"),
    "huge": (bomb(60_000), "pixels"),
    "tiff": (encoded(Image.new("L", (4, 4)), "TIFF"), "is not a PNG"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_what_is_no_image_is_refused_or_left_out(home, caplog, case):
    content, message = DAMAGED[case]
    folder = pets(home)
    (folder / "cat" / "a[red].png").write_bytes(content)
    with pytest.raises(DataError, match=r"1 of 7 files \(cat/a\[red\].png .*data.skip_damaged: true") as error:
        source(folder).load(None)
    assert message in str(error.value)
    for _ in range(2):  # decoded, and from the cache
        train, _ = source(folder, skip_damaged=True).load(None)
        assert train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert caplog.text.count("left out 1 of 7 files") == 1


def test_links_and_pipes_are_not_opened(home):
    folder = pets(home)
    put(home / "secret.png")
    (folder / "cat" / "link.png").symlink_to(home / "secret.png")
    (folder / "cat" / "around").symlink_to(folder)
    os.mkfifo(folder / "dog" / "pipe.png")
    with pytest.raises(DataError, match=r"3 of 9 files \(cat/around is a link, .*cat/link.png .*dog/pipe.png"):
        source(folder).load(None)
    (folder / "elsewhere").symlink_to(home)
    with pytest.raises(DataError, match="elsewhere is a link"):
        source(folder)


def test_control_characters_in_names_are_not_printed(home):
    folder = pets(home)
    (folder / "cat" / "\x1b[31m.png").write_bytes(b"")
    with pytest.raises(DataError) as error:
        source(folder).load(None)
    assert str(error.value).isprintable()
    put(folder / "\x1b[31m" / "a.png")
    with pytest.raises(DataError, match=r"has the character U\+001B"):
        source(folder)


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        ((), "no class folders"),
        (("cat",), "one class folder only"),
        (("cat/a", "cat/b"), r"data\.path: .*cat names them"),
        (("train/cat", "train/dog", "mouse"), "is in none of"),
        (("train/cat", "train/dog", "val/cat", "validation/cat"), "hold validation examples; leave one"),
    ],
)
def test_layouts_that_are_none(home, folders, message):
    (home / "set").mkdir()
    for folder in folders:
        (home / "set" / folder).mkdir(parents=True)
    with pytest.raises(DataError, match=message):
        source(home / "set")
    put(home / "set" / "loose.png")
    if not folders:
        with pytest.raises(DataError, match="has images, but no class folders"):
            source(home / "set")


def test_paths_that_are_no_folder(home):
    (home / "set.zip").write_bytes(b"PK")
    for path, hint in (("nowhere", ""), ("set.zip", "unpack it first")):
        with pytest.raises(OptionError) as error:
            source(path)
        assert (error.value.option, error.value.hint) == ("path", hint)
    with pytest.raises(OptionError):
        source(home, size=(5000, 8))


def test_classes_without_images_and_test_images_without_classes(home, caplog):
    folder = pets(home)
    (folder / "mouse").mkdir()
    source(folder).load(None)
    assert "no training example of the class 'mouse'" in caplog.text
    os.rename(folder, home / "train")  # noqa: PTH104
    folder.mkdir()
    os.rename(home / "train", folder / "train")  # noqa: PTH104
    put(folder / "test" / "1.png")
    assert len(source(folder).load(None)[1]) == 0
    assert "images without class folders" in caplog.text
    put(folder / "test" / "bird" / "1.png")
    with pytest.raises(DataError, match="the class 'bird' has no folder of training images"):
        source(folder).load(None)


def test_the_cache_follows_the_files_and_repairs_itself(home, tmp_path):
    folder = pets(home)
    before = load_dataset(DATASETS.spec("images", DataSpec)(path=str(folder), size=8), 0).digests()
    (kept,) = (tmp_path / "cache" / "nnlab" / "images").glob("*.npy")
    with kept.open("r+b") as file:
        file.seek(200)
        file.write(b"damage")
    again = load_dataset(DATASETS.spec("images", DataSpec)(path=str(folder), size=8), 0).digests()
    assert again == before
    put(folder / "cat" / "0.png", BLUE)
    train, _ = source(folder).load(None)
    assert tuple(train.inputs[:1][0, 0, 0]) == BLUE
    assert len(list(kept.parent.glob("*.npy"))) == 1


def test_without_a_cache_the_digests_are_the_same(home, monkeypatch):
    spec = DATASETS.spec("images", DataSpec)(path=str(pets(home)), size=8)
    before = load_dataset(spec, 0).digests()
    monkeypatch.setattr("nnlab.data.converted.cache_directory", lambda: None)
    assert load_dataset(spec, 0).digests() == before


def test_classes_are_sorted_by_name_and_number(home):
    assert in_order(["a10", "b", "10", "a2", "9", "ä", "B"]) == ["9", "10", "B", "a2", "a10", "b", "ä"]
    for name in ("e\u0301te", "hiver"):
        put(home / "set" / name / "1.png")
    assert source(home / "set").class_names == ("hiver", "\u00e9te")
    put(home / "set" / "\u00e9te" / "1.png")
    with pytest.raises(DataError, match="rename one") as error:
        source(home / "set")
    assert "'e\\u0301te'" in str(error.value)
