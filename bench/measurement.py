"""One complete benchmark, from the speed of the machine to the report."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeAlias

from bench.machine import Watch, sgemm_peak
from bench.results import KERNEL_TOLERANCE, TOLERANCES, KernelResult, NetworkResult, Report
from bench.rivals import Rival, rival
from bench.tables import milliseconds, ratio_text
from nnlab.runs import current_environment

Results: TypeAlias = Iterator[NetworkResult] | Iterator[KernelResult]

_FACTS = ("python", "platform", "versions", "blas", "simd", "cpu", "commit")

_LAST = 1.0
"""Seconds reserved for the work after the timing."""


def measure(
    work: Callable[[Rival, float], Results], *, threads: int, seconds: float, say: Callable[[str], None]
) -> Report:
    """Return a report on the results of ``work``, called with a rival and seconds; ``say`` each as it arrives."""
    start, watch, other = time.perf_counter(), Watch(), rival(threads)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    sgemm = sgemm_peak(threads)
    results: list[NetworkResult | KernelResult] = []
    for result in work(other, seconds - _LAST - (time.perf_counter() - start)):
        results.append(result)
        sgemm = max(sgemm, sgemm_peak(threads, repeats=1))
        say(_line(result))
    facts = current_environment(0, {}, threads)
    return Report(
        started=started,
        threads=threads,
        torch=other.version,
        environment={key: facts[key] for key in _FACTS},
        sgemm=sgemm,
        others=watch.others(),
        networks=tuple(result for result in results if isinstance(result, NetworkResult)),
        kernels=tuple(result for result in results if isinstance(result, KernelResult)),
        seconds=time.perf_counter() - start,
    )


def disagreements(report: Report) -> list[str]:
    """Return the results in which nnlab and PyTorch disagree, one line each."""
    lines = [
        f"{result.name}: the {name} differs by {getattr(result.agreement, name):.1e}, more than {tolerance:g}"
        for result in report.networks
        for name, tolerance in TOLERANCES.items()
        if result.agreement and getattr(result.agreement, name) > tolerance
    ]
    return lines + [
        f"{kernel.name} {kernel.shape}: results differ by {kernel.difference:.1e}, more than {KERNEL_TOLERANCE:g}"
        for kernel in report.kernels
        if kernel.verb != "backward" and kernel.difference is not None and kernel.difference > KERNEL_TOLERANCE
    ]


def _line(result: NetworkResult | KernelResult) -> str:
    what = result.name if isinstance(result, NetworkResult) else f"{result.name} {result.shape} {result.verb}"
    beside = f", ratio {ratio_text(result.ratio)}" if result.ratio else ""
    return f"{what}: {milliseconds(result.comparison.nnlab.median)} ms{beside}"
