"""Who may change the application on this server: one call at a time, and one rollout at a time.

A call holds the kernel's lock on a file while it runs, which ends with the process. A rollout
spans several calls: its record names the owner, and ends by itself when the lease has passed
without a step.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Callable

from slipway.agent.store import Store
from slipway.errors import SlipwayError

PATIENCE = 10.0  # seconds to wait for a call that runs
RECORD = "lock.json"


@dataclass(frozen=True)
class Holder:
    """The rollout that has the server."""

    owner: str
    reason: str
    since: float  # seconds since the epoch
    expires: float
    fencing: int  # grows with every new holder


@dataclass(frozen=True)
class Lock:
    """The record as it is kept: the holder, if any, and the last fencing number given."""

    fencing: int = 0
    holder: Holder | None = None

    def held(self, now: float) -> Holder | None:
        return self.holder if self.holder and now < self.holder.expires else None

    def claim(self, owner: str, reason: str, *, lease: float, now: float) -> Lock:
        """The record once `owner` has it. Raises SlipwayError while another holds it."""
        holder = self.held(now)
        if holder and holder.owner != owner:
            raise SlipwayError(
                f"locked by {holder.owner} since {clock(holder.since)} ({holder.reason})",
                remedy=f"Wait for it, or until {clock(holder.expires)}, when its lease ends",
            )
        if holder and holder.reason == reason:
            return replace(self, holder=replace(holder, expires=now + lease))
        fencing = self.fencing + 1
        return Lock(fencing, Holder(owner, reason, now, now + lease, fencing))

    def release(self) -> Lock:
        return replace(self, holder=None)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Lock:
        holder = data.get("holder")
        return cls(data.get("fencing", 0), Holder(**holder) if holder else None)


def load(store: Store) -> Lock:
    """The record of this application; that of nobody where there is none."""
    return Lock.from_dict(store.read(RECORD))


def keep(store: Store, lock: Lock) -> None:
    """Write the record down. Raises SlipwayError when the disk does not take it."""
    store.write(RECORD, lock.to_dict())


@contextmanager
def exclusive(
    folder: Path, patience: float = PATIENCE, sleep: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """No other call changes anything meanwhile. Raises SlipwayError after `patience` seconds."""
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
                sleep(0.1)
        yield
    finally:
        os.close(handle)


def clock(moment: float) -> str:
    """A moment for people."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(moment))
