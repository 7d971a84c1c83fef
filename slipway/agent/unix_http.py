"""Requests over a Unix socket, as the Docker Engine takes them.

http.client can do it too, and takes a fifth of the time that the agent needs to start: it reads the
standard library's mail and TLS. As HTTP/1.0, an answer comes in no chunks and ends where its
connection does.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import BinaryIO

from slipway.values import dataclass

LONGEST_LINE = 65536  # bytes


@dataclass(frozen=True)
class Answer:
    """`headers` by their names in lower case; what is left of `body` holds the connection open."""

    status: int
    headers: Mapping[str, str]
    body: BinaryIO


def request(
    path: str,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
    timeout: float,
) -> Answer:
    """One request on a connection of its own; `timeout` is in seconds without a byte.

    Raises OSError when nobody answers, or what answers speaks no HTTP.
    """
    head = [f"{method} {target} HTTP/1.0", "Host: localhost", f"Content-Length: {len(body)}"]
    head += [f"{name}: {value}" for name, value in headers.items()]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        connection.connect(path)
        connection.sendall("\r\n".join([*head, "", ""]).encode("latin-1") + body)
        answer = connection.makefile("rb")  # it keeps the connection when this block ends
    try:
        return Answer(_status(_line(answer)), _headers(answer), answer)
    except BaseException:
        answer.close()
        raise


def _status(line: str) -> int:
    protocol, _, rest = line.partition(" ")
    status = rest[:3]
    if not (protocol.startswith("HTTP/1.") and status.isdecimal()):
        raise OSError(f"it answered {line[:80]!r}")
    return int(status)


def _headers(answer: BinaryIO) -> dict[str, str]:
    found = {}
    while line := _line(answer):
        name, _, value = line.partition(":")
        found[name.strip().lower()] = value.strip()
    return found


def _line(answer: BinaryIO) -> str:
    line = answer.readline(LONGEST_LINE)
    if not line.endswith(b"\n"):
        raise OSError("the answer broke off")
    return line.decode("latin-1").rstrip("\r\n")
