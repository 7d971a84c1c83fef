"""The end of the logs of one service or accessory: for people, as written, not masked."""

from __future__ import annotations

from slipway.agent.engine.client import Engine
from slipway.agent.report import Report
from slipway.agent.state.store import Store
from slipway.errors import SlipwayError
from slipway.protocol.answers import LogsAnswer
from slipway.protocol.requests import LogsRequest

MOST_LINES = 1000
MOST_BYTES = 24 * 1024  # of all lines together: an answer is one bounded line


def run(request: LogsRequest, engine: Engine, _store: Store, _report: Report) -> LogsAnswer:
    """Raises SlipwayError for a service that has no container here."""
    found = engine.containers(application=request.target.application, service=request.service)
    if not found:
        raise SlipwayError(
            f"no container of {request.service!r} is on this server",
            remedy="See `status` for those that are",
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
