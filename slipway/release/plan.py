"""The steps of a rollout and their order, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Action(str, Enum):
    """What the agent is asked to do on a server; the value is the agent's word for it."""

    PREFLIGHT = "preflight"
    STAGE = "stage"
    MIGRATE = "migrate"
    SWITCH = "switch"
    FINALIZE = "finalize"


@dataclass(frozen=True)
class Step:
    """One action on one server, to be run once all the steps named in `after` have succeeded."""

    action: Action
    server: str
    after: tuple[str, ...] = ()
    delay: float = 0.0  # seconds to wait before it

    @property
    def name(self) -> str:
        """Unique in a plan, and the same in every plan of these servers."""
        return f"{self.action.value}-{self.server}"

    @property
    def carries_secrets(self) -> bool:
        """Whether its order holds secrets, of the services or of the registry."""
        return self.action in (Action.PREFLIGHT, Action.STAGE, Action.MIGRATE)


def rolling(servers: Sequence[str], *, batch: int, pause: float, migrate: bool) -> list[Step]:
    """All servers are staged before the first switches, and all have switched before one commits.

    Traffic moves on `batch` servers at a time, with `pause` seconds between two batches. The
    migration, if there is one, runs once, on the first server.
    """
    preflights = [Step(Action.PREFLIGHT, server) for server in servers]
    stages = [Step(Action.STAGE, server, _names(preflights)) for server in servers]
    migrations = [Step(Action.MIGRATE, servers[0], _names(stages))] if migrate else []
    switches: list[Step] = []
    before = _names(migrations or stages)
    for start in range(0, len(servers), batch):
        delay = pause if start else 0.0
        current = [
            Step(Action.SWITCH, server, before, delay) for server in servers[start : start + batch]
        ]
        switches += current
        before = _names(current)
    finals = [Step(Action.FINALIZE, server, _names(switches)) for server in servers]
    return [*preflights, *stages, *migrations, *switches, *finals]


def _names(steps: Sequence[Step]) -> tuple[str, ...]:
    return tuple(step.name for step in steps)
