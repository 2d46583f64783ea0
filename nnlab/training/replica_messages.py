"""Messages between a training process and its replicas.

A message of a fixed size goes through a socket in one piece. Sending and receiving order the accesses to shared
memory on every processor, and the end of the stream tells that the other process has ended.
"""

import select
import socket
import struct
import time
from dataclasses import dataclass

_FORMAT = struct.Struct("<qqQ")

READY = _FORMAT.pack(0, 0, 0)
"""What a replica sends once it can compute."""

_SPIN = 2e-4  # seconds of waiting that cost less than to sleep and be woken


@dataclass(frozen=True, slots=True)
class Order:
    """The shards that a replica computes of the batch of a step; the replica sends it back when it is done."""

    step: int
    examples: int
    shards: tuple[int, ...]

    def as_bytes(self) -> bytes:
        """Return the message."""
        return _FORMAT.pack(self.step, self.examples, sum(1 << shard for shard in self.shards))

    @staticmethod
    def of(message: bytes) -> "Order":
        """Return the order in ``message``."""
        step, examples, mask = _FORMAT.unpack(message)
        return Order(step, examples, tuple(i for i in range(mask.bit_length()) if mask >> i & 1))


def receive(connection: socket.socket, deadline: float | None = None) -> bytes:
    """Return the next message on a non-blocking socket; empty if the other process has ended.

    Raises TimeoutError if none has come when ``time.monotonic()`` passes the ``deadline``.
    """
    spin_until = time.monotonic() + _SPIN
    while True:
        try:
            message = connection.recv(_FORMAT.size, socket.MSG_DONTWAIT)
        except BlockingIOError:
            pass
        except ConnectionError:
            return b""
        else:
            return message if len(message) == _FORMAT.size else b""
        now = time.monotonic()
        if deadline is not None and now > deadline:
            raise TimeoutError
        if now > spin_until:
            select.select([connection], [], [], None if deadline is None else max(0.0, deadline - now))
