"""Structured logs: one JSON object a line on standard output, where a container's log is read."""

import json
import sys
from datetime import UTC, datetime


def info(event: str, **fields: object) -> None:
    """Something happened as it should."""
    _write("INFO", event, fields)


def error(event: str, **fields: object) -> None:
    """Something happened that somebody should look at."""
    _write("ERROR", event, fields)


def _write(level: str, event: str, fields: dict[str, object]) -> None:
    line = {"time": datetime.now(UTC).isoformat(), "level": level, "event": event} | fields
    # One write a line: lines of concurrent threads never mix.
    sys.stdout.write(json.dumps(line, default=str) + "\n")
    sys.stdout.flush()
