"""Replicas: processes that compute shards of each batch beside the training process.

Weights, gradients and the batch are in shared memory. Training begins at once, and a replica takes its part of a
step as soon as it is ready; one that ends, hangs or cannot start is done without. The bits of a run are the same.
"""

import contextlib
import logging
import os
import select
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import nnlab
from nnlab.config import Experiment, as_yaml
from nnlab.data.batch import Batch
from nnlab.errors import printable
from nnlab.nn.kernels import threads
from nnlab.nn.network import Network
from nnlab.training.replica_messages import Order, receive
from nnlab.training.replica_process import MOST_TARGETS, Job
from nnlab.training.shard_worker import ShardResult
from nnlab.training.shared_arrays import Layout, new_memory, shared_arrays

log = logging.getLogger(__name__)

_PATIENCE = 10.0  # seconds beyond which a replica hangs that takes as many times as long as this process
_SLOWER = 20


@dataclass(eq=False)
class Replica:
    """A replica as the training process sees it."""

    process: subprocess.Popen[bytes]
    connection: socket.socket
    errors: IO[bytes]
    ready: bool = False

    def end(self) -> str:
        """Stop the process, whatever it does, and wait for its end; return the last line it wrote to stderr."""
        self.connection.close()
        self.process.kill()
        self.process.wait()
        with self.errors:
            self.errors.seek(0)
            lines = self.errors.read()[-2000:].decode(errors="replace").strip().splitlines()
        return printable(lines[-1]) if lines else ""


class Replicas:
    """The replicas of a training process and the memory shared with them."""

    def __init__(self, config: Experiment, network: Network, shards: int, count: int) -> None:
        """Start ``count`` replicas; raises OSError if there is no shared memory."""
        batch_size = config.training.batch_size
        size, inputs = network.weights.size, (batch_size, *network.input_shape)
        dtype = network.weights.dtype.str
        layout: Layout = {
            "weights": (dtype, (size,)),
            "gradients": (dtype, (shards, size)),
            "inputs": (dtype, inputs),
            "labels": ("<i8", (MOST_TARGETS, batch_size)),
            "shares": ("<f8", (MOST_TARGETS,)),
            "results": ("<f8", (shards, 2)),
        }
        memory = new_memory(layout)
        try:
            self.arrays = shared_arrays(memory, layout)
            job = Job(as_yaml(config), network.input_shape, dict(layout), max(1, threads.count() // (count + 1)))
            self._replicas: list[Replica] = []
            for _ in range(count):
                with contextlib.suppress(OSError):  # the system allows no more processes
                    self._replicas.append(_start(memory, job))
        finally:
            os.close(memory)

    @staticmethod
    def supported() -> bool:
        """Return whether this system can start a process that shares memory by descriptors."""
        return os.name == "posix" and bool(sys.executable)

    @property
    def processes(self) -> list[int]:
        """The process numbers of the replicas."""
        return [replica.process.pid for replica in self._replicas]

    @property
    def complete(self) -> bool:
        """Whether none of the replicas is still starting."""
        return all(replica.ready for replica in self._replicas)

    def available(self) -> list[Replica]:
        """Return the replicas that can take an order; one that has just ended is dropped."""
        for replica in list(self._replicas):
            if replica.ready:
                continue
            if select.select([replica.connection], [], [], 0)[0]:
                if receive(replica.connection):
                    replica.ready = True
                else:
                    self._drop(replica, "did not start")
        return [replica for replica in self._replicas if replica.ready]

    def hold(self, batch: Batch) -> bool:
        """Copy a batch to where replicas read it; return False if it has too many targets for that."""
        if len(batch.targets) > MOST_TARGETS:
            return False
        self.arrays["inputs"][: len(batch)] = batch.x
        self.arrays["shares"][:] = 0
        for i, target in enumerate(batch.targets):
            self.arrays["labels"][i, : len(batch)] = target.labels
            self.arrays["shares"][i] = target.share
        return True

    def result(self, shard: int) -> ShardResult:
        """Return the result of a shard that a replica has computed."""
        loss, correct = self.arrays["results"][shard]
        return ShardResult(float(loss), int(correct))

    def order(self, replica: Replica, order: Order) -> bool:
        """Give a replica an order; return whether it is still there to take it."""
        try:
            replica.connection.send(order.as_bytes())
        except OSError:
            self._drop(replica, "ended")
            return False
        return True

    def wait(self, replica: Replica, *, seconds: float) -> bool:
        """Wait until a replica has carried out its order; return False if it has ended or hangs, and drop it.

        This process took ``seconds`` for its own share.
        """
        try:
            reply = receive(replica.connection, time.monotonic() + _PATIENCE + _SLOWER * seconds)
        except TimeoutError:
            self._drop(replica, "hangs")
            return False
        if not reply:
            self._drop(replica, "ended")
        return bool(reply)

    def close(self) -> None:
        """End all replicas."""
        for replica in self._replicas:
            replica.end()
        self._replicas = []

    def _drop(self, replica: Replica, what: str) -> None:
        self._replicas.remove(replica)
        words = replica.end()
        log.warning(
            "warning: a helper process %s%s; this process computes its share, with the same results",
            what,
            f" ({words})" if words else "",
        )


def _start(memory: int, job: Job) -> Replica:
    """Start a replica with the system's own Python, not with the script or notebook that is running."""
    mine, its = socket.socketpair()
    errors = tempfile.TemporaryFile()  # noqa: SIM115 -- closed with the replica
    try:
        with tempfile.TemporaryFile() as described:
            described.write(job.as_bytes())
            described.seek(0)
            process = _process(memory, its.fileno(), described, errors)
    except OSError:
        mine.close()
        errors.close()
        raise
    finally:
        its.close()
    return Replica(process, mine, errors)


def _process(memory: int, connection: int, described: IO[bytes], errors: IO[bytes]) -> subprocess.Popen[bytes]:
    package = str(Path(nnlab.__file__).parents[1])
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")]))
    return subprocess.Popen(  # noqa: S603 -- this Python, with a module of nnlab
        [sys.executable, "-P", "-m", "nnlab.training.replica_process", str(memory), str(connection)],
        pass_fds=(memory, connection),
        stdin=described,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        env=os.environ | {"PYTHONPATH": path},
        start_new_session=True,  # Ctrl-C is for the training process
    )
