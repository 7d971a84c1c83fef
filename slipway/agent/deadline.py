"""A total limit for one exchange with a peer, whatever the peer does: seconds and bytes.

A time-out of a socket counts seconds without a byte, so a peer that goes on talking is never late.
Everything that reads from a peer uses a `BoundedSocket` instead.
"""

from __future__ import annotations

import http.client
import math
import socket
import time
from typing import Any

LARGEST = 64 * 1024 * 1024  # bytes of one exchange that are read


class Deadline:
    """Raises OSError once `seconds` are over, or more than `most` bytes were read.

    `silence` is in seconds without a byte.
    """

    def __init__(self, seconds: float, *, silence: float = math.inf, most: int = LARGEST) -> None:
        self._until = time.monotonic() + seconds
        self._silence = silence
        self._most = self._bytes_left = most

    def left(self) -> float:
        """Seconds for the next operation. Raises TimeoutError when none are left."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return min(left, self._silence)

    def take(self, size: int) -> None:
        """Count bytes that were read. Raises OSError when they are too many."""
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise OSError(f"the answer is longer than {self._most} bytes")


class BoundedSocket(socket.socket):
    """A socket whose reads and writes all end by one deadline."""

    deadline: Deadline

    def recv(self, size: int, flags: int = 0) -> bytes:
        self.settimeout(self.deadline.left())
        part = super().recv(size, flags)
        self.deadline.take(len(part))
        return part

    def recv_into(self, *arguments: Any) -> int:
        self.settimeout(self.deadline.left())
        size = super().recv_into(*arguments)
        self.deadline.take(size)
        return size

    def sendall(self, *arguments: Any) -> None:
        self.settimeout(self.deadline.left())
        super().sendall(*arguments)


def connect(address: str, port: int, deadline: Deadline) -> BoundedSocket:
    """A TCP connection. Raises OSError."""
    error: OSError = OSError(f"{address} has no address")
    for family, kind, number, _, place in socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM
    ):
        try:
            return _connected(BoundedSocket(family, kind, number), place, deadline)
        except OSError as failed:  # noqa: PERF203 - a name has few addresses
            error = failed
    raise error


def connect_unix(path: str, deadline: Deadline) -> BoundedSocket:
    """A connection to a socket in the file system. Raises OSError."""
    return _connected(BoundedSocket(socket.AF_UNIX, socket.SOCK_STREAM), path, deadline)


def _connected(own: BoundedSocket, place: Any, deadline: Deadline) -> BoundedSocket:
    own.deadline = deadline
    try:
        own.settimeout(deadline.left())
        own.connect(place)
    except OSError:
        own.close()
        raise
    return own


class BoundedConnection(http.client.HTTPConnection):
    """HTTP within a deadline."""

    def __init__(self, address: str, port: int, deadline: Deadline) -> None:
        super().__init__(address, port)
        self._deadline = deadline

    def connect(self) -> None:
        self.sock = connect(self.host, self.port, self._deadline)
