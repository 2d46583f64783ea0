"""The layers, one per file.

Affine
    dense         y = x @ weight + bias
"""

from nnlab.layers.base import Layer
from nnlab.layers.dense import Dense

__all__ = ["Dense", "Layer"]
