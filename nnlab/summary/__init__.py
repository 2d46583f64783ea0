"""What a network costs, without allocating a weight.

counts.py    shapes, parameters, multiply-adds
kernels.py   how each convolution is computed
memory.py    whether weights and batches fit in memory
"""

from nnlab.summary.counts import LayerRow, NetworkSummary, summarize
from nnlab.summary.kernels import KernelChoice, kernel_choices, shards

__all__ = ["KernelChoice", "LayerRow", "NetworkSummary", "kernel_choices", "shards", "summarize"]
