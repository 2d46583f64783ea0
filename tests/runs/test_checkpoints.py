"""Checkpoints come back to the byte, or not at all."""

import contextlib
import hashlib
import json
import os
import tracemalloc

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab import files
from nnlab.errors import RunError, SystemFault
from nnlab.runs import Checkpoint, Checkpoints, read_checkpoint
from nnlab.runs.checkpoint import encode
from nnlab.runs.checkpoint_index import read_index


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


@pytest.mark.slow
@settings(max_examples=300)
@given(position=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_is_noticed(tmp_path_factory, position, bit):
    path = tmp_path_factory.mktemp("c") / "c.safetensors"
    original = b"".join(encode(checkpoint(7)))
    content = bytearray(original)
    content[int(position * len(content))] ^= 1 << bit
    path.write_bytes(content)
    try:
        back = read_checkpoint(path)
    except RunError:
        return
    assert b"".join(encode(back)) == original  # a flip that changes nothing, such as in padding


@given(length=st.floats(0, 1, exclude_max=True))
def test_any_truncation_is_noticed(tmp_path_factory, length):
    path = tmp_path_factory.mktemp("c") / "c.safetensors"
    content = b"".join(encode(checkpoint(7)))
    path.write_bytes(content[: int(length * len(content))])
    with pytest.raises(RunError):
        read_checkpoint(path)


def test_the_tests_notice_a_missing_digest(tmp_path, monkeypatch):
    path = tmp_path / "c.safetensors"
    monkeypatch.setattr("nnlab.runs.checkpoint.digest", lambda array: "0")
    content = bytearray(b"".join(encode(checkpoint(7))))
    content[-1] ^= 1
    path.write_bytes(content)
    assert not np.array_equal(read_checkpoint(path).arrays["state/1.mean"], checkpoint(7).arrays["state/1.mean"])


def forged(header, content=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + content


def signed(facts, **arrays):
    text = facts if isinstance(facts, str) else json.dumps(facts)
    return {"__metadata__": {"facts": text, "sha256": hashlib.sha256(text.encode()).hexdigest()}, **arrays}


def one(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1234567",
        forged(b"{}", length=2**63),
        forged(b"{}", length=2**27),
        forged(b"[" * 100_000),
        forged([]),
        forged({}),
        forged({"__metadata__": 3}),
        forged({"__metadata__": {"facts": "{}"}}),
        forged({"__metadata__": {"facts": "{}", "sha256": "0"}}),
        forged(signed("[" * 100_000)),
        forged(signed([])),
        forged(signed({})),
        forged(signed({"digests": 3, "step": 1})),
        forged(signed({"digests": {}})),
        forged(signed({"digests": {}, "step": 1}, a=one()), bytes(8)),
        forged(signed({"digests": {}, "step": 1}, a=one()), bytes(7)),
        forged(signed({"digests": {}, "step": 1}, a=one()), bytes(9)),
        forged(signed({"digests": {}, "step": 1}, a=one(offsets=(0, 2**62), shape=(2**60,)))),
        forged(signed({"digests": {}, "step": 1}, a=one(shape=(2**40, 2**40)))),
        forged(signed({"digests": {}, "step": 1}, a=one(dtype="BF16", shape=(4,))), bytes(8)),
        forged(signed({"digests": {}, "step": 1}, a=one(dtype="F8_E5M2", shape=(8,))), bytes(8)),
        forged(signed({"digests": {}, "step": 1}, a={"data_offsets": "x"})),
    ],
)
def test_forged_files_are_refused_before_memory_is_taken(tmp_path, content):
    path = tmp_path / "c.safetensors"
    path.write_bytes(content)
    tracemalloc.start()
    with pytest.raises(RunError, match=r"c\.safetensors is damaged"):
        read_checkpoint(path)
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()


def test_a_file_larger_than_announced_is_not_read(tmp_path):
    path = tmp_path / "c.safetensors"
    path.write_bytes(b"".join(encode(checkpoint(7))))
    os.truncate(path, 2**40)
    with pytest.raises(RunError, match="1,099,511,627,776 bytes, its header announces"):
        read_checkpoint(path)


def test_a_pipe_does_not_keep_anybody_waiting(tmp_path):
    os.mkfifo(tmp_path / "c")
    with pytest.raises(RunError, match=rf"{tmp_path}/c\b"):
        read_checkpoint(tmp_path / "c")


def test_files_of_other_people_are_left_alone(tmp_path):
    (tmp_path / "mine.safetensors").write_text("mine")
    store = Checkpoints(tmp_path)
    assert not store.exist
    for step in (1, 2, 3):
        store.save(checkpoint(step), None)
    assert names(tmp_path)[1:] == ["mine.safetensors", "step-00000002.safetensors", "step-00000003.safetensors"]


@pytest.mark.parametrize("damage", ["altered", "longer", "gone"])
def test_what_does_not_read_back_is_never_called_saved(tmp_path, monkeypatch, damage):
    store = Checkpoints(tmp_path)
    store.save(checkpoint(1), None)
    placing = files.placing

    @contextlib.contextmanager
    def forgetful(path):
        with placing(path) as file:
            yield file
        content = path.read_bytes()
        path.write_bytes(content[:-1] + b"?" * (1 + (damage == "longer")))
        if damage == "gone":
            path.unlink()

    monkeypatch.setattr(files, "placing", forgetful)
    with pytest.raises(SystemFault, match=r"reads back as something else|does not read back"):
        store.save(checkpoint(2), None)
    monkeypatch.undo()
    assert store.load("last").step == 1


def test_the_library_reads_what_was_saved(tmp_path):
    arrays = {
        "a/b": np.arange(6.0, dtype=np.float32).reshape(2, 3).T,
        "none": np.empty((0, 3)),
        "one": np.array(3),
    }
    arrays |= {"flag": np.array([True, False]), "pixels": np.arange(5, dtype=np.uint8)}
    Checkpoints(tmp_path).save(Checkpoint(1, arrays), None)
    found = safetensors.numpy.load_file(tmp_path / "step-00000001.safetensors")
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)


@pytest.mark.parametrize("lost", ["step-00000003.safetensors", "index.json"])
def test_a_name_lost_with_the_power_costs_no_more_than_the_last_save(tmp_path, lost):
    store = Checkpoints(tmp_path)
    for step in (1, 2, 3):
        store.save(checkpoint(step), checkpoint(1))
    (tmp_path / lost).unlink()
    assert store.load("last").step in {2, 3}
    assert store.load("best").step == 1


def test_going_on_from_an_older_one_forgets_the_damaged_one(tmp_path, caplog):
    store = Checkpoints(tmp_path)
    for step in (1, 2):
        store.save(checkpoint(step), checkpoint(1))
    (tmp_path / "step-00000002.safetensors").write_bytes(b"")
    last = store.load("last")
    store.go_on_from(last)
    assert read_index(tmp_path).names == {
        "last": "step-00000001.safetensors",
        "best": "best-00000001.safetensors",
    }
    store.save(checkpoint(3), checkpoint(1))
    assert "step-00000001.safetensors" in names(tmp_path)
    assert "step-00000002.safetensors" not in names(tmp_path)
    before = (tmp_path / "index.json").stat().st_mtime_ns
    store.go_on_from(checkpoint(3))
    assert (tmp_path / "index.json").stat().st_mtime_ns == before


def test_a_checkpoint_that_does_not_read_back_is_not_left_to_go_on_from(tmp_path, monkeypatch):
    store = Checkpoints(tmp_path)
    replacing = files.replacing

    @contextlib.contextmanager
    def forgetful(path):
        with replacing(path) as file:
            yield file
        path.write_bytes(path.read_bytes()[1:])

    monkeypatch.setattr(files, "replacing", forgetful)
    with pytest.raises(SystemFault, match="reads back as something else"):
        store.save(checkpoint(1), None)
    assert not store.exist


def save_before_reading(monkeypatch, store, saves):
    """Let another process save the next of ``saves``, step by step, whenever a checkpoint is about to be read."""
    steps = iter(saves)

    def read(path, identity):
        for step in next(steps, ()):
            store.save(checkpoint(step), checkpoint(step))
        return read_checkpoint(path, identity)

    monkeypatch.setattr("nnlab.runs.checkpoints.read_checkpoint", read)


@pytest.mark.parametrize("which", ["last", "best"])
def test_a_checkpoint_that_a_save_replaced_is_looked_up_again(tmp_path, monkeypatch, caplog, which):
    store = Checkpoints(tmp_path)
    store.save(checkpoint(1), checkpoint(1))
    save_before_reading(monkeypatch, store, [(2, 3, 4), (), (5, 6, 7)])
    assert store.load(which).step == 4
    assert not caplog.records


def test_a_writer_that_is_always_faster_is_not_damage(tmp_path, monkeypatch):
    store = Checkpoints(tmp_path)
    store.save(checkpoint(1), checkpoint(1))
    save_before_reading(monkeypatch, store, ([step, step + 1, step + 2] for step in range(2, 600, 3)))
    with pytest.raises(RunError, match=r"is in use: each of 50 times"):
        store.load("best")
