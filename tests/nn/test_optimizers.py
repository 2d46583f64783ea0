"""Optimizers against their formulas, PyTorch's, and properties that hold for all of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support import oracles

from nnlab.errors import OptionError
from nnlab.nn.kernels import updates
from nnlab.nn.optimizers import Adam
from nnlab.registry import OPTIMIZERS

CASES = [
    ("sgd", {"learning_rate": 0.1}),
    ("sgd", {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.005}),
    ("sgd", {"learning_rate": 0.1, "momentum": 0.9, "dampening": 0, "decay": "weights", "weight_decay": 0.01}),
    ("sgd", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("adagrad", {"weight_decay": 0.01, "initial_square": 0.1}),
    ("rmsprop", {}),
    ("rmsprop", {"momentum": 0.9, "centered": True, "weight_decay": 0.01, "decay": "weights"}),
    ("adam", {"weight_decay": 0.01}),
    ("adamw", {"weight_decay": 0.1, "decay": "weights"}),
]


def build(name, weights, decayed=None, **options):
    decayed = np.ones(weights.size, bool) if decayed is None else decayed
    return OPTIMIZERS.build(OPTIMIZERS.spec(name)(type=name, **options), weights, decayed)


def problem(dtype=np.float64, size=50, seed=0):
    """Weights, which of them decay, and a function that gives a gradient for each step."""
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal(size).astype(dtype)
    decayed = np.arange(size) % 7 > 1
    slope = rng.standard_normal(size).astype(dtype)
    return weights, decayed, lambda w, step: w * np.abs(slope) + slope * dtype(np.cos(step))


def run(name, options, steps=5, **kwargs):
    weights, decayed, gradient = problem(**kwargs)
    optimizer = build(name, weights, decayed, **options)
    for step in range(steps):
        optimizer.update(weights, gradient(weights, step), 1.0)
    return weights, optimizer


def test_every_registered_optimizer_has_a_case():
    assert sorted({name for name, _ in CASES}) == OPTIMIZERS.names()


def test_momentum_averages_gradients_by_default():
    weights, gradients = np.array([1.0]), [2.0, 4.0, -1.0]
    optimizer = build("sgd", weights, learning_rate=0.1, momentum=0.75, weight_decay=0.5)
    w, m = 1.0, 0.0
    for g in gradients:
        optimizer.update(weights, np.array([g]), 1.0)
        m = 0.75 * m + 0.25 * (g + 0.5 * w)
        w = w - 0.1 * m
        assert weights[0] == pytest.approx(w, rel=1e-14)
        assert optimizer.state["momentum"][0] == pytest.approx(m, rel=1e-14)


def test_averaging_is_summing_with_a_longer_step():
    average, _ = run("sgd", {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.01}, steps=50)
    total, _ = run("sgd", {"learning_rate": 0.01, "momentum": 0.9, "dampening": 0, "weight_decay": 0.01}, steps=50)
    np.testing.assert_allclose(average, total, rtol=1e-12)


def test_without_momentum_sgd_remembers_nothing():
    weights = np.array([1.0, 2.0])
    optimizer = build("sgd", weights, learning_rate=0.5)
    optimizer.update(weights, np.array([2.0, -2.0]), 1.0)
    assert weights.tolist() == [0.0, 3.0]
    assert optimizer.state == {}


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_adams_first_step_is_the_learning_rate(name):
    weights = np.zeros(3)
    build(name, weights, learning_rate=0.01).update(weights, np.array([3.0, -1e-3, 500.0]), 1.0)
    np.testing.assert_allclose(weights, [-0.01, 0.01, -0.01], rtol=1e-4)


@pytest.mark.parametrize("name", ["sgd", "adagrad", "rmsprop", "adam", "adamw"])
@pytest.mark.parametrize("decay", ["all", "weights"])
def test_decay_alone_shrinks_what_it_should(name, decay):
    weights = np.ones(4)
    optimizer = build(name, weights, np.array([True, False] * 2), learning_rate=0.1, weight_decay=0.5, decay=decay)
    optimizer.update(weights, np.zeros(4), 1.0)
    assert (weights[::2] < 1).all()
    assert (weights[1::2] < 1).all() == (decay == "all")
    if decay == "weights":
        assert weights[1::2].tolist() == [1, 1]


def test_adamw_decays_by_the_rate_of_the_step():
    weights = np.ones(2)
    build("adamw", weights, learning_rate=0.1, weight_decay=0.5).update(weights, np.zeros(2), 0.5)
    np.testing.assert_allclose(weights, 1 - 0.1 * 0.5 * 0.5)


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_adam_follows_its_formulas(name):
    weights, decayed, gradient = problem()
    options = {"learning_rate": 0.01, "betas": (0.8, 0.95), "epsilon": 1e-3, "weight_decay": 0.1}
    optimizer = build(name, weights, decayed, **options)
    w, m, v = weights.copy(), np.zeros_like(weights), np.zeros_like(weights)
    for t in range(1, 21):
        g = gradient(w, t)
        optimizer.update(weights, g, 0.5)
        w, m, v = getattr(oracles, name)(w, g, m, v, t, rate=0.005, betas=(0.8, 0.95), epsilon=1e-3, decay=0.1)
        np.testing.assert_allclose(weights, w, rtol=1e-12)
        np.testing.assert_allclose(optimizer.state["mean"], m, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(optimizer.state["square"], v, rtol=1e-12)
        weights[...] = w


@pytest.mark.parametrize("momentum", [0.0, 0.8])
@pytest.mark.parametrize("centered", [False, True])
def test_rmsprop_follows_its_formulas(momentum, centered):
    weights, decayed, gradient = problem()
    options = {"beta": 0.9, "momentum": momentum, "centered": centered, "epsilon": 1e-3}
    optimizer = build("rmsprop", weights, decayed, learning_rate=0.01, weight_decay=0.1, **options)
    w, memory = weights.copy(), [np.zeros_like(weights)] * 3
    for t in range(20):
        g = gradient(w, t)
        optimizer.update(weights, g, 0.5)
        w, *memory = oracles.rmsprop(w, g, *memory, rate=0.005, decay=0.1, **options)
        np.testing.assert_allclose(weights, w, rtol=1e-11)
        for key, expected in zip(("square", "mean", "momentum"), memory, strict=True):
            if key in optimizer.state:
                np.testing.assert_allclose(optimizer.state[key], expected, rtol=1e-11, atol=1e-15)
        weights[...] = w
    assert sorted(optimizer.state) == sorted(["square"] + centered * ["mean"] + (momentum > 0) * ["momentum"])


def test_adagrad_follows_its_formulas():
    weights, decayed, gradient = problem()
    optimizer = build(
        "adagrad", weights, decayed, learning_rate=0.1, initial_square=0.2, epsilon=1e-3, weight_decay=0.1
    )
    w, v = weights.copy(), np.full_like(weights, 0.2)
    for t in range(20):
        g = gradient(w, t)
        optimizer.update(weights, g, 0.5)
        w, v = oracles.adagrad(w, g, v, rate=0.05, epsilon=1e-3, decay=0.1)
        np.testing.assert_allclose(weights, w, rtol=1e-12)
        np.testing.assert_allclose(optimizer.state["square"], v, rtol=1e-12)


def test_a_constant_gradient_has_no_variance_below_0():
    weights, gradient = np.ones(1000, np.float32), np.linspace(-3, 3, 1000).astype(np.float32)
    optimizer = build("rmsprop", weights, centered=True)
    for _ in range(2000):
        optimizer.update(weights, gradient, 1e-6)
    assert np.isfinite(weights).all()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options"), CASES)
@given(factor=st.floats(0, 1))
def test_the_factor_multiplies_the_learning_rate(name, options, factor):
    first, decayed, gradient = problem()
    second = first.copy()
    g = gradient(first, 0)
    rate = options.get("learning_rate", OPTIMIZERS.spec(name).model_fields["learning_rate"].default)
    build(name, first, decayed, **options).update(first, g, factor)
    if factor * rate > 0:
        build(name, second, decayed, **{**options, "learning_rate": rate * factor}).update(second, g, 1.0)
    np.testing.assert_array_equal(first, second)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options"), CASES)
@given(size=st.integers(0, 40), block=st.integers(1, 12))
def test_the_bits_do_not_depend_on_the_block(name, options, size, block):
    whole, _ = run(name, options, dtype=np.float32, size=size)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(updates, "BLOCK", block)
        parts, _ = run(name, options, dtype=np.float32, size=size)
    assert whole.tobytes() == parts.tobytes()


@pytest.mark.parametrize(("name", "options"), CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_state_has_the_weights_dtype_and_the_gradient_stays(name, options, dtype):
    weights, decayed, gradient = problem(dtype)
    optimizer = build(name, weights, decayed, **options)
    g = gradient(weights, 0)
    before = g.copy()
    optimizer.update(weights, g, 1.0)
    np.testing.assert_array_equal(g, before)
    assert weights.dtype == dtype
    assert {key: array.dtype for key, array in optimizer.state.items() if key != "steps"} == dict.fromkeys(
        set(optimizer.state) - {"steps"}, np.dtype(dtype)
    )


@pytest.mark.parametrize(("name", "options"), CASES)
def test_restored_state_goes_on_to_the_same_bits(name, options):
    undisturbed, _ = run(name, options, steps=10)
    weights, optimizer = run(name, options, steps=4)
    _, decayed, gradient = problem()
    resumed = build(name, weights, decayed, **options)
    assert resumed.state.keys() == optimizer.state.keys()
    for key, saved in optimizer.state.items():
        resumed.state[key][...] = saved
    for step in range(4, 10):
        resumed.update(weights, gradient(weights, step), 1.0)
    assert weights.tobytes() == undisturbed.tobytes()


@pytest.mark.parametrize(
    ("option", "options"),
    [("nesterov", {"nesterov": True}), ("dampening", {"dampening": 0.5})],
)
def test_options_of_momentum_need_momentum(option, options):
    with pytest.raises(OptionError, match=rf"\b{option}\b.*\bmomentum\b") as caught:
        build("sgd", np.zeros(1), learning_rate=0.1, **options)
    assert caught.value.option == option


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("sgd", {}),
        ("sgd", {"learning_rate": 0.0}),
        ("sgd", {"learning_rate": 0.1, "momentum": 1.0}),
        ("sgd", {"learning_rate": 0.1, "momentum": 0.9, "dampening": 1.5}),
        ("adam", {"betas": (0.9, 1.0)}),
        ("adamw", {"weight_decay": -1.0}),
        ("rmsprop", {"beta": 1.0}),
        ("adagrad", {"initial_square": -0.1}),
    ],
)
def test_options_out_of_range_are_refused(name, options):
    with pytest.raises(ValidationError):
        OPTIMIZERS.spec(name)(type=name, **options)


def torch_run(make, steps=200):
    torch = pytest.importorskip("torch")
    weights, _, gradient = problem()
    parameter = torch.tensor(weights, requires_grad=True)
    optimizer = make(torch.optim, [parameter])
    for step in range(steps):
        parameter.grad = torch.tensor(gradient(parameter.detach().numpy(), step))
        optimizer.step()
    return parameter.detach().numpy()


TORCH = [
    ("sgd", {"learning_rate": 0.05}, lambda o, p: o.SGD(p, lr=0.05)),
    (
        "sgd",
        {"learning_rate": 0.01, "momentum": 0.9, "dampening": 0, "weight_decay": 0.02},
        lambda o, p: o.SGD(p, lr=0.01, momentum=0.9, weight_decay=0.02),
    ),
    (
        "sgd",
        {"learning_rate": 0.01, "momentum": 0.9, "dampening": 0, "weight_decay": 0.02, "nesterov": True},
        lambda o, p: o.SGD(p, lr=0.01, momentum=0.9, weight_decay=0.02, nesterov=True),
    ),
    (
        "sgd",
        {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
        lambda o, p: o.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
    ),
    (
        "adagrad",
        {"learning_rate": 0.05, "initial_square": 0.1, "epsilon": 1e-3, "weight_decay": 0.02},
        lambda o, p: o.Adagrad(p, lr=0.05, initial_accumulator_value=0.1, eps=1e-3, weight_decay=0.02),
    ),
    ("adagrad", {}, lambda o, p: o.Adagrad(p)),
    ("rmsprop", {}, lambda o, p: o.RMSprop(p)),
    (
        "rmsprop",
        {"learning_rate": 0.003, "beta": 0.9, "momentum": 0.8, "centered": True, "epsilon": 1e-3},
        lambda o, p: o.RMSprop(p, lr=0.003, alpha=0.9, momentum=0.8, centered=True, eps=1e-3),
    ),
    (
        "rmsprop",
        {"learning_rate": 0.003, "centered": True, "weight_decay": 0.02},
        lambda o, p: o.RMSprop(p, lr=0.003, centered=True, weight_decay=0.02),
    ),
    (
        "adam",
        {"learning_rate": 0.01, "betas": (0.8, 0.95), "epsilon": 1e-3, "weight_decay": 0.02},
        lambda o, p: o.Adam(p, lr=0.01, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.02),
    ),
    ("adamw", {"learning_rate": 0.01}, lambda o, p: o.AdamW(p, lr=0.01)),
]


@pytest.mark.parametrize(("name", "options", "make"), TORCH)
def test_torch_agrees_over_many_steps(name, options, make):
    ours, _ = run(name, options, steps=200)
    np.testing.assert_allclose(ours, torch_run(make), rtol=1e-9, atol=1e-12)


def test_the_comparison_notices_a_missing_bias_correction(monkeypatch):
    exact = Adam._adapt

    def late(self, *arguments):
        self.state["steps"] += 1
        exact(self, *arguments)
        self.state["steps"] -= 1

    monkeypatch.setattr(Adam, "_adapt", late)
    name, options, make = TORCH[-1]
    with pytest.raises(AssertionError):
        test_torch_agrees_over_many_steps(name, options, make)
