"""A lock between processes on this machine, also of different clones."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toolchain import progress
from toolchain.errors import ToolchainError

POLL = 0.5


@contextmanager
def exclusive(path: Path, *, limit: float) -> Iterator[None]:
    """Hold the lock file `path`; the kernel releases it when the process ends.

    Raises ToolchainError when another process holds it for `limit` seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        _acquire(file.fileno(), path, limit)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _acquire(descriptor: int, path: Path, limit: float) -> None:
    deadline = time.monotonic() + limit
    announced = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = path.read_text().strip() or "unknown"
            if time.monotonic() >= deadline:
                raise ToolchainError(
                    f"process {holder} has held the lock for more than {limit:.0f} s",
                    where=str(path),
                    remedy="Wait for that process, or end it, and try again.",
                ) from None
            if not announced:
                progress.step("waiting", f"for process {holder}, which holds {path.name}")
                announced = True
            time.sleep(POLL)
        else:
            return
