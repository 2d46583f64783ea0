"""Which examples a step trains on."""

import json
import threading
from contextlib import closing
from itertools import chain
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.data.batches import Batches, prepared
from nnlab.errors import DataError


def make(count, **options):
    settings = {"batch_size": 4, "replacement": False, "drop_last": True} | options
    return Batches(count, np.random.default_rng(7), **settings)


def drawn(batches, n):
    return [batches.draw().tolist() for _ in range(n)]


def test_an_epoch_shows_every_example_once():
    batches = make(12)
    first, second = drawn(batches, 3), drawn(batches, 3)
    assert sorted(chain(*first)) == sorted(chain(*second)) == list(range(12))
    assert first != second


@pytest.mark.parametrize(("drop_last", "sizes", "steps"), [(True, [4, 4, 4, 4], 2), (False, [4, 4, 2, 4], 3)])
def test_the_last_batch_is_smaller_or_dropped(drop_last, sizes, steps):
    batches = make(10, drop_last=drop_last)
    assert batches.steps_per_epoch == steps
    assert [len(batch) for batch in drawn(batches, 4)] == sizes


def test_with_replacement_examples_repeat():
    batches = make(5, replacement=True, batch_size=500)
    counts = np.bincount(batches.draw(), minlength=5)
    assert counts.min() > 60
    assert batches.steps_per_epoch == 1


@given(
    count=st.integers(1, 30),
    batch_size=st.integers(1, 12),
    replacement=st.booleans(),
    drop_last=st.booleans(),
    before=st.integers(0, 25),
)
def test_a_restored_cursor_goes_on_with_the_same_batches(count, batch_size, replacement, drop_last, before):
    drop_last = drop_last and batch_size <= count
    options = {"batch_size": batch_size, "replacement": replacement, "drop_last": drop_last}
    undisturbed = make(count, **options)
    drawn(undisturbed, before)
    cursor = json.loads(json.dumps(undisturbed.cursor))
    restored = Batches(count, np.random.default_rng(999), **options)
    restored.restore(cursor)
    assert drawn(restored, 12) == drawn(undisturbed, 12)


def helpers():
    return [thread for thread in threading.enumerate() if thread.name.startswith("nnlab-batches")]


def listed(indices, step):
    return step, indices.tolist(), threading.current_thread() is threading.main_thread()


@given(
    count=st.integers(1, 30),
    batch_size=st.integers(1, 12),
    replacement=st.booleans(),
    before=st.integers(0, 9),
    taken=st.integers(0, 12),
)
def test_what_is_prepared_ahead_is_the_same_and_the_cursor_is_that_of_the_batch_in_use(
    count, batch_size, replacement, before, taken
):
    options = {"batch_size": batch_size, "replacement": replacement, "drop_last": False}
    plain, early = make(count, **options), make(count, **options)
    drawn(plain, before)
    drawn(early, before)
    steps = range(5, 5 + 12)
    with closing(prepared(early, listed, steps, ahead=True)) as batches:
        for step in steps[:taken]:
            assert next(batches) == (step, plain.draw().tolist(), False)
            assert early.cursor == plain.cursor
    assert helpers() == []
    assert drawn(early, 12) == drawn(plain, 12)


def test_a_helper_that_draws_from_the_stream_itself_is_noticed(monkeypatch):
    monkeypatch.setattr("nnlab.data.batches.copy", SimpleNamespace(deepcopy=lambda batches: batches))
    batches = make(12)
    with closing(prepared(batches, listed, range(1, 9), ahead=True)) as early:
        next(early)
        assert batches.cursor["position"] != 4


@pytest.mark.parametrize("ahead", [False, True])
def test_every_step_gets_a_batch_and_none_is_left_over(ahead):
    batches = make(12)
    assert [step for step, _, _ in prepared(batches, listed, range(1, 6), ahead=ahead)] == [1, 2, 3, 4, 5]
    assert list(prepared(batches, listed, range(6, 6), ahead=ahead)) == []
    assert drawn(batches, 1) == drawn(make(12), 6)[5:]
    assert helpers() == []


def test_without_a_helper_batches_are_prepared_when_they_are_asked_for():
    assert [main for _, _, main in prepared(make(12), listed, range(3), ahead=False)] == [True] * 3


def test_the_next_batch_is_prepared_while_the_caller_is_busy():
    begun = threading.Event()

    def prepare(indices, step):
        if step == 2:
            begun.set()
        return step

    with closing(prepared(make(12), prepare, range(1, 9), ahead=True)) as batches:
        assert next(batches) == 1
        assert begun.wait(timeout=30)


@pytest.mark.parametrize("ahead", [False, True])
def test_a_failure_is_raised_in_its_own_step(ahead):
    def prepare(indices, step):
        if step == 3:
            raise DataError("gone")
        return step

    batches = prepared(make(12), prepare, range(1, 9), ahead=ahead)
    assert [next(batches), next(batches)] == [1, 2]
    with pytest.raises(DataError, match="gone"):
        next(batches)
    assert helpers() == []
