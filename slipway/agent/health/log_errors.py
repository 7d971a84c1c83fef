"""Error lines in the logs of containers."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from typing import Callable, Optional

from slipway.agent.engine.client import Engine
from slipway.agent.health.failure import failure, redactor
from slipway.agent.health.subject import Subject
from slipway.errors import SlipwayError
from slipway.rollout.watch import LOG_ERRORS, Watch

OVERLAP = 1.0  # seconds that are read again, because the engine writes lines with a delay
MOST_LINES = 5000  # of one container in one check; of more lines the last ones are read
LONGEST = 4000  # characters of a line that are searched
BEFORE = 3600.0  # seconds of the old release's logs that are read
ERROR_LEVELS = ("error", "err", "critical", "crit", "fatal", "panic", "alert", "emerg", "emergency")
NUMERIC_ERROR = 50  # from this level on, in the logs of bunyan and pino
_LOGFMT = re.compile(r"""(?:^|\s)(?:level|lvl|severity)=["']?(\w+)""")
_VARYING = re.compile("[0-9a-fA-F]*\\d[0-9a-fA-F]*|'[^']*'|\"[^\"]*\"")


class LogErrors:
    """Counts the error lines since a time (seconds since the epoch) that are new with a release.

    Errors that the containers of the old release have logged too, such as those that bots cause,
    say nothing against the new one.
    """

    def __init__(
        self,
        engine: Engine,
        subjects: Sequence[Subject],
        watch: Watch,
        since: float,
        old: Sequence[Subject] = (),
    ) -> None:
        self.engine, self.subjects, self.limit = engine, subjects, watch.log_error_limit
        self.count = 0
        self._is_error = checker(watch.log_errors) if watch.log_errors else None
        self._begin = self._since = since
        self._seen: dict[str, set[str]] = {each.name: set() for each in subjects}
        self._usual = {shape(line) for each in old for line in self._errors_before(each)}

    def _errors_before(self, subject: Subject) -> list[str]:
        """Of a container of the old release, which may be gone."""
        if self._is_error is None or self.engine.inspect(subject.name) is None:
            return []
        lines = self.engine.logs(subject.name, MOST_LINES, since=self._begin - BEFORE)
        texts = (line.partition(" ")[2] for line in lines)
        return [text for text in texts if self._is_error(text)]

    def check(self) -> None:
        """Raises ContainerError with the line that exceeds the limit."""
        if self._is_error is None:
            return
        now = time.time()
        for subject in self.subjects:
            for line in self._new_lines(subject):
                if self._is_error(line) and shape(line) not in self._usual:
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


def checker(pattern: str) -> Callable[[str], bool]:
    """Whether a line is an error. With the default pattern a level that the line has decides."""
    search = compiled(pattern).search

    def is_error(line: str) -> bool:
        level = level_of(line) if pattern == LOG_ERRORS else None
        return bool(search(line[:LONGEST])) if level is None else level in ERROR_LEVELS

    return is_error


def level_of(line: str) -> Optional[str]:
    """The level of a line in JSON or logfmt, in small letters; None for a line without one."""
    if line.startswith("{"):
        try:
            fields = json.loads(line)
        except ValueError:
            return None
        found = next((fields[key] for key in ("level", "severity", "lvl") if key in fields), None)
        if isinstance(found, int):
            return "error" if found >= NUMERIC_ERROR else "info"
        return found.lower() if isinstance(found, str) else None
    match = _LOGFMT.search(line[:LONGEST])
    return match[1].lower() if match else None


def shape(line: str) -> str:
    """The line without what differs from one time to the next: numbers and quoted texts."""
    return _VARYING.sub("?", line[:LONGEST])


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
