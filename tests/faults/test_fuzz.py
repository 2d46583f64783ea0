"""No content of a file makes a parser raise anything but the errors of nnlab, or takes it long, or much memory."""

import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faults.fuzz import attempt, fuzz, mutated
from faults.parsers import Parser, parsers
from faults.scale import FIGURES, Figure, count


@pytest.fixture(autouse=True, scope="module")
def _in_silence():
    """Keep no warnings: there are a million."""
    log = logging.getLogger("nnlab")
    before = log.level
    log.setLevel(logging.CRITICAL)
    yield
    log.setLevel(before)


@pytest.mark.parametrize("name", parsers())
@settings(max_examples=count(40, 5000), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_hypothesis_thinks_of(name, data):
    parser = parsers()[name]
    seeds = [seed for seed in parser.seeds if len(seed) < 8000]
    changed = st.builds(mutated, st.just(seeds), st.randoms(use_true_random=True))
    content = data.draw(st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode), changed))
    _, wrong = attempt(parser, content)
    assert wrong is None


@pytest.mark.parametrize("name", parsers())
def test_good_contents_with_changes(name):
    course = fuzz(name, runs=count(300, 10**6), seconds=count(1.0, 30.0), seed=13)
    FIGURES.append(Figure(f"contents for the parser of: {name}", course.runs, len(course.found), course.seconds))
    assert not course.found


def test_a_parser_that_lets_something_else_escape_is_noticed(monkeypatch):
    def reads(content):
        if content[:1] == b"\xff":
            raise KeyError("x")

    monkeypatch.setattr("faults.fuzz.parsers", lambda: {"careless": Parser(reads, (b"abc",))})
    assert fuzz("careless", runs=3000, seconds=60).found
