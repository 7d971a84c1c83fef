"""Services: the containers that a rollout replaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from slipway.settings.health import Health
from slipway.settings.limits import Limits
from slipway.settings.model import Model
from slipway.settings.names import Domain, ImageName, SecretName, VariableName
from slipway.settings.quantity import Duration


class Service(Model):
    """Containers of one image that a rollout replaces, the same on every server."""

    image: ImageName = Field(examples=["shop"])
    """Name of an image in `images`."""
    command: tuple[str, ...] = Field(default=(), examples=[["web"]])
    """Command or arguments given to the image's entry point; empty: the image's own."""
    port: int | None = Field(default=None, ge=1, le=65535, examples=[8000])
    """Port that the container listens on, 1 to 65535. With a port the service stands behind the
    proxy; null: it takes no requests (a worker)."""
    domains: tuple[Domain, ...] = Field(default=(), examples=[["shop.example.org"]])
    """Domains that the proxy sends to this service, only with a port. Without any, it gets every
    request that no other service's domain matches."""
    replicas: int = Field(default=1, ge=1, le=50, examples=[2])
    """Containers on each server, 1 to 50."""
    order: Literal["start-first", "stop-first"] = Field(
        default="start-first", examples=["stop-first"]
    )
    """How a service without a port is replaced. `start-first`: the new containers are ready before
    the old ones stop. `stop-first`: the two never run at the same time (a scheduler)."""
    health: Health = Field(default=Health(), examples=[{"kind": "http", "path": "/ready"}])
    """How a container is known to be ready."""
    environment: Mapping[VariableName, str] = Field(default={}, examples=[{"LOG_LEVEL": "info"}])
    """Environment variables by name, as text (numbers in quotes). `SLIPWAY_` names are reserved."""
    secrets: tuple[SecretName, ...] = Field(default=(), examples=[["DATABASE_URL"]])
    """Names in `secrets` whose values become environment variables."""
    limits: Limits = Field(default=Limits(), examples=[{"memory": "256M"}])
    """What one container may use."""
    stop_grace: Duration = Field(default=10.0, le=3600, examples=["10s"])
    """Time between SIGTERM and SIGKILL when a container is stopped, up to 1h."""
