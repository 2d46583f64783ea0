import pytest
from typer.testing import CliRunner

from bench import scaling
from nnlab.summary import summarize


@pytest.mark.parametrize("depth", [1, 3])
def test_the_experiment_is_as_deep_as_asked(depth):
    config = scaling.experiment(examples=64, depth=depth, batch=8)
    assert [row.layer for row in summarize(config).rows].count("conv2d") == depth
    assert (config.data.train, config.training.batch_size) == (64, 8)


def test_steps_follow_each_other():
    step = scaling.steps_of(scaling.experiment(examples=16, depth=1, batch=8))
    assert [step().step, step().step] == [1, 2]


@pytest.mark.slow
def test_the_command_prints_a_table_of_each_case(monkeypatch):
    monkeypatch.setattr(scaling, "CASES", {"examples": (64, 128), "depth": (1, 2), "batch": (4, 8)})
    app = scaling.typer.Typer()
    app.command()(scaling.main)
    result = CliRunner().invoke(app, ["--seconds", "0"])
    assert result.exit_code == 0, result.output
    assert [line.split()[0] for line in result.output.splitlines() if "us an image" in line] == [*scaling.CASES]
