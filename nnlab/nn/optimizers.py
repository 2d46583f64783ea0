"""How a gradient changes the weights, in order of increasing complexity.

An optimizer sees two vectors, all weights and all gradients, however many layers there are. Long
vectors are worked through in blocks that stay in the processor's cache, so that each number crosses
the memory bus once, and threads share the blocks. The bits do not depend on either, because no weight
looks at another. Formulas: docs/optimizers.md.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from nnlab.arrays import Array
from nnlab.errors import OptionError
from nnlab.nn.kernels.threads import each, scratch
from nnlab.registry import OPTIMIZERS
from nnlab.registry.options import NonNegative, Positive, Probability

Mask: TypeAlias = NDArray[np.bool_]

Decay: TypeAlias = Literal["all", "weights"]
"""Which parameters decay: all of them, or no biases and normalization parameters."""

Block: TypeAlias = tuple[slice, float | Array]
"""A part of the weights and how strongly each of them decays; one number if that is the same for all."""

Dampening = Annotated[float, Field(ge=0, le=1)]

BLOCK = 131_072
"""Weights in a block: what a step touches of it stays in the cache, and threads seldom wait for one another."""


class Optimizer(ABC):
    """A rule that moves weights against their gradient.

    Shapes: weights, gradient and ``decayed`` (D,); ``decayed`` is False for biases and normalization
    parameters. ``state`` is what the rule remembers, by name: a checkpoint saves it and restores it in
    place. The dtype is that of the weights.
    """

    def __init__(
        self, weights: Array, decayed: Mask, *, learning_rate: float, weight_decay: float, decay: Decay
    ) -> None:
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.decay = decay
        self.state: dict[str, NDArray[Any]] = {}
        parts = [slice(start, start + BLOCK) for start in range(0, weights.size, BLOCK)]
        self._blocks = [(part, self._strength(decayed[part], weights.dtype)) for part in parts]

    def _strength(self, decayed: Mask, dtype: np.dtype[Any]) -> float | Array:
        """Return the weight decay of each weight in a block; one number if it is the same for all."""
        if self.decay == "all" or decayed.all():
            return self.weight_decay
        return decayed * np.asarray(self.weight_decay, dtype) if decayed.any() else 0.0

    def _sweep(self, move: Callable[[Block], None]) -> None:
        """Let ``move`` change every block; where they are few, waking a thread would cost more than it saves."""
        if len(self._blocks) < 4:
            for block in self._blocks:
                move(block)
        else:
            each(move, self._blocks)

    @abstractmethod
    def update(self, weights: Array, gradient: Array, factor: float) -> None:
        """Take one step in place, with ``learning_rate * factor``; the gradient is left as it is."""


@OPTIMIZERS.register("sgd")
class Sgd(Optimizer):
    """Stochastic gradient descent with momentum, ``m <- mu m + (1 - d) g`` and ``w <- w - alpha m``.

    ``g = dL/dw + weight_decay w``; mu is ``momentum``, d is ``dampening``, and m begins at 0. By default
    d = mu, which makes m an average of gradients; ``dampening: 0`` makes it their sum, whose steps are
    1 / (1 - mu) times as long. ``nesterov`` looks ahead: ``w <- w - alpha ((1 - d) g + mu m)``.
    With momentum 0 there is no m, ``w <- w - alpha g``. Raises OptionError for dampening or nesterov
    without momentum.

    Polyak (1964), doi:10.1016/0041-5553(64)90137-5; Sutskever et al. (2013),
    https://proceedings.mlr.press/v28/sutskever13.html.
    """

    def __init__(
        self,
        weights: Array,
        decayed: Mask,
        *,
        learning_rate: Positive,
        momentum: Probability = 0.0,
        dampening: Dampening | None = None,
        nesterov: bool = False,
        weight_decay: NonNegative = 0.0,
        decay: Decay = "all",
    ) -> None:
        super().__init__(weights, decayed, learning_rate=learning_rate, weight_decay=weight_decay, decay=decay)
        for option, given in (("nesterov", nesterov), ("dampening", dampening)):
            if given and not momentum:
                raise OptionError(f"{option} needs momentum", option=option, hint="add momentum: 0.9")
        self.momentum = momentum
        self.dampening = dampening
        self.nesterov = nesterov
        if momentum:
            self.state["momentum"] = np.zeros_like(weights)

    def update(self, weights: Array, gradient: Array, factor: float) -> None:
        rate = self.learning_rate * factor
        share = 1 - (self.momentum if self.dampening is None else self.dampening)

        def move(block: Block) -> None:
            part, decay = block
            w = weights[part]
            step, spare = scratch("optimizer", (2, w.size), w.dtype)
            direction = decayed_gradient(w, gradient[part], decay, out=step)
            if self.momentum:
                np.multiply(direction, share, out=step)
                direction = self.state["momentum"][part]
                direction *= self.momentum
                direction += step
            if self.nesterov:
                step += np.multiply(direction, self.momentum, out=spare)
                direction = step
            np.multiply(direction, rate, out=step)
            w -= step

        self._sweep(move)


@OPTIMIZERS.register("adam")
class Adam(Optimizer):
    """Steps scaled by running means of the gradient and of its square.

    ``m <- beta1 m + (1 - beta1) g``, ``v <- beta2 v + (1 - beta2) g^2`` and
    ``w <- w - alpha m' / (sqrt(v') + epsilon)``, where ``m' = m / (1 - beta1^t)`` and
    ``v' = v / (1 - beta2^t)`` undo the bias of beginning at 0, and ``g = dL/dw + weight_decay w``.
    Kingma and Ba (2015), arXiv:1412.6980.

    The state has m as ``mean`` and v as ``square``, both (D,), and t, an integer, as ``steps``.
    """

    def __init__(
        self,
        weights: Array,
        decayed: Mask,
        *,
        learning_rate: Positive = 1e-3,
        betas: tuple[Probability, Probability] = (0.9, 0.999),
        epsilon: Positive = 1e-8,
        weight_decay: NonNegative = 0.0,
        decay: Decay = "all",
    ) -> None:
        super().__init__(weights, decayed, learning_rate=learning_rate, weight_decay=weight_decay, decay=decay)
        self.betas = betas
        self.epsilon = epsilon
        self.state = {
            "mean": np.zeros_like(weights),
            "square": np.zeros_like(weights),
            "steps": np.zeros(1, np.int64),
        }

    def update(self, weights: Array, gradient: Array, factor: float) -> None:
        self.state["steps"] += 1
        rate = self.learning_rate * factor

        def move(block: Block) -> None:
            part, decay = block
            w = weights[part]
            step, spare = scratch("optimizer", (2, w.size), w.dtype)
            w -= self._step(decayed_gradient(w, gradient[part], decay, out=spare), part, rate, out=step)

        self._sweep(move)

    def _step(self, g: Array, part: slice, rate: float, out: Array) -> Array:
        """Take ``g`` into the means of ``part``; return, in ``out``, what to subtract from its weights.

        With c = sqrt(1 - beta2^t), ``m' / (sqrt(v') + epsilon) = (c / (1 - beta1^t)) m / (sqrt(v) + c epsilon)``.
        """
        m, v, t = self.state["mean"][part], self.state["square"][part], int(self.state["steps"][0])
        beta1, beta2 = self.betas
        c = (1 - beta2**t) ** 0.5
        m *= beta1
        np.multiply(g, 1 - beta1, out=out)
        m += out
        v *= beta2
        np.multiply(g, g, out=out)
        out *= 1 - beta2
        v += out
        np.sqrt(v, out=out)
        out += c * self.epsilon
        np.divide(m, out, out=out)
        out *= rate * c / (1 - beta1**t)
        return out


@OPTIMIZERS.register("adamw")
class AdamW(Adam):
    """Adam, with the weight decay beside the gradient's step, not in it: ``w <- (1 - alpha weight_decay) w``.

    So weights decay alike, however large their gradients. The rest is as in ``adam``, with g = dL/dw.
    Loshchilov and Hutter (2019), arXiv:1711.05101.
    """

    def __init__(
        self,
        weights: Array,
        decayed: Mask,
        *,
        learning_rate: Positive = 1e-3,
        betas: tuple[Probability, Probability] = (0.9, 0.999),
        epsilon: Positive = 1e-8,
        weight_decay: NonNegative = 0.01,
        decay: Decay = "all",
    ) -> None:
        super().__init__(
            weights,
            decayed,
            learning_rate=learning_rate,
            betas=betas,
            epsilon=epsilon,
            weight_decay=weight_decay,
            decay=decay,
        )

    def update(self, weights: Array, gradient: Array, factor: float) -> None:
        self.state["steps"] += 1
        rate = self.learning_rate * factor

        def move(block: Block) -> None:
            part, decay = block
            w = weights[part]
            step = scratch("optimizer", w.shape, w.dtype)
            np.multiply(w, decay, out=step)
            step *= rate
            w -= step
            w -= self._step(gradient[part], part, rate, out=step)

        self._sweep(move)


def decayed_gradient(w: Array, g: Array, decay: float | Array, out: Array) -> Array:
    """Return ``g + decay w``, in ``out`` unless it is g itself."""
    if isinstance(decay, float) and not decay:
        return g
    np.multiply(w, decay, out=out)
    out += g
    return out
