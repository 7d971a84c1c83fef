"""The process that stays when the deployer is gone, and acts when a lease or a time ends.

Every step that leaves something to wait for starts it, and it outlives that step's SSH session.
After a boot the deploy user's crontab does, by an `@reboot` line that was installed with the agent.
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
AGAIN = 5.0  # seconds until a server that could not act, or whose peers leave it open, tries again
TRIES = 5
RECORD = "watchdog"


def due(state: State, record: Lock, now: Moment) -> float | None:
    """Seconds until there is something to do, not more than 0 if at once; None for nothing."""
    if state.phase is not Phase.IDLE:
        holder = record.holder
        return now.until(holder.ends) if holder and holder.ends else 0.0
    return state.warm_until - now.wall if state.previous and state.warm_until else None


def ensure(store: Store, target: Target) -> None:
    """Start it where there is something to wait for and none is there."""
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
    """Call `conclude` whenever something is due, until there is nothing left to wait for."""
    handle = os.open(store.folder / RECORD, os.O_RDWR | os.O_CREAT, 0o600)
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
        time.sleep(AGAIN)


def _only_one(handle: int) -> bool:
    """Tried more than once, because `_alive` holds the lock for a moment when it looks."""
    for _ in range(TRIES):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(lock.POLL)
    return False


def _alive(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        handle = os.open(folder / RECORD, os.O_RDONLY)
        try:
            return lock.taken(handle)
        finally:
            os.close(handle)
    return False
