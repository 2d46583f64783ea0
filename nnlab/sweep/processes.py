"""The local executor: worker processes, each of which trains one cell after another."""

import multiprocessing
import os
import resource
import signal
import threading
import time
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from pebble import ProcessExpired, ProcessPool

from nnlab.errors import SystemFault
from nnlab.nn.kernels import threads as kernel_threads
from nnlab.sweep.executor import Job, JobResult
from nnlab.sweep.job import run_job

_GRACE = 8.0  # seconds that a worker has to save its state when it is asked to stop


class Processes:
    """Runs up to ``workers`` jobs at a time (None: one for each core), each with ``threads`` compute threads.

    ``compute.threads`` in a config takes precedence. A job that takes longer than ``timeout`` seconds (None: no
    limit) is stopped. The death of a worker does not affect the others, and workers end within ten seconds of the
    end of this process, whatever its cause.
    """

    def __init__(self, workers: int | None = None, *, threads: int = 1, timeout: float | None = None) -> None:
        self.capacity = workers or kernel_threads.available()
        self._threads, self._timeout = threads, timeout
        self._running: dict[futures.Future[JobResult], Job] = {}

    def __enter__(self) -> Self:
        # Spawned, not forked: threads and BLAS do not survive a fork.
        context = multiprocessing.get_context("spawn")
        # Started now: it unblocks SIGINT when it starts, and ``start`` blocks SIGINT for the workers.
        _begin_tracker()
        self._far_end, self._lifeline = context.Pipe(duplex=False)
        self._pool = ProcessPool(
            self.capacity, initializer=_attend, initargs=(self._far_end, self._threads), context=context
        )
        return self

    def start(self, job: Job) -> None:
        """Start a job."""
        # Workers inherit the blocked signals: Ctrl-C reaches this process only, which then asks them to stop.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
        try:
            if not self._pool.active:
                self._close()
                self.__enter__()
            future = self._pool.schedule(run_job, args=[job], timeout=self._timeout)
        except (BrokenProcessPool, OSError) as error:
            raise SystemFault(_refused(error, self.capacity)) from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._running[future] = job

    def wait(self, seconds: float) -> list[tuple[Job, JobResult]]:
        """Return the jobs that have ended, waiting up to ``seconds`` for the first one."""
        done, _ = futures.wait(self._running, timeout=seconds, return_when=futures.FIRST_COMPLETED)
        ended = [(self._running.pop(future), self._outcome(future)) for future in done]
        if not self._pool.active:
            lost = JobResult("lost", "no worker could be started")
            ended += [(job, lost) for job in self._running.values()]
            self._running.clear()
        return ended

    def _outcome(self, future: futures.Future[JobResult]) -> JobResult:
        try:
            return future.result()
        except TimeoutError:
            return JobResult("failed", f"not done within the timeout of {self._timeout:g} seconds")
        except ProcessExpired as error:
            return JobResult("lost", f"its process {_death(error.exitcode)}")
        except BrokenProcessPool as error:
            return JobResult("lost", f"the worker processes failed: {error}")

    def interrupt(self) -> None:
        """Ask all jobs to save their state and stop."""
        self._lifeline.close()

    def _close(self) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()
        self._lifeline.close()
        self._far_end.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running and kind is not KeyboardInterrupt:
            self.interrupt()
            futures.wait(self._running, timeout=_GRACE)
        self._close()


def _refused(error: Exception, workers: int) -> str:
    """Return why the ``workers`` could not be started, with the limit that may be too low."""
    cause = error.__cause__ or error.__context__ or error
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return f"cannot start {workers} worker processes: {cause} (the limit of open files is {files:,}, ulimit -n)"


def _begin_tracker() -> None:
    """Start the process that cleans up if this one is killed, with its warning about that silenced."""
    name = "PYTHONWARNINGS"
    before = os.environ.get(name)
    os.environ[name] = ",".join(filter(None, [before, "ignore:resource_tracker"]))
    try:
        resource_tracker.ensure_running()
    finally:
        del os.environ[name]
        if before is not None:
            os.environ[name] = before


def _death(exit_code: int) -> str:
    if exit_code >= 0:
        return f"ended with exit code {exit_code}"
    hint = ", perhaps because it ran out of memory" if exit_code == -signal.SIGKILL else ""
    return f"was killed by {signal.Signals(-exit_code).name}{hint}"


def _attend(lifeline: Connection, threads: int) -> None:
    """Prepare a worker process: set its threads, and end it when its parent ends."""
    kernel_threads.set_count(threads)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: Connection) -> None:
    """Stop this process when the other end of ``lifeline`` closes, which happens when its owner dies."""
    lifeline.poll(None)
    os.kill(os.getpid(), signal.SIGTERM)  # a training run saves its state and stops
    time.sleep(_GRACE)
    os.kill(os.getpid(), signal.SIGKILL)
