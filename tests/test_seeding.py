"""Random streams: named, independent, saved and restored."""

import copy
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab import seeding

NAMES = st.lists(st.text(max_size=5) | st.integers(0, 20), min_size=1, max_size=3)


@given(seed=st.integers(0, 2**63 - 1), name=NAMES)
def test_a_stream_is_a_function_of_seed_and_name(seed, name):
    first = seeding.stream(seed, *name).integers(2**63, size=4)
    seeding.stream(seed + 1, *name).random(3)
    np.testing.assert_array_equal(seeding.stream(seed, *name).integers(2**63, size=4), first)
    assert (seeding.stream(seed + 1, *name).integers(2**63, size=4) != first).all()


@given(seed=st.integers(0, 100), a=NAMES, b=NAMES)
def test_streams_of_other_names_are_others(seed, a, b):
    same = "/".join(map(str, a)) == "/".join(map(str, b))
    first, second = (seeding.stream(seed, *name).integers(2**63, size=4) for name in (a, b))
    assert (first == second).all() == same
    assert (first != second).all() == (not same)


def test_the_bits_of_a_stream_are_pinned():
    """Runs of earlier versions are repeated only as long as these stay what they are."""
    assert seeding.stream(0, "layer", 3).integers(2**63, size=2).tolist() == [
        2688764304040124032,
        4384950323591458325,
    ]


def test_streams_look_independent():
    draws = np.array([seeding.stream(0, "layer", i).standard_normal(4000) for i in range(20)])
    correlations = np.corrcoef(draws) - np.eye(20)
    assert abs(correlations).max() < 5 / np.sqrt(4000)


@given(draws=st.lists(st.sampled_from(["random", "standard_normal", "integers", "float32"]), max_size=8))
def test_a_saved_position_is_restored_through_json(draws):
    def draw(rng, kind):
        if kind == "integers":
            return rng.integers(7, dtype=np.uint8)  # leaves half-used words in the generator
        return rng.random(dtype=np.float32) if kind == "float32" else getattr(rng, kind)()

    rng = seeding.stream(1, "x")
    for kind in draws:
        draw(rng, kind)
    saved = json.loads(json.dumps(seeding.saved(rng)))
    expected = [draw(rng, kind) for kind in [*draws, "random", "integers", "float32"]]
    other = seeding.stream(2, "y")
    seeding.restore(other, saved)
    assert [draw(other, kind) for kind in [*draws, "random", "integers", "float32"]] == expected


def test_what_was_saved_does_not_move_with_the_stream():
    rng = seeding.stream(0, "x")
    saved = seeding.saved(rng)
    before = copy.deepcopy(saved)
    rng.random(100)
    assert saved == before != seeding.saved(rng)


def test_a_position_of_another_generator_is_refused():
    with pytest.raises((ValueError, TypeError)):
        seeding.restore(
            seeding.stream(0, "x"), dict(np.random.Generator(np.random.MT19937(0)).bit_generator.state)
        )
