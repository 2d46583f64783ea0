"""Images varied at random, against loops over one pixel after the other."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.data import load_dataset
from nnlab.data.augmentation import (
    ColourJitter,
    Cutout,
    Flip,
    ImageAugmentation,
    Mixup,
    RandomErasing,
    Rotation,
    Shift,
    mirrored,
)
from nnlab.data.augmentation.rotation import rotated
from nnlab.data.batch import Batch, Target
from nnlab.data.section import DataSpec
from nnlab.errors import OptionError
from nnlab.registry import AUGMENTATIONS, DATASETS

PAGE = Path(__file__).parents[2] / "docs" / "augmentation.md"
FINITE = {"flip": Flip(), "shift": Shift(pixels=2), "cutout": Cutout(size=3)}
"""The augmentations that make one of a few images of an image."""
CASES = FINITE | {
    "rotation": Rotation(degrees=30),
    "colour_jitter": ColourJitter(saturation=0.5, hue=90),
    "random_erasing": RandomErasing(probability=0.8),
    "mixup": Mixup(alpha=0.5),
}
SHAPES = st.tuples(st.integers(0, 6), st.integers(2, 7), st.integers(2, 7), st.integers(1, 3))


def numbered(shape, dtype=np.float32):
    """Images without two pixels of the same value, and none of 0."""
    return np.arange(1, np.prod(shape) + 1).reshape(shape).astype(dtype)


def spec(**fields):
    return DATASETS.spec("random", DataSpec)(type="random", **({"shape": (6, 5, 2), "train": 40} | fields))


def run(heading, **given):
    """Return the names that the program below a heading of the page leaves behind; without one, the first."""
    text = PAGE.read_text().split(f"## {heading}\n" if heading else "\n", 1)[1]
    program = re.search(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)[1]
    names = {"np": np, **given}
    exec(compile(program, "augmentation.md", "exec"), names)  # noqa: S102 -- our own page
    return names


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
    case=st.sampled_from([*FINITE.values(), Shift(pixels=1, fill="zero"), Cutout(size=4), Cutout(size=1)]),
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
    image = numbered((4, 5, 2))
    names = run("", x=image, a=a, b=b, s=s)
    np.testing.assert_array_equal(names["flip"], image[:, ::-1])
    np.testing.assert_array_equal(names["shift"], moved(image, a, b, "reflect"))
    np.testing.assert_array_equal(names["cutout"], without_square(image, a, b, s))


def test_the_page_names_every_augmentation():
    assert sorted(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), flags=re.MULTILINE)) == AUGMENTATIONS.names()


@pytest.mark.parametrize("name", CASES)
def test_any_augmentation_keeps_shape_type_and_seed(name):
    x = np.random.default_rng(0).standard_normal((9, 6, 7, 3)).astype(np.float32)
    labels = np.arange(9)
    once, again, other = (
        CASES[name].augment(Batch(x.copy(), (Target(labels),)), np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert (once.x.shape, once.x.dtype) == (x.shape, np.float32)
    np.testing.assert_array_equal(once.x, again.x)
    assert not np.array_equal(once.x, other.x)
    assert sum(target.share for target in once.targets) == pytest.approx(1)
    if isinstance(CASES[name], ImageAugmentation):
        np.testing.assert_array_equal(once.labels, labels)


@given(
    height=st.integers(1, 6),
    width=st.integers(1, 6),
    degrees=st.one_of(st.floats(-180, 180), st.sampled_from([0.0, 45.0, -90.0])),
    fill=st.sampled_from(["reflect", "zero"]),
)
def test_a_rotation_is_that_of_the_page(height, width, degrees, fill):
    image = np.random.default_rng(0).standard_normal((height, width, 2))
    names = run("", x=image, a=0, b=0, s=1)
    names = run("Rotation", x=image, degrees=degrees, fill=fill, reflect=names["reflect"])
    np.testing.assert_allclose(rotated(image[None], np.array([degrees]), fill)[0], names["rotated"], atol=1e-12)


@pytest.mark.parametrize("fill", ["reflect", "zero"])
@pytest.mark.parametrize("shape", [(5, 5, 2), (6, 6, 1)])
def test_right_angles_exchange_the_pixels_exactly(shape, fill):
    image = numbered(shape)
    for turns in range(-2, 3):
        np.testing.assert_array_equal(
            rotated(image[None], np.array([90.0 * turns]), fill)[0], np.rot90(image, turns)
        )


def test_angles_are_uniform_and_each_image_has_its_own():
    ramp = np.arange(31.0)[None, :, None, None] + np.zeros((1000, 1, 31, 1))
    y = Rotation(degrees=20).apply(ramp, np.random.default_rng(0))
    degrees = np.degrees(np.arcsin(y[:, 15, 16, 0] - y[:, 15, 15, 0]))  # the slope to the right
    counts, _ = np.histogram(degrees, 10, (-20, 20))
    assert counts.sum() == 1000
    assert (abs(counts - 100) < 5 * 10).all()


def test_colours_are_changed_as_the_page_says():
    x = np.random.default_rng(0).standard_normal((1, 4, 5, 3))
    limits = {"brightness": 0.7, "contrast": 0.6, "saturation": 0.5, "hue": 70.0}
    b, f, s, hue = 2 * np.random.default_rng(3).random(4) - 1
    y = ColourJitter(**limits).apply(x.copy(), np.random.default_rng(3))
    given = {"b": 0.7 * b, "f": 1 + 0.6 * f, "s": 1 + 0.5 * s, "hue": np.radians(70 * hue)}
    np.testing.assert_allclose(y[0], run("Colour jitter", x=x[0], **given)["jittered"], atol=1e-12)


def test_changes_of_colour_keep_what_they_should():
    x = np.random.default_rng(1).standard_normal((50, 4, 5, 3))
    grey, mean = x.mean(axis=3), x.mean(axis=(1, 2, 3))
    changed = {
        option: ColourJitter(**{"brightness": 0, "contrast": 0, option: 0.8}).apply(
            x.copy(), np.random.default_rng(0)
        )
        for option in ("brightness", "contrast", "saturation", "hue")
    }
    shift = changed["brightness"] - x
    np.testing.assert_allclose(shift, shift[:, :1, :1, :1] + np.zeros_like(x), atol=1e-12)
    assert abs(shift).max() <= 0.8
    np.testing.assert_allclose(changed["contrast"].mean(axis=(1, 2, 3)), mean, atol=1e-12)
    for option in ("saturation", "hue"):
        np.testing.assert_allclose(changed[option].mean(axis=3), grey, atol=1e-12)
    distances = [np.linalg.norm(each - grey[..., None], axis=3) for each in (x, changed["hue"])]
    np.testing.assert_allclose(*distances)


def erased(shape, count=2000, **options):
    """Return which pixels of images of ones were erased, (count, H, W)."""
    x = np.ones((count, *shape, 1))
    return RandomErasing(fill="zero", **options).apply(x, np.random.default_rng(0))[..., 0] == 0


def test_what_is_erased_is_a_rectangle_of_the_area_asked_for():
    hidden = erased((40, 30), probability=1.0, area=(0.1, 0.3))
    rows, columns = hidden.any(axis=2), hidden.any(axis=1)
    assert np.array_equal(hidden, rows[:, :, None] & columns[:, None])
    for each in (rows, columns):
        assert (abs(np.diff(each.astype(int), axis=1, prepend=0, append=0)).sum(axis=1) == 2).all()  # one stretch
    areas = hidden.mean(axis=(1, 2))
    assert areas.min() == pytest.approx(0.1, abs=0.015)
    assert areas.max() == pytest.approx(0.3, abs=0.025)
    assert areas.mean() == pytest.approx(0.2, abs=0.01)
    ratios = rows.sum(axis=1) / columns.sum(axis=1)
    assert 0.25 < ratios.min() < 0.33
    assert 3 < ratios.max() < 4
    assert np.log(ratios).mean() == pytest.approx(0, abs=0.08)
    centre = hidden.mean(axis=0)
    np.testing.assert_allclose(centre, centre[::-1, ::-1], atol=0.06)  # all places alike


@given(u=st.floats(0, 1), v=st.floats(0, 1), aspect=st.floats(0.05, 1), shape=st.tuples(*[st.integers(1, 20)] * 2))
def test_a_rectangle_has_the_sides_of_the_page(u, v, aspect, shape):
    case = RandomErasing(area=(0.05, 1.0), aspect=aspect)
    heights, widths = case._sizes(np.array([[u], [v]]), *shape)
    names = run("Random erasing", x=np.zeros((*shape, 1)), u=u, v=v, area=case.area, aspect=aspect)
    assert (heights[0], widths[0]) == (names["erased_height"], names["erased_width"])
    assert 1 <= heights[0] <= shape[0]
    assert 1 <= widths[0] <= shape[1]


def test_the_share_of_erased_images_and_the_noise_in_them():
    assert erased((8, 8), probability=0.3).any(axis=(1, 2)).mean() == pytest.approx(0.3, abs=0.05)
    assert not erased((8, 8), probability=0.0).any()
    x = np.full((500, 8, 8, 2), 99.0)
    y = RandomErasing(probability=1.0).apply(x, np.random.default_rng(0))
    noise = y[y != 99]
    assert noise.mean() == pytest.approx(0, abs=0.05)
    assert noise.std() == pytest.approx(1, abs=0.05)


def mix(alpha, count, seed=0):
    """Return what mixup makes of one-hot rows as images, labelled by their numbers."""
    x, labels = np.eye(count)[:, None, None, :], np.arange(count)
    return Mixup(alpha=alpha).augment(Batch(x, (Target(labels),)), np.random.default_rng(seed))


@given(alpha=st.floats(0.05, 5), count=st.integers(1, 8), seed=st.integers(0, 50))
def test_images_are_mixed_as_their_labels_are(alpha, count, seed):
    batch = mix(alpha, count, seed)
    first, second = batch.targets
    assert first.share >= 0.5
    targets = sum(target.share * np.eye(count)[target.labels] for target in batch.targets)
    np.testing.assert_allclose(batch.x[:, 0, 0], targets, atol=1e-12)
    assert sorted(second.labels) == list(range(count))
    given = {"share": first.share, "order": second.labels, "labels": first.labels}
    names = run("Mixup", x=np.eye(count), scores=None, loss_of=lambda _, classes: classes, **given)
    np.testing.assert_allclose(batch.x[:, 0, 0], names["mixed"], atol=1e-12)


def test_shares_are_those_of_the_beta_distribution():
    shares = np.array([mix(0.5, 2, seed).targets[0].share for seed in range(1500)])
    expected = np.random.default_rng(9).beta(0.5, 0.5, 20_000)
    expected = np.maximum(expected, 1 - expected)
    for q in (0.25, 0.5, 0.75):
        assert np.quantile(shares, q) == pytest.approx(np.quantile(expected, q), abs=0.03)


def test_the_mean_image_stays_and_mixed_batches_can_be_mixed_again():
    batch = mix(1.0, 6)
    np.testing.assert_allclose(batch.x.mean(axis=0)[0, 0], np.full(6, 1 / 6))
    again = Mixup(alpha=1.0).augment(batch, np.random.default_rng(5))
    assert len(again.targets) == 4
    targets = sum(target.share * np.eye(6)[target.labels] for target in again.targets)
    np.testing.assert_allclose(again.x[:, 0, 0], targets, atol=1e-12)
    assert [each.share for each in again.targets] == sorted((each.share for each in again.targets), reverse=True)


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
    batch = data.batch(rows, 7)
    data.batch(rows, 8)
    np.testing.assert_array_equal(data.batch(rows, 7).x, batch.x)
    np.testing.assert_array_equal(batch.labels, data.train.labels[rows])
    assert not np.array_equal(data.batch(rows, 8).x, batch.x)
    assert not np.array_equal(other.batch(rows, 7).x, batch.x)


def test_only_training_batches_are_varied():
    plain, varied = (load_dataset(spec(augment=asked), 0) for asked in ((), ("flip",)))
    rows = np.arange(40)
    normalized = plain.normalize(plain.train.inputs[rows])
    np.testing.assert_array_equal(plain.batch(rows, 1).x, normalized)
    np.testing.assert_array_equal(varied.normalize(varied.train.inputs[rows]), normalized)
    assert not np.array_equal(varied.batch(rows, 1).x, normalized)


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
        ({"augment": ({"type": "colour_jitter", "hue": 20.0},)}, "augment.0.hue", "2 channels have no hue"),
        ({"augment": ({"type": "cutout", "size": 7},)}, "augment.0.size", "7x7 pixels is larger than a 6x5 image"),
    ],
)
def test_what_does_not_fit_the_inputs_is_refused(fields, option, message):
    with pytest.raises(OptionError, match=message) as caught:
        load_dataset(spec(**fields), 0)
    assert caught.value.option == option


def test_inputs_other_than_images_need_no_augmentation():
    assert load_dataset(spec(shape=(4,)), 0).augmentations == ()
