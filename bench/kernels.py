"""Time single layers and optimizers, at the shapes of the networks."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.race import Contender, race
from bench.results import Comparison, KernelResult
from bench.rivals import Rival, Verb
from nnlab.arrays import Array, Shape
from nnlab.nn.kernels import threads as kernel_threads
from nnlab.nn.network import Network, build_network
from nnlab.nn.optimizers import Optimizer
from nnlab.registry import LAYERS, OPTIMIZERS, Registry, Spec


@dataclass(frozen=True)
class LayerCase:
    """A layer on a batch: its options and input shape. The ``first`` of a network computes no input gradient."""

    type: str
    options: dict[str, Any]
    batch: int
    shape: Shape
    first: bool = False

    @property
    def verbs(self) -> tuple[Verb, ...]:
        """The methods that a training step calls."""
        return ("forward", "gradients") if self.first else ("forward", "backward")


@dataclass(frozen=True)
class OptimizerCase:
    """An update of ``size`` weights."""

    type: str
    options: dict[str, Any]
    size: int


def _conv(batch: int, side: int, channels: int, filters: int, kernel: int, *, first: bool = False) -> LayerCase:
    options = {"filters": filters, "kernel": kernel, "padding": kernel // 2}
    return LayerCase("conv2d", options, batch, (side, side, channels), first)


LAYER_CASES = (
    _conv(16, 28, 1, 16, 5, first=True),
    _conv(32, 32, 3, 32, 5, first=True),
    _conv(64, 28, 1, 32, 3, first=True),
    _conv(16, 14, 16, 16, 5),
    _conv(32, 16, 32, 32, 5),
    _conv(32, 16, 32, 64, 5),
    _conv(64, 14, 32, 64, 3),
    _conv(32, 16, 64, 128, 3),
    _conv(32, 8, 256, 256, 3),
    _conv(32, 4, 512, 512, 3),
    LayerCase("maxpool2d", {"size": 2}, 16, (28, 28, 16)),
    LayerCase("maxpool2d", {"size": 2}, 64, (28, 28, 32)),
    LayerCase("maxpool2d", {"size": 3, "stride": 2, "padding": 1}, 32, (32, 32, 64)),
    LayerCase("relu", {}, 16, (28, 28, 16)),
    LayerCase("relu", {}, 32, (32, 32, 32)),
    LayerCase("sigmoid", {}, 10, (300,)),
    LayerCase("dropout", {"rate": 0.1}, 64, (600,)),
    LayerCase("batchnorm", {}, 32, (32, 32, 64)),
    LayerCase("batchnorm", {}, 32, (4, 4, 512)),
    LayerCase("dense", {"units": 300}, 10, (784,), first=True),
    LayerCase("dense", {"units": 600}, 64, (2304,)),
    LayerCase("dense", {"units": 700}, 200, (3072,), first=True),
    LayerCase("dense", {"units": 700}, 200, (700,)),
)

OPTIMIZER_CASES = tuple(
    OptimizerCase(name, options, size)
    for name, options in (
        ("sgd", {"learning_rate": 1e-3, "momentum": 0.9, "weight_decay": 1e-3}),
        ("adam", {}),
    )
    for size in (14_682, 120_298, 3_139_510, 9_231_114)
)


def time_kernels(
    rival: Rival,
    *,
    steps: int,
    seconds: float,
    threads: int,
    layers: Sequence[LayerCase] = LAYER_CASES,
    optimizers: Sequence[OptimizerCase] = OPTIMIZER_CASES,
) -> Iterator[KernelResult]:
    """Yield the result of each verb of each case; together they take about ``seconds``."""
    end = time.perf_counter() + seconds
    left = sum(len(case.verbs) for case in layers) + len(optimizers)
    for case in layers:
        network, x, grad_y = _prepared(case)
        difference = None if case.type == "dropout" else rival.layer_difference(network, x, grad_y)
        for verb in case.verbs:
            contenders = {"nnlab": _layer_contender(network, verb, x, grad_y, threads)}
            contenders |= rival.layer(network, verb, x, grad_y)
            times = race(contenders, steps=steps, seconds=(end - time.perf_counter()) / left)
            left -= 1
            products = 2 * case.batch * network.layers[0].multiply_adds if case.type in {"conv2d", "dense"} else 0
            yield KernelResult(
                name=_title(case, network),
                shape="x".join(str(length) for length in x.shape),
                verb=verb,
                operations=products * (2 if verb == "backward" else 1),
                comparison=Comparison.of(times),
                difference=difference,
            )
    for update in optimizers:
        yield _time_update(update, rival, steps=steps, seconds=(end - time.perf_counter()) / left, threads=threads)
        left -= 1


def _prepared(case: LayerCase) -> tuple[Network, Array, Array]:
    """Return a network of this layer only, an input, and the gradient of its output."""
    rng = np.random.default_rng(0)
    network = build_network([_spec(LAYERS, case.type, case.options)], case.shape)
    x = rng.standard_normal((case.batch, *case.shape), np.float32)
    return network, x, rng.standard_normal((case.batch, *network.output_shape), np.float32)


def _layer_contender(network: Network, verb: Verb, x: Array, grad_y: Array, threads: int) -> Contender:
    layer = network.layers[0]
    _, cache = layer.forward(x)
    actions = {
        "forward": lambda: layer.forward(x),
        "backward": lambda: layer.backward(grad_y, cache),
        "gradients": lambda: layer.gradients(grad_y, cache),
    }
    return Contender(actions[verb], lambda: kernel_threads.compute(threads))


def _time_update(case: OptimizerCase, rival: Rival, *, steps: int, seconds: float, threads: int) -> KernelResult:
    rng = np.random.default_rng(0)
    weights, gradient = rng.standard_normal((2, case.size), np.float32)
    spec = _spec(OPTIMIZERS, case.type, case.options)
    optimizer: Optimizer = OPTIMIZERS.build(spec, weights, np.ones(case.size, bool))
    difference = rival.optimizer_difference(optimizer, weights, gradient)
    rivals = rival.optimizer(optimizer, weights, gradient)
    mine = Contender(lambda: optimizer.update(weights, gradient, 1.0), lambda: kernel_threads.compute(threads))
    return KernelResult(
        name=case.type,
        shape=f"{case.size:,}",
        verb="update",
        operations=0,
        comparison=Comparison.of(race({"nnlab": mine, **rivals}, steps=steps, seconds=seconds)),
        difference=difference,
    )


def _spec(registry: Registry, name: str, options: dict[str, Any]) -> Spec:
    return registry.spec(name).model_validate({"type": name, **options})


def _title(case: LayerCase, network: Network) -> str:
    if case.type == "conv2d":
        return f"conv2d {case.options['kernel']}x{case.options['kernel']} to {network.output_shape[-1]}"
    if case.type == "dense":
        return f"dense to {network.output_shape[-1]}"
    if case.type == "maxpool2d":
        return f"maxpool2d {case.options['size']}x{case.options['size']}"
    return case.type
