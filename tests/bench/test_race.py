import contextlib

import pytest

from bench import race as racing
from bench.race import ROUNDS, Contender, Times, quartiles, race


class Clock:
    """Time that passes only when a contender takes a step."""

    def __init__(self):
        self.now = 0.0
        self.log = []

    def contender(self, name, seconds, warm_up=0.0):
        """Take ``seconds`` a step; the first step after another contender's takes ``warm_up`` more."""

        def step():
            self.now += seconds + (warm_up if not self.log or self.log[-1] != name else 0.0)
            self.log.append(name)

        return Contender(step)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(racing.time, "perf_counter", lambda: clock.now)
    monkeypatch.setattr(racing.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(racing, "Watch", lambda: Others([0.0]))
    return clock


class Others:
    def __init__(self, shares):
        self.shares = shares

    def others(self):
        return self.shares.pop(0) if len(self.shares) > 1 else self.shares[0]


def test_contenders_alternate(clock):
    race({"a": clock.contender("a", 0.01), "b": clock.contender("b", 0.02)}, steps=30, seconds=100)
    turns = [name for i, name in enumerate(clock.log) if i == 0 or clock.log[i - 1] != name]
    assert turns == ["a", "b"] * (1 + 6)  # once to see how long a step takes, then 6 rounds of 5 steps


def test_the_first_steps_of_a_block_are_not_counted(clock):
    times = race(
        {"a": clock.contender("a", 0.01, warm_up=1), "b": clock.contender("b", 0.02)}, steps=30, seconds=100
    )
    assert times["a"].all == pytest.approx([0.01] * 30)
    assert times["b"].over(times["a"]) == pytest.approx([2.0] * 6)


def test_without_time_the_minimum_number_of_rounds_is_run(clock):
    times = race({"a": clock.contender("a", 1.0)}, steps=1000, seconds=0)
    assert [len(block) for block in times["a"].blocks] == [1] * ROUNDS


def test_rounds_with_other_busy_processes_are_left_out(clock, monkeypatch):
    shares = Others([0.5, 0.0, 0.5, 0.0])
    monkeypatch.setattr(racing, "Watch", lambda: shares)
    times = race({"a": clock.contender("a", 0.05)}, steps=10, seconds=100)["a"]
    assert len(times.blocks) == 5
    assert not times.disturbed
    assert len(clock.log) == 3 + 7 * 3  # the pilot's, and 7 rounds of 1 + 2 steps, of which 2 were disturbed


def test_without_enough_quiet_rounds_all_count_and_are_marked_disturbed(clock, monkeypatch):
    monkeypatch.setattr(racing, "Watch", lambda: Others([0.5]))
    times = race({"a": clock.contender("a", 0.05)}, steps=10, seconds=1)["a"]
    assert times.disturbed
    assert len(times.blocks) >= ROUNDS


def test_a_contender_runs_in_its_scope(clock):
    inside = []

    @contextlib.contextmanager
    def scope():
        inside.append(True)
        yield
        inside.pop()

    race(
        {"a": Contender(lambda: clock.log.append(list(inside)), scope), "b": clock.contender("b", 1)},
        steps=1,
        seconds=0,
    )
    assert [entry for entry in clock.log if entry != "b"] == [[True]] * (3 + 2 * ROUNDS)
    assert inside == []


def test_quartiles():
    assert quartiles([3.0]) == (3.0, 3.0)
    assert quartiles([5.0, 1.0, 2.0, 4.0, 3.0]) == (2.0, 4.0)


def test_the_median_is_over_all_blocks():
    assert Times(((1.0, 9.0), (2.0,))).median == 2.0
