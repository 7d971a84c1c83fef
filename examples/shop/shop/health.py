"""Is the process in this container well? For bin/shop, which Docker's HEALTHCHECK calls.

The check of `web` is a Python that starts, every few seconds in every container: it reads what it
needs from the environment itself and imports next to nothing, pathlib neither.
"""

import os
import socket
from collections.abc import Mapping

LIMIT = 2.0  # seconds for an answer
DEFAULT_PORT = 8000
DEFAULT_HEARTBEAT = "/tmp/shop-worker.heartbeat"  # noqa: S108  # nosec B108: of the container


def heartbeat_file(environment: Mapping[str, str]) -> str:
    """Where the worker notes that it is well."""
    return environment.get("HEARTBEAT_FILE", DEFAULT_HEARTBEAT)


def beat(heartbeat: str | os.PathLike[str]) -> None:
    """Note that the worker has just talked to its queue."""
    with open(heartbeat, "a"):
        os.utime(heartbeat)


def web_is_well(environment: Mapping[str, str]) -> bool:
    """Whether GET /health is answered with 200; each read and write may take LIMIT seconds."""
    try:
        address = "127.0.0.1", int(environment.get("PORT", DEFAULT_PORT))
        with socket.create_connection(address, LIMIT) as connection:
            connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
            return connection.makefile("rb").readline().split()[1:2] == [b"200"]
    except (OSError, ValueError):
        return False
