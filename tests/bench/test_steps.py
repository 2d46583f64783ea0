import pytest

from bench import steps as timing
from bench.catalogue import load
from bench.memory import main, peak, peaks
from bench.race import ROUNDS
from bench.rivals import Nobody, rival
from bench.steps import operations, time_network, time_networks
from nnlab.errors import SystemFault


def test_operations_exclude_the_gradient_of_the_data():
    per_image = 3 * (3 * 784 * 300 + 3 * 300 * 10) - 3 * 784 * 300
    assert operations(load("mnist_mlp")) == 10 * 2 * per_image // 3


def test_a_network_alone(monkeypatch):
    monkeypatch.setattr(timing, "peaks", lambda name, frameworks, threads: dict.fromkeys(frameworks, 1.0))
    (result,) = time_networks(["ellipse"], Nobody(), steps=10, seconds=0, threads=1)
    assert (result.name, result.batch_size, result.parameters) == ("ellipse", 1, 17)
    assert result.peak_memory == {"nnlab": 1.0}
    assert result.comparison.nnlab.steps == 10
    assert result.comparison.nnlab.median > 0
    assert result.images_per_second == 1 / result.comparison.nnlab.median
    assert (result.form, result.ratio, result.agreement) == (None, None, None)


def test_a_network_beside_pytorch(monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setattr(timing, "peaks", lambda name, frameworks, threads: dict.fromkeys(frameworks, 1.0))
    result = time_network("ellipse", rival(1), steps=10, seconds=0, threads=1)
    assert set(result.comparison.torch) == {"eager", "fused"}
    assert set(result.peak_memory) == {"nnlab", "torch"}
    assert result.form == "eager"
    assert result.agreement.holds
    assert result.ratio.rounds == ROUNDS


@pytest.mark.slow
def test_memory_is_measured_in_a_separate_process():
    (megabytes,) = peaks("ellipse", ["nnlab"], 1).values()
    assert 10 < megabytes < 200


@pytest.mark.slow
def test_a_process_that_fails_is_an_error(capfd):
    with pytest.raises(SystemFault, match="memory of nnlab on nothing"):
        peaks("nothing", ["nnlab"], 1)
    capfd.readouterr()


def test_what_the_process_prints(capsys, tmp_path):
    main("nnlab", "ellipse", 1)
    assert float(capsys.readouterr().out) > 10
    (tmp_path / "status").write_text("Name: python\nVmHWM:\t  2048 kB\n")
    assert peak(tmp_path / "status") == 2.0
    assert peak(tmp_path / "nothing") > 10


def test_pytorch_runs_in_that_process_too(capsys):
    pytest.importorskip("torch")
    main("torch", "ellipse", 1)
    assert float(capsys.readouterr().out) > 10
