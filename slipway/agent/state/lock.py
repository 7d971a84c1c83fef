"""The locks of an application on this server: one call at a time, and one rollout at a time.

A call holds the kernel's lock on a file while it runs; it ends with the process. A rollout spans
several calls: its lock is in a file with its owner, and expires when no step renews the lease.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable, Optional

from slipway.agent.state.store import Store
from slipway.errors import SlipwayError

TIMEOUT = 10.0  # seconds to wait for another call
POLL = 0.05  # seconds
FILE = "lock.json"


@dataclass(frozen=True)
class Moment:
    """A time by two clocks: the wall clock can be set, and the uptime starts again at a boot."""

    wall: float  # seconds since the epoch
    boot: str  # id of the boot
    up: float  # seconds since the boot, including suspend

    def __add__(self, seconds: float) -> Moment:
        return replace(self, wall=self.wall + seconds, up=self.up + seconds)

    def until(self, end: Moment) -> float:
        """Seconds left; by the uptime, or by the wall clock if the machine has booted since."""
        return end.up - self.up if end.boot == self.boot else end.wall - self.wall


def moment() -> Moment:
    """Now."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return Moment(round(time.time(), 3), boot, round(time.clock_gettime(time.CLOCK_BOOTTIME), 3))


@dataclass(frozen=True)
class Holder:
    """The rollout or person that has the lock; a person may have it without an end."""

    owner: str
    reason: str
    since: float  # seconds since the epoch
    ends: Optional[Moment]
    fencing: int  # increases with every new holder


@dataclass(frozen=True)
class Lock:
    """The content of the lock file: the holder, if any, and the last fencing number."""

    fencing: int = 0
    holder: Optional[Holder] = None

    def held(self, now: Moment) -> Holder | None:
        """The holder; None if the lease has expired."""
        holder = self.holder
        return holder if holder and (not holder.ends or now.until(holder.ends) > 0) else None

    def claim(self, owner: str, reason: str, *, lease: float | None, now: Moment) -> Lock:
        """The lock with `owner` as its holder. Raises SlipwayError while another one has it.

        `lease` is in seconds; None: without an end.
        """
        holder, ends = self.held(now), now + lease if lease is not None else None
        if holder and holder.owner != owner:
            raise SlipwayError(
                f"locked by {holder.owner} since {clock(holder.since)} ({holder.reason})",
                remedy=f"Wait until it ends, at the latest when its lease expires,"
                f" {clock(holder.ends.wall)}"
                if holder.ends
                else "Ask the owner, or remove the lock: slipway unlock",
            )
        if holder and holder.reason == reason:
            return replace(self, holder=replace(holder, ends=ends))
        fencing = self.fencing + 1
        return Lock(fencing, Holder(owner, reason, now.wall, ends, fencing))

    def release(self) -> Lock:
        return replace(self, holder=None)

    def released_by_rollout(self, now: Moment) -> Lock:
        """The lock after a rollout; a person's lock without an end stays."""
        holder = self.held(now)
        return self if holder and holder.ends is None else self.release()


def load(store: Store) -> Lock:
    """The lock of this application; without a holder if there is no file."""
    return store.load(FILE, Lock) or Lock()


def refuse_others(store: Store, owner: str) -> None:
    """Raises SlipwayError while another owner has the lock; changes nothing."""
    load(store).claim(owner, "", lease=None, now=moment())


def keep(store: Store, lock: Lock) -> None:
    """Write the lock file. Raises SlipwayError when it cannot be written."""
    store.save(FILE, lock)


@contextmanager
def exclusive(
    folder: Path,
    doing: str = "",
    timeout: float = TIMEOUT,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Hold the lock between calls. Raises SlipwayError after `timeout` seconds.

    `doing` is written to the file for `interrupt`.
    """
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        limit = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= limit:
                    raise SlipwayError(
                        f"another step has been running for more than {timeout:g} s",
                        remedy="Wait until it has ended; `slipway status` shows the rollout",
                    ) from None
                sleep(POLL)
        _note(handle, f"{os.getpid()} {doing}")
        yield
        _note(handle, "")
    finally:
        os.close(handle)


def _note(handle: int, text: str) -> None:
    """For `interrupt` only, so a full disk must not make the call fail."""
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, text.encode(), 0)


def interrupt(folder: Path, doing: str) -> bool:
    """Send SIGTERM to the call that is `doing` this. False where there is none.

    Its process id is only valid while it holds the lock.
    """
    with contextlib.suppress(OSError, ValueError):
        handle = os.open(folder / "lock", os.O_RDONLY)
        try:
            number, _, busy = os.read(handle, 200).decode().partition(" ")
            if busy == doing and taken(handle):
                os.kill(int(number), signal.SIGTERM)
                return True
        finally:
            os.close(handle)
    return False


def taken(handle: int) -> bool:
    """Whether some process holds the kernel's lock on this file."""
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(handle, fcntl.LOCK_UN)
    return False


def clock(seconds: float) -> str:
    """A time for people."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
