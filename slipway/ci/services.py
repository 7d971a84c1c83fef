"""Service containers for the tests: how each is started, checked and addressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from slipway.ci.model import Service
from slipway.settings.ci import ServiceName


@dataclass(frozen=True)
class ServiceKind:
    """A kind of service, published on the runner's loopback address only."""

    port: int
    variable: str
    address: str
    health: str
    environment: Mapping[str, str] = field(default_factory=dict)


KINDS: Final[Mapping[ServiceName, ServiceKind]] = {
    "postgres": ServiceKind(
        port=5432,
        variable="DATABASE_URL",
        address="postgresql://test:test@127.0.0.1:5432/test",
        health="pg_isready --username test",
        environment={"POSTGRES_USER": "test", "POSTGRES_PASSWORD": "test", "POSTGRES_DB": "test"},
    ),
    "redis": ServiceKind(
        port=6379,
        variable="REDIS_URL",
        address="redis://127.0.0.1:6379/0",
        health="redis-cli ping",
    ),
    # Its image has neither curl nor wget, so bash opens the port.
    "qdrant": ServiceKind(
        port=6333,
        variable="QDRANT_URL",
        address="http://127.0.0.1:6333",
        health="bash -c ': > /dev/tcp/127.0.0.1/6333'",
    ),
}


def containers(chosen: Mapping[ServiceName, str]) -> dict[str, Service]:
    """The service containers; a job's steps start when all are healthy."""
    return {name: _container(KINDS[name], image) for name, image in chosen.items()}


def addresses(chosen: Mapping[ServiceName, str]) -> dict[str, str]:
    """The variables with the addresses of the services."""
    return {KINDS[name].variable: KINDS[name].address for name in chosen}


def _container(kind: ServiceKind, image: str) -> Service:
    return Service(
        image,
        kind.environment,
        ports=(f"127.0.0.1:{kind.port}:{kind.port}",),
        options=f'--health-cmd "{kind.health}" --health-interval 2s --health-timeout 2s'
        " --health-retries 30",
    )
