"""Containers that stay up and ready."""

from __future__ import annotations

import time
from collections.abc import Sequence

from slipway.agent.engine.client import Engine
from slipway.agent.health.failure import failure
from slipway.agent.health.probe import fault
from slipway.agent.health.subject import Subject
from slipway.agent.parallel import in_parallel

STRIKES = 3  # failed tries in a row before a container that was ready counts as unhealthy
AT_ONCE = 16
COMMANDS_APART = 2.0  # seconds between two tries that start a process in a container


class Stability:
    """Whether containers of a new release have restarted, exited or turned unhealthy.

    The engine counts restarts from a container's first start on, so one that fell over before
    anybody looked, or between two looks, is found out too. A health command is not run at every
    look, except to make sure of a failure.
    """

    def __init__(self, engine: Engine, subjects: Sequence[Subject]) -> None:
        self.engine, self.subjects = engine, subjects
        self._strikes = {each.name: 0 for each in subjects}
        self._due = {each.name: 0.0 for each in subjects}  # by the monotonic clock

    @property
    def shaken(self) -> bool:
        """Whether one failed its last try, and too few in a row to be judged."""
        return any(self._strikes.values())

    def look(self) -> None:
        """Raises ContainerError for the first that is not well."""
        reasons = in_parallel(self._fault, self.subjects, AT_ONCE)
        for subject, reason in zip(self.subjects, reasons):
            self._consider(subject, reason)

    def _fault(self, subject: Subject) -> str:
        asked = self._strikes[subject.name] > 0 or time.monotonic() >= self._due[subject.name]
        if asked and subject.health.kind == "command":
            self._due[subject.name] = time.monotonic() + COMMANDS_APART
        return fault(self.engine, subject, asked=asked)

    def _consider(self, subject: Subject, reason: str) -> None:
        if self._restarted(subject):
            raise failure(self.engine, subject, "restarted after it was ready")
        self._strikes[subject.name] = self._strikes[subject.name] + 1 if reason else 0
        gone = reason == "missing" or reason.startswith("exited")
        if gone or self._strikes[subject.name] >= STRIKES:
            raise failure(self.engine, subject, f"{reason}, after it was ready")

    def _restarted(self, subject: Subject) -> bool:
        found = self.engine.inspect(subject.name)
        return bool(found and found["RestartCount"])
