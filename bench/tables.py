"""Print the results."""

from bench.results import Comparison, KernelResult, NetworkResult, Ratio, Report, mean_ratio
from nnlab.cli.output import print_table
from nnlab.runs.formatting import percent

NONE = "-"
DISTURBED = " ?"


def print_networks(report: Report) -> None:
    """Print a line for each network; with PyTorch also the geometric mean of the ratios."""
    columns = [
        "network", "batch", "nnlab ms", "torch ms", "ratio", "quartiles", "fused", "images/s", "MiB", "torch MiB",
        "sgemm", "agreement",
    ]  # fmt: skip
    rows = [_network_row(result, report.sgemm) for result in report.networks]
    fused = mean_ratio(result.comparison.ratios.get("fused") for result in report.networks)
    _print(columns, rows, {4: report.geometric_mean, 6: fused}, report)


def print_kernels(report: Report) -> None:
    """Print a line for each kernel; with PyTorch also the geometric mean of the ratios."""
    columns = [
        "kernel", "input", "verb", "nnlab ms", "torch ms", "ratio", "quartiles", "torch form", "GFLOP/s",
        "torch GFLOP/s",
    ]  # fmt: skip
    _print(columns, [_kernel_row(result) for result in report.kernels], {5: report.geometric_mean}, report, left=3)


def summary(report: Report) -> str:
    """Return the machine and the conditions of the measurement, in a few lines."""
    machine = f"{report.environment['cpu']}, {report.threads} threads"
    quiet = "" if report.others is None else f"; other processes used {percent(report.others)} of the cores"
    rival = report.torch or "PyTorch is not installed: nnlab is timed alone"
    doubt = (
        ""
        if not report.disturbed
        else f"\n{DISTURBED.strip()} marks times disturbed by other processes: repeat them"
    )
    return (
        f"{machine}; sgemm peak {report.sgemm / 1e9:.0f} GFLOP/s{quiet}\n"
        f"{rival}. ratio = PyTorch's time / nnlab's, above 1 where nnlab is faster{doubt}"
    )


def ratio_text(ratio: Ratio | None) -> str:
    """Return a ratio with two decimals."""
    return f"{ratio.median:.2f}" if ratio else NONE


def milliseconds(seconds: float) -> str:
    """Return seconds in milliseconds, with three significant digits."""
    return f"{1e3 * seconds:.3g}" if seconds < 0.1 else f"{1e3 * seconds:.0f}"


def _print(
    columns: list[str], rows: list[list[str]], means: dict[int, float | None], report: Report, left: int = 1
) -> None:
    """Print a table and, below a rule, the ``means`` of columns that are not None."""
    mark = DISTURBED if report.disturbed else ""
    known = {column: mean for column, mean in means.items() if mean is not None}
    if known:
        cells = [f"{known[i]:.2f}{mark}" if i in known else "" for i in range(1, len(columns))]
        rows = [*rows, ["geometric mean", *cells]]
    print_table(columns, rows, left=left, total=bool(known))


def _network_row(result: NetworkResult, sgemm: float) -> list[str]:
    comparison, agreement = result.comparison, result.agreement
    torch_memory = result.peak_memory.get("torch")
    return [
        result.name,
        str(result.batch_size),
        milliseconds(comparison.nnlab.median),
        _torch_time(comparison, result.form),
        _marked(result.ratio, comparison),
        _quartiles(result.ratio),
        ratio_text(comparison.ratios.get("fused")),
        f"{result.images_per_second:,.0f}",
        f"{result.peak_memory['nnlab']:.0f}",
        f"{torch_memory:.0f}" if torch_memory else NONE,
        f"{100 * result.operations / comparison.nnlab.median / sgemm:.0f} %",
        NONE if agreement is None else "yes" if agreement.holds else "NO",
    ]


def _kernel_row(result: KernelResult) -> list[str]:
    comparison = result.comparison
    fastest = comparison.fastest
    times = [comparison.nnlab, *([comparison.torch[fastest]] if fastest else [])]
    rates = [f"{result.operations / time.median / 1e9:.0f}" if result.operations else NONE for time in times]
    return [
        result.name,
        result.shape,
        result.verb,
        milliseconds(comparison.nnlab.median),
        _torch_time(comparison, fastest),
        _marked(result.ratio, comparison),
        _quartiles(result.ratio),
        fastest or NONE,
        rates[0],
        rates[1] if fastest else NONE,
    ]


def _marked(ratio: Ratio | None, comparison: Comparison) -> str:
    """Return a ratio, marked if the measurement was disturbed."""
    return ratio_text(ratio) + (DISTURBED if comparison.disturbed else "")


def _torch_time(comparison: Comparison, form: str | None) -> str:
    return milliseconds(comparison.torch[form].median) if form else NONE


def _quartiles(ratio: Ratio | None) -> str:
    return f"{ratio.quarter:.2f}-{ratio.three_quarters:.2f}" if ratio else NONE
