"""The measurements as they are saved: times in seconds, memory in MiB, shares 0-1."""

from collections.abc import Iterable, Mapping
from statistics import geometric_mean, median
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from bench.race import Times, quartiles

TOLERANCES = {"loss": 1e-6, "gradient": 1e-6, "movement": 1e-6, "single_loss": 1e-2}
"""The largest relative differences allowed between training in nnlab and in PyTorch."""

KERNEL_TOLERANCE = 1e-4
"""The largest relative difference allowed between results of single layers and optimizers in float32."""


class Result(BaseModel):
    """A part of a report."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Timing(Result):
    """Seconds per step: the median of all counted steps, and the quartiles."""

    median: float
    quarter: float
    three_quarters: float
    steps: int

    @classmethod
    def of(cls, times: Times) -> "Timing":
        """Return the statistics of ``times``."""
        quarter, three_quarters = quartiles(times.all)
        return cls(median=times.median, quarter=quarter, three_quarters=three_quarters, steps=len(times.all))


class Ratio(Result):
    """PyTorch's time divided by nnlab's: the median over the rounds, and the quartiles."""

    median: float
    quarter: float
    three_quarters: float
    rounds: int


class Comparison(Result):
    """Times of nnlab and of each form of PyTorch, and the ratios of PyTorch's times to nnlab's by form.

    ``disturbed`` if other processes kept the cores busy, so that the times are not reliable.
    """

    nnlab: Timing
    torch: dict[str, Timing]
    ratios: dict[str, Ratio]
    disturbed: bool

    @classmethod
    def of(cls, times: Mapping[str, Times]) -> "Comparison":
        """Return the comparison of ``times`` by contender, one of which is ``nnlab``."""
        mine = times["nnlab"]
        theirs = {name: taken for name, taken in times.items() if name != "nnlab"}
        return cls(
            nnlab=Timing.of(mine),
            torch={name: Timing.of(taken) for name, taken in theirs.items()},
            ratios={name: _ratio(taken.over(mine)) for name, taken in theirs.items()},
            disturbed=mine.disturbed,
        )

    @property
    def fastest(self) -> str | None:
        """The fastest form of PyTorch; None without PyTorch."""
        return min(self.torch, key=lambda name: self.torch[name].median, default=None)


class Agreement(Result):
    """The largest relative differences from PyTorch over the first ``steps`` steps.

    In float64: ``loss`` of any step, ``gradient`` of the first step, by the norm of each parameter, and
    ``movement`` of all weights over all steps, by its norm. In float32: ``single_loss``.
    """

    steps: int
    loss: float
    gradient: float
    movement: float
    single_loss: float

    @property
    def holds(self) -> bool:
        """Whether all are within ``TOLERANCES``."""
        return all(getattr(self, name) <= tolerance for name, tolerance in TOLERANCES.items())


class NetworkResult(Result):
    """A training step of one network.

    ``operations`` is the number of float operations of a step by the formulas, two for each multiply-add.
    ``form`` is PyTorch's memory layout; ``comparison`` has it with PyTorch's default optimizer, under that name,
    and with the ``fused`` one. ``peak_memory`` is that of a process which trains only this network, by framework.
    """

    name: str
    batch_size: int
    parameters: int
    operations: int
    form: str | None
    comparison: Comparison
    peak_memory: dict[str, float]
    agreement: Agreement | None

    @property
    def ratio(self) -> Ratio | None:
        """The time of PyTorch with its default optimizer, divided by nnlab's."""
        return self.comparison.ratios[self.form] if self.form else None

    @property
    def images_per_second(self) -> float:
        """The number of examples that nnlab trains on per second."""
        return self.batch_size / self.comparison.nnlab.median


class KernelResult(Result):
    """A method of a layer, or an optimizer's update; ``difference`` is the relative difference of its results."""

    name: str
    shape: str
    verb: str
    operations: int
    comparison: Comparison
    difference: float | None

    @property
    def ratio(self) -> Ratio | None:
        """The time of PyTorch's fastest form, divided by nnlab's."""
        fastest = self.comparison.fastest
        return self.comparison.ratios[fastest] if fastest else None


class Report(Result):
    """The results of one benchmark.

    ``sgemm`` is the highest rate of NumPy's BLAS on large matrices, in float32 operations per second, measured
    before and between the results. ``others`` is the share of the cores' time used by other processes.
    """

    format: Literal[1] = 1
    started: str
    seconds: float
    threads: int
    torch: str | None
    environment: dict[str, Any]
    sgemm: float
    others: float | None
    networks: tuple[NetworkResult, ...] = ()
    kernels: tuple[KernelResult, ...] = ()

    @property
    def disturbed(self) -> bool:
        """Whether other processes disturbed any measurement."""
        comparisons = [r.comparison for r in self.networks] + [r.comparison for r in self.kernels]
        return any(comparison.disturbed for comparison in comparisons)

    @property
    def geometric_mean(self) -> float | None:
        """The geometric mean of the ratios; None without PyTorch."""
        return mean_ratio([result.ratio for result in self.networks] + [result.ratio for result in self.kernels])


def mean_ratio(ratios: Iterable[Ratio | None]) -> float | None:
    """Return the geometric mean of the ratios that are not None; None if there are none."""
    known = [ratio.median for ratio in ratios if ratio]
    return geometric_mean(known) if known else None


def _ratio(ratios: list[float]) -> Ratio:
    quarter, three_quarters = quartiles(ratios)
    return Ratio(median=median(ratios), quarter=quarter, three_quarters=three_quarters, rounds=len(ratios))
