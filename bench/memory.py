"""Peak memory of the processes that only train one network: ``python -m bench.memory``."""

import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.catalogue import BATCHES, load
from bench.trainings import NnlabTraining, batches_of
from nnlab.errors import SystemFault
from nnlab.nn.kernels import threads as kernel_threads
from nnlab.training.state import prepare

STEPS = 3

_COMMAND = (sys.executable, "-m", "bench.memory")

_UNITS_PER_MIB = 1 << (20 if sys.platform == "darwin" else 10)


def peaks(name: str, frameworks: Sequence[str], threads: int) -> dict[str, float]:
    """Return, by framework, the peak memory in MiB of a few steps of the network ``name``.

    The processes run at the same time, which does not change their memory. Raises SystemFault if one fails.
    """
    arguments = {framework: [framework, name, str(threads)] for framework in frameworks}
    running = {
        framework: subprocess.Popen([*_COMMAND, *given], stdout=subprocess.PIPE, text=True)  # noqa: S603 -- our own
        for framework, given in arguments.items()
    }
    printed = {framework: process.communicate()[0] for framework, process in running.items()}
    for framework, process in running.items():
        if process.returncode:
            raise SystemFault(f"measuring the memory of {framework} on {name} failed ({process.returncode})")
    return {framework: float(text) for framework, text in printed.items()}


def main(framework: str, name: str, threads: int) -> None:
    """Train for a few steps and print the peak memory of this process and its replicas, in MiB."""
    found = _of_torch(name, threads) if framework == "torch" else _of_nnlab(name, threads)
    sys.stdout.write(f"{found}\n")


def peak(status: Path = Path("/proc/self/status")) -> float:
    """Return the peak memory of this process, in MiB."""
    try:
        lines = status.read_text(encoding="ascii").splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _UNITS_PER_MIB
    # On Linux getrusage includes the peak of the parent process.
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def _of_nnlab(name: str, threads: int) -> float:
    """Return the peak memory of nnlab's processes together; what they share is counted in each."""
    state = prepare(load(name))
    training = NnlabTraining(state, batches_of(state, BATCHES))
    with training.replicas(threads):
        with kernel_threads.compute(threads):
            _take_steps(training.step)
        return peak() + sum(peak(Path(f"/proc/{each}/status")) for each in training.backpropagate.processes)


def _of_torch(name: str, threads: int) -> float:
    """Return the peak memory of PyTorch; the nnlab network that its weights are copied from is freed before."""
    from bench.pytorch import PyTorch, torch_training  # noqa: PLC0415 -- must not count as nnlab's memory

    PyTorch(threads)
    state = prepare(load(name))
    step = torch_training(state, batches_of(state, BATCHES), "eager", fused=False).step
    with kernel_threads.compute(threads):
        _take_steps(step)
    return peak()


def _take_steps(step: Callable[[], float]) -> None:
    for _ in range(STEPS):
        step()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
