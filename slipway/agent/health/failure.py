"""A container's failure, told with what it said last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slipway.agent.engine.client import Engine, EngineError
from slipway.agent.health.subject import Subject
from slipway.agent.redact import Redactor
from slipway.errors import SlipwayError

LOG_LINES = 50  # of a failing container


class ContainerError(SlipwayError):
    """A container failed; `log` is the end of what it said, masked."""

    def __init__(self, what: str, log: list[str]) -> None:
        super().__init__(what, remedy="See its log above" if log else "It logged nothing")
        self.log = log


def failure(engine: Engine, subject: Subject, reason: str, line: str = "") -> ContainerError:
    """The error for a container, with the line that tells most: as a rule what it said last."""
    log = tail(engine, subject.name)
    last = f"last line: {log[-1][:300]}" if log else ""
    said = f": {line[:300]}" if line else last and f"; {last}"
    return ContainerError(
        f"{subject.label} {reason}{said}", [f"{subject.label} | {each}" for each in log]
    )


def tail(engine: Engine, container: str, lines: int = LOG_LINES) -> list[str]:
    """The end of a container's log without the values that it was given as secrets."""
    found = engine.inspect(container)
    if found is None:
        return []
    redact = redactor(found)
    try:
        return [redact.line(line)[:500] for line in engine.logs(container, lines) if line.strip()]
    except EngineError:
        return []


def redactor(found: Mapping[str, Any]) -> Redactor:
    """Masks the values that a container was given as secrets."""
    names = (found["Config"]["Labels"] or {}).get("slipway.secrets", "").split(",")
    values = [each.partition("=") for each in found["Config"]["Env"] or []]
    return Redactor(value for name, _, value in values if name in names)
