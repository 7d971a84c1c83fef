"""Error lines in the logs of containers."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from slipway.agent.engine.client import Engine
from slipway.agent.health.failure import failure, redactor
from slipway.agent.health.subject import Subject
from slipway.errors import SlipwayError
from slipway.rollout.watch import Watch

OVERLAP = 1.0  # seconds that are read again, because the engine writes lines with a delay
MOST_LINES = 5000  # of one container in one check; of more lines the last ones are read
LONGEST = 4000  # characters of a line that are searched


class LogErrors:
    """Counts the lines since a time (seconds since the epoch) that match the error pattern."""

    def __init__(
        self, engine: Engine, subjects: Sequence[Subject], watch: Watch, since: float
    ) -> None:
        self.engine, self.subjects, self.limit = engine, subjects, watch.log_error_limit
        self.count = 0
        self._pattern = compiled(watch.log_errors) if watch.log_errors else None
        self._begin = self._since = since
        self._seen: dict[str, set[str]] = {each.name: set() for each in subjects}

    def check(self) -> None:
        """Raises ContainerError with the line that exceeds the limit."""
        if self._pattern is None:
            return
        now = time.time()
        for subject in self.subjects:
            for line in self._new_lines(subject):
                if self._pattern.search(line[:LONGEST]):
                    self._count_error(subject, line)
        self._since = max(self._begin, now - OVERLAP)

    def _new_lines(self, subject: Subject) -> list[str]:
        """The lines since the last check; equal lines differ by their timestamps."""
        lines = self.engine.logs(subject.name, MOST_LINES, since=self._since)
        seen, self._seen[subject.name] = self._seen[subject.name], set(lines)
        return [line.partition(" ")[2] for line in lines if line not in seen]

    def _count_error(self, subject: Subject, line: str) -> None:
        self.count += 1
        if self.count <= self.limit:
            return
        found = self.engine.inspect(subject.name)
        masked = redactor(found).line(line) if found else ""
        lines = "an error" if self.count == 1 else f"error number {self.count}"
        allowed = f", {self.limit} are tolerated" if self.limit else ""
        reason = f"logged {lines} during the bake time{allowed}"
        raise failure(self.engine, subject, reason, masked)


def compiled(pattern: str) -> re.Pattern[str]:
    """Raises SlipwayError for a pattern that this server's Python does not support."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise SlipwayError(
            f"{pattern!r} is not a valid regular expression on this server: {error}",
            where="rollout/watch/log_errors",
            remedy="Use only what the server's Python version supports",
        ) from None
