"""Check whether a PostgreSQL server accepts connections, as pg_isready does: without a password."""

from __future__ import annotations

import socket
import struct

from slipway.agent.deadline import Deadline, connect

PROTOCOL = 3 << 16  # version 3.0 of the frontend/backend protocol
STARTING = "57P03"  # cannot_connect_now: starting up, shutting down, or in recovery
LONGEST = 8192  # bytes of an answer that are read
TERMINATE = b"X\x00\x00\x00\x04"


def fault(address: str, port: int, timeout: float) -> str:
    """Empty when it is ready: also when it rejects this user, database or unencrypted connection.

    Raises OSError when there is no answer.
    """
    with connect(address, port, Deadline(timeout)) as connection:
        connection.sendall(_startup_message())
        answer = _message(connection)
        if answer[:1] == b"R":  # it asks for a password, or needs none
            connection.sendall(TERMINATE)
            return ""
    if answer[:1] != b"E":
        return "does not answer like PostgreSQL"
    fields = {each[:1]: each[1:] for each in answer[5:].decode(errors="replace").split("\0")}
    return fields.get("M", "it is starting") if fields.get("C") == STARTING else ""


def _startup_message() -> bytes:
    content = struct.pack(">I", PROTOCOL) + b"user\0postgres\0database\0postgres\0\0"
    return struct.pack(">I", len(content) + 4) + content


def _message(connection: socket.socket) -> bytes:
    """The first message: a letter, the length of the rest, the rest."""
    received = b""
    while len(received) < 5 or len(received) < min(LONGEST, _size(received)):
        part = connection.recv(LONGEST)
        if not part:
            break
        received += part
    return received


def _size(head: bytes) -> int:
    return 1 + int(struct.unpack(">I", head[1:5])[0])
