"""Group normalization."""

from nnlab.arrays import Array, Rng, Shape
from nnlab.errors import OptionError
from nnlab.nn.layers.layernorm import LayerNorm
from nnlab.registry import LAYERS
from nnlab.registry.options import Positive, PositiveInt


@LAYERS.register("groupnorm")
class GroupNorm(LayerNorm):
    """Channels normalized in groups: ``y = gamma z + beta``, ``z = (x - mean) / sqrt(variance + epsilon)``.

    Shapes: x, y and z (N, ..., C); gamma and beta (C,). Each group has C / ``groups`` neighbouring channels; mean
    and variance are those of a group of one example, over all its pixels. One group is layer normalization of
    whole images, C groups are instance normalization. The rest is as in ``layernorm``. Raises OptionError unless
    the groups divide the channels. Wu and He (2018), arXiv:1803.08494. Derivation: docs/layers/normalization.md.

    Options:
        groups: The number of groups of channels, a divisor of the number of channels; published: 32.
        epsilon: Added to the variance, so that nothing is divided by 0.
    """

    def __init__(
        self,
        input_shape: Shape,
        rng: Rng,
        *,
        groups: PositiveInt,
        epsilon: Positive = 1e-5,
    ) -> None:
        super().__init__(input_shape, rng, epsilon=epsilon)
        channels = input_shape[-1]
        if channels % groups:
            fitting = [each for each in range(1, channels + 1) if not channels % each]
            nearest = min(fitting, key=lambda each: abs(each - groups))
            raise OptionError(
                f"the {channels} channels cannot be divided into {groups} equal groups",
                option="groups",
                hint=f"groups: {nearest} is the nearest that fits",
            )
        self.groups = groups

    def _grouped(self, x: Array) -> Array:
        return x.reshape(len(x), -1, self.input_shape[-1]) if x.size else x.reshape(0, 1, self.input_shape[-1])
