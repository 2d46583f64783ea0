"""The harness is worth something only if it goes red: with each safeguard taken out, it does."""

import numpy as np

from faults import planted, tiny
from faults.aftermath import differences, problems
from faults.damage import silent_changes
from faults.test_kills import killed
from faults.test_power_loss import check, logged


def test_a_missing_fsync_is_noticed(folder, children):
    calls, root = logged(folder, children, planted="without fsync")
    assert not any(call.name == "fsync" for call in calls)
    found, invalid = check(calls, root, folder, number=100, seed=8)
    assert len(invalid) > len(found) / 4


def test_a_missing_rename_is_noticed(folder, children, undisturbed):
    bits, _ = undisturbed
    calls, _ = logged(folder, children, planted="without rename")
    at = next(i for i, call in enumerate(calls) if call.name == "write" and call.path.endswith("environment.json"))
    run, ended = killed(folder, children, at, "torn", planted="without rename")
    assert any("environment.json" in problem for problem in problems(run, ended, children, bits))


def test_a_missing_digest_is_noticed(folder, children, monkeypatch):
    run = tiny.lay_out(folder)
    assert children.run("resume", run.path, "-q", folder=folder, planted="without digest").code == 0
    content = (run.path / "checkpoints" / "step-00000006.safetensors").read_bytes()
    flips = [(len(content) - 1 - i, bit) for i in range(40) for bit in range(8)]
    monkeypatch.setattr("nnlab.runs.checkpoint.digest", planted.no_digest)
    assert len(silent_changes(content, folder, flips)) == len(flips)


def test_a_missing_random_stream_is_noticed(folder, children, undisturbed):
    bits, calls = undisturbed
    saved = [at for at, call in enumerate(calls) if call.name == "saved"]
    run, _ = killed(folder, children, saved[0] + 1, "kill")
    assert children.run("resume", run.path, "-q", folder=folder, planted="without a stream").code == 0
    assert set(differences(run, bits)) >= {"last differs", "metrics.jsonl differs"}


def test_another_seed_is_noticed(folder, children, undisturbed):
    bits, _ = undisturbed
    run = tiny.lay_out(folder, f"seed={np.random.default_rng(9).integers(1, 100)}")
    assert children.run("resume", run.path, "-q", folder=folder).code == 0
    assert "last differs" in differences(run, bits)
