"""A container to probe and to monitor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from slipway.agent.engine.containers import Container
from slipway.rollout.release import Health
from slipway.rollout.state import Proxy


@dataclass(frozen=True)
class Subject:
    """A container: its name for the engine, its name for people, its readiness check.

    An HTTP check looks like a user's request that came through the proxy: `host` and `scheme`.
    """

    name: str
    label: str
    health: Health
    address: str = ""
    port: int = 0
    host: str = "localhost"
    scheme: str = "http"


def subjects(wanted: Iterable[Container], proxy: Proxy) -> list[Subject]:
    """The containers of a release behind a proxy, for probes and monitoring."""
    return [
        Subject(
            each.name,
            each.label,
            each.service.health,
            each.address,
            each.service.port or 0,
            each.service.checked_host,
            proxy.scheme,
        )
        for each in wanted
    ]
