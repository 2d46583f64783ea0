"""What an inspection counts, against data whose contents are known."""

from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from nnlab.data import Dataset, Split
from nnlab.data.image_hashes import image_hashes, near_pairs
from nnlab.data.inspection import Place, as_json, inspect
from nnlab.data.normalization import Unchanged


def dataset(train, validation, test, names="abc"):
    """A data set of (inputs, labels) pairs."""
    splits = [Split(inputs, np.array(labels, np.int64)) for inputs, labels in (train, validation, test)]
    shape = train[0].shape[1:]
    return Dataset(tuple(names), shape, *splits, normalization=Unchanged().fit(train[0]))


@pytest.fixture
def images(rng):
    """Thirty smooth images without resemblance."""
    coarse = rng.integers(256, size=(30, 5, 5, 3), dtype=np.uint8)
    return np.stack(
        [np.asarray(Image.fromarray(each).resize((24, 20), Image.Resampling.BICUBIC)) for each in coarse]
    )


def test_counts_values_and_copies(images):
    train = np.concatenate([images[:8], images[:2]])  # two copies within
    test = images[[3, 9, 9]]  # one that is in training, and a copy within
    labels = [0, 1, 0, 1, 0, 1, 0, 0, 0, 0]
    found = inspect(dataset((train, labels), (images[20:22], [0, 0]), (test, [1, 0, 2])))
    assert found.splits["train"].per_class == (7, 3, 0)
    assert found.splits["train"].count == 10
    values = train.astype(np.float64)
    facts = found.splits["train"]
    assert (facts.lowest, facts.highest) == (values.min(), values.max())
    assert (facts.mean, facts.deviation) == pytest.approx((values.mean(), values.std()))
    assert found.surplus == {"train": 2, "validation": 0, "test": 1}
    assert found.shared == {("train", "validation"): 0, ("train", "test"): 1, ("validation", "test"): 0}
    assert found.contradictory == (
        (Place("train", 1, 1), Place("train", 9, 0)),
        (Place("test", 1, 0), Place("test", 2, 2)),
    )
    assert found.empty_classes == {"train": ("c",), "validation": ("b", "c"), "test": ()}
    assert as_json(found)["copies"][0] == [
        {"split": "train", "index": 0, "class": "a"},
        {"split": "train", "index": 8, "class": "a"},
    ]


def test_rare_classes():
    labels = np.repeat([0, 1], [99, 1])
    found = inspect(
        dataset((np.arange(100.0, dtype=np.float32)[:, None], labels), *[(np.zeros((0, 1)), [])] * 2, "ab")
    )
    assert found.rare_classes == ("b",)
    assert found.similar == ()
    assert list(found.splits) == ["train"]


def altered(image):
    """The image brighter, with less contrast, compressed, and noisy."""
    rng = np.random.default_rng(0)
    return np.clip(0.8 * image + 30 + rng.normal(0, 2, image.shape), 0, 255).astype(np.uint8)


def test_altered_images_are_found_across_splits_and_others_are_not(images):
    test = np.stack([altered(images[4]), images[25], altered(images[7])])
    found = inspect(dataset((images[:20], [0] * 20), (images[:0], []), (test, [0, 1, 2])))
    assert found.copies == ()
    assert found.similar == (
        (Place("train", 4, 0), Place("test", 0, 0)),
        (Place("train", 7, 0), Place("test", 2, 2)),
    )


def test_a_hash_keeps_to_brightness_contrast_and_size(images):
    plain, wide = image_hashes(images), image_hashes(images.repeat(2, axis=1).repeat(2, axis=2))
    linear = image_hashes(images * np.float32(0.3) + 40)
    for other in (wide, linear):
        assert np.bitwise_count(plain ^ other).sum(axis=1).max() <= 6
    apart = [int(np.bitwise_count(plain[a] ^ plain[b]).sum()) for a, b in combinations(range(30), 2)]
    assert min(apart) > 40


def test_pairs_are_those_of_all_comparisons_if_there_are_few():
    rng = np.random.default_rng(1)
    hashes = rng.integers(2**63, size=(40, 4), dtype=np.uint64)
    hashes[7] = hashes[30] ^ np.array([1, 0, 0, 2**40], np.uint64)
    hashes[9] = 0  # no structure
    hashes[10] = 0
    assert near_pairs(hashes).tolist() == [[7, 30]]


def test_images_of_one_colour_are_not_similar():
    grey = np.stack([np.full((8, 8, 1), level, np.uint8) for level in range(20)])
    assert inspect(dataset((grey, [0] * 20), (grey[:0], []), (grey[:0], []))).similar == ()
