"""Which examples a step trains on."""

import json
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.batches import Batches


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
