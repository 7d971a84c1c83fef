"""Who may change the application on this server: one call at a time, and one rollout at a time.

A call holds the kernel's lock on a file while it runs, which ends with the process. A rollout
spans several calls: its record names the owner, and ends by itself when the lease has passed
without a step.
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

PATIENCE = 10.0  # seconds to wait for a call that runs
POLL = 0.05  # seconds
RECORD = "lock.json"


@dataclass(frozen=True)
class Moment:
    """A point in time by two clocks: people can set one of them, and a boot sets back the other."""

    wall: float  # seconds since the epoch
    boot: str  # which boot of the machine
    up: float  # seconds since it, asleep or not

    def __add__(self, seconds: float) -> Moment:
        return replace(self, wall=self.wall + seconds, up=self.up + seconds)

    def until(self, end: Moment) -> float:
        """Seconds that are left; by the clock that nobody can set, unless the machine booted."""
        return end.up - self.up if end.boot == self.boot else end.wall - self.wall


def moment() -> Moment:
    """Now."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return Moment(round(time.time(), 3), boot, round(time.clock_gettime(time.CLOCK_BOOTTIME), 3))


@dataclass(frozen=True)
class Holder:
    """The rollout, or the person, that has the server; a person has it until it is given back."""

    owner: str
    reason: str
    since: float  # seconds since the epoch
    ends: Optional[Moment]
    fencing: int  # grows with every new holder


@dataclass(frozen=True)
class Lock:
    """The record as it is kept: the holder, if any, and the last fencing number given."""

    fencing: int = 0
    holder: Optional[Holder] = None

    def held(self, now: Moment) -> Holder | None:
        """Who has it; nobody once the lease has ended."""
        holder = self.holder
        return holder if holder and (not holder.ends or now.until(holder.ends) > 0) else None

    def claim(self, owner: str, reason: str, *, lease: float | None, now: Moment) -> Lock:
        """The record once `owner` has it. Raises SlipwayError while another holds it.

        `lease` is in seconds; None has no end.
        """
        holder, ends = self.held(now), now + lease if lease is not None else None
        if holder and holder.owner != owner:
            raise SlipwayError(
                f"locked by {holder.owner} since {clock(holder.since)} ({holder.reason})",
                remedy=f"Wait for it, or until {clock(holder.ends.wall)}, when its lease ends"
                if holder.ends
                else "Ask there, or take the lock away: slipway unlock",
            )
        if holder and holder.reason == reason:
            return replace(self, holder=replace(holder, ends=ends))
        fencing = self.fencing + 1
        return Lock(fencing, Holder(owner, reason, now.wall, ends, fencing))

    def release(self) -> Lock:
        return replace(self, holder=None)

    def released_by_rollout(self, now: Moment) -> Lock:
        """Free once a rollout is over; a person's lock, which has no end, stays."""
        holder = self.held(now)
        return self if holder and holder.ends is None else self.release()


def load(store: Store) -> Lock:
    """The record of this application; that of nobody where there is none."""
    return store.load(RECORD, Lock) or Lock()


def refuse_others(store: Store, owner: str) -> None:
    """Raises SlipwayError while another than `owner` holds the application here; claims nothing."""
    load(store).claim(owner, "", lease=None, now=moment())


def keep(store: Store, lock: Lock) -> None:
    """Write the record down. Raises SlipwayError when the disk does not take it."""
    store.save(RECORD, lock)


@contextmanager
def exclusive(
    folder: Path,
    doing: str = "",
    patience: float = PATIENCE,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """No other call changes anything meanwhile. Raises SlipwayError after `patience` seconds.

    `doing` tells others what this call is busy with; see `interrupt`.
    """
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        limit = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= limit:
                    raise SlipwayError(
                        f"another step has been running for more than {patience:g} s",
                        remedy="Wait until it has ended; `status` shows the rollout",
                    ) from None
                sleep(POLL)
        _note(handle, f"{os.getpid()} {doing}")
        yield
        _note(handle, "")
    finally:
        os.close(handle)


def _note(handle: int, text: str) -> None:
    """For `interrupt` only: a full disk is no reason to do nothing, going back least of all."""
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, text.encode(), 0)


def interrupt(folder: Path, doing: str) -> bool:
    """Tell the call that is busy with just this to end. False where there is none.

    The number of a process is only believed while the lock is held by it.
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
    """A moment for people."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
