"""Weighted means of pairs of examples."""

from dataclasses import dataclass

from nnlab.arrays import Rng
from nnlab.data.augmentation.base import Augmentation
from nnlab.data.batch import Batch, Target
from nnlab.registry import AUGMENTATIONS
from nnlab.registry.options import Positive


@AUGMENTATIONS.register("mixup")
@dataclass(frozen=True, kw_only=True)
class Mixup(Augmentation):
    """Each image mixed with another of the batch, ``y = s x + (1 - s) x[order]``, and its loss likewise.

    Shapes: x and y (N, H, W, C); order (N,), a random permutation of the batch. The share s, one for the batch, is
    drawn from the Beta distribution with both parameters ``alpha``, and the larger of s and 1 - s is taken: the
    pairs and their shares are distributed as without that, and the first of a pair has the larger share. The
    loss is s times that for the labels and 1 - s times that for ``labels[order]``; training accuracy counts the
    former. Zhang, Cisse, Dauphin and Lopez-Paz (2018), arXiv:1710.09412.

    Options:
        alpha: How much is mixed: near 0 hardly anything, with 1 any share is as likely, above 1 near one half.
    """

    alpha: Positive = 0.2

    def augment(self, batch: Batch, rng: Rng) -> Batch:
        share = float(rng.beta(self.alpha, self.alpha))
        share = max(share, 1 - share)
        order = rng.permutation(len(batch.x))
        x = batch.x[order]
        x *= 1 - share
        x += share * batch.x
        first = [Target(each.labels, share * each.share) for each in batch.targets]
        second = [Target(each.labels[order], (1 - share) * each.share) for each in batch.targets]
        return Batch(x, tuple(sorted([*first, *second], key=lambda each: -each.share)))
