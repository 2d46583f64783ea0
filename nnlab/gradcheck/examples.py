"""Small cases of every registered layer and loss, and the check of all of them.

A layer of your own is checked with its default options on the shapes of ``GENERIC``. If it needs options or
harder cases, add them: ``LAYER_EXAMPLES["mine"] = [LayerExample((6, 5, 2), {"size": 3})]``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np
from pydantic import ValidationError

from nnlab.arrays import Array, Rng, Shape
from nnlab.errors import OptionError, UsageError
from nnlab.gradcheck.checks import GradientCheck, Reporter, check_layer, check_loss, ignore
from nnlab.nn.layers import Layer
from nnlab.nn.losses import Loss, Reduction
from nnlab.registry import LAYERS, LOSSES, Registry, Spec


@dataclass(frozen=True)
class LayerExample:
    """A layer's options, as a config gives them, and the shape and number of its input examples."""

    input_shape: Shape
    options: Mapping[str, Any] = field(default_factory=dict)
    batch: int = 3


def normal_scores(rng: Rng, n: int, outputs: int) -> Array:
    """Return scores of any sign, (n, outputs)."""
    return 2 * rng.standard_normal((n, outputs))


def probable_scores(rng: Rng, n: int, outputs: int) -> Array:
    """Return rows of probabilities, none of them near 0, (n, outputs)."""
    return rng.dirichlet(np.full(outputs, 5.0), n)


@dataclass(frozen=True)
class LossExample:
    """A loss's options, the number of outputs and classes, and the function that draws scores."""

    options: Mapping[str, Any] = field(default_factory=dict)
    outputs: int = 4
    classes: int = 4
    draw: Callable[[Rng, int, int], Array] = normal_scores


IMAGE: Shape = (6, 5, 2)
ROW: Shape = (7,)
GENERIC = (IMAGE, ROW)

DENSE = {"type": "dense", "units": 7}
CONV = {"type": "conv2d", "filters": 2, "kernel": 3, "padding": 1, "bias": False}
STRIDED = {"type": "conv2d", "filters": 3, "kernel": 3, "padding": 1, "stride": 2, "bias": False}
SHORTCUT = {"type": "conv2d", "filters": 3, "kernel": 1, "stride": 2}
POINTWISE = {"type": "conv2d", "filters": 2, "kernel": 1}

LAYER_EXAMPLES: dict[str, Sequence[LayerExample]] = {
    "dense": [LayerExample(ROW, {"units": 4}), LayerExample(IMAGE, {"units": 3}, batch=1)],
    "conv2d": [
        LayerExample(IMAGE, {"filters": 3, "kernel": 3}),
        LayerExample(IMAGE, {"filters": 3, "kernel": 3, "padding": 1, "stride": 2}),
        LayerExample(IMAGE, {"filters": 2, "kernel": (2, 4), "stride": (3, 1), "padding": (0, 2)}),
        LayerExample((8, 8, 4), {"filters": 5, "kernel": 3, "padding": "same"}),
        LayerExample((7, 6, 1), {"filters": 3, "kernel": 4, "padding": "same", "stride": 2, "flip": True}),
        LayerExample(IMAGE, {"filters": 3, "kernel": 3, "bias": False}, batch=1),
        LayerExample(IMAGE, {"filters": 3, "kernel": (2, 3), "dilation": (4, 2), "padding": (1, 2)}),
        LayerExample((6, 5, 3), {"filters": 2, "kernel": 3, "dilation": 2, "stride": 2, "padding": "same"}),
        LayerExample((3, 4, 3), {"filters": 4, "kernel": 1}),
        LayerExample(IMAGE, {"filters": 3, "kernel": 1, "stride": (2, 3), "bias": False}),
    ],
    "depthwise_conv2d": [
        LayerExample(IMAGE, {"kernel": 3}),
        LayerExample(IMAGE, {"kernel": (2, 3), "multiplier": 3, "padding": (0, 1), "dilation": (2, 1)}),
        LayerExample((5, 4, 3), {"kernel": 3, "stride": 2, "padding": "same", "multiplier": 2, "bias": False}),
    ],
    "maxpool2d": [
        LayerExample(IMAGE, {"size": 2}),
        LayerExample(IMAGE, {"size": 3, "stride": 2, "padding": 1}),
        LayerExample(IMAGE, {"size": (2, 3), "stride": (1, 2)}),
    ],
    "avgpool2d": [
        LayerExample(IMAGE, {"size": 2}),
        LayerExample(IMAGE, {"size": 3, "stride": 2, "padding": 1}),
        LayerExample(IMAGE, {"size": 3, "stride": 2, "padding": 1, "count_include_pad": False}),
    ],
    "global_avgpool": [LayerExample(IMAGE)],
    "flatten": [LayerExample(IMAGE)],
    "leaky_relu": [LayerExample(ROW), LayerExample(IMAGE, {"slope": 0.3})],
    "elu": [LayerExample(ROW), LayerExample(IMAGE, {"alpha": 0.3})],
    "gelu": [LayerExample(ROW), LayerExample(IMAGE, {"approximate": "tanh"})],
    "softmax": [LayerExample(ROW)],
    "dropout": [LayerExample(ROW, {"rate": 0.3}), LayerExample(IMAGE)],
    "batchnorm": [LayerExample(ROW, batch=5), LayerExample(IMAGE), LayerExample(IMAGE, {"epsilon": 0.1})],
    "layernorm": [
        LayerExample(ROW),
        LayerExample((2, 3, 5), {"epsilon": 0.1}),
    ],
    "groupnorm": [
        LayerExample((6,), {"groups": 2}),
        LayerExample((3, 2, 6), {"groups": 3, "epsilon": 0.1}),
        LayerExample(IMAGE, {"groups": 1}),
    ],
    "residual": [
        LayerExample(ROW, {"body": (DENSE, "tanh", DENSE)}),
        LayerExample(IMAGE, {"body": (CONV, "batchnorm", "relu", {"type": "dropout", "rate": 0.3})}),
        LayerExample(IMAGE, {"body": (STRIDED, "batchnorm"), "projection": SHORTCUT}),
    ],
    "concat": [
        LayerExample(IMAGE, {"branches": ((CONV, "tanh"), (), (POINTWISE, "silu"))}),
        LayerExample(ROW, {"branches": ((DENSE,), (DENSE, "tanh", DENSE))}),
    ],
    "squeeze_excite": [
        LayerExample((3, 2, 4), {"reduction": 2}),
        LayerExample(IMAGE),
    ],
}

LOSS_EXAMPLES: dict[str, Sequence[LossExample]] = {
    "softmax_cross_entropy": [LossExample(), LossExample({"label_smoothing": 0.2})],
    "cross_entropy": [LossExample(draw=probable_scores)],
    "sigmoid_binary_cross_entropy": [LossExample(), LossExample(outputs=1, classes=2)],
}


def check_registered(
    rng: Rng, *, only: str | None = None, samples: int | None = None, report: Reporter = ignore
) -> list[GradientCheck]:
    """Check every registered layer and loss on small random cases, with both reductions of each loss.

    ``only`` is the name of one to check (None: all). ``samples`` entries are checked of each array (None: all).

    Raises UsageError for a layer or loss that cannot be built with its default options and has no example.
    """
    checks: list[GradientCheck] = []
    for name in (each for each in LAYERS.names() if only in {None, each}):
        for example in layer_examples(name):
            checks += _check_layer_example(name, example, rng, samples, report)
    for name in (each for each in LOSSES.names() if only in {None, each}):
        for loss_example in LOSS_EXAMPLES.get(name, [LossExample()]):
            checks += _check_loss_example(name, loss_example, rng, samples, report)
    return checks


def _check_layer_example(
    name: str, example: LayerExample, rng: Rng, samples: int | None, report: Reporter
) -> list[GradientCheck]:
    spec = _spec(LAYERS, name, example.options)
    layer: Layer = LAYERS.build(spec, example.input_shape, rng)
    # Biases of 0 and scales of 1 would hide a backward pass that forgets them.
    layer.bind({key: param + 0.3 * rng.standard_normal(param.shape) for key, param in layer.params.items()})
    x = rng.standard_normal((example.batch, *example.input_shape))
    label = f"{_label(name, example.options)} on {'x'.join(str(length) for length in example.input_shape)}"
    return check_layer(layer, x, rng=rng, name=label, samples=samples, report=report)


def _check_loss_example(
    name: str, example: LossExample, rng: Rng, samples: int | None, report: Reporter
) -> Iterator[GradientCheck]:
    scores = example.draw(rng, 5, example.outputs)
    labels = rng.integers(0, example.classes, 5)
    for reduction in get_args(Reduction):
        options = {**example.options, "reduction": reduction}
        loss: Loss = LOSSES.build(_spec(LOSSES, name, options))
        label = _label(name, options)
        yield check_loss(loss, scores, labels, rng=rng, name=label, samples=samples, report=report)


def _spec(registry: Registry, name: str, options: Mapping[str, Any]) -> Spec:
    try:
        return registry.spec(name)(type=name, **options)
    except ValidationError as error:
        missing = ", ".join(str(problem["loc"][0]) for problem in error.errors())
        raise UsageError(
            f"the {registry.kind} {name!r} cannot be checked without values for {missing}: "
            f"give nnlab.gradcheck.{registry.kind.upper()}_EXAMPLES an example of it"
        ) from error


def layer_examples(name: str) -> Sequence[LayerExample]:
    """Return the examples of a layer; without any, those of the generic shapes that it accepts."""
    if name in LAYER_EXAMPLES:
        return LAYER_EXAMPLES[name]
    spec = _spec(LAYERS, name, {})
    refusals = []
    examples = []
    for shape in GENERIC:
        try:
            LAYERS.build(spec, shape, np.random.default_rng(0))
            examples.append(LayerExample(shape))
        except OptionError as error:
            refusals.append(str(error))
    if not examples:
        raise UsageError(
            f"the layer {name!r} takes none of the shapes {', '.join(str(shape) for shape in GENERIC)} "
            f"({refusals[0]}): give nnlab.gradcheck.LAYER_EXAMPLES an example of it"
        )
    return examples


def _label(name: str, options: Mapping[str, Any]) -> str:
    """Return the name of a case in a table, e.g. ``conv2d(filters=3, kernel=3)``."""
    given = ", ".join(f"{option}={_short(value)}" for option, value in options.items())
    return f"{name}({given})" if given else name


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value["type"])
    return f"({', '.join(_short(item) for item in value)})" if isinstance(value, tuple) else str(value)
