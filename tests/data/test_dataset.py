import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.data import Dataset, Source, load_dataset
from nnlab.data.section import DataSpec
from nnlab.errors import DataError, OptionError, UsageError
from nnlab.registry import DATASETS


def spec(**fields):
    return DATASETS.spec(fields["type"], DataSpec)(**fields)


def numbered(count, **fields):
    """Examples whose single feature is their number."""
    return spec(type="inline", inputs=tuple((i,) for i in range(count)), labels=(0,) * count, **fields)


def numbers(split):
    return split.inputs[:][:, 0].astype(int).tolist()


def test_registered_data_sets_know_their_shape_without_loading(home):
    own = ["arrays", "csv", "images", "inline", "random"]
    grey = dict.fromkeys(["fashion_mnist", "glyphs", "kmnist", "mnist", "qmnist", "emnist"], (28, 28, 1))
    shapes = {"cifar10": (32, 32, 3), "cifar100": (32, 32, 3), "ellipse": (2,), "usps": (16, 16, 1), **grey}
    assert DATASETS.names() == sorted([*own, *shapes])
    classes = {"ellipse": 2, "cifar100": 100, "emnist": 47}
    for name, shape in shapes.items():
        source = DATASETS.build(spec(type=name))
        assert isinstance(source, Source)
        assert source.input_shape == shape
        assert len(source.class_names) == classes.get(name, 10)
    assert list(home.iterdir()) == []


@given(
    count=st.integers(1, 30),
    held_out=st.integers(0, 29),
    seed=st.integers(0, 5),
    how=st.sampled_from(["shuffled", "last"]),
)
def test_every_example_is_in_one_split_and_in_order(count, held_out, seed, how):
    held_out %= count
    data = load_dataset(numbered(count, validation=held_out, validation_split=how), seed)
    train, validation = numbers(data.train), numbers(data.validation)
    assert (len(train), len(validation)) == (count - held_out, held_out)
    assert sorted(train + validation) == list(range(count))
    assert train == sorted(train)
    assert validation == sorted(validation)
    if how == "last":
        assert validation == list(range(count))[count - held_out :]
    assert data.train.inputs[:].flags.c_contiguous


def test_labels_stay_with_their_inputs():
    labels = tuple(i % 7 for i in range(100))
    data = load_dataset(
        spec(type="inline", inputs=tuple((i,) for i in range(100)), labels=labels, validation=30), seed=3
    )
    for split in (data.train, data.validation):
        assert split.labels.tolist() == [i % 7 for i in numbers(split)]


def test_the_seed_decides_which_examples_are_held_out():
    splits = [numbers(load_dataset(numbered(50, validation=10), seed).validation) for seed in (0, 0, 1)]
    assert splits[0] == splits[1] != splits[2]
    assert splits[0] != list(range(40, 50))


def test_normalization_is_fitted_without_the_validation_and_test_examples():
    data = load_dataset(numbered(12, validation=6, validation_split="last", normalize={"type": "min_max"}), 0)
    np.testing.assert_allclose(data.normalize(data.train.inputs[:])[:, 0], np.arange(6) / 5)
    np.testing.assert_allclose(data.normalize(data.validation.inputs[:])[:, 0], np.arange(6, 12) / 5)
    assert data.train.inputs[:].tolist() == [[i] for i in range(6)]


@pytest.mark.parametrize("held_out", [4, 5])
def test_something_is_left_to_train_on(held_out):
    with pytest.raises(OptionError, match=f"{held_out} validation examples leave none of the 4") as caught:
        load_dataset(numbered(4, validation=held_out), 0)
    assert caught.value.option == "validation"


def test_splits_by_name():
    data = load_dataset(numbered(4, validation=1), 0)
    assert [data.split(name) for name in ("train", "validation", "test")] == [
        data.train,
        data.validation,
        data.test,
    ]
    with pytest.raises(UsageError, match=r"unknown split 'tests' \(did you mean test\?\)"):
        data.split("tests")
    with pytest.raises(DataError, match=r"no validation examples, only train and test; data\.validation"):
        load_dataset(numbered(4), 0).split("validation")


def test_digests_are_of_the_raw_arrays():
    data = load_dataset(numbered(4, validation=1, validation_split="last"), 0)
    digests = data.digests()
    by_hand = hashlib.sha256(b"<f4(3, 1)" + np.float32([0, 1, 2]).tobytes() + b"<i8(3,)" + bytes(24)).hexdigest()
    assert digests["train"] == by_hand
    assert list(digests) == ["train", "validation", "test"]
    assert load_dataset(numbered(4, validation=1, validation_split="last"), 9).digests() == digests
    changed = Dataset(
        data.class_names, data.input_shape, data.train, data.test, data.validation, data.normalization
    ).digests()
    assert changed["validation"] == digests["test"] != digests["validation"]


def test_root_may_be_in_the_home_directory(home, write_idx, monkeypatch):
    monkeypatch.setenv("HOME", str(home))
    write_idx(home / "mine" / "mnist")
    data = load_dataset(spec(type="mnist", root="~/mine", validation=5), 0)
    assert (len(data.train), len(data.validation), len(data.test)) == (15, 5, 8)
