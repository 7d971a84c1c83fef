"""A `pulumi up` that is running, which can be watched and killed."""

from __future__ import annotations

import re
import subprocess
import threading
from typing import Final

from lab import waiting

KILL_LIMIT: Final = 10.0  # seconds until a killed process must be gone


class Update:
    """A running `pulumi up` and its output so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        """All of its output so far."""
        return "".join(self.lines)

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self.process.poll() is not None

    def wait_for_line(self, pattern: str, limit: float) -> None:
        """Wait for a line of output that the pattern matches anywhere.

        Raises TimeoutError after `limit` seconds, or when the process ends without such a line.
        """
        matches = re.compile(pattern).search

        def printed() -> bool:
            return any(map(matches, self.lines))

        waiting.until(lambda: printed() or self.ended, limit)
        if self.ended:
            self._reader.join(waiting.POLL)
        if not printed():
            raise TimeoutError(f"no line with {pattern!r} within {limit:g} s:\n{self.output}")

    def kill(self) -> None:
        """`kill -9`, if it still runs. Its plugins may live on, and keep its output open."""
        self.process.kill()
        self.process.wait(KILL_LIMIT)
        self._reader.join(waiting.POLL)

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append(line)
