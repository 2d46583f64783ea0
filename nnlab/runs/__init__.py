"""Run directories: their layout, checkpoints, metrics and environment."""

from nnlab.runs.checkpoint import Checkpoint, read_checkpoint
from nnlab.runs.checkpoints import Checkpoints
from nnlab.runs.directory import Run, check_writable, create_run, find_run, list_runs, open_run
from nnlab.runs.environment import current_environment
from nnlab.runs.metrics_log import MetricsLog

__all__ = [
    "Checkpoint",
    "Checkpoints",
    "MetricsLog",
    "Run",
    "check_writable",
    "create_run",
    "current_environment",
    "find_run",
    "list_runs",
    "open_run",
    "read_checkpoint",
]
