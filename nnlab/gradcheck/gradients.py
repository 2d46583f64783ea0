"""Check the gradients of a config's network, or of every registered layer and loss."""

from nnlab import seeding
from nnlab.config import Experiment
from nnlab.data import load_dataset
from nnlab.gradcheck.checks import GradientCheck, Reporter, check_network, ignore
from nnlab.gradcheck.examples import check_registered
from nnlab.nn.network import build_network


def check_gradients(
    config: Experiment | None = None,
    *,
    only: str | None = None,
    samples: int | None = 20,
    batch_size: int = 4,
    seed: int = 0,
    report: Reporter = ignore,
) -> list[GradientCheck]:
    """Compare gradients with central differences in float64.

    With a config, its network is checked from end to end, loss included, on ``batch_size`` examples of its
    own training data; without one, every registered layer and loss, or the one called ``only``, on small random
    shapes. ``samples`` entries are checked of each parameter (None: all). ``report`` is called while it works.
    """
    rng = seeding.stream(seed, "gradcheck")
    if config is None:
        return check_registered(rng, only=only, samples=samples, report=report)
    dataset = load_dataset(config.data, config.seed)
    network = build_network(config.network, dataset.input_shape, config.seed)
    indices = rng.choice(len(dataset.train.labels), batch_size, replace=len(dataset.train.labels) < batch_size)
    x, labels = dataset.normalize(dataset.train.inputs[indices]), dataset.train.labels[indices]
    return check_network(network, config.fitted_loss(dataset), x, labels, samples=samples, rng=rng, report=report)
