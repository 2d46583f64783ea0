import json

import pytest
from pydantic import ValidationError

from bench.measurement import disagreements
from bench.race import Times
from bench.results import Comparison, Report, mean_ratio
from bench.tables import print_kernels, print_networks, summary


def test_ratios_are_computed_within_rounds():
    mine, theirs = Times(((1.0,), (10.0,), (1.0,))), Times(((2.0,), (20.0,), (3.0,)))
    comparison = Comparison.of({"nnlab": mine, "eager": theirs})
    assert comparison.ratios["eager"].median == 2.0
    assert comparison.ratios["eager"].rounds == 3
    assert comparison.torch["eager"].median == 3.0


def test_the_fastest_form_has_the_smallest_time():
    blocks = {"nnlab": 3.0, "eager": 2.0, "fused": 1.0}
    assert Comparison.of({name: Times(((t,),)) for name, t in blocks.items()}).fastest == "fused"
    assert Comparison.of({"nnlab": Times(((1.0,),))}).fastest is None


def test_the_mean_is_geometric(make_report):
    assert make_report(0.5, 8.0).geometric_mean == pytest.approx(2.0)
    assert mean_ratio([None]) is None


def test_results_survive_writing_and_reading(make_report):
    report = make_report(0.5, 2.0, kernels=[(1.5, 10)])
    assert Report.model_validate_json(report.model_dump_json()) == report


def test_the_schema_of_the_results(make_report):
    saved = json.loads(make_report(0.5, kernels=[(1.0, 0)]).model_dump_json())
    assert list(saved) == [
        "format", "started", "seconds", "threads", "torch", "environment", "sgemm", "others", "networks",
        "kernels",
    ]  # fmt: skip
    assert saved["format"] == 1
    assert list(saved["networks"][0]) == [
        "name", "batch_size", "parameters", "operations", "form", "comparison", "peak_memory", "agreement",
    ]  # fmt: skip
    assert list(saved["kernels"][0]) == ["name", "shape", "verb", "operations", "comparison", "difference"]
    assert list(saved["networks"][0]["comparison"]) == ["nnlab", "torch", "ratios", "disturbed"]
    assert list(saved["networks"][0]["comparison"]["nnlab"]) == ["median", "quarter", "three_quarters", "steps"]
    with pytest.raises(ValidationError):
        Report.model_validate({**saved, "speed": 1})


def test_disagreements_are_named(make_report):
    assert disagreements(make_report(1.0, kernels=[(1.0, 0)])) == []
    assert disagreements(make_report(1.0, kernels=[(1.0, 0)], agreement=0.01)) == [
        "net0: the gradient differs by 1.0e-02, more than 1e-06",
        "relu 2x3: results differ by 1.0e-02, more than 0.0001",
    ]
    assert disagreements(make_report(1.0, kernels=[(1.0, 0)], torch=None)) == []


def test_the_table_of_networks(make_report, capsys):
    print_networks(make_report(0.5, 2.0))
    _, _, first, second, _, mean = capsys.readouterr().out.splitlines()
    assert first.split() == [
        "net0", "16", "1.5", "0.75", "0.50", "0.50-0.50", "0.50", "10,667", "60", "300", "2", "%", "yes",
    ]  # fmt: skip
    assert second.split()[3:5] == ["3", "2.00"]
    assert mean.split() == ["geometric", "mean", "1.00", "1.00"]


def test_the_table_of_networks_alone(make_report, capsys):
    print_networks(make_report(1.0, torch=None))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[-1].split() == ["net0", "16", "1.5", "-", "-", "-", "-", "10,667", "60", "-", "2", "%", "-"]


def test_the_table_marks_disagreements_and_disturbed_results(make_report, capsys):
    print_networks(make_report(1.0, agreement=0.01, disturbed=True))
    _, _, row, _, mean = capsys.readouterr().out.splitlines()
    assert "1.00 ?" in row
    assert "NO" in row
    assert mean.split() == ["geometric", "mean", "1.00", "?", "1.00", "?"]


def test_the_table_of_kernels(make_report, capsys):
    print_kernels(make_report(kernels=[(2.0, 3_000_000), (0.5, 0)]))
    _, _, first, second, _, mean = capsys.readouterr().out.splitlines()
    assert first.split() == ["relu", "2x3", "forward", "1.5", "3", "2.00", "2.00-2.00", "eager", "2", "1"]
    assert second.split()[-2:] == ["-", "-"]
    assert mean.split() == ["geometric", "mean", "1.00"]


def test_the_table_of_kernels_alone(make_report, capsys):
    print_kernels(make_report(kernels=[(2.0, 3_000_000)], torch=None))
    assert capsys.readouterr().out.splitlines()[-1].split()[3:] == ["1.5", "-", "-", "-", "-", "2", "-"]


def test_the_summary_describes_machine_and_conditions(make_report):
    assert summary(make_report(1.0)) == (
        "A Processor, 2 threads; sgemm peak 100 GFLOP/s; other processes used 25.00 % of the cores\n"
        "PyTorch 2. ratio = PyTorch's time / nnlab's, above 1 where nnlab is faster"
    )
    assert "nnlab is timed alone" in summary(make_report(1.0, torch=None).model_copy(update={"others": None}))
    assert "? marks times disturbed by other processes" in summary(make_report(1.0, disturbed=True))
