"""Stochastic gradient descent."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from nnlab.arrays import Array
from nnlab.errors import OptionError
from nnlab.nn.kernels import updates
from nnlab.nn.optimizers.base import Block, Decay, Mask, Optimizer
from nnlab.registry import OPTIMIZERS
from nnlab.registry.options import NonNegative, Positive, Probability

Dampening = Annotated[float, Field(ge=0, le=1)]


@OPTIMIZERS.register("sgd")
class Sgd(Optimizer):
    """Stochastic gradient descent with momentum, ``m <- mu m + (1 - d) g`` and ``w <- w - alpha m``.

    ``g = dL/dw + weight_decay w``; mu is ``momentum``, d is ``dampening``, and m begins at 0. By default
    d = mu, which makes m an average of gradients; ``dampening: 0`` makes it their sum, whose steps are
    1 / (1 - mu) times as long. ``nesterov`` looks ahead: ``w <- w - alpha ((1 - d) g + mu m)``.
    With momentum 0 there is no m, ``w <- w - alpha g``. Raises OptionError for dampening or nesterov
    without momentum.

    Polyak (1964), doi:10.1016/0041-5553(64)90137-5; Sutskever et al. (2013),
    https://proceedings.mlr.press/v28/sutskever13.html. Derivation: docs/optimizers.md.

    Options:
        learning_rate: The step size alpha, which the schedule multiplies by its factor.
        momentum: The fraction mu of the former steps that is kept; 0: no momentum.
        dampening: By how much (d) a new gradient counts less in m; null: as momentum; 0: as in PyTorch.
        nesterov: Whether the step looks ahead (Nesterov momentum).
        weight_decay: How strongly parameters are drawn towards 0 in each step.
        decay: Which parameters decay: all of them, or weights, without biases and normalization parameters.
    """

    null_means: ClassVar[Mapping[str, str]] = {"dampening": "momentum"}

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
        rate, mu = self.learning_rate * factor, self.momentum
        share = 1 - (mu if self.dampening is None else self.dampening)

        def step(block: Block) -> None:
            part, decay = block
            w = weights[part]
            g = updates.decayed(w, gradient[part], decay)
            if not mu:
                updates.descend(w, g, rate)
                return
            m = self.state["momentum"][part]
            updates.average(m, g, mu, share)
            if self.nesterov:
                updates.descend_ahead(w, g, m, share=share, keep=mu, rate=rate)
            else:
                updates.descend(w, m, rate)

        updates.each_block(step, self.blocks)
