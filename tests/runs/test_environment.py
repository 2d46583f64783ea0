"""What of two environments is not the same, as far as it decides the bits."""

import copy

import pytest

from nnlab.runs import environment
from nnlab.runs.environment import current_environment, differences

DATA = {"train": "a" * 64, "validation": "b" * 64, "test": "c" * 64}


@pytest.fixture(scope="module")
def now():
    return current_environment(0, DATA, 2)


def test_the_same_is_no_difference_and_threads_commit_and_seed_decide_nothing(now):
    assert differences(now, now) == []
    assert differences(now, now | {"threads": 9, "commit": "x", "cpu": "other", "python": "2.7", "seed": 7}) == []
    assert now["blas"][0].keys() >= {"internal_api", "version", "architecture"}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda facts: facts["versions"].update(numpy="1.0"), "NumPy"),
        (lambda facts: facts["versions"].update(nnlab="9.9"), "nnlab"),
        (lambda facts: facts["blas"][0].update(version="0"), "BLAS"),
        (lambda facts: facts["blas"].clear(), "BLAS"),
        (lambda facts: facts["blas"][0].update(architecture="Zen"), "BLAS core type"),
        (lambda facts: facts["simd"].update(found=["NEON"]), "SIMD"),
        (lambda facts: facts["data"].update(train="d" * 64), "train data"),
        (lambda facts: facts["data"].update(test="d" * 64), "test data"),
    ],
)
def test_each_of_what_decides_is_told(now, change, what):
    before = copy.deepcopy(now)
    change(before)
    first = differences(before, now)[0]
    assert first.what == what
    assert first.of_data == what.endswith("data")
    assert str(first).startswith(f"{what}: ")


@pytest.mark.parametrize("before", [{}, {"versions": 3, "blas": 3, "simd": [], "data": None}, {"blas": [3]}])
def test_what_an_environment_does_not_tell_is_unknown(now, before):
    found = differences(before, now)
    assert len(found) == 8
    assert {each.before for each in found} == {"unknown"}


def test_a_blas_that_only_scipy_uses_does_not_count(now, monkeypatch):
    pools = [pool for pool in environment.threadpool_info() if pool["user_api"] == "blas"]
    other = {**pools[0], "filepath": "/venv/site-packages/scipy.libs/libscipy_openblas.so", "architecture": "Zen"}
    monkeypatch.setattr(environment, "threadpool_info", lambda: [*pools, other])
    assert differences(now, current_environment(0, DATA, 2)) == []


def test_a_long_value_is_cut(now):
    told = str(differences(now | {"simd": {"baseline": ["x" * 500], "found": []}}, now)[0])
    assert len(told) < 200
