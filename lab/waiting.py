"""Waiting for what happens elsewhere, and for one's turn, never for ever."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from slipway.errors import SlipwayError

POLL: Final = 0.2  # seconds


def until(happened: Callable[[], bool], limit: float, poll: float = POLL) -> bool:
    """Whether something came to be so within `limit` seconds; it is asked every `poll` seconds."""
    deadline = time.monotonic() + limit
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(poll)
    return True


@contextmanager
def turn(file: Path, what: str, limit: float) -> Iterator[None]:
    """One process at a time; the lock on `file` goes with its process.

    Raises SlipwayError when somebody else has been doing `what` for `limit` seconds.
    """
    with file.open("w") as lock:
        if not until(lambda: _locked(lock.fileno()), limit):
            raise SlipwayError(
                f"somebody else has been {what} for {limit:g} s",
                where=str(file),
                remedy="Wait for them, or end them",
            )
        yield


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
