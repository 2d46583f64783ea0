"""What the README says to those who come from PyTorch, with PyTorch's rules written out in NumPy."""

from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from nnlab import seeding
from nnlab.registry import INITIALIZERS, LAYERS, LOSSES, OPTIMIZERS

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
STEPS = 6


def build(registry, name, *context, **options):
    return registry.build(registry.spec(name)(type=name, **options), *context)


def walk(name, gradients, **options):
    """The weights after each step of an optimizer of nnlab's."""
    weights = np.linspace(-1, 1, gradients.shape[1])
    optimizer = build(OPTIMIZERS, name, weights, np.ones(weights.size, bool), **options)
    path = []
    for gradient in gradients:
        optimizer.update(weights, gradient, 1.0)
        path.append(weights.copy())
    return np.array(path)


def torch_sgd(gradients, *, lr, momentum, dampening=0.0, nesterov=False, weight_decay=0.0):
    """The weights after each step of torch.optim.SGD, by the algorithm in its documentation."""
    weights, buffer, path = np.linspace(-1, 1, gradients.shape[1]), None, []
    for gradient in gradients:
        g = gradient + weight_decay * weights
        buffer = g if buffer is None else momentum * buffer + (1 - dampening) * g
        weights = weights - lr * (g + momentum * buffer if nesterov else buffer)
        path.append(weights)
    return np.array(path)


def torch_adam(gradients, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay, decoupled):
    """The weights after each step of torch.optim.Adam or AdamW, by the algorithms in their documentation."""
    weights, mean, square, path = np.linspace(-1, 1, gradients.shape[1]), 0.0, 0.0, []
    for t, gradient in enumerate(gradients, 1):
        if decoupled:
            weights = weights - lr * weight_decay * weights
        g = gradient if decoupled else gradient + weight_decay * weights
        mean = betas[0] * mean + (1 - betas[0]) * g
        square = betas[1] * square + (1 - betas[1]) * g**2
        weights = weights - lr * mean / (1 - betas[0] ** t) / (np.sqrt(square / (1 - betas[1] ** t)) + eps)
        path.append(weights)
    return np.array(path)


@pytest.fixture
def gradients():
    return np.random.default_rng(0).standard_normal((STEPS, 5))


@pytest.mark.parametrize("mu", [0.5, 0.9])
@pytest.mark.parametrize("more", [{}, {"weight_decay": 0.1}])
def test_sgd_is_pytorchs_with_a_learning_rate_larger_by_one_over_one_minus_mu(gradients, mu, more):
    theirs = torch_sgd(gradients, lr=0.01, momentum=mu, **more)
    ours = walk("sgd", gradients, learning_rate=0.01 / (1 - mu), momentum=mu, **more)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    assert not np.allclose(walk("sgd", gradients, learning_rate=0.01, momentum=mu, **more), theirs, rtol=1e-3)


@pytest.mark.parametrize("nesterov", [False, True])
def test_without_dampening_sgd_is_pytorchs(gradients, nesterov):
    theirs = torch_sgd(gradients, lr=0.01, momentum=0.9, nesterov=nesterov)
    ours = walk("sgd", gradients, learning_rate=0.01, momentum=0.9, dampening=0.0, nesterov=nesterov)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_pytorch_does_not_dampen_the_first_gradient(gradients):
    theirs = torch_sgd(gradients, lr=0.1, momentum=0.9, dampening=0.9)
    ours = walk("sgd", gradients, learning_rate=0.1, momentum=0.9)
    start = np.linspace(-1, 1, gradients.shape[1])
    np.testing.assert_allclose(theirs[0] - start, 10 * (ours[0] - start), rtol=1e-12)


@pytest.mark.parametrize(("name", "options"), [("adam", {"weight_decay": 0.1}), ("adamw", {})])
def test_adam_and_adamw_are_pytorchs(gradients, name, options):
    decoupled = name == "adamw"
    theirs = torch_adam(1e-8 * gradients, weight_decay=0.01 if decoupled else 0.1, decoupled=decoupled)
    np.testing.assert_allclose(walk(name, 1e-8 * gradients, **options), theirs, rtol=1e-12)


@pytest.mark.parametrize("centered", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_rmsprop_is_pytorchs(gradients, momentum, centered):
    """torch.optim.RMSprop, by the algorithm in its documentation, with its alpha as beta."""
    weights, v, average, buffer = np.linspace(-1, 1, gradients.shape[1]), 0.0, 0.0, 0.0
    for gradient in gradients:
        v = 0.99 * v + 0.01 * gradient**2
        average = 0.99 * average + 0.01 * gradient
        buffer = momentum * buffer + gradient / (np.sqrt(v - centered * average**2) + 1e-8)
        weights = weights - 0.01 * buffer
    ours = walk("rmsprop", gradients, momentum=momentum, centered=centered)[-1]
    np.testing.assert_allclose(ours, weights, rtol=1e-11)


def test_adagrad_is_pytorchs(gradients):
    weights, total = np.linspace(-1, 1, gradients.shape[1]), 0.5
    for gradient in gradients:
        total = total + gradient**2
        weights = weights - 0.01 * gradient / (np.sqrt(total) + 1e-10)
    np.testing.assert_allclose(walk("adagrad", gradients, initial_square=0.5)[-1], weights, rtol=1e-12)


def test_batchnorm_moves_its_averages_by_the_momentum():
    x = np.random.default_rng(1).standard_normal((8, 3)).astype(np.float32)
    layer = build(LAYERS, "batchnorm", (3,), np.random.default_rng(0))
    layer.forward(x)
    np.testing.assert_allclose(layer.state["running_mean"], 0.1 * x.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(layer.state["running_variance"], 0.9 + 0.1 * x.var(axis=0, ddof=1), rtol=1e-5)


@pytest.mark.parametrize(
    ("type_", "options", "variance"),
    [("he_normal", {}, 2), ("lecun_normal", {"gain": 0.57735}, 1 / 3)],
)
def test_initial_weights_have_the_spread_that_the_table_gives(type_, options, variance):
    init = INITIALIZERS.spec(type_)(type=type_, **options)
    layer = build(LAYERS, "dense", (400,), seeding.stream(0, "layer", 0), units=500, init=init)
    assert layer.params["weight"].std() == pytest.approx(sqrt(variance / 400), rel=0.01)
    assert not layer.params["bias"].any()


def test_the_layouts_are_those_of_the_table():
    conv = build(LAYERS, "conv2d", (6, 7, 3), np.random.default_rng(0), filters=4, kernel=(2, 5))
    assert conv.params["weight"].transpose(3, 2, 0, 1).shape == (4, 3, 2, 5)
    deep = build(LAYERS, "depthwise_conv2d", (6, 7, 3), np.random.default_rng(0), kernel=(2, 5), multiplier=4)
    assert deep.params["weight"].transpose(3, 2, 0, 1).shape == (12, 1, 2, 5)
    dense = build(LAYERS, "dense", (2, 3, 4), np.random.default_rng(0), units=5)
    x = np.random.default_rng(1).standard_normal((1, 2, 3, 4)).astype(np.float32)
    weight = dense.params["weight"].reshape(2, 3, 4, 5)
    np.testing.assert_allclose(dense.predict(x)[0], np.einsum("hwc,hwcm->m", x[0], weight), rtol=1e-5)


def test_losses_are_reduced_as_the_table_says():
    scores, labels = np.random.default_rng(2).standard_normal((4, 3)), np.array([0, 2, 1, 1])
    targets = np.eye(3)[labels]
    answers = np.logaddexp(0, scores) - targets * scores
    expected = {
        ("softmax_cross_entropy", "mean"): (np.log(np.exp(scores).sum(1)) - (scores * targets).sum(1)).mean(),
        ("sigmoid_binary_cross_entropy", "mean"): answers.sum(axis=1).mean(),
        ("mean_squared_error", "mean"): ((scores - targets) ** 2).mean(),
        ("mean_squared_error", "sum"): ((scores - targets) ** 2).mean(axis=1).sum(),
    }
    for (name, reduction), value in expected.items():
        loss = build(LOSSES, name, reduction=reduction)
        assert loss.forward(scores, labels)[0] == pytest.approx(value, rel=1e-12), name


def test_the_readme_gives_the_pair_of_learning_rates_that_is_checked_here():
    assert "`{type: sgd, learning_rate: 0.1, momentum: 0.9}` in nnlab is `lr=0.01, momentum=0.9`" in README
