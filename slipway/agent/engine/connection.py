"""HTTP over the Docker Engine's Unix socket, within a total time and size."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping

from slipway.agent.deadline import LARGEST, Deadline, connect_unix

PART = 65536  # bytes


class UnixConnection(http.client.HTTPConnection):
    """A connection to a socket in the file system."""

    def __init__(self, path: str, deadline: Deadline) -> None:
        super().__init__("localhost")
        self._path, self._deadline = path, deadline

    def connect(self) -> None:
        self.sock = connect_unix(self._path, self._deadline)


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
    connection = UnixConnection(path, Deadline(total, silence=timeout))
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
