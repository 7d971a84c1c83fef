"""A `pulumi up` under way, which can be watched and ended."""

from __future__ import annotations

import re
import subprocess
import threading
from typing import Final

from lab import waiting
from lab.layout import Server

DEATH: Final = 10.0  # seconds until a killed process must be gone


class Update:
    """A running `pulumi up` and what it has printed so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def begun(self, step: str, server: Server, limit: float = 90.0) -> None:
        """Wait until Pulumi has begun a step on a server. Raises TimeoutError."""
        line = re.compile(rf"shop-{step}-{server.name}(-at-\d+)? (creating|updating|replacing)")

        def seen() -> bool:
            return any(map(line.search, self.lines))

        waiting.until(lambda: seen() or self.ended, limit)
        if not seen():
            raise TimeoutError(f"{step} on {server.name} did not begin within {limit:g} s")

    def kill(self) -> None:
        """`kill -9`, if it still runs. Its plugins may live on, and keep its output open."""
        self.process.kill()
        self.process.wait(DEATH)
        self._reader.join(waiting.POLL)

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self.process.poll() is not None

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append(line)
