from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab import seeding
from nnlab.config import load_config
from nnlab.data import Inline, load_dataset
from nnlab.data.hold_out import hold_out, shares, stratified
from nnlab.data.section import DataSpec
from nnlab.data.source import Split
from nnlab.errors import ConfigError, OptionError
from nnlab.registry import DATASETS

LABELS = np.repeat([0, 1, 2], [50, 30, 20])[np.random.default_rng(0).permutation(100)]


def held_out(labels=LABELS, validation=0, test=0, validation_split="shuffled", seed=0):
    return hold_out(labels, validation=validation, test=test, validation_split=validation_split, seed=seed)


@pytest.fixture
def untested(monkeypatch):
    """Inline data as training examples only."""

    def load(self, _root):
        return self._examples, Split(self._examples.inputs[:0], self._examples.labels[:0])

    monkeypatch.setattr(Inline, "load", load)


def inline(labels=LABELS, **fields):
    inputs = tuple((i,) for i in range(len(labels)))
    return DATASETS.spec("inline", DataSpec)(inputs=inputs, labels=tuple(map(int, labels)), **fields)


@given(
    per_class=st.lists(st.integers(0, 20), min_size=1, max_size=8).filter(lambda counts: sum(counts) > 1),
    part=st.floats(0, 1, exclude_max=True),
    seed=st.integers(0, 3),
)
def test_each_class_has_its_quota_rounded_up_or_down(per_class, part, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(per_class)), per_class))
    count = int(part * len(labels))
    mask = stratified(labels, count, seeding.stream(seed, "x"))
    found = np.bincount(labels[mask], minlength=len(per_class))
    exact = np.array(per_class) * count / len(labels)
    assert mask.sum() == count
    assert (abs(found - exact) < 1).all()
    assert (found <= per_class).all()


def test_largest_remainders_by_hand():
    # quotas 4.9, 3.43, 1.26, 0.41 of 10: the second seat left over goes to 0.43, not to 0.41 or 0.26
    assert shares(np.array([490, 343, 126, 41]), 10).tolist() == [5, 4, 1, 0]
    assert shares(np.array([5, 5, 5]), 4).tolist() == [2, 1, 1]


@pytest.mark.parametrize("how", ["shuffled", "last"])
@pytest.mark.parametrize(("validation", "test"), [(0.2, 0.3), (20, 30), (0, 0.3), (0.2, 0), (20, 0.3)])
def test_splits_do_not_overlap_and_keep_their_order(validation, test, how):
    rows = held_out(validation=validation, test=test, validation_split=how)
    parts = (rows.train, rows.validation, rows.test)
    wanted = [100 * part if isinstance(part, float) else part for part in (validation, test)]
    assert [len(part) for part in parts] == [100 - sum(wanted), *wanted]
    assert sorted(np.concatenate(parts)) == list(range(100))
    assert all((np.diff(part) > 0).all() for part in parts)
    if test:
        assert Counter(LABELS[rows.test]) == {0: 15, 1: 9, 2: 6}
    if isinstance(validation, float) and how == "shuffled":
        assert Counter(LABELS[rows.validation]) == {0: 10, 1: 6, 2: 4}
    if how == "last":
        assert rows.validation.tolist() == sorted({*range(100)} - {*rows.test})[-len(rows.validation) or 100 :]


def test_a_number_of_validation_examples_is_drawn_as_it_always_was():
    order = seeding.stream(3, "split").permutation(100)
    assert held_out(validation=20, seed=3).validation.tolist() == sorted(order[:20])


def test_the_test_examples_do_not_depend_on_the_validation_examples():
    alone, both, other = (held_out(test=0.1), held_out(test=0.1, validation=0.5), held_out(test=0.1, seed=1))
    assert alone.test.tolist() == both.test.tolist() != other.test.tolist()


@pytest.mark.parametrize(
    ("given", "option", "message"),
    [
        ({"test": 100}, "test", "100 test examples leave none of the 100 to train on"),
        (
            {"test": 0.5, "validation": 0.5},
            "validation",
            r"0\.5 of 100: 50 validation examples leave none of the 50",
        ),
        ({"validation": 0.001}, "validation", r"0\.001 of 100: not a single validation example"),
    ],
)
def test_impossible_amounts(given, option, message):
    with pytest.raises(OptionError, match=message) as caught:
        held_out(**given)
    assert caught.value.option == option


@pytest.mark.usefixtures("untested")
def test_a_test_set_is_held_out_where_there_is_none(caplog):
    data = load_dataset(inline(test=0.3, validation=0.2), 0)
    assert [len(split) for split in data.splits.values()] == [50, 20, 30]
    np.testing.assert_array_equal(data.test.labels, LABELS[data.test.inputs[:][:, 0].astype(int)])
    assert data.digests() == load_dataset(inline(test=0.3, validation=0.2), 0).digests()
    assert data.digests()["test"] != load_dataset(inline(test=0.3, validation=0.2), 1).digests()["test"]
    assert len(load_dataset(inline(), 0).test) == 0
    assert not caplog.messages


@pytest.mark.usefixtures("untested")
def test_a_class_too_small_for_both_is_said_once(caplog):
    for _ in range(2):
        load_dataset(inline([*range(7), *[7] * 60], test=0.1), 0)
        load_dataset(inline([0, *[1] * 9], test=0.9), 0)
    few, none = caplog.messages
    assert "holds out no example of class 0 ('0'), 1 ('1'), 2 ('2'), 3 ('3'), 4 ('4') and 2 more" in few
    assert "leaves no training example of class 0 ('0')" in none


def test_a_test_set_of_its_own_is_not_replaced():
    with pytest.raises(OptionError, match="inline has test examples of its own") as caught:
        load_dataset(inline(test=5), 0)
    assert caught.value.option == "test"
    assert len(load_dataset(DATASETS.spec("ellipse", DataSpec)(train=9, test=4), 0).test) == 4  # its own option


@pytest.mark.parametrize(
    ("data", "training", "place", "message"),
    [
        ("{type: mnist, test: 0.2}", "{steps: 1}", (1, 27), "mnist has test examples of its own"),
        ("{type: mnist, validation: 1.5}", "{steps: 1}", (1, 33), r"\b1\.5\b"),
        ("{type: mnist, validation: yes}", "{steps: 1}", (1, 33), "whole number >= 0 or number > 0 and < 1"),
        ("{type: random, shape: [4], train: 9, validation: 9}", "{steps: 1}", (1, 56), "leave none of the 9"),
        (
            "{type: random, shape: [4], train: 60, validation: 0.5}",
            "{steps: 9, batch_size: 29, drop_last: false}",
            (4, 34),
            r"\b30\b",
        ),
    ],
)
def test_mistakes_in_a_config_have_a_place(home, data, training, place, message):
    (home / "c.yaml").write_text(
        f"data: {data}\nnetwork: [{{type: dense, units: 10}}, batchnorm]\n"
        f"optimizer: {{type: sgd, learning_rate: 0.1}}\ntraining: {training}\n"
    )
    with pytest.raises(ConfigError, match=message) as caught:
        load_config(home / "c.yaml")
    assert [(each.line, each.column) for each in caught.value.problems] == [place]
