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
    """Whose reads all end by one time, however steadily something comes."""

    until = math.inf  # by the monotonic clock
    silence = math.inf  # seconds without a byte

    def recv_into(self, *arguments: Any) -> int:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        self.settimeout(min(left, self.silence))
        return super().recv_into(*arguments)


class UnixConnection(http.client.HTTPConnection):
    """A connection to a socket in the file system.

    `silence` is in seconds without a byte, `total` in seconds for all that is read.
    """

    def __init__(self, path: str, silence: float, total: float) -> None:
        super().__init__("localhost", timeout=silence)
        self._path, self._silence, self._total = path, silence, total

    def connect(self) -> None:
        self.sock = own = _TimedSocket(socket.AF_UNIX, socket.SOCK_STREAM)
        own.settimeout(self._silence)
        own.silence, own.until = self._silence, time.monotonic() + self._total
        own.connect(self._path)


class Answer:
    """An answer of which the head has been read; `close` it, or read it to its end."""

    def __init__(self, connection: UnixConnection, response: http.client.HTTPResponse) -> None:
        self._connection, self._response = connection, response
        self.status: int = response.status

    def header(self, name: str) -> str:
        """Empty where it has none of that name."""
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
        """By `read` alone: http.client's `readline` and `read1` pass over a missing last chunk."""
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
        """http.client takes an answer that is shorter than its Content-Length for a whole one."""
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
    """One request on a connection of its own.

    `timeout` is in seconds without a byte, `total` in seconds for the whole answer. Raises OSError
    when nobody answers, or what answers speaks no HTTP.
    """
    connection = UnixConnection(path, timeout, total)
    try:
        connection.request(method, target, body, dict(headers))
        response = connection.getresponse()
        if response.msg.defects:  # a head that was cut off is taken for a whole one, too
            raise http.client.HTTPException(response.msg.defects[0])
    except http.client.HTTPException as error:
        connection.close()
        raise OSError(f"it speaks no HTTP: {error!r}") from error
    except OSError:
        connection.close()
        raise
    return Answer(connection, response)
