"""Initializers: what they draw, how wide, and what they refuse."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from nnlab.errors import OptionError
from nnlab.nn.initializers import (
    Fill,
    GlorotUniform,
    HeNormal,
    Initializer,
    LecunNormal,
    Normal,
    Unallocated,
    Uniform,
    Values,
    Zeros,
    fan_in,
    fan_out,
)
from nnlab.registry import INITIALIZERS

EXAMPLES = {
    "he_normal": HeNormal(),
    "lecun_normal": LecunNormal(gain=0.5),
    "glorot_uniform": GlorotUniform(),
    "normal": Normal(std=0.1),
    "uniform": Uniform(low=-0.5, high=1.5),
    "zeros": Zeros(),
    "constant": Fill(value=0.25),
    "values": Values(values=((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))),
}

SHAPE = (5, 5, 16, 40)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_every_registered_initializer_has_an_example():
    assert sorted(EXAMPLES) == INITIALIZERS.names()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_initializer_makes_new_float32_arrays_of_the_shape(name):
    first, second = EXAMPLES[name](rng(), (2, 3)), EXAMPLES[name](rng(), (2, 3))
    assert first.dtype == np.float32
    assert first.shape == (2, 3)
    assert first.flags.writeable
    assert not np.shares_memory(first, second)
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_initializer_survives_being_written_and_read(name):
    adapter = TypeAdapter(Initializer)
    assert adapter.validate_python(adapter.dump_python(EXAMPLES[name])) == EXAMPLES[name]


def test_the_fans_of_dense_and_convolution_weights():
    assert (fan_in((3072, 100)), fan_out((3072, 100))) == (3072, 100)
    assert (fan_in((5, 5, 16, 32)), fan_out((5, 5, 16, 32))) == (5 * 5 * 16, 5 * 5 * 32)


@pytest.mark.parametrize(
    ("initializer", "std"),
    [
        (HeNormal(), sqrt(2 / 400)),
        (HeNormal(gain=0.1), 0.1 * sqrt(2 / 400)),
        (LecunNormal(), sqrt(1 / 400)),
        (GlorotUniform(), sqrt(2 / (400 + 1000))),
        (Normal(std=1e-4), 1e-4),
        (Uniform(low=-3.0, high=3.0), sqrt(3)),
    ],
)
def test_the_spread_is_the_published_one(initializer, std):
    draws = initializer(rng(1), SHAPE)
    assert draws.std() == pytest.approx(std, rel=0.02)
    assert abs(draws.mean()) < 4 * std / sqrt(draws.size)


def test_normal_draws_have_normal_tails_and_uniform_ones_none():
    normal, uniform = Normal(std=1.0)(rng(), SHAPE), GlorotUniform()(rng(), SHAPE)
    assert (np.abs(normal) > 2).mean() == pytest.approx(0.0455, abs=0.006)
    assert np.abs(uniform).max() <= sqrt(6 / 1400) * (1 + 1e-6)


@given(low=st.floats(-5, 5, width=32), width=st.floats(0, 5, width=32))
def test_uniform_stays_within_its_bounds(low, width):
    draws = Uniform(low=low, high=low + width)(rng(), (50,))
    assert (draws >= np.float32(low)).all()
    assert (draws <= np.float32(low + width)).all()


def test_uniform_refuses_bounds_in_the_wrong_order():
    with pytest.raises(OptionError, match=r"low \(1\.0\).*high \(-1\.0\)"):
        Uniform(low=1.0, high=-1.0)
    with pytest.raises(ValidationError, match=r"low \(1\.0\).*high \(-1\.0\)"):
        TypeAdapter(Initializer).validate_python({"type": "uniform", "low": 1.0, "high": -1.0})


def test_constants_are_constant():
    assert set(Zeros()(rng(), (3, 2)).ravel()) == {0.0}
    assert set(Fill(value=0.5)(rng(), (3, 2)).ravel()) == {0.5}


def test_values_are_taken_as_they_stand():
    assert EXAMPLES["values"](rng(), (2, 3)).tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((1.0, 2.0), r"\(2,\).*\(2, 3\)"),
        (((1.0, 2.0), (3.0,)), "inhomogeneous"),
        (("a", "b"), "'a'"),
    ],
)
def test_values_that_do_not_fit_are_refused(values, message):
    with pytest.raises(OptionError, match=message) as caught:
        Values(values=values)(rng(), (2, 3))
    assert caught.value.option == "init"


def test_unallocated_zeros_take_no_memory_at_any_size():
    weight = Unallocated()(rng(), (99 * 99 * 3, 50 * 50 * 6))
    assert weight.size == 441_045_000
    assert weight.base.nbytes == 4
    assert weight.dtype == np.float32
    assert not weight[:3, :3].any()


def test_negative_spreads_are_refused():
    with pytest.raises(ValidationError):
        TypeAdapter(Initializer).validate_python({"type": "normal", "std": -1.0})
