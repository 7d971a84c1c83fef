"""The end of the logs of one service or accessory: for people, as written, not masked."""

from __future__ import annotations

from typing import Any

from slipway.agent.docker import Engine
from slipway.agent.request import Request
from slipway.errors import SlipwayError

MOST_LINES = 1000
MOST_BYTES = 24 * 1024  # of all lines together: an answer is one bounded line


def run(request: Request, engine: Engine) -> dict[str, Any]:
    """Raises SlipwayError for a service that has no container here."""
    service = str(request.extra.get("service", ""))
    lines = min(MOST_LINES, int(request.extra.get("lines", 100)))
    found = engine.containers(application=request.application, service=service)
    if not found:
        raise SlipwayError(
            f"no container of {service!r} is on this server",
            remedy="See `status` for those that are",
        )
    share = MOST_BYTES // len(found)
    logs = {
        each["Names"][0].lstrip("/"): _bounded(engine.logs(each["Id"], lines), share)
        for each in found
    }
    return {"server": request.server, "service": service, "logs": logs}


def _bounded(lines: list[str], most: int) -> list[str]:
    """The last lines that fit."""
    kept: list[str] = []
    for line in reversed(lines):
        most -= len(line.encode()) + 8  # escapes and quotes of the answer
        if most < 0:
            break
        kept.append(line)
    return kept[::-1]
