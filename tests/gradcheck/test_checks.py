"""Gradient checks of networks, layers and losses: right ones pass, planted faults are noticed and named."""

import numpy as np
import pytest

from nnlab import seeding
from nnlab.errors import UsageError
from nnlab.gradcheck import check_layer, check_loss, check_network
from nnlab.gradcheck.examples import layer_examples
from nnlab.nn.layers import Conv2d, Dense, Layer, MaxPool2d, Relu
from nnlab.nn.network import Network, build_network
from nnlab.registry import LAYERS, LOSSES

CONV = {"type": "conv2d", "filters": 4, "kernel": 3, "padding": 1}
POOL = {"type": "maxpool2d", "size": 2}
DROP = {"type": "dropout", "rate": 0.3}
# No batch norm just after a convolution: it would make the gradient of the bias 0, and so is 1.01 times that.
IMAGES = [CONV, "relu", "batchnorm", POOL, CONV, "relu", DROP, {"type": "dense", "units": 5}]
WEIGHTED = {0: "conv2d", 2: "batchnorm", 4: "conv2d", 7: "dense"}


def rng(seed=0):
    return np.random.default_rng(seed)


def network(entries, input_shape, seed=0):
    options = [{"type": entry} if isinstance(entry, str) else entry for entry in entries]
    return build_network([LAYERS.spec(given["type"])(**given) for given in options], input_shape, seed)


def softmax_loss(**options):
    return LOSSES.build(LOSSES.spec("softmax_cross_entropy")(**options))


def image_batch(seed=0):
    draw = rng(seed)
    return draw.standard_normal((4, 8, 8, 2)).astype(np.float32), draw.integers(0, 5, 4)


def check_images(seed=0, samples=12):
    return check_network(
        network(IMAGES, (8, 8, 2), seed), softmax_loss(), *image_batch(seed), rng=rng(seed), samples=samples
    )


def wrong(checks):
    return {(check.layer, check.parameter) for check in checks if not check.ok}


@pytest.mark.slow
def test_a_right_network_passes_for_many_seeds():
    for seed in range(20):
        assert wrong(check_images(seed)) == set()


def test_every_gradient_of_a_network_has_its_line():
    checks = check_images()
    assert [(check.layer, check.parameter) for check in checks] == [
        ("network[0] (conv2d)", "weight"),
        ("network[0] (conv2d)", "bias"),
        ("network[0] (conv2d)", "x"),
        ("network[1] (relu)", "x"),
        ("network[2] (batchnorm)", "gamma"),
        ("network[2] (batchnorm)", "beta"),
        ("network[2] (batchnorm)", "x"),
        ("network[3] (maxpool2d)", "x"),
        ("network[4] (conv2d)", "weight"),
        ("network[4] (conv2d)", "bias"),
        ("network[4] (conv2d)", "x"),
        ("network[5] (relu)", "x"),
        ("network[6] (dropout)", "x"),
        ("network[7] (dense)", "weight"),
        ("network[7] (dense)", "bias"),
        ("network[7] (dense)", "x"),
        ("softmax_cross_entropy", "scores"),
    ]
    assert [check.checked for check in checks if check.parameter == "weight"] == [12, 12, 12]
    assert [check.checked for check in checks if check.parameter == "bias"] == [4, 4, 5]
    assert all(check.error < 1e-6 for check in checks)


def test_all_entries_are_checked_without_a_number_of_samples():
    net = network([{"type": "dense", "units": 3}, "tanh", {"type": "dense", "units": 2}], (4,))
    x = rng().standard_normal((2, 4))
    checks = check_network(net, softmax_loss(), x, np.array([0, 1]), rng=rng(), samples=None)
    assert [check.checked for check in checks] == [12, 3, 8, 6, 6, 2, 6, 4]
    assert wrong(checks) == set()


def test_the_network_is_left_as_it_was():
    net = network(IMAGES, (8, 8, 2))
    x, labels = image_batch()
    layers, weights, gradient = net.layers, net.weights, net.gradient
    weights_before, gradient_before, x_before = weights.copy(), gradient.copy(), x.copy()
    state_before = {name: array.copy() for name, array in net.state.items()}
    streams_before = {name: seeding.saved(stream) for name, stream in net.streams.items()}
    check_network(net, softmax_loss(), x, labels, rng=rng(), samples=3)
    assert net.layers is layers
    assert net.weights is weights
    assert weights.dtype == np.float32
    assert all(np.shares_memory(param, weights) for param in net.params.values())
    np.testing.assert_array_equal(weights, weights_before)
    np.testing.assert_array_equal(gradient, gradient_before)
    np.testing.assert_array_equal(x, x_before)
    assert all((net.state[name] == before).all() for name, before in state_before.items())
    assert {name: seeding.saved(stream) for name, stream in net.streams.items()} == streams_before


def scaled(method, name):
    """The backward pass ``method``, with the gradient ``name`` 1 % too large."""

    def backward(self, grad_y, cache):
        grad_x, grads = method(self, grad_y, cache)
        if name == "x":
            return grad_x * 1.01, grads
        return grad_x, {**grads, name: grads[name] * 1.01}

    return backward


@pytest.mark.parametrize(
    ("index", "name"),
    [
        (i, n)
        for i, layer in WEIGHTED.items()
        for n in (("gamma", "beta") if layer == "batchnorm" else ("weight", "bias"))
    ],
)
def test_a_wrong_parameter_gradient_is_named(index, name, monkeypatch):
    cls = LAYERS[WEIGHTED[index]]
    monkeypatch.setattr(cls, "backward", scaled(cls.backward, name))
    expected = {(f"network[{i}] ({layer})", name) for i, layer in WEIGHTED.items() if layer == WEIGHTED[index]}
    assert wrong(check_images()) == expected


@pytest.mark.parametrize("index", [4, 5, 6, 7])
def test_a_wrong_input_gradient_is_the_last_line_that_fails(index, monkeypatch):
    net = network(IMAGES, (8, 8, 2))
    cls = type(net.layers[index])
    monkeypatch.setattr(cls, "backward", scaled(cls.backward, "x"))
    checks = check_images()
    last = [check for check in checks if not check.ok][-1]
    assert (last.layer, last.parameter) == (net.label(index), "x")
    assert last.error == pytest.approx(0.01 / 2.01, rel=0.05)
    assert last.analytic == pytest.approx(1.01 * last.numeric, rel=1e-5)


def test_a_wrong_shortcut_for_the_first_layer_is_noticed(monkeypatch):
    exact = Conv2d.gradients
    monkeypatch.setattr(
        Conv2d,
        "gradients",
        lambda self, g, cache: {name: grad * 1.01 for name, grad in exact(self, g, cache).items()},
    )
    assert ("network[0] (conv2d)", "weight") in wrong(check_images())


def test_a_wrong_loss_is_named(monkeypatch):
    cls = type(softmax_loss())
    exact = cls.backward
    monkeypatch.setattr(cls, "backward", lambda self, cache: exact(self, cache) * 1.01)
    checks = check_images()
    assert not checks[-1].ok
    assert (checks[-1].layer, checks[-1].parameter) == ("softmax_cross_entropy", "scores")
    scores, labels = rng().standard_normal((3, 4)), np.array([0, 1, 3])
    assert not check_loss(softmax_loss(), scores, labels, rng=rng()).ok


def test_a_wrong_reduction_is_noticed(monkeypatch):
    loss = softmax_loss(reduction="sum")
    exact = type(loss).backward
    monkeypatch.setattr(type(loss), "backward", lambda self, cache: exact(self, cache) / len(cache[0]))
    assert not check_loss(loss, rng().standard_normal((3, 4)), np.array([0, 1, 3]), rng=rng()).ok


def test_zeros_that_meet_relu_are_left_out_and_counted():
    x = rng().standard_normal((2, 6))
    x[0, 1] = x[1, 3] = 0.0
    (check,) = check_layer(Relu((6,), rng()), x, rng=rng())
    assert (check.ok, check.checked, check.kinks) == (True, 10, 2)


def test_ties_in_a_pooling_window_are_left_out_and_counted():
    x = rng().standard_normal((1, 4, 4, 1))
    x[0, :2, :2, 0] = [[5.0, 5.0], [1.0, 2.0]]
    (check,) = check_layer(MaxPool2d((4, 4, 1), rng(), size=(2, 2)), x, rng=rng())
    assert (check.ok, check.checked, check.kinks) == (True, 14, 2)


def test_equal_values_that_move_together_are_no_kink():
    """All four values of each window are the same function of the weights: a constant image, as MNIST's border."""
    net = network([CONV, POOL, {"type": "dense", "units": 5}], (8, 8, 2))
    x, labels = np.ones((2, 8, 8, 2)), np.array([0, 3])
    checks = check_network(net, softmax_loss(), x, labels, rng=rng(), samples=10)
    assert [
        check.kinks for check in checks if check.layer == "network[0] (conv2d)" and check.parameter != "x"
    ] == [0, 0]
    assert all(check.ok for check in checks if check.parameter != "x")


def test_nothing_but_kinks_is_not_ok():
    (check,) = check_layer(Relu((3,), rng()), np.zeros((2, 3)), rng=rng())
    assert (check.ok, check.checked, check.kinks) == (False, 0, 6)


def test_nothing_but_kinks_is_not_called_wrong():
    check = check_layer(Relu((3,), rng()), np.zeros((2, 3)), rng=rng())[0]
    assert (check.verdict, check.parameter) == ("not checked", "x")


def test_a_predict_that_differs_from_forward_is_noticed(monkeypatch):
    monkeypatch.setattr(Dense, "predict", lambda self, x: x @ self.params["weight"] + 1.01 * self.params["bias"])
    monkeypatch.setattr(Dense, "forward", lambda self, x: (x @ self.params["weight"] + self.params["bias"], x))
    layer = Dense((4,), rng(), units=3)
    layer.params["bias"][1] = 2
    found = check_layer(layer, rng().standard_normal((5, 4)), rng=rng())
    assert wrong(found) == {("dense", "predict")}
    (check,) = [check for check in found if check.parameter == "predict"]
    assert check.worst[1] == 1
    assert check.analytic - check.numeric == pytest.approx(0.02)


def test_layers_declare_that_predict_and_forward_differ():
    differing = {name for name in LAYERS.names() for layer in made(name) if not layer.predicts_as_in_training}
    assert differing == {"dropout", "batchnorm", "residual"}  # a residual block with dropout inside


def made(name):
    return [
        LAYERS.build(LAYERS.spec(name)(type=name, **e.options), e.input_shape, rng()) for e in layer_examples(name)
    ]


def test_a_predict_of_another_shape_or_that_raises_is_noticed(monkeypatch):
    layer, x = Dense((4,), rng(), units=3), rng().standard_normal((5, 4))
    forward = lambda self, x: (x @ self.params["weight"] + self.params["bias"], x)  # noqa: E731
    monkeypatch.setattr(Dense, "forward", forward)
    for predict, told in (
        (lambda self, x: x, "shape (5, 4), forward (5, 3)"),
        (lambda self, x: 1 / 0, "ZeroDivision"),
    ):
        monkeypatch.setattr(Dense, "predict", predict)
        first = check_layer(layer, x, rng=rng())[0]
        assert (first.parameter, first.verdict) == ("predict", "WRONG")
        assert told in first.failure


class _Broken(Relu):
    def backward(self, grad_y, cache):
        raise KeyError("mask")


def test_a_backward_that_raises_is_named_and_the_others_are_checked(monkeypatch):
    """The layers before it cannot have its gradient, and are checked with another one."""
    made = network([{"type": "dense", "units": 4}, "relu", {"type": "dense", "units": 3}], (5,))
    broken = Network([made.layers[0], _Broken((4,), rng()), made.layers[2]])
    monkeypatch.setattr(LAYERS, "name_of", lambda layer: type(layer).__name__.lower())
    x, labels = rng().standard_normal((4, 5)), np.array([0, 1, 2, 0])
    checks = check_network(broken, softmax_loss(), x, labels, rng=rng())
    assert wrong(checks) == {("network[1] (_broken)", "backward")}
    assert [check.parameter for check in checks] == [
        "weight",
        "bias",
        "x",
        "backward",
        "weight",
        "bias",
        "x",
        "scores",
    ]
    assert all(check.checked for check in checks if check.ok)
    line = _Broken.backward.__code__.co_firstlineno + 1
    assert checks[3].failure == f"{__file__}:{line}: KeyError: 'mask'"
    monkeypatch.setattr(
        Dense,
        "backward",
        lambda self, g, cache: (
            g @ self.params["weight"].T,
            {"weight": 1.01 * (cache.T @ g), "bias": g.sum(axis=0)},
        ),
    )
    monkeypatch.setattr(Dense, "gradients", lambda self, g, cache: self.backward(g, cache)[1])
    assert ("network[0] (dense)", "weight") in wrong(check_network(broken, softmax_loss(), x, labels, rng=rng()))


def test_a_loss_whose_backward_raises_is_named(monkeypatch):
    monkeypatch.setattr(type(softmax_loss()), "backward", lambda self, cache: cache["no"])
    checks = check_network(
        network([{"type": "dense", "units": 3}], (5,)), softmax_loss(), np.ones((2, 5)), [0, 1], rng=rng()
    )
    assert wrong(checks) == {("softmax_cross_entropy", "backward")}
    assert f"{__file__}:" in checks[-1].failure


def test_work_is_reported():
    told = []
    layer = Dense((2,), rng(), units=2)
    check_layer(layer, np.ones((1, 2)), rng=rng(), report=lambda *what: told.append(what))
    entries = [("dense", "weight")] * 4 + [("dense", "bias")] * 2 + [("dense", "x")] * 2
    assert [what for what in told if what[0]] == entries


def test_a_wrong_backward_does_not_pass_for_a_kink(monkeypatch):
    x = rng().standard_normal((2, 6))
    monkeypatch.setattr(Relu, "backward", lambda self, g, y: (g * (y >= 0), {}))
    (check,) = check_layer(Relu((6,), rng()), x, rng=rng())
    assert (check.ok, check.kinks) == (False, 0)


def test_what_is_not_finite_is_not_ok():
    x = rng().standard_normal((2, 3))
    layer = Dense((3,), rng(), units=2)
    layer.params["bias"][0] = np.nan
    assert not any(check.ok for check in check_layer(layer, x, rng=rng()))


def test_the_masks_of_dropout_are_the_same_in_every_evaluation():
    (check,) = check_layer(LAYERS["dropout"]((50,), rng(), rate=0.5), rng().standard_normal((3, 50)), rng=rng())
    assert check.ok
    assert check.checked == 150


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x, g: (g, {}), "backward returns no gradient for 'scale'"),
        (lambda x, g: (g[0], {"scale": (x * g).sum(axis=0)}), r"backward returns the shape \(3,\) for 'x'"),
        (lambda x, g: (g, {"scale": x * g}), r"the shape \(2, 3\) for 'scale', which is \(3,\)"),
        (lambda x, g: (g, {"scale": (x * g).sum(axis=0)}), r"Scale.gradients returns no gradient for 'scale'"),
    ],
)
def test_gradients_left_out_or_of_a_wrong_shape_are_refused(answer, message):
    class Scale(Layer):
        def __init__(self):
            super().__init__((3,), (3,))
            self.params = {"scale": np.ones(3)}

        def predict(self, x):
            return x * self.params["scale"]

        def forward(self, x):
            return self.predict(x), x

        def backward(self, grad_y, cache):
            return answer(cache, grad_y)

        def gradients(self, grad_y, cache):
            return {}

    with pytest.raises(UsageError, match=message):
        check_layer(Scale(), rng().standard_normal((2, 3)), rng=rng(), name="scale")


def test_the_scalar_network_has_its_printed_gradients():
    first = {"type": "values", "values": ((1.0, 1.0, 1.0), (-1.0, -1.0, -1.0))}
    second = {"type": "values", "values": ((1.0, 1.0), (-1.0, -1.0), (-1.0, -1.0))}
    net = network(
        [{"type": "dense", "units": 3, "init": first}, "sigmoid", {"type": "dense", "units": 2, "init": second}],
        (2,),
    )
    x, labels, loss = np.array([[1.0, -1.0]]), np.array([0]), softmax_loss()
    exact = Network(net.layers, np.float64)
    scores, caches = exact.forward(x)
    exact.backward(loss.backward(loss.forward(scores, labels)[1]), caches)
    gradient = exact.gradient.round(4)
    np.testing.assert_array_equal(gradient[:9], np.zeros(9))
    np.testing.assert_array_equal(gradient[9:15].reshape(3, 2), [[-0.4404, 0.4404]] * 3)
    np.testing.assert_array_equal(gradient[15:], [-0.5, 0.5])
    checks = check_network(exact, loss, x, labels, rng=rng(), samples=None)
    assert wrong(checks) == set()
    numeric = {(check.layer, check.parameter): check.numeric for check in checks}
    assert abs(numeric["network[2] (dense)", "weight"]) == pytest.approx(0.4404, abs=5e-5)
