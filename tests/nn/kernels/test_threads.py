import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

from nnlab.nn.kernels import threads


@pytest.fixture(autouse=True)
def _count_restored():
    yield
    threads.set_count(None)


def blas_threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_there_is_a_thread_for_each_core_by_default():
    assert threads.count() == threads.available() >= 1
    threads.set_count(3)
    assert threads.count() == 3
    with pytest.raises(ValueError, match=r"threads \(0\)"):
        threads.set_count(0)


def test_compute_holds_blas_to_one_thread_and_restores_everything():
    before = threads.count(), blas_threads()
    with threads.compute(3):
        assert threads.count() == 3
        assert blas_threads() <= {1}
        with threads.compute():
            assert threads.count() == 3
    assert (threads.count(), blas_threads()) == before
    with pytest.raises(ZeroDivisionError), threads.compute(2):
        raise ZeroDivisionError
    assert (threads.count(), blas_threads()) == before


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("length", [0, 1, 2, 7, 100])
def test_each_item_is_done_once(count, length):
    threads.set_count(count)
    done = []
    threads.each(done.append, range(length))
    assert sorted(done) == list(range(length))


def test_items_are_shared_among_the_threads():
    threads.set_count(2)
    meeting = threading.Barrier(2, timeout=30)
    threads.each(lambda _: meeting.wait(), range(2))


@pytest.mark.parametrize("count", [1, 4])
def test_an_error_reaches_the_caller_after_all_threads_have_stopped(count):
    threads.set_count(count)
    busy = []

    def task(item):
        busy.append(item)
        try:
            if item == 5:
                raise ZeroDivisionError
        finally:
            busy.remove(item)

    with pytest.raises(ZeroDivisionError):
        threads.each(task, range(20))
    assert busy == []
    threads.each(busy.append, range(3))
    assert sorted(busy) == [0, 1, 2]


def test_an_error_in_a_worker_reaches_the_caller():
    threads.set_count(2)
    meeting = threading.Barrier(2, timeout=30)

    def task(_):
        meeting.wait()
        if threading.current_thread() is not threading.main_thread():
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        threads.each(task, range(2))


def test_a_task_may_divide_its_own_work():
    threads.set_count(2)
    done = []
    threads.each(lambda i: threads.each(lambda j: done.append((i, j)), range(4)), range(4))
    assert sorted(done) == [(i, j) for i in range(4) for j in range(4)]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own():
    threads.set_count(2)
    threads.each(lambda _: None, range(2))
    child = os.fork()
    if child == 0:
        done = []
        threads.each(done.append, range(50))
        os._exit(0 if sorted(done) == list(range(50)) else 1)
    assert os.waitpid(child, 0)[1] == 0


@given(length=st.integers(0, 200), size=st.integers(-1, 250))
def test_pieces_cover_everything_in_one_or_an_even_number(length, size):
    pieces = threads.pieces(length, size)
    assert [i for piece in pieces for i in range(length)[piece]] == list(range(length))
    lengths = [piece.stop - piece.start for piece in pieces]
    assert max(lengths) <= max(1, size, min(length, 1))
    assert max(lengths) - min(lengths) <= 1
    assert len(pieces) == 1 or len(pieces) % 2 == 0 or len(pieces) == length


def test_scratch_is_used_again_but_not_between_purposes_or_threads():
    first = threads.scratch("test a", (4, 5), np.float32)
    again = threads.scratch("test a", (2, 3), np.float64)
    other = threads.scratch("test b", (4, 5), np.float32)
    assert np.shares_memory(first, again)
    assert not np.shares_memory(first, other)
    with ThreadPoolExecutor(1) as pool:
        theirs = pool.submit(threads.scratch, "test a", (4, 5), np.float32).result()
    assert not np.shares_memory(first, theirs)
    assert (first.shape, first.dtype, again.shape, again.dtype) == ((4, 5), np.float32, (2, 3), np.float64)


def test_overlapping_blocks_keep_their_own_number_and_blas_until_the_last_ends():
    before = threads.count(), blas_threads()
    inside, leave, others = threading.Event(), threading.Event(), []

    def longer():
        with threads.compute(3):
            inside.set()
            assert leave.wait(30)
            others.append((threads.count(), blas_threads()))

    with ThreadPoolExecutor(1) as pool:
        with threads.compute(2):
            begun = pool.submit(longer)
            assert inside.wait(30)
            assert threads.count() == 2
        assert (threads.count(), blas_threads()) == (before[0], {1} if before[1] else set())
        leave.set()
        begun.result()
    assert others == [(3, {1} if before[1] else set())]
    assert (threads.count(), blas_threads()) == before


def test_a_limit_set_by_another_thread_is_overruled_and_restored():
    """A thread inside of threadpool_limits keeps other threads from setting limits through threadpoolctl."""
    with threadpool_limits(2, user_api="blas"), ThreadPoolExecutor(1) as pool:
        before = blas_threads()

        def inside():
            with threads.compute():
                return blas_threads()

        assert pool.submit(inside).result() <= {1}
        assert blas_threads() == before


def test_helpers_have_the_callers_number_of_threads_and_error_state():
    meeting, seen = threading.Barrier(2, timeout=30), []

    def task(_):
        meeting.wait()
        seen.append((threading.current_thread().name, threads.count(), np.geterr()["over"]))

    threads.set_count(1)
    with threads.compute(2), np.errstate(over="ignore"):
        threads.each(task, range(2))
    assert {facts[1:] for facts in seen} == {(2, "ignore")}
    assert len({facts[0] for facts in seen}) == 2
    assert not any(thread.name.startswith("nnlab-kernel") for thread in threading.enumerate())
