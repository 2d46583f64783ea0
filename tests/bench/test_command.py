import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from bench import __main__ as command
from bench import measurement
from bench.results import Report

ALONE = """
import runpy, sys
sys.modules["torch"] = None  # importing it fails, as if it were not installed
sys.argv = ["bench", *sys.argv[1:]]
runpy.run_module("bench", run_name="__main__")
"""


@pytest.fixture
def run(monkeypatch, make_report, tmp_path):
    """Return a function that runs the command in this process, with made-up results."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments, **made_up):
        report = make_report(**made_up) if made_up.get("kernels") else make_report(2.0, **made_up)
        monkeypatch.setattr(command, "measure", lambda work, **options: report)
        return CliRunner().invoke(command.app, [*arguments])

    return call


@pytest.mark.slow
def test_without_pytorch_nnlab_is_timed_alone(tmp_path):
    path = tmp_path / "deep" / "results.json"
    options = ["--networks", "ellipse", "--steps", "5", "--seconds", "0", "--threads", "1", "--output", str(path)]
    command = [sys.executable, "-W", "error", "-c", ALONE, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "PyTorch is not installed: nnlab is timed alone" in done.stderr
    assert done.stdout.splitlines()[-1].startswith("ellipse")
    report = Report.model_validate_json(path.read_bytes())
    assert report.torch is None
    assert [result.name for result in report.networks] == ["ellipse"]
    assert report.networks[0].comparison.torch == {}
    assert path.with_suffix(".png").is_file()


def test_results_and_figure_are_saved_to_the_output(run, tmp_path):
    done = run("--output", "there.json")
    assert done.exit_code == 0
    assert done.stdout.startswith("network ")
    assert "saved there.json and there.png" in done.stderr
    assert Report.model_validate_json((tmp_path / "there.json").read_bytes()).networks
    assert (tmp_path / "there.png").is_file()


def test_kernels_are_saved_to_a_separate_file(run, tmp_path):
    assert run("--kernels", kernels=[(1.0, 0)]).stdout.startswith("kernel ")
    assert (tmp_path / "bench" / "kernels.json").is_file()


def test_json_output_equals_the_saved_file(run, tmp_path):
    done = run("--json")
    assert json.loads(done.stdout) == json.loads((tmp_path / "bench" / "results.json").read_text())


def test_a_disagreement_exits_with_1(run, tmp_path):
    done = run(agreement=0.01)
    assert done.exit_code == 1
    assert "error: net0: the gradient differs" in done.stderr
    assert (tmp_path / "bench" / "results.json").is_file()


def test_a_mistake_is_reported_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bench", "--kernels", "--networks", "mnist"])
    with pytest.raises(SystemExit) as leaving:
        command.main()
    assert leaving.value.code == 2
    assert capsys.readouterr().err == "error: --kernels does not time networks: leave out --networks\n"


@pytest.mark.slow
@pytest.mark.parametrize("kernels", [False, True])
def test_the_command_times_networks_or_kernels(monkeypatch, tmp_path, make_report, kernels):
    asked = {}

    def note(kind):
        def work(*args, **options):
            asked[kind] = (args, options)
            report = make_report(2.0, kernels=[(1.5, 0)])
            return iter(report.kernels if kind == "kernels" else report.networks)

        return work

    monkeypatch.setattr(command, "time_kernels", note("kernels"))
    monkeypatch.setattr(command, "time_networks", note("networks"))
    monkeypatch.setattr(measurement, "sgemm_peak", lambda threads, repeats=3: 1e9 / repeats)
    monkeypatch.setattr(measurement, "rival", lambda threads: OTHER)
    output = ["--output", str(tmp_path / "r.json"), "--threads", "1", "--seconds", "9", "--steps", "7"]
    arguments = ["--kernels", *output] if kernels else ["--networks", "mnist", *output]
    done = CliRunner().invoke(command.app, arguments)
    assert done.exit_code == 0, done.output
    (kind,) = asked
    args, options = asked[kind]
    assert kind == ("kernels" if kernels else "networks")
    assert args == ((OTHER,) if kernels else (("mnist",), OTHER))
    assert (options["threads"], options["steps"]) == (1, 7)
    assert 5 < options["seconds"] < 9
    line = "relu 2x3 forward: 1.5 ms, ratio 1.50" if kernels else "net0: 1.5 ms, ratio 2.00"
    assert line in done.stderr


class _Rival:
    version = "PyTorch 2"


OTHER = _Rival()
