"""Updates in place against the same formulas on whole arrays, to the bit."""

import inspect

import numpy as np
import pytest
from support import oracles

from nnlab.nn.kernels import threads, updates

NUMBERS = {"keep": 0.9, "share": 0.3, "rate": 0.07, "epsilon": 1e-3, "decay": 0.02}
KERNELS = (
    *("decayed", "shrink", "average", "average_square", "add_square", "variance"),
    *("accumulate_scaled", "descend", "descend_ahead", "descend_scaled"),
)


def test_every_kernel_is_compared():
    kernels = {name for name, value in vars(updates).items() if inspect.isfunction(value)}
    assert kernels - {"blocks", "each_block"} == set(KERNELS)


@pytest.fixture
def arguments(rng):
    """Vectors for the letters in a kernel's signature, numbers for its other parameters."""

    def arguments(kernel, dtype, **changes):
        names = inspect.signature(kernel).parameters
        drawn = {name: rng.standard_normal(1000).astype(dtype) for name in ("w", "m", "g")}
        drawn["v"] = rng.uniform(0, 2, 1000).astype(dtype)
        given = {**drawn, **NUMBERS, **changes}
        return {name: given[name] for name in names}

    return arguments


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_kernel_has_the_bits_of_its_formula(name, dtype, arguments):
    given = arguments(getattr(updates, name), dtype)
    expected = getattr(oracles, name)(**given)
    others = {key: value.copy() for key, value in list(given.items())[1:] if isinstance(value, np.ndarray)}
    changed, first = getattr(updates, name)(**given), next(iter(given.values()))
    result = first if changed is None else changed
    assert (result.dtype, result.tobytes()) == (dtype, expected.tobytes())
    assert all(given[key].tobytes() == value.tobytes() for key, value in others.items())


@pytest.mark.parametrize("name", ["decayed", "shrink"])
def test_each_entry_may_decay_by_itself(name, arguments, rng):
    given = arguments(getattr(updates, name), np.float32, decay=rng.uniform(0, 1, 1000).astype(np.float32))
    expected = getattr(oracles, name)(**given)
    changed = getattr(updates, name)(**given)
    assert (given["w"] if changed is None else changed).tobytes() == expected.tobytes()


def test_without_decay_the_gradient_is_not_copied(arguments):
    given = arguments(updates.decayed, np.float32, decay=0.0)
    assert updates.decayed(**given) is given["g"]


@pytest.mark.parametrize("size", [0, 1, 12, 13, 100])
def test_blocks_cover_a_vector_once(size, monkeypatch):
    monkeypatch.setattr(updates, "BLOCK", 4)
    vector = np.zeros(size, int)
    before = threads.count()
    threads.set_count(2)
    try:
        updates.each_block(lambda part: np.add(vector[part], 1, out=vector[part]), updates.blocks(size))
    finally:
        threads.set_count(before)
    assert vector.tolist() == [1] * size
    assert all(part.stop - part.start == 4 for part in updates.blocks(size))
