"""One process at a time, by a lock file that is free again when its process ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from slipway.errors import SlipwayError


@contextmanager
def exclusive(file: Path, activity: str, limit: float) -> Iterator[None]:
    """Hold the lock on `file` in the context, waiting up to `limit` seconds for it.

    Raises SlipwayError, which names the activity, when another process keeps the lock.
    """
    lock = FileLock(file, timeout=limit)
    try:
        lock.acquire()
    except Timeout as error:
        raise SlipwayError(
            f"another process has been {activity} for more than {limit:g} s",
            where=str(file),
            remedy=f"Wait for it, or find it with `fuser {file}` and end it",
        ) from error
    try:
        yield
    finally:
        lock.release()
