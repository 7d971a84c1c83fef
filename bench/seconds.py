"""Durations by what was timed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Seconds(dict[str, list[float]]):
    """By name, the duration in seconds of every repetition."""

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Add the seconds that the context lasts, unless it fails."""
        began = time.monotonic()
        yield
        self.setdefault(what, []).append(time.monotonic() - began)

    def repeat(self, what: str, times: int, action: Callable[[], object]) -> None:
        """Time an action that may be done again and again."""
        for _ in range(times):
            with self.timed(what):
                action()

    def median(self, what: str) -> float:
        """Raises KeyError for what was never done."""
        return statistics.median(self[what])
