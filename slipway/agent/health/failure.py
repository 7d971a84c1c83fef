"""A container's failure, with the end of its log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slipway.agent.engine.client import Engine, EngineError
from slipway.agent.health.subject import Subject
from slipway.agent.redact import Redactor
from slipway.errors import SlipwayError

LOG_LINES = 50  # of a failed container


class ContainerError(SlipwayError):
    """A container failed; `log` is the end of its log, masked."""

    def __init__(self, what: str, log: list[str]) -> None:
        super().__init__(what, remedy="See its log above" if log else "Its log is empty")
        self.log = log


def failure(engine: Engine, subject: Subject, reason: str, line: str = "") -> ContainerError:
    """The error for a container, with the `line` that shows it, or else the last one."""
    log = tail(engine, subject.name)
    last = f"; last line: {log[-1][:300]}" if log else ""
    detail = f": {line[:300]}" if line else last
    return ContainerError(
        f"{subject.label} {reason}{detail}", [f"{subject.label} | {each}" for each in log]
    )


def tail(engine: Engine, container: str, lines: int = LOG_LINES) -> list[str]:
    """The end of a container's log, with the values of its secrets masked."""
    found = engine.inspect(container)
    if found is None:
        return []
    redact = redactor(found)
    try:
        return [redact.line(line)[:500] for line in engine.logs(container, lines) if line.strip()]
    except EngineError:
        return []


def redactor(found: Mapping[str, Any]) -> Redactor:
    """Masks the values of a container's secrets."""
    names = (found["Config"]["Labels"] or {}).get("slipway.secrets", "").split(",")
    values = [each.partition("=") for each in found["Config"]["Env"] or []]
    return Redactor(value for name, _, value in values if name in names)
