"""A small data set of the user's own and a config that trains on it."""

import numpy as np

MLP = """\
data: {type: arrays, path: own.npz, validation: 12}
network: [{type: dense, units: 8}, relu, {type: dense, units: 3}]
optimizer: {type: sgd, learning_rate: 0.1}
training: {steps: 60, batch_size: 10, evaluate_every: 20}
"""


def points(seed=0, train=90, test=30, features=4, classes=3):
    """Three separable classes, as the arrays of an .npz file."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for half, count in (("train", train), ("test", test)):
        labels = np.arange(count) % classes
        inputs = rng.normal(size=(count, features)).astype(np.float32)
        inputs[:, 0] += 3 * labels
        arrays |= {f"{half}_inputs": inputs, f"{half}_labels": labels}
    return arrays


def save_points(path, **changes):
    """Write an .npz file; ``changes`` replace arrays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **(points() | changes))
    return path
