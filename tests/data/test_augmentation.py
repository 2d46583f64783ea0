"""Images varied at random, against loops over one pixel after the other."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.data import load_dataset
from nnlab.data.augmentation import Cutout, Flip, Shift, mirrored
from nnlab.data.section import DataSpec
from nnlab.errors import OptionError
from nnlab.registry import AUGMENTATIONS, DATASETS

PAGE = Path(__file__).parents[2] / "docs" / "augmentation.md"
CASES = {"flip": Flip(), "shift": Shift(pixels=2), "cutout": Cutout(size=3)}
SHAPES = st.tuples(st.integers(0, 6), st.integers(2, 7), st.integers(2, 7), st.integers(1, 3))


def numbered(shape, dtype=np.float32):
    """Images without two pixels of the same value, and none of 0."""
    return np.arange(1, np.prod(shape) + 1).reshape(shape).astype(dtype)


def spec(**fields):
    return DATASETS.spec("random", DataSpec)(type="random", **({"shape": (6, 5, 2), "train": 40} | fields))


def reflected(index, length):
    """Follow a reflection off both ends, which are not repeated: 2 1 | 0 1 2 3 | 2 1."""
    while not 0 <= index < length:
        index = -index if index < 0 else 2 * (length - 1) - index
    return index


def moved(image, down, right, fill):
    y = np.zeros_like(image)
    height, width, _ = image.shape
    for h in range(height):
        for w in range(width):
            at = (h + down, w + right)
            if fill == "reflect":
                y[h, w] = image[reflected(at[0], height), reflected(at[1], width)]
            elif 0 <= at[0] < height and 0 <= at[1] < width:
                y[h, w] = image[at]
    return y


def without_square(image, row, column, size):
    y = image.copy()
    for h in range(image.shape[0]):
        for w in range(image.shape[1]):
            if 0 <= h - row + size // 2 < size and 0 <= w - column + size // 2 < size:
                y[h, w] = 0
    return y


def outcomes(case, image):
    """Return every image that ``case`` may make of ``image``."""
    match case:
        case Flip():
            return [image, image[:, ::-1]]
        case Shift(pixels=p, fill=fill):
            return [moved(image, a, b, fill) for a in range(-p, p + 1) for b in range(-p, p + 1)]
        case Cutout(size=size):
            height, width, _ = image.shape
            return [without_square(image, h, w, size) for h in range(height) for w in range(width)]


def test_every_registered_augmentation_has_a_case():
    assert sorted(CASES) == AUGMENTATIONS.names()


@given(
    shape=SHAPES,
    case=st.sampled_from([*CASES.values(), Shift(pixels=1, fill="zero"), Cutout(size=4), Cutout(size=1)]),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.integers(0, 99),
)
def test_every_image_becomes_one_of_its_possible_forms(shape, case, dtype, seed):
    x = numbered(shape, dtype)
    y = case.apply(x.copy(), np.random.default_rng(seed))
    assert y.shape == x.shape
    assert y.dtype == dtype
    assert y.flags.c_contiguous
    for image, varied in zip(x, y, strict=True):
        assert any(np.array_equal(varied, form) for form in outcomes(case, image))


def assert_all_forms_are_as_likely(case, rng):
    image = numbered((3, 4, 2))
    forms = Counter(form.tobytes() for form in outcomes(case, image))  # some places may give the same form
    x = np.repeat(image[None], 400 * forms.total(), axis=0)
    found = Counter(each.tobytes() for each in case.apply(x, rng))
    assert found.keys() == forms.keys()
    for form, places in forms.items():
        assert found[form] == pytest.approx(400 * places, abs=5 * (400 * places) ** 0.5)


@pytest.mark.parametrize(
    "case", [Flip(), Shift(pixels=1), Shift(pixels=1, fill="zero"), Cutout(size=2), Cutout(size=3)], ids=str
)
def test_every_possible_form_is_as_likely_as_the_others(case, rng):
    assert_all_forms_are_as_likely(case, rng)


class Narrow:
    """A random stream that never draws the highest number."""

    def __init__(self, rng):
        self.rng = rng

    def integers(self, high, size):
        return self.rng.integers(high - 1, size=size)


@pytest.mark.parametrize("case", [Shift(pixels=1), Cutout(size=2)], ids=str)
def test_a_form_that_never_comes_up_is_noticed(case, rng):
    with pytest.raises(AssertionError):
        assert_all_forms_are_as_likely(case, Narrow(rng))


@pytest.mark.parametrize(("probability", "flipped"), [(0.0, 0), (1.0, 50)])
def test_the_share_of_flipped_images(probability, flipped):
    x = numbered((50, 3, 3, 1))
    y = Flip(probability=probability).apply(x.copy(), np.random.default_rng(0))
    assert sum(np.array_equal(a, b[:, ::-1]) for a, b in zip(x, y, strict=True)) == flipped
    assert np.array_equal(mirrored(mirrored(x)), x)


@given(a=st.integers(-7, 7), b=st.integers(-7, 7), s=st.integers(1, 5))
def test_the_page_says_what_is_done(a, b, s):
    [program] = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE)
    image = numbered((4, 5, 2))
    names = {"np": np, "x": image, "a": a, "b": b, "s": s}
    exec(compile(program, "augmentation.md", "exec"), names)  # noqa: S102 -- our own page
    np.testing.assert_array_equal(names["flip"], image[:, ::-1])
    np.testing.assert_array_equal(names["shift"], moved(image, a, b, "reflect"))
    np.testing.assert_array_equal(names["cutout"], without_square(image, a, b, s))


def test_the_page_names_every_augmentation():
    assert re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), flags=re.MULTILINE) == ["flip", "shift", "cutout"]


def test_images_are_varied_independently_of_each_other():
    x = np.repeat(numbered((1, 9, 9, 1)), 300, axis=0)
    y = Shift(pixels=3).apply(x, np.random.default_rng(0))
    middle = np.unravel_index(y[:, 4, 4, 0].astype(int) - 1, (9, 9))
    assert abs(np.corrcoef(middle[0][1:], middle[0][:-1])[0, 1]) < 0.2
    assert abs(np.corrcoef(middle[0], middle[1])[0, 1]) < 0.2


def test_a_batch_depends_on_seed_and_step_only():
    asked = ("flip", {"type": "shift", "pixels": 2})
    data, other = (load_dataset(spec(augment=asked), seed) for seed in (0, 1))
    rows = np.arange(30)
    x, labels = data.batch(rows, 7)
    data.batch(rows, 8)
    np.testing.assert_array_equal(data.batch(rows, 7)[0], x)
    np.testing.assert_array_equal(labels, data.train.labels[rows])
    assert not np.array_equal(data.batch(rows, 8)[0], x)
    assert not np.array_equal(other.batch(rows, 7)[0], x)


def test_only_training_batches_are_varied():
    plain, varied = (load_dataset(spec(augment=asked), 0) for asked in ((), ("flip",)))
    rows = np.arange(40)
    normalized = plain.normalize(plain.train.inputs[rows])
    np.testing.assert_array_equal(plain.batch(rows, 1)[0], normalized)
    np.testing.assert_array_equal(varied.normalize(varied.train.inputs[rows]), normalized)
    assert not np.array_equal(varied.batch(rows, 1)[0], normalized)


def test_augmentations_follow_each_other_as_the_config_has_them():
    shift, cutout = {"type": "shift", "pixels": 1, "fill": "zero"}, {"type": "cutout", "size": 3}
    first, second = (load_dataset(spec(augment=order), 0).augmentations for order in ((shift, cutout), (cutout,)))
    assert first == (Shift(pixels=1, fill="zero"), Cutout(size=3))
    assert second == (Cutout(size=3),)


@pytest.mark.parametrize(
    ("fields", "option", "message"),
    [
        ({"shape": (4,), "augment": ("flip",)}, "augment", r"only images can be augmented.* shape \[4\]"),
        ({"shape": (4, 4), "test_time_flips": True}, "test_time_flips", r"only images.* shape \[4, 4\]"),
        (
            {"augment": ("flip", {"type": "shift", "pixels": 5})},
            "augment.1.pixels",
            "leaves nothing of a 6x5",
        ),
        ({"augment": ({"type": "cutout", "size": 7},)}, "augment.0.size", "7x7 pixels is larger than a 6x5 image"),
    ],
)
def test_what_does_not_fit_the_inputs_is_refused(fields, option, message):
    with pytest.raises(OptionError, match=message) as caught:
        load_dataset(spec(**fields), 0)
    assert caught.value.option == option


def test_inputs_other_than_images_need_no_augmentation():
    assert load_dataset(spec(shape=(4,)), 0).augmentations == ()
