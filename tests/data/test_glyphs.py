import hashlib

import numpy as np
import pytest

from nnlab import seeding
from nnlab.data import Glyphs
from nnlab.data.glyphs import draw
from nnlab.data.outlines import digit_distances


@pytest.fixture(scope="module")
def distances():
    return digit_distances()


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache" / "nnlab" / "glyphs"


@pytest.fixture(autouse=True)
def outlines_are_traced_once(distances, monkeypatch):
    monkeypatch.setattr("nnlab.data.glyphs.digit_distances", lambda: distances)


def same(a, b):
    return all(
        np.array_equal(x.inputs, y.inputs) and np.array_equal(x.labels, y.labels)
        for x, y in zip(a, b, strict=True)
    )


@pytest.mark.slow
def test_bytes_are_the_same_for_the_same_seed_on_every_machine(distances):
    """The digest is what this recipe draws: a change of it needs a new _RECIPE."""
    rng = seeding.stream(0, "test")
    pixels = draw(rng, np.arange(100) % 10, distances)
    assert hashlib.sha256(pixels.tobytes()).hexdigest().startswith("47682788181fa676a04bc9569c40b746")


def test_what_is_loaded(cache):
    train, test = Glyphs(train=600, test=50).load(None)
    assert (train.inputs.shape, test.inputs.shape) == ((600, 28, 28, 1), (50, 28, 28, 1))
    assert (train.inputs.dtype, train.labels.dtype) == (np.uint8, np.int64)
    assert train.inputs.flags.c_contiguous
    assert np.bincount(train.labels, minlength=10).min() > 30
    assert not np.array_equal(train.inputs[:50], test.inputs)
    assert [path.name for path in cache.iterdir()] == ["1-0-600-50.bin"]


@pytest.mark.slow
def test_digits_of_one_class_look_more_alike_than_others(distances):
    """The mean pictures of two halves of a class are nearer to each other than to any other class."""
    labels = np.repeat(np.arange(10), 400)
    pictures = draw(seeding.stream(1, "test"), labels, distances).reshape(10, 2, 200, -1).mean(axis=2)
    first, second = pictures[:, 0], pictures[:, 1]
    gaps = np.square(first[:, np.newaxis] - second[np.newaxis]).sum(axis=2)
    assert gaps.argmin(axis=1).tolist() == list(range(10))


def test_the_cache_gives_back_what_was_drawn(cache):
    drawn = Glyphs(train=60, test=20, seed=4).load(None)
    assert same(Glyphs(train=60, test=20, seed=4).load(None), drawn)
    assert not same(Glyphs(train=60, test=20, seed=5).load(None), drawn)
    (cache / "1-4-60-20.bin").unlink()
    assert same(Glyphs(train=60, test=20, seed=4).load(None), drawn)


def test_the_cache_is_used(monkeypatch):
    drawn = Glyphs(train=60, test=20).load(None)
    monkeypatch.setattr("nnlab.data.glyphs.digit_distances", lambda: pytest.fail("drawn again"))
    assert same(Glyphs(train=60, test=20).load(None), drawn)


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "of another size", "folder"])
def test_a_damaged_cache_is_drawn_again(cache, damage):
    drawn = Glyphs(train=60, test=20).load(None)
    path = cache / "1-0-60-20.bin"
    content = bytearray(path.read_bytes())
    if damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        Glyphs(train=59, test=20).load(None)
        other = (cache / "1-0-59-20.bin").read_bytes()
        content[1000] ^= 1
        path.write_bytes({"flip": content, "cut": content[:-1], "empty": b"", "of another size": other}[damage])
    assert same(Glyphs(train=60, test=20).load(None), drawn)


def test_a_cache_that_cannot_be_written_does_not_matter(tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert len(Glyphs(train=5, test=5).load(None)[0]) == 5
