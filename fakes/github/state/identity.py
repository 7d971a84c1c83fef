"""Numbers, node ids and times, all unique."""

from __future__ import annotations

import base64
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_numbers = itertools.count(1001)


def number() -> int:
    """An id that nothing else has."""
    return next(_numbers)


def node_id(prefix: str, identity: int) -> str:
    """A global id as GraphQL has them, such as `BPR_AAAD6Q`."""
    text = base64.urlsafe_b64encode(identity.to_bytes(6, "big")).decode()
    return f"{prefix}_{text}"


def now() -> datetime:
    """The time in whole seconds, which is all that GitHub tells."""
    return datetime.now(UTC).replace(microsecond=0)


def written(moment: datetime) -> str:
    """A time as GitHub writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(kw_only=True)
class Thing:
    """What has an id, a node id and two times."""

    id: int = field(default_factory=number)
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)

    PREFIX = "N"

    @property
    def node_id(self) -> str:
        return node_id(self.PREFIX, self.id)

    def touch(self) -> None:
        """Count as changed: later than before, also within one second."""
        self.updated_at = max(now(), self.updated_at + timedelta(seconds=1))

    def marks(self) -> dict[str, object]:
        """The fields that every answer about a thing begins with."""
        return {
            "id": self.id,
            "node_id": self.node_id,
            "created_at": written(self.created_at),
            "updated_at": written(self.updated_at),
        }
