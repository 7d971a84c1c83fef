"""Accessories: containers that a rollout never touches."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from slipway.settings.health import Health
from slipway.settings.limits import Limits
from slipway.settings.model import Model
from slipway.settings.names import ContainerPath, ImageReference, Label, SecretName, VariableName
from slipway.settings.quantity import Duration


class Accessory(Model):
    """A container that a rollout never touches, such as a database; services reach it by name."""

    image: ImageReference = Field(examples=["postgres:15"])
    """Image of any registry, with a tag or a digest."""
    server: Label | None = Field(default=None, examples=["production-1"])
    """Name of the server that runs it; null: the first in alphabetical order. One with volumes
    moves only where this names another server, and leaves its data behind."""
    port: int | None = Field(default=None, ge=1, le=65535, examples=[5432])
    """Port that services reach it by, 1 to 65535; null: none."""
    command: tuple[str, ...] = Field(default=(), examples=[["postgres", "-c", "fsync=on"]])
    """Command or arguments given to the image's entry point; empty: the image's own."""
    environment: Mapping[VariableName, str] = Field(
        default={}, examples=[{"POSTGRES_USER": "shop"}]
    )
    """Environment variables by name, as text (numbers in quotes). `SLIPWAY_` names are reserved."""
    secrets: tuple[SecretName, ...] = Field(default=(), examples=[["POSTGRES_PASSWORD"]])
    """Names in `secrets` whose values become environment variables."""
    volumes: Mapping[Label, ContainerPath] = Field(
        default={}, examples=[{"data": "/var/lib/postgresql/data"}]
    )
    """Named volumes, each with its absolute path in the container. Their data is never deleted."""
    health: Health = Field(
        default=Health(), examples=[{"kind": "command", "command": ["pg_isready"]}]
    )
    """How the container is known to be ready."""
    limits: Limits = Field(default=Limits(), examples=[{"memory": "1G"}])
    """What the container may use."""
    stop_grace: Duration = Field(default=30.0, le=3600, examples=["30s"])
    """Time between SIGTERM and SIGKILL when the container is stopped, up to 1h."""
