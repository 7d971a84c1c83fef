"""How a container is known to be ready."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from slipway.settings.model import Model
from slipway.settings.names import UrlPath, WebAddress
from slipway.settings.quantity import Duration
from slipway.settings.scalar import Scalar


class Health(Model):
    """How a container is known to be ready."""

    kind: Literal["http", "tcp", "postgres", "redis", "oidc", "command", "container"] = Field(
        default="container", examples=["http"]
    )
    """`http`: GET `path` on the port answers as wanted. `tcp`: the port accepts a connection.
    `postgres`, `redis`: the server on the port takes connections, with whatever password. `oidc`:
    the login service on the port offers discovery below `path`, and keys. `command`: it exits with
    0 inside the container. `container`: the image's own health check, or merely running where it
    has none."""
    path: UrlPath = Field(default="/", examples=["/ready"])
    """Path that is asked; only for `http` and `oidc`."""
    status: int = Field(default=200, ge=100, le=599, examples=[204])
    """Status that means ready, 100 to 599; only for `http`."""
    body: str = Field(default="", examples=["ready"])
    """Text that the answer must contain; only for `http`."""
    expect: Mapping[str, Scalar] = Field(default={}, examples=[{"database.connected": True}])
    """Values that the answer, as JSON, must have at dotted paths; only for `http`."""
    issuer: WebAddress | None = Field(
        default=None, examples=["https://login.example.org/realms/shop"]
    )
    """Issuer that the login service must name; null: any; only for `oidc`."""
    command: tuple[str, ...] = Field(default=(), examples=[["pg_isready", "-U", "postgres"]])
    """Program and arguments, run without a shell; only for `command`."""
    timeout: Duration = Field(default=2.0, ge=0.1, le=300, examples=["2s"])
    """Time for one try, 100ms to 5m."""
    interval: Duration = Field(default=0.25, ge=0.1, le=300, examples=["250ms"])
    """Time between two tries, 100ms to 5m."""
    deadline: Duration = Field(default=60.0, ge=1, le=3600, examples=["60s"])
    """Time from the container's start until it must be ready, 1s to 1h."""
