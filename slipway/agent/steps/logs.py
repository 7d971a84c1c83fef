"""The last log lines of a service or an accessory: for people, not masked."""

from __future__ import annotations

from slipway.agent.engine.client import Engine
from slipway.agent.report import Report
from slipway.agent.state.store import Store
from slipway.errors import SlipwayError
from slipway.protocol.answers import LogsAnswer
from slipway.protocol.requests import LogsRequest

MOST_LINES = 1000
MOST_BYTES = 24 * 1024  # of all lines together, because an answer is one line of limited length


def run(request: LogsRequest, engine: Engine, _store: Store, _report: Report) -> LogsAnswer:
    """Raises SlipwayError for a service that has no container here."""
    found = engine.containers(application=request.target.application, service=request.service)
    if not found:
        raise SlipwayError(
            f"{request.service!r} has no container on this server",
            remedy="`slipway status` shows what runs",
        )
    lines, share = min(MOST_LINES, request.lines), MOST_BYTES // len(found)
    return LogsAnswer(
        {
            each["Names"][0].lstrip("/"): _bounded(engine.logs(each["Id"], lines), share)
            for each in found
        }
    )


def _bounded(lines: list[str], most: int) -> tuple[str, ...]:
    """The last lines that fit."""
    kept: list[str] = []
    for line in reversed(lines):
        most -= len(line.encode()) + 8  # escapes and quotes of the answer
        if most < 0:
            break
        kept.append(line)
    return tuple(kept[::-1])
