"""The agent's progress messages: limited and masked; a lost connection is ignored."""

from __future__ import annotations

import sys
from typing import Optional, TextIO

from slipway.agent.redact import Redactor

MOST_LINES = 400  # of progress in one call


class Report:
    """Progress on standard error. A lost connection does not stop a step."""

    def __init__(self, redact: Redactor, stream: Optional[TextIO] = None) -> None:
        self.redact = redact
        self._stream = stream or sys.stderr
        self._left = MOST_LINES

    def __call__(self, text: str) -> None:
        if self._left > 0:
            self._left -= 1
            self.last(text)

    def last(self, text: str) -> None:
        """A line that is written however many were written before."""
        try:
            self._stream.write(self.redact.line(text) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._left = 0
