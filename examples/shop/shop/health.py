"""Health checks: whether the web process answers, and whether the worker's heart beats."""

import http.client
import time
from pathlib import Path

ANSWER_LIMIT = 2.0  # seconds
HEARTBEAT_LIMIT = 10.0  # seconds


def web_is_well(port: int) -> bool:
    """Whether GET /health is answered with 200, after at most ANSWER_LIMIT seconds of silence."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_LIMIT)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def worker_is_well(heartbeat: Path) -> bool:
    """Whether the worker has touched its heartbeat file within HEARTBEAT_LIMIT seconds."""
    try:
        return time.time() - heartbeat.stat().st_mtime < HEARTBEAT_LIMIT
    except FileNotFoundError:
        return False
