"""HTTP over the Docker Engine's Unix socket, within a total time and size."""

from __future__ import annotations

import http.client
import math
import socket
import time
from collections.abc import Iterator, Mapping
from typing import Any

LARGEST = 64 * 1024 * 1024  # bytes of one answer
PART = 65536  # bytes


class _TimedSocket(socket.socket):
    """A socket with a limit for all reads together, and one for each read."""

    until = math.inf  # by the monotonic clock
    read_timeout = math.inf  # seconds without a byte

    def recv_into(self, *arguments: Any) -> int:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        self.settimeout(min(left, self.read_timeout))
        return super().recv_into(*arguments)


class UnixConnection(http.client.HTTPConnection):
    """A connection to a socket in the file system.

    `read_timeout` is in seconds without a byte, `total` in seconds for everything that is read.
    """

    def __init__(self, path: str, read_timeout: float, total: float) -> None:
        super().__init__("localhost", timeout=read_timeout)
        self._path, self._read_timeout, self._total = path, read_timeout, total

    def connect(self) -> None:
        self.sock = own = _TimedSocket(socket.AF_UNIX, socket.SOCK_STREAM)
        own.settimeout(self._read_timeout)
        own.read_timeout, own.until = self._read_timeout, time.monotonic() + self._total
        own.connect(self._path)


class Answer:
    """An answer whose status and headers have been read; `close` it, or read it to its end."""

    def __init__(self, connection: UnixConnection, response: http.client.HTTPResponse) -> None:
        self._connection, self._response = connection, response
        self.status: int = response.status

    def header(self, name: str) -> str:
        """The header's value; empty if it is missing."""
        return self._response.getheader(name, "")

    def lines(self, most: int = LARGEST) -> Iterator[bytes]:
        """The body, line by line, a few hundred at a time.

        Raises OSError when it breaks off, takes too long, or has more than `most` bytes.
        """
        rest = b""
        for part in self._parts(most):
            *whole, rest = (rest + part).split(b"\n")
            yield from (line + b"\n" for line in whole)
        if rest:
            yield rest

    def read(self, most: int = LARGEST) -> bytes:
        """The whole body. Raises OSError as `lines` does."""
        return b"".join(self._parts(most))

    def close(self) -> None:
        self._connection.close()

    def _parts(self, most: int) -> Iterator[bytes]:
        """Only with `read`: http.client's `readline` and `read1` ignore a missing last chunk."""
        size = 0
        try:
            while part := self._response.read(PART):
                size += len(part)
                if size > most:
                    raise OSError(f"the answer is longer than {most} bytes")
                yield part
            self._check_end()
        except http.client.HTTPException as error:
            raise OSError(f"the answer broke off: {error!r}") from error
        finally:
            self.close()

    def _check_end(self) -> None:
        """http.client accepts an answer that is shorter than its Content-Length."""
        if self._response.length:
            raise OSError(f"the answer broke off {self._response.length} bytes before its end")


def request(
    path: str,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    timeout: float,
    total: float,
) -> Answer:
    """One request on its own connection.

    `timeout` is in seconds without a byte, `total` in seconds for the whole answer. Raises OSError
    when there is no answer, or one that is not HTTP.
    """
    connection = UnixConnection(path, timeout, total)
    try:
        connection.request(method, target, body, dict(headers))
        response = connection.getresponse()
        if response.msg.defects:  # http.client accepts headers that were cut off, too
            raise http.client.HTTPException(response.msg.defects[0])
    except http.client.HTTPException as error:
        connection.close()
        raise OSError(f"the answer is not HTTP: {error!r}") from error
    except OSError:
        connection.close()
        raise
    return Answer(connection, response)
