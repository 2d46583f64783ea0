"""What is measured, as it is saved: times in seconds, memory in MiB, shares 0-1."""

from collections.abc import Iterable, Mapping
from statistics import geometric_mean, median
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from bench.race import Times, quartiles

TOLERANCES = {"loss": 1e-6, "gradient": 1e-6, "movement": 1e-6, "single_loss": 1e-2}
"""How far apart, relatively, the trainings of nnlab and PyTorch may be."""

KERNEL_TOLERANCE = 1e-4
"""How far apart, relatively, results of single layers and optimizers may be in float32."""


class Result(BaseModel):
    """A part of a report."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Timing(Result):
    """Seconds a step: the median of all that were counted, and the quartiles."""

    median: float
    quarter: float
    three_quarters: float
    steps: int

    @classmethod
    def of(cls, times: Times) -> "Timing":
        """Return what ``times`` come to."""
        quarter, three_quarters = quartiles(times.all)
        return cls(median=times.median, quarter=quarter, three_quarters=three_quarters, steps=len(times.all))


class Ratio(Result):
    """How many times as long PyTorch took: the median over rounds of taking turns, and the quartiles."""

    median: float
    quarter: float
    three_quarters: float
    rounds: int


class Comparison(Result):
    """Times of nnlab and of PyTorch in one form or more, and PyTorch's over nnlab's, by the same names.

    ``disturbed`` says whether other processes kept the cores busy, so that none of it is to be trusted.
    """

    nnlab: Timing
    torch: dict[str, Timing]
    ratios: dict[str, Ratio]
    disturbed: bool

    @classmethod
    def of(cls, times: Mapping[str, Times]) -> "Comparison":
        """Return what ``times`` by contender, one of which is ``nnlab``, come to."""
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
        """The form in which PyTorch is fastest; None without PyTorch."""
        return min(self.torch, key=lambda name: self.torch[name].median, default=None)


class Agreement(Result):
    """The largest relative differences from PyTorch over the first ``steps`` steps.

    In float64: of the loss of any step; of the first gradient, by the norm of each parameter's; and of the
    weights' movement in all steps together, by the norm of all of it. In float32: ``single_loss``.
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

    ``operations`` are the float operations of a step as the formulas have them, two for each multiply-add.
    ``form`` is PyTorch's layout of memory; ``comparison`` has it with the optimizer that PyTorch takes by
    default, under that name, and with its ``fused`` one. ``peak_memory`` is that of a process which trains
    nothing else, by framework.
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
        """PyTorch's time, with its default optimizer, over nnlab's."""
        return self.comparison.ratios[self.form] if self.form else None

    @property
    def images_per_second(self) -> float:
        """How many examples nnlab trains on in a second."""
        return self.batch_size / self.comparison.nnlab.median


class KernelResult(Result):
    """One verb of a layer, or an optimizer's update; ``difference`` is the relative one of its results."""

    name: str
    shape: str
    verb: str
    operations: int
    comparison: Comparison
    difference: float | None

    @property
    def ratio(self) -> Ratio | None:
        """The time of PyTorch's fastest form over nnlab's."""
        fastest = self.comparison.fastest
        return self.comparison.ratios[fastest] if fastest else None


class Report(Result):
    """A whole run of the benchmark.

    ``sgemm`` is the most float32 operations a second that NumPy's BLAS reached on large matrices, before and
    in between. ``others`` is the share of the cores' time that other processes took meanwhile.
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
        """Whether other processes disturbed any of it."""
        comparisons = [r.comparison for r in self.networks] + [r.comparison for r in self.kernels]
        return any(comparison.disturbed for comparison in comparisons)

    @property
    def geometric_mean(self) -> float | None:
        """The geometric mean of the ratios; None without PyTorch."""
        return mean_ratio([result.ratio for result in self.networks] + [result.ratio for result in self.kernels])


def mean_ratio(ratios: Iterable[Ratio | None]) -> float | None:
    """Return the geometric mean of those ratios that there are; None if there is none."""
    known = [ratio.median for ratio in ratios if ratio]
    return geometric_mean(known) if known else None


def _ratio(ratios: list[float]) -> Ratio:
    quarter, three_quarters = quartiles(ratios)
    return Ratio(median=median(ratios), quarter=quarter, three_quarters=three_quarters, rounds=len(ratios))
