"""The check of everything registered: it passes, each planted fault is noticed, newcomers are not missed."""

import re

import numpy as np
import pytest

from nnlab.errors import OptionError, UsageError
from nnlab.gradcheck import LAYER_EXAMPLES, LOSS_EXAMPLES, LayerExample, check_registered
from nnlab.nn.layers import Layer
from nnlab.registry import LAYERS, LOSSES

WITHOUT_EXAMPLES = {"relu", "silu", "sigmoid", "tanh"}
BUILT_ON = {"groupnorm": {"layernorm"}, "squeeze_excite": {"global_avgpool", "dense", "relu", "sigmoid"}}
"""Layers that compute with others which their options do not name."""


def rng(seed=0):
    return np.random.default_rng(seed)


def kind(check):
    """The registered name in a label such as ``conv2d(filters=3) on 6x5x2``."""
    return re.match(r"\w+", check.layer)[0]


def plant(monkeypatch, name, parameter):
    """Make one gradient of a layer 1 % too large."""
    cls = LAYERS[name]
    exact = cls.backward

    def backward(self, grad_y, cache):
        grad_x, grads = exact(self, grad_y, cache)
        factors = {key: 1.01 if key == parameter else 1.0 for key in grads}
        return grad_x * (1.01 if parameter == "x" else 1.0), {key: grads[key] * f for key, f in factors.items()}

    monkeypatch.setattr(cls, "backward", backward)


@pytest.mark.slow
def test_all_entries_of_everything_registered_are_right():
    checks = check_registered(rng())
    assert {kind(check) for check in checks} == {*LAYERS.names(), *LOSSES.names()}
    assert [check for check in checks if not check.ok] == []
    assert max(check.error for check in checks) < 1e-6


@pytest.mark.slow
def test_everything_registered_passes_for_twenty_seeds():
    for seed in range(20):
        assert [check for check in check_registered(rng(seed), samples=8) if not check.ok] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({*LAYER_EXAMPLES, *WITHOUT_EXAMPLES}))
def test_one_percent_in_any_gradient_of_a_layer_is_noticed_and_named(name, monkeypatch):
    parameters = {check.parameter for check in check_registered(rng(), samples=1) if kind(check) == name}
    assert "x" in parameters
    for parameter in parameters:
        with monkeypatch.context() as patch:
            plant(patch, name, parameter)
            found = [check for check in check_registered(rng(), samples=8) if not check.ok]
        assert (name, parameter) in {(kind(check), check.parameter) for check in found}
        used = {check.layer for check in found if name in BUILT_ON.get(kind(check), ())}
        assert all(kind(check) == name or name in check.layer or check.layer in used for check in found), found


@pytest.mark.parametrize("name", LOSSES.names())
def test_one_percent_in_a_loss_is_noticed_and_named(name, monkeypatch):
    cls = LOSSES[name]
    exact = cls.backward
    monkeypatch.setattr(cls, "backward", lambda self, cache: exact(self, cache) * 1.01)
    found = [check for check in check_registered(rng(), samples=4) if not check.ok]
    assert {(kind(check), check.parameter) for check in found} == {(name, "scores")}
    assert len(found) == 2 * len(LOSS_EXAMPLES.get(name, [None]))


def test_the_planted_layers_are_all_layers():
    assert sorted({*LAYER_EXAMPLES, *WITHOUT_EXAMPLES}) == LAYERS.names()


class Square(Layer):
    """A user's own layer, y = x^2, with a fault of the user's choice."""

    slope = 2.0
    shape_length: int | None = None

    def __init__(self, input_shape, rng):
        if self.shape_length is not None and len(input_shape) != self.shape_length:
            raise OptionError(f"not a shape of {self.shape_length} axes")
        super().__init__(input_shape, input_shape)

    def predict(self, x):
        return x**2

    def forward(self, x):
        return x**2, x

    def backward(self, grad_y, cache):
        return self.slope * cache * grad_y, {}


class Power(Square):
    """One that cannot be built without an option."""

    def __init__(self, input_shape, rng, *, exponent: float):
        super().__init__(input_shape, rng)


@pytest.fixture
def register(monkeypatch):
    def add(cls):
        name = f"test_{cls.__name__.lower()}"
        LAYERS.names()
        monkeypatch.setitem(LAYERS._classes, name, cls)
        return name

    return add


@pytest.mark.parametrize(("length", "shapes"), [(None, ["6x5x2", "7"]), (3, ["6x5x2"]), (1, ["7"])])
def test_a_layer_of_ones_own_is_checked_on_the_shapes_it_takes(length, shapes, register, monkeypatch):
    name = register(Square)
    monkeypatch.setattr(Square, "shape_length", length)
    checks = [check for check in check_registered(rng(), samples=4) if kind(check) == name]
    assert [(check.layer, check.ok) for check in checks] == [(f"{name} on {shape}", True) for shape in shapes]
    monkeypatch.setattr(Square, "slope", 2.02)
    assert {kind(check) for check in check_registered(rng(), samples=4) if not check.ok} == {name}


def test_a_layer_that_takes_no_generic_shape_needs_an_example(register, monkeypatch):
    name = register(Square)
    monkeypatch.setattr(Square, "shape_length", 2)
    with pytest.raises(UsageError, match=f"{name}.*not a shape of 2 axes.*LAYER_EXAMPLES"):
        check_registered(rng(), samples=1)
    monkeypatch.setitem(LAYER_EXAMPLES, name, [LayerExample((3, 4))])
    assert [check.layer for check in check_registered(rng(), samples=1) if kind(check) == name] == [
        f"{name} on 3x4"
    ]


def test_a_layer_that_needs_options_needs_an_example(register, monkeypatch):
    name = register(Power)
    with pytest.raises(UsageError, match=f"{name}' cannot be checked without values for exponent.*LAYER_EXAMPLES"):
        check_registered(rng(), samples=1)
    monkeypatch.setitem(LAYER_EXAMPLES, name, [LayerExample((3,), {"exponent": 2.0})])
    checks = [check for check in check_registered(rng(), samples=1) if kind(check) == name]
    assert [(check.layer, check.ok) for check in checks] == [(f"{name}(exponent=2.0) on 3", True)]
