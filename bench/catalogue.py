"""The networks to time, on random data with the shapes and classes of their data sets."""

from pathlib import Path

from nnlab.config import Experiment, load_config
from nnlab.data import Source
from nnlab.errors import UsageError, suggest
from nnlab.registry import DATASETS

_CONFIGS = Path(__file__).parent.parent / "configs"

_LARGER_BATCHES = "mnist_mlp_100"

NETWORKS = (
    "mnist",
    "cifar10_baseline",
    "cifar10_improved",
    "fashion",
    "cifar10_mlp",
    "cifar10_mlp_adam",
    "mnist_mlp",
    _LARGER_BATCHES,
    "ellipse",
    "cifar10_vgg",
)
"""In the order of timing; the slowest network comes last and gets the remaining time."""

BATCHES = 8
"""The number of different batches, which are repeated."""


def chosen(names: str) -> tuple[str, ...]:
    """Return the networks in ``names``, separated by commas; all if it is empty. Raises UsageError."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in NETWORKS:
            raise UsageError(f"unknown network {name!r} ({suggest(name, NETWORKS)})")
    return tuple(name for name in NETWORKS if name in wanted or not wanted)


def load(name: str) -> Experiment:
    """Return the experiment called ``name``, on random data."""
    if name == _LARGER_BATCHES:
        # Its loss is a sum over ten times as many examples, so the learning rate is a tenth.
        return on_random_data(
            _CONFIGS / "mnist_mlp.yaml", "training.batch_size=100", "optimizer.learning_rate=0.01"
        )
    return on_random_data(_CONFIGS / f"{name}.yaml")


def on_random_data(path: Path, *overrides: str) -> Experiment:
    """Return the experiment at ``path``, with its data replaced by inputs from N(0, 1) and random labels."""
    config = load_config(path, overrides)
    source: Source = DATASETS.build(config.data)
    shape, classes = list(source.input_shape), len(source.class_names)
    examples = BATCHES * config.training.batch_size
    data = f"{{type: random, shape: {shape}, classes: {classes}, train: {examples}, test: 1, normalize: none}}"
    unevaluated = (f"data={data}", "training.evaluate_every=null", "training.early_stopping=null")
    return load_config(path, [*overrides, *unevaluated])
