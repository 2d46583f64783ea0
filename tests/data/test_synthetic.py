import numpy as np
import pytest

from nnlab.data import Ellipse, Inline, Random
from nnlab.errors import OptionError


def same(a, b):
    return np.array_equal(a.inputs, b.inputs) and np.array_equal(a.labels, b.labels)


def test_ellipse_by_loops():
    train, test = Ellipse(train=300, test=50).load(None)
    assert (train.inputs.shape, test.inputs.shape) == ((300, 2), (50, 2))
    for split in (train, test):
        for (a, b), label in zip(split.inputs.tolist(), split.labels.tolist(), strict=True):
            assert label == (a * (a - 0.05 * b) + b * (a + 0.4 * b) > 0.6)


def test_ellipse_is_a_standard_normal_of_the_documented_size():
    train, test = Ellipse().load(None)
    assert (len(train), len(test)) == (60_000, 10_000)
    assert train.inputs.dtype == np.float32
    np.testing.assert_allclose(np.cov(train.inputs.T), np.eye(2), atol=0.03)
    np.testing.assert_allclose(train.inputs.mean(axis=0), 0, atol=0.02)
    far, near = np.abs(train.inputs).sum(axis=1) > 4, np.abs(train.inputs).sum(axis=1) < 0.3
    names = np.array(Ellipse().class_names)[train.labels]
    assert set(names[far]) == {"outside"}
    assert set(names[near]) == {"inside"}


@pytest.mark.parametrize("make", [Ellipse, lambda **options: Random(shape=(3, 2), **options)])
def test_the_seed_decides_all(make):
    first, again, other = (make(train=20, test=20, seed=seed).load(None) for seed in (5, 5, 6))
    assert all(same(a, b) for a, b in zip(first, again, strict=True))
    assert not same(first[0], other[0])
    assert not same(first[0], first[1])


def test_random_has_any_shape_and_costs_nothing_before_it_is_loaded():
    huge = Random(shape=(10**6, 10**6), train=10**9)
    assert huge.input_shape == (10**6, 10**6)
    source = Random(shape=(4, 5, 3), classes=7, train=2000, test=3)
    train, test = source.load(None)
    assert source.class_names == ("0", "1", "2", "3", "4", "5", "6")
    assert (train.inputs.shape, test.inputs.shape) == ((2000, 4, 5, 3), (3, 4, 5, 3))
    assert (train.inputs.dtype, train.labels.dtype) == (np.float32, np.int64)
    assert np.bincount(train.labels).min() > 200
    assert abs(train.inputs.std() - 1) < 0.02


def test_inline_is_what_is_written():
    source = Inline(inputs=((1, -1), (0.5, 2)), labels=(0, 2))
    train, test = source.load(None)
    assert source.input_shape == (2,)
    assert source.class_names == ("0", "1", "2")
    assert train.inputs.tolist() == test.inputs.tolist() == [[1, -1], [0.5, 2]]
    assert (train.inputs.dtype, train.labels.dtype) == (np.float32, np.int64)
    named = Inline(inputs=([[1], [2]],), labels=(0,), class_names=("yes", "no"))
    assert named.class_names == ("yes", "no")
    assert named.input_shape == (2, 1)


@pytest.mark.parametrize(
    ("options", "option", "message"),
    [
        ({"inputs": (("a", "b"),), "labels": (0,)}, "inputs", "values that are not numbers"),
        ({"inputs": ((True, False),), "labels": (0,)}, "inputs", "values that are not numbers"),
        ({"inputs": ((10**400, 1),), "labels": (0,)}, "inputs", "values that are not numbers"),
        ({"inputs": ({"a": 1},), "labels": (0,)}, "inputs", "values that are not numbers"),
        ({"inputs": (1, 2), "labels": (0, 0)}, "inputs", "each input is a list of numbers"),
        ({"inputs": ((), ()), "labels": (0, 0)}, "inputs", "each input is a list of numbers"),
        ({"inputs": ((1e300,),), "labels": (0,)}, "inputs", "not finite in float32"),
        ({"inputs": ((float("nan"),),), "labels": (0,)}, "inputs", "not finite in float32"),
        ({"inputs": ((1,),), "labels": (0, 1)}, "labels", "2 labels for 1 inputs"),
        (
            {"inputs": ((1,),), "labels": (2,), "class_names": ("a", "b")},
            "labels",
            "label 2 has no name: there are 2",
        ),
    ],
)
def test_inline_mistakes_are_named(options, option, message):
    with pytest.raises(OptionError, match=message) as caught:
        Inline(**options)
    assert caught.value.option == option


def test_inputs_of_different_shapes_are_refused():
    with pytest.raises(OptionError) as caught:
        Inline(inputs=((1, 2), (3,)), labels=(0, 0))
    assert (caught.value.option, type(caught.value.__cause__)) == ("inputs", ValueError)
