"""Training runs: the loop, the state that it changes, what it writes, and how it is resumed."""

from nnlab.training.runs import resume, train

__all__ = ["resume", "train"]
