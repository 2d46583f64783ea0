"""The learning rate of a config is the one that its run uses."""

import numpy as np
import pytest
from support.experiments import SMALL, write_config

import nnlab
from nnlab.config import load_config
from nnlab.drawing.schedule import schedule
from nnlab.evaluation.trained_run import TrainedRun
from nnlab.figures import FIGURES, Subject
from nnlab.figures.schedule import plan, used


@pytest.mark.parametrize("count", [1, 2, 40, 100_000])
def test_the_line_goes_through_the_learning_rates(readable, count):
    steps = np.arange(1, count + 1)
    rates = 0.1 * 0.5 ** (4 * steps / count)
    figure = schedule((steps, rates), title="a & $b", note="schedule: step")
    assert {"step", "learning rate", "a & $b schedule: step"} <= set(readable(figure))
    (line,) = figure.axes[0].lines
    x = line.get_xdata()
    assert (x[0], x[-1], len(x)) == (1, count, min(count, 2000))
    assert line.get_ydata() == pytest.approx(rates[x - 1])


def test_what_was_used_is_beside_what_is_planned(readable):
    steps = np.arange(1, 101)
    figure = schedule((steps, 1 / steps), (steps[9:50:10], 1 / steps[9:50:10]))
    assert {"used so far", "planned"} <= set(readable(figure))
    used, planned = figure.axes[0].lines
    assert used.get_xdata().tolist() == [10, 20, 30, 40, 50]
    assert planned.get_xdata()[-1] == 100
    assert len(schedule((steps, 1 / steps), (steps[:0], steps[:0] / 1)).axes[0].lines) == 1


STEPS = SMALL.replace("optimizer:", "schedule: {type: linear_warmup, duration: 4, then: cosine}\noptimizer:")


def test_steps_take_no_data(tmp_path, monkeypatch):
    monkeypatch.setattr("nnlab.figures.entry.load_dataset", lambda *_: pytest.fail("the data were read"))
    steps, rates = plan(Subject(load_config(write_config(tmp_path, STEPS))))
    assert steps.tolist() == list(range(1, 13))
    half = [0.5 * (1 + np.cos(np.pi * i / 8)) for i in range(8)]
    assert rates == pytest.approx(0.05 * np.array([0.1, 0.325, 0.55, 0.775, *half]))


@pytest.mark.parametrize(
    ("training", "rule", "total"),
    [
        ("epochs: 3", "{type: step, every: 1, gamma: 0.5, unit: epochs}", 9),
        (
            "steps: 12",
            "{type: linear_warmup, duration: 1, start: 1, then: {type: step, every: 5, gamma: 0.5}}",
            12,
        ),
        ("steps: 12", "{type: step, every: 1, gamma: 0.5, unit: epochs}", 12),
    ],
)
def test_the_plan_is_what_a_run_uses(tmp_path, readable, training, rule, total):
    text = SMALL.replace("steps: 12,", f"{training}, log_every: 1,").replace(
        "optimizer:", f"schedule: {rule}\noptimizer:"
    )
    config = load_config(write_config(tmp_path, text))
    run = TrainedRun(nnlab.train(config, runs_dir=tmp_path / "runs"))
    steps, rates = plan(Subject(config))
    assert len(steps) == total
    logged, logged_rates = used(run)
    assert logged.tolist() == steps.tolist()
    assert logged_rates == pytest.approx(rates)
    assert plan(Subject(run.config, run))[1].tolist() == rates.tolist()
    (figure,) = FIGURES["schedule"].pages(Subject(run.config, run)).values()
    assert {"used so far", "planned"} <= set(readable(figure))
    (figure,) = FIGURES["schedule"].pages(Subject(config)).values()
    assert "used so far" not in readable(figure)
