"""The cases that tests of every layer share: the examples that ``nnlab gradcheck`` ships."""

from nnlab.gradcheck.examples import layer_examples
from nnlab.registry import LAYERS

CASES = {f"{name}-{i}": (name, case) for name in LAYERS.names() for i, case in enumerate(layer_examples(name))}
"""Name and example of each case; the first of each layer is ``name-0``."""


def case_spec(key):
    """Return what a config would say of the case ``key``."""
    name, example = CASES[key]
    return LAYERS.spec(name)(type=name, **example.options)


def case_shape(key):
    """Return the shape of one input of the case ``key``."""
    return CASES[key][1].input_shape
