"""A container to probe and to monitor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from slipway.agent.engine.containers import Container
from slipway.rollout.release import Health


@dataclass(frozen=True)
class Subject:
    """A container: its name for the engine, its name for people, its readiness check."""

    name: str
    label: str
    health: Health
    address: str = ""
    port: int = 0


def subjects(wanted: Iterable[Container]) -> list[Subject]:
    """The containers of a release, for probes and monitoring."""
    return [
        Subject(c.name, c.label, c.service.health, c.address, c.service.port or 0) for c in wanted
    ]
