"""Sweeps: one config with many settings, trained in parallel worker processes.

plan = load_plan("configs/mnist_mlp.yaml", ["optimizer.learning_rate=0.1,0.01", "seed=0..4"])
sweep = run_sweep(lay_out(plan), Processes(workers=2))

A script that runs a sweep needs an ``if __name__ == "__main__":`` guard, because each worker imports it.
"""

from nnlab.sweep.executor import Executor, Job, JobResult
from nnlab.sweep.plan import Plan, load_plan
from nnlab.sweep.processes import Processes
from nnlab.sweep.running import lay_out, run_sweep

__all__ = ["Executor", "Job", "JobResult", "Plan", "Processes", "lay_out", "load_plan", "run_sweep"]
