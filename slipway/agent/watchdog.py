"""The watchdog: a process that acts when a lease or a warm release's time has expired.

A step starts it when something will be due later, and it continues after the step's SSH session.
After a boot, an `@reboot` line in the deploy user's crontab starts it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable

from slipway.agent.state import lock
from slipway.agent.state.lock import Lock, Moment
from slipway.agent.state.store import Store
from slipway.errors import SlipwayError
from slipway.protocol.installation import WATCH
from slipway.protocol.requests import Target
from slipway.rollout.state import Phase, State

LONGEST_SLEEP = 1.0  # seconds: each step may renew the lease
RETRY_PAUSE = 5.0  # seconds before another try, after a failure or while votes are missing
TRIES = 5
LOCK_FILE = "watchdog"


def due(state: State, holding: Lock, now: Moment) -> float | None:
    """Seconds until something is due, 0 or less if it is now; None for nothing."""
    if state.phase is not Phase.IDLE:
        holder = holding.holder
        return now.until(holder.ends) if holder and holder.ends else 0.0
    return state.warm_until - now.wall if state.previous and state.warm_until else None


def ensure(store: Store, target: Target) -> None:
    """Start the watchdog if something will be due and none runs."""
    if due(store.state(), lock.load(store), lock.moment()) is None or _alive(store.folder):
        return
    subprocess.Popen(
        [
            *(sys.executable, str(Path(sys.argv[0]).resolve()), WATCH),
            *(target.application, target.environment),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )


def watch(store: Store, conclude: Callable[[], None]) -> None:
    """Call `conclude` whenever something is due, until nothing is left."""
    handle = os.open(store.folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    if not _only_one(handle):
        return
    while True:
        left = due(store.state(), lock.load(store), lock.moment())
        if left is None:
            return
        if left > 0:
            time.sleep(min(left, LONGEST_SLEEP))
            continue
        with contextlib.suppress(SlipwayError, OSError):
            conclude()
        time.sleep(RETRY_PAUSE)


def _only_one(handle: int) -> bool:
    """Several tries, because `_alive` holds the lock for a moment."""
    for _ in range(TRIES):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(lock.POLL)
    return False


def _alive(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        handle = os.open(folder / LOCK_FILE, os.O_RDONLY)
        try:
            return lock.taken(handle)
        finally:
            os.close(handle)
    return False
