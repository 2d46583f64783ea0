"""A valid config for tests to plant single mistakes in."""

BASE = """\
name: probe
seed: 0
data: {type: random, shape: [12, 12, 1], classes: 10, validation: 64, normalize: mean}
network:
  - {type: conv2d, filters: 16, kernel: 5, padding: 2}
  - relu
  - {type: maxpool2d, size: 2}
  - type: residual
    body:
      - {type: conv2d, filters: 16, kernel: 3, padding: 1}
      - batchnorm
  - {type: dense, units: 10, init: he_normal}
loss: softmax_cross_entropy
optimizer: {type: sgd, learning_rate: 0.1, momentum: 0.9}
schedule: {type: step, every: 5}
training: {steps: 10, batch_size: 16, evaluate_every: 5}
"""


def changed(old: str, new: str) -> str:
    """Return the base config with ``new`` in place of ``old``, which it contains once."""
    assert BASE.count(old) == 1, old
    return BASE.replace(old, new)
