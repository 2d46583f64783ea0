"""What is no longer finite ends a training with its step and layer, and never becomes a checkpoint."""

import numpy as np
import pytest

from faults import tiny


@pytest.mark.parametrize(
    "changes",
    [
        ("optimizer.learning_rate=1e30",),
        ("optimizer.learning_rate=1e38", "data.shape=[30]"),
        (
            "optimizer.learning_rate=1e20",
            "optimizer.momentum=0",
            "training.evaluate_every=100",
            "training.steps=50",
        ),
    ],
)
def test_divergence_names_step_and_layer_and_keeps_the_last_finite_checkpoint(folder, children, changes):
    run = tiny.lay_out(folder, *changes, "training.checkpoint_every=1")
    ended = children.run("resume", run.path, "-q", folder=folder)
    assert (ended.code, ended.is_plain) == (6, True), ended.err
    assert "step " in ended.err
    summary = run.read_json("summary.json")
    assert summary["status"] == "diverged"
    assert f"error: {summary['reason']}; " in ended.err
    shown = children.run("runs", "show", run.path, folder=folder).out
    assert ["reason", summary["reason"]] in [line.split(maxsplit=1) for line in shown.splitlines()]
    if run.checkpoints.exist:
        last = run.checkpoints.load("last")
        assert all(np.isfinite(array).all() for array in last.arrays.values())
