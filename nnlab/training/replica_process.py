"""A replica: a process that computes shards for the training process that started it.

It is started as ``python -m nnlab.training.replica_process MEMORY SOCKET``, with the descriptors of the shared
memory and of a socket, and a ``Job`` on its standard input. Each message on the socket asks for shards of a step.
"""

import json
import os
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlab.arrays import Named, Shape
from nnlab.config import Experiment
from nnlab.config.nodes import compose, plain
from nnlab.data.batch import Batch, Target
from nnlab.nn.kernels import threads
from nnlab.nn.network import Network, outline_layers
from nnlab.nn.shards import cut
from nnlab.training.replica_messages import READY, Order, receive
from nnlab.training.shard_worker import ShardWorker
from nnlab.training.shared_arrays import shared_arrays

MOST_TARGETS = 8
"""Targets of an example that a replica can take; the training process computes what has more."""

_PARENT_CHECK = 1.0  # seconds between two looks at whether the parent still exists


@dataclass(frozen=True)
class Job:
    """What a replica has to know: the config as YAML, the shape of an input, the layout of the memory, threads."""

    config: str
    input_shape: Shape
    layout: dict[str, tuple[str, Shape]]
    threads: int

    def as_bytes(self) -> bytes:
        """Return the job as JSON."""
        return json.dumps(vars(self)).encode()

    @staticmethod
    def of(content: bytes) -> "Job":
        """Return the job that ``as_bytes`` wrote."""
        facts: dict[str, Any] = json.loads(content)
        layout = {name: (dtype, tuple(shape)) for name, (dtype, shape) in facts["layout"].items()}
        return Job(facts["config"], tuple(facts["input_shape"]), layout, facts["threads"])


def main(memory: int, connection: socket.socket) -> None:
    """Serve the training process until it closes the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    job = Job.of(sys.stdin.buffer.read())
    arrays = shared_arrays(memory, job.layout)
    os.close(memory)
    root, _ = compose(job.config, "config")
    config = Experiment.model_validate(plain(root))
    network = Network(outline_layers(config.network, job.input_shape), frozen=config.freeze)
    network.attach(arrays["weights"])
    worker = ShardWorker(network, config.loss, config.seed)
    views = [network.views(gradient) for gradient in arrays["gradients"]]
    connection.setblocking(False)
    connection.send(READY)
    with (
        threads.compute(job.threads),
        np.errstate(over="ignore", invalid="ignore", divide="ignore"),
    ):
        while message := receive(connection):
            order = Order.of(message)
            batch = _batch(arrays, order.examples)
            parts = cut(order.examples, len(views))
            for i in order.shards:
                shard = batch.part(parts[i])
                result = worker.compute(shard, views[i], step=order.step, shard=i, examples=order.examples)
                arrays["results"][i] = result.loss, result.correct
            connection.send(message)


def _batch(arrays: Named, examples: int) -> Batch:
    """Return the batch that ``Replicas.hold`` has copied."""
    targets = zip(arrays["labels"], arrays["shares"], strict=True)
    held = (Target(labels[:examples], float(share)) for labels, share in targets if share)
    return Batch(arrays["inputs"][:examples], tuple(held))


def _end_with(parent: int) -> None:
    """End this process once its ``parent`` has ended."""
    while os.getppid() == parent:
        time.sleep(_PARENT_CHECK)
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])))
