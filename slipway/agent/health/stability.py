"""Check that containers stay up and ready."""

from __future__ import annotations

import time
from collections.abc import Sequence

from slipway.agent.engine.client import Engine
from slipway.agent.health.failure import failure
from slipway.agent.health.probe import fault
from slipway.agent.health.subject import Subject
from slipway.agent.parallel import in_parallel

FAILURE_THRESHOLD = 3  # failed probes in a row before a container counts as unhealthy
AT_ONCE = 16
COMMAND_INTERVAL = 2.0  # seconds between two probes that start a process in a container


class Stability:
    """Whether containers of a new release have restarted, exited or become unhealthy.

    The engine counts restarts from a container's first start on, so that no crash between two
    checks is missed. A health command is not run at every check, except to confirm a failure.
    """

    def __init__(self, engine: Engine, subjects: Sequence[Subject]) -> None:
        self.engine, self.subjects = engine, subjects
        self._failures = {each.name: 0 for each in subjects}
        self._due = {each.name: 0.0 for each in subjects}  # by the monotonic clock

    @property
    def uncertain(self) -> bool:
        """Whether a container has failed its last probe, but fewer than the threshold."""
        return any(self._failures.values())

    def check(self) -> None:
        """Raises ContainerError for the first that is not healthy."""
        reasons = in_parallel(self._fault, self.subjects, AT_ONCE)
        for subject, reason in zip(self.subjects, reasons):
            self._judge(subject, reason)

    def _fault(self, subject: Subject) -> str:
        probed = self._failures[subject.name] > 0 or time.monotonic() >= self._due[subject.name]
        if probed and subject.health.kind == "command":
            self._due[subject.name] = time.monotonic() + COMMAND_INTERVAL
        return fault(self.engine, subject, probed=probed)

    def _judge(self, subject: Subject, reason: str) -> None:
        if self._restarted(subject):
            raise failure(self.engine, subject, "restarted after it was ready")
        self._failures[subject.name] = self._failures[subject.name] + 1 if reason else 0
        gone = reason == "missing" or reason.startswith("exited")
        if gone or self._failures[subject.name] >= FAILURE_THRESHOLD:
            raise failure(self.engine, subject, f"{reason}, after it was ready")

    def _restarted(self, subject: Subject) -> bool:
        found = self.engine.inspect(subject.name)
        return bool(found and found["RestartCount"])
