"""Containers beside the tests: how each is started, known to be healthy, and found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from slipway.settings.workflows_ci import ServiceName
from slipway.workflows.model import Service


@dataclass(frozen=True)
class Kind:
    """A kind of service. Its container may be reached by the runner alone."""

    port: int
    variable: str
    address: str
    health: str
    environment: Mapping[str, str] = field(default_factory=dict)


KINDS: Final[Mapping[ServiceName, Kind]] = {
    "postgres": Kind(
        port=5432,
        variable="DATABASE_URL",
        address="postgresql://test:test@127.0.0.1:5432/test",
        health="pg_isready --username test",
        environment={"POSTGRES_USER": "test", "POSTGRES_PASSWORD": "test", "POSTGRES_DB": "test"},
    ),
    "redis": Kind(
        port=6379,
        variable="REDIS_URL",
        address="redis://127.0.0.1:6379/0",
        health="redis-cli ping",
    ),
    # Its image has neither curl nor wget: bash opens the port.
    "qdrant": Kind(
        port=6333,
        variable="QDRANT_URL",
        address="http://127.0.0.1:6333",
        health="bash -c ': > /dev/tcp/127.0.0.1/6333'",
    ),
}


def containers(chosen: Mapping[ServiceName, str]) -> dict[str, Service]:
    """The containers, by the image of each; jobs start when all are healthy."""
    return {name: _container(KINDS[name], image) for name, image in chosen.items()}


def addresses(chosen: Mapping[ServiceName, str]) -> dict[str, str]:
    """The variables that tell the tests where the services are."""
    return {KINDS[name].variable: KINDS[name].address for name in chosen}


def _container(kind: Kind, image: str) -> Service:
    return Service(
        image,
        kind.environment,
        ports=(f"127.0.0.1:{kind.port}:{kind.port}",),
        options=f'--health-cmd "{kind.health}" --health-interval 2s --health-timeout 2s'
        " --health-retries 30",
    )
