"""Does the web process in this container answer? For bin/shop, which Docker's HEALTHCHECK calls.

A Python that starts, every few seconds in every container: it reads what it needs from the
environment itself and imports next to nothing.
"""

import socket
from collections.abc import Mapping

LIMIT = 2.0  # seconds for an answer
DEFAULT_PORT = 8000


def web_is_well(environment: Mapping[str, str]) -> bool:
    """Whether GET /health is answered with 200; each read and write may take LIMIT seconds."""
    try:
        address = "127.0.0.1", int(environment.get("PORT", DEFAULT_PORT))
        with socket.create_connection(address, LIMIT) as connection:
            connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
            return connection.makefile("rb").readline().split()[1:2] == [b"200"]
    except (OSError, ValueError):
        return False
