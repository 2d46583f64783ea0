"""Concatenation of branches."""

from itertools import accumulate, pairwise
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.kernels.blocks import assign
from nnlab.nn.layers.branches import LayerSpec, build_branch, check_joinable
from nnlab.nn.layers.chain import Chain
from nnlab.nn.layers.composite import Composite
from nnlab.registry import LAYERS


@LAYERS.register("concat")
class Concat(Composite):
    """Branches that read the same input and whose outputs are joined, ``y = [b_0(x), b_1(x), ...]``.

    Shapes: x (N, *input_shape), y (N, ..., C_0 + C_1 + ...), where branch i gives (N, ..., C_i): the outputs
    differ in the last axis alone. A branch is a list of layers in a row; an empty one passes x on. Gradient: the
    sum of the gradients through all branches. Parameters and state keep their names after ``branches.0.0.``,
    ``branches.0.1.``, ... Raises OptionError if the outputs cannot be joined or a layer does not fit.
    Szegedy et al. (2015), arXiv:1409.4842; Huang, Liu, van der Maaten and Weinberger (2017), arXiv:1608.06993.
    Derivation: docs/layers/composite.md.

    Options:
        branches: The branches, each a list of layers; an empty list passes the input on.
    """

    def __init__(
        self,
        input_shape: Shape,
        rng: Rng,
        *,
        branches: Annotated[tuple[tuple[LayerSpec, ...], ...], Field(min_length=1)],
    ) -> None:
        streams = rng.spawn(len(branches))
        self.branches = [
            build_branch(branch, input_shape, stream.spawn(len(branch)), f"branches.{i}")
            for i, (branch, stream) in enumerate(zip(branches, streams, strict=True))
        ]
        shapes = [branch[-1].output_shape if branch else input_shape for branch in self.branches]
        check_joinable(shapes)
        self._chains = [Chain(branch) for branch in self.branches]
        ends = accumulate((shape[-1] for shape in shapes), initial=0)
        self._channels = [slice(*pair) for pair in pairwise(ends)]
        layers = {f"branches.{i}.{j}": layer for i, row in enumerate(self.branches) for j, layer in enumerate(row)}
        super().__init__(input_shape, (*shapes[0][:-1], self._channels[-1].stop), layers)

    def predict(self, x: Array) -> Array:
        return self._joined([chain.predict(x) for chain in self._chains])

    def forward(self, x: Array) -> tuple[Array, tuple[Any, ...]]:
        outputs, caches = zip(*(chain.forward(x) for chain in self._chains), strict=True)
        return self._joined(outputs), caches

    def backward(self, grad_y: Array, cache: tuple[Any, ...]) -> tuple[Array, Named]:
        shares = [np.ascontiguousarray(grad_y[..., channels]) for channels in self._channels]
        steps = zip(self._chains, shares, cache, strict=True)
        grads_x, grads = zip(*(chain.backward(share, caches) for chain, share, caches in steps), strict=True)
        of_layers = [named for branch in grads for named in branch]
        return sum(grads_x[1:], start=grads_x[0]), self._collected(dict(zip(self.parts, of_layers, strict=True)))

    def _joined(self, outputs: Any) -> Array:
        """Return the outputs of the branches in one array."""
        y = np.empty((len(outputs[0]), *self.output_shape), outputs[0].dtype)
        for channels, output in zip(self._channels, outputs, strict=True):
            assign(y[..., channels], output)
        return y
