"""Checkpoints come back to the byte, or not at all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.errors import RunError
from nnlab.runs import Checkpoint, Checkpoints, read_checkpoint
from nnlab.runs.checkpoints import encode


def checkpoint(step, **facts):
    rng = np.random.default_rng(step)
    arrays = {
        "params/0.weight": rng.standard_normal((3, 4)).astype(np.float32),
        "params/0.bias": np.zeros(0, np.float32),
        "optimizer/steps": np.array(step, np.int64),
        "state/1.mean": rng.standard_normal((2, 3)).astype(np.float32).T,
    }
    return Checkpoint(step, arrays, {"streams": {"0.mask": {"state": 2**127 + step}}, **facts})


def names(directory):
    return sorted(path.name for path in directory.iterdir())


def test_what_was_saved_comes_back(tmp_path):
    saved = checkpoint(300, seconds=1.5)
    store = Checkpoints(tmp_path)
    assert not store.exist
    store.save(saved, None)
    assert store.exist
    back = store.load("last")
    assert back.step == 300
    assert back.facts == saved.facts
    assert back.arrays.keys() == saved.arrays.keys()
    for name, array in saved.arrays.items():
        assert back.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(back.arrays[name], array)
    assert back.group("params").keys() == {"0.weight", "0.bias"}


def test_the_one_before_is_kept_and_older_ones_go(tmp_path):
    store = Checkpoints(tmp_path)
    for step in (100, 200, 300):
        store.save(checkpoint(step), checkpoint(100))
    assert names(tmp_path) == [
        "best-00000100.safetensors",
        "index.json",
        "step-00000200.safetensors",
        "step-00000300.safetensors",
    ]
    assert store.load("last").step == 300
    assert store.load("best").step == 100


def test_without_a_best_one_the_last_serves(tmp_path):
    store = Checkpoints(tmp_path)
    store.save(checkpoint(5), None)
    assert store.load("best").step == 5


def test_no_checkpoint_yet(tmp_path):
    with pytest.raises(RunError, match="has no checkpoint yet"):
        Checkpoints(tmp_path / "checkpoints").load("last")


@pytest.mark.parametrize("content", ["", "[]", "{", '{"last": "../../etc/passwd"}', '{"last": 5}', "{}"])
def test_a_damaged_index_is_an_error(tmp_path, content):
    (tmp_path / "index.json").write_text(content)
    with pytest.raises(RunError):
        Checkpoints(tmp_path).load("last")


@settings(max_examples=300)
@given(position=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_is_noticed(tmp_path_factory, position, bit):
    path = tmp_path_factory.mktemp("c") / "c.safetensors"
    original = encode(checkpoint(7))
    content = bytearray(original)
    content[int(position * len(content))] ^= 1 << bit
    path.write_bytes(content)
    try:
        back = read_checkpoint(path)
    except RunError:
        return
    assert encode(back) == original  # a flip that changes nothing, such as in padding


@given(length=st.floats(0, 1, exclude_max=True))
def test_any_truncation_is_noticed(tmp_path_factory, length):
    path = tmp_path_factory.mktemp("c") / "c.safetensors"
    content = encode(checkpoint(7))
    path.write_bytes(content[: int(length * len(content))])
    with pytest.raises(RunError):
        read_checkpoint(path)


def test_the_tests_notice_a_missing_digest(tmp_path, monkeypatch):
    path = tmp_path / "c.safetensors"
    monkeypatch.setattr("nnlab.runs.checkpoints.digest", lambda array: "0")
    content = bytearray(encode(checkpoint(7)))
    content[-1] ^= 1
    path.write_bytes(content)
    assert not np.array_equal(read_checkpoint(path).arrays["state/1.mean"], checkpoint(7).arrays["state/1.mean"])
