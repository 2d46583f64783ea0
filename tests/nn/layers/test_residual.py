import numpy as np
import pytest

from nnlab import seeding
from nnlab.errors import OptionError
from nnlab.nn.layers import Residual
from nnlab.nn.network import build_network
from nnlab.registry import LAYERS


def entry(name, **options):
    return LAYERS.spec(name)(type=name, **options)


def residual(input_shape, *body, projection=None):
    return Residual(input_shape, np.random.default_rng(0), body=body, projection=projection)


CONV = entry("conv2d", filters=4, kernel=3, stride=2, padding=1, bias=False)
PROJECTION = entry("conv2d", filters=4, kernel=1, stride=2)


def test_the_input_is_added_to_the_body(rng):
    block, x = residual((3,), entry("dense", units=5), entry("tanh"), entry("dense", units=3)), rng.random((2, 3))
    first, bend, last = block.body
    np.testing.assert_array_equal(block.predict(x), x + last.predict(bend.predict(first.predict(x))))


def test_the_projection_is_added_to_the_body(rng):
    block, x = residual((6, 6, 2), CONV, projection=PROJECTION), rng.random((2, 6, 6, 2))
    np.testing.assert_array_equal(block.predict(x), block.body[0].predict(x) + block.projection.predict(x))
    assert block.output_shape == (3, 3, 4)
    assert block.multiply_adds == 9 * (9 * 2 * 4) + 9 * (2 * 4)


def test_names_tell_where_parameters_state_and_streams_belong():
    inner = entry("residual", body=(entry("batchnorm"), entry("dropout")))
    block = residual((6, 6, 2), CONV, inner, projection=PROJECTION)
    assert list(block.params) == [
        "body.0.weight",
        "body.1.body.0.gamma",
        "body.1.body.0.beta",
        "projection.weight",
        "projection.bias",
    ]
    assert list(block.state) == ["body.1.body.0.running_mean", "body.1.body.0.running_variance"]
    assert list(block.streams) == ["body.1.body.1.mask"]


def test_state_and_streams_are_those_of_the_layers_inside(rng):
    block = residual((6,), entry("batchnorm"), entry("dropout"))
    x = 3 + rng.random((8, 6)).astype(np.float32)
    position = seeding.saved(block.streams["body.1.mask"])
    y, _ = block.forward(x)
    assert (block.state["body.0.running_mean"] > 0.2).all()
    seeding.restore(block.streams["body.1.mask"], position)
    np.testing.assert_array_equal(block.forward(x)[0], y)


def test_a_network_reaches_the_layers_inside(rng):
    network = build_network(
        [entry("residual", body=(CONV, entry("batchnorm")), projection=PROJECTION), entry("dense", units=3)],
        (6, 6, 2),
    )
    x = rng.random((4, 6, 6, 2)).astype(np.float32)
    for layer in (network.layers[0].body[0], network.layers[0].body[1], network.layers[0].projection):
        assert all(np.shares_memory(p, network.weights) for p in layer.params.values())
    before = network.predict(x)
    network.weights *= 2
    assert (network.predict(x) != before).any()
    y, caches = network.forward(x)
    network.backward(y, caches)
    assert (network.gradient != 0).mean() > 0.9


def test_layers_inside_have_streams_of_their_own():
    block = residual((4,), entry("dense", units=4), entry("dense", units=4))
    first, second = (layer.params["weight"] for layer in block.body)
    assert (first != second).any()


@pytest.mark.parametrize(
    ("input_shape", "body", "shapes", "hint"),
    [
        ((6, 6, 2), CONV, r"3x3x4\b.*\b6x6x2", "{type: conv2d, filters: 4, kernel: 1, stride: 2}"),
        ((6,), entry("dense", units=4), r"4\b.*\b6", "{type: dense, units: 4}"),
        ((6, 6, 2), entry("dense", units=4), r"4\b.*\b6x6x2", "{type: dense, units: 4}"),
    ],
)
def test_shapes_that_cannot_be_added_are_refused_with_a_projection_that_fits(input_shape, body, shapes, hint):
    with pytest.raises(OptionError, match=rf"\b{shapes}\b") as error:
        residual(input_shape, body)
    assert error.value.hint == f"projection: {hint}"
    options = dict(pair.split(": ") for pair in hint.strip("{}").split(", "))
    spec = entry(options.pop("type"), **{name: int(value) for name, value in options.items()})
    assert residual(input_shape, body, projection=spec).output_shape


def test_a_projection_of_another_shape_is_refused():
    with pytest.raises(OptionError, match=r"3x3x4\b.*\b6x6x4") as error:
        residual((6, 6, 2), CONV, projection=entry("conv2d", filters=4, kernel=1))
    assert error.value.option == "projection"


def test_an_error_inside_names_the_place():
    with pytest.raises(OptionError, match=r"9x9.*6x6x2") as error:
        residual((6, 6, 2), entry("relu"), entry("conv2d", filters=2, kernel=9))
    assert error.value.option == "body.1.kernel"
    with pytest.raises(OptionError, match=r" 6$") as error:
        residual((6,), entry("relu"), projection=entry("conv2d", filters=2, kernel=1))
    assert error.value.option == "projection"
