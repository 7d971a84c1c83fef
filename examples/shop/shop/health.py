"""Is the process in this container well? For Docker's HEALTHCHECK and for operators."""

import time
from pathlib import Path

FRESH = 10.0
LIMIT = 2.0


def beat(heartbeat: Path) -> None:
    """Note that the worker has just talked to its queue."""
    heartbeat.touch()


def worker_is_well(heartbeat: Path) -> bool:
    """Whether the worker noted so within the last FRESH seconds."""
    try:
        return time.time() - heartbeat.stat().st_mtime < FRESH
    except FileNotFoundError:
        return False


def web_is_well(port: int) -> bool:
    """Whether GET /health is answered with 200 within LIMIT seconds."""
    import http.client  # a third of the time that a worker's check takes

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
