"""Training runs: the loop, the state that it changes, what it writes, and how it is resumed."""

from nnlab.training.training_run import extend, resume, train

__all__ = ["extend", "resume", "train"]
