"""Files of other runs, lines taken out, files deleted: ``verify`` names them, and readers do not use them."""

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from support.experiments import SMALL, load
from support.own_data import MLP

import nnlab
from nnlab.errors import RunError
from nnlab.integrity import verify
from nnlab.runs import Run, read_checkpoint
from nnlab.runs.checkpoint import encode
from nnlab.runs.overview import overview


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two runs of the same config but for the seed, evaluated on test data and on validation examples."""
    folder = tmp_path_factory.mktemp("foreign")
    runs = [nnlab.train(load(folder, f"seed={seed}"), runs_dir=folder / "runs") for seed in (1, 2)]
    for run in runs:
        nnlab.evaluate(run)
        nnlab.evaluate(run, checkpoint="last")
        nnlab.evaluate(run, split="validation")
    return runs


@pytest.fixture
def run(made, tmp_path):
    shutil.copytree(made[0].path, tmp_path / "run")
    return Run(tmp_path / "run")


def notes(run):
    return {each.file: each.note for each in verify(run, quick=True).findings if each.state == "damaged"}


def checkpoint(run, kind):
    return max(run.path.glob(f"checkpoints/{kind}-*"))


def test_a_best_checkpoint_of_another_run_is_not_evaluated(run, made):
    best = checkpoint(run, "best")
    shutil.copy(checkpoint(made[1], "best"), best)
    assert f"checkpoints/{best.name}" in notes(run)
    with pytest.raises(RunError, match=rf"{best.name}\b.*--checkpoint last"):
        nnlab.evaluate(run)


def test_a_last_checkpoint_of_another_run_of_the_same_config_is_not_evaluated(run):
    last = checkpoint(run, "step")
    saved = read_checkpoint(last)
    moved = {name: array + 1 if name.startswith("params/") else array for name, array in saved.arrays.items()}
    last.write_bytes(b"".join(encode(replace(saved, arrays=moved))))
    assert read_checkpoint(last).step == saved.step
    assert f"checkpoints/{last.name}" in notes(run)
    assert nnlab.evaluate(run, checkpoint="last").step < saved.step


@pytest.mark.parametrize("split", ["test", "validation"])
def test_an_evaluation_of_another_run_is_not_shown(run, made, split):
    shutil.rmtree(run.evaluation)
    shutil.copytree(made[1].evaluation, run.evaluation)
    place = "evaluation/metrics.json" if split == "test" else "evaluation/validation/metrics.json"
    assert "of another run" in notes(run)[place]
    assert overview(run).status == "broken"
    nnlab.evaluate(run, split=split)
    assert place not in notes(run)


def test_a_normalization_of_another_run_is_not_used(run, made):
    shutil.copy(made[1].path / "normalization.safetensors", run.path)
    assert "normalization.safetensors" in notes(run)
    with pytest.raises(RunError, match=r"normalization\.safetensors"):
        nnlab.evaluate(run)


@pytest.mark.parametrize("number", [0, 1])
def test_a_line_taken_out_of_the_ledger_is_noticed(run, number):
    path = run.path / "test-ledger.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(line for at, line in enumerate(lines) if at != number))
    assert "test-ledger.jsonl" in notes(run)


def test_a_ledger_that_was_deleted_or_is_of_another_run_is_noticed(run, made):
    path = run.path / "test-ledger.jsonl"
    path.unlink()
    assert "test-ledger.jsonl" in notes(run)
    shutil.copy(made[1].path / "test-ledger.jsonl", path)
    assert "test-ledger.jsonl" in notes(run)


def test_a_ledger_of_training_that_was_deleted_or_is_older_is_noticed(tmp_path):
    text = SMALL.replace("evaluate_every: 3", "evaluate_every: 3, evaluate_on: test")
    kept = []

    def keep(progress):
        if progress.step == 7:
            kept.append(next(tmp_path.glob("runs/*/test-ledger.jsonl")).read_bytes())

    run = nnlab.train(load(tmp_path, text=text), runs_dir=tmp_path / "runs", report=keep)
    assert notes(run) == {}
    path = run.path / "test-ledger.jsonl"
    path.unlink()
    assert "test-ledger.jsonl" in notes(run)
    path.write_bytes(kept[0])
    assert "up to step 12" in notes(run)["test-ledger.jsonl"]


def test_a_check_that_was_removed_with_the_format_is_missed(run):
    for name in ("summary.json", "checkpoints/index.json", "evaluation/metrics.json"):
        plain = run.read_json(name)
        (run.path / name).write_text(json.dumps(plain))
        assert "check" in notes(run)[name]


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A run on data in a folder of .npy files, whose digests are remembered."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    rng = np.random.default_rng(3)
    (tmp_path / "data").mkdir()
    for half, count in (("train", 40), ("test", 20)):
        np.save(tmp_path / "data" / f"{half}-inputs.npy", rng.normal(size=(count, 4)).astype(np.float32))
        np.save(tmp_path / "data" / f"{half}-labels.npy", np.arange(count) % 3)
    config = load(tmp_path, text=MLP.replace("own.npz", "data"))
    return nnlab.train(config, runs_dir=tmp_path / "runs"), tmp_path / "data" / "test-inputs.npy"


def test_data_changed_with_the_same_size_time_and_inode_are_found_by_reading_all_of_them(own):
    run, path = own
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(-4, os.SEEK_END)
        file.write(np.float32(0.5).tobytes())
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_ino == before.st_ino
    assert verify(run).intact
    assert verify(run, deep=True).damaged == ("the data",)
    assert verify(run).damaged == ("the data",), "what was read is remembered"
